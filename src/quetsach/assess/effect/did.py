"""Difference in differences: how the treated changed, less how those changed who had not begun.

With one common start each unit has one change, its mean after less its mean before. Where units began at different
times, effects by group and time are averaged (``group_time``), because a regression with one coefficient would compare
units already treated with each other. Permutation of the starts, inverted, and t by the spread between units each give
an interval, and the wider end is printed (``contrast``). Another way to say what would have been (the line before the
start; the mean before instead of the last period) widens it where the two ways differ more than chance explains.
With gaps and one common start the same is a regression with effects of units and periods.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from quetsach.assess.effect.bacon import bacon
from quetsach.assess.effect.contrast import Groups, Told, contrast_spread, differs, groups_of, rank_of, told
from quetsach.assess.effect.finding import (
    HOLDS_AT_LEAST,
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
from quetsach.assess.effect.group_time import Base, Starts, course_before, last_before, mean_before
from quetsach.assess.effect.panel import Bools, Floats, Panel
from quetsach.assess.effect.two_way import fit_two_way
from quetsach.assess.effect.widened import Rival, widened
from quetsach.assess.estimate import Estimate
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

_PERIODS_FOR_TREND: Final = 4
_UNITS_FOR_GAPS: Final = 6
_NO_DRIFT: Final = 1e-9
_TABLE_AT_MOST: Final = 2_000
"""Lines of the table of groups and times."""
_PEAK: Final = 2
"""Periods just before a start that may be the peak that it was a response to."""


def difference_in_differences(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the mean effect over all treated cells that have somebody to be compared with.

    Args:
        panel: its outcome is already on the scale.
        scale: which one it is.
        generator: draws who plays the treated in the permutations.
    """
    if panel.missing:
        return _with_gaps(panel, scale)
    groups = groups_of(panel, generator)
    if len(panel.cohorts) == 1 and panel.treated.all():
        return Refusal(RefusalReason.NO_CONTROLS)
    if isinstance(groups, Refusal):
        return groups
    return _compared(_Comparison(panel, groups), scale)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A complete panel, and who begins together in it."""

    panel: Panel
    groups: Groups

    @property
    def starts(self) -> Starts:
        return Starts(self.groups.starts, self.groups.sizes, self.panel.shape[1])

    @property
    def is_common(self) -> bool:
        return len(self.panel.cohorts) == 1

    @property
    def base(self) -> Base:
        return mean_before(self.panel.shape[1]) if self.is_common else last_before(self.panel.shape[1])

    @property
    def under(self) -> Floats:
        return self.panel.is_under_treatment.astype(np.float64)

    def told(self, weights: Floats) -> Told | Refusal:
        """Return what a contrast says."""
        return told(self.panel.outcome, self.under, self.groups, weights)


def _compared(comparison: _Comparison, scale: Scale) -> Answer:
    panel, starts, base = comparison.panel, comparison.starts, comparison.base
    cells = starts.cells()
    whole = comparison.told(starts.mean(cells, base))
    if isinstance(whole, Refusal):
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
        parts=() if comparison.is_common else _by_time(comparison, _least(whole.interval)),
        checks=(*_trends_before(comparison), _permutation(whole)),
        p_by_chance=whole.p_value,
        confidence=whole.confidence,
        course=_course(comparison, cells),
    )
    wide = _with_drift(widened(found, _rivals(comparison, cells, whole)), comparison, cells)
    if comparison.is_common:
        return wide
    forbidden = sum(one.weight for one in bacon(panel) if one.is_forbidden)
    measured = {**wide.effect.measured, "regression_forbidden": forbidden}
    return replace(wide, effect=replace(wide.effect, measured=measured), group_times=_group_times(comparison, cells))


def _course(comparison: _Comparison, cells: list[tuple[int, int]]) -> Course:
    """Compare the treated with the others in each period; before the first start all who will be compared."""
    panel, starts, begins = comparison.panel, comparison.starts, comparison.panel.cohorts[0]
    size = {int(start): float(count) for start, count in zip(starts.starts, starts.sizes, strict=True)}
    total = sum(size[start] for start in panel.cohorts)
    apart: list[Spread | Refusal | None] = []
    for time in range(panel.shape[1]):
        groups = [g for g in panel.cohorts if (starts.starts > g).any()] if time < begins else []
        told_by = [(g, time) for g in groups] or [cell for cell in cells if cell[1] == time]
        share = sum(size[group] for group, _ in told_by) / total
        weights = share * starts.mean(told_by, comparison.base) if told_by else None
        apart.append(weights if weights is None else contrast_spread(panel.outcome, comparison.groups, weights))
    observed = np.average(panel.outcome[panel.treated], axis=0, weights=panel.weight[panel.treated])
    return Course.of(panel.periods.labels, begins, observed, apart)


def _group_times(comparison: _Comparison, cells: list[tuple[int, int]]) -> tuple[GroupTime, ...]:
    labels, made = comparison.panel.periods.labels, []
    for group, time in cells[:_TABLE_AT_MOST]:
        weights = comparison.starts.cell(group, time, comparison.base)
        one = contrast_spread(comparison.panel.outcome, comparison.groups, weights)
        if not isinstance(one, Refusal):
            made.append(GroupTime(labels[group], labels[time], one.value, one.error))
    return tuple(made)


def _with_drift(found: Finding, comparison: _Comparison, cells: list[tuple[int, int]]) -> Finding:
    """Measure how fast the treated drifted before, at most, and how fast they would have to for no effect to be left.

    Per period, in units of the outcome or of its logarithm.
    """
    panel, starts, slopes = comparison.panel, comparison.starts, _slopes(comparison)
    if slopes is None:
        return found
    before = contrast_spread(panel.outcome, comparison.groups, slopes)
    if isinstance(before, Refusal):
        return found
    seen = before.interval()
    drifting, kind = panel.treated[:, None] * panel.periods.positions.astype(np.float64), comparison.groups.kind
    lag, unit = (
        abs(float((panel.weight[:, None] * w[kind] * drifting).sum()))
        for w in (starts.mean(cells, comparison.base), slopes)
    )  # what a drift of 1 a period adds to the effect, and to the slope before
    if min(lag, unit) < _NO_DRIFT:
        return found  # nobody is never treated: all would drift alike
    nearest = min(abs(found.effect.low), abs(found.effect.high)) * (not found.effect.low <= 0 <= found.effect.high)
    drift = {"drift_not_excluded": max(abs(seen.low), abs(seen.high)) / unit, "drift_to_overturn": nearest / lag}
    return replace(found, effect=replace(found.effect, measured={**found.effect.measured, **drift}))


def _mean_of(panel: Panel, cells: Bools) -> float:
    """Return the mean of cells (units x periods), each unit counted by its weight."""
    return float(np.average(panel.outcome, weights=cells * panel.weight[:, None]))


def _rivals(comparison: _Comparison, cells: list[tuple[int, int]], whole: Told) -> list[Rival]:
    """Say what would have been in other ways, and how often chance alone makes them differ as much."""
    starts, made = comparison.starts, []
    periods, positions = comparison.panel.shape[1], comparison.panel.periods.positions
    bases = (
        ("line", 4, course_before(positions, 1)),
        ("bent", 6, course_before(positions, 2)),
        ("peak-left-out", 4, mean_before(periods, left_out=_PEAK)),
        ("mean-before", 2, mean_before(periods)),
    )
    for name, least, base in bases:
        if name == "mean-before" and comparison.is_common:
            continue
        usable = [(group, time) for group, time in cells if group >= least]
        if not usable:
            continue
        other = comparison.told(starts.mean(usable, base))
        apart = starts.mean(usable, base) - starts.mean(usable, comparison.base)
        if not isinstance(other, Refusal):
            without = comparison.panel.outcome - whole.spread.value * comparison.under
            agrees = min(differs(without, comparison.groups, apart))
            made.append(Rival(name, other.interval, agrees, may_hold=name in ("line", "bent")))
    return made


def _slopes(comparison: _Comparison) -> Floats | None:
    """Return the weights (kinds x periods) of the mean slope before the start, of the treated less the others."""
    starts, time = comparison.starts, comparison.panel.periods.positions.astype(np.float64)
    groups = [int(group) for group in starts.starts if _PERIODS_FOR_TREND <= group < starts.periods]
    groups = [group for group in groups if (starts.starts > group).any()]
    if not groups:
        return None

    def slope(group: int, _: int) -> Floats:
        part = time[:group] - time[:group].mean()
        made = np.zeros(len(time))
        made[:group] = -part / (part @ part)
        return made

    size = {group: float(starts.sizes[starts.starts == group][0]) for group in groups}
    return np.asarray(
        sum(
            size[group] / sum(size.values()) * (starts.cell(group, group, slope) - starts.cell(group, group, _nothing))
            for group in groups
        )
    )


def _nothing(_group: int, _time: int) -> Floats:
    return np.zeros(1)


def _trends_before(comparison: _Comparison) -> tuple[Check, ...]:
    """Compare the slopes before the start: groups that drifted apart already would have gone on to."""
    if (slopes := _slopes(comparison)) is None:
        return ()
    _, p_value = differs(comparison.panel.outcome, comparison.groups, slopes)
    text = LocalText(
        "Xu hướng trước khi bắt đầu của hai nhóm có khác nhau không (trị số p; nhỏ hơn 0,05 là có khác: giả định của "
        "phương pháp này khi đó không đứng vững)",
        "Did the groups drift apart before the start already (p value; under 0.05 they did, and the assumption of this "
        "method does not hold)",
    )
    return (Check("trends-before", text, p_value, least=HOLDS_AT_LEAST),)


def _permutation(whole: Told) -> Check:
    draws = len(whole.by_chance)
    text = LocalText(
        f"Phép thử hoán vị ({draws} lần rút thăm đơn vị nào đóng vai được can thiệp): tỷ lệ lần rút cho tác "
        "động lớn bằng hoặc hơn",
        f"Permutation ({draws} draws of the units that play the treated): share with an effect as large or larger",
    )
    return Check("permutation", text, whole.p_value, draws=draws)


def _by_time(comparison: _Comparison, effect: float) -> tuple[Part, ...]:
    """Return the effect for each time from the start, before it too, with bands that hold for all at once.

    Chance is asked in the panel without the smallest effect that the interval holds: the estimate itself has noise in
    it, and with that taken away too little would be left to chance.
    """
    without = comparison.panel.outcome - effect * comparison.under
    starts, found = comparison.starts, {}
    by_since: dict[int, list[tuple[int, int]]] = {}
    for group, time in (*starts.leads(), *starts.cells()):
        by_since.setdefault(time - group, []).append((group, time))
    for since, cells in sorted(by_since.items()):
        one = told(without, None, comparison.groups, starts.mean(cells, comparison.base))
        if not isinstance(one, Refusal):
            found[since] = one
    if not found:
        return ()
    chance = np.array([one.by_chance for one in found.values()])
    deviation = np.maximum(chance.std(axis=1), [one.spread.error for one in found.values()])
    largest = np.sort((np.abs(chance) / deviation[:, None]).max(axis=0))
    reach = float(largest[-rank_of(chance.shape[1])[0]])
    return tuple(
        _part(since, one, float(reach * size), 0.0 if since < 0 else effect)
        for (since, one), size in zip(found.items(), deviation, strict=True)
    )


def _least(interval: Estimate) -> float:
    """Return the value of an interval that is nearest to none."""
    return float(np.clip(0.0, interval.low, interval.high))


def _part(since: int, one: Told, reach: float, effect: float) -> Part:
    """Return the line of one time; ``effect`` is what was taken away from the panel."""
    value, own = one.spread.value + effect, max(reach, one.interval.high - one.interval.value)
    estimate = Estimate(value, value - own, value + own)
    if since < 0:
        name = LocalText(f"{-since} kỳ trước khi bắt đầu", f"{-since} periods before the start")
        return Part(f"lead-{-since}", name, estimate)
    name = LocalText(f"Kỳ thứ {since + 1} kể từ khi bắt đầu", f"Period {since + 1} since the start")
    return Part(f"since-{since}", name, estimate)


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
        return Refusal(RefusalReason.UNBALANCED, missing)
    has = ~np.isnan(panel.outcome)
    whole = panel.only(has[:, :start].any(axis=1) & has[:, start:].any(axis=1))
    if not whole.treated.any() or whole.treated.all():
        return Refusal(RefusalReason.NOT_IDENTIFIED, missing)
    if min(whole.treated.sum(), (~whole.treated).sum()) < _UNITS_FOR_GAPS:
        return Refusal(RefusalReason.UNBALANCED, missing)
    fit = fit_two_way(whole.outcome, whole.is_under_treatment[:, :, None].astype(np.float64))
    spread: Spread | Refusal = fit if isinstance(fit, Refusal) else fit.combination(np.ones(1))
    if isinstance(spread, Refusal):
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
