"""How a family checks in: read off the gaps between its sightings and the hours of the day in which it is seen."""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.hosts.ladder import STEP_HOURS, STEPS, GapLadder, step_of

_MISSED = 8
"""A session ends when so many mean intervals pass without a check-in."""
_MISSED_PERIODIC = 6
_FEWEST_MISSED = 6
_NEARLY_PERIODIC = 2.0
"""Where the upper quartile of the gaps is less than so many times the lower one (4.8 times for a Poisson process)."""
_BURST_SHARE = 0.05
_BURST_TIMES = 3
"""Gaps of at most a minute are bursts if they have less than this share of the time, and are so many times as many as
machines that check in at random would make."""
_OFF_HOURS = 7.25
"""Machines that are switched off at night are off for longer than this."""
_RHYTHM = 0.02
"""A daily rhythm weaker than this moves the estimate by less than its budget."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a family checks in, read off its gaps.

    ``gap_step`` is the longest step inside a session; ``edge_hours`` what is missing at both edges of a session
    together; ``spread`` the squared coefficient of variation of the gaps, at most 1; ``interval_hours`` the median gap;
    ``has_nights`` where machines go off every day;
    ``has_bursts`` where gaps of at most a minute are several connections of one check-in.
    """

    gap_step: int
    edge_hours: float
    spread: float
    interval_hours: float
    has_bursts: bool
    has_nights: bool
    per_hour: float


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
        has_bursts = step > 0 and _has_bursts(ladder, step)
        first = 1 if has_bursts else 0
        lower, median, upper = (_quantile(ladder, share, first, step) for share in (0.25, 0.5, 0.75))
        kept, kept_hours, kept_squares = (
            float(part[first : step + 1].sum()) for part in (ladder.count, ladder.hours, ladder.squares)
        )
        mean = kept_hours / kept
        spread = min(1.0, max(0.0, kept_squares / kept / mean**2 - 1))
        is_periodic = upper < _NEARLY_PERIODIC * lower
        longest = _MISSED_PERIODIC * median if is_periodic else _MISSED * median / log(2)
        wanted = min(int(step_of(np.array([longest]))[0]), STEPS - 1)
        if has_nights and _FEWEST_MISSED * median / log(2) > _OFF_HOURS:
            return None
        if wanted >= step:
            rate = 1 / median if is_periodic else _tail_rate(ladder, step) or 1 / mean
            return Schedule(step, squares / hours, spread, median, has_bursts, has_nights, rate)
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


def _has_bursts(ladder: GapLadder, last: int) -> bool:
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


def _tail_rate(ladder: GapLadder, last: int) -> float:
    """Return how fast long gaps become rare, an hour: shared addresses have short gaps and take no part in the tail."""
    longer = ladder.count[: last + 1][::-1].cumsum()[::-1]
    longer = np.append(longer[1:], 0.0) / ladder.count[: last + 1].sum()
    upper, lower = (int(np.flatnonzero(longer <= share)[0]) for share in (0.35, 0.05))
    if lower <= upper or longer[lower] <= 0:
        return 0.0
    return float(np.log(longer[upper] / longer[lower]) / (STEP_HOURS[lower] - STEP_HOURS[upper]))
