"""Whole UTC days, the only windows that figures are counted over; days of a country's zone, and days in writing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Self

from quetsach.core.errors import InputError
from quetsach.core.language import LocalForm

# Whole UTC days: the only windows that figures are counted over.


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A run of whole days in UTC, ``first`` and ``last`` both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InputError(f"a period ends before it begins: {self.first}..{self.last}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2020-06-16..2020-07-15``.

        Raises:
            InputError: the text is not two ISO dates in order.
        """
        first, separator, last = text.partition("..")
        if not separator:
            raise InputError(
                f"not a period: {text[:60]!r}",
                hint="write it as 2020-06-16..2020-07-15",
            )
        return cls(parse_day(first), parse_day(last))

    @property
    def days(self) -> int:
        """How many days the period has, at least 1."""
        return (self.last - self.first).days + 1

    def __iter__(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range(self.days))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"

    def in_language(self, language: str) -> str:
        """Return the period as people write it: 16/06/2020 – 15/07/2020, 16 June 2020 to 15 July 2020."""
        return _PERIOD.in_language(language).format(*(day_text(day, language) for day in (self.first, self.last)))


def parse_day(text: str) -> date:
    """Read one ISO day.

    Raises:
        InputError: the text is not ``YYYY-MM-DD``.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"not a day: {text[:60]!r}", hint="write it as 2020-06-16") from error


# How a day is written for people.

# The directives are those of strftime; %B is the name of the month, %b its first three letters, and %Om its number as
# official documents of Viet Nam write it: a zero stands before January and February alone.

DAY = LocalForm("%-d %B %Y", context="form: a day")
SHORT_DAY = LocalForm("%-d %b %Y", context="form: a day where there is little room")
TABLE_DAY = LocalForm("%Y-%m-%d", context="form: a day in figures alone")
MONTH = LocalForm("%B %Y", context="form: a month")
_PERIOD = LocalForm("{} to {}", context="form: a period")
_MONTHS = (
    LocalForm("January", context="form: month"),
    LocalForm("February", context="form: month"),
    LocalForm("March", context="form: month"),
    LocalForm("April", context="form: month"),
    LocalForm("May", context="form: month"),
    LocalForm("June", context="form: month"),
    LocalForm("July", context="form: month"),
    LocalForm("August", context="form: month"),
    LocalForm("September", context="form: month"),
    LocalForm("October", context="form: month"),
    LocalForm("November", context="form: month"),
    LocalForm("December", context="form: month"),
)
_SHORT = 3
_LAST_WITH_ZERO = 2
_DIRECTIVE = re.compile(r"%[-O]?[dmBbY]")
_TYPED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def day_text(day: date, language: str) -> str:
    """Return a day as people write it: 16/06/2020 in Vietnamese, 16 June 2020 in English."""
    return day_in(DAY, day, language)


def month_names(language: str) -> list[str]:
    """Return the names of the months, from January on."""
    return [month.in_language(language) for month in _MONTHS]


def day_in(form: LocalForm, day: date, language: str) -> str:
    """Return a day in a form of a language; alike on every system, whatever that knows of languages."""
    month = _MONTHS[day.month - 1].in_language(language)
    parts = {
        "%d": f"{day.day:02}",
        "%-d": str(day.day),
        "%m": f"{day.month:02}",
        "%-m": str(day.month),
        "%Om": f"{day.month:02}" if day.month <= _LAST_WITH_ZERO else str(day.month),
        "%B": month,
        "%b": month[:_SHORT],
        "%Y": str(day.year),
    }
    return _DIRECTIVE.sub(lambda found: parts.get(found[0], found[0]), form.in_language(language))


def read_day(text: str) -> date:
    """Return a day that somebody wrote: 2026-11-23, or 23/11/2026 as people in Viet Nam write it; never month first.

    Raises:
        ValueError: it is neither, or there is no such day.
    """
    if typed := _TYPED.fullmatch(text.strip()):
        return date(int(typed[3]), int(typed[2]), int(typed[1]))
    return date.fromisoformat(text.strip())


# Days at the edge: inside everything is UTC, and a day is one of a country's zone.


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day of a zone that a moment (of any zone) lies in."""
    return moment.astimezone(zone).date()


def midnight_after(day: date, zone: tzinfo) -> datetime:
    """Return the moment (UTC) at which a day of a zone is over; where clocks change at midnight, the first such one."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
