"""Vouching: a second person says to whom an account belongs, so that it counts as another pair of eyes."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.web.office.errors import AccessError
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import today
from quetsach.web.office.people.errors import PeopleError
from quetsach.web.office.people.models import Person
from quetsach.web.office.people.power import may_manage, may_vouch
from quetsach.web.office.people.services.duty import units_held


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
        raise AccessError("this person is not yours to manage", is_hidden=False)
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
