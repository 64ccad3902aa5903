"""Reads of letters: what a person sees, what came to a unit, the register, the queue of mail."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Count, Q, QuerySet

from quetsach.campaign.authority import Permission, scope
from quetsach.campaign.letters.delivery_status import DispatchProgress
from quetsach.core.text import Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.letters.models import Channel, Dispatch, Letter, LetterState, PublishedLetters, RegisterBook
from quetsach.web.office.letters.selectors.distribution import came_to
from quetsach.web.office.letters.services.dispatches import courses_of
from quetsach.web.office.letters.signing_credentials import KeyState, key_folders, keys_to_renew
from quetsach.web.office.mail.models import Message, MessageKind, MessageState
from quetsach.web.office.people.access import duties_of, may_do, today, visible, within
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Group, Membership, Position, Unit
from quetsach.web.office.tree.selectors import children_of, root_unit, subtree_of
from quetsach.web.office.units.selectors import require_sight


class LetterStage(StrEnum):
    """How far a letter is for who works on it: its state, and what became of its approval."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REFUSED = "refused-approval"
    APPROVED = "approved"
    ISSUED = "issued"
    REPLACED = "replaced"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Audience:
    """A choice of units that a letter can be sent to. ``code`` is ``children``, ``level-2`` or ``group-7``."""

    code: str
    kinds: tuple[str, ...]
    group: str
    total: int


def letter_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return number and subject of letters by their keys, of a draft its subject."""
    found = Letter.objects.filter(pk__in=[int(key) for key in keys if key.isdecimal() and len(key) < 10])
    named = {str(letter.pk): (letter.number_sign, letter.subject) for letter in found}
    return {key: ": ".join(part for part in parts if part) for key, parts in named.items() if any(parts)}


def letters_visible(person: Person, *, day: date) -> QuerySet[Letter]:
    """Return the letters that units within a person's sight wrote, the newest first."""
    seen = within_sight(person, "unit", day)
    return Letter.objects.filter(seen).distinct().select_related("unit").order_by("-pk")


def letter_visible(person: Person, pk: int, *, day: date) -> Letter:
    """Return one of those letters.

    Raises:
        AccessError: there is none, or the person does not see it; the same for both.
    """
    letter = letters_visible(person, day=day).select_related("unit", "earlier", "covers", "root").filter(pk=pk).first()
    if letter is None:
        raise AccessError(Text("there is no such letter"), is_hidden=True)
    return letter


def stages_of(letters: Collection[Letter]) -> dict[int, LetterStage]:
    """Return how far each letter is, by its key; one query for all."""
    found = {letter.pk: LetterStage(letter.state) for letter in letters}
    subjects = {letter.log_subject: letter.pk for letter in letters if letter.state == LetterState.SUBMITTED}
    asked = Approval.objects.filter(kind="letter", subject__in=subjects).order_by("pk")
    for approval in asked.only("subject", "is_granted", "decided_by_id") if subjects else ():
        found[subjects[approval.subject]] = _stage(approval)
    return found


@dataclass(frozen=True, slots=True)
class LetterApprovals:
    """The newest approval of a letter as it is now, and the newest that a person refused."""

    of_this: Approval | None
    refused: Approval | None


def approvals_of(letter: Letter, digest: str) -> LetterApprovals:
    """Return what became of asking for a letter, whose content has a digest now."""
    asked = Approval.objects.filter(kind="letter", subject=letter.log_subject).select_related("decided_by")
    refused = asked.filter(is_granted=False).exclude(decided_by=None)
    return LetterApprovals(asked.filter(digest=digest).order_by("-pk").first(), refused.order_by("-pk").first())


def letters_at(letters: QuerySet[Letter], stage: str) -> QuerySet[Letter]:
    """Keep the letters that are at a stage; all for what is no stage."""
    if stage not in set(LetterStage):
        return letters
    if stage in set(LetterState) - {LetterState.SUBMITTED}:
        return letters.filter(state=stage)
    stages = stages_of(list(letters.filter(state=LetterState.SUBMITTED)))
    return letters.filter(pk__in=[pk for pk, found in stages.items() if found == stage])


def letter_within_sight(person: Person, pk: int, unit: Unit, *, day: date) -> Letter:
    """Return a letter whose way below a unit the person may follow: it came there, or the person sees who wrote it.

    Raises:
        AccessError: it did not come there, or the person does not see the unit.
    """
    require_sight(person, unit, day=day)
    letter = Letter.objects.select_related("unit").filter(pk=pk).first()
    if letter and (came_to(letter, unit) or letters_visible(person, day=day).filter(pk=pk).exists()):
        return letter
    raise AccessError(Text("there is no such letter"), is_hidden=True)


def own_units(person: Person, act: Permission, *, day: date) -> list[Unit]:
    """Return the units that a person acts for: the tops of what the duties cover, in the tree of the day."""
    places = own_places(person, act, day=day).select_related("unit").order_by("path")
    return [place.unit for place in places]


def own_places(person: Person, act: Permission, *, day: date) -> QuerySet[Position]:
    """Return the places of the units that a person acts for."""
    return Position.objects.on(day).filter(path__in=scope(duties_of(person, day=day), act))


def own_keys_to_renew(person: Person, *, now: datetime) -> tuple[KeyState, ...]:
    """Return the keys of units that a person issues letters for, where they sign nothing any more or soon will not."""
    names = {folder.name for folder in key_folders()}
    if not names:
        return ()
    units = own_units(person, Permission.ISSUE_LETTER, day=today(now))
    return keys_to_renew((unit for unit in units if unit.key in names), now=now)


def inbox_of(unit: Unit) -> QuerySet[Dispatch]:
    """Return what came to a unit, the newest first."""
    came = Dispatch.objects.filter(to_unit=unit).select_related("letter__unit", "from_unit", "to_unit")
    return came.order_by("-made_at", "-pk")


def courses_among(dispatches: Iterable[Dispatch]) -> dict[int, DispatchProgress]:
    """Return where each of some dispatches stands, by its key; one query for all."""
    return courses_of(Dispatch.objects.filter(pk__in=[dispatch.pk for dispatch in dispatches]))


def receivers_of(letter: Letter) -> list[Unit]:
    """Return the units that a letter was sent to, by key."""
    return list(Unit.objects.filter(received_dispatches__letter=letter).order_by("key"))


def is_published(campaign: str) -> bool:
    """Whether it was published how the letters of a campaign went."""
    return PublishedLetters.objects.filter(campaign=campaign).exists()


def dispatch_visible(person: Person, pk: int, *, day: date) -> Dispatch:
    """Return a dispatch to a unit that the person sees.

    Raises:
        AccessError: there is none, or the person does not see it; the same for both.
    """
    seen = within_sight(person, "to_unit", day)
    found = Dispatch.objects.filter(seen, pk=pk).distinct()
    dispatch = found.select_related("letter__unit", "from_unit", "to_unit", "above").first()
    if dispatch is None:
        raise AccessError(Text("there is no such letter"), is_hidden=True)
    return dispatch


def audiences_of(unit: Unit, *, day: date) -> list[Audience]:
    """Return the choices of units below one: those directly below, each level, each group."""
    below = subtree_of(unit, day).exclude(unit=unit)
    children = below.filter(parent=unit)
    found = [Audience("children", _kinds(children), "", children.count())]
    for level in sorted(set(below.values_list("level", flat=True))):
        here = below.filter(level=level)
        if here.exclude(parent=unit).exists():  # otherwise these are the ones directly below
            found.append(Audience(f"level-{level}", _kinds(here), "", here.count()))
    found += [Audience(f"group-{group.pk}", (), group.name_vi, size) for group, size in _groups(below, day)]
    return [audience for audience in found if audience.total]


def audience_units(unit: Unit, codes: list[str], *, day: date) -> list[Unit]:
    """Return the units of some choices, each once."""
    below = subtree_of(unit, day).exclude(unit=unit).select_related("unit")
    chosen = Q(pk__in=[])
    for code in codes:
        name, _, number = code.partition("-")
        if name == "children":
            chosen |= Q(parent=unit)
        elif name == "level" and number.isascii() and number.isdigit():
            chosen |= Q(level=int(number[:4]))
        elif name == "group" and number.isascii() and number.isdigit():
            chosen |= Q(unit__in=Membership.objects.on(day).filter(group=int(number[:9])).values("unit"))
    return [position.unit for position in below.filter(chosen)]


def children_without(dispatch: Dispatch, *, day: date) -> list[Unit]:
    """Return the units directly below the receiver that do not have the letter yet."""
    have = set(dispatch.letter.dispatches.values_list("to_unit", flat=True))
    return [unit for unit in children_of(dispatch.to_unit, day) if unit.pk not in have]


def register_of(unit: Unit, year: int) -> QuerySet[Letter]:
    """Return a unit's register of a year in the order of its numbers."""
    return Letter.objects.filter(unit=unit, year=year, number__isnull=False).order_by("book", "number")


def register_book(unit: Unit, year: int) -> RegisterBook | None:
    """Return the register of a unit's letters of a year; ``None`` while nothing was numbered in it."""
    return RegisterBook.objects.filter(unit=unit, year=year, book="cv").first()


def register_years(unit: Unit) -> list[int]:
    """Return the years that a unit issued letters in, the last first."""
    found = Letter.objects.filter(unit=unit, year__isnull=False).values_list("year", flat=True).distinct()
    return sorted((year for year in found if year), reverse=True)


def queued_for_mail(letter: Letter) -> int:
    """Return how many units a letter is still on its way to: their copy is not made, or their mail has not left."""
    waiting = Q(copy_sha256="") | Q(messages__kind=MessageKind.LETTER, messages__state=MessageState.QUEUED)
    return letter.dispatches.filter(waiting, channel=Channel.MAIL).distinct().count()


def mail_counts(person: Person, *, day: date) -> Counter[str]:
    """Return how many messages of units within sight are in each state."""
    rows = mail_visible(person, day=day).order_by().values("state").annotate(number=Count("pk", distinct=True))
    return Counter({row["state"]: row["number"] for row in rows})


def mail_visible(person: Person, *, day: date) -> QuerySet[Message]:
    """Return the mail that units in which a person may issue letters sent.

    Digests and reminders of returns belong to no dispatch: whoever issues the centre's letters looks after them.
    """
    seen = visible(person, Permission.ISSUE_LETTER, day=day, prefix="dispatch__from_unit__positions__")
    if may_do(person, Permission.ISSUE_LETTER, root_unit(), day=day):
        seen |= Q(dispatch=None)
    return Message.objects.filter(seen).distinct().select_related("dispatch__letter", "dispatch__to_unit")


def mail_in_trouble(person: Person, *, day: date) -> QuerySet[Message]:
    """Return the mail that a person has to look after."""
    troubled = mail_visible(person, day=day).filter(state__in=[MessageState.UNCERTAIN, MessageState.FAILED])
    return troubled.filter(Q(dispatch=None) | Q(dispatch__letter__state=LetterState.ISSUED)).order_by("-state", "pk")


def _stage(approval: Approval) -> LetterStage:
    if approval.is_granted is None:
        return LetterStage.SUBMITTED
    if approval.is_overtaken:
        return LetterStage.DRAFT
    return LetterStage.APPROVED if approval.is_granted else LetterStage.REFUSED


def within_sight(person: Person, unit: str, day: date) -> Q:
    """Return the filter of what units in a person's sight have; the centre also sees what left no successor behind."""
    if may_do(person, Permission.SEE, root_unit(), day=day):
        return Q()
    return within(person, Permission.SEE, day=day, unit=unit)


def _kinds(positions: QuerySet[Position]) -> tuple[str, ...]:
    return tuple(sorted(set(positions.order_by().values_list("unit__kind", flat=True).distinct())))


def _groups(below: QuerySet[Position], day: date) -> list[tuple[Group, int]]:
    held = Membership.objects.on(day).filter(unit__in=below.values("unit")).values_list("group", flat=True)
    sizes = Counter(held)
    return [(group, sizes[group.pk]) for group in Group.objects.filter(pk__in=sizes).order_by("pk")]
