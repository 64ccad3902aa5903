"""Reads of kits: what a person may see, and how each stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.authority import Act, scope
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.people.access import duties_of, require, within
from quetsach.web.office.people.models import Person
from quetsach.web.office.publicity.models import Kit
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import unit_of

MAX_KITS = 100
MAX_UNITS = 300


class KitState(StrEnum):
    """How a kit stands."""

    DRAFT = "draft"
    WAITING = "waiting"
    REFUSED = "refused"
    RELEASED = "released"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KitStanding:
    """A kit with its state and the approval that decides it, if one was asked for."""

    kit: Kit
    state: KitState
    approval: Approval | None


def kits_seen(person: Person, *, day: date) -> list[KitStanding]:
    """Return the newest kits of the units that a person sees."""
    mine = within(person, Act.SEE, day=day)
    kits = Kit.objects.filter(mine).distinct().select_related("unit", "verification", "made_by", "campaign")
    return standings(kits[:MAX_KITS])


def kit_seen(person: Person, number: int, *, day: date) -> KitStanding | None:
    """Return one kit; ``None`` if there is none.

    Raises:
        AccessError: hidden from this person.
    """
    kit = Kit.objects.select_related("unit", "verification", "made_by", "campaign").filter(pk=number).first()
    if kit is None:
        return None
    require(person, Act.SEE, kit.unit, day=day)
    return standings([kit])[0]


def standings(kits: Iterable[Kit]) -> list[KitStanding]:
    """Return how kits stand, by what was asked last about exactly their content."""
    listed = list(kits)
    asked = Approval.objects.filter(kind="kit", subject__in=[kit.log_subject for kit in listed]).order_by("asked_at")
    latest = {(a.subject, a.digest): a for a in asked.select_related("asked_by", "decided_by")}
    found = ((kit, latest.get((kit.log_subject, kit.sha256))) for kit in listed)
    return [KitStanding(kit, _state(kit, approval), approval) for kit, approval in found]


def units_offered(person: Person, act: Act, *, day: date) -> Sequence[Unit]:
    """Return the units that a person's duties name for an act, each followed by the units directly below it."""
    tops = scope(duties_of(person, day=day), act)
    places = Position.objects.on(day).select_related("unit")
    found: dict[str, Unit] = {}
    for top in places.filter(path__in=tops):
        found[top.unit.key] = top.unit
        below = places.filter(parent=top.unit).order_by("unit__code")[:MAX_UNITS]
        found |= {place.unit.key: place.unit for place in below}
    return list(found.values())[:MAX_UNITS]


def unit_asked_for(person: Person, asked: str, act: Act, *, day: date) -> Unit | None:
    """Return the unit of a key or a name, or the first that a person's duties name; ``None`` if there is none.

    Names are looked for among the units that the person is offered.

    Raises:
        AccessError: the unit is not this person's.
    """
    if not asked:
        return next(iter(units_offered(person, act, day=day)), None)
    try:
        unit = unit_of(asked)
    except Unit.DoesNotExist:
        return next((unit for unit in units_offered(person, act, day=day) if unit.name == asked), None)
    require(person, act, unit, day=day)
    return unit


def _state(kit: Kit, approval: Approval | None) -> KitState:
    if kit.verification.revoked_at:
        return KitState.REVOKED
    if approval is None:
        return KitState.DRAFT
    if approval.is_granted is None:
        return KitState.WAITING
    return KitState.RELEASED if approval.is_granted else KitState.REFUSED
