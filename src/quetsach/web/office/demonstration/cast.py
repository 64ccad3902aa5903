"""The people of the story. None has a password: nobody can sign in as one of them."""

from datetime import date

from django.conf import settings

from quetsach.campaign.authority import Role
from quetsach.core.errors import QuetsachError
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.demonstration.story import at, story
from quetsach.web.office.people.access import DOMAIN
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.tree.models import Unit

_SINCE = date(2020, 1, 1)
type Cast = dict[str, Person]


def hire() -> Cast:
    """Return the people by their names in the story, with their duties."""
    if settings.CENTER.is_real:
        raise QuetsachError("a real centre gets no invented people", where=str(settings.CENTER.data))
    cast: Cast = {}
    for key, who in story()["people"].items():
        person = Person.objects.create_user(f"{key}{DOMAIN}", name=who["name"], title=who["title"])
        unit = Unit.objects.get(key=who["unit"])
        Duty.objects.create(person=person, role=Role(who["role"]).value, unit=unit, first=_SINCE)
        cast[key] = person
    return cast


def grant(subject: str, by: Person, when: str) -> None:
    """Let what waits under a subject be granted by a second person."""
    approval = Approval.objects.get(subject=subject, is_granted=None)
    approval_decide(approval=approval, is_granted=True, reason="", by=by, now=at(when))
