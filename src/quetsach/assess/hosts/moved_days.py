"""Days of which the clock was wrong: a family that keeps hours is seen at them, but so many hours early or late.

Machines that are always on look alike at all hours, and a wrong clock moves them from one day to the next: what is
counted hardly changes. Of machines that are switched off at night a wrong clock makes some that are on by night. The
days are held against the usual day of their kind, as it stands and moved by each number of hours.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.hosts.clock import SAME_KIND, Hours, day_kind
from quetsach.assess.hosts.health import FEWEST_HOURS
from quetsach.assess.hosts.sightings import CLOCK_HOURS
from quetsach.core.country import WEEKEND

_NEARER: Final = 0.5
"""A day is moved that is at least so much nearer to the usual day when that is moved ..."""
_LARGE: Final = 0.25
"""... by so large a share of the usual day ..."""
_FEWEST_NIGHT_HOURS, _FEWEST_HOURS_OF_COMING, _FEW, _MOST = 6, 2, 0.1, 0.9
"""A family keeps hours if in so many hours of its usual day hardly any machines are on, and in so many some are but not
all: machines come and go one by one. Domains that are live from some hour on come and go at a stroke."""
_SURE: Final = 6.0
"""... and by so many times what chance does."""


def moved_days(
    days: Sequence[date], seen: Hours, alive: Hours, rest_days: Collection[int] = WEEKEND
) -> dict[date, int]:
    """Return the days that are moved, and by how many hours; later is positive.

    Args:
        days: of the window, in order of time.
        seen: addresses of the family in each hour (UTC) of each of these.
        alive: what part of each hour the sensor was alive.
        rest_days: of the week in the country, Monday being 0.
    """
    kinds = np.array([day_kind(day, rest_days) for day in days])
    usual = {kind: _usual(seen[kinds == kind], alive[kinds == kind]) for kind in set(kinds.tolist())}
    rows = np.array([usual[kind] for kind in kinds.tolist()])
    kept = np.pad((alive >= 1).ravel(), 24)
    at_hours, expected = np.pad(seen.ravel(), 24), np.pad(rows.ravel(), 24)
    found: dict[date, int] = {}
    left = {day: at for at, day in enumerate(days) if rows[at].sum() >= FEWEST_HOURS and _keeps_hours(rows[at])}
    while left:
        # the plainest first: a day beside it is then held against what is left
        best = {day: _best(at_hours, expected, kept, rows[at], 24 * (at + 1)) for day, at in left.items()}
        day = max(best, key=lambda day: best[day][1])
        hours, gain = best[day]
        if not gain:
            break
        found[day], first = hours, 24 * (left.pop(day) + 1)
        _move(expected, rows[days.index(day)], first, hours)
    return dict(sorted(found.items()))


def _usual(seen: Hours, alive: Hours) -> NDArray[np.float64]:
    """Return the usual day: the median of the days on which the hour was watched and the family was there in full."""
    of_day = seen.sum(axis=1)
    there = of_day > (np.median(of_day[of_day > 0]) / 2 if of_day.any() else 0.0)
    if there.sum() <= SAME_KIND:
        return np.zeros(24)
    watched = np.ma.masked_array(seen[there], alive[there] < 1)
    made: NDArray[np.float64] = np.ma.filled(np.ma.median(watched, axis=0), 0.0)
    return made


def _keeps_hours(usual: NDArray[np.float64]) -> bool:
    share = usual / usual.max()
    night, coming = (share < _FEW).sum(), ((share >= _FEW) & (share <= _MOST)).sum()
    return bool(night >= _FEWEST_NIGHT_HOURS and coming >= _FEWEST_HOURS_OF_COMING)


def _best(
    seen: NDArray[np.float64],
    expected: NDArray[np.float64],
    kept: NDArray[np.bool_],
    usual: NDArray[np.float64],
    first: int,
) -> tuple[int, float]:
    """Return by how many hours the day that begins at an hour is moved, and by how much nearer that is; or 0 and 0."""
    best, most = 0, 0.0
    around = slice(first - 24, first + 48)
    there, before, watched = seen[around], expected[around], kept[around]
    for hours in (*range(-CLOCK_HOURS, 0), *range(1, CLOCK_HOURS + 1)):
        moved = before.copy()
        _move(moved, usual, 24, hours)
        absent = before.copy()
        absent[24:48] -= usual
        differ = watched & ((moved != before) | (absent != before))
        as_is, away, left = (float(np.abs(there - what)[differ].sum()) for what in (before, absent, moved))
        gain = min(as_is, away) - left  # a day that is not seen at all is no moved day
        is_nearer = left < (1 - _NEARER) * as_is
        if is_nearer and gain > max(most, _LARGE * usual.sum(), _SURE * np.sqrt(usual.sum())):
            best, most = hours, gain
    return best, most


def _move(expected: NDArray[np.float64], usual: NDArray[np.float64], first: int, hours: int) -> None:
    """Move what is usual on the day that begins at an hour."""
    expected[first : first + 24] -= usual
    expected[first + hours : first + hours + 24] += usual
