"""Reads of kits: what a person may see, how each stands, and what the public is told of a code."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from quetsach.campaign.authority import Permission, scope
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import is_approved
from quetsach.web.office.codes import Verification, VerificationKind
from quetsach.web.office.letters.document.demonstration import AUTHORITY
from quetsach.web.office.people.access import duties_of, require, within
from quetsach.web.office.people.models import Person
from quetsach.web.office.publicity.models import Kit
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import unit_of

# Reads of kits: what a person may see, and how each stands.

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
    mine = within(person, Permission.SEE, day=day)
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
    require(person, Permission.SEE, kit.unit, day=day)
    return standings([kit])[0]


def standings(kits: Iterable[Kit]) -> list[KitStanding]:
    """Return how kits stand, by what was asked last about exactly their content."""
    listed = list(kits)
    asked = Approval.objects.filter(kind="kit", subject__in=[kit.log_subject for kit in listed]).order_by("asked_at")
    latest = {(a.subject, a.digest): a for a in asked.select_related("asked_by", "decided_by")}
    found = ((kit, latest.get((kit.log_subject, kit.sha256))) for kit in listed)
    return [KitStanding(kit, _state(kit, approval), approval) for kit, approval in found]


def units_offered(person: Person, act: Permission, *, day: date) -> Sequence[Unit]:
    """Return the units that a person's duties name for an act, each followed by the units directly below it."""
    tops = scope(duties_of(person, day=day), act)
    places = Position.objects.on(day).select_related("unit")
    found: dict[str, Unit] = {}
    for top in places.filter(path__in=tops):
        found[top.unit.key] = top.unit
        below = places.filter(parent=top.unit).order_by("unit__code")[:MAX_UNITS]
        found |= {place.unit.key: place.unit for place in below}
    return list(found.values())[:MAX_UNITS]


def unit_asked_for(person: Person, asked: str, act: Permission, *, day: date) -> Unit | None:
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


# Answering what the public asks about a code.


@dataclass(frozen=True, slots=True)
class Genuine:
    """What is known about a code that is ours. ``revoked_at`` is set when the thing no longer holds.

    ``signatures`` are ``None`` where nobody noted whether the thing was signed, and empty where it was not;
    ``is_signed_in_force`` says that all its certificates are known to have been within their term then.
    """

    code: str
    kind: VerificationKind
    issuer: LocalText
    title: LocalText
    asks: LocalText
    issued_on: date
    url: str
    signatures: list[dict[str, str]] | None
    is_signed_in_force: bool
    revoked_at: datetime | None
    revoked_because: str


def genuine(code: str) -> Genuine | None:
    """Return what the public may know about a code as ``read_code`` gives it; ``None`` if it is not (yet) ours."""
    found = Verification.objects.filter(code=code).select_related("kit").first()
    if found is None or (found.kind == VerificationKind.KIT and not kit_is_released(found.kit)):
        return None
    return Genuine(
        code=found.code,
        kind=VerificationKind(found.kind),
        issuer=found.issuer,
        title=found.title,
        asks=found.asks,
        issued_on=found.issued_on,
        url=found.url,
        signatures=found.signatures,
        is_signed_in_force=_was_in_force(found.signatures or [], found.registered_at),
        revoked_at=found.revoked_at,
        revoked_because=found.revoked_because,
    )


def _was_in_force(signatures: list[dict[str, str]], at: datetime) -> bool:
    """Whether all certificates were within their term at a time.

    Not so where there is none, their days were not noted, or one is of nobody, made to show signing with.
    """
    return bool(signatures) and all(
        "until" in one
        and one["authority"] != AUTHORITY
        and datetime.fromisoformat(one["first"]) <= at < datetime.fromisoformat(one["until"])
        for one in signatures
    )


def kit_is_released(kit: Kit) -> bool:
    """Whether a second person let exactly this kit out."""
    return is_approved(kind="kit", subject=kit.log_subject, digest=kit.sha256)
