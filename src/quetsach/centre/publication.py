"""When figures go out: by themselves, or once two people agreed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from quetsach.assess.hosts.comparison import BLOCKING
from quetsach.core.pack import LocalText
from quetsach.lake.hosts import compare_latest
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
        now: the time (UTC).

    Raises:
        LakeError: the lake cannot be read.
    """
    if is_first:
        return Release(waits=False)
    reasons = () if is_demonstration else _instrument_changes(view, announced(), now)
    return Release(needs_two or bool(reasons), reasons)


def _instrument_changes(view: LakeView, announced: Mapping[int, int], now: datetime) -> tuple[LocalText, ...]:
    newest = view.newest_day(until=now.astimezone(UTC).date())
    comparison = compare_latest(view, newest, announced=announced) if newest else None
    return tuple(n.text for n in comparison.notices if n.code in BLOCKING) if comparison else ()
