"""One value against four baselines, and the change of a count between two windows, how sure it is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.core.text import LocalText, Text

# One value against four baselines: what a campaign achieved depends on what it is held against, so all are shown.
#
# The declared baseline, the same window a year before, the mean of the twelve months before, and what the trend alone
# would have brought. None of them says what the campaign caused.

MONTHS: Final = 12
LEAST_POINTS: Final = 6
"""Equal windows before the start that a trend is fitted to: with fewer the interval says nothing."""


class Against(StrEnum):
    """What a value is held against."""

    DECLARED = "declared"
    PREVIOUS_YEAR = "previous-year"
    TWELVE_MONTHS = "twelve-months"
    PROJECTION = "projection"


NAMES: Final = {
    Against.DECLARED: Text("The declared baseline"),
    Against.PREVIOUS_YEAR: Text("The same window a year before"),
    Against.TWELVE_MONTHS: Text("Mean of the twelve months before"),
    Against.PROJECTION: Text("The trend without a campaign"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """A value against one baseline: the baseline in the unit of the value, and the change in percent of it."""

    against: Against
    baseline: Answer
    change: Answer

    @property
    def name(self) -> LocalText:
        """What the value is held against."""
        return NAMES[self.against]


@dataclass(frozen=True, slots=True)
class Point:
    """A window's middle day and its value; all points of a series have windows of the same length and definition."""

    day: date
    value: float


def compare(
    value: float,
    *,
    at: date,
    declared: float | None,
    previous_year: float | None,
    months: Sequence[float | None],
    before: Sequence[Point],
) -> tuple[Compared, ...]:
    """Hold a value against the four baselines; one that cannot be had is a refusal that says why.

    Args:
        value: the newest value.
        at: the middle day of its window.
        declared: the value of the declared baseline window.
        previous_year: the value of the same window a year before.
        months: values of the twelve equal windows before the campaign, the oldest first; None where data are missing.
        before: the windows before the start that the trend is fitted to.
    """
    baselines: dict[Against, Answer] = {
        Against.DECLARED: _known(declared),
        Against.PREVIOUS_YEAR: _known(previous_year),
        Against.TWELVE_MONTHS: _mean(months),
        Against.PROJECTION: project(before, at=at),
    }
    return tuple(Compared(against, base, _change(value, base)) for against, base in baselines.items())


def project(points: Sequence[Point], *, at: date) -> Answer:
    """Return what a constant yearly rate of change, fitted to the points, would bring on a day.

    Ordinary least squares of the logarithm on time; the interval is that of a new observation, so it widens with the
    distance. It assumes that nothing but the campaign changed course, which no single country can show.
    """
    if len(points) < LEAST_POINTS:
        return NotEstimable(
            NotEstimableReason.SHORT_TREND, {"points": float(len(points)), "least": float(LEAST_POINTS)}
        )
    days = np.array([float(p.day.toordinal()) for p in points])
    logs = np.log([p.value for p in points])
    middle, spread = days.mean(), float(((days - days.mean()) ** 2).sum())
    slope = float(((days - middle) * logs).sum()) / spread
    level = float(logs.mean())
    degrees = len(points) - 2
    residual = float(np.sqrt(((logs - level - slope * (days - middle)) ** 2).sum() / degrees))
    ahead = at.toordinal() - middle
    reach = (
        float(scipy.special.stdtrit(degrees, (1 + CONFIDENCE) / 2))
        * residual
        * math.sqrt(1 + 1 / len(points) + ahead**2 / spread)
    )
    value = level + slope * ahead
    yearly = 100 * math.expm1(365.25 * slope)
    return Estimate(math.exp(value), math.exp(value - reach), math.exp(value + reach), {"percent_per_year": yearly})


def _known(value: float | None) -> Answer:
    return NotEstimable(NotEstimableReason.NO_DATA) if value is None or value <= 0 else Estimate(value, value, value)


def _mean(months: Sequence[float | None]) -> Answer:
    known = [value for value in months if value is not None]
    if len(known) < MONTHS:
        return NotEstimable(NotEstimableReason.MONTHS_MISSING, {"known": float(len(known)), "wanted": float(MONTHS)})
    mean = sum(known[-MONTHS:]) / MONTHS
    return Estimate(mean, mean, mean, {"months": float(MONTHS)})


def _change(value: float, baseline: Answer) -> Answer:
    if isinstance(baseline, NotEstimable):
        return baseline
    low, high = 100 * (value / baseline.high - 1), 100 * (value / baseline.low - 1)
    return Estimate(100 * (value / baseline.value - 1), low, high)


# The change of a count from one window to another, how sure it is, and whether it stands apart from that of all.
#
# A mean of daily counts is taken for as uncertain as one day's count of machines that are infected independently of
# each other (Poisson: the same machines stay for weeks, so that thirty days tell little more than one), and by what the
# means of its weeks differ. What moves all rows alike, such as a sensor that sees less, is in none of the intervals.

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
        reach = float(scipy.special.ndtri((1 + CONFIDENCE) / 2)) * self.error
        value, low, high = (100 * math.expm1(self.log_ratio + shift) for shift in (0.0, -reach, reach))
        return Estimate(value, low, high)


class Side(Enum):
    """How the change of one row lies to that of all others together."""

    LESS = Text("fell by less")
    SAME = Text("not told apart")
    MORE = Text("fell by more")


def count_change(before: Daily, after: Daily) -> CountChange | None:
    """Return the change of the mean; None where a window has no count at all."""
    if not sum(before) or not sum(after):
        return None
    (was, one), (now, other) = _mean_count(before), _mean_count(after)
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
    degrees = len(scores) - 1 if spread > 1 else math.inf
    threshold = spread * float(scipy.special.stdtrit(degrees, each))
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
    return max(1.0, math.sqrt(float(np.median(scores**2)) / float(scipy.special.chdtri(1, 0.5))))


def _mean_count(daily: Daily) -> tuple[float, float]:
    """Return a mean with its error relative to it."""
    days = np.asarray(daily, dtype=np.float64)
    mean = float(days.mean())
    blocks = [float(days[at : at + _BLOCK_DAYS].mean()) for at in range(0, len(days) - _BLOCK_DAYS + 1, _BLOCK_DAYS)]
    between = float(np.var(blocks, ddof=1)) / len(blocks) if len(blocks) > 1 else 0.0
    return mean, math.sqrt(mean + between) / mean
