"""Giving duties and ending them: only in one's own subtree, never more than one has."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import COUNTRY_ROLES, Act, Role
from quetsach.web.office.errors import AccessError
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import may_do, paths_of, today
from quetsach.web.office.people.errors import PeopleError
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.people.power import may_give_over
from quetsach.web.office.tree.models import Unit

_STROKES_OF_ROOT = 2  # "/tw/"


@transaction.atomic
def duty_give(*, person: Person, role: Role, unit: Unit, by: Person | None, now: datetime) -> Duty:
    """Give a duty from today on; giving it again returns the one that is held.

    Args:
        person: who gets it.
        role: what for.
        unit: over which unit and all below it.
        by: who gives it; ``None`` for the command line of the centre, which may give anything.
        now: the time (UTC).

    Raises:
        AccessError: not the giver's to give.
        PeopleError: the person has left, gives to himself, or the role belongs to the centre.
    """
    require_gift(role=role, unit=unit, by=by, now=now)
    if by is not None and by.pk == person.pk:
        raise PeopleError(_("nobody gives a duty to himself"), hint=_("ask another person with the same right"))
    if not person.is_active:
        raise PeopleError(_("this person has left"), hint=_("send a new invitation to the address"))
    day = today(now)
    known = Duty.objects.on(day).filter(person=person, role=role, unit=unit).first()
    if known is not None:
        return known
    duty = Duty.objects.create(person=person, role=role, unit=unit, given_by=by, first=day)
    detail = {"role": role.value, "name": person.name}
    log_append(by=by, act="duty-give", subject=f"person:{person.pk}", unit=unit, detail=detail, now=now)
    return duty


@transaction.atomic
def duty_end(*, duty: Duty, by: Person | None, now: datetime) -> None:
    """End a duty today; what ended before stays as it is.

    Raises:
        AccessError: not this person's to end.
        PeopleError: it is one's own, or the last operator's.
    """
    day, role = today(now), Role(duty.role)
    if by is not None and not may_give_over(by, role, duty.unit, day=day):
        raise AccessError("this duty is not yours to end", is_hidden=not may_do(by, Act.SEE, duty.unit, day=day))
    if by is not None and by.pk == duty.person_id:
        raise PeopleError(_("nobody ends his own duty"), hint=_("ask another person with the same right"))
    if duty.until is not None and duty.until <= day:
        return
    if role is Role.OPERATOR:
        keep_an_operator(duty.person, now=now)
    duty.until = max(day, duty.first)
    duty.save(update_fields=["until"])
    detail = {"role": role.value, "name": duty.person.name}
    log_append(by=by, act="duty-end", subject=f"person:{duty.person_id}", unit=duty.unit, detail=detail, now=now)


def require_gift(*, role: Role, unit: Unit, by: Person | None, now: datetime) -> None:
    """Let pass who may give this duty.

    Raises:
        AccessError: not his to give.
        PeopleError: roles of the centre are held over the whole country, and no duty over a unit that is no more.
    """
    day = today(now)
    paths = paths_of(unit, day=day)
    if not paths or (role in COUNTRY_ROLES and any(path.count("/") != _STROKES_OF_ROOT for path in paths)):
        raise PeopleError(
            _("this role cannot be held over this unit"),
            hint=_("roles of the centre are held over the whole country; other duties over a unit that exists today"),
        )
    if by is not None and not may_give_over(by, role, unit, day=day):
        raise AccessError("this duty is not yours to give", is_hidden=not may_do(by, Act.SEE, unit, day=day))


def units_held(person: Person, *, now: datetime) -> set[Unit | None]:
    """Return the units under which the log notes what happens to a person, so that its readers there see it."""
    held = Duty.objects.on(today(now)).filter(person=person).select_related("unit")
    return {duty.unit for duty in held} or {None}


def keep_an_operator(person: Person, *, now: datetime) -> None:
    """Refuse what would leave the centre without anybody who can run it.

    Raises:
        PeopleError: this is the last one.
    """
    operators = Duty.objects.on(today(now)).filter(role=Role.OPERATOR, person__is_active=True)
    if operators.filter(person=person).exists() and not operators.exclude(person=person).exists():
        raise PeopleError(_("this is the last operator"), hint=_("give the duty to another person first"))
