"""What units still owe, one by one: for the pages behind links, and for the desk."""

from datetime import date, datetime

from quetsach.campaign.authority import ACTS, Act, Role
from quetsach.campaign.returns.state import RECEIVED, State
from quetsach.web.office.people.access import today, within
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.returns.models import Period, Return
from quetsach.web.office.returns.selectors.tally import deadline_of, expected_positions
from quetsach.web.office.units.models import Position, Unit, UnitKind
from quetsach.web.office.units.reach import seen_keys

ENTERING = [role.value for role in Role if Act.ENTER_RETURN in ACTS[role]]


def owed_by(unit: Unit, *, campaign: str | None, now: datetime) -> list[Period]:
    """Return the periods (of a campaign) for which a unit still may write: begun, not closed, not approved."""
    begun = Period.objects.filter(first__lte=today(now)).order_by("first")
    if campaign is not None:
        begun = begun.filter(assignment__campaign__key=campaign)
    approved = Return.objects.filter(unit=unit, state=State.APPROVED).values("period")
    return [
        period
        for period in begun.exclude(pk__in=approved).select_related("assignment__form", "assignment__campaign")
        if not deadline_of(period, unit).is_locked(now) and expected_positions(period).filter(unit=unit).exists()
    ]


def next_of(unit: Unit, *, campaign: str | None, now: datetime) -> Period | None:
    """Return the next period (of a campaign) that has not begun and for which a unit will write, if there is one."""
    later = Period.objects.filter(first__gt=today(now)).select_related("assignment__form").order_by("first")
    if campaign is not None:
        later = later.filter(assignment__campaign__key=campaign)
    seen = set()
    for period in later:
        if period.assignment_id not in seen and expected_positions(period).filter(unit=unit).exists():
            return period
        seen.add(period.assignment_id)
    return None


def to_write(person: Person, *, now: datetime) -> int:
    """Return how many returns a person's own units have not submitted."""
    own = Duty.objects.on(today(now)).filter(person=person, role__in=ENTERING).values("unit")
    units = Unit.objects.filter(pk__in=own)
    filed = set(Return.objects.filter(unit__in=own, state__in=RECEIVED).values_list("unit", "period"))
    return sum((unit.pk, period.pk) not in filed for unit in units for period in owed_by(unit, campaign=None, now=now))


def submitted_below(person: Person, *, day: date) -> int:
    """Return how many submitted returns lie in the subtrees in which a person approves, those that wait included.

    Those of a unit that is no more and that nobody succeeded count where its returns are decided on today.
    """
    own = Duty.objects.on(day).filter(person=person).exclude(unit__kind=UnitKind.CENTRE).values("unit")
    submitted = Return.objects.filter(state=State.SUBMITTED).exclude(unit__in=own)
    below = submitted.filter(within(person, Act.APPROVE_RETURN, day=day)).distinct().count()
    standing = Position.objects.on(day).values("unit")
    ended = submitted.exclude(unit__in=standing).exclude(unit__successors__on__lte=day)
    keys = list(ended.values_list("unit__key", flat=True))
    seen = seen_keys(person, Act.APPROVE_RETURN, day=day) if keys else frozenset()
    return below + sum(key in seen for key in keys)
