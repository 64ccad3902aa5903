"""Panels with a known effect, for the tests of this folder."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from quetsach.assess.effect import Answer, Design, Method, Panel, analyse
from quetsach.assess.effect.grounds import Grounds, PanelOrigin
from quetsach.assess.effect.panel import Step, periods_of
from quetsach.assess.effect.registration import PanelPlan, Registration
from quetsach.core.period import Period


def panel_of(outcome: np.ndarray, starts: list[int], *, first_year: int = 1970) -> Panel:
    """Units ``u0``… over years; a start past the last year is never."""
    units, periods = outcome.shape
    axis = periods_of(Step.NUMBER, ((year, str(year)) for year in range(first_year, first_year + periods)))
    return Panel(tuple(f"u{n}" for n in range(units)), axis, outcome.astype(float), np.array(starts))


def noisy(units: int, periods: int, *, seed: int = 1, deviation: float = 1.0) -> np.ndarray:
    """Levels of units, a shared path, and noise."""
    generator = np.random.default_rng(seed)
    path = 50 + 5 * generator.standard_normal((units, 1)) + generator.standard_normal(periods).cumsum()
    return path + deviation * generator.standard_normal((units, periods))


def csv_of(panel: Panel) -> bytes:
    """The panel as the command reads it."""
    lines = ["unit,period,outcome,treated"]
    for unit, values, under in zip(panel.units, panel.outcome, panel.is_under_treatment, strict=True):
        for label, value, is_treated in zip(panel.periods.labels, values, under, strict=True):
            lines.append(f"{unit},{label},{'' if np.isnan(value) else value},{int(is_treated)}")
    return "\n".join(lines).encode()


def wedge_panel(reduction: float, *, units: int = 30, periods: int = 26, seed: int = 1) -> Panel:
    """Units of unlike sizes in five steps, reduced by a share from their start on."""
    starts = np.array([5 + 3 * (unit * 5 // units) for unit in range(units)])
    outcome = np.exp(noisy(units, periods, seed=seed, deviation=0.5) / 10)
    outcome[np.arange(periods) >= starts[:, None]] *= 1 - reduction
    return replace(panel_of(outcome, list(starts)), sha256="f" * 64)


def registration_of(panel: Panel, design: Design, target: float = 0.5) -> Registration:
    """What would have been registered before this panel: its groups of treated units in order, the rest as controls."""
    order = tuple(
        tuple(unit for unit, began in zip(panel.units, panel.starts, strict=True) if began == start)
        for start in panel.cohorts
    )
    return Registration(
        campaign="viet-nam-2020",
        start=date(2020, 9, 20),
        before=Period(date(2020, 6, 16), date(2020, 7, 15)),
        after=Period(date(2021, 1, 30), date(2021, 2, 28)),
        design=design,
        target=target,
        controls=tuple(unit for unit, treated in zip(panel.units, panel.treated, strict=True) if not treated),
        feeds=("own/sinkhole",),
        families=(("mirai", 1.0),),
        network="2020-06-01.abcdef12",
        order=order,
        roll_out="1" * 64,
        registered_at=datetime(2020, 6, 1, tzinfo=UTC),
        panel=PanelPlan("botnet-addresses"),
    )


def grounds_of(
    panel: Panel, design: Design | None = None, *, target: float = 0.5, answer: Answer | None = None
) -> Grounds:
    """An analysis exactly as it was registered, of the registered panel."""
    design = design or Design(Method.WEDGE)
    registration = registration_of(panel, design, target)
    plan = registration.panel
    assert plan is not None
    origin = PanelOrigin(registration.digest, plan.outcome, plan.rule, panel.sha256)
    return Grounds(answer or analyse(panel, design), panel, design, target, registration, origin)
