"""Sending the queue: each message once, whatever happens on the way; and what notices of delivery say of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import connection, transaction

from quetsach import storage
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import MAX_BYTES, DeliveryNotice, Fate, read_delivery_notices
from quetsach.core.text import Text
from quetsach.web.office.mail.message import RefusedError, ServerError, SmtpSession, UnansweredError, mail_bytes
from quetsach.web.office.mail.models import Message, MessageState

# What became of a mail, told to the app that the mail is about, in the transaction that notes it.


class DeliveryStatus(StrEnum):
    """What became of a mail: our server took it, it will not arrive, or its reader's server has it."""

    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message at a moment (UTC), and why it failed.

    ``is_address``: it failed because of its address; ``is_notice``: a notice that came back later says so.
    """

    message: Message
    status: DeliveryStatus
    at: datetime
    reason: str = ""
    is_address: bool = False
    is_notice: bool = False


type Listener = Callable[[Outcome], None]
_LISTENERS: list[Listener] = []


def listen(listener: Listener) -> None:
    """Let an app hear what becomes of mail; apps do it when the office starts."""
    _LISTENERS.append(listener)


def tell(outcome: Outcome) -> None:
    """Tell every listener, in the caller's transaction."""
    for listener in _LISTENERS:
        listener(outcome)


# Sending the queue: each message once, whatever happens on the way.
#
# SMTP gives no way to hand a message over exactly once: between the server's taking it and our noting that, anything
# can break. So a note goes first. A message is noted as being handed over, durably, right before the last byte that
# makes the server take it; broken before that note, it was not taken and is sent again; broken after it, it is
# ``uncertain`` and is never sent again by itself. A notice of delivery, a use of the link inside it, or a person
# settles it (ADR 0055).

RETRY_MINUTES = (1, 5, 15, 60, 240, 720, 1440)
"""Pauses after a server said "later"; after the last one the message has failed."""
type Clock = Callable[[], datetime]


class Stop(Protocol):
    """What ends the work, as :class:`threading.Event` does."""

    def is_set(self) -> bool:
        """Whether it is to end."""

    def wait(self, timeout: float | None = None) -> bool:
        """Rest, at most for so many seconds."""


@dataclass(slots=True)
class Tally:
    """What one run did."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0
    uncertain: int = 0


def queue_recover() -> int:
    """Set aside what was being handed over when the last run broke off; call it as the only one who sends.

    Returns:
        How many messages are uncertain by it.
    """
    return Message.objects.filter(state=MessageState.HANDING).update(state=MessageState.UNCERTAIN)


def queue_send(*, now: Clock, stop: Stop, most: int | None = None) -> Tally:
    """Hand over what is due, one after the other over one connection, no faster than the settings say.

    Args:
        now: the time (UTC).
        stop: set to end between two messages.
        most: how many messages at most; all that are due if not given.

    Raises:
        ServerError: the server cannot be used; what was not handed over stays in the queue.
    """
    tally = Tally()
    if settings.CENTER.mail_server is None or not _due(now()):
        return tally
    _write_durably()
    pause = 60 / settings.CENTER.mail_per_minute
    with SmtpSession(settings.CENTER.mail_server) as post:
        while not stop.is_set() and (most is None or _count(tally) < most) and (message := _due(now())):
            _send(post, message, now, tally)
            stop.wait(pause)
    return tally


def _due(moment: datetime) -> Message | None:
    due = Message.objects.filter(state=MessageState.QUEUED, next_at__lte=moment)
    return due.select_related("dispatch__to_unit", "dispatch__letter").order_by("next_at", "pk").first()


def _count(tally: Tally) -> int:
    return tally.sent + tally.put_off + tally.failed + tally.uncertain


def _write_durably() -> None:
    """Make each commit of this connection outlast a power cut; PostgreSQL does so by itself."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def _send(post: SmtpSession, message: Message, now: Clock, tally: Tally) -> None:
    try:
        content = mail_bytes(message, now=now())
        post.begin(sender=settings.CENTER.mail_from, recipient=message.recipient, content=content)
        if not _note_handing(message, now()):
            raise ServerError(Text("a letter was taken back while its mail was handed over; the mail was broken off"))
        post.finish()
    except RefusedError as error:
        _refused(message, error, now(), tally)
    except UnansweredError as error:
        _set(message, MessageState.UNCERTAIN, error=str(error))
        tally.uncertain += 1
        raise
    except LetterError as error:
        if type(error) is not LetterError:
            raise
        _set(message, MessageState.FAILED, error=str(error))
        tally.failed += 1
    else:
        message_sent(message=message, at=now())
        tally.sent += 1


def _note_handing(message: Message, moment: datetime) -> bool:
    """Write the note; ``False`` if the message is no longer to be sent."""
    noted = Message.objects.filter(pk=message.pk, state=MessageState.QUEUED)
    return noted.update(state=MessageState.HANDING, handed_at=moment, attempts=message.attempts + 1) == 1


@transaction.atomic
def message_sent(*, message: Message, at: datetime) -> None:
    """Note that the server took a message."""
    _set(message, MessageState.SENT)
    tell(Outcome(message, DeliveryStatus.SENT, at))


@transaction.atomic
def message_failed(*, message: Message, reason: str, is_address: bool, at: datetime, is_notice: bool = False) -> None:
    """Note that a message will not arrive.

    Args:
        message: which.
        reason: what the server, or the notice that came back, says.
        is_address: because of the address, which is not used again.
        at: the time (UTC).
        is_notice: it was taken by the server first, and a notice came back.
    """
    _set(message, MessageState.FAILED, error=reason)
    tell(Outcome(message, DeliveryStatus.FAILED, at, reason=reason, is_address=is_address, is_notice=is_notice))


def _refused(message: Message, error: RefusedError, moment: datetime, tally: Tally) -> None:
    attempts = Message.objects.values_list("attempts", flat=True).get(pk=message.pk)
    tried = max(attempts, message.attempts + 1)
    if error.is_final or tried > len(RETRY_MINUTES):
        message_failed(message=message, reason=str(error), is_address=error.is_address and error.is_final, at=moment)
        tally.failed += 1
        return
    later = moment + timedelta(minutes=RETRY_MINUTES[tried - 1])
    Message.objects.filter(pk=message.pk).update(
        state=MessageState.QUEUED, attempts=tried, next_at=later, error=str(error)[:500]
    )
    tally.put_off += 1


def _set(message: Message, state: MessageState, *, error: str = "") -> None:
    Message.objects.filter(pk=message.pk).update(state=state, error=error[:500])


# Reading what came back: notices of delivery in a Maildir folder, into which anybody can send anything.

MAX_MAILS = 1000
"""How many are read in one turn."""
_logger = logging.getLogger("quetsach.office.letters")


def bounces_read(*, now: datetime) -> int:
    """Read the mails that lie in ``new`` and move each to ``cur``, read or not.

    Returns:
        How many notices were about our messages.
    """
    folder: Path | None = settings.CENTER.bounces
    if folder is None or not (folder / "new").is_dir():
        return 0
    storage.make_folder(folder / "cur")
    believed = 0
    for path in sorted((folder / "new").iterdir())[:MAX_MAILS]:
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            content = file.read(MAX_BYTES)
        try:
            believed += sum(_believe(notice, now) for notice in read_delivery_notices(content))
        except LetterError as error:
            _logger.info("a mail that came back was set aside: %s", error)
        storage.publish([(path, folder / "cur" / f"{path.name}:2,S")])
    return believed


@transaction.atomic
def _believe(notice: DeliveryNotice, now: datetime) -> bool:
    """Act on a notice about a message of ours to the very address that it names; return whether there is one."""
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("dispatch__to_unit", "dispatch__letter")
        .filter(message_id=notice.message_id, recipient__iexact=notice.recipient)
        .exclude(state=MessageState.QUEUED)
        .first()
    )
    if message is None:
        return False
    if notice.fate is Fate.FAILED and message.state != MessageState.FAILED:
        reason = f"{notice.status} {notice.reason}".strip()
        is_address = notice.status.startswith("5.1")
        message_failed(message=message, reason=reason, is_address=is_address, at=now, is_notice=True)
    elif notice.fate in (Fate.DELIVERED, Fate.RELAYED, Fate.EXPANDED):
        if message.state != MessageState.SENT:
            message_sent(message=message, at=now)
        if notice.fate is Fate.DELIVERED:
            tell(Outcome(message, DeliveryStatus.DELIVERED, now, is_notice=True))
    return True
