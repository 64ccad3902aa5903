"""Whether independent ways agree about the machines of a family: where they do not, there is a range and no number.

Session-hours stand on one picture: machines of one schedule, one behind each address, there without a pause until they
are switched off or get another address. Each check here looks at something else in the same sightings that must be so
if the picture is right. What fails is told; what is only a little off widens the interval.
"""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.estimators import LARGEST_Q
from quetsach.assess.hosts.schedule import STEP_HOURS, STEPS, GapLadder, Renewal, Schedule, fit_renewal

WIDEST = 1.35
"""Times by which the upper end of an interval may exceed the lower one for there to be a number between: ±15 %."""

LONGER_STAY_HOURS = 4
"""An address was there for a stay of which the rate can be told if its day's sightings span so long."""

NIGHT_HOURS = 6
"""So many hours in a row without a sighting are the night between two working days, where machines go off: a day of UTC
holds a night inside where the country is far east or west of it."""

LONE_MINUTES = 2
"""Sightings of an address and day that span less are one check-in."""

_FEWEST_STAYS = 40
_UNEVEN = 0.045
"""Squared coefficient of variation of the rates of addresses, beyond chance, from which they are not of one kind.

With a tenth of the machines in pairs behind one address it is 0.045, with two variants whose rates differ by three it
is 0.2."""
_UNEVEN_HIGH = 3.0
"""By how many times that the machines may be more than the addresses."""
_DISPERSED = 1.1
"""Squared coefficient of variation of the gaps; chance has 1, and no schedule that is one has more."""
_MISFIT = 0.012
"""Share of the gaps, beyond chance and what silences of the sensor do, that one schedule would have otherwise."""
_UNLIKE = 10.0
"""By how many times the misfit machines may be more or fewer than any way says: tries that are taken for machines that
come and go, or pauses for time on line."""
_MANY_TIMES = 1.25
"""So many times what chance and silences do on the average."""
LIMIT_HOURS = 1
"""Some feeds tell an address at most once in each hour of the clock."""
_SHORT_HOURS, _FEWEST_SHORT, _AGAIN = 0.5, 100, 0.02
"""With so many gaps of half an hour at most, the feed does so if hardly any is within an hour of the clock."""
_SHORT_LIMIT = 4
"""Mean gaps of so many limits and more lose little."""
_LARGEST_LIMIT = 0.35
"""Share of an interval that a limit may have: behind a longer one several machines look like one."""
_BRIEF = 1.5
"""A session is brief that spans so many mean gaps."""
_LONGEST_BRIEF_HOURS = 9.0
_SLOW_TIMES = 4
"""A variant that is seen once where others are seen for a session is taken to check in as rarely as after so many of
the gaps that end one."""
_SLOW = 0.12
"""Share of the hours that such a variant may have."""
_SLOW_OF_FEW = 0.01
"""The same where sessions have so few check-ins that ``LARGEST_Q`` is passed: machines of a much slower variant hardly
differ there from those that are brief."""
_LONE_OF_FEW = 0.1
"""Share of the sessions that may have one check-in there: leases of which hardly any is brief hide a slower variant."""
_SHORTEST_SESSION_HOURS, _QUIET_HOURS = 1.5, 12.0
"""Shorter sessions may be tries of one check-in, with so many hours of quiet up to the next."""
_FEWEST_NAMED = 0.2
"""Share of the sightings that have to carry a bot ID for these to be counted by."""
_NAMED_BUDGET = 0.1
FEWEST_CHECK_INS = 100
"""Of a part; with fewer its own share of sessions, and how evenly it checks in, are chance."""
_OFTEN = 0.15
"""By what share a part's check-ins in an hour may differ from those of the whole, beyond chance."""
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
    ``t (n + c) / (n - 1)`` on the average, whatever its addresses were and whoever else had them; ``c`` is the spread
    of its gaps. ``hours`` are those with a ``c`` of 1, and ``gaps`` the sum of ``t / (n - 1)``. Of the ``days`` of an
    installation those with one sighting, ``once``, have no hours.
    """

    hours: float
    watched: float
    share_named: float
    gaps: float = 0.0
    days: float = 0.0
    once: float = 0.0

    def on_line(self, spread: float) -> float:
        """Return the mean installations on line, of those that have a name."""
        return (self.hours - (1 - spread) * self.gaps) / self.watched if self.watched else 0.0

    def machines(self, spread: float) -> Estimate | None:
        """Return the machines on line by their names; ``None`` where too few sightings have one.

        Where some have none, their machines may have none at all, or be among those that have one.
        """
        value = self.on_line(spread)
        if self.share_named < _FEWEST_NAMED or value <= 0:
            return None
        return Estimate(value, value * (1 - _NAMED_BUDGET), value * (1 + _NAMED_BUDGET) / self.share_named)


@dataclass(frozen=True, slots=True, eq=False)
class Traces:
    """What the checks look at beside the gaps.

    ``islands`` are address-days by the step of what their sightings span (0 within ``LONE_MINUTES``) and of how long
    there was no other before or after; ``breaks`` the silences of the clock, ``moved`` by how many hours each day
    is that is moved, and ``unsure`` the hours of which nobody knows whether the family could be seen, for each hour of
    the clock. ``again`` are the address-days with more sightings than hours that have any; ``None`` where unknown.
    ``day_stays`` are those of the stays in which no ``NIGHT_HOURS`` are empty.
    """

    stays: Stays = field(default_factory=Stays)
    islands: NDArray[np.float64] = field(default_factory=lambda: np.zeros((STEPS + 1, STEPS + 1)))
    breaks: int = 0
    moved: tuple[int, ...] = ()
    unsure: float = 0.0
    named: NamedHours | None = None
    again: float | None = None
    day_stays: Stays = field(default_factory=Stays)

    def unevenness(self, schedule: Schedule, repeats: float) -> float:
        """Return that of stays; where machines go off at night, of stays of one day."""
        return (self.day_stays if schedule.has_nights else self.stays).unevenness(schedule, repeats)


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
    if isinstance(machines, NotEstimable) or schedule is None:
        return machines
    events, sessions = machines.measured["events"], machines.measured["sessions"]
    hours_a_session = machines.measured["session_hours"] / max(1.0, sessions)
    renewal = fit_renewal(ladder, schedule, 1 / hours_a_session)
    limit = _limit(ladder, schedule, renewal, traces)
    uneven = traces.unevenness(schedule, events / max(1.0, events - schedule.repeated(ladder)))
    uneven *= _seen_through(limit)
    by_chance = machines.measured["q"] * sessions
    found = _lone_and_slow(ladder, schedule, renewal, traces.islands, by_chance)
    lone, slow = (n / max(1.0, sessions) for n in found)
    measured = {
        **machines.measured,
        "uneven": uneven,
        "dispersion": schedule.dispersion,
        "misfit": _misfit(renewal, traces.breaks / machines.measured["uptime_hours"]),
        "slow": slow * _SLOW_TIMES * float(STEP_HOURS[schedule.gap_step]) / hours_a_session,
        "hours_a_session": hours_a_session,
        "lone": lone,
        "limit": limit,
    }
    low, high = (
        machines.low / (1 + traces.unsure),
        machines.high * (1 + _UNEVEN_HIGH * max(0.0, uneven) + measured["slow"]),
    )
    reason = _first_failure(schedule, measured)
    # Of installations that are sighted several times at each check-in nobody knows how long they were there.
    by_name = traces.named.machines(schedule.spread) if traces.named and not schedule.has_bursts else None
    if reason is None and not (
        _ways_meet(machines, schedule, ways) and (by_name is None or _overlap(by_name, machines))
    ):
        reason = NotEstimableReason.WAYS_DISAGREE
    if reason is None and high > WIDEST * low:
        reason = NotEstimableReason.TOO_WIDE
    if reason is None:
        return Estimate(machines.value, low, high, measured)
    if reason is NotEstimableReason.RATE_LIMITED:
        return NotEstimable(reason, {**measured, "low": low})
    ends = [end for way in (*ways, by_name) if isinstance(way, Estimate) for end in (way.low, way.high)]
    return NotEstimable(reason, _with_range(measured, [low, high, *ends]))


def _with_range(measured: dict[str, float], ends: list[float]) -> dict[str, float]:
    """Add the range to what was measured: between the ends of all ways, and wider by what they have in common."""
    off, hours = 1 + _UNLIKE * measured["misfit"], measured["hours_a_session"]
    quiet = _QUIET_HOURS / hours if hours < _SHORTEST_SESSION_HOURS else 1.0
    low, high = min(ends) / (off * max(1.0, measured["dispersion"])), max(ends) * off * quiet
    return {**measured, "low": low, "high": high}


def check_part(machines: Answer, whole: Estimate, ladder: GapLadder, schedule: Schedule, traces: Traces) -> Answer:
    """Return the machines of a part of the country, or a refusal where its addresses are not those of the whole.

    A provider that puts its customers behind shared addresses must not look cleaner for it: where they share evenly,
    all gaps are those of one quicker machine, and only more check-ins in an hour than elsewhere tell of it.

    Args:
        machines: of the part, by session-hours.
        whole: the same of the whole country.
        ladder: the part's gaps.
        schedule: of the family.
        traces: what else was seen of the part.
    """
    if isinstance(machines, NotEstimable):
        return machines
    check_ins = max(1.0, machines.measured["events"] - schedule.repeated(ladder))
    is_few = check_ins < FEWEST_CHECK_INS
    uneven = 0.0 if is_few else traces.unevenness(schedule, machines.measured["events"] / check_ins)
    uneven *= _seen_through(whole.measured.get("limit", 0.0))
    often = _check_ins_an_hour(machines) / _check_ins_an_hour(whole)
    most = 1 + _OFTEN + 2 / sqrt(check_ins)
    high = machines.high * (1 + _UNEVEN_HIGH * max(0.0, uneven))
    measured = {**machines.measured, "uneven": uneven, "often": often}
    if uneven > _UNEVEN or often > most:
        return NotEstimable(
            NotEstimableReason.UNEVEN_RATES, {**measured, "low": machines.low, "high": max(high, machines.high * often)}
        )
    if often < 1 / most:
        return NotEstimable(NotEstimableReason.WAYS_DISAGREE, {**measured, "low": machines.low * often, "high": high})
    return Estimate(machines.value, machines.low, high, measured)


def _check_ins_an_hour(machines: Estimate) -> float:
    return machines.measured["events"] / max(1.0, machines.measured["session_hours"])


def _first_failure(schedule: Schedule, measured: dict[str, float]) -> NotEstimableReason | None:
    if schedule.gap_step >= STEPS - 1:
        return NotEstimableReason.RARE_CHECK_INS
    if measured["limit"] > _LARGEST_LIMIT:
        return NotEstimableReason.RATE_LIMITED
    if measured["uneven"] > _UNEVEN:
        return NotEstimableReason.UNEVEN_RATES
    if measured["q"] >= LARGEST_Q and measured["lone"] > _LONE_OF_FEW:
        return NotEstimableReason.RARE_CHECK_INS
    is_broken = (
        schedule.dispersion > _DISPERSED
        or measured["misfit"] > _MISFIT
        or measured["slow"] > (_SLOW if measured["q"] < LARGEST_Q else _SLOW_OF_FEW)
        or measured["hours_a_session"] < _SHORTEST_SESSION_HOURS
    )
    return NotEstimableReason.BROKEN_SESSIONS if is_broken else None


def _limit(ladder: GapLadder, schedule: Schedule, renewal: Renewal | None, traces: Traces) -> float:
    """Return the share of an interval in which the feed tells no address twice, 1 for more; 0 where it has no limit.

    Behind an address that is told once in so long, two machines check in hardly more often than one.
    """
    short = float(ladder.count[STEP_HOURS <= _SHORT_HOURS].sum())
    inside, hours, _ = ladder.up_to(schedule.gap_step)
    likely = min(short, float(traces.islands.sum()))  # to be on address-days that are seen twice in an hour
    if traces.again is not None and short >= _FEWEST_SHORT and traces.again < _AGAIN * likely:
        return 1.0 if hours < _SHORT_LIMIT * LIMIT_HOURS * inside else 0.0
    return renewal.limit if renewal else 0.0


def _seen_through(limit: float) -> float:
    """Return how many times more uneven addresses would be if the feed had no limit of such a share of an interval."""
    return ((1 + limit) / (1 - limit)) ** 2 if limit < 1 else 1.0


def _misfit(renewal: Renewal | None, breaks_per_hour: float) -> float:
    """Return the share of the gaps that one schedule would have otherwise, beyond chance and silences of the sensor."""
    if renewal is None:
        return 0.0
    usual = renewal.chance + breaks_per_hour * renewal.interval_hours
    return max(0.0, renewal.misfit - _MANY_TIMES * usual)


def _lone_and_slow(
    ladder: GapLadder, schedule: Schedule, renewal: Renewal | None, islands: NDArray[np.float64], by_chance: float
) -> tuple[float, float]:
    """Return the sessions of one check-in, and those that are a slower variant's, less twice their standard error.

    Sessions that leases cut short are as often of one check-in as of few, one after the other: so many of these as
    there are check-ins to follow in their time. What is seen once more often than that does not stay. Where
    check-ins are too far apart for that, ``by_chance`` are the sessions that would have one.
    """
    if renewal is None:
        return 0.0, 0.0
    inside = slice(schedule.tries_step + 1, schedule.gap_step + 1)
    mean = float(ladder.hours[inside].sum() / ladder.count[inside].sum())
    spans = np.append(STEP_HOURS, np.inf)
    is_one = spans <= max(STEP_HOURS[0], mean / 2 if schedule.tries_hours(ladder) > LONE_MINUTES / 120 else 0.0)
    is_brief = ~is_one & (spans <= min(_BRIEF * mean, _LONGEST_BRIEF_HOURS))
    of_span = islands[:, schedule.gap_step + 1 :].sum(axis=1)
    one, brief = float(of_span[is_one].sum()), float(of_span[is_brief].sum())
    longest = float(spans[is_brief].max(initial=0.0))
    if longest < mean:
        # No two check-ins are so near. Leases that end at any time leave one alone as often as they end.
        return one, max(0.0, one - by_chance - 2 * sqrt(one))
    # Of brief sessions those are not found that run through midnight, into the next row.
    follow = renewal.check_ins_within(longest) * (1 - longest / 48)
    return one, max(0.0, one - brief / follow - 2 * sqrt(one + brief / follow**2)) if follow > 0 else 0.0


def _ways_meet(machines: Estimate, schedule: Schedule, ways: tuple[Answer, Answer]) -> bool:
    """Whether each other way that holds for such machines is near enough."""
    by_events, by_growth = ways
    if isinstance(by_events, Estimate) and by_events.measured["is_known"] and not _overlap(by_events, machines):
        return False
    if isinstance(by_growth, NotEstimable) or schedule.has_nights:
        return True
    lowest, highest = _GROWTH_PERIODIC if schedule.is_periodic else _GROWTH
    return lowest <= by_growth.value / machines.value <= highest


def _overlap(one: Estimate, other: Estimate) -> bool:
    return one.low <= other.high and other.low <= one.high
