"""What became of a mail, told to the app that the mail is about, in the transaction that notes it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quetsach.web.office.mail.models import Message


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
