"""One family at one sensor: what was observed, and every number of machines that it gives or refuses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.accumulation import accumulation
from quetsach.assess.hosts.event_rate import Rate, event_rate
from quetsach.assess.hosts.ladder import GapLadder
from quetsach.assess.hosts.schedule import Schedule, daily_rhythm, read_schedule
from quetsach.assess.hosts.session_hours import session_hours
from quetsach.assess.refusal import Refusal, RefusalReason

REFUSED_SHARE = 0.1
"""Share of its address-days that the refused parts of a sum may have; with more there is no sum."""

FEWEST_CHECK_INS = 100
"""Of a group; with fewer its own share of sessions is chance, and that of the whole country stands for it."""


@dataclass(frozen=True, slots=True, order=True)
class Watch:
    """One family as one report of one feed sees it, in one version of IP."""

    feed: str
    report: str
    family: str
    ip_version: int


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What a watch saw in a period, on the uptime clock.

    ``events`` are sightings and ``rows`` address-days; ``hourly`` in how many of these each hour of the day is set.
    ``windows`` are mean addresses by the window's hours. ``mode`` is what makes the feed unfit, if anything. ``mixed``
    are address-days that the feed spells in several ways: the gaps inside these are known of each spelling alone.
    """

    ladder: GapLadder
    events: float
    rows: int
    uptime_hours: float
    hourly: NDArray[np.float64] = field(default_factory=lambda: np.zeros(24))
    hours_alive: NDArray[np.float64] = field(default_factory=lambda: np.full(24, 1.0))
    windows: Mapping[int, float] = field(default_factory=dict)
    mode: RefusalReason | None = None
    mixed: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """The answers of a watch: machines on line by session-hours, by events and by the accumulation curve."""

    machines: Answer
    by_events: Answer
    by_growth: Answer
    schedule: Schedule | None
    rate: Rate | None
    rows: int


def measure(seen: Observed, rate: Rate | None = None) -> Measured:
    """Ask every estimator.

    Args:
        seen: of the whole country.
        rate: check-ins an hour by the malware's analysis or of an earlier window; read off the gaps if not given.
    """
    if seen.mode is not None:
        refused = Refusal(seen.mode, {"rows": seen.rows, "events": seen.events})
        return Measured(refused, refused, refused, None, rate, seen.rows)
    schedule = read_schedule(seen.ladder, daily_rhythm(seen.hourly, seen.hours_alive))
    machines = _mixed(seen) or session_hours(seen.ladder, seen.events, schedule, seen.uptime_hours)
    if rate is None and schedule is not None and isinstance(machines, Estimate):
        # A gap that a lease ends is never seen: the gaps that are seen are the shorter ones.
        rate = Rate(schedule.per_hour * (1 - schedule.spread * machines.measured["q"]), is_known=False)
    check_ins = seen.events - (float(seen.ladder.count[0]) if schedule and schedule.has_bursts else 0.0)
    by_events = event_rate(check_ins, rate, seen.uptime_hours)
    return Measured(machines, by_events, accumulation(seen.windows), schedule, rate, seen.rows)


def measure_part(part: Observed, whole: Measured) -> Measured:
    """Ask the estimators about a part of the country, by the schedule of the whole."""
    if whole.schedule is None or isinstance(whole.machines, Refusal):
        return Measured(whole.machines, whole.by_events, whole.by_growth, None, whole.rate, part.rows)
    schedule = whole.schedule
    check_ins = part.events - (float(part.ladder.count[0]) if schedule.has_bursts else 0.0)
    q = whole.machines.measured["q"] if check_ins < FEWEST_CHECK_INS else None
    machines = _mixed(part) or session_hours(part.ladder, part.events, schedule, part.uptime_hours, q=q)
    by_events = event_rate(check_ins, whole.rate, part.uptime_hours)
    return Measured(machines, by_events, accumulation(part.windows), schedule, whole.rate, part.rows)


def _mixed(seen: Observed) -> Refusal | None:
    """Refuse machines where gaps of spellings would be taken for gaps of machines too often."""
    if seen.mixed <= REFUSED_SHARE * seen.rows:
        return None
    return Refusal(RefusalReason.MIXED_SPELLINGS, {"rows": seen.rows, "mixed": seen.mixed})


def best_watches(measured: Mapping[Watch, Measured]) -> dict[tuple[str, int], Watch]:
    """Return for each family and version of IP the sensor that sees most machines, or, if all refuse, most addresses.

    Sensors are not added up: they see the same machines.
    """

    def worth(watch: Watch) -> tuple[float, int, Watch]:
        machines = measured[watch].machines
        return (machines.value if isinstance(machines, Estimate) else -1.0, measured[watch].rows, watch)

    best: dict[tuple[str, int], Watch] = {}
    for watch in sorted(measured, key=worth):
        best[watch.family, watch.ip_version] = watch
    return best


def add_up(parts: Iterable[tuple[Answer, int]]) -> Answer:
    """Add answers, each with its address-days; refuse where refused parts have too many of these.

    A single refusal is passed on as it is.
    """
    given = list(parts)
    if not given:
        return Refusal(RefusalReason.NO_DATA)
    if len(given) == 1 or all(isinstance(answer, Refusal) for answer, _ in given):
        return max(given, key=lambda part: part[1])[0]
    rows = sum(rows for _, rows in given)
    refused = sum(rows for answer, rows in given if isinstance(answer, Refusal))
    share = {"refused_share": refused / rows if rows else 0.0, "parts": float(len(given))}
    if refused > REFUSED_SHARE * rows:
        return Refusal(RefusalReason.REFUSED_PARTS, share)
    estimates = [answer for answer, _ in given if isinstance(answer, Estimate)]
    value, low, high = (sum(getattr(e, name) for e in estimates) for name in ("value", "low", "high"))
    return Estimate(value, low, high, share)
