"""Invitations: a link that is signed, expires and works once. With it somebody joins, or starts anew after a loss."""

import hashlib
import secrets
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Role
from quetsach.core.text import Text
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import may_give_over, may_manage, today
from quetsach.web.office.people.models import Invitation, PeopleError, Person
from quetsach.web.office.people.services.account import duty_give, require_gift, sessions_end, units_held
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Unit

LIFETIME = timedelta(days=7)
_SALT = "quetsach.office.invitation"
_LONGEST = 300


@transaction.atomic
def invitation_issue(*, email: str, role: Role, unit: Unit, by: Person | None, now: datetime) -> tuple[Invitation, str]:
    """Invite somebody to a duty.

    Args:
        email: the address, which becomes the login.
        role: the duty that comes with it.
        unit: over which unit.
        by: who invites; ``None`` for the command line of the centre.
        now: the time (UTC).

    Returns:
        the invitation, and the token of its link, which is kept nowhere.

    Raises:
        AccessError: the duty is not this person's to give.
        PeopleError: the address belongs to somebody who works here already.
    """
    address = email.strip().lower()
    require_gift(role=role, unit=unit, by=by, now=now)
    if Person.objects.filter(email=address, is_active=True).exists():
        raise PeopleError(_("somebody with this address works here already"), hint=_("give that person the duty"))
    Invitation.objects.filter(email=address, unit=unit, role=role, used_at=None, withdrawn_at=None).update(
        withdrawn_at=now
    )
    invitation, token = _new_invitation(email=address, role=role, unit=unit, by=by, now=now)
    detail = {"email": address, "role": role.value}
    log_append(by=by, act="person-invite", subject=f"invitation:{invitation.pk}", unit=unit, detail=detail, now=now)
    return invitation, token


@transaction.atomic
def invitation_renew(*, person: Person, by: Person | None, now: datetime) -> tuple[Invitation, str]:
    """Give somebody a link to set password and second factor anew; what he has works until he uses it.

    Raises:
        AccessError: the person holds more than ``by`` could give: whoever resets an account could sign in with it.
        PeopleError: the person has left.
    """
    if by is not None and not may_manage(by, person, day=today(now)):
        raise AccessError(Text("this person is not yours to manage"), is_hidden=False)
    if not person.is_active:
        raise PeopleError(_("this person has left"), hint=_("send a new invitation to the address"))
    Invitation.objects.filter(person=person, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    invitation, token = _new_invitation(email=person.email, person=person, by=by, now=now)
    for unit in units_held(person, now=now):
        log_append(by=by, act="person-renew", subject=f"person:{person.pk}", unit=unit, detail={}, now=now)
    return invitation, token


@transaction.atomic
def invitation_withdraw(*, invitation: Invitation, by: Person | None, now: datetime) -> None:
    """Make an open invitation worthless.

    Raises:
        AccessError: not this person's to withdraw.
    """
    if by is not None and not _is_his(invitation, by, now=now):
        raise AccessError(Text("this invitation is not yours"), is_hidden=True)
    if invitation.used_at is None and invitation.withdrawn_at is None:
        invitation.withdrawn_at = now
        invitation.save(update_fields=["withdrawn_at"])
        log_append(
            by=by,
            act="invitation-withdraw",
            subject=f"invitation:{invitation.pk}",
            unit=invitation.unit,
            detail={"email": invitation.email},
            now=now,
        )


def invitation_of(token: str, *, now: datetime) -> Invitation | None:
    """Return the open invitation of a link.

    ``None`` if it was invented, used, withdrawn or has expired, or if whoever gave it could no longer give it: a link
    must not outlive the power behind it, nor reach an account that has come to hold more.
    """
    if len(token) > _LONGEST:
        return None
    try:
        secret = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    open_ones = Invitation.objects.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)
    found = open_ones.filter(digest=_digest(str(secret))).select_related("person", "unit", "given_by").first()
    if found is None or (found.given_by is not None and not _is_his(found, found.given_by, now=now)):
        return None
    if found.person is None and Person.objects.filter(email=found.email, is_active=True).exists():
        return None
    return found


@transaction.atomic
def invitation_accept(*, token: str, name: str, title: str, language: str, password: str, now: datetime) -> Person:
    """Use an invitation up: the person has this name and password from now on, and sets up a second factor next.

    Raises:
        PeopleError: the link is not valid (any more).
    """
    invitation = invitation_of(token, now=now)
    if invitation is None or not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=now):
        raise PeopleError(_("this link is not valid any more"), hint=_("ask for a new one"))
    person = invitation.person or Person.objects.filter(email=invitation.email).first() or Person()
    is_new = person.pk is None
    person.email, person.name, person.title, person.language = invitation.email, name, title, language
    person.is_active, person.left_at = True, None
    person.brought_by, person.vouched_by = invitation.given_by, None
    person.set_password(password)
    person.save()
    Authenticator.objects.filter(user_id=person.pk).delete()
    sessions_end(person)
    Invitation.objects.filter(email=person.email, used_at=None, withdrawn_at=None).update(withdrawn_at=now)
    act = "person-join" if is_new else "person-begin-anew"
    for unit in {invitation.unit} if invitation.unit else units_held(person, now=now):
        log_append(by=person, act=act, subject=f"person:{person.pk}", unit=unit, detail={}, now=now)
    if invitation.unit is not None:
        role = Role(invitation.role)
        duty_give(person=person, role=role, unit=invitation.unit, by=invitation.given_by, now=now)
    return person


def _is_his(invitation: Invitation, by: Person, *, now: datetime) -> bool:
    """Whether somebody could give this invitation today."""
    if invitation.unit is not None:
        return may_give_over(by, Role(invitation.role), invitation.unit, day=today(now))
    return invitation.person is not None and may_manage(by, invitation.person, day=today(now))


def _new_invitation(
    *,
    email: str,
    by: Person | None,
    now: datetime,
    role: Role | None = None,
    unit: Unit | None = None,
    person: Person | None = None,
) -> tuple[Invitation, str]:
    secret = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        email=email,
        person=person,
        role=role.value if role else "",
        unit=unit,
        given_by=by,
        given_at=now,
        expires_at=now + LIFETIME,
        digest=_digest(secret),
    )
    return invitation, signing.dumps(secret, salt=_SALT)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
