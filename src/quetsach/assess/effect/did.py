"""Difference in differences: how the treated changed, less how the others changed.

With one common start and a complete panel each unit has one change, its mean after less its mean before, and two groups
of changes are compared: by Welch's test, which is the cluster-robust inference with its small-sample correction (Bell
and McCaffrey 2002), or, where one unit alone is treated, against the spread of the controls (Donald and Lang 2007).
With gaps the same is a regression with effects of units and periods. Where units began at different times, that
regression would compare units already treated with each other, so group-time effects are averaged instead
(``group_time``).
"""

from typing import Final

import numpy as np

from quetsach.assess.effect.finding import (
    HOLDS_AT_LEAST,
    Answer,
    Check,
    Finding,
    Method,
    Scale,
    Spread,
    is_nothing,
    observed_change,
)
from quetsach.assess.effect.group_time import group_times
from quetsach.assess.effect.panel import Bools, Floats, Panel
from quetsach.assess.effect.two_way import fit_two_way
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

PERMUTATIONS: Final = 999
_CONTROLS_AT_LEAST = 3
_PERIODS_FOR_TREND = 4


def difference_in_differences(panel: Panel, scale: Scale, generator: np.random.Generator) -> Answer:
    """Return the mean effect over all treated cells.

    Args:
        panel: its outcome is already on the scale.
        scale: which one it is.
        generator: draws who plays the treated in the permutation test.
    """
    if len(panel.cohorts) > 1:
        return group_times(panel, scale)
    controls = int((~panel.treated).sum())
    if controls == 0:
        return Refusal(RefusalReason.NO_CONTROLS)
    if controls < (2 if panel.treated.sum() > 1 else _CONTROLS_AT_LEAST):
        return Refusal(RefusalReason.TOO_FEW_CONTROLS, {"units_control": float(controls)})
    spread = _with_gaps(panel) if panel.missing else compare_groups(_changes(panel), panel.treated)
    if isinstance(spread, Refusal):
        return spread
    after, before = _means(panel)
    return Finding(
        Method.DID,
        scale,
        spread,
        spread.interval(_sizes(panel)),
        after,
        observed_change(after, before, scale),
        checks=() if panel.missing else (*_trends_before(panel), _permutation(panel, generator)),
    )


def compare_groups(values: Floats, is_treated: Bools) -> Spread | Refusal:
    """Return the mean of the treated less that of the others, with its error, from one value a unit."""
    treated, others = values[is_treated], values[~is_treated]
    difference = float(treated.mean() - others.mean())
    if len(treated) == 1:
        error, degrees = float(others.std(ddof=1)) * np.sqrt(1 + 1 / len(others)), len(others) - 1.0
    else:
        parts = np.array([group.var(ddof=1) / len(group) for group in (treated, others)])
        sizes = np.array([len(treated), len(others)])
        error = float(np.sqrt(parts.sum()))
        shares = parts / parts.sum() if error else parts  # Welch's degrees do not depend on the unit of the outcome
        degrees = float(1 / (shares**2 / (sizes - 1)).sum()) if error else 1.0
    if is_nothing(error, values):
        return Refusal(RefusalReason.NO_SPREAD, {"effect": difference})
    return Spread(difference, float(error), degrees)


def _changes(panel: Panel) -> Floats:
    start = panel.cohorts[0]
    return np.asarray(panel.outcome[:, start:].mean(axis=1) - panel.outcome[:, :start].mean(axis=1))


def _means(panel: Panel) -> tuple[float, float]:
    treated, start = panel.outcome[panel.treated], panel.cohorts[0]
    return float(np.nanmean(treated[:, start:])), float(np.nanmean(treated[:, :start]))


def _sizes(panel: Panel) -> dict[str, float]:
    count, periods = panel.shape
    treated = int(panel.treated.sum())
    start = panel.cohorts[0]
    return {
        "units_treated": float(treated),
        "units_control": float(count - treated),
        "periods_before": float(start),
        "periods_after": float(periods - start),
        "cells_missing": float(panel.missing),
    }


def _with_gaps(panel: Panel) -> Spread | Refusal:
    start = panel.cohorts[0]
    has = ~np.isnan(panel.outcome)
    whole = panel.only(has[:, :start].any(axis=1) & has[:, start:].any(axis=1))
    if not whole.treated.any() or whole.treated.all():
        return Refusal(RefusalReason.NOT_IDENTIFIED, {"cells_missing": float(panel.missing)})
    if whole.treated.sum() == 1 or (~whole.treated).sum() == 1:
        return Refusal(RefusalReason.UNBALANCED, {"cells_missing": float(panel.missing)})
    fit = fit_two_way(whole.outcome, whole.is_under_treatment[:, :, None].astype(np.float64))
    return fit if isinstance(fit, Refusal) else fit.combination(np.ones(1))


def _trends_before(panel: Panel) -> tuple[Check, ...]:
    """Compare the slopes before the start: groups that drifted apart already would have gone on to."""
    start = panel.cohorts[0]
    if start < _PERIODS_FOR_TREND:
        return ()
    time = panel.periods.positions[:start] - panel.periods.positions[:start].mean()
    apart = compare_groups(panel.outcome[:, :start] @ time / (time @ time), panel.treated)
    if isinstance(apart, Refusal):
        return ()
    text = LocalText(
        "Xu hướng trước khi bắt đầu của hai nhóm có khác nhau không (trị số p; nhỏ hơn 0,05 là có khác: giả định của "
        "phương pháp này khi đó không đứng vững)",
        "Did the groups drift apart before the start already (p value; under 0.05 they did, and the assumption of this "
        "method does not hold)",
    )
    return (Check("trends-before", text, apart.p_value, least=HOLDS_AT_LEAST),)


def _permutation(panel: Panel, generator: np.random.Generator) -> Check:
    """Let other units play the treated, again and again: how often do the groups differ as much by chance?"""
    changes, treated = _changes(panel), panel.treated
    drawn = np.array([generator.permutation(treated) for _ in range(PERMUTATIONS)])
    count = int(treated.sum())
    means = drawn @ changes / count - ~drawn @ changes / (len(treated) - count)
    own = abs(float(changes[treated].mean() - changes[~treated].mean()))
    text = LocalText(
        f"Phép thử hoán vị ({PERMUTATIONS} lần rút thăm đơn vị nào đóng vai được can thiệp): tỷ lệ lần rút cho tác "
        "động lớn bằng hoặc hơn",
        f"Permutation ({PERMUTATIONS} draws of the units that play the treated): share with an effect as large or "
        "larger",
    )
    extreme = int((np.abs(means) >= own * (1 - 1e-12)).sum())
    return Check("permutation", text, (1 + extreme) / (1 + PERMUTATIONS))
