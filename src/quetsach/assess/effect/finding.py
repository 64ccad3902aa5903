"""What an analysis of effect returns: an estimate with its interval, what it rests on, and what to know beside it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

from quetsach.assess.estimate import CONFIDENCE, Estimate, NotEstimable, Notice
from quetsach.core.text import LocalText

HOLDS_AT_LEAST: Final = 0.05
"""p value of a test of an assumption, under which the assumption is taken not to hold."""

LARGEST_LOG: Final = 700.0
"""Logarithm over which a ratio is too large for any number."""


class Method(StrEnum):
    """How an effect is told from everything else that changed."""

    DID = "did"
    SC = "sc"
    SDID = "sdid"
    CITS = "cits"
    WEDGE = "wedge"


class Scale(StrEnum):
    """What differences are taken of: the outcome itself, its natural logarithm, or that of a count and a half.

    The logarithm of a count is too low on the average, the more so the smaller the count, so that a halved count seems
    to have fallen by more than half. With a half added it is right to the second order, and zero has one (Anscombe
    1948).
    """

    LEVEL = "level"
    LOG = "log"
    COUNT = "count"

    @property
    def is_log(self) -> bool:
        """Whether differences are of logarithms."""
        return self is not Scale.LEVEL

    def of(self, outcome: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return figures on the scale."""
        return np.log(outcome + (0.5 if self is Scale.COUNT else 0.0)) if self.is_log else outcome

    def back(self, value: float) -> float:
        """Return a value of the scale as a figure: of a mean of logarithms, the geometric mean."""
        return math.exp(value) - (0.5 if self is Scale.COUNT else 0.0) if self.is_log else value


class Counted(StrEnum):
    """How much each treated unit counts in a mean: all alike (the average province), or by size (the country)."""

    UNITS = "units"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class Spread:
    """A value with its standard error; its error divided by that follows t with ``degrees`` of freedom."""

    value: float
    error: float
    degrees: float

    def interval(self, measured: Mapping[str, float] | None = None) -> Estimate:
        """Return the value with its confidence interval."""
        reach = float(scipy.special.stdtrit(self.degrees, (1 + CONFIDENCE) / 2)) * self.error
        known = {"standard_error": self.error, "degrees_of_freedom": self.degrees} | dict(measured or {})
        return Estimate(self.value, self.value - reach, self.value + reach, known)

    @property
    def p_value(self) -> float:
        """Two-sided, against no effect."""
        return float(2 * scipy.special.stdtr(self.degrees, -abs(self.value) / self.error))


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a course: the mean of the treated, and what there would have been, with its interval if told."""

    period: str
    observed: float | None
    expected: Estimate | None


@dataclass(frozen=True, slots=True)
class Course:
    """The mean of the treated in each period, on the scale, and how far that lies from what there would have been.

    ``begins`` is the index of the first period in which a unit was treated. A spread is None where nothing tells what
    there would have been, as where nobody is left to compare with.
    """

    periods: tuple[str, ...]
    begins: int
    observed: tuple[float, ...]
    apart: tuple[Spread | None, ...]

    @classmethod
    def of(
        cls,
        periods: tuple[str, ...],
        begins: int,
        observed: NDArray[np.float64],
        apart: Sequence["Spread | NotEstimable | None"],
    ) -> "Course":
        """Return a course; a refused spread is one that is not told."""
        told = tuple(None if isinstance(one, NotEstimable) else one for one in apart)
        return cls(periods, begins, tuple(map(float, observed)), told)


@dataclass(frozen=True, slots=True)
class Part:
    """A further estimate of the same analysis: one cohort, one time since the start, another average."""

    id: str
    name: LocalText
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class GroupTime:
    """The effect on those who began in one period (``start``), in a period (``period``), with its error by t."""

    start: str
    period: str
    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Check:
    """A robustness line: what was looked at, and the number that came out (a p value or a share).

    With ``least`` it tests an assumption of the method, which does not hold where the value lies under it. Without, it
    is the share of draws by chance alone with an effect as large: what the interval says, by another way. Of a share,
    ``draws`` are what it is of, the observed one not counted in.
    """

    id: str
    text: LocalText
    value: float
    least: float | None = None
    draws: int | None = None

    @property
    def draws_needed(self) -> int:
        """How many draws it takes for the least share that there can be to fall under the threshold."""
        return round(1 / HOLDS_AT_LEAST) - 1 if self.least is None else round(1 / self.least)

    @property
    def is_told(self) -> bool:
        """Whether it could have come out otherwise: of few draws the observed one alone is too large a share."""
        return self.draws is None or self.draws >= self.draws_needed

    @property
    def holds(self) -> bool:
        """Whether the assumption stands; a check of chance tests none."""
        return self.least is None or self.value >= self.least

    def as_json(self) -> dict[str, object]:
        """Return the check for machines."""
        made: dict[str, object] = {"id": self.id, "text": _both(self.text), "value": self.value}
        holds = self.holds if self.is_told else None
        return made if self.least is None else {**made, "least": self.least, "holds": holds}


@dataclass(frozen=True, slots=True)
class Finding:
    """The effect of treatment.

    ``effect`` is in units of the outcome (scale level) or of its logarithm: negative means less than there
    would have been. ``reduction`` is the share of what there would have been, 1 for all of it. ``observed`` is the
    plain change of the treated units from before to after as a share, which says nothing about its cause.
    ``after_mean`` is the mean outcome that the effect stands against, on the scale. ``spread`` is what t says alone:
    the interval of ``effect`` is that of permutation or placebos where there are such, and never narrower than t's,
    with ``confidence`` (less than 95 % where there are too few draws for that). ``strict`` also holds other accounts of
    what would have been which the time before the start does not exclude; None where that is ``effect`` itself.
    """

    method: Method
    scale: Scale
    spread: Spread
    effect: Estimate
    after_mean: float
    observed: float | None
    parts: tuple[Part, ...] = ()
    checks: tuple[Check, ...] = ()
    notices: tuple[Notice, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    p_by_chance: float | None = None
    confidence: float = CONFIDENCE
    strict: Estimate | None = None
    counted: Counted = Counted.UNITS
    group_times: tuple[GroupTime, ...] = ()
    course: Course | None = None

    def telling(self, *notices: Notice) -> "Finding":
        """Return the finding that says something more; nothing that was said is lost."""
        return replace(self, notices=(*self.notices, *notices))

    @property
    def points(self) -> Iterator[Point]:
        """The course as figures, periods in the order of time; none where the method tells no course.

        The interval of a period is that by t, widened as much as that of the effect was.
        """
        if self.course is None:
            return
        by_t = self.spread.interval()
        over, under = (
            max(1.0, abs(end - self.effect.value) / (by_t.high - by_t.value))
            for end in (self.effect.high, self.effect.low)
        )
        for period, observed, apart in zip(self.course.periods, self.course.observed, self.course.apart, strict=True):
            expected = None
            if apart is not None and np.isfinite(observed):
                reach = (own := apart.interval()).high - own.value
                middle = observed - apart.value
                low, high = middle - over * reach, middle + under * reach
                if not self.scale.is_log or high <= LARGEST_LOG:
                    expected = Estimate(self.scale.back(middle), self.scale.back(low), self.scale.back(high))
            yield Point(period, self.scale.back(observed) if np.isfinite(observed) else None, expected)

    @property
    def p_value(self) -> float:
        """Two-sided, against no effect: the share of draws by chance where there are some, else against t."""
        return self.spread.p_value if self.p_by_chance is None else self.p_by_chance

    @property
    def judged(self) -> Estimate | None:
        """The reduction that a verdict is held against: by every account that the time before does not exclude."""
        return as_reduction(self.strict or self.effect, self.scale, self.after_mean)

    def chance_below(self, threshold: float) -> float:
        """Return the probability that the true effect lies at or below a threshold, read off the interval judged.

        Each side of it is taken for that of a normal distribution: it agrees with the interval at both ends and in the
        middle, and in between it is good enough for the five words that it is told in.
        """
        judged = self.strict or self.effect
        reach = judged.high - judged.value if threshold > judged.value else judged.value - judged.low
        sides = float(scipy.special.ndtri((1 + self.confidence) / 2))
        return float(scipy.special.ndtr(sides * (threshold - judged.value) / reach))

    @property
    def reduction(self) -> Estimate | None:
        """The effect as a share of what there would have been; None where that is not a positive number."""
        return as_reduction(self.effect, self.scale, self.after_mean)

    def as_json(self) -> dict[str, object]:
        """Return the finding for machines."""
        return {
            "method": self.method.value,
            "scale": self.scale.value,
            "counted": self.counted.value,
            "effect": self.effect.as_json(),
            "standard_error": self.spread.error,
            "degrees_of_freedom": self.spread.degrees,
            "p_value": self.p_value,
            "confidence": self.confidence,
            "reduction": self.reduction.as_json() if self.reduction else None,
            "judged": self.judged.as_json() if self.judged else None,
            "observed_change": self.observed,
            "parts": [{"id": part.id, "name": _both(part.name), **part.estimate.as_json()} for part in self.parts],
            "group_times": [
                {"start": one.start, "period": one.period, "effect": one.value, "standard_error": one.error}
                for one in self.group_times
            ],
            "checks": [check.as_json() for check in self.checks],
            "notices": [notice.as_json() for notice in self.notices],
            "weights": dict(self.weights),
            "course": [
                {
                    "period": point.period,
                    "observed": point.observed,
                    "expected": point.expected.as_json() if point.expected else None,
                }
                for point in self.points
            ],
        }


type Answer = Finding | NotEstimable
"""What a method returns: a finding, or why there is none."""


def as_reduction(effect: Estimate, scale: Scale, after_mean: float) -> Estimate | None:
    """Return an effect as a reduction: ``1 - exp(b)`` of logarithms, ``-b / (after_mean - b)`` of levels.

    Both fall as the effect grows, so the ends of the interval change places. None if without the effect there would
    have been nothing, or less, within the interval of the effect; of logarithms, nothing that a number can tell.
    """
    if scale.is_log:
        if effect.high > LARGEST_LOG:
            return None
        return Estimate(-math.expm1(effect.value), -math.expm1(effect.high), -math.expm1(effect.low))
    if after_mean - effect.high <= 0:
        return None
    value, low, high = (-end / (after_mean - end) for end in (effect.value, effect.high, effect.low))
    return Estimate(value, low, high)


def is_nothing(error: float, values: NDArray[np.float64]) -> bool:
    """Say whether an error is only what rounding leaves of values of that size."""
    return not error > 1e-12 * float(np.abs(values).max(initial=0))


def observed_change(after: float, before: float, scale: Scale) -> float | None:
    """Return the change of the treated from before to after as a share; None from a mean that is not positive."""
    if scale.is_log:
        return float(np.expm1(after - before))
    return after / before - 1 if before > 0 else None


def _both(text: LocalText) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}
