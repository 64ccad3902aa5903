"""What a country's law gives people about data on themselves, and by which day a centre owes them what.

The limits lie in ``country.toml``; the rules here count them out in days of the country's offices. Where a law gives a
range of days the shorter one is held to, and a day that may or may not be a working day counts as one: never too late.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from quetsach.core.text import LocalText


class DataRight(StrEnum):
    """What somebody wants done with data on themselves."""

    SEE = "see"  # what is held, and a copy of it
    CORRECT = "correct"
    DELETE = "delete"
    STOP = "stop"  # object, restrict, or take consent back
    EXPLAIN = "explain"  # why and by whom data are used; complain


@dataclass(frozen=True, slots=True)
class DataLaw:
    """The limits of a country's law.

    Attributes:
        laws: what it is called.
        answer_working_days: within which whoever asked is told that and how it goes on, with the day after the first.
        days: within which it is carried out.
        stop_days: within which use ends.
        stop_days_with_processors: the same where others process the data for the centre.
        extension_days: by how much that may be put off, once.
        breach_hours: within which a breach is reported, from when it was known.
        review_months: after which an assessment of impact is brought up to date.
    """

    laws: LocalText
    answer_working_days: int
    days: int
    stop_days: int
    stop_days_with_processors: int
    extension_days: int
    breach_hours: int
    review_months: int


LIMITS = (
    *("answer_working_days", "days", "stop_days", "stop_days_with_processors", "extension_days", "breach_hours"),
    "review_months",
)
"""The numbers of ``DataLaw``, as they are called in ``country.toml``."""
MOST = 1000
"""No limit is larger, in whatever it is counted."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last day for the first answer, and for what is asked to be carried out."""

    first_answer: date
    carried_out: date


def deadlines(
    law: DataLaw,
    right: DataRight,
    received: date,
    *,
    is_day_off: Callable[[date], bool],
    has_processors: bool = False,
    is_extended: bool = False,
) -> Deadlines:
    """Count out by when a request is answered and carried out.

    Args:
        law: the limits.
        right: what is asked for.
        received: the day on which it arrived, in the country's time; days are counted from the next.
        is_day_off: whether offices are closed on a day.
        has_processors: whether others process the data for the centre.
        is_extended: whether the one extension was used.
    """
    days = law.days
    if right is DataRight.STOP:
        days = law.stop_days_with_processors if has_processors else law.stop_days
    if is_extended:
        days += law.extension_days
    return Deadlines(
        working_day_after(received, law.answer_working_days, is_day_off=is_day_off),
        received + timedelta(days=days),
    )


def working_day_after(day: date, number: int, *, is_day_off: Callable[[date], bool]) -> date:
    """Return the day that is so many working days after another.

    Raises:
        ValueError: there is none within a year: a calendar in which offices never open.
    """
    reached, left = day, number
    while left:
        reached += timedelta(days=1)
        if (reached - day).days > 366 + number:
            raise ValueError("no working day within a year")
        left -= not is_day_off(reached)
    return reached


def months_after(day: date, months: int) -> date:
    """Return the same day of a later month; the last one of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def report_by(law: DataLaw, known_at: datetime) -> datetime:
    """Return by when a breach is reported."""
    return known_at + timedelta(hours=law.breach_hours)
