"""Effects by group and time, for units that began at different times (Callaway and Sant'Anna 2021, without covariates).

ATT(g, t) is the change of those who began in g, from the period before g to t, less the same change of the units that
were never treated. The overall effect is their mean over all treated cells, weighted by how many units each has. Errors
come from the influence of each unit, the weights' own included.
"""

from dataclasses import dataclass

import numpy as np

from quetsach.assess.effect.finding import Answer, Finding, Method, Part, Scale, Spread, observed_change
from quetsach.assess.effect.panel import Bools, Floats, Panel
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText

_CONTROLS_AT_LEAST = 3


@dataclass(frozen=True, slots=True)
class _Cell:
    cohort: int
    period: int
    effect: float
    influence: Floats  # units


def group_times(panel: Panel, scale: Scale) -> Answer:
    """Return the mean of the group-time effects, and one for each time since the start."""
    never = ~panel.treated
    controls = float(never.sum())
    if panel.missing:
        return Refusal(RefusalReason.UNBALANCED, {"cells_missing": float(panel.missing)})
    if controls == 0:
        return Refusal(RefusalReason.NO_CONTROLS, {"starts": float(len(panel.cohorts))})
    if controls < _CONTROLS_AT_LEAST:
        return Refusal(RefusalReason.TOO_FEW_CONTROLS, {"units_control": controls})
    cells = [
        _cell(panel, never, cohort, period) for cohort in panel.cohorts for period in range(cohort, panel.shape[1])
    ]
    overall = _mean(panel, cells)
    if isinstance(overall, Refusal):
        return overall
    measured = {"units_treated": float((~never).sum()), "units_control": controls, "starts": float(len(panel.cohorts))}
    after = float(panel.outcome[panel.is_under_treatment].mean())
    before = float(panel.outcome[~panel.is_under_treatment & panel.treated[:, None]].mean())
    return Finding(
        Method.DID,
        scale,
        overall,
        overall.interval(measured),
        after,
        observed_change(after, before, scale),
        parts=tuple(_by_exposure(panel, cells)),
    )


def _cell(panel: Panel, never: Bools, cohort: int, period: int) -> _Cell:
    change = panel.outcome[:, period] - panel.outcome[:, cohort - 1]
    mine = panel.starts == cohort
    means = change[mine].mean(), change[never].mean()
    influence = np.zeros(len(change))
    influence[mine] = (change[mine] - means[0]) / mine.sum()
    influence[never] = -(change[never] - means[1]) / never.sum()
    return _Cell(cohort, period, float(means[0] - means[1]), influence)


def _mean(panel: Panel, cells: list[_Cell]) -> Spread | Refusal:
    """Average cells by the size of their cohorts."""
    count = len(panel.units)
    members = np.array([(panel.starts == cell.cohort) for cell in cells])  # cells x units
    shares = members.mean(axis=1)
    weights = shares / shares.sum()
    effects = np.array([cell.effect for cell in cells])
    value = float(weights @ effects)
    off = (members - shares[:, None]) / shares.sum()
    of_weights = (effects @ off - value * off.sum(axis=0)) / count
    influence = weights @ np.array([cell.influence for cell in cells]) + of_weights
    error = float(np.sqrt((influence**2).sum()))
    if not error > 1e-12 * float(np.abs(panel.outcome).max()):
        return Refusal(RefusalReason.NO_SPREAD, {"effect": value})
    return Spread(value, error, count - 1.0)


def _by_exposure(panel: Panel, cells: list[_Cell]) -> list[Part]:
    parts = []
    for since in sorted({cell.period - cell.cohort for cell in cells}):
        spread = _mean(panel, [cell for cell in cells if cell.period - cell.cohort == since])
        if isinstance(spread, Spread):
            name = LocalText(f"Kỳ thứ {since + 1} kể từ khi bắt đầu", f"Period {since + 1} since the start")
            parts.append(Part(f"since-{since}", name, spread.interval()))
    return parts
