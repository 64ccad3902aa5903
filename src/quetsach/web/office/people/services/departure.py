"""Leaving: everything that opens the office to a person is closed in one step."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from quetsach.campaign.helpdesk.case_state import CaseState
from quetsach.web.office.errors import AccessError
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import today
from quetsach.web.office.people.errors import PeopleError
from quetsach.web.office.people.models import Duty, Invitation, Person
from quetsach.web.office.people.power import may_manage
from quetsach.web.office.people.services.account import sessions_end
from quetsach.web.office.people.services.duty import keep_an_operator
from quetsach.web.office.tree.models import Unit


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
        raise AccessError("this person is not yours to manage", is_hidden=False)
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
