"""What a person decides about mail that did not go out, or of which nobody knows whether it did."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.letters.course import Happening
from quetsach.campaign.letters.errors import LetterError
from quetsach.web.office.letters.services.events import event_add
from quetsach.web.office.log.services import log_append
from quetsach.web.office.mail.models import Message, MessageKind, MessageState
from quetsach.web.office.mail.services.compose import new_message_id, reachable_address
from quetsach.web.office.mail.services.queue import message_sent
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import root_unit


@transaction.atomic
def message_settle(*, message: Message, was_sent: bool, by: Person, now: datetime) -> Message:
    """Decide about an uncertain message: it went out, or it is to be sent (again).

    Raises:
        AccessError: not this person's to do.
        LetterError: the message is not uncertain.
    """
    message = _held(message, by, now)
    if message.state != MessageState.UNCERTAIN:
        raise LetterError(_("it is known what became of this message"))
    if was_sent:
        message_sent(message=message, at=now)
    else:
        _requeue(message, now)
    _log(message, "mail-settle", by, now, detail={"was_sent": was_sent})
    return Message.objects.get(pk=message.pk)


@transaction.atomic
def message_retry(*, message: Message, by: Person, now: datetime) -> Message:
    """Send a message that failed once more, to the address that its unit has now.

    Raises:
        AccessError: not this person's to do.
        LetterError: it has not failed, or the unit still has no address that works.
    """
    message = _held(message, by, now)
    if message.state != MessageState.FAILED:
        raise LetterError(_("only a message that failed is sent once more"))
    if message.dispatch:
        address = reachable_address(message.dispatch.to_unit.contacts.all())
        if not address:
            raise LetterError(_("this unit has no address that works"), hint=_("give it one among its contacts"))
        message.recipient = address
    _requeue(message, now)
    _log(message, "mail-retry", by, now, detail={})
    return message


@transaction.atomic
def letter_handed_over(*, message: Message, how: str, by: Person, now: datetime) -> None:
    """Note that a letter whose mail failed reached its unit in another way, such as on paper.

    Raises:
        AccessError: not this person's to do.
        LetterError: it is no letter, or nothing is said of how.
    """
    message = _held(message, by, now)
    if message.kind != MessageKind.LETTER or message.dispatch is None or not how.strip():
        raise LetterError(_("say how the letter reached the unit"))
    event_add(dispatch=message.dispatch, kind=Happening.DELIVERED, at=now, via="centre", by=by, reason=how)
    _log(message, "letter-hand-over", by, now, detail={"how": how})


def _held(message: Message, by: Person, now: datetime) -> Message:
    """Return the message as it is stored now, if it is this person's: that of who sent the letter."""
    message = Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
    require(by, Act.ISSUE_LETTER, sender_of(message), day=today(now))
    return message


def sender_of(message: Message) -> Unit:
    """Return whose message it is; digests are the centre's."""
    return message.dispatch.from_unit if message.dispatch else root_unit()


def _requeue(message: Message, now: datetime) -> None:
    """Queue it under a new identifier: what the old one is said to have become is another message's fate."""
    message.state, message.attempts, message.next_at, message.error = MessageState.QUEUED, 0, now, ""
    message.message_id = new_message_id()
    message.save()


def _log(message: Message, act: str, by: Person, now: datetime, *, detail: dict[str, object]) -> None:
    letter = message.dispatch.letter if message.dispatch else None
    log_append(
        by=by,
        act=act,
        subject=letter.log_subject if letter else f"mail:{message.pk}",
        unit=sender_of(message),
        detail={"message": message.key, **detail},
        now=now,
    )
