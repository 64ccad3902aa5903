"""Whether gaps are those of one schedule of which the feed loses some: what pauses and second schedules are not.

A machine that checks in by one schedule, and of which each check-in is lost with the same chance whatever went before,
has gaps that are sums of one, two, three ... intervals, in numbers that fall geometrically. A machine that pauses
begins anew, at any time, and is away for longer than loss explains. Three numbers describe the first kind of gaps; how
far the best three are from what was seen is small for it, whatever is lost, and large for the other.
"""

from dataclasses import dataclass
from enum import Enum
from itertools import product
from math import ceil, log, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, gammainc

from quetsach.assess.hosts.schedule import STEP_HOURS, GapLadder, Schedule

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
        return self.seen * float(gammainc(sums * shape, hours * shape / self.interval_hours).sum())


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
    found = min((minimize(misfit, at, method="Nelder-Mead", options=options) for at in starts), key=lambda m: m.fun)
    expected = predicted(found.x)
    chance = float(np.sqrt(expected * (1 - expected) / gaps.count.sum()).sum()) / sqrt(2 * np.pi)
    return Renewal(*_bounded(found.x, mean), float(found.fun), chance, shape)


def _is_cut_to_minutes(ladder: GapLadder) -> bool:
    minutes = 60 * ladder.hours[ladder.count > 0]
    return len(minutes) >= _FEWEST_WHOLE and bool(np.abs(minutes - np.round(minutes)).max() < _WHOLE)


def _bounded(at: Floats, mean: float) -> tuple[float, float, float]:
    """Return interval, spread and share seen of a point: the interval beside what the mean gap and the loss make it."""
    seen = float(np.clip(expit(at[2]), _SMALLEST_SEEN, _LARGEST_SEEN))
    spread = float(np.clip(np.exp(at[1]), _SMALLEST_SPREAD, _LARGEST_SPREAD))
    return float(mean * seen * np.exp(np.clip(at[0], -1.0, 1.0))), spread, seen


def _shares(interval: float, spread: float, seen: float, hours: Floats, shape: Shape) -> Floats:
    """Return what share of the gaps lies between each two of ``hours``.

    Gaps are sums of intervals, in numbers that fall geometrically.
    """
    sums = np.arange(1, max(1, ceil(log(_FORGOTTEN) / log(1 - seen))) + 1)
    edges = hours / interval
    if shape is Shape.TIMETABLE:
        off = np.clip((edges[None] - sums[:, None]) / (sqrt(6) * spread), -1.0, 1.0)
        below = 0.5 + off - off * np.abs(off) / 2
    elif shape is Shape.LIMITED:
        below = gammainc(sums[:, None], np.maximum(0.0, edges[None] - sums[:, None] * (1 - spread)) / spread)
    else:
        below = gammainc(sums[:, None] / spread**2, edges[None] / spread**2)
    if shape is Shape.EVEN:
        below[0] = np.clip((edges - 1) / (2 * sqrt(3) * spread) + 0.5, 0.0, 1.0)
    made: Floats = (seen * (1 - seen) ** (sums - 1)) @ np.diff(below, axis=1)
    return made
