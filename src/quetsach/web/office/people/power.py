"""Power over people: who may give a duty, and over whom somebody may decide."""

from datetime import date

from quetsach.campaign.authority import Act, Duty, Role, may_give
from quetsach.web.office.people.access import duties_of, may_do, paths_of
from quetsach.web.office.people.models import Duty as StoredDuty
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit


def may_give_over(by: Person, role: Role, unit: Unit, *, day: date) -> bool:
    """Whether a person may give a role over a unit, and end it there: in his subtree, never more than he has.

    What is held over a unit that is no more and left nothing behind opens nothing; the centre alone clears it away.
    """
    held, paths = duties_of(by, day=day), paths_of(unit, day=day)
    if not paths:
        return manages_country(by, day=day)
    return all(may_give(held, Duty(role, path)) for path in paths)


def manages_country(by: Person, *, day: date) -> bool:
    """Whether somebody manages people over the whole country."""
    return may_do(by, Act.MANAGE_PEOPLE, root_unit(), day=day)


def may_vouch(by: Person, person: Person, *, day: date) -> bool:
    """Whether one may say whose account this is: not who brought it, nor who is unknown himself.

    Both, who brought it and who vouches, are known themselves: so nobody comes to a second account that counts without
    another person who let it happen.
    """
    if person.brought_by is None or person.is_vouched or person.brought_by_id == by.pk:
        return False
    return by.is_vouched and person.brought_by.is_vouched and may_manage(by, person, day=day)


def may_manage(by: Person, person: Person, *, day: date) -> bool:
    """Whether one may decide over the account of another: only who could give all that the other holds.

    Whoever resets an account could sign in with it; so nobody resets one that holds more than he has. People who hold
    nothing any more are managed by whoever managed them last.
    """
    if by.pk == person.pk:
        return False
    duties = list(StoredDuty.objects.on(day).filter(person=person).select_related("unit"))
    if held := [duty for duty in duties if paths_of(duty.unit, day=day)]:
        return all(may_give_over(by, Role(duty.role), duty.unit, day=day) for duty in held)
    last = StoredDuty.objects.filter(person=person).select_related("unit").order_by("-until", "-pk").first()
    return may_give_over(by, Role(last.role), last.unit, day=day) if last else manages_country(by, day=day)
