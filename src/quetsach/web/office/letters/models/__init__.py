"""Official letters, their way down the tree."""

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

__all__ = [
    "COVERING",
    "Attachment",
    "Dispatch",
    "DispatchEvent",
    "Letter",
    "LetterState",
    "LetterVersion",
    "ParentDigest",
    "PublishedLetters",
    "RegisterBook",
    "Reminder",
    "Template",
]
