"""The page of what changes counts although no machine was cleaned, from the tables that every comparison reads."""

from collections.abc import Iterator

from quetsach.assess.events import EventKind, Holiday, KnownEvent
from quetsach.centre.tables import load_calendar, load_families
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period

_HEAD = """# Known events and holidays

What changes counts although no machine was cleaned. Each stands beside every change between two windows that it
touches, and on every time axis; a window with more days off is also compared with the same holiday of another year.
`data/events/SOURCE.md` says how the tables are made. Days are in UTC for events and in Viet Nam for holidays, both
ends included. Made of the tables by `make reference`; a test keeps it true.

- *Take-down* (triệt phá hạ tầng điều khiển): machines were cut off from who ran them, so that feeds may see fewer.
- *Instrument* (cách đo thay đổi): a sinkhole came to see other machines than before; counts do not compare.
"""
_KINDS = {EventKind.TAKE_DOWN: "take-down", EventKind.INSTRUMENT: "instrument"}


def render_events() -> str:
    """Return the page."""
    calendar, families = load_calendar(), load_families()
    events = sorted(calendar.events, key=lambda e: e.period.first)
    return "\n".join(
        (
            _HEAD,
            "## Events\n",
            "| days | kind | families | what happened | việc đã xảy ra | source |",
            "|---|---|---|---|---|---|",
            *(_event(event, families) for event in events),
            "\n## Holidays\n\n| days | holiday | ngày nghỉ |\n|---|---|---|",
            *_holidays(calendar.holidays),
            "",
        )
    )


def _event(event: KnownEvent, families: FamilyNames) -> str:
    known = families.families
    names = ", ".join(known[family].name if family in known else family for family in event.families)
    cells = (_days(event.period), _KINDS[event.kind], names, event.text.en, event.text.vi, event.source)
    return f"| {' | '.join(cells)} |"


def _holidays(holidays: tuple[Holiday, ...]) -> Iterator[str]:
    for holiday in sorted(holidays, key=lambda h: h.period.first):
        yield f"| {_days(holiday.period)} | {holiday.name.en} | {holiday.name.vi} |"


def _days(period: Period) -> str:
    return str(period.first) if period.days == 1 else f"{period.first} to {period.last}"
