"""Whether independent ways agree about the machines of a family: where they do not, there is a range and no number.

Session-hours stand on one picture: machines of one schedule, one behind each address, there without a pause until they
are switched off or get another address. Each check here looks at something else in the same sightings that must be so
if the picture is right. What fails is told; what is only a little off widens the interval.
"""

from dataclasses import dataclass, field
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.ladder import STEP_HOURS, STEPS, GapLadder, step_of
from quetsach.assess.hosts.schedule import Schedule
from quetsach.assess.refusal import Refusal, RefusalReason

WIDEST = 1.35
"""Times by which the upper end of an interval may exceed the lower one for there to be a number between: ±15 %."""

LONGER_STAY_HOURS = 4
"""An address was there for a stay of which the rate can be told if its day's sightings span so long."""

LONE_MINUTES = 2
"""Sightings of an address and day that span less are one check-in."""

_FEWEST_STAYS = 40
_UNEVEN = 0.045
"""Squared coefficient of variation of the rates of addresses, beyond chance, from which they are not of one kind.

With a tenth of the machines in pairs behind one address it is 0.045, with two variants whose rates differ by three it
is 0.2."""
_UNEVEN_HIGH = 2.0
"""By how many times that the machines may be more than the addresses."""
_DISPERSED = 1.12
"""Squared coefficient of variation of the gaps; chance has 1, and no schedule that is one has more."""
_REGULAR = (0.2, 0.85)
_PAUSES = 1.1
"""Share of the commonest gap and dispersion together, where the latter is between these; lost sightings leave 1."""
_BROKEN = 0.08
"""Share of the sessions that end in a pause too short for a new lease and too long for the schedule."""
_SINGLES = 1.3
_SINGLES_AT_NIGHT = 0.7
_SINGLES_MORE = 0.04
"""Sessions of a single sighting: so many times q, and a little more, is what leases of one kind leave."""
_SHORTEST_SESSION_HOURS = 1.5
_FEWEST_NAMED = 0.2
"""Share of the sightings that have to carry a bot ID for these to be counted by."""
_NAMED_BUDGET = 0.1
_GROWTH = (0.8, 1.25)
_GROWTH_PERIODIC = (0.75, 1.45)
"""Machines by growth for each by session-hours where machines are always on."""


@dataclass(frozen=True, slots=True)
class Stays:
    """Address-days whose sightings span ``LONGER_STAY_HOURS`` and more, on the uptime clock.

    ``intervals`` between their sightings, ``hours`` that they span, and the sum of squared intervals by hours.
    """

    count: float = 0.0
    intervals: float = 0.0
    hours: float = 0.0
    squares: float = 0.0

    def unevenness(self, schedule: Schedule, repeats: float) -> float:
        """Return the squared coefficient of variation of the rates beyond chance, less twice its standard error.

        Args:
            schedule: of the family.
            repeats: sightings for each check-in.
        """
        if self.count < _FEWEST_STAYS or not self.intervals:
            return 0.0
        rate = self.intervals / self.hours
        # Of tries that a feed loses, some check-ins have fewer than others.
        chance = (schedule.spread * repeats + (1.0 if schedule.has_bursts else 0.0)) * rate * self.count
        excess = (self.squares - chance) / (rate * self.intervals) - 1
        error = sqrt(2 / self.count) * max(schedule.spread * repeats, 0.05) * self.count / self.intervals
        return float(excess - 2 * error)


@dataclass(frozen=True, slots=True)
class NamedHours:
    """Hours in which installations with a bot ID were there, of those ``watched``, and the share of sightings with one.

    An installation that was sighted ``n`` times on a day, first and last ``t`` hours apart, was there for
    ``t (n + 1) / (n - 1)`` on the average, whatever its addresses were and whoever else had them.
    """

    hours: float
    watched: float
    share_named: float

    def machines(self) -> Estimate | None:
        """Return the machines on line by their names; ``None`` where too few sightings have one.

        Where some have none, their machines may have none at all, or be among those that have one.
        """
        if self.share_named < _FEWEST_NAMED or not self.watched or not self.hours:
            return None
        value = self.hours / self.watched
        return Estimate(value, value * (1 - _NAMED_BUDGET), value * (1 + _NAMED_BUDGET) / self.share_named)


@dataclass(frozen=True, slots=True, eq=False)
class Traces:
    """What the checks look at beside the gaps.

    ``lone`` are address-days of one check-in (``LONE_MINUTES``), by the step of how long they were alone;
    ``unsure`` the hours of which nobody knows whether the family could be seen, for each hour of the clock.
    """

    stays: Stays = field(default_factory=Stays)
    lone: NDArray[np.float64] = field(default_factory=lambda: np.zeros(STEPS + 1))
    unsure: float = 0.0
    named: NamedHours | None = None


def check(
    machines: Answer,
    ladder: GapLadder,
    schedule: Schedule | None,
    traces: Traces,
    ways: tuple[Answer, Answer],
) -> Answer:
    """Return the machines with their interval, or a refusal with the range that the ways leave.

    Args:
        machines: by session-hours.
        ladder: the gaps that they stand on.
        schedule: read off these.
        traces: what else was seen.
        ways: the other ways to count: by events and by growth.
    """
    if isinstance(machines, Refusal) or schedule is None:
        return machines
    events, sessions = machines.measured["events"], machines.measured["sessions"]
    uneven = traces.stays.unevenness(schedule, events / max(1.0, events - schedule.repeated(ladder)))
    broken = _broken(ladder, schedule, sessions)
    is_brief = schedule.tries_hours(ladder) <= 1 / 60
    lone = float(traces.lone[schedule.gap_step + 1 :].sum()) / max(1.0, sessions) if is_brief else 0.0
    measured = {
        **machines.measured,
        "uneven": uneven,
        "broken": broken,
        "dispersion": schedule.dispersion,
        "lone": lone,
        "peak": _peak(ladder, schedule),
        "hours_a_session": machines.measured["session_hours"] / max(1.0, sessions),
    }
    low, high = (
        machines.low / (1 + traces.unsure),
        machines.high * (1 + _UNEVEN_HIGH * max(0.0, uneven) + max(0.0, broken)),
    )
    reason = _first_failure(schedule, measured)
    by_name = traces.named.machines() if traces.named else None
    if reason is None and not (
        _ways_meet(machines, schedule, ways) and (by_name is None or _overlap(by_name, machines))
    ):
        reason = RefusalReason.WAYS_DISAGREE
    if reason is None and high > WIDEST * low:
        reason = RefusalReason.TOO_WIDE
    if reason is None:
        return Estimate(machines.value, low, high, measured)
    others = [end for way in (*ways, by_name) if isinstance(way, Estimate) for end in (way.low, way.high)]
    return Refusal(reason, {**measured, "low": min(low, *others, low), "high": max(high, *others, high)})


def check_part(machines: Answer, ladder: GapLadder, schedule: Schedule, traces: Traces) -> Answer:
    """Return the machines of a part of the country, or a refusal where its addresses are not of one kind.

    A provider that puts its customers behind shared addresses must not look cleaner for it.
    """
    if isinstance(machines, Refusal):
        return machines
    events = machines.measured["events"]
    uneven = traces.stays.unevenness(schedule, events / max(1.0, events - schedule.repeated(ladder)))
    high = machines.high * (1 + _UNEVEN_HIGH * max(0.0, uneven))
    measured = {**machines.measured, "uneven": uneven}
    if uneven > _UNEVEN:
        return Refusal(RefusalReason.UNEVEN_RATES, {**measured, "low": machines.low, "high": high})
    return Estimate(machines.value, machines.low, high, measured)


def _first_failure(schedule: Schedule, measured: dict[str, float]) -> RefusalReason | None:
    if schedule.gap_step >= STEPS - 1:
        return RefusalReason.RARE_CHECK_INS
    if measured["uneven"] > _UNEVEN:
        return RefusalReason.UNEVEN_RATES
    times = _SINGLES_AT_NIGHT if schedule.has_nights else _SINGLES
    is_broken = (
        schedule.dispersion > _DISPERSED
        or measured["broken"] > _BROKEN
        or _pauses(measured["peak"], schedule.dispersion)
        or measured["hours_a_session"] < _SHORTEST_SESSION_HOURS
        or measured["lone"] > times * measured["q"] + _SINGLES_MORE
    )
    return RefusalReason.BROKEN_SESSIONS if is_broken else None


def _peak(ladder: GapLadder, schedule: Schedule) -> float:
    """Return the share of the gaps that are of the commonest length, give or take a quarter of an octave."""
    count = ladder.count[schedule.tries_step + 1 : schedule.gap_step + 1]
    at = int(count.argmax())
    return float(count[max(0, at - 1) : at + 2].sum() / count.sum())


def _pauses(peak: float, dispersion: float) -> bool:
    """Whether regular gaps are more dispersed than lost sightings make them: machines pause.

    Of regular check-ins of which a share ``k`` is seen, ``k`` of the gaps are of one length and the dispersion is
    ``1 - k``, whatever ``k`` is.
    """
    return _REGULAR[0] < dispersion < _REGULAR[1] and peak + dispersion > _PAUSES


def _ways_meet(machines: Estimate, schedule: Schedule, ways: tuple[Answer, Answer]) -> bool:
    """Whether each other way that holds for such machines is near enough."""
    by_events, by_growth = ways
    if isinstance(by_events, Estimate) and by_events.measured["is_known"] and not _overlap(by_events, machines):
        return False
    if isinstance(by_growth, Refusal) or schedule.has_nights:
        return True
    lowest, highest = _GROWTH_PERIODIC if schedule.is_periodic else _GROWTH
    return lowest <= by_growth.value / machines.value <= highest


def _overlap(one: Estimate, other: Estimate) -> bool:
    return one.low <= other.high and other.low <= one.high


def _broken(ladder: GapLadder, schedule: Schedule, sessions: float) -> float:
    """Return the share of sessions that end in a pause: gaps a little longer than a session allows.

    An address that comes back to another infected machine does so after days, at a rate that falls slowly; what is
    more often than that, right above the gap, are machines that pause, or a second schedule.
    """
    if not sessions:
        return 0.0
    gap = float(STEP_HOURS[schedule.gap_step])
    width = np.diff(np.concatenate(([0.0], STEP_HOURS)))
    above = np.arange(STEPS) > schedule.gap_step
    if schedule.has_nights:
        last = int(step_of(np.array([7.0]))[0])
        return float(ladder.count[schedule.gap_step + 1 : last].sum()) / sessions
    near = above & (min(96.0, 4 * gap) >= STEP_HOURS)
    day, days = (above & (a < STEP_HOURS) & (2 * a >= STEP_HOURS) for a in (24.0, 48.0))
    rates = [ladder.count[part].sum() / width[part].sum() if part.any() else 0.0 for part in (day, days)]
    expected = rates[1]
    if gap < 24 and rates[0] > 0:
        decay = min(max(float(np.log(rates[0] / max(rates[1], 1e-9))) / 36, 0.0), 0.05)
        expected = rates[0] * float(np.exp(decay * (36 - min(2 * gap, 36))))
    chance = 0.0
    if not schedule.is_periodic:
        inside = ladder.count[schedule.tries_step + 1 : schedule.gap_step + 1].sum()
        chance = float(inside) * float(np.exp(-gap * log(2) / schedule.interval_hours))
    return float((ladder.count[near].sum() - expected * width[near].sum() - chance) / sessions)
