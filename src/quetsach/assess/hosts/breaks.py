"""Days on which a family's addresses change at one stroke: instruments do that, cleaning does not.

People clean machines on different days, so a campaign bends a curve. A sinkhole that loses a domain, a feed that is
thinned out, a control server that is cut off and a holiday break it between two days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

SMALLEST_BREAK: Final = 0.05
"""Logarithm of the change between two weeks that a break has at least."""

SURE_TIMES: Final = 4.0
"""How many times its own standard error a break is at least: one in some thousand weeks has that by chance."""

AT_ONCE: Final = 0.65
"""Share of a week's change that must come between the three days before and the three after; of a slope it is 3/7."""

WEEK: Final = 7
_NEAR: Final = 3
_FEWEST_DAYS: Final = 2 * WEEK
_MAD_TO_DEVIATION: Final = 1.4826


@dataclass(frozen=True, slots=True)
class DaySeen:
    """Addresses of a whole UTC day, and how many of these were seen on the next day too."""

    addresses: int
    again: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """The first day of another level: ``times`` the old one.

    ``known_seen`` is the share of the addresses of the day before that were seen again, as times the usual share; it
    is the reach that the sensor kept. ``None`` where the days around do not tell. ``is_sure`` if so few addresses as
    these do not do it by chance either.
    """

    day: date
    times: float
    known_seen: float | None
    is_sure: bool = True


def find_breaks(days: Mapping[date, DaySeen]) -> tuple[Break, ...]:
    """Find the breaks of a watch, in order of time; none where fewer than two weeks are known.

    Every day is held against the same weekday of the week before, so that week-ends are no break. Days without data
    are left out.

    Args:
        days: the whole days that were seen, of any order.
    """
    known = {day: seen for day, seen in days.items() if seen.addresses > 0}
    if len(known) < _FEWEST_DAYS:
        return ()
    first, last = min(known), max(known)
    logs = np.full((last - first).days + 1, np.nan)
    for day, seen in known.items():
        logs[(day - first).days] = np.log(seen.addresses)
    steps = _steps(logs)
    # the first week has no week before it: read backwards, the days after it stand for that
    mirrored = -_steps(logs[::-1])
    back = np.full_like(steps, np.nan)
    back[1:] = mirrored[1:][::-1]
    steps = np.where(np.isnan(steps), back, steps)
    found: list[int] = []
    for at in np.argsort(-np.abs(np.nan_to_num(steps)), kind="stable"):
        if np.isnan(steps[at]) or not steps[at]:
            break
        if all(abs(int(at) - other) >= WEEK for other in found):
            found.append(int(at))
    made = ((first + timedelta(days=at), float(np.exp(steps[at]))) for at in sorted(found))
    return tuple(
        Break(day, times, _known_seen(known, day), abs(float(np.log(times))) >= _chance(logs, (day - first).days))
        for day, times in made
    )


def _steps(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the step before each day, zero where there is none and NaN where days are missing to tell."""
    weekly = np.full_like(logs, np.nan)
    weekly[WEEK:] = logs[WEEK:] - logs[:-WEEK]
    moves = np.diff(weekly)
    moves = moves[~np.isnan(moves)]
    made = np.full_like(logs, np.nan)
    if len(moves) < WEEK:
        return made
    plain = _without_weekdays(logs)
    noise = _MAD_TO_DEVIATION * float(np.median(np.abs(moves - np.median(moves)))) / np.sqrt(2)
    for at in range(WEEK + 2, len(logs) - 1):
        jumps = (_jump(weekly, at), _jump(plain, at))
        inside = _mean(weekly[at : at + WEEK])
        beside = _mean(np.concatenate((weekly[at - WEEK : at], weekly[at + WEEK : at + 2 * WEEK])))
        if inside is None or beside is None or None in jumps:
            continue
        step = inside - beside
        is_sure = abs(step) >= max(SMALLEST_BREAK, SURE_TIMES * noise * np.sqrt(2 / _NEAR))
        # a week after a break, and where a slope ends, only the differences of weeks jump
        is_at_once = all(jump is not None and jump * np.sign(step) >= AT_ONCE * abs(step) for jump in jumps)
        made[at] = step if is_sure and is_at_once else 0.0
    return made


def _chance(logs: NDArray[np.float64], at: int) -> float:
    """Return what chance does: few addresses wander more than their days differ, as leases and machines come and go."""
    count = float(np.exp(np.nanmean(logs[max(0, at - WEEK) : at + WEEK])))
    return SURE_TIMES * float(np.sqrt(2 / _NEAR / count))


def _without_weekdays(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the series without what each weekday usually has more or less than the week around it."""
    made = logs.copy()
    around = np.full_like(logs, np.nan)
    for at in range(WEEK // 2, len(logs) - WEEK // 2):
        around[at] = logs[at - WEEK // 2 : at + WEEK // 2 + 1].mean()
    for weekday in range(WEEK):
        usual = (logs - around)[weekday::WEEK]
        usual = usual[~np.isnan(usual)]
        made[weekday::WEEK] -= float(np.median(usual)) if len(usual) else 0.0
    return made


def _jump(values: NDArray[np.float64], at: int) -> float | None:
    after, before = _mean(values[at : at + _NEAR]), _mean(values[at - _NEAR : at])
    return None if after is None or before is None else after - before


def _mean(values: NDArray[np.float64]) -> float | None:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) >= 2 else None


def _known_seen(days: Mapping[date, DaySeen], at: date) -> float | None:
    """Return how many of the addresses of the day before a break were seen again, against what is usual."""
    following = timedelta(days=1)
    shares = {day: seen.again / seen.addresses for day, seen in days.items() if day + following in days and seen.again}
    eve = at - following
    usual = [share for day, share in shares.items() if day != eve]
    if eve not in shares or len(usual) < WEEK:
        return None
    return shares[eve] / float(np.median(usual))
