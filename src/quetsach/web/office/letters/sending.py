"""Sending a letter to units, and passing it on to the units below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.letters.course import Happening
from quetsach.campaign.letters.errors import LetterError
from quetsach.web.office.letters.events import event_add
from quetsach.web.office.letters.models import Dispatch, DispatchEvent, Letter, LetterState
from quetsach.web.office.letters.models.dispatch import Channel
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.units.models import Contact, Position, Unit
from quetsach.web.office.units.selectors import subtree_of

LINK_DAYS = 120
MAX_NOTE_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand acts: a person, or whoever holds the link of a dispatch."""

    person: Person | None
    via: str


@transaction.atomic
def letter_send(*, letter: Letter, units: Iterable[Unit], by: Person, now: datetime) -> int:
    """Send an issued letter to units below its own; a unit that has it already gets no second one.

    Returns:
        How many units it was newly sent to. Mail goes out by and by.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter was not issued or does not hold any more, or a unit is not below.
    """
    letter = Letter.objects.select_for_update(of=("self",)).select_related("unit").get(pk=letter.pk)
    day = today(now)
    require(by, Act.ISSUE_LETTER, letter.unit, day=day)
    if letter.state != LetterState.ISSUED:
        raise LetterError(_("only a letter that was issued and holds can be sent"))
    made = _dispatch(letter, letter.unit, units, above=None, hand=Hand(by, "inbox"), note="", now=now)
    if letter.covers:
        received = Dispatch.objects.filter(letter=letter.covers, to_unit=letter.unit).first()
        if received and made:
            event_add(
                dispatch=received, kind=Happening.FORWARDED, at=now, via="inbox", by=by, reason=letter.number_sign
            )
    _log("letter-send", letter, made, by=by, unit=letter.unit, now=now)
    return len(made)


@transaction.atomic
def dispatch_forward(*, dispatch: Dispatch, units: Iterable[Unit], note: str, hand: Hand, now: datetime) -> int:
    """Pass a letter on as it is, with covering words, to units below the one that received it.

    Returns:
        How many units it was newly sent to.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter does not hold any more, or a unit is not below.
    """
    dispatch = Dispatch.objects.select_for_update(of=("self",)).select_related("letter", "to_unit").get(pk=dispatch.pk)
    if hand.person:
        require(hand.person, Act.HANDLE_LETTER, dispatch.to_unit, day=today(now))
    if dispatch.letter.state != LetterState.ISSUED:
        raise LetterError(
            _("%(number)s was taken back: it is not to be passed on") % {"number": dispatch.letter.number_sign}
        )
    made = _dispatch(dispatch.letter, dispatch.to_unit, units, above=dispatch, hand=hand, note=note, now=now)
    if made:
        event_add(dispatch=dispatch, kind=Happening.FORWARDED, at=now, via=hand.via, by=hand.person)
        _log("letter-forward", dispatch.letter, made, by=hand.person, unit=dispatch.to_unit, now=now)
    return len(made)


def reachable_address(contacts: Iterable[Contact]) -> str:
    """Return where mail to a unit goes: the primary contact's address that has not bounced; empty if there is none."""
    usable = [c for c in contacts if c.email and not c.bounced_on]
    return min(usable, key=lambda c: (not c.is_primary, c.pk)).email if usable else ""


def _dispatch(
    letter: Letter,
    from_unit: Unit,
    units: Iterable[Unit],
    *,
    above: Dispatch | None,
    hand: Hand,
    note: str,
    now: datetime,
) -> list[Dispatch]:
    """Make the dispatches that are not there yet, in one go."""
    chosen = {unit.pk for unit in units} - {from_unit.pk}
    below = subtree_of(from_unit, today(now)).filter(unit__in=chosen)
    positions = list(below.select_related("unit").prefetch_related("unit__contacts").order_by("path"))
    if len(positions) != len(chosen):
        raise LetterError(_("a letter goes only to units below the one that sends it, in the tree of today"))
    taken = set(letter.dispatches.values_list("to_unit", flat=True))
    made = Dispatch.objects.bulk_create(
        [
            Dispatch(
                letter=letter,
                from_unit=from_unit,
                to_unit_id=position.unit_id,
                above=above,
                level=position.level,
                channel=_channel(position),
                note=note[:MAX_NOTE_LENGTH],
                sent_by=hand.person,
                made_at=now,
                link_until=now + timedelta(days=LINK_DAYS),
            )
            for position in positions
            if position.unit_id not in taken
        ],
        batch_size=500,
    )
    # What waits in the inbox of the office is there at once; mail is sent when the server has taken it.
    DispatchEvent.objects.bulk_create(
        [
            DispatchEvent(dispatch=dispatch, kind=Happening.SENT, at=now, via="inbox", by=hand.person)
            for dispatch in made
            if dispatch.channel == Channel.INBOX
        ],
        batch_size=500,
    )
    return made


def _channel(position: Position) -> Channel:
    has_server = settings.CENTER.mail_server is not None
    return Channel.MAIL if has_server and reachable_address(position.unit.contacts.all()) else Channel.INBOX


def _log(act: str, letter: Letter, made: Sequence[Dispatch], *, by: Person | None, unit: Unit, now: datetime) -> None:
    by_mail = sum(dispatch.channel == Channel.MAIL for dispatch in made)
    log_append(
        by=by,
        act=act,
        subject=letter.log_subject,
        unit=unit,
        detail={"units": len(made), "by_mail": by_mail},
        now=now,
    )
