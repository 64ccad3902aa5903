"""One value against four baselines: what a campaign achieved depends on what it is held against, so all are shown.

The declared baseline, the same window a year before, the mean of the twelve months before, and what the trend alone
would have brought. None of them says what the campaign caused.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from scipy import stats

from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

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
    Against.DECLARED: LocalText("Mốc so sánh đã công bố", "The declared baseline"),
    Against.PREVIOUS_YEAR: LocalText("Cùng kỳ năm trước", "The same window a year before"),
    Against.TWELVE_MONTHS: LocalText("Trung bình 12 tháng trước chiến dịch", "Mean of the twelve months before"),
    Against.PROJECTION: LocalText("Dự báo theo xu hướng nếu không có chiến dịch", "The trend without a campaign"),
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
        return Refusal(RefusalReason.SHORT_TREND, {"points": float(len(points)), "least": float(LEAST_POINTS)})
    days = np.array([float(p.day.toordinal()) for p in points])
    logs = np.log([p.value for p in points])
    middle, spread = days.mean(), float(((days - days.mean()) ** 2).sum())
    slope = float(((days - middle) * logs).sum()) / spread
    level = float(logs.mean())
    degrees = len(points) - 2
    residual = float(np.sqrt(((logs - level - slope * (days - middle)) ** 2).sum() / degrees))
    ahead = at.toordinal() - middle
    reach = (
        float(stats.t.ppf((1 + CONFIDENCE) / 2, degrees))
        * residual
        * math.sqrt(1 + 1 / len(points) + ahead**2 / spread)
    )
    value = level + slope * ahead
    yearly = 100 * math.expm1(365.25 * slope)
    return Estimate(math.exp(value), math.exp(value - reach), math.exp(value + reach), {"percent_per_year": yearly})


def _known(value: float | None) -> Answer:
    return Refusal(RefusalReason.NO_DATA) if value is None or value <= 0 else Estimate(value, value, value)


def _mean(months: Sequence[float | None]) -> Answer:
    known = [value for value in months if value is not None]
    if len(known) < MONTHS:
        return Refusal(RefusalReason.MONTHS_MISSING, {"known": float(len(known)), "wanted": float(MONTHS)})
    mean = sum(known[-MONTHS:]) / MONTHS
    return Estimate(mean, mean, mean, {"months": float(MONTHS)})


def _change(value: float, baseline: Answer) -> Answer:
    if isinstance(baseline, Refusal):
        return baseline
    low, high = 100 * (value / baseline.high - 1), 100 * (value / baseline.low - 1)
    return Estimate(100 * (value / baseline.value - 1), low, high)
