"""What the time before the start says of a difference in differences: drift, trend, curve, and a start at a peak.

Another account of what would have been widens the interval where it differs from the usual one by more than chance.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from quetsach.assess.effect.comparison import Comparison
from quetsach.assess.effect.contrast import Told, contrast_spread, differs
from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Check, Finding
from quetsach.assess.effect.group_time import course_before, mean_before
from quetsach.assess.effect.panel import Floats
from quetsach.assess.effect.widened import PEAK, PERIODS_FOR, Rival
from quetsach.assess.refusal import Refusal
from quetsach.core.pack import LocalText

_PERIODS_FOR_TREND: Final = 4
_NO_DRIFT: Final = 1e-9


def with_drift(found: Finding, comparison: Comparison, cells: list[tuple[int, int]]) -> Finding:
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


def rivals_of(comparison: Comparison, cells: list[tuple[int, int]], whole: Told) -> list[Rival]:
    """Say what would have been in other ways, and how often chance alone makes them differ as much."""
    starts, made = comparison.starts, []
    periods, positions = comparison.panel.shape[1], comparison.panel.periods.positions
    bases = (
        ("line", PERIODS_FOR["line"], course_before(positions, 1)),
        ("bent", PERIODS_FOR["bent"], course_before(positions, 2)),
        ("peak-left-out", 2 * PEAK, mean_before(periods, left_out=PEAK)),
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
            agrees = max(differs(without, comparison.groups, apart))  # as the interval: the wider of both
            made.append(Rival(name, other.interval, agrees, may_hold=name in ("line", "bent")))
    return made


def _slopes(comparison: Comparison) -> Floats | None:
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


def trends_before(comparison: Comparison) -> tuple[Check, ...]:
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
