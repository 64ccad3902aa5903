"""The change of a count from one window to another, how sure it is, and whether it stands apart from that of all.

A mean of daily counts is taken for as uncertain as one day's count of machines that are infected independently of each
other (Poisson: the same machines stay for weeks, so that thirty days tell little more than one), and by what the means
of its weeks differ. What moves all rows alike, such as a sensor that sees less, is in none of the intervals.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from quetsach.assess.estimate import CONFIDENCE, Estimate
from quetsach.core.pack import LocalText

_BLOCK_DAYS: Final = 7
_ROWS_FOR_SPREAD: Final = 5
"""Rows from which on they tell how much rows differ from each other by more than their own errors."""

type Daily = Sequence[float]
"""Counts of the days of a window that had data, in order of time."""


@dataclass(frozen=True, slots=True)
class CountChange:
    """Mean daily counts of two windows, and the standard error of the logarithm of their ratio."""

    before: float
    after: float
    error: float

    @property
    def log_ratio(self) -> float:
        """Natural logarithm of after over before."""
        return math.log(self.after / self.before)

    @property
    def percent(self) -> Estimate:
        """The change in percent of the first window, with its 95 % interval."""
        reach = float(stats.norm.ppf((1 + CONFIDENCE) / 2)) * self.error
        value, low, high = (100 * math.expm1(self.log_ratio + shift) for shift in (0.0, -reach, reach))
        return Estimate(value, low, high)


class Side(Enum):
    """How the change of one row lies to that of all others together."""

    LESS = LocalText("giảm ít hơn", "fell by less")
    SAME = LocalText("chưa thấy khác", "not told apart")
    MORE = LocalText("giảm nhiều hơn", "fell by more")


def count_change(before: Daily, after: Daily) -> CountChange | None:
    """Return the change of the mean; None where a window has no count at all."""
    if not sum(before) or not sum(after):
        return None
    (was, one), (now, other) = _mean(before), _mean(after)
    return CountChange(was, now, math.hypot(one, other))


def sides(rows: Mapping[str, tuple[Daily, Daily]], shown: Sequence[str]) -> Mapping[str, Side]:
    """Say which of the shown rows changed otherwise than all others together by more than chance explains.

    The threshold is that of all rows at once (Šidák), and higher where rows differ from each other by more than their
    own errors, which is taken for chance as well.

    Args:
        rows: counts of both windows by row, those that are not shown included.
        shown: which rows are asked for; those without a change are left out.
    """
    scores = {id_: score for id_ in shown if (score := _score(id_, rows)) is not None}
    if not scores:
        return {}
    spread, each = _spread(np.array(list(scores.values()))), (1 + CONFIDENCE ** (1 / len(scores))) / 2
    # a spread that was estimated from few rows is not certain itself
    tail = stats.t(len(scores) - 1) if spread > 1 else stats.norm
    threshold = spread * float(tail.ppf(each))
    return {
        id_: Side.SAME if abs(score) < threshold else Side.MORE if score < 0 else Side.LESS
        for id_, score in scores.items()
    }


def _score(id_: str, rows: Mapping[str, tuple[Daily, Daily]]) -> float | None:
    """Return the difference of a row's change to that of the others, in its standard errors."""
    own = count_change(*rows[id_])
    rest = [np.sum([days[window] for other, days in rows.items() if other != id_], axis=0) for window in (0, 1)]
    others = count_change(*(list(np.atleast_1d(days)) for days in rest))
    if own is None or others is None:
        return None
    return (own.log_ratio - others.log_ratio) / math.hypot(own.error, others.error)


def _spread(scores: NDArray[np.float64]) -> float:
    """Return the standard deviation of scores by their median, which a few rows that stand apart do not move."""
    if len(scores) < _ROWS_FOR_SPREAD:
        return 1.0
    return max(1.0, math.sqrt(float(np.median(scores**2)) / float(stats.chi2.median(1))))


def _mean(daily: Daily) -> tuple[float, float]:
    """Return a mean with its error relative to it."""
    days = np.asarray(daily, dtype=np.float64)
    mean = float(days.mean())
    blocks = [float(days[at : at + _BLOCK_DAYS].mean()) for at in range(0, len(days) - _BLOCK_DAYS + 1, _BLOCK_DAYS)]
    between = float(np.var(blocks, ddof=1)) / len(blocks) if len(blocks) > 1 else 0.0
    return mean, math.sqrt(mean + between) / mean
