"""Sending a letter and passing it on: each unit's own copy, with a QR code that opens its own page, and its mail."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import EventKind
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.web.design.words import day as written_day
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.letters.content import text_of, verification_of
from quetsach.web.office.letters.document.letter import Personal, Verification
from quetsach.web.office.letters.document.printing import print_groups
from quetsach.web.office.letters.models import Channel, Dispatch, DispatchEvent, Letter, LetterState
from quetsach.web.office.letters.services.dispatches import event_add, link_of
from quetsach.web.office.letters.services.draft import refuse_past_due
from quetsach.web.office.letters.signing_credentials import credentials_of
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.message import message_of, reachable_address
from quetsach.web.office.mail.models import Message, MessageKind
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import subtree_of

# Each unit's own copy of a letter, with a QR code that opens its own page, and the mail that carries it.
#
# Copies are made in groups: the files of a group are on disk before one transaction notes them and queues their mail.
# Killed anywhere, the next run makes what is not noted yet; the key of each message keeps it from being queued twice.

GROUP = 50
_logger = logging.getLogger("quetsach.office.letters")


def copies_make(*, now: Callable[[], datetime], is_over: Callable[[], bool] = lambda: False) -> int:
    """Make what copies are still to be made of all letters, and queue their mail.

    Args:
        now: the time (UTC).
        is_over: asked between two groups; ``True`` ends the work, which the next call takes up.

    Returns:
        How many were made.
    """
    made = 0
    for letter in Letter.objects.filter(state=LetterState.ISSUED, dispatches__copy_sha256="").distinct():
        for group, contents in _printed(letter, now()):
            _keep(group, contents, now())
            made += len(group)
            if is_over():
                return made
    return made


def _printed(letter: Letter, moment: datetime) -> Iterator[tuple[list[Dispatch], list[bytes]]]:
    """Print what is still to be printed of a letter, group by group."""
    waiting = Dispatch.objects.filter(letter=letter, copy_sha256="").order_by("pk")
    chosen = list(waiting.select_related("to_unit", "from_unit").prefetch_related("to_unit__contacts"))
    for dispatch in chosen:
        dispatch.letter = letter  # one object for all: nothing is read again
    seals = (
        credentials_of(letter, now=moment) if letter.signatures != [] else None
    )  # a copy is signed as its original is
    if letter.signatures and seals is None:
        _logger.warning("letters: no key in force signs copies of %s; they wait for one", letter.number_sign)
        return
    groups = [list(group) for group in batched(chosen, GROUP, strict=False)]
    personal = [[_personal(dispatch) for dispatch in group] for group in groups]
    yield from zip(groups, print_groups(text_of(letter), seals, personal), strict=False)


def _personal(dispatch: Dispatch) -> Personal:
    with override(dispatch.letter.language):
        return Personal(Verification(link_of(dispatch), dispatch.letter.code), dispatch.to_unit.name)


def _keep(group: list[Dispatch], contents: list[bytes], moment: datetime) -> None:
    """Write the copies of a group, then note them and queue their mail in one transaction."""
    messages = []
    below = Position.objects.on(today(moment)).filter(parent__in=[dispatch.to_unit_id for dispatch in group])
    parents = set(below.values_list("parent", flat=True))
    for dispatch, sha256 in zip(group, LETTERS.put(contents), strict=True):
        dispatch.copy_sha256 = sha256
        if message := _message(dispatch, moment, has_units=dispatch.to_unit_id in parents):
            messages.append(message)
    with transaction.atomic():
        Dispatch.objects.bulk_update(group, ["copy_sha256"], batch_size=GROUP)
        Message.objects.bulk_create(messages, batch_size=GROUP, ignore_conflicts=True)


def _message(dispatch: Dispatch, moment: datetime, *, has_units: bool) -> Message | None:
    """Return the mail that carries a copy; ``None`` where no address is known.

    ``has_units``: there are units below the receiver, to which it can pass the letter on.
    """
    letter = dispatch.letter
    address = reachable_address(dispatch.to_unit.contacts.all())
    if dispatch.channel != Channel.MAIL or not address:
        return None
    values = {
        "letter": letter,
        "dispatch": dispatch,
        "link": link_of(dispatch),
        "has_units": has_units,
        "check": verification_of(letter).url,
    }
    message = message_of(
        "letter",
        values,
        app="letters",
        key=f"letter:{dispatch.pk}.{dispatch.link_number}",
        kind=MessageKind.LETTER,
        to=address,
        language=letter.language,
        at=moment,
    )
    message.dispatch = dispatch
    message.copy_sha256, message.copy_name = dispatch.copy_sha256, f"{letter.number_sign.replace('/', '-')}.pdf"
    return message


def own_copy(dispatch: Dispatch) -> bytes:
    """Return the PDF of a unit's own copy, or the original while it is not made yet.

    Raises:
        QuetsachError: the letter was not issued yet.
        BlobError: the file is lost.
    """
    sha256 = dispatch.copy_sha256 or dispatch.letter.sha256
    if not sha256:
        raise QuetsachError(Text("this letter was not issued yet"))
    return LETTERS.read(sha256)


# Sending a letter to units, and passing it on to the units below.

LINK_DAYS = 120
MAX_NOTE_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Sending:
    """To how many units a letter was newly sent: mail that goes out by and by, and what lies in inboxes at once."""

    by_mail: int
    in_inbox: int

    @property
    def total(self) -> int:
        """How many units in all; 0 if all had it already."""
        return self.by_mail + self.in_inbox


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose hand acts: a person, or whoever holds the link of a dispatch."""

    person: Person | None
    via: str


@transaction.atomic
def letter_send(*, letter: Letter, units: Iterable[Unit], by: Person, now: datetime) -> Sending:
    """Send an issued letter to units below its own; a unit that has it already gets no second one.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter was not issued or does not hold any more, or a unit is not below.
    """
    letter = Letter.objects.select_for_update(of=("self",)).select_related("unit").get(pk=letter.pk)
    day = today(now)
    require(by, Permission.ISSUE_LETTER, letter.unit, day=day)
    if letter.state != LetterState.ISSUED:
        raise LetterError(_("only a letter that was issued and holds can be sent"))
    made = _dispatch(letter, letter.unit, units, _Passing(None, Actor(by, "inbox")), now=now)
    if letter.covers:
        received = Dispatch.objects.filter(letter=letter.covers, to_unit=letter.unit).first()
        if received and made:
            event_add(
                dispatch=received, kind=EventKind.FORWARDED, at=now, via="inbox", by=by, reason=letter.number_sign
            )
    return _log("letter-send", letter, made, by=by, unit=letter.unit, now=now)


@transaction.atomic
def dispatch_forward(
    *, dispatch: Dispatch, units: Iterable[Unit], note: str, hand: Actor, now: datetime, due: date | None = None
) -> Sending:
    """Pass a letter on as it is, with covering words, to units below the one that received it.

    Args:
        dispatch: how the letter came to the unit that passes it on.
        units: who gets it.
        note: covering words; may be empty.
        hand: who passes it on.
        now: the time (UTC).
        due: the last day for an answer of these units, up to that of the unit that passes on, which counts otherwise.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter does not hold any more, a unit is not below, or the day is over or after the unit's own.
    """
    dispatch = Dispatch.objects.select_for_update(of=("self",)).select_related("letter", "to_unit").get(pk=dispatch.pk)
    if hand.person:
        require(hand.person, Permission.HANDLE_LETTER, dispatch.to_unit, day=today(now))
    if dispatch.letter.state != LetterState.ISSUED:
        raise LetterError(
            _("%(number)s was taken back: it is not to be passed on") % {"number": dispatch.letter.number_sign}
        )
    refuse_due(due, dispatch, today(now))
    passing = _Passing(dispatch, hand, note, due or dispatch.own_due)
    made = _dispatch(dispatch.letter, dispatch.to_unit, units, passing, now=now)
    if not made:
        return Sending(0, 0)
    event_add(dispatch=dispatch, kind=EventKind.FORWARDED, at=now, via=hand.via, by=hand.person)
    return _log("letter-forward", dispatch.letter, made, by=hand.person, unit=dispatch.to_unit, now=now)


@dataclass(frozen=True, slots=True)
class _Passing:
    """How a letter goes down one step: after which dispatch, by whose hand, with what words and day of its own."""

    above: Dispatch | None
    hand: Actor
    note: str = ""
    own_due: date | None = None


def refuse_due(due: date | None, dispatch: Dispatch, day: date) -> None:
    """Refuse a day to answer by that is over, or after the one of the unit that passes the letter on.

    Raises:
        LetterError: it is such a day.
    """
    refuse_past_due(due, day)
    if due and dispatch.due and due > dispatch.due:
        raise LetterError(
            _("the day is after the one by which your unit itself has to answer, %(due)s")
            % {"due": written_day(dispatch.due)},
            hint=_("choose that day or an earlier one"),
        )


def _dispatch(
    letter: Letter, from_unit: Unit, units: Iterable[Unit], passing: _Passing, *, now: datetime
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
                above=passing.above,
                level=position.level,
                channel=_channel(position),
                note=passing.note[:MAX_NOTE_LENGTH],
                own_due=passing.own_due,
                sent_by=passing.hand.person,
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
            DispatchEvent(dispatch=dispatch, kind=EventKind.SENT, at=now, via="inbox", by=passing.hand.person)
            for dispatch in made
            if dispatch.channel == Channel.INBOX
        ],
        batch_size=500,
    )
    return made


def _channel(position: Position) -> Channel:
    has_server = settings.CENTER.mail_server is not None
    return Channel.MAIL if has_server and reachable_address(position.unit.contacts.all()) else Channel.INBOX


def _log(
    act: str, letter: Letter, made: Sequence[Dispatch], *, by: Person | None, unit: Unit, now: datetime
) -> Sending:
    by_mail = sum(dispatch.channel == Channel.MAIL for dispatch in made)
    log_append(
        by=by,
        act=act,
        subject=letter.log_subject,
        unit=unit,
        detail={"units": len(made), "by_mail": by_mail}
        | ({"due": made[0].own_due.isoformat()} if made and made[0].own_due else {}),
        now=now,
    )
    return Sending(by_mail, len(made) - by_mail)
