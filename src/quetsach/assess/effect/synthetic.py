"""Synthetic control, and synthetic difference in differences.

Synthetic control (Abadie, Diamond and Hainmueller 2010, outcomes only): shares of the controls that together ran like
the treated unit before the start; the effect is the mean gap after it. Synthetic difference in differences
(Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021): shares of the controls, spread by a ridge, that ran parallel to
the treated, and shares of the periods before that resemble those after; the effect is the doubly weighted difference.

Both take their error from placebos: each control in turn (or groups as large as the treated) plays the treated unit,
and the standard deviation of these effects of nothing is the standard error. That needs twice as many controls as
treated; with fewer, synthetic difference in differences has the jackknife (the paper's algorithm 3: one unit left out
at a time, weights kept).
"""

from collections.abc import Callable
from dataclasses import replace
from math import comb
from typing import Final

import numpy as np

from quetsach.assess.effect.finding import Answer, Check, Finding, Method, Scale, Spread, is_nothing, observed_change
from quetsach.assess.effect.panel import Block, Floats, Ints, Panel, block_of
from quetsach.assess.effect.simplex import simplex_weights
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

CONTROLS_AT_LEAST: Final = 6
"""Fewer placebos do not tell how much an effect of nothing spreads."""
CONTROLS_AT_MOST: Final = 500
PLACEBOS: Final = 200
"""Draws where not every placebo can be made."""
_BEFORE_AT_LEAST: Final = 3
_TINY: Final = 1e-6
_POOR_FIT_SHARE: Final = 0.9
_SHOWN: Final = 1e-4

type _Estimator = Callable[[Floats, Floats], tuple[float, Floats]]
"""Treated mean (periods) and controls (units x periods) to the effect and the weights of the controls."""


def synthetic_control(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the mean gap between the treated and their synthetic control after the start."""
    block = _usable(panel)
    if isinstance(block, Refusal):
        return block
    if not _has_placebos(block):
        return Refusal(RefusalReason.TOO_FEW_CONTROLS, block.measured | {"needed": 2.0 * len(block.treated)})
    ridge = (_TINY * _noise(block)) ** 2 * block.start

    def estimate(target: Floats, controls: Floats) -> tuple[float, Floats]:
        weights = simplex_weights(controls[:, : block.start].T, target[: block.start], ridge=ridge, is_centred=False)
        return float((target - weights @ controls)[block.start :].mean()), weights

    return _finding(Method.SC, scale, block, estimate, generator)


def synthetic_difference(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the effect by weights on controls and on periods before."""
    block = _usable(panel)
    if isinstance(block, Refusal):
        return block
    noise, start = _noise(block), block.start
    after = block.treated.shape[1] - start
    ridge = np.sqrt(len(block.treated) * after) * noise**2 * start

    def contrast(controls: Floats) -> Floats:
        """Return by what a series is summed: its mean after, less its weighted mean before."""
        small = (_TINY * noise) ** 2 * len(controls)
        times = simplex_weights(controls[:, :start], controls[:, start:].mean(axis=1), ridge=small, is_centred=True)
        return np.concatenate([-times, np.full(after, 1 / after)])

    def estimate(target: Floats, controls: Floats) -> tuple[float, Floats]:
        units = simplex_weights(controls[:, :start].T, target[:start], ridge=ridge, is_centred=True)
        return float((target - units @ controls) @ contrast(controls)), units

    if _has_placebos(block):
        return _finding(Method.SDID, scale, block, estimate, generator)
    effect, weights = estimate(block.treated.mean(axis=0), block.controls)
    by = contrast(block.controls)
    error = _jackknife(block.treated @ by, block.controls @ by, weights)
    return _told(Method.SDID, scale, block, Spread(effect, error, len(block.controls) - 1.0), weights)


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


def _finding(
    method: Method, scale: Scale, block: Block, estimate: _Estimator, generator: np.random.Generator
) -> Answer:
    target = block.treated.mean(axis=0)
    effect, weights = estimate(target, block.controls)
    groups = _placebo_groups(block, generator)
    is_centred = method is Method.SDID
    effects, ratios, fits = _placebos(block, estimate, groups, is_centred=is_centred)
    fit, ratio = _fit(target - weights @ block.controls, block.start, is_centred=is_centred)
    told = _told(method, scale, block, Spread(effect, float(effects.std()), len(block.controls) - 1.0), weights)
    if isinstance(told, Refusal):
        return told
    measured = {"placebos": float(len(groups)), "fit_before": fit}
    draws = min(len(groups), comb(len(block.controls), len(block.treated)))  # a group that is drawn twice tells once
    checks = (*_checks(effect, effects, ratio, ratios), _fit_check(fit, fits))
    return replace(
        told,
        effect=told.spread.interval(block.measured | measured),
        checks=tuple(replace(check, draws=draws) for check in checks),
        notices=(_poor_fit(),) if (fits < fit).mean() > _POOR_FIT_SHARE else (),
    )


def _told(method: Method, scale: Scale, block: Block, spread: Spread, weights: Floats) -> Answer:
    if is_nothing(spread.error, block.controls):
        return Refusal(RefusalReason.NO_SPREAD, block.measured | {"effect": spread.value})
    target = block.treated.mean(axis=0)
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


def _placebos(
    block: Block, estimate: _Estimator, groups: list[Ints], *, is_centred: bool
) -> tuple[Floats, Floats, Floats]:
    """Return the effect, the ratio of the gap after to that before, and the gap before, of every placebo."""
    found = []
    for group in groups:
        others = np.delete(block.controls, group, axis=0)
        target = block.controls[group].mean(axis=0)
        effect, weights = estimate(target, others)
        fit, ratio = _fit(target - weights @ others, block.start, is_centred=is_centred)
        found.append((effect, ratio, fit))
    effects, ratios, fits = np.array(found).T
    return effects, ratios, fits


def _fit(gap: Floats, start: int, *, is_centred: bool) -> tuple[float, float]:
    """Return the root mean square of a gap before the start, and the ratio to it of that after."""
    level = gap[:start].mean() if is_centred else 0.0
    before, after = (float(np.sqrt(((part - level) ** 2).mean())) for part in (gap[:start], gap[start:]))
    return before, after / before if before else np.inf


def _checks(effect: float, effects: Floats, ratio: float, ratios: Floats) -> tuple[Check, ...]:
    def share(extreme: int) -> float:
        return (1 + extreme) / (1 + len(effects))

    by_effect = LocalText(
        "Tỷ lệ phép thử giả dược (đơn vị đối chứng đóng vai đơn vị được can thiệp) cho tác động lớn bằng hoặc hơn",
        "Share of placebos (a control playing the treated unit) with an effect as large or larger",
    )
    by_ratio = LocalText(
        "Tỷ lệ phép thử giả dược có độ lệch sau khi bắt đầu so với trước đó lớn bằng hoặc hơn (trị số p hoán vị)",
        "Share of placebos whose gap after the start, relative to that before, is as large or larger (permutation p)",
    )
    return (
        Check("placebo-effect", by_effect, share(int((np.abs(effects) >= abs(effect)).sum()))),
        Check("placebo-ratio", by_ratio, share(int((ratios >= ratio).sum()))),
    )


def _fit_check(fit: float, fits: Floats) -> Check:
    text = LocalText(
        "Tỷ lệ phép thử giả dược mà trước khi bắt đầu nhóm đối chứng tổng hợp khớp kém bằng hoặc hơn (nhỏ hơn 0,1: "
        "tác động có thể chỉ là do không khớp)",
        "Share of placebos that their synthetic control fits as badly before the start, or worse (under 0.1 the effect "
        "may be nothing but the misfit)",
    )
    return Check("fit-before", text, float((1 + (fits >= fit).sum()) / (1 + len(fits))), least=1 - _POOR_FIT_SHARE)


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
