"""What a plan can find before it begins: its power for the target, and the smallest effect that it would not miss.

Panels of the very order that was drawn are simulated, with the noise that the units showed so far or that was stated,
and go through the registered analysis and everything that stands in the way of a verdict. An effect found is one whose
interval excludes none and that a verdict could rest on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from quetsach.assess.effect.analysis import Design, analyse
from quetsach.assess.effect.did import within
from quetsach.assess.effect.finding import Scale
from quetsach.assess.effect.grounds import UNREGISTERED, Grounds
from quetsach.assess.effect.panel import Floats, Ints, Panel, Periods
from quetsach.assess.effect.registration import NoiseSource, Power
from quetsach.assess.estimate import AssessError, NotEstimable, NotEstimableReason, Notice
from quetsach.core.text import Text

DRAWS: Final = 400
"""Panels that are simulated: a power of 80 % is then known to within 4 points."""
PERIODS_AT_LEAST: Final = 8
"""Periods before the start that noise and its memory can be told from."""
_LARGE: Final = 1e6
"""Size of a unit that nothing is known of, so that counting adds no noise to what was stated."""
_MOST_PERCENT: Final = 200
_MEMORY: Final = np.linspace(-0.5, 0.98, 149)


@dataclass(frozen=True, slots=True)
class Noise:
    """How units move by themselves from period to period, less what all share, in natural logarithms.

    ``deviation`` (units) is the standard deviation, ``correlation`` that of a period with the next. ``size`` (units)
    is the mean figure before the start where there is one: of the noise, as much as counting so few explains grows when
    there are fewer.
    """

    source: NoiseSource
    deviation: Floats
    correlation: float
    size: Floats | None = None

    @property
    def typical(self) -> float:
        """The root mean square of the deviations."""
        return round(float(np.sqrt((self.deviation**2).mean())), 6)

    def after(self, reduction: float) -> Floats:
        """Return the deviation of each unit (units) once its figures are reduced by a share."""
        if self.size is None:
            return self.deviation
        counting = np.minimum(1 / np.maximum(self.size, 1), self.deviation**2)
        return np.asarray(np.sqrt(self.deviation**2 + counting * reduction / (1 - reduction)))


def stated_noise(units: int, *, percent: float, correlation: float) -> Noise:
    """Return the noise that somebody states, the same in every unit.

    Raises:
        AssessError: it is none, or out of range.
    """
    if not 0 < percent <= _MOST_PERCENT or not abs(correlation) <= _MEMORY[-1]:
        raise AssessError(
            Text("no noise that units can have"),
            hint=Text("noise more than 0 and at most 200 per cent, correlation under 0.98"),
        )
    return Noise(NoiseSource.STATED, np.full(units, percent / 100), correlation)


def noise_of(panel: Panel, units: tuple[str, ...]) -> Noise | NotEstimable:
    """Measure the noise of units in the time before anybody began.

    What is left of the logarithms less the means of units and periods falls short of the noise by what those means took
    up; with memory that is more, and the memory looks shorter. Both are put right for an autoregression of first order.
    Few periods with memory show units apart that are alike: only as much of that is kept as chance does not explain.

    Raises:
        AssessError: a unit is not in the panel.
    """
    places = {unit: number for number, unit in enumerate(panel.units)}
    if missing := [unit for unit in units if unit not in places]:
        raise AssessError(
            Text("the panel so far has no unit {unit}", unit=repr(missing[0])),
            hint=Text("one line a unit and period, for every unit"),
        )
    first = int(min(panel.cohorts, default=panel.shape[1]))
    outcome = panel.outcome[[places[unit] for unit in units], :first]
    outcome = outcome[:, ~np.isnan(outcome).any(axis=0)]
    periods = outcome.shape[1]
    if periods < PERIODS_AT_LEAST:
        return NotEstimable(
            NotEstimableReason.TOO_SHORT, {"periods_before": float(periods), "needed": float(PERIODS_AT_LEAST)}
        )
    if len(units) < 2 or (outcome < 0).any():
        return NotEstimable(NotEstimableReason.NOT_POSITIVE if len(units) > 1 else NotEstimableReason.TOO_FEW_UNITS)
    left = within(Scale.COUNT.of(outcome))
    squares = (left**2).sum(axis=1)
    if not squares.sum():
        return NotEstimable(NotEstimableReason.NO_SPREAD)
    seen = float((left[:, 1:] * left[:, :-1]).sum() / squares.sum())
    nearest = min((_Left.of(float(memory), periods) for memory in _MEMORY), key=lambda one: abs(one.memory_seen - seen))
    variances = _less_by_chance(squares / periods, nearest.chance) / nearest.kept / (1 - 1 / len(units))
    return Noise(NoiseSource.PANEL, np.sqrt(variances), nearest.memory, outcome.mean(axis=1))


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of an autoregression of variance 1 and some memory in so many periods, less their mean.

    ``memory_seen`` is what its memory looks like then, ``kept`` its variance; ``chance`` is the variance of what is
    seen of ``kept``, in its square.
    """

    memory: float
    memory_seen: float
    kept: float
    chance: float

    @classmethod
    def of(cls, memory: float, periods: int) -> "_Left":
        """Work them out from the covariance of the periods."""
        lags = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
        less_mean = np.eye(periods) - 1 / periods
        left = less_mean @ memory**lags @ less_mean
        total = float(np.trace(left))
        return cls(memory, float(np.trace(left, 1)) / total, total / periods, 2 * float((left**2).sum()) / total**2)


def _less_by_chance(variances: Floats, chance: float) -> Floats:
    """Return variances (units) nearer to their mean, by the share of their spread that chance explains."""
    mean, spread = float(variances.mean()), float(variances.var(ddof=1))
    if not spread:
        return variances
    real = max(0.0, spread - chance * mean**2) / (1 + chance)
    return np.asarray(mean + real / spread * (variances - mean))


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be judged.

    ``starts`` (units) is the index of the first treated period of each unit, the number of periods for a control.
    ``periods`` are those of the panel, from the first window to the last; ``noise`` is of these units; ``target`` is
    the share that the effect of the draws takes away, ``strata`` what the order was drawn within.
    """

    units: tuple[str, ...]
    starts: Ints
    periods: Periods
    design: Design
    target: float
    noise: Noise
    strata: tuple[tuple[str, ...], ...] = ()

    def drawn(self, generator: np.random.Generator) -> Panel:
        """Return one panel as it could come out: sizes, noise with memory, and the effect."""
        shape, noise = (len(self.units), len(self.periods.labels)), self.noise
        steps = generator.standard_normal(shape)
        moves = np.empty(shape)
        moves[:, 0] = steps[:, 0]
        rest = np.sqrt(1 - noise.correlation**2)
        for period in range(1, shape[1]):
            moves[:, period] = noise.correlation * moves[:, period - 1] + rest * steps[:, period]
        since = np.arange(shape[1]) - self.starts[:, None]
        share = np.clip((since + 1) / (self.design.ramp or 1), 0, 1)
        size = np.full(shape[0], _LARGE) if noise.size is None else np.maximum(noise.size, 0.5)
        deviation = np.where(since < 0, noise.deviation[:, None], noise.after(self.target)[:, None])
        outcome = size[:, None] * np.exp(share * np.log1p(-self.target) + deviation * moves)
        panel = Panel(self.units, self.periods, outcome, self.starts)
        return panel.drawn_within(self.strata) if self.strata else panel


def power_of(
    plan: Plan, *, draws: int = DRAWS, progress: Callable[[int], None] = lambda _draws: None
) -> tuple[Power, tuple[Notice, ...]] | NotEstimable:
    """Return the power of a plan, and everything that keeps any verdict from it; a refusal where it gives no number.

    The effect has its whole size from the start of each unit on (over the ramp of the design where there is one). On
    logarithms an effect moves the interval and leaves its width, so that the draws with the target tell the smallest
    effects as well.

    Args:
        plan: what will be judged.
        draws: how many panels are simulated.
        progress: told after each.
    """
    design = replace(plan.design, covariates=())  # their figures are not known before the start
    generator, target = np.random.default_rng(design.seed), plan.target
    highs: list[float] = []
    ways: list[set[Notice]] = []
    for _ in range(draws):
        panel = plan.drawn(generator)
        answer = analyse(panel, design)
        progress(1)
        if isinstance(answer, NotEstimable) and not ways:
            return answer
        obstacles = Grounds(answer, panel, design, target, None, None).obstacles()
        ways.append({notice for notice in obstacles if notice != UNREGISTERED})
        judged = None if isinstance(answer, NotEstimable) else answer.judged
        highs.append(float(np.log1p(-judged.low)) if judged and not ways[-1] else np.inf)
    always = tuple(sorted(set.intersection(*ways), key=lambda notice: notice.code))
    high, noise = np.array(highs), plan.noise
    power = Power(
        target=target,
        power=float((high < 0).mean()),
        detectable={percent: _detectable(high - np.log1p(-target), percent) for percent in (80, 90)},
        noise=noise.typical,
        correlation=noise.correlation,
        source=noise.source,
        draws=draws,
        always=tuple(notice.code for notice in always),
    )
    return power, always


def _detectable(reach: Floats, percent: int) -> float | None:
    """Return the smallest reduction whose interval ends below none in so many per cent of draws."""
    least = float(np.sort(reach)[int(np.ceil(len(reach) * percent / 100)) - 1])
    return float(-np.expm1(-max(least, 0.0))) if np.isfinite(least) else None
