"""Reads of people: who works below somebody, who is invited, what a departure leaves behind."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Model, Q, QuerySet

from quetsach.campaign.authority import PERMISSIONS, Permission, Role
from quetsach.campaign.helpdesk import CaseState
from quetsach.core.text import Text
from quetsach.web.office.people.access import is_barred, manages_country, may_manage, visible, within
from quetsach.web.office.people.kept_page import PageWords, Row
from quetsach.web.office.people.models import Duty, DutyQuerySet, Invitation, KeptForm, Person
from quetsach.web.office.people.services.keeping import LIFETIME, UNTYPED, fields_of, page_of_draft
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Position, Succession, Unit

_LONGEST_CHOICE = 300


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What waits for somebody else when a person goes."""

    alone: tuple[Duty, ...]
    """Duties that nobody else holds over the same unit."""
    asked: tuple[str, ...]
    """Titles of what the person asked approval for and nobody has decided."""
    invited: tuple[Invitation, ...]
    """Open invitations of the person, which become worthless."""
    cases: tuple[Model, ...]
    """Cases of the help desk that the person has and that are not closed; they go back to their units."""


def duties_below(by: Person, *, day: date, text: str = "", role: str = "") -> QuerySet[Duty]:
    """Return the duties that are held in the subtrees whose people somebody manages, by code."""
    found = Duty.objects.on(day)
    if not manages_country(by, day=day):
        found = found.filter(within(by, Permission.MANAGE_PEOPLE, day=day))
    if text:
        wanted = Q(person__name__icontains=text) | Q(person__email__icontains=text)
        found = found.filter(wanted | Q(unit__name_vi__icontains=text) | Q(unit__code=text))
    if role:
        found = found.filter(role=role)
    return (
        found.select_related("person", "unit").order_by("unit__code", "unit__opened", "role", "person__name").distinct()
    )


def duties() -> DutyQuerySet:
    """Return all duties of any time, with who has them and over which unit."""
    return Duty.objects.select_related("person", "unit")


def to_vouch_for(by: Person, *, day: date) -> int:
    """Count the people below somebody whose accounts wait for another than who brought them."""
    waiting = duties_below(by, day=day).filter(person__brought_by__isnull=False, person__vouched_by=None)
    return waiting.exclude(person__brought_by=by).exclude(person=by).values("person").distinct().count()


def invitations_below(by: Person, *, now: datetime, day: date) -> QuerySet[Invitation]:
    """Return the open invitations to duties in the subtrees whose people somebody manages."""
    open_ones = Invitation.objects.filter(
        within(by, Permission.MANAGE_PEOPLE, day=day), used_at=None, withdrawn_at=None, expires_at__gt=now
    )
    return open_ones.select_related("unit", "given_by").order_by("given_at").distinct()


def person_below(by: Person, key: int, *, day: date) -> Person:
    """Return a person that somebody manages, wholly or for some duties.

    Raises:
        AccessError: there is none, or none that is his to know.
    """
    person = Person.objects.filter(pk=key).first()
    if person is not None and (
        duties_below(by, day=day).filter(person=person).exists() or may_manage(by, person, day=day)
    ):
        return person
    raise AccessError(Text("no such person"), is_hidden=True)


def units_to_choose(by: Person, *, day: date) -> list[Unit] | None:
    """Return the units over which somebody may give duties, in the order of the tree; ``None`` if they are many."""
    positions = Position.objects.filter(visible(by, Permission.MANAGE_PEOPLE, day=day)).select_related("unit")
    found = list(positions.order_by("path")[: _LONGEST_CHOICE + 1])
    return [position.unit for position in found] if len(found) <= _LONGEST_CHOICE else None


def second_factors_of(person: Person) -> list[Authenticator]:
    """Return a person's app and passkeys, not the recovery codes."""
    factors = Authenticator.objects.filter(user_id=person.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return list(factors.order_by("created_at"))


def recovery_codes_left(person: Person) -> int | None:
    """Return how many recovery codes of a person are not used up; ``None`` while there never were any."""
    codes = Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(codes.wrap().get_unused_codes()) if codes else None


def sessions_of(person: Person) -> list[UserSession]:
    """Return the sessions that are open, the newest first; what has expired is cleared away."""
    return sorted(UserSession.objects.purge_and_list(person), key=lambda session: session.created_at, reverse=True)


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept form as it is sent again or written on: what it held, and how its page words that."""

    form: KeptForm
    fields: list[tuple[str, str]]
    words: PageWords

    @property
    def rows(self) -> list[Row]:
        """What was typed or chosen, in the words of its page; without names where the page is gone."""
        if self.words.title:
            return self.words.rows(self.fields)
        return [Row("", value) for name, value in self.fields if name not in UNTYPED and value.strip()]

    @property
    def page(self) -> str:
        """Of a draft, the page on which it is written."""
        return page_of_draft(self.form.path) if self.form.is_draft else ""


def kept_forms_of(person: Person, *, words: Callable[[str], PageWords], now: datetime) -> list[Kept]:
    """Return what is kept for a person, the newest first; ``words`` reads a page by its address."""
    return [
        Kept(form, fields_of(form), words(page_of_draft(form.path) if form.is_draft else form.page))
        for form in _kept(person, now)
    ]


def kept_form_count(person: Person, *, now: datetime) -> int:
    """Return how many forms are kept for a person."""
    return _kept(person, now).count()


def _kept(person: Person, now: datetime) -> QuerySet[KeptForm]:
    return KeptForm.objects.filter(person=person, kept_at__gt=now - LIFETIME)


def left_behind(person: Person, *, day: date, now: datetime) -> LeftBehind:
    """Return what must be handed over when a person goes."""
    held = list(Duty.objects.on(day).filter(person=person).select_related("unit"))
    others = Duty.objects.on(day).filter(person__is_active=True).exclude(person=person)
    alone = tuple(duty for duty in held if not others.filter(unit=duty.unit, role=duty.role).exists())
    asked = person.asked_approvals.filter(is_granted=None).order_by("asked_at").values_list("title", flat=True)
    invited = Invitation.objects.filter(given_by=person, used_at=None, withdrawn_at=None, expires_at__gt=now)
    cases = person.cases.exclude(state=CaseState.CLOSED).select_related("unit").order_by("changed_at")
    return LeftBehind(alone, tuple(asked), tuple(invited.select_related("unit")), tuple(cases))


def person_names(keys: Collection[str]) -> Mapping[str, str]:
    """Return what the log calls people, by their numbers."""
    found = Person.objects.filter(pk__in=[int(key) for key in keys if key.isdecimal() and len(key) < 10])
    return {str(person.pk): person.name for person in found}


def is_anybody_in() -> bool:
    """Whether somebody can sign in at all; the people of the demonstration cannot."""
    return _able().exists()


def operators_of(centre: Unit, *, day: date) -> int:
    """Count the operators of the centre who can sign in and act: with a second factor, and vouched for if need be."""
    held = Duty.objects.on(day).filter(unit=centre, role=Role.OPERATOR).values("person")
    with_factor = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES).values("user")
    vouched = Q(brought_by=None) | Q(vouched_by__isnull=False)
    return sum(not is_barred(person) for person in _able().filter(vouched, pk__in=held).filter(pk__in=with_factor))


def people_with(act: Permission, keys: Collection[str], *, day: date) -> list[Person]:
    """Return the people who can sign in and hold a duty with ``act`` over a unit of these keys, or one that became it.

    Whether the duty reaches what they are asked about is for the caller to see: roles and trees change.
    """
    units = set(Unit.objects.filter(key__in=keys).values_list("pk", flat=True))
    found = units
    while found:
        found = set(Succession.objects.filter(new__in=found, on__lte=day).values_list("old", flat=True)) - units
        units |= found
    roles = [role for role in Role if act in PERMISSIONS[role]]
    held = Duty.objects.on(day).filter(unit__in=units, role__in=roles).values("person")
    return [person for person in _able().filter(pk__in=held).order_by("pk") if not is_barred(person)]


def open_invitations(unit: Unit, *, now: datetime) -> int:
    """Count the invitations to duties over a unit that nobody has taken up yet."""
    return Invitation.objects.filter(unit=unit, used_at=None, withdrawn_at=None, expires_at__gt=now).count()


def _able() -> QuerySet[Person]:
    """Return the active people with a password; those of the demonstration have none."""
    unusable = Q(password="") | Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return Person.objects.filter(is_active=True).exclude(unusable)
