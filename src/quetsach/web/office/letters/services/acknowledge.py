"""What a unit does with a letter that it received, and what a person settles where its mail failed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import DispatchProgress, DispatchStatus, EventKind, Stage
from quetsach.web.office.letters.models import Channel, Dispatch, LetterState
from quetsach.web.office.letters.services.dispatches import (
    MAX_REASON_LENGTH,
    course_of,
    courses_of,
    event_add,
    returns_owed,
)
from quetsach.web.office.letters.services.send import LINK_DAYS, Actor
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.message import new_message_id, reachable_address
from quetsach.web.office.mail.models import Message, MessageKind, MessageState
from quetsach.web.office.mail.queue import message_sent
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit

# What a unit does with a letter that it received: open, acknowledge, refuse. Reports answer it as well.

MOST_BY_LINK = 100
"""Answers of one unit without an account: each is kept for good, so a link must not fill the database."""


@transaction.atomic
def dispatch_open(*, dispatch: Dispatch, hand: Actor, now: datetime) -> DispatchProgress:
    """Note that the unit opened the letter; the first time counts.

    Raises:
        AccessError: not this person's to do.
    """
    dispatch = _held(dispatch, hand, now)
    course = course_of(dispatch)
    if course.stage >= Stage.OPENED:
        return course
    event_add(dispatch=dispatch, kind=EventKind.OPENED, at=now, via=hand.via, by=hand.person)
    _log(dispatch, "letter-open", hand, "", now)
    return course_of(dispatch)


@transaction.atomic
def dispatch_acknowledge(*, dispatch: Dispatch, hand: Actor, now: datetime) -> DispatchProgress:
    """Acknowledge the letter for the unit; a second time changes nothing.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter was taken back.
    """
    dispatch = _held(dispatch, hand, now)
    course = course_of(dispatch)
    if course.stage >= Stage.ACKNOWLEDGED and course.standing is not DispatchStatus.REFUSED:
        return course
    _refuse_over(dispatch, hand)
    event_add(dispatch=dispatch, kind=EventKind.ACKNOWLEDGED, at=now, via=hand.via, by=hand.person)
    _log(dispatch, "letter-acknowledge", hand, "", now)
    return course_of(dispatch)


@transaction.atomic
def dispatch_refuse(*, dispatch: Dispatch, reason: str, hand: Actor, now: datetime) -> DispatchProgress:
    """Refuse the letter: it is not for this unit, or it cannot do what is asked. The sender sees the reason.

    Raises:
        AccessError: not this person's to do.
        LetterError: no reason, or the letter was taken back.
    """
    dispatch = _held(dispatch, hand, now)
    if not reason.strip():
        raise LetterError(_("a refusal needs a reason"), hint=_("say why, so that the sender can put it right"))
    _refuse_over(dispatch, hand)
    event_add(dispatch=dispatch, kind=EventKind.REFUSED, at=now, via=hand.via, by=hand.person, reason=reason)
    _log(dispatch, "letter-refuse", hand, reason[:MAX_REASON_LENGTH], now)
    return course_of(dispatch)


@transaction.atomic
def dispatch_close(*, dispatch: Dispatch, reason: str, by: Person, now: datetime) -> DispatchProgress:
    """End the wait for an answer, from the side of who sent it.

    Raises:
        AccessError: not this person's to do.
        LetterError: no reason.
    """
    dispatch = (
        Dispatch.objects.select_for_update(of=("self",))
        .select_related("letter", "from_unit", "to_unit")
        .get(pk=dispatch.pk)
    )
    require(by, Permission.ISSUE_LETTER, dispatch.from_unit, day=today(now))
    if not reason.strip():
        raise LetterError(_("say why no answer is waited for"))
    event_add(dispatch=dispatch, kind=EventKind.CLOSED, at=now, via="centre", by=by, reason=reason)
    _log(dispatch, "letter-close", Actor(by, "centre"), reason, now)
    return course_of(dispatch)


@transaction.atomic
def link_renew(*, dispatch: Dispatch, by: Person, now: datetime) -> Dispatch:
    """Make a new link; older ones of this dispatch are void, and with them the links to returns that they led to.

    Raises:
        AccessError: not this person's to do.
    """
    dispatch = (
        Dispatch.objects.select_for_update(of=("self",))
        .select_related("letter", "from_unit", "to_unit")
        .get(pk=dispatch.pk)
    )
    require(by, Permission.ISSUE_LETTER, dispatch.from_unit, day=today(now))
    returns_owed().withdraw(dispatch, now=now)
    dispatch.link_number += 1
    dispatch.link_until = now + timedelta(days=LINK_DAYS)
    dispatch.copy_sha256 = ""  # the copy shows the link: it is made and sent anew
    if settings.CENTER.mail_server is not None:
        dispatch.channel = Channel.MAIL
    dispatch.save(update_fields=["link_number", "link_until", "copy_sha256", "channel"])
    _log(dispatch, "letter-link-renew", Actor(by, "centre"), "", now)
    return dispatch


@transaction.atomic
def letters_reported(*, unit: Unit, campaign: str, via: str, by: Person | None, at: datetime) -> int:
    """Note that a unit reported in a campaign: every letter of that campaign that it was sent is answered by it.

    Returns:
        How many dispatches came forward by it.
    """
    waiting = Dispatch.objects.filter(to_unit=unit, letter__campaign=campaign, letter__state=LetterState.ISSUED)
    courses = courses_of(waiting)
    open_ones = [d for d in waiting if campaign and courses[d.pk].stage < Stage.REPORTED]
    for dispatch in open_ones:
        event_add(dispatch=dispatch, kind=EventKind.REPORTED, at=at, via=via, by=by)
    return len(open_ones)


def _held(dispatch: Dispatch, hand: Actor, now: datetime) -> Dispatch:
    """Return the dispatch as it is stored now, if this hand may act for the unit."""
    dispatch = Dispatch.objects.select_for_update(of=("self",)).select_related("letter", "to_unit").get(pk=dispatch.pk)
    if hand.person:
        require(hand.person, Permission.HANDLE_LETTER, dispatch.to_unit, day=today(now))
    return dispatch


def _refuse_over(dispatch: Dispatch, hand: Actor) -> None:
    if hand.person is None and dispatch.events.filter(via=hand.via).count() >= MOST_BY_LINK:
        raise LetterError(_("this link is no longer valid"))
    if dispatch.letter.state != LetterState.ISSUED:
        raise LetterError(
            _("%(number)s was taken back: nothing needs to be done about it") % {"number": dispatch.letter.number_sign}
        )


def _log(dispatch: Dispatch, act: str, hand: Actor, reason: str, now: datetime) -> None:
    log_append(
        by=hand.person,
        act=act,
        subject=dispatch.letter.log_subject,
        unit=dispatch.to_unit,
        detail={"dispatch": dispatch.pk, "via": hand.via, "reason": reason},
        now=now,
    )


# What a person decides about mail that did not go out, or of which nobody knows whether it did.


@transaction.atomic
def message_settle(*, message: Message, was_sent: bool, by: Person, now: datetime) -> Message:
    """Decide about an uncertain message: it went out, or it is to be sent (again).

    Raises:
        AccessError: not this person's to do.
        LetterError: the message is not uncertain.
    """
    message = _held_message(message, by, now)
    if message.state != MessageState.UNCERTAIN:
        raise LetterError(_("it is known what became of this message"))
    if was_sent:
        message_sent(message=message, at=now)
    else:
        _requeue(message, now)
    _log_message(message, "mail-settle", by, now, detail={"was_sent": was_sent})
    return Message.objects.get(pk=message.pk)


@transaction.atomic
def message_retry(*, message: Message, by: Person, now: datetime) -> Message:
    """Send a message that failed once more, to the address that its unit has now.

    Raises:
        AccessError: not this person's to do.
        LetterError: it has not failed, or the unit still has no address that works.
    """
    message = _held_message(message, by, now)
    if message.state != MessageState.FAILED:
        raise LetterError(_("only a message that failed is sent once more"))
    if message.dispatch:
        address = reachable_address(message.dispatch.to_unit.contacts.all())
        if not address:
            raise LetterError(_("this unit has no address that works"), hint=_("give it one among its contacts"))
        message.recipient = address
    _requeue(message, now)
    _log_message(message, "mail-retry", by, now, detail={})
    return message


@transaction.atomic
def letter_handed_over(*, message: Message, how: str, by: Person, now: datetime) -> None:
    """Note that a letter whose mail failed reached its unit in another way, such as on paper.

    Raises:
        AccessError: not this person's to do.
        LetterError: it is no letter, or nothing is said of how.
    """
    message = _held_message(message, by, now)
    if message.kind != MessageKind.LETTER or message.dispatch is None or not how.strip():
        raise LetterError(_("say how the letter reached the unit"))
    event_add(dispatch=message.dispatch, kind=EventKind.DELIVERED, at=now, via="centre", by=by, reason=how)
    _log_message(message, "letter-hand-over", by, now, detail={"how": how})


def _held_message(message: Message, by: Person, now: datetime) -> Message:
    """Return the message as it is stored now, if it is this person's: that of who sent the letter."""
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    require(by, Permission.ISSUE_LETTER, sender_of(message), day=today(now))
    return message


def sender_of(message: Message) -> Unit:
    """Return whose message it is; digests are the centre's."""
    return message.dispatch.from_unit if message.dispatch else root_unit()


def _requeue(message: Message, now: datetime) -> None:
    """Queue it under a new identifier: what the old one is said to have become is another message's fate."""
    message.state, message.attempts, message.next_at, message.error = MessageState.QUEUED, 0, now, ""
    message.message_id = new_message_id()
    message.save()


def _log_message(message: Message, act: str, by: Person, now: datetime, *, detail: dict[str, object]) -> None:
    letter = message.dispatch.letter if message.dispatch else None
    log_append(
        by=by,
        act=act,
        subject=letter.log_subject if letter else f"mail:{message.pk}",
        unit=sender_of(message),
        detail={"message": message.key, **detail},
        now=now,
    )
