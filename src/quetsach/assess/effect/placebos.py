"""Placebos: each control, or a group as large as the treated, plays the treated unit against the other controls."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import scipy

from quetsach.assess.effect.contrast import rank_of
from quetsach.assess.effect.finding import Check, Method, Spread
from quetsach.assess.effect.panel import Block, Floats, Ints
from quetsach.assess.effect.synthetic_weights import ESTIMATORS, corrected, without_covariates
from quetsach.assess.estimate import CONFIDENCE, Estimate
from quetsach.core.text import Text

PLACEBOS: Final = 200
"""Draws where not every placebo can be made."""
POOR_FIT_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Played:
    """The effect and fit before the start of the treated, and those of every placebo (placebos).

    ``gap`` (periods) and ``gaps`` (placebos x periods) are what lies between each and the mean of the others: a
    synthetic control that was fitted to a curve has taken part of it away. ``left`` and ``lefts`` (of the same shapes)
    are what lies between each and its synthetic control. ``corrected`` and ``all_corrected`` (placebos) are the effects
    without what the misfit before explains (``sdid`` does that by its weights on periods). ``stretch`` is how much
    wider an interval is than the placebos: groups that share controls vary less than groups of other units would.
    """

    effect: float
    weights: Floats
    fit: float
    ratio: float
    effects: Floats
    ratios: Floats
    fits: Floats
    is_level_free: bool
    gap: Floats
    gaps: Floats
    left: Floats
    lefts: Floats
    corrected: float
    all_corrected: Floats
    stretch: float = 1.0

    def spread(self, degrees: float) -> Spread:
        """Return the effect with the standard deviation of the placebos."""
        return Spread(self.effect, float(self.effects.std()), degrees)

    def _scales(self) -> tuple[float, Floats]:
        """Return how badly the treated and the placebos were fitted, no better than the usual misfit."""
        usual = float(np.median(self.fits)) or 1.0
        return max(self.fit, usual), np.maximum(self.fits, usual)

    def interval(self, draws: int) -> Estimate:
        """Return the effects that are not larger than those of the placebos, each in proportion to its misfit.

        A control at the edge of the others is fitted badly, and its "effect" is nothing but that. Where levels are free
        (``sdid``) there is no such edge, and the effects as they are count as well.
        """
        rank = max(1, rank_of(draws)[0] * len(self.effects) // draws)
        own, fits = self._scales()
        reach = own * float(np.sort(np.abs(self.effects) / fits)[-rank])
        if self.is_level_free:
            reach = max(reach, float(np.sort(np.abs(self.effects))[-rank]))
        reach *= self.stretch
        return Estimate(self.effect, self.effect - reach, self.effect + reach)

    def cautious_interval(self, draws: int) -> Estimate:
        """Return the interval, and no narrower than t gives it by the spread of the placebos.

        The largest of some twenty placebos is itself a matter of chance, which a verdict must not hang on.
        """
        own, fits = self._scales()
        by_t = Spread(self.effect, own * float(np.sqrt(((self.effects / fits) ** 2).mean())), len(self.effects) - 1.0)
        one, other = self.interval(draws), by_t.interval()
        return Estimate(one.value, min(one.low, other.low), max(one.high, other.high))

    @property
    def p_value(self) -> float:
        """Share of placebos with an effect as large in proportion to the misfit before."""
        own, fits = self._scales()
        scaled = self.share(int((np.abs(self.effects) * own >= abs(self.effect) * fits).sum()))
        if not self.is_level_free:
            return scaled
        return max(scaled, self.share(int((np.abs(self.effects) >= abs(self.effect)).sum())))

    def share(self, extreme: int) -> float:
        """Return a share of placebos, the treated counted in."""
        return (1 + extreme) / (1 + len(self.effects))


def play(method: Method, block: Block, groups: list[Ints], *, corrects: bool = False) -> Played:
    """Estimate the treated against all controls, and each placebo against the other controls.

    Args:
        method: a synthetic control or a synthetic difference in differences.
        block: the treated and the controls.
        groups: the controls that play the treated, placebo by placebo.
        corrects: whether effects are also told less what the misfit before the start would have led to.
    """
    case = partial(_Case.of, method, block, corrects=corrects)
    own = case(block.target, block.covariates, np.array([], dtype=np.int64))
    placebos = [case(block.playing(group), block.covariates_of(group), group) for group in groups]
    return Played(
        own.effect,
        own.weights,
        own.fit,
        own.ratio,
        np.array([one.effect for one in placebos]),
        np.array([one.ratio for one in placebos]),
        np.array([one.fit for one in placebos]),
        method is Method.SDID,
        own.gap,
        np.array([one.gap for one in placebos]),
        own.left,
        np.array([one.left for one in placebos]),
        own.corrected,
        np.array([one.corrected for one in placebos]),
        stretch_of(len(block.controls)) if len(block.treated) > 1 else 1.0,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """One unit against controls: what ``Played`` holds of each."""

    effect: float
    corrected: float
    weights: Floats
    fit: float
    ratio: float
    gap: Floats
    left: Floats

    @classmethod
    def of(
        cls, method: Method, block: Block, series: Floats, covariates: Floats, without: Ints, *, corrects: bool
    ) -> "_Case":
        """Hold a series (periods) and its covariates (k) against all controls but some."""
        controls, others = (np.delete(part, without, axis=0) for part in (block.controls, block.control_covariates))
        target, controls = without_covariates(series, covariates, controls, others)
        effect, weights = ESTIMATORS[method](block)(target, controls)
        left = target - weights @ controls
        fit, ratio = _fit(left, block.start, is_centred=method is Method.SDID)
        after = corrected(target, controls, block.start, weights) if corrects else effect
        return cls(effect, after, weights, fit, ratio, target - controls.mean(axis=0), left)


def stretch_of(controls: int) -> float:
    """Return how much wider an interval by t of so many controls is than one that takes their spread for known."""
    sure = (1 + CONFIDENCE) / 2
    return float(scipy.special.stdtrit(controls - 1, sure) / scipy.special.ndtri(sure))


def placebo_groups(block: Block, generator: np.random.Generator) -> list[Ints]:
    """Choose the controls that play the treated: each in turn for one treated unit, random groups for more."""
    controls, treated = len(block.controls), len(block.treated)
    if treated == 1 and controls <= PLACEBOS:
        return [np.array([index]) for index in range(controls)]
    return [generator.choice(controls, treated, replace=False) for _ in range(PLACEBOS)]


def _fit(gap: Floats, start: int, *, is_centred: bool) -> tuple[float, float]:
    """Return the root mean square of a gap before the start, and the ratio to it of that after."""
    level = gap[:start].mean() if is_centred else 0.0
    before, after = (float(np.sqrt(((part - level) ** 2).mean())) for part in (gap[:start], gap[start:]))
    return before, after / before if before else np.inf


def placebo_checks(played: Played) -> tuple[Check, ...]:
    """Say how many placebos have an effect as large, and a gap as large relative to that before."""
    by_effect = Text(
        "Share of placebos (a control playing the treated unit) with an effect as large or larger, in proportion to "
        "the misfit before the start"
    )
    by_ratio = Text(
        "Share of placebos whose gap after the start, relative to that before, is as large or larger (permutation p)"
    )
    return (
        Check("placebo-effect", by_effect, played.p_value),
        Check("placebo-ratio", by_ratio, played.share(int((played.ratios >= played.ratio).sum()))),
    )


def fit_check(played: Played) -> Check:
    """Say how many placebos are fitted as badly before the start."""
    text = Text(
        "Share of placebos that their synthetic control fits as badly before the start, or worse (under 0.1 the effect "
        "may be nothing but the misfit)"
    )
    share = played.share(int((played.fits >= played.fit).sum()))
    return Check("fit-before", text, share, least=1 - POOR_FIT_SHARE)
