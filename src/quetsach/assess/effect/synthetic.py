"""Synthetic control, and synthetic difference in differences.

Synthetic control (Abadie, Diamond and Hainmueller 2010, outcomes only): shares of the controls that together ran like
the treated unit before the start; the effect is the mean gap after it. Synthetic difference in differences
(Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021): shares of the controls, spread by a ridge, that ran parallel to
the treated, and shares of the periods before that resemble those after; the effect is the doubly weighted difference.

Each control in turn (or groups as large as the treated) plays the treated unit. The interval holds every effect that is
not larger than those placebos, both as they are and in proportion to how badly each was fitted before the start; the
standard error beside it is their standard deviation. A start pretended earlier, and the periods just before the start
left out, widen it where they give the treated more than the placebos. With fewer than two controls for each treated
unit there are no placebos; synthetic difference in differences then has the jackknife (the paper's algorithm 3: one
unit left out at a time, weights kept).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import comb
from typing import Final

import numpy as np

from quetsach.assess.effect.contrast import DRAWS_AT_LEAST, rank_of
from quetsach.assess.effect.finding import (
    Answer,
    Check,
    Course,
    Finding,
    Method,
    Part,
    Scale,
    Spread,
    is_nothing,
    observed_change,
)
from quetsach.assess.effect.group_time import course_before
from quetsach.assess.effect.panel import Block, Floats, Ints, Panel, block_of
from quetsach.assess.effect.simplex import simplex_weights
from quetsach.assess.effect.widened import PEAK, PERIODS_FOR, Rival, widened
from quetsach.assess.estimate import Estimate
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

CONTROLS_AT_LEAST: Final = DRAWS_AT_LEAST
CONTROLS_AT_MOST: Final = 500
PLACEBOS: Final = 200
"""Draws where not every placebo can be made."""
_BEFORE_AT_LEAST: Final = 3
_TINY: Final = 1e-6
_POOR_FIT_SHARE: Final = 0.9
_SHOWN: Final = 1e-4
_MATTERS: Final = 0.01
_FAR: Final = 1.5
"""Times the worst misfit of a placebo, from which the treated is no mixture of controls."""

type _Estimator = Callable[[Floats, Floats], tuple[float, Floats]]
"""Treated mean (periods) and controls (units x periods) to the effect and the weights of the controls."""


def synthetic_control(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the mean gap between the treated and their synthetic control after the start."""
    block = _usable(panel)
    if isinstance(block, Refusal):
        return block
    if not _has_placebos(block):
        return Refusal(RefusalReason.TOO_FEW_CONTROLS, block.measured | {"needed": 2.0 * len(block.treated)})
    return _finding(Method.SC, scale, block, generator)


def synthetic_difference(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the effect by weights on controls and on periods before."""
    block = _usable(panel)
    if isinstance(block, Refusal):
        return block
    if _has_placebos(block):
        return _finding(Method.SDID, scale, block, generator)
    if panel.weights is not None:  # the jackknife is of a plain mean
        return Refusal(RefusalReason.TOO_FEW_CONTROLS, block.measured | {"needed": 2.0 * len(block.treated)})
    effect, weights = _by_difference(block)(block.target, block.controls)
    by = _times(block, block.controls)
    error = _jackknife(block.treated @ by, block.controls @ by, weights)
    # measured: with as many degrees as controls, intervals of 10 and 15 units cover 90 %; with these 96 %
    degrees = (min(len(block.treated), len(block.controls)) - 1) / 2
    return _told(Method.SDID, scale, block, Spread(effect, error, degrees), weights)


def _by_mixture(block: Block) -> _Estimator:
    ridge = (_TINY * _noise(block)) ** 2 * block.start

    def estimate(target: Floats, controls: Floats) -> tuple[float, Floats]:
        weights = simplex_weights(controls[:, : block.start].T, target[: block.start], ridge=ridge, is_centred=False)
        return float((target - weights @ controls)[block.start :].mean()), weights

    return estimate


def _by_difference(block: Block) -> _Estimator:
    after = block.treated.shape[1] - block.start
    ridge = np.sqrt(len(block.treated) * after) * _noise(block) ** 2 * block.start

    def estimate(target: Floats, controls: Floats) -> tuple[float, Floats]:
        units = simplex_weights(controls[:, : block.start].T, target[: block.start], ridge=ridge, is_centred=True)
        return float((target - units @ controls) @ _times(block, controls)), units

    return estimate


def _times(block: Block, controls: Floats) -> Floats:
    """Return by what a series is summed (periods): its mean after, less its weighted mean before."""
    after = block.treated.shape[1] - block.start
    small = (_TINY * _noise(block)) ** 2 * len(controls)
    before, wanted = controls[:, : block.start], controls[:, block.start :].mean(axis=1)
    return np.concatenate([-simplex_weights(before, wanted, ridge=small, is_centred=True), np.full(after, 1 / after)])


_ESTIMATORS: Final[Mapping[Method, Callable[[Block], _Estimator]]] = {
    Method.SC: _by_mixture,
    Method.SDID: _by_difference,
}


def _usable(panel: Panel) -> Block | Refusal:
    block = block_of(panel, controls_at_least=CONTROLS_AT_LEAST)
    if isinstance(block, Refusal):
        return block
    if block.start < _BEFORE_AT_LEAST:
        return Refusal(RefusalReason.TOO_SHORT, block.measured | {"needed": float(_BEFORE_AT_LEAST)})
    if len(block.controls) > CONTROLS_AT_MOST:
        return Refusal(RefusalReason.TOO_MANY_CONTROLS, block.measured | {"most": float(CONTROLS_AT_MOST)})
    if is_nothing(_noise(block), block.controls):
        return Refusal(RefusalReason.NO_SPREAD, block.measured)
    return block


def _noise(block: Block) -> float:
    """The standard deviation of the steps of the controls before the start."""
    return float(np.diff(block.controls[:, : block.start], axis=1).std(ddof=1))


def _has_placebos(block: Block) -> bool:
    return len(block.controls) >= 2 * len(block.treated)


def _jackknife(treated: Floats, controls: Floats, weights: Floats) -> float:
    """Return the error of ``mean(treated) - weights @ controls``, one value a unit left out at a time."""
    count, whole = len(treated) + len(controls), weights @ controls
    with_share = 1 - weights
    if len(treated) < 2 or not with_share.all():
        return 0.0
    without = np.concatenate(
        [
            (treated.sum() - treated) / (len(treated) - 1) - whole,
            treated.mean() - (whole - weights * controls) / with_share,
        ]
    )
    return float(np.sqrt((count - 1) / count * ((without - treated.mean() + whole) ** 2).sum()))


def _finding(method: Method, scale: Scale, block: Block, generator: np.random.Generator) -> Answer:
    groups = _placebo_groups(block, generator)
    draws = min(len(groups), comb(len(block.controls), len(block.treated)))  # a group that is drawn twice tells once
    played = _played(method, block, groups)
    told = _told(method, scale, block, played.spread(len(block.controls) - 1.0), played.weights)
    if isinstance(told, Refusal):
        return told
    if method is Method.SC and played.fit > _FAR * played.fits.max():
        return Refusal(RefusalReason.NO_MIXTURE, block.measured | {"fit_before": played.fit})
    measured = {"placebos": float(len(groups)), "fit_before": played.fit, "smallest_p": 1 / (1 + draws)}
    checks = (*_checks(played), _fit_check(played))
    found = replace(
        told,
        effect=replace(played.interval(draws), measured={**told.effect.measured, **measured}),
        checks=tuple(replace(check, draws=draws) for check in checks),
        parts=_left_out(method, block, played),
        notices=(_poor_fit(),) if (played.fits < played.fit).mean() > _POOR_FIT_SHARE else (),
        p_by_chance=played.p_value,
        confidence=rank_of(draws)[1],
        course=_course(block, played),
    )
    return widened(found, _rivals(method, block, groups, played, draws))


@dataclass(frozen=True, slots=True)
class _Played:
    """The effect and fit before the start of the treated, and those of every placebo (placebos).

    ``gap`` (periods) and ``gaps`` (placebos x periods) are what lies between each and the mean of the others: a
    synthetic control that was fitted to a curve has taken part of it away. ``left`` and ``lefts`` (of the same shapes)
    are what lies between each and its synthetic control.
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
        return Estimate(self.effect, self.effect - reach, self.effect + reach)

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


def _played(method: Method, block: Block, groups: list[Ints]) -> _Played:
    """Estimate the treated against all controls, and each placebo against the other controls."""
    estimate, is_centred = _ESTIMATORS[method](block), method is Method.SDID
    found, gaps, lefts, target = [], [], [], block.target
    effect, weights = estimate(target, block.controls)
    left = target - weights @ block.controls
    fit, ratio = _fit(left, block.start, is_centred=is_centred)
    for group in groups:
        others = np.delete(block.controls, group, axis=0)
        played = block.playing(group)
        value, shares = estimate(played, others)
        gaps.append(played - others.mean(axis=0))
        lefts.append(played - shares @ others)
        found.append((value, *_fit(lefts[-1], block.start, is_centred=is_centred)))
    effects, fits, ratios = np.array(found).T
    return _Played(
        effect,
        weights,
        fit,
        ratio,
        effects,
        ratios,
        fits,
        is_centred,
        target - block.controls.mean(axis=0),
        np.array(gaps),
        left,
        np.array(lefts),
    )


def _course(block: Block, played: _Played) -> Course:
    """Set each gap on the level on which its mean after the start is the effect; placebos tell how far gaps stray."""
    effects, gaps = np.append(played.effect, played.effects), np.vstack([played.left, played.lefts])
    own, *others = gaps - (gaps[:, block.start :].mean(axis=1) - effects)[:, None]
    errors = np.std(others, axis=0)
    spreads = [Spread(float(v), float(e), len(block.controls) - 1.0) for v, e in zip(own, errors, strict=True)]
    return Course.of(block.periods, block.start, block.target, spreads)


def _extrapolated(whole: _Played, start: int, draws: int) -> Iterator[Rival]:
    """Let the gap go on as before its start, on a line and on a curve; no time before excludes either for good."""
    periods = len(whole.gap)
    for name, degree, least in (("line", 1, PERIODS_FOR["line"]), ("bent", 2, PERIODS_FOR["bent"])):
        if start < least:
            continue
        base = course_before(np.arange(periods), degree)
        after = range(start, periods)
        weights = (np.arange(periods) >= start) / len(after) - np.mean([base(start, time) for time in after], axis=0)
        other = replace(whole, effect=float(whole.gap @ weights), effects=whole.gaps @ weights)
        apart = int((np.abs(other.effects - whole.effects) >= abs(other.effect - whole.effect)).sum())
        yield Rival(name, other.interval(draws), whole.share(apart), may_hold=True)


def _rivals(method: Method, block: Block, groups: list[Ints], whole: _Played, draws: int) -> Iterator[Rival]:
    """Leave the periods just before the start out, and pretend a start earlier; how often do placebos differ so."""
    yield from _extrapolated(whole, block.start, draws)
    if block.start >= _BEFORE_AT_LEAST + PEAK:
        kept = np.delete(np.arange(block.treated.shape[1]), np.arange(block.start - PEAK, block.start))
        shorter = replace(
            block, treated=block.treated[:, kept], controls=block.controls[:, kept], start=block.start - PEAK
        )
        other = _played(method, shorter, groups)
        apart = int((np.abs(other.effects - whole.effects) >= abs(other.effect - whole.effect)).sum())
        yield Rival("peak-left-out", other.interval(draws), whole.share(apart))
    pretended = max(_BEFORE_AT_LEAST, 2 * block.start // 3)
    if block.start - pretended >= PEAK:
        before = replace(
            block,
            treated=block.treated[:, : block.start],
            controls=block.controls[:, : block.start],
            start=pretended,
        )
        early = _played(method, before, groups)
        told = whole.interval(draws)
        moved = Estimate(told.value - early.effect, told.low - early.effect, told.high - early.effect)
        apart = int((np.abs(early.effects) >= abs(early.effect)).sum())
        yield Rival("in-time", moved, early.share(apart), may_hold=True)


def _left_out(method: Method, block: Block, whole: _Played) -> tuple[Part, ...]:
    """Return the least and the largest effect when one of the controls that matter is left out."""
    matter = np.flatnonzero(whole.weights > _MATTERS)
    if not 1 < len(matter) < len(block.controls):
        return ()
    estimate, target = _ESTIMATORS[method](block), block.target
    found = [estimate(target, np.delete(block.controls, one, axis=0))[0] for one in matter]
    name = LocalText(
        f"Bỏ lần lượt từng đơn vị trong {len(matter)} đơn vị đối chứng có trọng số (thấp nhất và cao nhất)",
        f"One of the {len(matter)} weighted controls left out at a time (least and largest)",
    )
    return (Part("leave-one-out", name, Estimate(whole.effect, min(found), max(found))),)


def _told(method: Method, scale: Scale, block: Block, spread: Spread, weights: Floats) -> Answer:
    if is_nothing(spread.error, block.controls):
        return Refusal(RefusalReason.NO_SPREAD, block.measured | {"effect": spread.value})
    target = block.target
    after, before = float(target[block.start :].mean()), float(target[: block.start].mean())
    by_weight = sorted(zip(block.control_units, weights, strict=True), key=lambda item: -item[1])
    return Finding(
        method,
        scale,
        spread,
        spread.interval(block.measured),
        after,
        observed_change(after, before, scale),
        weights={unit: float(share) for unit, share in by_weight if share > _SHOWN},
    )


def _placebo_groups(block: Block, generator: np.random.Generator) -> list[Ints]:
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


def _checks(played: _Played) -> tuple[Check, ...]:
    by_effect = LocalText(
        "Tỷ lệ phép thử giả dược (đơn vị đối chứng đóng vai đơn vị được can thiệp) cho tác động lớn bằng hoặc hơn, xét "
        "theo độ lệch trước khi bắt đầu",
        "Share of placebos (a control playing the treated unit) with an effect as large or larger, in proportion to "
        "the misfit before the start",
    )
    by_ratio = LocalText(
        "Tỷ lệ phép thử giả dược có độ lệch sau khi bắt đầu so với trước đó lớn bằng hoặc hơn (trị số p hoán vị)",
        "Share of placebos whose gap after the start, relative to that before, is as large or larger (permutation p)",
    )
    return (
        Check("placebo-effect", by_effect, played.p_value),
        Check("placebo-ratio", by_ratio, played.share(int((played.ratios >= played.ratio).sum()))),
    )


def _fit_check(played: _Played) -> Check:
    text = LocalText(
        "Tỷ lệ phép thử giả dược mà trước khi bắt đầu nhóm đối chứng tổng hợp khớp kém bằng hoặc hơn (nhỏ hơn 0,1: "
        "tác động có thể chỉ là do không khớp)",
        "Share of placebos that their synthetic control fits as badly before the start, or worse (under 0.1 the effect "
        "may be nothing but the misfit)",
    )
    share = played.share(int((played.fits >= played.fit).sum()))
    return Check("fit-before", text, share, least=1 - _POOR_FIT_SHARE)


def _poor_fit() -> Notice:
    return Notice(
        "poor-fit-before",
        LocalText(
            "Trước khi bắt đầu, nhóm đối chứng tổng hợp khớp với đơn vị được can thiệp kém hơn so với chín phần mười "
            "phép thử giả dược: tác động ước lượng được có thể chỉ là do không khớp.",
            "Before the start the synthetic control fits the treated worse than nine out of ten placebos are fitted: "
            "the estimated effect may be nothing but the misfit.",
        ),
    )
