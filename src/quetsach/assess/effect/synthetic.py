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

from collections.abc import Iterator
from dataclasses import replace
from math import comb
from typing import Final

import numpy as np

from quetsach.assess.effect.clumps import changes_of_treated, with_clumps
from quetsach.assess.effect.contrast import DRAWS_AT_LEAST, rank_of
from quetsach.assess.effect.finding import (
    Answer,
    Course,
    Finding,
    Method,
    Part,
    Scale,
    Spread,
    is_nothing,
    observed_change,
)
from quetsach.assess.effect.group_time import course_before, strayed_among
from quetsach.assess.effect.panel import Block, Floats, Ints, Panel, block_of
from quetsach.assess.effect.placebos import (
    POOR_FIT_SHARE,
    Played,
    fit_check,
    placebo_checks,
    placebo_groups,
    play,
)
from quetsach.assess.effect.sensitivity import PEAK, PERIODS_FOR, Rival, widened
from quetsach.assess.effect.synthetic_weights import (
    ESTIMATORS,
    by_difference,
    noise_of,
    period_weights,
    without_covariates,
)
from quetsach.assess.effect.wedge_effects import by_region
from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason, Notice
from quetsach.core.text import Text

CONTROLS_AT_LEAST: Final = DRAWS_AT_LEAST
CONTROLS_AT_MOST: Final = 500
CONTROLS_FOR_COVARIATE: Final = 5
_BEFORE_AT_LEAST: Final = 3
_SHOWN: Final = 1e-4
_MATTERS: Final = 0.01
_FAR: Final = 1.5
"""Times the worst misfit of a placebo, from which the treated is no mixture of controls."""


def synthetic_control(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the mean gap between the treated and their synthetic control after the start."""
    block = _usable(by_region(panel))
    if isinstance(block, NotEstimable):
        return block
    if not _has_placebos(block):
        return NotEstimable(NotEstimableReason.TOO_FEW_CONTROLS, block.measured | {"needed": 2.0 * len(block.treated)})
    return _finding(Method.SC, scale, block, generator)


def synthetic_difference(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the effect by weights on controls and on periods before."""
    block = _usable(by_region(panel))
    if isinstance(block, NotEstimable):
        return block
    if _has_placebos(block):
        return _finding(Method.SDID, scale, block, generator)
    is_plain = len(set(block.treated_weights)) == 1 and not len(block.covariates)
    if not is_plain:  # the jackknife is of a plain mean
        return NotEstimable(NotEstimableReason.TOO_FEW_CONTROLS, block.measured | {"needed": 2.0 * len(block.treated)})
    effect, weights = by_difference(block)(block.target, block.controls)
    by = period_weights(block, block.controls)
    error = _jackknife(block.treated @ by, block.controls @ by, weights)
    # measured: with as many degrees as controls, intervals of 10 and 15 units cover 90 %; with these 96 %
    degrees = (min(len(block.treated), len(block.controls)) - 1) / 2
    return _told(Method.SDID, scale, block, Spread(effect, error, degrees), weights)


def _usable(panel: Panel) -> Block | NotEstimable:
    block = block_of(panel, controls_at_least=CONTROLS_AT_LEAST)
    if isinstance(block, NotEstimable):
        return block
    if block.start < _BEFORE_AT_LEAST:
        return NotEstimable(NotEstimableReason.TOO_SHORT, block.measured | {"needed": float(_BEFORE_AT_LEAST)})
    if len(block.controls) > CONTROLS_AT_MOST:
        return NotEstimable(NotEstimableReason.TOO_MANY_CONTROLS, block.measured | {"most": float(CONTROLS_AT_MOST)})
    if len(block.controls) < CONTROLS_FOR_COVARIATE * len(block.covariates):
        needed = float(CONTROLS_FOR_COVARIATE * len(block.covariates))
        return NotEstimable(NotEstimableReason.TOO_FEW_CONTROLS, block.measured | {"needed": needed})
    if is_nothing(noise_of(block), block.controls):
        return NotEstimable(NotEstimableReason.NO_SPREAD, block.measured)
    return block


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
    groups = placebo_groups(block, generator)
    draws = min(len(groups), comb(len(block.controls), len(block.treated)))  # a group that is drawn twice tells once
    played = play(method, block, groups, corrects=method is Method.SC)
    told = _told(method, scale, block, played.spread(len(block.controls) - 1.0), played.weights)
    if isinstance(told, NotEstimable):
        return told
    if method is Method.SC and played.fit > _FAR * played.fits.max():
        return NotEstimable(NotEstimableReason.NO_MIXTURE, block.measured | {"fit_before": played.fit})
    measured = {"placebos": float(len(groups)), "fit_before": played.fit, "smallest_p": 1 / (1 + draws)}
    checks = (*placebo_checks(played), fit_check(played))
    found = replace(
        told,
        effect=replace(played.interval(draws), measured={**told.effect.measured, **measured}),
        checks=tuple(replace(check, draws=draws) for check in checks),
        parts=_left_out(method, block, played),
        notices=(_poor_fit(),) if (played.fits < played.fit).mean() > POOR_FIT_SHARE else (),
        p_by_chance=played.p_value,
        confidence=rank_of(draws)[1],
        course=_course(block, played),
    )
    rivals = list(_rivals(method, block, groups, played, draws))
    if strayed := strayed_among(played.left, played.lefts, block.start):
        rivals.append(strayed.rival(played.interval(draws)))
        found = found.telling(*strayed.notices())
    wide = widened(found, rivals)
    return with_clumps(wide, changes_of_treated(block, _change(block)), block.treated_units, generator)


def _change(block: Block) -> Floats:
    """Return the weights (periods) of a mean after the start less that before."""
    is_after = np.arange(block.treated.shape[1]) >= block.start
    return np.asarray(is_after / is_after.sum() - ~is_after / block.start)


def _course(block: Block, played: Played) -> Course:
    """Set each gap on the level on which its mean after the start is the effect; placebos tell how far gaps stray."""
    effects, gaps = np.append(played.effect, played.effects), np.vstack([played.left, played.lefts])
    own, *others = gaps - (gaps[:, block.start :].mean(axis=1) - effects)[:, None]
    errors = np.std(others, axis=0)
    spreads = [Spread(float(v), float(e), len(block.controls) - 1.0) for v, e in zip(own, errors, strict=True)]
    return Course.of(block.periods, block.start, block.target, spreads)


def _extrapolated(whole: Played, start: int, draws: int) -> Iterator[Rival]:
    """Let the gap go on as before its start, on a line and on a curve; no time before excludes either for good."""
    periods = len(whole.gap)
    for name, degree, least in (("line", 1, PERIODS_FOR["line"]), ("bent", 2, PERIODS_FOR["bent"])):
        if start < least:
            continue
        base = course_before(np.arange(periods), degree)
        after = range(start, periods)
        weights = (np.arange(periods) >= start) / len(after) - np.mean([base(start, time) for time in after], axis=0)
        other = replace(whole, effect=float(whole.gap @ weights), effects=whole.gaps @ weights)
        yield Rival(name, other.cautious_interval(draws), _apart(whole, other), may_hold=True)


def _rivals(method: Method, block: Block, groups: list[Ints], whole: Played, draws: int) -> Iterator[Rival]:
    """Leave the periods just before the start out, and pretend a start earlier; how often do placebos differ so."""
    yield from _extrapolated(whole, block.start, draws)
    if method is Method.SC:
        other = replace(whole, effect=whole.corrected, effects=whole.all_corrected)
        yield Rival("bias-corrected", other.interval(draws), _apart(whole, other), is_told=True)
    if block.start >= _BEFORE_AT_LEAST + PEAK:
        kept = np.delete(np.arange(block.treated.shape[1]), np.arange(block.start - PEAK, block.start))
        shorter = replace(
            block, treated=block.treated[:, kept], controls=block.controls[:, kept], start=block.start - PEAK
        )
        other = play(method, shorter, groups)
        yield Rival("peak-left-out", other.interval(draws), _apart(whole, other))
    pretended = max(_BEFORE_AT_LEAST, 2 * block.start // 3)
    if block.start - pretended >= PEAK:
        before = replace(
            block,
            treated=block.treated[:, : block.start],
            controls=block.controls[:, : block.start],
            start=pretended,
        )
        early = play(method, before, groups)
        told = whole.cautious_interval(draws)
        moved = Estimate(told.value - early.effect, told.low - early.effect, told.high - early.effect)
        apart = int((np.abs(early.effects) >= abs(early.effect)).sum())
        yield Rival("in-time", moved, early.share(apart), may_hold=True)


def _apart(whole: Played, other: Played) -> float:
    """Return the share of placebos for which two accounts differ as much as for the treated."""
    return whole.share(int((np.abs(other.effects - whole.effects) >= abs(other.effect - whole.effect)).sum()))


def _left_out(method: Method, block: Block, whole: Played) -> tuple[Part, ...]:
    """Return the least and the largest effect when one of the controls that matter is left out."""
    matter = np.flatnonzero(whole.weights > _MATTERS)
    if not 1 < len(matter) < len(block.controls):
        return ()
    estimate, found = ESTIMATORS[method](block), []
    for one in matter:
        kept, others = (np.delete(part, one, axis=0) for part in (block.controls, block.control_covariates))
        found.append(estimate(*without_covariates(block.target, block.covariates, kept, others))[0])
    name = Text("One of the {count} weighted controls left out at a time (least and largest)", count=len(matter))
    return (Part("leave-one-out", name, Estimate(whole.effect, min(found), max(found))),)


def _told(method: Method, scale: Scale, block: Block, spread: Spread, weights: Floats) -> Answer:
    if is_nothing(spread.error, block.controls):
        return NotEstimable(NotEstimableReason.NO_SPREAD, block.measured | {"effect": spread.value})
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


def _poor_fit() -> Notice:
    return Notice(
        "poor-fit-before",
        Text(
            "Before the start the synthetic control fits the treated worse than nine out of ten placebos are fitted: "
            "the estimated effect may be nothing but the misfit."
        ),
    )
