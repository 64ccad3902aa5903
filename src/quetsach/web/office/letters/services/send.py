"""Sending a letter to units, and passing it on to the units below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.letters.course import Happening
from quetsach.campaign.letters.errors import LetterError
from quetsach.web.design.templatetags.words import day as written_day
from quetsach.web.office.letters.models import Dispatch, DispatchEvent, Letter, LetterState
from quetsach.web.office.letters.models.dispatch import Channel
from quetsach.web.office.letters.services.draft import refuse_past_due
from quetsach.web.office.letters.services.events import event_add
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.services.compose import reachable_address
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Position, Unit
from quetsach.web.office.tree.selectors import subtree_of

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
class Hand:
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
    require(by, Act.ISSUE_LETTER, letter.unit, day=day)
    if letter.state != LetterState.ISSUED:
        raise LetterError(_("only a letter that was issued and holds can be sent"))
    made = _dispatch(letter, letter.unit, units, _Passing(None, Hand(by, "inbox")), now=now)
    if letter.covers:
        received = Dispatch.objects.filter(letter=letter.covers, to_unit=letter.unit).first()
        if received and made:
            event_add(
                dispatch=received, kind=Happening.FORWARDED, at=now, via="inbox", by=by, reason=letter.number_sign
            )
    return _log("letter-send", letter, made, by=by, unit=letter.unit, now=now)


@transaction.atomic
def dispatch_forward(
    *, dispatch: Dispatch, units: Iterable[Unit], note: str, hand: Hand, now: datetime, due: date | None = None
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
        require(hand.person, Act.HANDLE_LETTER, dispatch.to_unit, day=today(now))
    if dispatch.letter.state != LetterState.ISSUED:
        raise LetterError(
            _("%(number)s was taken back: it is not to be passed on") % {"number": dispatch.letter.number_sign}
        )
    refuse_due(due, dispatch, today(now))
    passing = _Passing(dispatch, hand, note, due or dispatch.own_due)
    made = _dispatch(dispatch.letter, dispatch.to_unit, units, passing, now=now)
    if not made:
        return Sending(0, 0)
    event_add(dispatch=dispatch, kind=Happening.FORWARDED, at=now, via=hand.via, by=hand.person)
    return _log("letter-forward", dispatch.letter, made, by=hand.person, unit=dispatch.to_unit, now=now)


@dataclass(frozen=True, slots=True)
class _Passing:
    """How a letter goes down one step: after which dispatch, by whose hand, with what words and day of its own."""

    above: Dispatch | None
    hand: Hand
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
            DispatchEvent(dispatch=dispatch, kind=Happening.SENT, at=now, via="inbox", by=passing.hand.person)
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
