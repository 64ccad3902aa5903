"""Difference in differences: how the treated changed, less how those changed who had not begun.

With one common start each unit has one change, its mean after less its mean before. Where units began at different
times, effects by group and time are averaged (``group_time``), because a regression with one coefficient would compare
units already treated with each other. Permutation of the starts, inverted, and t by the spread between units each give
an interval, and the wider end is printed (``contrast``). Another way to say what would have been (the line before the
start; the mean before instead of the last period) widens it where the two ways differ more than chance explains.
With gaps and one common start the same is a regression with effects of units and periods, errors clustered by unit.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import scipy

from quetsach.assess.effect.clumps import Changes, noise_of_changes, with_clumps
from quetsach.assess.effect.contrast import Told, contrast_spread, groups_of, rank_of, told
from quetsach.assess.effect.finding import (
    Answer,
    Check,
    Course,
    Finding,
    GroupTime,
    Method,
    Part,
    Scale,
    Spread,
    observed_change,
)
from quetsach.assess.effect.group_time import (
    Comparison,
    mean_before,
    rivals_of,
    strayed_before,
    trends_before,
    with_drift,
)
from quetsach.assess.effect.panel import Bools, Floats, Panel
from quetsach.assess.effect.sensitivity import widened
from quetsach.assess.effect.wedge_effects import by_region
from quetsach.assess.estimate import CONFIDENCE, Estimate, NotEstimable, NotEstimableReason
from quetsach.core.text import Number, Text

_SWEEPS: Final = 2_000
_ENOUGH: Final = 1e-11


@dataclass(frozen=True, slots=True)
class TwoWayFit:
    """``coefficients`` (k) and their covariance (k x k), CR1, to be read against t with ``degrees`` of freedom.

    For many panels of one design at once, both have leading axes.
    """

    coefficients: Floats
    covariance: Floats
    degrees: float

    def combination(self, weights: Floats) -> Spread | NotEstimable:
        """Return a weighted sum (k weights) of the coefficients."""
        variance = float(weights @ self.covariance @ weights)
        value = float(self.coefficients @ weights)
        if not variance > (1e-12 * abs(value)) ** 2:
            return NotEstimable(NotEstimableReason.NO_SPREAD, {"effect": value})
        return Spread(value, float(np.sqrt(variance)), self.degrees)


def within(values: Floats, has: Floats | None = None) -> Floats:
    """Return values (… x units x periods) less their means by unit and by period.

    ``has`` (units x periods) is 1 where there is a cell; then the means are taken away in turn until nothing changes.
    """
    if has is None or has.all():
        by_unit, by_period = values.mean(axis=-1, keepdims=True), values.mean(axis=-2, keepdims=True)
        return np.asarray(values - by_unit - by_period + values.mean(axis=(-2, -1), keepdims=True))
    left = values * has
    by_unit, by_period = np.maximum(has.sum(axis=1, keepdims=True), 1), np.maximum(has.sum(axis=0), 1)
    size = np.abs(left).max() or 1.0
    for _ in range(_SWEEPS):
        before = left
        left = (left - left.sum(axis=-1, keepdims=True) / by_unit) * has
        left = (left - left.sum(axis=-2, keepdims=True) / by_period) * has
        if np.abs(left - before).max() <= _ENOUGH * size:
            break
    return np.asarray(left)


def fit_two_way(outcome: Floats, regressors: Floats) -> TwoWayFit | NotEstimable:
    """Fit outcomes (… x units x periods) on regressors (units x periods x k), beside effects of units and periods.

    The correction is G/(G-1) * (n-1)/(n-k-T): effects of units lie within clusters and are not counted again.
    """
    missing = np.isnan(outcome)
    has = (~missing).astype(np.float64) if missing.any() else None
    plain = np.where(missing, 0.0, outcome)
    x = np.moveaxis(within(np.moveaxis(regressors, -1, 0), has), 0, -1)
    y = within(plain, has)
    units, periods, count = x.shape
    cells = float((~missing).sum()) / max(1, int(np.prod(outcome.shape[:-2])))
    flat = x.reshape(-1, count)
    if cells <= count + periods + units or np.linalg.matrix_rank(flat, tol=1e-8 * np.sqrt(len(flat))) < count:
        return NotEstimable(
            NotEstimableReason.NOT_IDENTIFIED, {"cells": cells, "unknowns": float(count + periods + units)}
        )
    bread = np.linalg.inv(flat.T @ flat)
    coefficients = np.tensordot(y, x, axes=([-2, -1], [0, 1])) @ bread
    errors = y - np.tensordot(coefficients, x, axes=([-1], [-1]))
    scores = (errors[..., None, :] @ x)[..., 0, :]
    correction = units / (units - 1) * (cells - 1) / (cells - count - periods)
    covariance = correction * (bread @ (np.swapaxes(scores, -1, -2) @ scores) @ bread)
    return TwoWayFit(coefficients, covariance, units - 1.0)


# What a regression with one coefficient would be made of (Goodman-Bacon 2021), for those who expected one.
#
# With several starts, its coefficient is a weighted mean of comparisons of two groups over two spans of time. Some of
# them compare with units already treated, whose own effect may still be growing: those are what ``did`` does without.


@dataclass(frozen=True, slots=True)
class BaconComparison:
    """One comparison of two groups: its weight (all add up to 1), its estimate, and whether the others were treated."""

    weight: float
    estimate: float
    is_forbidden: bool


def bacon(panel: Panel) -> list[BaconComparison]:
    """Return the comparisons that a two-way regression of a complete panel would average."""
    found = list(_comparisons(panel))
    total = sum(comparison.weight for comparison in found)
    return [BaconComparison(one.weight / total, one.estimate, one.is_forbidden) for one in found]


def _comparisons(panel: Panel) -> Iterator[BaconComparison]:
    periods = panel.shape[1]
    starts, sizes = np.unique(panel.starts, return_counts=True)
    means = {int(start): panel.outcome[panel.starts == start].mean(axis=0) for start in starts}
    count = dict(zip(starts.tolist(), sizes.tolist(), strict=True))
    under = {start: 1 - start / periods for start in count}  # share of the time under treatment
    for early, size in count.items():
        for late in (start for start in count if start > early):
            together = size * count[late]
            share = under[early] - under[late]
            weight = together * share * (1 - under[early])
            yield BaconComparison(weight, _two_by_two(means[early], means[late], (0, early), (early, late)), False)
            if late < periods:
                weight = together * share * under[late]
                estimate = _two_by_two(means[late], means[early], (early, late), (late, periods))
                yield BaconComparison(weight, estimate, True)


def _two_by_two(own: Floats, others: Floats, before: tuple[int, int], after: tuple[int, int]) -> float:
    gap = own - others
    return float(gap[slice(*after)].mean() - gap[slice(*before)].mean())


# The effect for each time from the start, before it too, with bands that hold for all times at once.


def effects_by_time(comparison: Comparison, interval: Estimate) -> tuple[Part, ...]:
    """Return the effect for each time from the start, before it too, with bands that hold for all at once.

    Chance is asked in the panel without the smallest effect that the interval holds: the estimate itself has noise in
    it, and with that taken away too little would be left to chance.
    """
    effect = float(np.clip(0.0, interval.low, interval.high))
    without = comparison.panel.outcome - effect * comparison.under
    starts, found = comparison.starts, {}
    by_since: dict[int, list[tuple[int, int]]] = {}
    for group, time in (*starts.leads(), *starts.cells()):
        by_since.setdefault(time - group, []).append((group, time))
    for since, cells in sorted(by_since.items()):
        one = told(without, None, comparison.groups, starts.mean(cells, comparison.base))
        if not isinstance(one, NotEstimable):
            found[since] = one
    if not found:
        return ()
    chance = np.array([one.by_chance for one in found.values()])
    usual = chance.std(axis=1)
    by_t = np.array([one.spread.interval().high - one.spread.value for one in found.values()])
    deviation = np.maximum(usual, by_t / scipy.special.ndtri((1 + CONFIDENCE) / 2))
    largest = np.sort((np.abs(chance) / usual[:, None]).max(axis=0))
    reach = float(largest[-rank_of(chance.shape[1])[0]])
    return tuple(
        _part(since, one, float(reach * size), 0.0 if since < 0 else effect)
        for (since, one), size in zip(found.items(), deviation, strict=True)
    )


def _part(since: int, one: Told, reach: float, effect: float) -> Part:
    """Return the line of one time; ``effect`` is what was taken away from the panel."""
    value, own = one.spread.value + effect, max(reach, one.interval.high - one.interval.value)
    estimate = Estimate(value, value - own, value + own)
    if since < 0:
        name = Text("{count} period before the start", many="{count} periods before the start", count=-since)
        return Part(f"lead-{-since}", name, estimate)
    name = Text("Period {number} since the start", number=since + 1)
    return Part(f"since-{since}", name, estimate)


_UNITS_FOR_GAPS: Final = 6
_TABLE_AT_MOST: Final = 2_000
"""Lines of the table of groups and times."""


def difference_in_differences(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the mean effect over all treated cells that have somebody to be compared with.

    Args:
        panel: its outcome is already on the scale.
        scale: which one it is.
        generator: draws who plays the treated in the permutations.
    """
    if panel.missing:
        return _with_gaps(panel, scale)
    panel = by_region(panel)
    groups = groups_of(panel, generator)
    if len(panel.cohorts) == 1 and panel.treated.all():
        return NotEstimable(NotEstimableReason.NO_CONTROLS)
    if isinstance(groups, NotEstimable):
        return groups
    return _compared(Comparison(panel, groups), scale, generator)


def _compared(comparison: Comparison, scale: Scale, generator: np.random.Generator) -> Answer:
    panel, starts, base = comparison.panel, comparison.starts, comparison.base
    cells = starts.cells()
    whole = comparison.told(starts.mean(cells, base))
    if isinstance(whole, NotEstimable):
        return whole
    under = np.zeros(panel.shape, dtype=bool)
    for group, time in cells:
        under[panel.starts == group, time] = True
    after = _mean_of(panel, under)
    before = _mean_of(panel, ~panel.is_under_treatment & panel.treated[:, None])
    found = Finding(
        Method.DID,
        scale,
        whole.spread,
        replace(whole.interval, measured={**whole.interval.measured, **_sizes(panel, cells)}),
        after,
        observed_change(after, before, scale),
        parts=() if comparison.is_common else effects_by_time(comparison, whole.interval),
        checks=(*trends_before(comparison), _permutation(whole)),
        p_by_chance=whole.p_value,
        confidence=whole.confidence,
        course=_course(comparison, cells),
    )
    rivals = rivals_of(comparison, cells, whole)
    if strayed := strayed_before(comparison, whole):
        rivals.append(strayed.rival(whole.interval))
        found = found.telling(*strayed.notices())
    wide = with_drift(widened(found, rivals), comparison, cells)
    treated, others = _changes(comparison, cells)
    wide = with_clumps(wide, treated, panel.units, generator, others=others)
    if comparison.is_common:
        return wide
    forbidden = sum(one.weight for one in bacon(panel) if one.is_forbidden)
    measured = {**wide.effect.measured, "regression_forbidden": forbidden}
    return replace(wide, effect=replace(wide.effect, measured=measured), group_times=_group_times(comparison, cells))


def _changes(comparison: Comparison, cells: list[tuple[int, int]]) -> tuple[list[Changes], list[Changes]]:
    """Return how the treated changed, group by group, and how the others did; nothing in too short a time before.

    Against the mean before the start in any case: one last period alone has much noise.
    """
    panel, groups = comparison.panel, comparison.groups
    weights = comparison.starts.mean(cells, mean_before(panel.shape[1]))
    noise = noise_of_changes(panel.outcome[:, : panel.cohorts[0]], weights[groups.kind])
    if noise is None:
        return [], []
    sizes = (panel.outcome * weights[groups.kind]).sum(axis=1)
    own = [np.flatnonzero(groups.kind == kind) for kind in range(len(groups.starts)) if weights[kind].any()]
    changes = [Changes(sizes[units], noise[units], panel.weight[units], units) for units in own]
    treated, others = ([one for one in changes if panel.treated[one.units[0]] == side] for side in (True, False))
    return treated, others


def _course(comparison: Comparison, cells: list[tuple[int, int]]) -> Course:
    """Compare the treated with the others in each period; before the first start all who will be compared."""
    panel, starts, begins = comparison.panel, comparison.starts, comparison.panel.cohorts[0]
    size = {int(start): float(count) for start, count in zip(starts.starts, starts.sizes, strict=True)}
    total = sum(size[start] for start in panel.cohorts)
    apart: list[Spread | NotEstimable | None] = []
    for time in range(panel.shape[1]):
        groups = [g for g in panel.cohorts if (starts.starts > g).any()] if time < begins else []
        told_by = [(g, time) for g in groups] or [cell for cell in cells if cell[1] == time]
        share = sum(size[group] for group, _ in told_by) / total
        weights = share * starts.mean(told_by, comparison.base) if told_by else None
        apart.append(weights if weights is None else contrast_spread(panel.outcome, comparison.groups, weights))
    observed = np.average(panel.outcome[panel.treated], axis=0, weights=panel.weight[panel.treated])
    return Course.of(panel.periods.labels, begins, observed, apart)


def _group_times(comparison: Comparison, cells: list[tuple[int, int]]) -> tuple[GroupTime, ...]:
    labels, made = comparison.panel.periods.labels, []
    for group, time in cells[:_TABLE_AT_MOST]:
        weights = comparison.starts.mean([(group, time)], comparison.base)
        one = contrast_spread(comparison.panel.outcome, comparison.groups, weights)
        if not isinstance(one, NotEstimable):
            made.append(GroupTime(labels[group], labels[time], one.value, one.error))
    return tuple(made)


def _mean_of(panel: Panel, cells: Bools) -> float:
    """Return the mean of cells (units x periods), each unit counted by its weight."""
    return float(np.average(panel.outcome, weights=cells * panel.weight[:, None]))


def _permutation(whole: Told) -> Check:
    draws = len(whole.by_chance)
    text = Text(
        "Permutation ({draws} draws of the units that play the treated): share with an effect as large or larger",
        draws=Number(draws),
    )
    return Check("permutation", text, whole.p_value, draws=draws)


def _sizes(panel: Panel, cells: list[tuple[int, int]]) -> dict[str, float]:
    count, periods = panel.shape
    treated = int(panel.treated.sum())
    first = panel.cohorts[0]
    return {
        "units_treated": float(treated),
        "units_control": float(count - treated),
        "starts": float(len(panel.cohorts)),
        "periods_before": float(first),
        "periods_after": float(len({time for _, time in cells}) if cells else periods - first),
        "cells_missing": float(panel.missing),
    }


def _with_gaps(panel: Panel, scale: Scale) -> Answer:
    start = panel.cohorts[0]
    missing = {"cells_missing": float(panel.missing)}
    if len(panel.cohorts) > 1 or panel.weights is not None:
        return NotEstimable(NotEstimableReason.UNBALANCED, missing)
    has = ~np.isnan(panel.outcome)
    whole = panel.only(has[:, :start].any(axis=1) & has[:, start:].any(axis=1))
    if not whole.treated.any() or whole.treated.all():
        return NotEstimable(NotEstimableReason.NOT_IDENTIFIED, missing)
    if min(whole.treated.sum(), (~whole.treated).sum()) < _UNITS_FOR_GAPS:
        return NotEstimable(NotEstimableReason.UNBALANCED, missing)
    fit = fit_two_way(whole.outcome, whole.is_under_treatment[:, :, None].astype(np.float64))
    spread: Spread | NotEstimable = fit if isinstance(fit, NotEstimable) else fit.combination(np.ones(1))
    if isinstance(spread, NotEstimable):
        return spread
    # errors clustered by unit are known for as many units as the smaller group has
    smaller = float(min(whole.treated.sum(), (~whole.treated).sum()))
    spread = Spread(spread.value, spread.error, smaller - 1)
    after, before = (
        float(np.nanmean(panel.outcome[panel.treated, start:])),
        float(np.nanmean(panel.outcome[panel.treated, :start])),
    )
    sizes = _sizes(panel, [])
    return Finding(Method.DID, scale, spread, spread.interval(sizes), after, observed_change(after, before, scale))
