"""Plans how a campaign will be judged: the registration that a plan makes, and what it could find."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from quetsach.assess.effect import DUMMIES, SEED, Counted, Design, Method, Panel, Scale, read_panel
from quetsach.assess.effect.fidelity import planned_days
from quetsach.assess.effect.panel import Step, periods_of
from quetsach.assess.effect.power_simulation import Noise, Plan, noise_of, power_of
from quetsach.assess.effect.registration import PanelPlan, Power, Registration
from quetsach.assess.estimate import NotEstimable, Notice
from quetsach.campaign.section import Section
from quetsach.centre.centre import Centre
from quetsach.centre.panel import panel_so_far
from quetsach.centre.registered import order_of
from quetsach.core.errors import QuetsachError
from quetsach.lake.weekly import weeks

_NOBODY = ("–",)
"""Stands for a treated unit where nobody knows any by name."""


@dataclass(frozen=True, slots=True)
class PlannedPower:
    """The power of a plan, None where its noise is unknown; what it refuses, or what keeps any verdict from it."""

    power: Power | None
    refusal: NotEstimable | None = None
    always: tuple[Notice, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether the plan may be signed without a further word."""
        return self.power is not None and not self.power.is_weak


def planned_registration(centre: Centre, plan: Section, *, campaign: str, where: str, now: datetime) -> Registration:
    """Return the registration that a plan makes, with the address tables of the centre and the order that was drawn.

    Args:
        centre: whose campaign it is.
        plan: windows, panel, method and target.
        campaign: its identifier.
        where: the name of the plan's file, for errors.
        now: when it is registered (UTC).

    Raises:
        QuetsachError: the plan is none, or begins before the order that was drawn.
    """
    families = plan.section("families")
    weights = tuple(sorted((name, families.number(name, least=0, most=1)) for name in families.values))
    design = _design(plan)
    order = order_of(centre.campaign_folder(campaign))
    if order:
        order.refuse_before(plan.day("start"), where=where)
    registration = Registration(
        campaign=campaign,
        start=plan.day("start"),
        before=plan.section("before").period(),
        after=plan.section("after").period(),
        design=design,
        target=plan.number("target_percent", least=0, most=100) / 100,
        controls=tuple(sorted(plan.texts("controls"))) if plan.has("controls") else (),
        feeds=tuple(sorted(plan.texts("feeds"))),
        families=weights,
        network=centre.network.version,
        order=order.steps if order else (),
        roll_out=order.digest if order else "",
        registered_at=now,
        panel=PanelPlan(plan.identifier("target")),
        strata=order.strata if order else (),
    )
    plan.finish()
    return registration


def begins_planned(centre: Centre, draft: Registration, so_far: Panel | None) -> Mapping[str, date | None]:
    """Return the day on which each unit of a plan begins; ``None`` for a control.

    Without an order that was drawn, all begin together: those of the panel so far that are no controls, or one that
    nobody knows.
    """
    begins: dict[str, date | None] = dict.fromkeys(draft.controls)
    if order := order_of(centre.campaign_folder(draft.campaign)):
        return begins | planned_days(order)
    treated = tuple(unit for unit in so_far.units if unit not in draft.controls) if so_far else ()
    return begins | dict.fromkeys(treated or _NOBODY, draft.start)


def noise_in_lake(centre: Centre, draft: Registration, units: tuple[str, ...]) -> Noise | NotEstimable | None:
    """Return the noise that units showed in the lake so far; ``None`` where that cannot be counted."""
    if not centre.has_lake:
        return None
    try:
        with centre.view() as view:
            return noise_of(read_panel(panel_so_far(draft, centre, view), where="lake"), units)
    except QuetsachError:
        return None


def planned_power(
    begins: Mapping[str, date | None],
    of_panel: tuple[date, ...],
    design: Design,
    *,
    target: float,
    noise: Noise | NotEstimable | None,
    strata: tuple[tuple[str, ...], ...] = (),
    progress: Callable[[int], None] = lambda _draws: None,
) -> PlannedPower:
    """Return what a plan could find.

    Args:
        begins: the day on which each unit begins, None for a control.
        of_panel: first days of the weeks of the panel.
        design: the analysis.
        target: share that is to be found.
        noise: of the units; a refusal or None where it is not known.
        strata: what the order was drawn within.
        progress: told after each of ``power_simulation.DRAWS`` draws.
    """
    if noise is None or isinstance(noise, NotEstimable):
        return PlannedPower(None)
    starts = [sum(week < day for week in of_panel) if day else len(of_panel) for day in begins.values()]
    periods = periods_of(Step.DAY, ((week.toordinal(), str(week)) for week in of_panel))
    plan = Plan(tuple(begins), np.array(starts, dtype=np.int64), periods, design, target, noise, strata)
    found = power_of(plan, progress=progress)
    return PlannedPower(None, found) if isinstance(found, NotEstimable) else PlannedPower(found[0], None, found[1])


def weeks_of(draft: Registration) -> tuple[date, ...]:
    """Return the first days of the weeks of a plan's panel."""
    return weeks(draft.before.first, draft.after.last, anchor=draft.start)


def _design(plan: Section) -> Design:
    return Design(
        plan.one_of("method", Method),
        plan.one_of("scale", Scale) if plan.has("scale") else Scale.COUNT,  # machines are counted
        plan.integer("ramp", least=1, most=10_000) if plan.has("ramp") else None,
        plan.integer("exposure", least=0, most=100) if plan.has("exposure") else DUMMIES,
        plan.integer("seed", least=0, most=2**63 - 1) if plan.has("seed") else SEED,
        plan.one_of("counted", Counted) if plan.has("counted") else Counted.UNITS,
        plan.number("spill_over_percent", least=0, most=99) / 100 if plan.has("spill_over_percent") else 0.0,
        plan.texts("covariates") if plan.has("covariates") else (),
    )
