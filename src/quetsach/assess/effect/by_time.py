"""The effect for each time from the start, before it too, with bands that hold for all times at once."""

import numpy as np
from scipy import stats

from quetsach.assess.effect.comparison import Comparison
from quetsach.assess.effect.contrast import Told, rank_of, told
from quetsach.assess.effect.finding import Part
from quetsach.assess.estimate import CONFIDENCE, Estimate
from quetsach.assess.refusal import Refusal
from quetsach.core.pack import LocalText


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
        if not isinstance(one, Refusal):
            found[since] = one
    if not found:
        return ()
    chance = np.array([one.by_chance for one in found.values()])
    usual = chance.std(axis=1)
    by_t = np.array([one.spread.interval().high - one.spread.value for one in found.values()])
    deviation = np.maximum(usual, by_t / stats.norm.ppf((1 + CONFIDENCE) / 2))
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
        name = LocalText(f"{-since} kỳ trước khi bắt đầu", f"{-since} periods before the start")
        return Part(f"lead-{-since}", name, estimate)
    name = LocalText(f"Kỳ thứ {since + 1} kể từ khi bắt đầu", f"Period {since + 1} since the start")
    return Part(f"since-{since}", name, estimate)
