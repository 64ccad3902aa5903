"""How a family checks in, read off the gaps between its sightings and their hours, and whether that is one schedule.

A machine that checks in by one schedule, and of which each check-in is lost with the same chance whatever went before,
has gaps that are sums of one, two, three ... intervals, in numbers that fall geometrically. A machine that pauses
begins anew, at any time, and is away for longer than loss explains. Three numbers describe the first kind of gaps; how
far the best three are from what was seen is small for it, whatever is lost, and large for the other.
"""

from dataclasses import dataclass
from enum import Enum
from itertools import product
from math import ceil, log, sqrt
from typing import Final, Self

import numpy as np
import scipy
from numpy.typing import NDArray

# Gaps between sightings of one address, counted by length: all that the session-hours estimator needs.
#
# A gap is the time on the uptime clock between two consecutive sightings of one family at one address. The steps grow
# by a quarter of an octave from one minute to four days; what is longer is no gap inside a session, whatever the
# schedule.

STEPS = 51
"""How many steps there are: step ``k`` ends at ``STEP_HOURS[k]``, included, and begins where the one before ends."""

STEP_HOURS: NDArray[np.float64] = np.minimum(2 ** (np.arange(STEPS) / 4) / 60, 96.0)
"""The upper ends, in hours; the first is one minute and the last is four days."""

_HALF_A_MS = 0.5 / 3_600_000
type Floats = NDArray[np.float64]

_EDGES: Final = np.concatenate(([0.0], STEP_HOURS))
_MINUTE_EDGES: Final = np.concatenate(([0.0], np.floor(60 * STEP_HOURS + 1e-9) / 60 + 1 / 120))
"""Where whole minutes stand for all lengths that are nearest to them."""
_FEWEST_WHOLE, _WHOLE = 3, 0.01
"""Of stamps that are cut to the minute, the gaps of each step add up to minutes that are so near to a whole number; of
others those of so many steps hardly ever do."""
_FORGOTTEN: Final = 1e-5
"""Share of the gaps of so many intervals that longer ones are left out."""
_SPREADS: Final = (0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0)
_SEEN: Final = (0.97, 0.85, 0.7, 0.5, 0.35, 0.2)
_SMALLEST_SPREAD, _LARGEST_SPREAD = 0.01, 1.0
_SMALLEST_SEEN, _LARGEST_SEEN = 0.05, 0.999
_STARTS: Final = 2
"""The best of the coarse grid that are made finer."""
_ROUNDS: Final = 120
_FEWEST_STEPS: Final = 5
_GOOD: Final = 0.005
_LARGEST_EVEN: Final = 0.6
"""Intervals that are even between two ends have a spread of at most 0.58."""
_PLAINLY: Final = 0.5
"""So many times the misfit of all schedules has a limit of the feed at most, to be believed in their place."""


def step_of(gap_hours: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the step that each gap belongs to; ``STEPS`` for those over four days."""
    return np.searchsorted(STEP_HOURS + _HALF_A_MS, gap_hours, side="left").astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class GapLadder:
    """How many gaps each step has, the sum of their hours, and the sum of their squared hours (``STEPS`` each)."""

    count: NDArray[np.float64]
    hours: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, gap_hours: NDArray[np.float64]) -> Self:
        """Count gaps; those over four days are left out."""
        step = step_of(gap_hours)
        inside = gap_hours[step < STEPS]
        step = step[step < STEPS]
        return cls(*(np.bincount(step, weights, STEPS) for weights in (np.ones(len(step)), inside, inside**2)))

    @classmethod
    def empty(cls) -> Self:
        """Return a ladder without gaps."""
        return cls(*np.zeros((3, STEPS)))

    def __add__(self, other: "GapLadder") -> "GapLadder":
        return GapLadder(self.count + other.count, self.hours + other.hours, self.squares + other.squares)

    def up_to(self, step: int) -> tuple[float, float, float]:
        """Return count, hours and squared hours of the gaps of the steps up to ``step``, that one included."""
        last = step + 1
        return float(self.count[:last].sum()), float(self.hours[:last].sum()), float(self.squares[:last].sum())


# How a family checks in: read off the gaps between its sightings and the hours of the day in which it is seen.

_MISSED = 8
"""A session ends when so many mean intervals pass without a check-in."""
_MISSED_PERIODIC = 6
_FEWEST_MISSED = 5
_FEWEST_MISSED_PERIODIC = 3
_NEARLY_PERIODIC = 2.0
"""Where the upper quartile of the gaps is less than so many times the lower one (4.8 times for a Poisson process)."""
_NEARLY_CHANCE = 0.85
"""Dispersion from which the gaps are those of chance, and their tail tells the rate of one machine."""
_BURST_SHARE = 0.05
_BURST_TIMES = 3
"""Gaps of at most a minute are bursts if they have less than this share of the time, and are so many times as many as
machines that check in at random would make."""
_OCTAVE = 4
"""Steps in which a gap doubles."""
_TRIES_SHARE = 0.2
"""Tries of one check-in have less than this share of the time: machines that were on line only during their tries
would come and go within the hour."""
_FEWEST_TRIES = 0.2
"""Share of the gaps that are between tries, where there are any."""
_VALLEY = 0.15
"""Between tries and quiet an octave has less than this share of what the fullest octave on either side has."""
_LONGEST_TRIES_HOURS = 2.0
_OFF_HOURS = 7.25
"""Machines that are switched off at night are off for longer than this."""
_AT_MIDNIGHT = 0.25
"""Share of the mean hour that the hours around midnight have, where a day runs through it."""
_RHYTHM = 0.02
"""A daily rhythm weaker than this moves the estimate by less than its budget."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a family checks in, read off its gaps.

    ``gap_step`` is the longest step inside a session; ``edge_hours`` what is missing at both edges of a session
    together; ``dispersion`` the squared coefficient of variation of the gaps; ``interval_hours`` the median gap;
    ``has_nights`` where machines go off every day; ``tries_step`` the longest step between several connections, or
    tries, of one check-in, or -1 where each check-in is one; ``per_hour`` the check-ins of one machine.
    """

    gap_step: int
    edge_hours: float
    dispersion: float
    interval_hours: float
    tries_step: int
    has_nights: bool
    per_hour: float
    is_periodic: bool

    @property
    def spread(self) -> float:
        """The dispersion, at most that of chance."""
        return min(1.0, self.dispersion)

    @property
    def has_bursts(self) -> bool:
        """Whether a check-in is several sightings."""
        return self.tries_step >= 0

    def tries_hours(self, ladder: GapLadder) -> float:
        """Return the mean gap between tries of one check-in; 0 where each check-in is one."""
        hours, count = (float(part[: self.tries_step + 1].sum()) for part in (ladder.hours, ladder.count))
        return hours / count if count else 0.0

    def repeated(self, ladder: GapLadder) -> float:
        """Return how many sightings are not the first of their check-in."""
        return float(ladder.count[: self.tries_step + 1].sum())


def read_schedule(ladder: GapLadder, rhythm: float = 0.0) -> Schedule | None:
    """Find the gap that ends a session, by iteration down from the longest.

    Args:
        ladder: gaps of the family at one sensor.
        rhythm: of ``daily_rhythm``. Where machines go off at night, a session must not run through it.

    Returns:
        The schedule, or ``None`` without any gap, or where check-ins are too rare to see that machines go off.
    """
    has_nights = rhythm > _RHYTHM
    step = int(step_of(np.array([_OFF_HOURS]))[0]) - 1 if has_nights else STEPS - 1
    while True:
        count, hours, squares = ladder.up_to(step)
        if not count or not hours:
            return None
        tries = _tries_step(ladder, step)
        first = tries + 1
        lower, median, upper = (_quantile(ladder, share, first, step) for share in (0.25, 0.5, 0.75))
        kept, kept_hours, kept_squares = (
            float(part[first : step + 1].sum()) for part in (ladder.count, ladder.hours, ladder.squares)
        )
        mean = kept_hours / kept
        dispersion = max(0.0, kept_squares / kept / mean**2 - 1)
        is_periodic = upper < _NEARLY_PERIODIC * lower
        longest = _MISSED_PERIODIC * max(median, mean) if is_periodic else _MISSED * median / log(2)
        wanted = min(int(step_of(np.array([longest]))[0]), STEPS - 1)
        if has_nights and (_FEWEST_MISSED_PERIODIC if is_periodic else _FEWEST_MISSED / log(2)) * median > _OFF_HOURS:
            return None
        if wanted >= step:
            rate = (dispersion > _NEARLY_CHANCE and _tail_rate(ladder, first, step)) or 1 / mean
            return Schedule(step, squares / hours, dispersion, median, tries, has_nights, rate, is_periodic)
        step = wanted


def daily_rhythm(hourly: NDArray[np.float64], hours_alive: NDArray[np.float64]) -> float:
    """Return how much stronger some hours of the day are than others, beyond chance: 0 for none, 1 for a single hour.

    It is the length of the first harmonic of the sightings an hour, less three times what chance makes of it.

    Args:
        hourly: addresses seen in each of the 24 hours of the day (UTC), added up over the days.
        hours_alive: for each hour of the day, the hours in which the sensor was alive.
    """
    rate = np.divide(hourly, hours_alive, out=np.zeros(24), where=hours_alive > 0)
    if not rate.sum():
        return 0.0
    wave = abs(np.exp(2j * np.pi * np.arange(24) / 24) @ rate) / rate.sum()
    return max(0.0, float(wave) - 3 / sqrt(float(hourly.sum())))


def crosses_midnight(hourly: NDArray[np.float64]) -> bool:
    """Whether machines are on line at midnight (UTC), as in the day of countries far to the east or west.

    Of machines that are switched off at night, days of UTC then hold the end of one working day, a night and the
    beginning of the next.

    Args:
        hourly: addresses seen in each of the 24 hours of the day (UTC), added up over the days.
    """
    return bool(min(hourly[0], hourly[-1]) >= _AT_MIDNIGHT * hourly.mean() > 0)


def _tries_step(ladder: GapLadder, last: int) -> int:
    """Return the longest step between tries of one check-in, or -1 where there are none."""
    longest = min(int(step_of(np.array([_LONGEST_TRIES_HOURS]))[0]), last - _OCTAVE)
    for step in range(longest, 0, -1):
        if _is_valley(ladder, step, last):
            return step
    return 0 if last > 0 and _has_connections(ladder, last) else -1


def _is_valley(ladder: GapLadder, step: int, last: int) -> bool:
    """Whether gaps up to a step are tries and longer ones quiet: hardly any are between, and tries have little time."""
    count, hours, _ = ladder.up_to(last)
    short, short_hours, _ = ladder.up_to(step)
    if short < _FEWEST_TRIES * count or short_hours > _TRIES_SHARE * hours:
        return False
    octaves = np.convolve(ladder.count[: last + 1], np.ones(_OCTAVE))[: last + 1]  # that end with a step
    valley = octaves[step + _OCTAVE]
    sides = max(octaves[: step + 1].max(), ladder.count[0]), octaves[step + _OCTAVE :].max()
    return bool(valley < _VALLEY * min(sides))


def _has_connections(ladder: GapLadder, last: int) -> bool:
    """Whether gaps of at most a minute are several connections of one check-in."""
    count, hours, _ = ladder.up_to(last)
    if not ladder.count[1 : last + 1].sum():
        return False
    by_chance = count * STEP_HOURS[0] * log(2) / _quantile(ladder, 0.5, 1, last)
    return bool(ladder.hours[0] < _BURST_SHARE * hours and ladder.count[0] > _BURST_TIMES * by_chance)


def _quantile(ladder: GapLadder, share: float, first: int, last: int) -> float:
    """Return a quantile of the gaps in hours: the mean of the step that it lies in."""
    counts = ladder.count[first : last + 1]
    at = first + int(np.searchsorted(counts.cumsum(), counts.sum() * share))
    return float(ladder.hours[at] / ladder.count[at])


def _tail_rate(ladder: GapLadder, first: int, last: int) -> float:
    """Return how fast long gaps become rare, an hour: shared addresses have short gaps and take no part in the tail."""
    count = ladder.count.copy()
    count[:first] = 0
    longer = count[: last + 1][::-1].cumsum()[::-1]
    longer = np.append(longer[1:], 0.0) / count[: last + 1].sum()
    upper, lower = (int(np.flatnonzero(longer <= share)[0]) for share in (0.35, 0.05))
    if lower <= upper or longer[lower] <= 0:
        return 0.0
    return float(np.log(longer[upper] / longer[lower]) / (STEP_HOURS[lower] - STEP_HOURS[upper]))


class Shape(Enum):
    """What intervals are like, and with them the sums of several."""

    GAMMA = 1
    EVEN = 2
    """Drawn evenly between two ends, as a bot does that sleeps for a while and a random part of it."""
    TIMETABLE = 3
    """Of moments that keep their places, each taken a little early or late: sums of many are as exact as one."""
    LIMITED = 4
    """Never shorter than a limit, and by chance beyond it: what a feed leaves that tells no address twice within it."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The schedule that is nearest to the gaps.

    ``interval_hours`` between check-ins and their coefficient of variation ``spread``; the share ``seen``; the share of
    the gaps that would have to have another length (``misfit``), and what chance alone makes of that.
    """

    interval_hours: float
    spread: float
    seen: float
    misfit: float
    chance: float
    shape: Shape = Shape.GAMMA

    @property
    def limit(self) -> float:
        """The share of an interval in which no second check-in is told, whoever made it; 0 where there is no limit."""
        return 1 - self.spread if self.shape is Shape.LIMITED else 0.0

    def check_ins_within(self, hours: float) -> float:
        """Return how many check-ins that are seen follow one within so many hours."""
        sums = np.arange(1, ceil((hours / self.interval_hours + 3) * 2) + 1)
        shape = 1 / self.spread**2
        return self.seen * float(scipy.special.gammainc(sums * shape, hours * shape / self.interval_hours).sum())


def fit_renewal(ladder: GapLadder, schedule: Schedule, ends_per_hour: float) -> Renewal | None:
    """Find the schedule and loss whose gaps inside sessions are nearest to those seen; ``None`` of hardly any.

    Args:
        ladder: gaps of the family at one sensor.
        schedule: read off them: what is longer than ``gap_step`` or no longer than ``tries_step`` takes no part.
        ends_per_hour: how often a session ends; long gaps are cut off by that.
    """
    steps = slice(schedule.tries_step + 1, schedule.gap_step + 1)
    count, hours = ladder.count[steps], ladder.hours[steps]
    if count.sum() < 1 or len(count) < _FEWEST_STEPS:
        return None
    between = np.sqrt(_EDGES[:-1][steps] * _EDGES[1:][steps])
    edges = _MINUTE_EDGES if _is_cut_to_minutes(ladder) else _EDGES
    lengths = np.divide(hours, count, out=between, where=count > 0)
    seen = _Gaps(np.append(edges[:-1][steps], edges[steps.stop]), count, lengths, ends_per_hour)
    found = _nearest(seen, Shape.GAMMA)
    for shape in (Shape.EVEN, Shape.TIMETABLE):
        if found.misfit > _GOOD and found.spread < _LARGEST_EVEN:
            found = min(found, _nearest(seen, shape), key=lambda made: made.misfit)
    if found.misfit > _GOOD:
        limited = _nearest(seen, Shape.LIMITED)
        found = limited if limited.misfit < _PLAINLY * found.misfit else found
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Gaps:
    """Gaps of steps between ``edges``: how many, how long on the average, and how often a session ends in an hour."""

    edges: Floats
    count: Floats
    length: Floats
    ends_per_hour: float

    @property
    def mean(self) -> float:
        return float(self.count @ self.length / self.count.sum())


def _nearest(gaps: _Gaps, shape: Shape) -> Renewal:
    """Return the nearest schedule whose intervals are of one shape."""
    share, mean = gaps.count / gaps.count.sum(), gaps.mean
    kept = np.exp(-gaps.ends_per_hour * gaps.length)

    def predicted(at: Floats) -> Floats:
        made = _shares(*_bounded(at, mean), gaps.edges, shape) * kept
        return made / max(float(made.sum()), 1e-12)

    def misfit(at: Floats) -> float:
        return float(np.abs(share - predicted(at)).sum()) / 2

    commonest = float(gaps.length[int(gaps.count.argmax())])
    grid = [
        np.array([start, log(spread), log(seen / (1 - seen))])
        for spread, seen in product(_SPREADS, _SEEN)
        for start in (0.0, log(commonest / (mean * seen)))
    ]
    starts = sorted(grid, key=misfit)[:_STARTS]
    options = {"maxiter": _ROUNDS, "fatol": 1e-4}
    found = min(
        (scipy.optimize.minimize(misfit, at, method="Nelder-Mead", options=options) for at in starts),
        key=lambda m: m.fun,
    )
    expected = predicted(found.x)
    chance = float(np.sqrt(expected * (1 - expected) / gaps.count.sum()).sum()) / sqrt(2 * np.pi)
    return Renewal(*_bounded(found.x, mean), float(found.fun), chance, shape)


def _is_cut_to_minutes(ladder: GapLadder) -> bool:
    minutes = 60 * ladder.hours[ladder.count > 0]
    return len(minutes) >= _FEWEST_WHOLE and bool(np.abs(minutes - np.round(minutes)).max() < _WHOLE)


def _bounded(at: Floats, mean: float) -> tuple[float, float, float]:
    """Return interval, spread and share seen of a point: the interval beside what the mean gap and the loss make it."""
    seen = float(np.clip(scipy.special.expit(at[2]), _SMALLEST_SEEN, _LARGEST_SEEN))
    spread = float(np.clip(np.exp(at[1]), _SMALLEST_SPREAD, _LARGEST_SPREAD))
    return float(mean * seen * np.exp(np.clip(at[0], -1.0, 1.0))), spread, seen


def _shares(interval: float, spread: float, seen: float, hours: Floats, shape: Shape) -> Floats:
    """Return what share of the gaps lies between each two of ``hours``.

    Gaps are sums of intervals, in numbers that fall geometrically.
    """
    sums = np.arange(1, ceil(log(_FORGOTTEN) / log(1 - seen)) + 1)
    edges = hours / interval
    if shape is Shape.TIMETABLE:
        off = np.clip((edges[None] - sums[:, None]) / (sqrt(6) * spread), -1.0, 1.0)
        below = 0.5 + off - off * np.abs(off) / 2
    elif shape is Shape.LIMITED:
        below = scipy.special.gammainc(
            sums[:, None], np.maximum(0.0, edges[None] - sums[:, None] * (1 - spread)) / spread
        )
    else:
        below = scipy.special.gammainc(sums[:, None] / spread**2, edges[None] / spread**2)
    if shape is Shape.EVEN:
        below[0] = np.clip((edges - 1) / (2 * sqrt(3) * spread) + 0.5, 0.0, 1.0)
    made: Floats = (seen * (1 - seen) ** (sums - 1)) @ np.diff(below, axis=1)
    return made
