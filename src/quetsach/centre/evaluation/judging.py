"""What is judged beside the targets: the effect, how long infections last, providers, the ten botnets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from quetsach.assess.cases import CaseReport, Group, case_report
from quetsach.assess.effect import Answer, Design, Finding, Method, Panel, analyse, read_panel
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.method_texts import BLOCKS_NOT_RECORDED
from quetsach.assess.effect.registration import Registration
from quetsach.assess.effect.roll_out import RollOut
from quetsach.assess.effect.sensitivity import require_same_design, with_negative_control
from quetsach.assess.estimate import NotEstimable, NotEstimableReason
from quetsach.assess.grades import grade_providers
from quetsach.assess.subscribers import Subscribers
from quetsach.campaign import Campaign, Measure
from quetsach.campaign.schedule.plan import Stage
from quetsach.centre.answers import GRADED_DAYS, weekly_machines
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation import withholding
from quetsach.centre.evaluation.inputs import Cases, Effect, Grades, Priority
from quetsach.centre.evaluation.sources import File, HandedOver, Sources
from quetsach.centre.panel import campaign_panel, panel_origin
from quetsach.centre.priority import SEED, choose_botnets
from quetsach.centre.registered import kept_flow, order_of, registered
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.lake.cases import bot_history
from quetsach.lake.view import LakeView

STEPS = 3
"""How often ``judge`` tells its progress."""
_USUAL_TARGET = 0.5


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged; what there were no data for is None."""

    cases: Cases | None
    grades: Grades | None
    priority: Priority | None


def judge(sources: Sources, base: Period, last: Period | None, *, progress: Callable[[int], None]) -> Judged:
    """Judge cases, providers and botnets.

    Args:
        sources: of which campaign, and where to read.
        base: the baseline window.
        last: the last window; ``None`` where no window has data.
        progress: told after each of ``STEPS`` steps.

    Raises:
        QuetsachError: the lake cannot be read.
    """
    cases = _cases(sources.campaign, sources, Period(base.first, last.last)) if last else None
    progress(1)
    grades = _grades(sources, sources.subscribers, base, last) if last and sources.subscribers else None
    progress(1)
    priority = _priority(sources, base)
    progress(1)
    return Judged(cases, grades, priority)


def campaign_start(campaign: Campaign) -> date | None:
    """Return the day on which the first phase of the campaign itself begins."""
    return min((p.period.first for p in campaign.phases if p.stage is Stage.DURING), default=None)


def _cases(campaign: Campaign, sources: Sources, period: Period) -> Cases:
    history = bot_history(sources.lake, period)
    if history is None:
        return Cases(period, None, dict.fromkeys(Group, NotEstimable(NotEstimableReason.NO_BOT_IDS)), {}, {})
    day = campaign_start(campaign)
    started = history.beginning_of(day) if day else None
    reports = {
        group: case_report(history, by=group, started_days=started, rng=np.random.default_rng(SEED)) for group in Group
    }
    reports[Group.FAMILY] = _placed(reports[Group.FAMILY], sources)
    names = {family: sources.family_name(family) for family in history.families}
    names |= {isp: sources.provider_name(isp) for isp in history.providers}
    kept_back = {
        group: sources.kept_back(f"cases-{group.value}", period, events_by_group(report))
        for group, report in reports.items()
        if isinstance(report, CaseReport)
    }
    return Cases(period, day if started is not None else None, reports, names, kept_back)


def events_by_group(report: CaseReport) -> Mapping[str, float]:
    """Return how many became clean in each group, those that are too few for more included."""
    return {
        id_: group.measured.get("events", 0.0) if isinstance(group, NotEstimable) else float(group.events)
        for id_, group in report.groups.items()
    }


def _placed(report: CaseReport | NotEstimable, sources: Sources) -> CaseReport | NotEstimable:
    """Return a report by family without groups of names that no analyst has placed; the whole has them."""
    if isinstance(report, NotEstimable):
        return report
    return replace(report, groups={name: group for name, group in report.groups.items() if sources.is_placed(name)})


def _grades(sources: Sources, known: Subscribers, base: Period, last: Period) -> Grades:
    chosen = known.on(last.last)
    subscribers = chosen.numbers
    window, against = (Period(p.last - timedelta(days=GRADED_DAYS - 1), p.last) for p in (last, base))
    weeks, before = (weekly_machines(sources.lake, p, announced=sources.announced) for p in (window, against))
    found = grade_providers(subscribers, weeks, before, rng=np.random.default_rng(SEED))
    names = {isp: sources.provider_name(isp) for isp in {*subscribers, *(isp for week in weeks for isp in week)}}
    graded = () if isinstance(found, NotEstimable) else tuple(p.isp for p in found.providers)
    kept_back = withholding.small_in_a_week(graded, weeks, before)
    for period, counted in ((window, weeks), (against, before)):
        kept_back |= sources.kept_back("graded-isps", period, withholding.weekly_means(graded, counted))
    return Grades(
        window, against, SEED, weeks, before, subscribers, found, names, kept_back, chosen.told(sources.provider_name)
    )


def _priority(sources: Sources, period: Period) -> Priority | None:
    found = choose_botnets(sources.lake, period, criteria=sources.criteria, seed=SEED)
    if found is None:
        return None
    names = {o.family: sources.family_name(o.family) for o in found.observations}
    return Priority(period, SEED, found.choice, found.observations, names)


def analyse_effect(centre: Centre, campaign: Campaign, view: LakeView, handed: HandedOver) -> Effect | None:
    """Analyse the panel that was handed over, or the registered one from the lake; ``None`` where there is neither.

    Args:
        centre: which the campaign is of.
        campaign: its plan.
        view: the sightings that a registered panel is counted from.
        handed: what was handed over.

    Raises:
        InputError: the registration is of another campaign.
        QuetsachError: a panel is none, or the registered one cannot be counted.
    """
    folder = centre.campaign_folder(campaign.id)
    registration = handed.registration or registered(folder)
    if registration and registration.campaign != campaign.id:
        raise InputError(
            Text("this registration is of the campaign {campaign}", campaign=registration.campaign), where=campaign.id
        )
    if handed.panel:
        name, content = handed.panel
        origin = panel_origin(registration, centre, view) if registration else None
    elif registration:
        _refuse_covariates(registration)
        made = campaign_panel(registration, centre, view)
        name, content, origin = "panel.csv", made.content, made.origin
    else:
        return None
    if registration:
        design, target = registration.design, registration.target
    else:
        measured = (-t.change_percent / 100 for t in campaign.targets if t.measure is not Measure.NONE)
        design, target = handed.design, next(measured, _USUAL_TARGET)
    if handed.spill_over is not None:
        design = replace(design, spill_over=handed.spill_over)
    panel, answer = analyse_panel(
        (name, content), design, negative=handed.negative, registration=registration, order=order_of(folder)
    )
    flow = kept_flow(folder, registration, panel) if registration else None
    return Effect.of(Grounds(answer, panel, design, target, registration, origin), flow)


def _refuse_covariates(registration: Registration) -> None:
    """Refuse to count a panel for an analysis with covariates: a lake has no column of them."""
    if registration.design.covariates:
        named = ", ".join(registration.design.covariates)
        raise InputError(
            Text(
                "the analysis that was registered needs columns that the centre cannot count: {columns}", columns=named
            ),
            where=registration.campaign,
            hint=Text("hand the panel over with these columns: --panel FILE"),
        )


def analyse_panel(
    file: File, design: Design, *, negative: File | None, registration: Registration | None, order: RollOut | None
) -> tuple[Panel, Answer]:
    """Read a panel with all that its analysis needs, and return it with what was found.

    Args:
        file: the panel.
        design: how it is analysed; its covariates are columns of the panel.
        negative: the same units and starts with an outcome that was not aimed at.
        registration: what the order was drawn within stands in it.
        order: what lies with the campaign; says whether blocks were drawn that nobody recorded.

    Raises:
        QuetsachError: a file is no panel, lacks a column, or its units are not those that were drawn.
    """
    panel = _read(file, design, registration)
    answer = analyse(panel, design)
    if negative:
        other = _read(negative, design, registration)
        require_same_design(panel, other)
        answer = with_negative_control(answer, analyse(other, design))
    is_unknown = order is not None and order.is_by_size and not order.strata
    if registration and is_unknown and isinstance(answer, Finding) and design.method is Method.WEDGE:
        answer = answer.telling(BLOCKS_NOT_RECORDED)
    return panel, answer


def _read(file: File, design: Design, registration: Registration | None) -> Panel:
    name, content = file
    panel = read_panel(content, where=name, covariates=design.covariates)
    return panel.drawn_within(registration.strata) if registration and registration.strata else panel
