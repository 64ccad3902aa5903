"""What changes counts although no machine was cleaned: take-downs, sinkholes, holidays.

A comparison of windows names what lies in or between them; it says nothing about how much it did.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from quetsach.assess.estimate import Notice
from quetsach.core.errors import InputError
from quetsach.core.period import Period, parse_day
from quetsach.core.table import in_place, read_rows, required
from quetsach.core.text import Joined, LocalText, Text

EVENT_COLUMNS = ("id", "kind", "first", "last", "families", "text_vi", "text_en", "source")
HOLIDAY_COLUMNS = ("first", "last", "name_vi", "name_en")
SIMILAR_DAYS = 1
"""Days off by which two windows may differ without a word: of four weeks, one is a day in twenty of an office."""

RECENT_DAYS = 180
"""How long an event stands beside counts that nothing is compared with."""


class EventKind(StrEnum):
    """How an event changes counts.

    A take-down cuts machines off from who ran them: feeds may see fewer, though none is clean. A change of the
    instrument lets a sinkhole see other machines than before, or more.
    """

    TAKE_DOWN = "take-down"
    INSTRUMENT = "instrument"


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """What happened to some families' networks on days (UTC), and who says so."""

    id: str
    kind: EventKind
    period: Period
    families: tuple[str, ...]
    text: LocalText
    source: str


@dataclass(frozen=True, slots=True)
class Holiday:
    """Days off by law; offices and their machines are off."""

    period: Period
    name: LocalText


@dataclass(frozen=True, slots=True)
class Calendar:
    """All known events and holidays of a country."""

    events: tuple[KnownEvent, ...] = ()
    holidays: tuple[Holiday, ...] = ()

    def between(self, before: Period, after: Period) -> tuple[KnownEvent, ...]:
        """Return the events that touch a comparison: begun after the earlier window did, not after the later one."""
        first, last = min(before, after), max(before, after)
        return tuple(e for e in self.events if first.first < e.period.first <= last.last)

    def of_families(self, families: Collection[str]) -> "Calendar":
        """Return the calendar with the events of these families alone; holidays are everybody's."""
        return Calendar(tuple(e for e in self.events if set(e.families) & set(families)), self.holidays)

    def holiday_on(self, day: date) -> LocalText | None:
        """Return the holiday that a day is part of."""
        return next((holiday.name for holiday in self.holidays if day in holiday.period), None)

    def days_off(self, window: Period) -> int:
        """Return how many days of a window are holidays."""
        return sum(self.holiday_on(day) is not None for day in window)

    def marks(self, span: Period) -> tuple[tuple[date, LocalText], ...]:
        """Return what is marked on a time axis, in order: first days of events and of holidays of several days."""
        events = [(e.period.first, e.text) for e in self.events if e.period.first in span]
        holidays = [
            (h.period.first, Text("Holiday: {name}", name=h.name))
            for h in self.holidays
            if h.period.days > SIMILAR_DAYS and h.period.first in span
        ]
        return tuple(sorted((*events, *holidays), key=lambda mark: mark[0]))

    def same_holiday(self, window: Period, *, later: bool) -> Period | None:
        """Return the window that lies to the same holiday of the next or last year as this lies to its longest one.

        Tết moves by up to a month from year to year, so that the same days of another year may not have it. ``None``
        where the window has no holiday of several days, or the table does not reach so far.
        """
        inside = [h for h in self.holidays if _meet(h.period, window) and h.period.days > SIMILAR_DAYS]
        if not inside:
            return None
        own = max(inside, key=lambda h: h.period.days)
        others = [
            h.period.first
            for h in self.holidays
            if h.name == own.name and (h.period.first > own.period.first) == later and h.period != own.period
        ]
        if not others:
            return None
        shift = (min(others) if later else max(others)) - own.period.first
        return Period(window.first + shift, window.last + shift)

    def has_holiday(self, window: Period) -> bool:
        """Whether a window has more days off than make no difference."""
        return self.days_off(window) > SIMILAR_DAYS

    def instrument_changes(self, *, since: date, until: date) -> tuple[Notice, ...]:
        """Return the changes of the instrument that began in a span of days (both included)."""
        changes = (e for e in self.events if e.kind is EventKind.INSTRUMENT)
        return tuple(_of_event(e) for e in changes if since <= e.period.first <= until)

    def beside(self, window: Period) -> tuple[Notice, ...]:
        """Return what a reader of one window's counts must know: the events of it and of ``RECENT_DAYS`` before."""
        since = window.first - timedelta(days=RECENT_DAYS)
        return tuple(_of_event(event) for event in self.events if since <= event.period.first <= window.last)

    def notices(self, before: Period, after: Period) -> tuple[Notice, ...]:
        """Return what a reader of a change between two windows must know."""
        made = [_of_event(event) for event in self.between(before, after)]
        off = self.days_off(before), self.days_off(after)
        if abs(off[0] - off[1]) > SIMILAR_DAYS:
            more, days = (before, off[0]) if off[0] > off[1] else (after, off[1])
            made.append(_of_holidays(more, days, [h.name for h in self.holidays if _meet(h.period, more)]))
        return tuple(made)


NOTHING_KNOWN = Calendar()


def _meet(one: Period, other: Period) -> bool:
    return one.first <= other.last and other.first <= one.last


def _of_event(event: KnownEvent) -> Notice:
    ends = {
        EventKind.TAKE_DOWN: Text("Counts of these families can fall although no machine was cleaned."),
        EventKind.INSTRUMENT: Text(
            "The instrument changed: counts of these families before and after that day do not compare."
        ),
    }[event.kind]
    text = Text(
        "{day}: {event}. {ends} Source: {source}.",
        day=event.period.first,
        event=event.text,
        ends=ends,
        source=event.source,
    )
    return Notice(f"known-{event.kind}", text)


def _of_holidays(window: Period, days: int, names: Sequence[LocalText]) -> Notice:
    return Notice(
        "holidays-differ",
        Text(
            "{window} has {count} holiday, more than the window it is compared with: {names}. Machines in offices are "
            "mostly off on these days, so that counts can be lower.",
            many="{window} has {count} holidays, more than the window it is compared with: {names}. Machines in "
            "offices are mostly off on these days, so that counts can be lower.",
            window=window,
            count=days,
            names=Joined(dict.fromkeys(names)),
        ),
    )


def read_events(content: bytes, *, where: str) -> tuple[KnownEvent, ...]:
    """Read ``events.csv``; families are separated by ``;``.

    Raises:
        InputError: the table is damaged.
    """
    found = []
    for at, row in read_rows(content, EVENT_COLUMNS, where=where):
        if row["kind"] not in set(EventKind):
            raise InputError(
                Text("no kind of event: {text}", text=repr(row["kind"][:40])),
                where=at,
                hint=Text("known: {names}", names=", ".join(EventKind)),
            )
        text = LocalText(required(row, "text_vi", where=at), required(row, "text_en", where=at))
        families = tuple(part for one in row["families"].split(";") if (part := one.strip()))
        name, source = required(row, "id", where=at), required(row, "source", where=at)
        period = _period(row["first"], row["last"], at)
        found.append(KnownEvent(name, EventKind(row["kind"]), period, families, text, source))
    return tuple(found)


def read_holidays(content: bytes, *, where: str) -> tuple[Holiday, ...]:
    """Read ``holidays.csv``.

    Raises:
        InputError: the table is damaged.
    """
    return tuple(
        Holiday(_period(row["first"], row["last"], at), LocalText(row["name_vi"], row["name_en"]))
        for at, row in read_rows(content, HOLIDAY_COLUMNS, where=where)
    )


def _period(first: str, last: str, where: str) -> Period:
    return in_place(lambda _: Period(parse_day(first), parse_day(last)), first, where=where)
