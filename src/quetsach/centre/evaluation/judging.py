"""What is judged beside the targets: how long infections last, providers against the middle, and the ten botnets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from quetsach.assess.cases import CaseReport, Group, case_report
from quetsach.assess.estimate import NotEstimable, NotEstimableReason
from quetsach.assess.grades import grade_providers
from quetsach.campaign import Campaign
from quetsach.campaign.schedule.plan import Stage
from quetsach.centre.answers import GRADED_DAYS, weekly_machines
from quetsach.centre.evaluation import withholding
from quetsach.centre.evaluation.inputs import Cases, Grades, Priority
from quetsach.centre.evaluation.sources import Sources
from quetsach.centre.priority import SEED, choose_botnets
from quetsach.core.period import Period
from quetsach.lake.cases import bot_history

STEPS = 3
"""How often ``judge`` tells its progress."""


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
    grades = _grades(sources, base, last) if last and sources.subscribers else None
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


def _grades(sources: Sources, base: Period, last: Period) -> Grades:
    subscribers = sources.subscribers or {}
    window, against = (Period(p.last - timedelta(days=GRADED_DAYS - 1), p.last) for p in (last, base))
    weeks, before = (weekly_machines(sources.lake, p, announced=sources.announced) for p in (window, against))
    found = grade_providers(subscribers, weeks, before, rng=np.random.default_rng(SEED))
    names = {isp: sources.provider_name(isp) for isp in {*subscribers, *(isp for week in weeks for isp in week)}}
    graded = () if isinstance(found, NotEstimable) else tuple(p.isp for p in found.providers)
    kept_back = withholding.small_in_a_week(graded, weeks, before)
    for period, counted in ((window, weeks), (against, before)):
        kept_back |= sources.kept_back("graded-isps", period, withholding.weekly_means(graded, counted))
    return Grades(window, against, SEED, weeks, before, subscribers, found, names, kept_back)


def _priority(sources: Sources, period: Period) -> Priority | None:
    found = choose_botnets(sources.lake, period, criteria=sources.criteria, seed=SEED)
    if found is None:
        return None
    names = {o.family: sources.family_name(o.family) for o in found.observations}
    return Priority(period, SEED, found.choice, found.observations, names)
