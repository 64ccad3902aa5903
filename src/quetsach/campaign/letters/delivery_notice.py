"""What mail servers report about a message that was handed to them: delivery status notifications (RFC 3464).

A notice comes from anybody who can send mail to the address for bounces. It is believed only about a message whose
Message-ID it quotes, and those hold a random part; beyond that nothing in it is trusted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import StrEnum

from quetsach.campaign.errors import LetterError

MAX_BYTES = 256 * 1024
"""What is read of a notice. The returned message stands at its end and may be cut: its headers come first."""
_MAX_PARTS = 40
_MAX_RECIPIENTS = 100
_MAX_REASON_LENGTH = 500
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Fate(StrEnum):
    """What a server says became of a message for one recipient (RFC 3464, 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class DeliveryNotice:
    """One recipient of one message. ``recipient`` in small letters, ``status`` as in ``5.1.1`` or empty."""

    message_id: str
    recipient: str
    fate: Fate
    status: str
    reason: str


def read_delivery_notices(content: bytes) -> list[DeliveryNotice]:
    """Read a mail that came back; one notice for each recipient it speaks of.

    Raises:
        LetterError: it is no delivery status notification, or does not name the message that it is about.
    """
    try:
        mail = BytesParser(policy=compat32).parsebytes(content[:MAX_BYTES])
        parts = [part for part, _ in zip(mail.walk(), range(_MAX_PARTS), strict=False)]
        groups = [group for part in parts for group in _groups(part)]
        message_id = _message_id(parts)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # The library's parser is known to leak these on damaged mail.
        raise LetterError("a mail that cannot be read", hint=type(error).__name__) from error
    notices = [notice for group in groups[:_MAX_RECIPIENTS] if (notice := _notice(group, message_id))]
    if not notices:
        raise LetterError("a mail that is no notice about the delivery of another")
    if not message_id:
        raise LetterError("a notice that does not quote the message it is about")
    return notices


def _groups(part: Message) -> Iterator[Message]:
    """Yield the groups of fields of a ``message/delivery-status`` part, that of the whole message included."""
    if part.get_content_type() == "message/delivery-status" and part.is_multipart():
        yield from (group for group in part.get_payload() if isinstance(group, Message))


def _message_id(parts: list[Message]) -> str:
    """Return the Message-ID of the message that came back: the notice itself is the first part and has its own."""
    for part in parts[1:]:
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            part = BytesParser(policy=compat32).parsebytes(payload if isinstance(payload, bytes) else b"")  # noqa: PLW2901
        if found := _MESSAGE_ID.search(str(part.get("Message-ID", ""))):
            return found[0]
    return ""


def _notice(group: Message, message_id: str) -> DeliveryNotice | None:
    recipient = _after_semicolon(group, "Original-Recipient") or _after_semicolon(group, "Final-Recipient")
    action = str(group.get("Action", "")).partition("(")[0].strip().lower()
    if not recipient or action not in set(Fate):
        return None
    status = _STATUS.search(str(group.get("Status", "")))
    return DeliveryNotice(
        message_id=message_id,
        recipient=recipient.lower()[:254],
        fate=Fate(action),
        status=status[0] if status else "",
        reason=_after_semicolon(group, "Diagnostic-Code")[:_MAX_REASON_LENGTH],
    )


def _after_semicolon(group: Message, name: str) -> str:
    """Return a typed field without its type, ``a@b.example`` of ``rfc822; a@b.example``, as one printable line."""
    _, _, text = str(group.get(name, "")).partition(";")
    line = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
