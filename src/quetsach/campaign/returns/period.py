"""Reporting periods and their deadlines: whole days of Viet Nam, ISO weeks or phases of the campaign."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from quetsach.campaign.returns.errors import PeriodError
from quetsach.core.zone import VIET_NAM, day_of

_MOST_WEEKS = 120


class PeriodKind(StrEnum):
    """What an assignment's periods are."""

    WEEK = "week"
    PHASE = "phase"


@dataclass(frozen=True, slots=True)
class ReportingPeriod:
    """A span that returns are of, ``first`` and ``last`` included; ``key`` is ``2020-W41`` or a phase's identifier."""

    key: str
    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise PeriodError(f"a period ends before it begins: {self.first}..{self.last}", where=self.key)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a return is due and when its entry closes; both days belong to the unit up to midnight of Viet Nam."""

    due: date
    lock: date

    @classmethod
    def of(cls, period: ReportingPeriod, *, due_days: int, lock_days: int) -> "Deadline":
        """Return the deadline so many days after the period's last day; it never locks before it is due."""
        last = period.last
        return cls(last + timedelta(days=due_days), last + timedelta(days=max(due_days, lock_days)))

    def extended(self, until: date | None) -> "Deadline":
        """Return the deadline of a unit that was given more time; an extension never takes time away."""
        return self if until is None else replace(self, due=max(self.due, until), lock=max(self.lock, until))

    def is_on_time(self, submitted_at: datetime) -> bool:
        """Whether what arrived at that moment was in time."""
        return submitted_at < midnight_after(self.due)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the due day is over."""
        return now >= midnight_after(self.due)

    def is_locked(self, now: datetime) -> bool:
        """Whether entry is closed."""
        return now >= midnight_after(self.lock)

    def days_late(self, now: datetime) -> int:
        """How many whole days have begun since the due day was over; 0 while it is not."""
        return max(0, (day_of(now) - self.due).days)


def midnight_after(day: date) -> datetime:
    """Return the moment (UTC) at which a day of Viet Nam is over."""
    return datetime.combine(day + timedelta(days=1), time(), VIET_NAM).astimezone(UTC)


def week_of(day: date) -> ReportingPeriod:
    """Return the ISO week (Monday to Sunday) that a day lies in."""
    year, week, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    return ReportingPeriod(f"{year}-W{week:02}", monday, monday + timedelta(days=6))


def weeks(first: date, last: date) -> tuple[ReportingPeriod, ...]:
    """Return every ISO week that has a day from ``first`` to ``last``.

    Raises:
        PeriodError: the days are not in order, or there are more weeks than a campaign has.
    """
    if last < first:
        raise PeriodError(f"the last day is before the first: {first}..{last}")
    if (last - first).days > 7 * _MOST_WEEKS:
        raise PeriodError(f"more than {_MOST_WEEKS} weeks", hint="a campaign has an end; choose a later first day")
    return tuple(_weeks(first, last))


def moved(kept: Iterable[ReportingPeriod], planned: Iterable[ReportingPeriod]) -> tuple[ReportingPeriod, ...]:
    """Return the planned periods that are not among those kept, or have other days there; in the order of the plan."""
    by_key = {period.key: period for period in kept}
    return tuple(period for period in planned if by_key.get(period.key) != period)


def _weeks(first: date, last: date) -> Iterator[ReportingPeriod]:
    week = week_of(first)
    while week.first <= last:
        yield week
        week = week_of(week.last + timedelta(days=1))
