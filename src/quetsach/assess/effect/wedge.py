"""Stepped wedge: units begin one step after the other, in an order that was drawn.

Each time since the start has an effect of its own, so that effects may build up or wear off; one coefficient for
"treated" instead would report about half of an effect that builds up, and can have the wrong sign where one wears off
(Kenny, Voldal, Xia, Heagerty and Hughes 2022). Effects are told for times since the start at
which others still wait (``exposure``), and told from chance by the lot itself (``lot``). Where whole regions were drawn
it is regions that are drawn again; where the panel names none, but units that begin together also err together, it is
those groups.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from quetsach.assess.effect.clumps import Changes, noise_of_changes, with_clumps
from quetsach.assess.effect.contrast import DRAWS_AT_LEAST, rank_of
from quetsach.assess.effect.finding import (
    HOLDS_AT_LEAST,
    Answer,
    Check,
    Course,
    Finding,
    Method,
    Part,
    Scale,
    observed_change,
)
from quetsach.assess.effect.lot import Told
from quetsach.assess.effect.method_texts import AVERAGED, LATE, LATEST, lead_text, notices, permutation_text, time_name
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.sensitivity import AGREES_AT_MOST, around, stretched
from quetsach.assess.effect.wedge_effects import WedgeEffects, by_region, drawn_together, filled
from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason

UNITS_AT_LEAST: Final = 12
DUMMIES: Final = 6
"""Times since the start that are told one by one, before all longer ones together."""
GAPS_AT_MOST: Final = 0.1
"""Share of cells without a figure."""
_LEAD: Final = 4
"""Periods before the start that are looked at, where there are so many."""
_NOTHING: Final = 1e-300


def stepped_wedge(panel: Panel, scale: Scale, generator: np.random.Generator, *, dummies: int = DUMMIES) -> Answer:
    """Return the effect at the longest times since the start that can be told, and at each time before.

    Args:
        panel: its outcome is already on the scale; a tenth of its cells may be missing.
        scale: which one it is.
        generator: draws other orders.
        dummies: how many times since the start (periods, or weeks of a daily panel) are told one by one.
    """
    if obstacle := _obstacle(panel):
        return obstacle
    wedge = WedgeEffects.of(by_region(filled(panel)), dummies, generator, missing=panel.missing / panel.outcome.size)
    draws = len(wedge.lot.drawn)
    if draws < DRAWS_AT_LEAST:
        return NotEstimable(
            NotEstimableReason.TOO_FEW_CONTROLS, {"draws": float(draws), "needed_draws": float(DRAWS_AT_LEAST)}
        )
    longest = wedge.mean_from(wedge.first)
    found = wedge.drawing.told(longest)
    if found is None:
        return NotEstimable(NotEstimableReason.NO_SPREAD, {"effect": float(longest @ wedge.drawing.effects)})
    grouped = _by_group(wedge, generator)
    if isinstance(grouped, NotEstimable):
        return grouped
    made = _finding(panel, scale, wedge, [found, *([grouped] if grouped else [])])
    return with_clumps(made, [changes] if (changes := _changes(wedge)) else [], wedge.panel.units, generator)


def _changes(wedge: WedgeEffects) -> Changes | None:
    """Return how each row that the effect is of changed at its start, beside the effects; None in too short a time.

    Noise is that about the mean of each row before its start and that after it, so that what befell it there is none.
    """
    exposure, kind, left = wedge.exposure, wedge.lot.kind, wedge.drawing.left
    before, under = ((times & exposure.is_waited) * 1.0 for times in (exposure.times < 0, exposure.times >= 0))
    after = exposure.cells(wedge.first, wedge.last)
    sums = (after / np.maximum(after.sum(axis=1), 1)[:, None] - before / before.sum(axis=1)[:, None])[kind]
    quiet = left.copy()
    for part in (before[kind], under[kind]):
        quiet -= part * ((left * part).sum(axis=1) / np.maximum(part.sum(axis=1), 1))[:, None]
    noise = noise_of_changes(quiet[:, exposure.is_waited], sums[:, exposure.is_waited])
    if noise is None:
        return None
    counts = wedge.lot.weights * after.sum(axis=1)[kind]
    rows = np.flatnonzero(counts)
    return Changes((left * sums).sum(axis=1), noise, counts / counts.sum(), np.arange(len(kind))).of(rows)


def _obstacle(panel: Panel) -> NotEstimable | None:
    """Say why a panel is no wedge."""
    units = panel.shape[0]
    if len(panel.cohorts) < 2:
        return NotEstimable(NotEstimableReason.NOT_STAGGERED, {"starts": float(len(panel.cohorts))})
    if units < UNITS_AT_LEAST:
        return NotEstimable(NotEstimableReason.TOO_FEW_UNITS, {"units": float(units), "needed": float(UNITS_AT_LEAST)})
    if panel.missing > GAPS_AT_MOST * panel.outcome.size or np.isnan(panel.outcome).all(axis=1).any():
        return NotEstimable(NotEstimableReason.UNBALANCED, {"cells_missing": float(panel.missing)})
    return None


def _by_group(wedge: WedgeEffects, generator: np.random.Generator) -> Told | NotEstimable | None:
    """Return the effect by groups that begin together, where their rows err together; None where they do not."""
    if wedge.drawing.p_value_together() >= AGREES_AT_MOST:
        return None
    groups = drawn_together(wedge.panel, wedge.lot.kind)
    grouped = WedgeEffects.of(groups, wedge.dummies, generator, missing=wedge.missing)
    is_enough = len(grouped.lot.drawn) >= DRAWS_AT_LEAST
    found = grouped.drawing.told(grouped.mean_from(grouped.first)) if is_enough else None
    return found or NotEstimable(NotEstimableReason.MOVE_TOGETHER, {"groups": float(len(grouped.lot.kind))})


def _finding(panel: Panel, scale: Scale, wedge: WedgeEffects, told: list[Told]) -> Finding:
    """Say what was found: the wider of what was told by what was drawn, and by groups that begin together."""
    low, high = min(one.low for one in told), max(one.high for one in told)
    wider = (high - low) / (told[0].high - told[0].low)
    after, before = _means(panel, wedge)
    spread = wedge.spread(wedge.mean_from(wedge.first))
    made = Finding(
        Method.WEDGE,
        scale,
        spread,
        Estimate(told[0].value, low, high, {**spread.interval().measured, **_sizes(panel, wedge)}),
        after,
        observed_change(after, before, scale),
        parts=(*_averaged(wedge, wider), *_by_time(panel, wedge, wider)),
        checks=tuple(_checks(wedge)),
        p_by_chance=max(one.p_value for one in told),
        confidence=rank_of(len(wedge.lot.drawn))[1],
        course=_course(panel, wedge),
    )
    return _judged(made, panel, wedge, wider)


def _course(panel: Panel, wedge: WedgeEffects) -> Course:
    """Take the effects away from the treated in each period in which some have begun and others have not."""
    weights = ~np.isnan(panel.outcome) * (panel.treated * panel.weight)[:, None]
    counts = weights.sum(axis=0)
    sums = (np.nan_to_num(panel.outcome) * weights).sum(axis=0)
    observed = np.where(counts > 0, sums / np.where(counts > 0, counts, 1.0), np.nan)
    apart = [wedge.in_period(period) for period in range(panel.shape[1])]
    return Course.of(panel.periods.labels, panel.cohorts[0], observed, apart)


def _judged(found: Finding, panel: Panel, wedge: WedgeEffects, wider: float) -> Finding:
    """Say whether the effect wears off, and judge by 98 %; where it may wear off, by its latest times as well.

    Within the longest times it may from where chance alone gives as much in less than a quarter of the draws.
    """
    averaged = float(wedge.mean_from(0) @ wedge.drawing.effects)
    shares = {first: _wears_off(wedge, first, averaged) for first in {0, wedge.first}}
    notes = tuple(notices(panel, wedge.exposure, wedge.last, is_fading=min(shares.values()) < HOLDS_AT_LEAST))
    found = replace(found, strict=stretched(found.effect)).telling(*notes)
    late = (
        wedge.drawing.told(wedge.mean_from((wedge.first + wedge.last) / 2))
        if shares[wedge.first] < AGREES_AT_MOST
        else None
    )
    if late is None:
        return found
    estimate = _widened(late, wider)
    strict = around(stretched(found.effect), stretched(estimate))
    return replace(found, strict=strict, parts=(*found.parts, Part(LATEST, LATE, estimate)))


def _wears_off(wedge: WedgeEffects, first: int, averaged: float) -> float:
    """Return how often chance gives a course from a time on that turns as much against the effect, 1 of others."""
    slope = wedge.slope_from(first)
    if slope is None or float(slope @ wedge.drawing.effects) * averaged >= 0:
        return 1.0
    told = wedge.drawing.told(slope)
    return told.p_value if told else 1.0


def _averaged(wedge: WedgeEffects, wider: float) -> Iterator[Part]:
    times = len(wedge.times)
    if told := wedge.drawing.told(np.full(times, 1 / times)):
        yield Part("time-averaged", AVERAGED, _widened(told, wider))


def _widened(told: Told, wider: float) -> Estimate:
    low, high = (told.value + wider * (end - told.value) for end in (told.low, told.high))
    return Estimate(told.value, low, high)


def _by_time(panel: Panel, wedge: WedgeEffects, wider: float) -> Iterator[Part]:
    """Yield the effect at each time since the start, with bands that hold for all at once."""
    drawing, each = wedge.drawing, np.eye(len(wedge.times))
    chance = np.array([drawing.by_chance(drawing.whole(one)) for one in each])
    deviation = np.maximum(chance.std(axis=1), _NOTHING)
    largest = np.sort((np.abs(chance) / deviation[:, None]).max(axis=0))
    reach = wider * float(largest[-rank_of(len(largest))[0]])
    for time, value, size in zip(wedge.times.tolist(), drawing.effects.tolist(), deviation.tolist(), strict=True):
        last = wedge.last if time == wedge.times[-1] else time
        estimate = Estimate(value, value - reach * size, value + reach * size)
        yield Part(f"since-{time}", time_name(panel.periods, time, last), estimate)


def _means(panel: Panel, wedge: WedgeEffects) -> tuple[float, float]:
    """Return the mean outcome in the cells that the effect is of, and that of the treated before anybody began."""
    cells = wedge.exposure.cells(wedge.first, wedge.last)
    after = cells[np.searchsorted(wedge.exposure.starts, panel.starts)] * panel.weight[:, None]
    before = (panel.treated[:, None] & (np.arange(panel.shape[1]) < panel.cohorts[0])) * panel.weight[:, None]
    has = ~np.isnan(panel.outcome)
    plain = np.where(has, panel.outcome, 0.0)
    after_mean, before_mean = (float(np.average(plain, weights=has * which)) for which in (after, before))
    return after_mean, before_mean


def _sizes(panel: Panel, wedge: WedgeEffects) -> dict[str, float]:
    units, periods = panel.shape
    return {
        "units": float(units),
        "units_treated": float(panel.treated.sum()),
        "units_control": float((~panel.treated).sum()),
        "drawn": float(len(wedge.lot.kind)),
        "draws": float(len(wedge.lot.drawn)),
        "periods": float(periods),
        "steps": float(len(panel.cohorts)),
        "cells_missing": float(panel.missing),
        "since_first": wedge.first + 1.0,
        "since_last": wedge.last + 1.0,
        "since_observed": wedge.exposure.observed + 1.0,
    }


def _checks(wedge: WedgeEffects) -> Iterator[Check]:
    """Look for an effect in the last periods before each start, where there can be none; and draw again.

    There is one where the worst began first, or where the campaign arrived before its day.
    """
    drawing, width = wedge.drawing, min(_LEAD, int(wedge.exposure.starts[0]) - 1)
    lead = wedge.exposure.lead(width) if width > 0 else None
    if lead is not None:
        yield Check("trends-before", lead_text(width), drawing.p_value_of(lead), least=HOLDS_AT_LEAST)
    by_chance = drawing.p_value_without(wedge.mean_from(wedge.first), wedge.plain)
    draws = len(drawing.lot.drawn)
    yield Check("permutation", permutation_text(draws), by_chance, draws=draws)
