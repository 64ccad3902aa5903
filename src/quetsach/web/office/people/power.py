"""Power over people: who may give a duty, and over whom somebody may decide."""

from datetime import date

from quetsach.campaign.authority import Act, Duty, Role, may, may_give
from quetsach.web.office.people.access import duties_of, paths_of
from quetsach.web.office.people.models import Duty as StoredDuty
from quetsach.web.office.people.models import Person
from quetsach.web.office.units.models import Unit
from quetsach.web.office.units.selectors import root_unit


def may_give_over(by: Person, role: Role, unit: Unit, *, day: date) -> bool:
    """Whether a person may give a role over a unit, and end it there: in his subtree, never more than he has."""
    held, paths = duties_of(by, day=day), paths_of(unit, day=day)
    return bool(paths) and all(may_give(held, Duty(role, path)) for path in paths)


def may_manage(by: Person, person: Person, *, day: date) -> bool:
    """Whether one may decide over the account of another: only who could give all that the other holds.

    Whoever resets an account could sign in with it; so nobody resets one that holds more than he has. People who hold
    nothing any more are managed by whoever managed them last.
    """
    if by.pk == person.pk:
        return False
    duties = list(StoredDuty.objects.on(day).filter(person=person).select_related("unit"))
    if not duties:
        duties = list(StoredDuty.objects.filter(person=person).select_related("unit").order_by("-until", "-pk")[:1])
    if not duties:
        return any(may(duties_of(by, day=day), Act.MANAGE_PEOPLE, path) for path in paths_of(root_unit(), day=day))
    return all(may_give_over(by, Role(duty.role), duty.unit, day=day) for duty in duties)
