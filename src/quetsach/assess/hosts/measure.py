"""One family at one sensor: what was observed, and every number of machines that it gives or refuses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from statistics import mode

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.agreement import FEWEST_CHECK_INS, WIDEST, Traces, check, check_part
from quetsach.assess.hosts.clock import FEWEST_HOURS, FEWEST_ROWS
from quetsach.assess.hosts.estimators import REGULAR, VALID_Q, Rate, accumulation, event_rate, session_hours
from quetsach.assess.hosts.schedule import GapLadder, Schedule, crosses_midnight, daily_rhythm, read_schedule

REFUSED_SHARE = 0.1
"""Share of its address-days that the refused parts of a sum may have; with more there is no sum."""

BY_CHANCE = 0.7
"""Dispersion of the gaps below which the curve of new addresses does not hold."""


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
    mode: NotEstimableReason | None = None
    mixed: int = 0
    traces: Traces = field(default_factory=Traces)


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
    """Ask every estimator, and whether they agree.

    Where they do not, or the feed is unfit, none of them stands alone: all are refused for the same reason, but for
    events by a rate that is known.

    Args:
        seen: of the whole country.
        rate: check-ins an hour by the malware's analysis or of an earlier window; read off the gaps if not given.
    """
    unfit = _unfit(seen)
    if unfit is not None:
        return Measured(unfit, unfit, unfit, None, rate, seen.rows)
    schedule = read_schedule(seen.ladder, daily_rhythm(seen.hourly, seen.hours_alive))
    mixed = _mixed(seen)
    machines = mixed or session_hours(seen.ladder, seen.events, schedule, seen.uptime_hours)
    if rate is None and schedule is not None and isinstance(machines, Estimate):
        # A gap that a lease ends is never seen: the gaps that are seen are the shorter ones.
        rate = Rate(schedule.per_hour * (1 - schedule.spread * machines.measured["q"]), is_known=False)
    check_ins = seen.events - (schedule.repeated(seen.ladder) if schedule else 0.0)
    by_events, by_growth = event_rate(check_ins, rate, seen.uptime_hours), accumulation(seen.windows)
    if mixed is None:
        machines = check(machines, seen.ladder, schedule, _traces(seen, schedule), (by_events, by_growth))
        by_events, by_growth = _beside(machines, schedule, by_events, by_growth)
    return Measured(machines, by_events, by_growth, schedule, rate, seen.rows)


def _traces(seen: Observed, schedule: Schedule | None) -> Traces:
    """Return what the checks look at: without the hours of names where nights count as a part of them."""
    if schedule is not None and schedule.has_nights and crosses_midnight(seen.hourly):
        return replace(seen.traces, named=None)
    return seen.traces


def measure_part(part: Observed, whole: Measured) -> Measured:
    """Ask the estimators about a part of the country, by the schedule of the whole."""
    if whole.schedule is None or isinstance(whole.machines, NotEstimable):
        return Measured(whole.machines, whole.by_events, whole.by_growth, None, whole.rate, part.rows)
    schedule = whole.schedule
    check_ins = part.events - schedule.repeated(part.ladder)
    is_few = check_ins < FEWEST_CHECK_INS
    q = whole.machines.measured["q"] if is_few else None
    machines = _mixed(part) or session_hours(part.ladder, part.events, schedule, part.uptime_hours, q=q)
    by_events = event_rate(check_ins, whole.rate, part.uptime_hours)
    machines = check_part(machines, whole.machines, part.ladder, schedule, part.traces)
    by_events, by_growth = _beside(machines, schedule, by_events, accumulation(part.windows))
    return Measured(machines, by_events, by_growth, schedule, whole.rate, part.rows)


def _beside(machines: Answer, schedule: Schedule | None, by_events: Answer, by_growth: Answer) -> tuple[Answer, Answer]:
    """Return what stands beside the machines: nothing that they were refused for, nothing outside its own domain."""
    if isinstance(machines, NotEstimable):
        is_complete = machines.reason is not NotEstimableReason.RATE_LIMITED
        is_known = is_complete and isinstance(by_events, Estimate) and by_events.measured["is_known"]
        return by_events if is_known else machines, machines
    q, spread = machines.measured["q"], machines.measured["spread"]
    if schedule is not None and schedule.has_nights and q >= VALID_Q and spread > REGULAR and _is_read_off(by_events):
        # the long gaps that a rate is read off are cut short by the end of the day
        by_events = NotEstimable(NotEstimableReason.UNKNOWN_RATE, by_events.measured)
    if schedule is not None and (schedule.has_nights or schedule.tries_step > 0 or schedule.dispersion < BY_CHANCE):
        by_growth = NotEstimable(NotEstimableReason.CURVE_OUTSIDE, by_growth.measured)
    return by_events, by_growth


def _is_read_off(by_events: Answer) -> bool:
    return isinstance(by_events, Estimate) and not by_events.measured["is_known"]


def _unfit(seen: Observed) -> NotEstimable | None:
    """Refuse everything where the feed is unfit, or where there is too little of it."""
    if seen.mode is not None:
        return NotEstimable(seen.mode, {"rows": seen.rows, "events": seen.events})
    of_a_day = 24 * float(seen.hourly.sum()) / seen.uptime_hours if seen.uptime_hours > 0 else 0.0
    if moved := seen.traces.moved:
        return NotEstimable(NotEstimableReason.CLOCK_WRONG, {"days": len(moved), "hours": mode(moved)})
    if 0 < seen.rows < FEWEST_ROWS or 0 < of_a_day < FEWEST_HOURS:
        return NotEstimable(NotEstimableReason.FEW_SIGHTINGS, {"rows": seen.rows, "events": seen.events})
    return None


def _mixed(seen: Observed) -> NotEstimable | None:
    """Refuse machines where gaps of spellings would be taken for gaps of machines too often."""
    if seen.mixed <= REFUSED_SHARE * seen.rows:
        return None
    return NotEstimable(NotEstimableReason.MIXED_SPELLINGS, {"rows": seen.rows, "mixed": seen.mixed})


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


def of_both_versions(parts: Iterable[tuple[Answer, int]]) -> Answer:
    """Return the machines of one family that its sightings by IPv4 and by IPv6 are of, each with its address-days.

    A machine that has both is seen under both, all the time or by turns: there are at least as many as by either alone
    and at most as many as by both together, and addresses do not tell where between.
    """
    given = list(parts)
    estimates = [answer for answer, _ in given if isinstance(answer, Estimate)]
    refused = [(answer, rows) for answer, rows in given if isinstance(answer, NotEstimable)]
    if estimates and sum(rows for _, rows in refused) > REFUSED_SHARE * sum(rows for _, rows in given):
        return NotEstimable(max(refused, key=lambda part: part[1])[0].reason, {"low": max(e.low for e in estimates)})
    if len(estimates) < 2:
        return add_up(given)
    if all(answer.measured.get("is_known") for answer in estimates):
        return add_up(given)  # every sighting is of one version, and the rate of all is known
    low, high = max(e.low for e in estimates), sum(e.high for e in estimates)
    most, together = max(e.value for e in estimates), sum(e.value for e in estimates)
    if high > WIDEST * low:
        return NotEstimable(NotEstimableReason.BOTH_VERSIONS, {"low": low, "high": high})
    return Estimate((most + together) / 2, low, high, {"parts": float(len(given))})


def add_up(parts: Iterable[tuple[Answer, int]]) -> Answer:
    """Add answers, each with its address-days; refuse where refused parts have too many of these.

    A single refusal is passed on as it is.
    """
    given = list(parts)
    if not given:
        return NotEstimable(NotEstimableReason.NO_DATA)
    if len(given) == 1 or all(isinstance(answer, NotEstimable) for answer, _ in given):
        return max(given, key=lambda part: part[1])[0]
    rows = sum(rows for _, rows in given)
    refused = sum(rows for answer, rows in given if isinstance(answer, NotEstimable))
    share = {"refused_share": refused / rows if rows else 0.0, "parts": float(len(given))}
    if refused > REFUSED_SHARE * rows:
        return NotEstimable(NotEstimableReason.REFUSED_PARTS, share)
    estimates = [answer for answer, _ in given if isinstance(answer, Estimate)]
    value, low, high = (sum(getattr(e, name) for e in estimates) for name in ("value", "low", "high"))
    return Estimate(value, low, high, share)
