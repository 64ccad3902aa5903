"""Official letters, their way down the tree, and the mail that carries them."""

from quetsach.web.office.letters.models.dispatch import Dispatch, DispatchEvent, ParentDigest, Reminder
from quetsach.web.office.letters.models.letter import (
    COVERING,
    Attachment,
    Letter,
    LetterState,
    LetterVersion,
    PublishedLetters,
    RegisterBook,
    Template,
)
from quetsach.web.office.letters.models.message import Message, MessageKind, MessageState

__all__ = [
    "COVERING",
    "Attachment",
    "Dispatch",
    "DispatchEvent",
    "Letter",
    "LetterState",
    "LetterVersion",
    "Message",
    "MessageKind",
    "MessageState",
    "ParentDigest",
    "PublishedLetters",
    "RegisterBook",
    "Reminder",
    "Template",
]
