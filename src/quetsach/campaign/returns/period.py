"""Reporting periods and their deadlines: whole days of the country, ISO weeks or phases of the campaign."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from quetsach.campaign.errors import PeriodError
from quetsach.core.language import LocalForm
from quetsach.core.period import DAY, day_in, day_of, day_text, midnight_after
from quetsach.core.text import LocalText, Text

_MOST_WEEKS = 120
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_SPAN = LocalForm("{} – {}", context="form: days from one to another")
_SPAN_OF_MONTH = LocalForm("{}–{}", context="form: days from one to another of the same month")
_OF_YEAR = LocalForm("%-d %B", context="form: a day of a year that is named")
_OF_MONTH = LocalForm("%-d", context="form: a day of a month that is named")


class PeriodKind(StrEnum):
    """What an assignment's periods are."""

    WEEK = "week"
    PHASE = "phase"


@dataclass(frozen=True, slots=True)
class ReportingPeriod:
    """A span that returns are of, ``first`` and ``last`` included; ``key`` is ``2020-W41`` or a phase's identifier.

    ``name`` is that of a phase; a week is named by its number.
    """

    key: str
    first: date
    last: date
    name: LocalText | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.last < self.first:
            told = Text("a period ends before it begins: {first}..{last}", first=self.first, last=self.last)
            raise PeriodError(told, where=self.key)

    @property
    def short(self) -> LocalText:
        """What people call it where its days stand beside it: "Tuần 47/2026", or the name of the phase."""
        week = _WEEK.fullmatch(self.key)
        if week:
            number, year = int(week[2]), week[1]
            return Text("Week {number}/{year}", number=number, year=year)
        return self.name or LocalText(self.key, self.key)

    @property
    def title(self) -> LocalText:
        """What people call it, with its days: "Tuần 47/2026 (16/11–22/11/2026)"."""
        return Text("{name} ({days})", name=self.short, days=_Span(self.first, self.last))


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a return is due and when its entry closes; both days belong to the unit up to midnight of ``zone``."""

    due: date
    lock: date
    zone: tzinfo

    @classmethod
    def of(
        cls, period: ReportingPeriod, *, due_days: int, lock_days: int, zone: tzinfo, asked_on: date | None = None
    ) -> "Deadline":
        """Return the deadline so many days after the period's last day; it never locks before it is due.

        Whoever is asked after the period was over has as many days from the day of asking: nobody is late before he
        knows.
        """
        last = max(period.last, asked_on) if asked_on else period.last
        return cls(last + timedelta(days=due_days), last + timedelta(days=max(due_days, lock_days)), zone)

    def extended(self, until: date | None) -> "Deadline":
        """Return the deadline of a unit that was given more time; an extension never takes time away."""
        return self if until is None else replace(self, due=max(self.due, until), lock=max(self.lock, until))

    def is_on_time(self, submitted_at: datetime) -> bool:
        """Whether what arrived at that moment was in time."""
        return submitted_at < midnight_after(self.due, self.zone)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the due day is over."""
        return now >= midnight_after(self.due, self.zone)

    def is_locked(self, now: datetime) -> bool:
        """Whether entry is closed."""
        return now >= midnight_after(self.lock, self.zone)

    def days_late(self, now: datetime) -> int:
        """How many whole days have begun since the due day was over; 0 while it is not.

        They are counted until entry closes: what was given up gets no later.
        """
        return max(0, (min(day_of(now, self.zone), self.lock) - self.due).days)


@dataclass(frozen=True, slots=True)
class _Span:
    first: date
    last: date

    def in_language(self, language: str) -> str:
        return span_text(self.first, self.last, language)


def span_text(first: date, last: date, language: str) -> str:
    """Return a span of days in few words: 16/11–22/11/2026, in English 16–22 November 2026."""
    if first == last:
        return day_text(last, language)
    if first.year != last.year:
        form, begun = _SPAN, DAY
    elif first.month != last.month:
        form, begun = _SPAN, _OF_YEAR
    else:
        form, begun = _SPAN_OF_MONTH, _OF_MONTH
    return form.in_language(language).format(day_in(begun, first, language), day_text(last, language))


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
        raise PeriodError(Text("the last day is before the first: {first}..{last}", first=first, last=last))
    if (last - first).days > 7 * _MOST_WEEKS:
        raise PeriodError(
            Text("more than {most} weeks", most=_MOST_WEEKS),
            hint=Text("a campaign has an end; choose a later first day"),
        )
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
