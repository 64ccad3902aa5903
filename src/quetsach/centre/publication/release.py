"""When figures go out: by themselves, or once two people agreed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quetsach.assess.events import NOTHING_KNOWN, Calendar
from quetsach.assess.hosts.comparison import BLOCKING
from quetsach.centre.answers import families_seen
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.lake.hosts import WINDOW_DAYS, compare_latest
from quetsach.lake.view import LakeView


@dataclass(frozen=True, slots=True)
class Release:
    """Whether figures wait for two people, and why if it is for what they show."""

    waits: bool
    reasons: tuple[LocalText, ...] = ()


def release_of(
    view: LakeView,
    *,
    announced: Callable[[], Mapping[int, int]],
    needs_two: bool,
    is_first: bool,
    is_demonstration: bool,
    calendar: Calendar = NOTHING_KNOWN,
    now: datetime,
) -> Release:
    """Return how the figures of a view go out.

    The first figures of a centre go out by themselves, for they replace nothing. All others wait where two people
    publish, and everywhere while an instrument changed or fell out in the last four weeks.

    Args:
        view: what is counted.
        announced: gives the announced IPv4 addresses by AS number, if it comes to that.
        needs_two: the centre publishes by two people.
        is_first: nothing is published yet.
        is_demonstration: the data are simulated; no instrument is behind them.
        calendar: the known changes of instruments.
        now: the time (UTC).

    Raises:
        LakeError: the lake cannot be read.
    """
    if is_first:
        return Release(waits=False)
    reasons = () if is_demonstration else _instrument_changes(view, announced(), calendar, now)
    return Release(needs_two or bool(reasons), reasons)


def _instrument_changes(
    view: LakeView, announced: Mapping[int, int], calendar: Calendar, now: datetime
) -> tuple[LocalText, ...]:
    newest = view.newest_day(until=now.astimezone(UTC).date())
    if newest is None:
        return ()
    comparison = compare_latest(view, newest, announced=announced, calendar=calendar)
    measured = tuple(n.text for n in comparison.notices if n.code in BLOCKING) if comparison else ()
    window = Period(newest - timedelta(days=2 * WINDOW_DAYS - 1), newest)
    known = calendar.of_families(families_seen(view, window)).instrument_changes(since=window.first, until=window.last)
    return (*measured, *(notice.text for notice in known))
