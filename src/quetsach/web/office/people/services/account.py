"""Duties and accounts: given and ended in one's own subtree, vouched for, sessions ended, left behind."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from quetsach.campaign.authority import COUNTRY_ROLES, Permission, Role
from quetsach.campaign.helpdesk import CaseState
from quetsach.campaign.units.tree import is_top
from quetsach.core.text import Text
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import may_do, may_give_over, may_manage, may_vouch, paths_of, today
from quetsach.web.office.people.models import Duty, Invitation, PeopleError, Person
from quetsach.web.office.people.sessions import SessionStore, stored_name
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Unit

# Giving duties and ending them: only in one's own subtree, never more than one has.


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
        raise AccessError(
            Text("this duty is not yours to end"), is_hidden=not may_do(by, Permission.SEE, duty.unit, day=day)
        )
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
    if not paths or (role in COUNTRY_ROLES and not all(map(is_top, paths))):
        raise PeopleError(
            _("this role cannot be held over this unit"),
            hint=_("roles of the centre are held over the whole country; other duties over a unit that exists today"),
        )
    if by is not None and not may_give_over(by, role, unit, day=day):
        raise AccessError(
            Text("this duty is not yours to give"), is_hidden=not may_do(by, Permission.SEE, unit, day=day)
        )


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


# What becomes of an account: named, vouched for, its sessions ended, left behind.


@transaction.atomic
def person_name(*, person: Person, name: str, title: str, language: str, now: datetime) -> None:
    """Give oneself another name, position or language.

    Everything else is known by that name: who reads the log of one's units reads what it was before.
    """
    before = Person.objects.select_for_update().get(pk=person.pk)
    person.name, person.title, person.language = name, title, language
    person.save(update_fields=["name", "title", "language"])
    if (before.name, before.title) == (name, title):
        return
    detail = {"before": [before.name, before.title], "after": [name, title]}
    for unit in units_held(person, now=now):
        log_append(by=person, act="person-name", subject=f"person:{person.pk}", unit=unit, detail=detail, now=now)


def sessions_end(person: Person, *, but: str = "", only: int | None = None) -> int:
    """End sessions of a person; return how many.

    Args:
        person: whose.
        but: key of the session that goes on, such as the one that asks.
        only: the one session to end; all of them if not given.
    """
    sessions = UserSession.objects.filter(user_id=person.pk).exclude(session_key=stored_name(but))
    if only is not None:
        sessions = sessions.filter(pk=only)
    ended = list(sessions)
    for session in ended:
        session.end()
    return len(ended)


def sessions_clear() -> None:
    """Throw away sessions whose time is over: whoever asks a passkey's question, without an account too, makes one."""
    SessionStore.clear_expired()


@transaction.atomic
def person_vouch(*, person: Person, by: Person | None, now: datetime) -> None:
    """Vouch for a person; for one who needs it no more, nothing happens.

    Args:
        person: whose account it is.
        by: who knows him; ``None`` for the command line of the centre.
        now: the time (UTC).

    Raises:
        AccessError: the person holds more than ``by`` could give.
        PeopleError: the person has left, ``by`` brought him, or nobody has vouched for who brought him or for ``by``.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    if by is not None and not may_manage(by, person, day=today(now)):
        raise AccessError(Text("this person is not yours to manage"), is_hidden=False)
    if not person.is_active:
        raise PeopleError(_("this person has left"))
    if person.is_vouched:
        return
    if by is not None and not may_vouch(by, person, day=today(now)):
        raise PeopleError(
            _("somebody else must vouch for this person"),
            hint=_("not who gave the link, and not while one of these two needs it himself"),
        )
    if by is None:
        person.brought_by = None
    person.vouched_by = by
    person.save(update_fields=["brought_by", "vouched_by"])
    for unit in units_held(person, now=now):
        detail = {"name": person.name}
        log_append(by=by, act="person-vouch", subject=f"person:{person.pk}", unit=unit, detail=detail, now=now)


@transaction.atomic
def person_leave(*, person: Person, by: Person | None, now: datetime) -> None:
    """End a person's duties and sessions, and every open invitation to or from that person.

    Password and second factors go as well; cases of the help desk go back to their units. The name stays readable on
    what the person did. What waits for somebody else is told by
    :func:`quetsach.web.office.people.selectors.left_behind`.

    Args:
        person: who leaves.
        by: who says so; ``None`` for the command line of the centre.
        now: the time (UTC).

    Raises:
        AccessError: the person holds more than ``by`` could give.
        PeopleError: the last operator cannot leave.
    """
    if by is not None and not may_manage(by, person, day=today(now)):
        raise AccessError(Text("this person is not yours to manage"), is_hidden=False)
    if not person.is_active:
        raise PeopleError(_("this person has left"))
    keep_an_operator(person, now=now)
    day = today(now)
    ended = list(Duty.objects.on(day).filter(person=person).select_related("unit"))
    for duty in ended:
        duty.until = max(day, duty.first)
    Duty.objects.bulk_update(ended, ["until"])
    of_person = Q(given_by=person) | Q(email=person.email)
    voided = Invitation.objects.filter(of_person, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    person.is_active, person.left_at = False, now
    person.set_unusable_password()
    person.save(update_fields=["is_active", "left_at", "password"])
    Authenticator.objects.filter(user_id=person.pk).delete()
    person.kept_forms.all().delete()
    sessions = sessions_end(person)
    for case in person.cases.exclude(state=CaseState.CLOSED).select_related("unit"):
        case.assignee = None
        case.save(update_fields=["assignee"])
        log_append(by=by, act="case-give-back", subject=f"case:{case.code}", unit=case.unit, detail={}, now=now)
    units: set[Unit | None] = {duty.unit for duty in ended}
    for unit in units or {None}:
        detail = {
            "name": person.name,
            "duties": sorted(duty.role for duty in ended if duty.unit == unit),
            "sessions": sessions,
            "invitations": voided,
        }
        log_append(by=by, act="person-leave", subject=f"person:{person.pk}", unit=unit, detail=detail, now=now)
