"""The registered panel of a campaign: planned with what it could find, and counted from the lake week by week."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from quetsach.assess.effect import DUMMIES, SEED, Counted, Design, Method, Panel, Scale, read_panel
from quetsach.assess.effect.fidelity import planned_days
from quetsach.assess.effect.grounds import PanelOrigin, basis_departures
from quetsach.assess.effect.panel import Step, periods_of
from quetsach.assess.effect.power_simulation import Noise, Plan, noise_of, power_of
from quetsach.assess.effect.registration import LAKE_WEEKS, PanelPlan, Power, Registration
from quetsach.assess.estimate import NotEstimable, Notice
from quetsach.campaign.section import Section
from quetsach.centre.centre import Centre
from quetsach.centre.registered import begins_of, not_ours, order_of
from quetsach.core.country import Places
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.period import Period
from quetsach.core.table import csv_text
from quetsach.core.text import Text
from quetsach.lake.view import LakeView
from quetsach.lake.weekly import Sensors, WeekMeasure, constant_sensors, weekly, weeks

_NOBODY = ("–",)
"""Stands for a treated unit where nobody knows any by name."""


@dataclass(frozen=True, slots=True)
class CampaignPanel:
    """A panel as CSV (``unit,period,outcome,treated``), what its outcomes are, and how it came to be."""

    content: bytes
    measure: WeekMeasure
    units: int
    weeks: int
    origin: PanelOrigin


def campaign_panel(
    registration: Registration,
    centre: Centre,
    view: LakeView,
    *,
    progress: Callable[[int], None] = lambda _weeks: None,
) -> CampaignPanel:
    """Count the registered units and families in every whole week from the first window to the last.

    A cell without a sighting is zero in a week in which every sensor was alive for three quarters of the hours, and
    missing in others. Botnets count by their registered weights; only registered feeds count.

    Raises:
        QuetsachError: a unit is no province, or the lake cannot be read.
    """
    starts = weeks(registration.before.first, registration.after.last, anchor=registration.start)
    windows = (registration.before, registration.after)
    content, measure, sensors = _counted(registration, centre, view, starts, windows=windows, progress=progress)
    departed = (
        *not_ours(registration.campaign, registration.digest, centre.data),
        *_departed(registration, view),
        *sensors.notices,
    )
    digest = hashlib.sha256(content).hexdigest()
    origin = PanelOrigin(registration.digest, measure.value, LAKE_WEEKS, digest, departed)
    units = len(_begins(registration, centre))
    return CampaignPanel(content, measure, units, len(starts), origin)


def panel_so_far(registration: Registration, centre: Centre, view: LakeView, *, weeks_at_most: int = 26) -> bytes:
    """Count the units of a plan in the weeks up to its making, as CSV: what it shows of their noise.

    Raises:
        QuetsachError: a unit is no province, the lake cannot be read, or nothing was seen.
    """
    last = view.newest_day(until=registration.registered_at.date())
    if last is None:
        raise InputError(Text("the lake has no sightings so far"))
    days = view.days_with_data(Period(last - timedelta(weeks=weeks_at_most), last)).column("day").to_pylist()
    starts = weeks(min(days), last, anchor=registration.start)
    if len(starts) < 2:
        raise InputError(Text("the lake has no two whole weeks so far"))
    half = len(starts) // 2
    windows = (Period(starts[0], starts[half] - timedelta(days=1)), Period(starts[half], last))
    return _counted(registration, centre, view, starts, windows=windows, progress=lambda _weeks: None)[0]


def _counted(
    registration: Registration,
    centre: Centre,
    view: LakeView,
    starts: Sequence[date],
    *,
    windows: tuple[Period, Period],
    progress: Callable[[int], None],
) -> tuple[bytes, WeekMeasure, Sensors]:
    """Count the registered units and families in some weeks, by sensors that are the same in both windows."""
    begins = _begins(registration, centre)
    codes = {unit: _code(unit, centre.places, registration.start) for unit in begins}
    weights = dict(registration.families)
    sensors = constant_sensors(
        view,
        *windows,
        families=[family for family, weight in weights.items() if weight] or None,
        reports=registration.feeds or None,
    )
    announced = centre.network.ranges.announced_ipv4()
    counted = weekly(view, starts, sensors, weights=weights, announced=announced, progress=progress)
    measure = counted.measure(codes.values())
    rows: list[tuple[object, ...]] = [("unit", "period", "outcome", "treated")]
    for unit, code in codes.items():
        begin = begins[unit]
        for week in starts:
            cell = counted.cell(code, week)
            outcome = "" if cell is None else cell.of(measure)
            rows.append((unit, week, outcome, int(begin is not None and week >= begin)))
    return csv_text(rows).encode(), measure, sensors


def panel_origin(registration: Registration, centre: Centre, view: LakeView | None = None) -> PanelOrigin | None:
    """Count the registered panel again, to hold a file against it; None where it cannot be counted here.

    Without a plan of its panel, or a lake, or with units that are no provinces, nothing shows what a file is.
    """
    if registration.panel is None or not centre.has_lake:
        return None
    try:
        with nullcontext(view) if view else centre.view() as opened:
            return campaign_panel(registration, centre, opened).origin
    except QuetsachError:
        return None


def _departed(registration: Registration, view: LakeView) -> tuple[Notice, ...]:
    """Return where what is counted is not what was registered, such as a last window that is not over.

    Feeds that came later are not counted.
    """
    basis = view.basis(Period(registration.before.first, registration.after.last))
    after, newest = registration.after, basis.as_of or registration.before.first
    return basis_departures(
        registration,
        before=registration.before,
        after=Period(min(after.first, newest), min(after.last, newest)),
        feeds=[feed for feed in basis.feeds if feed in registration.feeds],
        families=dict(registration.families),
        network=", ".join(basis.network_versions),
    )


def _begins(registration: Registration, centre: Centre) -> Mapping[str, date | None]:
    return begins_of(registration, centre.campaign_folder(registration.campaign))


def _code(unit: str, places: Places, day: date) -> str:
    """Return the code of the province that a unit names, by code or by name in either language."""
    for place in places.all_on(day):
        if unit in (place.code, place.name_vi, place.name_en):
            return place.code
    hint = Text("write provinces by code or name; for other units hand a panel over: --panel FILE")
    raise InputError(Text("is no province on the first day of the campaign"), where=unit, hint=hint)


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
