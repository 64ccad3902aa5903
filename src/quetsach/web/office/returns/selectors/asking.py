"""What an assignment asks of how many units, before and after it is in force, and who it is that asks."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from quetsach.campaign import Campaign as Plan
from quetsach.campaign.returns.period import Deadline, PeriodKind, ReportingPeriod, moved
from quetsach.campaign.returns.state import RECEIVED
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.letters.models import Letter, LetterState
from quetsach.web.office.plans.models import Campaign, PlanRevision
from quetsach.web.office.returns.models import Assignment, Return, ReturnForm
from quetsach.web.office.returns.selectors.owing import Target, owing_on
from quetsach.web.office.returns.selectors.tally import owing_positions
from quetsach.web.office.returns.words import titled
from quetsach.web.office.tree.models import Contact, UnitKind
from quetsach.web.office.tree.selectors import root_unit


def form_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return what forms are called, by their codes."""
    return {found.code: titled(found.form) for found in ReturnForm.objects.filter(code__in=keys)}


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """One period that returns are asked for: ``is_late`` if its ordinary due day was over when they were asked for.

    ``is_after`` if it begins when the days of the campaign are over.
    """

    record: ReportingPeriod
    deadline: Deadline
    units: int
    is_over: bool
    is_late: bool
    is_after: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """How much is asked of how many: distinct units, returns altogether, and units that mail reaches."""

    periods: tuple[AskedPeriod, ...]
    kinds: tuple[tuple[str, int], ...]
    units: int
    reachable: int

    @property
    def returns(self) -> int:
        """How many returns are asked for altogether."""
        return sum(period.units for period in self.periods)


def asking(
    targets: Sequence[Target],
    periods: Sequence[ReportingPeriod],
    *,
    due_days: int,
    lock_days: int,
    on: date,
    last: date | None,
) -> Asking:
    """Return what would be asked for on a day, by the tree of each period's last day.

    Args:
        targets: who owes.
        periods: in any order.
        due_days: how many days after the end of a period, or after ``on`` if that is later, returns are due.
        lock_days: likewise, when entry closes.
        on: the day of asking.
        last: the campaign's last day; ``None`` while it has no plan.
    """
    owing = owing_on(targets, {period.last for period in periods})
    rows = owing_positions(owing.values(), sorted(owing)).values_list("unit", "unit__kind", "path", "first", "until")
    held = list(rows)
    by_day = {
        day: {
            (unit, kind)
            for unit, kind, path, first, until in held
            if first <= day and (until is None or day < until) and owes.has(unit, kind, path)
        }
        for day, owes in owing.items()
    }
    units = set[tuple[int, str]]().union(*by_day.values())
    counted = Counter(kind for _unit, kind in units)
    usable = Contact.objects.filter(unit__in={unit for unit, _kind in units}, bounced_on=None).exclude(email="")
    ordered = sorted(periods, key=lambda one: (one.first, one.key))
    zone = timezone.get_default_timezone()
    usual, counted_from = (
        [Deadline.of(p, due_days=due_days, lock_days=lock_days, zone=zone, asked_on=asked_on) for p in ordered]
        for asked_on in (None, on)
    )
    return Asking(
        periods=tuple(
            AskedPeriod(
                record=period,
                deadline=deadline,
                units=len(by_day[period.last]),
                is_over=period.last < on,
                is_late=before.due < on,
                is_after=last is not None and period.first > last,
            )
            for period, before, deadline in zip(ordered, usual, counted_from, strict=True)
        ),
        kinds=tuple((kind.value, counted[kind.value]) for kind in UnitKind if counted[kind.value]),
        units=len(units),
        reachable=usable.values("unit").distinct().count(),
    )


def assignments() -> QuerySet[Assignment]:
    """Return all assignments with what their pages show of them."""
    return Assignment.objects.select_related("campaign", "form", "letter", "withdrawn_by")


def asking_of(assignment: Assignment) -> Asking:
    """Return what an assignment asks for, or would if a second person agreed."""
    return asking(
        list(assignment.targets.values_list("top", "kind")),
        [period.record for period in assignment.periods.all()],
        due_days=assignment.due_days,
        lock_days=assignment.lock_days,
        on=assignment.asked_on,
        last=last_day(assignment.campaign),
    )


def submitted_count(assignment: Assignment) -> int:
    """Return how many returns of an assignment are submitted or approved."""
    return Return.objects.filter(period__assignment=assignment, state__in=RECEIVED).count()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for returns, as mail and the page behind its link say it; what is not known is empty."""

    agency: LocalText
    campaign: LocalText
    letter: Letter | None
    phone: str


def asker_of(assignment: Assignment) -> Asker:
    """Return who asks for the returns of an assignment: by the letter that asks for them, else the centre itself."""
    centre, letter = root_unit(), letter_in_force(assignment.letter)
    unit = letter.unit if letter else centre
    name = letter.agency if letter else centre.name_vi
    agency = LocalText(name, unit.name_en or name)
    return Asker(agency, campaign_name(assignment.campaign), letter, centre_phone())


def centre_phone() -> str:
    """Return the telephone number of the centre's contact; empty if none is written down."""
    phones = Contact.objects.filter(unit=root_unit()).exclude(phone="").order_by("-is_primary", "pk")
    return phones.values_list("phone", flat=True).first() or ""


def letter_in_force(letter: Letter | None) -> Letter | None:
    """Return the letter, or the one that replaced it; ``None`` if it was revoked."""
    while letter is not None and letter.state == LetterState.REPLACED:
        letter = letter.later.filter(state__in=(LetterState.ISSUED, LetterState.REPLACED)).order_by("-pk").first()
    return letter if letter is not None and letter.state == LetterState.ISSUED else None


def last_day(campaign: Campaign) -> date | None:
    """Return the last day of a campaign's plan; ``None`` while it has none."""
    revision = campaign.revisions.order_by("-number").first()
    return revision.plan.days.last if revision else None


def campaign_name(campaign: Campaign) -> LocalText:
    """Return what a campaign is called; its key while it has no plan."""
    revision = campaign.revisions.order_by("-number").first()
    return revision.plan.name if revision else LocalText(campaign.key, campaign.key)


def assignment_request(assignment: Assignment) -> Approval | None:
    """Return the request that a second person agrees to; ``None`` if none was needed, or it was taken back."""
    asked = Approval.objects.filter(kind="assignment", subject=assignment.log_subject)
    return asked.select_related("decided_by").order_by("-pk").first()


def shown_to_approver(approval: Approval) -> Mapping[str, Any]:
    """Return what a second person looks at before so many units are asked for returns."""
    found = Assignment.objects.select_related("campaign", "form", "letter")
    assignment = found.get(pk=int(approval.subject.partition(":")[2]))
    return {"assignment": assignment, "asking": asking_of(assignment), "asker": asker_of(assignment)}


# Whether the periods of returns still are those of the campaign's plan.


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
