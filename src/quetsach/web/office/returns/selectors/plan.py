"""Whether the periods of returns still are those of the campaign's plan."""

from quetsach.campaign import Campaign as Plan
from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod, moved
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.returns.models import Assignment


def planned_periods(plan: Plan) -> tuple[ReportingPeriod, ...]:
    """Return the phases of a plan as periods of returns."""
    return tuple(ReportingPeriod(phase.id, phase.period.first, phase.period.last) for phase in plan.phases)


def off_plan(assignment: Assignment) -> tuple[ReportingPeriod, ...]:
    """Return the phases of today's plan whose days the assignment does not have; none for weeks.

    A period whose totals are public keeps the days that are printed with them.
    """
    if assignment.period_kind != PeriodKind.PHASE:
        return ()
    kept = list(assignment.periods.all())
    subjects = {period.log_subject: period.key for period in kept}
    public = Approval.objects.filter(kind="numbers", subject__in=subjects, is_granted=True)
    fixed = {subjects[subject] for subject in public.values_list("subject", flat=True)}
    planned = [period for period in planned_periods(assignment.campaign.plan) if period.key not in fixed]
    return moved((period.record for period in kept), planned)
