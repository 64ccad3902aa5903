"""Who asks, and the one check of every service: who may do this, to this unit or over whom, on this day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.conf import settings
from django.db.models import FilteredRelation, Q
from django.http import HttpRequest
from django.utils import timezone

from quetsach.campaign.authority import Duty, Permission, Role, may, may_give, scope
from quetsach.core.text import Text
from quetsach.web.office.people.models import Duty as StoredDuty
from quetsach.web.office.people.models import Person
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Position, Succession, Unit, UnitKind
from quetsach.web.office.tree.selectors import root_unit

# The one check of every service: who may do this, to this unit, on this day.
#
# A role is held over a unit and all that is below it on the day that is asked about. When a reform replaces a unit, its
# people keep their duties over its successors.

DOMAIN = "@demonstration.invalid"
"""Of the addresses of the demonstration's people, who are invented: in a real centre they are nobody."""


def is_barred(person: object) -> bool:
    """Whether somebody may not come in, because they are invented and the centre is real."""
    return bool(settings.CENTER.is_real) and str(getattr(person, "email", "")).lower().endswith(DOMAIN)


def today(now: datetime) -> date:
    """Return the day in the country."""
    return timezone.localdate(now)


@kept_while_read
def duties_of(person: Person, *, day: date) -> tuple[Duty, ...]:
    """Return what a person holds on a day, with the paths of that day's tree."""
    if not person.is_active:
        return ()
    then = Q(unit__positions__until=None) | Q(unit__positions__until__gt=day)
    place = FilteredRelation("unit__positions", condition=then & Q(unit__positions__first__lte=day))
    held = StoredDuty.objects.on(day).filter(person=person).annotate(place=place)
    found: set[Duty] = set()
    for role, unit, path in held.values_list("role", "unit", "place__path"):
        found |= {Duty(Role(role), here) for here in ([path] if path else _paths(unit, day))}
    return tuple(sorted(found))


def may_do(person: Person, act: Permission, unit: Unit, *, day: date) -> bool:
    """Whether a person may do ``act`` to a unit of that day's tree, or to one that no longer stands there."""
    duties = duties_of(person, day=day)
    return any(may(duties, act, path) for path in paths_of(unit, day=day))


def paths_of(unit: Unit, *, day: date) -> tuple[str, ...]:
    """Return where a unit, or what succeeded it, stands on a day; empty if it is nowhere."""
    if unit.kind == UnitKind.CENTRE and unit.closed is None:
        return (f"/{unit.key}/",)  # the top on every day: half of all pages ask about it
    return tuple(_paths(unit.pk, day))


def require(person: Person, act: Permission, unit: Unit, *, day: date) -> None:
    """Let pass, or refuse.

    Raises:
        AccessError: the person may not do this; hidden when the unit is outside what the person sees.
    """
    if may_do(person, act, unit, day=day):
        return
    raise AccessError(Text("this is not yours to do"), is_hidden=not may_do(person, Permission.SEE, unit, day=day))


def visible(person: Person, act: Permission, *, day: date, prefix: str = "") -> Q:
    """Return the filter for what a person may do ``act`` to on a day.

    Args:
        person: who asks.
        act: what it is for, usually ``Act.SEE``.
        day: the day of the tree.
        prefix: how the filtered model reaches a unit's positions, such as ``unit__positions__``; empty for positions.
            Through a relation, add ``.distinct()``.
    """
    tops = scope(duties_of(person, day=day), act)
    if not tops:
        return Q(pk__in=[])
    places = Q()
    for top in tops:
        places |= Q(**{f"{prefix}path__startswith": top})
    in_time = Q(**{f"{prefix}first__lte": day}) & (Q(**{f"{prefix}until": None}) | Q(**{f"{prefix}until__gt": day}))
    return places & in_time


def within(person: Person, act: Permission, *, day: date, unit: str = "unit") -> Q:
    """Return the filter, for models with a ``unit``, of what lies in the subtrees in which a person may do ``act``.

    Besides the units that stand there on the day, these are the ones that they succeeded and that are no more: what
    happened to a unit before a reform stays with its successors. Add ``.distinct()``.

    Args:
        person: who asks.
        act: what it is for.
        day: the day of the tree.
        unit: what the filtered model calls its unit, such as ``to_unit``.
    """
    units = Position.objects.filter(visible(person, act, day=day)).values("unit")
    standing = Position.objects.on(day).values("unit")
    ended = Q(**{f"{unit}__successors__new__in": units, f"{unit}__successors__on__lte": day})
    return Q(**{f"{unit}__in": units}) | (ended & ~Q(**{f"{unit}__in": standing}))


@kept_while_read
def _paths(unit: int, day: date) -> Sequence[str]:
    """Return the paths that a unit, or what succeeded it, has on a day; a unit without any is nobody's."""
    seen, units = {unit}, [unit]
    while units:
        became = Succession.objects.filter(old__in=units, on__lte=day).values("new")
        found = Position.objects.on(day).filter(Q(unit__in=units) | Q(unit__in=became)).values_list("unit", "path")
        here, later = ([path for one, path in found if (one in units) is stays] for stays in (True, False))
        if here or later:
            return here or later
        units = list(
            Succession.objects.filter(old__in=units, on__lte=day).exclude(new__in=seen).values_list("new", flat=True)
        )
        seen |= set(units)
    return ()


# Power over people: who may give a duty, and over whom somebody may decide.


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
    return may_do(by, Permission.MANAGE_PEOPLE, root_unit(), day=day)


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


# Who asks for a page, and when.


def current_person(request: HttpRequest) -> Person:
    """Return who is signed in; behind the middleware of the office there always is somebody.

    Raises:
        AccessError: nobody is: the address lies outside the office.
    """
    if not isinstance(request.user, Person):
        raise AccessError(Text("nobody is signed in"), is_hidden=False)
    return request.user


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """The person who asks, the moment (UTC), and its day in Viet Nam."""

    person: Person
    now: datetime
    day: date

    @classmethod
    def of(cls, request: HttpRequest) -> "CurrentUser":
        """Return who asks.

        Raises:
            AccessError: nobody is signed in: the address lies outside the office.
        """
        now = datetime.now(UTC)
        return cls(current_person(request), now, today(now))
