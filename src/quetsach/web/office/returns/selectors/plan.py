"""Whether the periods of returns still are those of the campaign's plan."""

from collections.abc import Mapping, Sequence

from quetsach.campaign import Campaign as Plan
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod, moved
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.plans.models import Campaign, PlanRevision
from quetsach.web.office.returns.models import Assignment


def planned_periods(plan: Plan) -> tuple[ReportingPeriod, ...]:
    """Return the phases of a plan as periods of returns."""
    return tuple(ReportingPeriod(phase.id, phase.period.first, phase.period.last, phase.name) for phase in plan.phases)


def plans_of(assignments: Sequence[Assignment]) -> dict[int, Plan]:
    """Return the plan in force of the campaign of each assignment, by its primary key; one query."""
    newest: dict[int, PlanRevision] = {}
    for revision in PlanRevision.objects.filter(campaign__in={a.campaign_id for a in assignments}).order_by("number"):
        newest[revision.campaign_id] = revision
    plans = {campaign: revision.plan for campaign, revision in newest.items()}
    return {one.pk: plans[one.campaign_id] for one in assignments}


def off_plan(assignment: Assignment) -> tuple[ReportingPeriod, ...]:
    """Return the phases of today's plan whose days the assignment does not have; none for weeks.

    A period whose totals are public keeps the days that are printed with them.
    """
    if assignment.period_kind != PeriodKind.PHASE:
        return ()
    return off_plan_of([assignment], plans_of([assignment]))[assignment.pk]


def off_plan_of(assignments: Sequence[Assignment], plans: Mapping[int, Plan]) -> dict[int, tuple[ReportingPeriod, ...]]:
    """Return the same for several assignments with one query, by primary key; their periods are loaded."""
    phased = [one for one in assignments if one.period_kind == PeriodKind.PHASE]
    subjects = [period.log_subject for one in phased for period in one.periods.all()]
    public = Approval.objects.filter(kind="numbers", subject__in=subjects, is_granted=True)
    fixed = set(public.values_list("subject", flat=True))
    found = {}
    for one in phased:
        kept = list(one.periods.all())
        printed = {period.key for period in kept if period.log_subject in fixed}
        planned = [period for period in planned_periods(plans[one.pk]) if period.key not in printed]
        found[one.pk] = moved((period.record for period in kept), planned)
    return found


def assignments_off_plan(campaign: Campaign) -> list[Assignment]:
    """Return the assignments in force of a campaign whose periods have other days than its plan."""
    asked = list(campaign.assignments.in_force().select_related("form").prefetch_related("periods"))
    away = off_plan_of(asked, plans_of(asked))
    return [one for one in asked if away.get(one.pk)]
