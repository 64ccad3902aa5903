"""Effects by group and time, for units that began at different times (Callaway and Sant'Anna 2021, without covariates).

ATT(g, t) is the change of those who began in g, from the period before g to t, less the same change of the units that
were never treated. The overall effect is their mean over all treated cells, weighted by how many units each has. Errors
come from the influence of each unit, the weights' own included.
"""

from typing import Final

import numpy as np

from quetsach.assess.effect.finding import Answer, Finding, Method, Part, Scale, Spread, is_nothing, observed_change
from quetsach.assess.effect.panel import Floats, Panel
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

_CONTROLS_AT_LEAST: Final = 3


def group_times(panel: Panel, scale: Scale) -> Answer:
    """Return the mean of the group-time effects, and one for each time since the start."""
    controls = float((~panel.treated).sum())
    if panel.missing:
        return Refusal(RefusalReason.UNBALANCED, {"cells_missing": float(panel.missing)})
    if controls == 0:
        return Refusal(RefusalReason.NO_CONTROLS, {"starts": float(len(panel.cohorts))})
    if controls < _CONTROLS_AT_LEAST:
        return Refusal(RefusalReason.TOO_FEW_CONTROLS, {"units_control": controls})
    values, errors = _effects(panel)
    if is_nothing(float(errors[-1]), panel.outcome):
        return Refusal(RefusalReason.NO_SPREAD, {"effect": float(values[-1])})
    degrees = len(panel.units) - 1.0
    spreads = [Spread(float(value), float(error), degrees) for value, error in zip(values, errors, strict=True)]
    treated = float(panel.treated.sum())
    measured = {"units_treated": treated, "units_control": controls, "starts": float(len(panel.cohorts))}
    after = float(panel.outcome[panel.is_under_treatment].mean())
    before = float(panel.outcome[~panel.is_under_treatment & panel.treated[:, None]].mean())
    return Finding(
        Method.DID,
        scale,
        spreads[-1],
        spreads[-1].interval(measured),
        after,
        observed_change(after, before, scale),
        parts=tuple(_part(since, spread) for since, spread in enumerate(spreads[:-1]) if spread.error > 0),
    )


def _effects(panel: Panel) -> tuple[Floats, Floats]:
    """Return the effect and its error for each time since the start, and last over all treated cells.

    A mean over cells k is ``sum p_k e_k / P`` with ``P = sum p_k``, the share p of the cell's cohort. A unit moves it
    by ``sum p_k i_k / P``, and through the shares by ``sum (own_k - p_k) (e_k - mean) / P``.
    """
    never, count = ~panel.treated, len(panel.units)
    length = panel.shape[1] - panel.cohorts[0]
    weighted, through_effects, through_shares = (np.zeros((count, length)) for _ in range(3))
    total, shares = np.zeros(length), np.zeros(length)
    for cohort in panel.cohorts:
        own = panel.starts == cohort
        change = panel.outcome[:, cohort:] - panel.outcome[:, cohort - 1, None]
        times, share = change.shape[1], own.mean()
        mine, others = change[own].mean(axis=0), change[never].mean(axis=0)
        weighted[own, :times] += share * (change[own] - mine) / own.sum()
        weighted[never, :times] -= share * (change[never] - others) / never.sum()
        through_shares[:, :times] += (own - share)[:, None]
        through_effects[:, :times] += (own - share)[:, None] * (mine - others)
        total[:times] += share * (mine - others)
        shares[:times] += share
    weighted, through_effects, through_shares = (
        np.column_stack([part, part.sum(axis=1)]) for part in (weighted, through_effects, through_shares)
    )
    total, shares = np.append(total, total.sum()), np.append(shares, shares.sum())
    values = total / shares
    influence = (weighted + (through_effects - values * through_shares) / count) / shares
    return values, np.sqrt((influence**2).sum(axis=0))


def _part(since: int, spread: Spread) -> Part:
    name = LocalText(f"Kỳ thứ {since + 1} kể từ khi bắt đầu", f"Period {since + 1} since the start")
    return Part(f"since-{since}", name, spread.interval())
