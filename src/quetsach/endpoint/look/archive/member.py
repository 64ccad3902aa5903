"""What readers of archives give: one file inside, before it is looked at; and what is said of an archive as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from quetsach.endpoint.trouble import Reason


@dataclass(frozen=True, slots=True)
class Member:
    """A member in the order of the archive; ``pieces`` must be taken before the next member is asked for.

    ``name`` is hostile: it is shown, never used. ``closed`` says why there is nothing to take. Taking pieces raises
    ``ClosedError`` when the member breaks off, ``EndedError`` when the whole look is over.
    """

    name: bytes
    pieces: Iterator[bytes]
    closed: Reason | None = None
    content: bytes | None = None
    """All of it, when it is so small that it came at once."""


class ArchiveState(StrEnum):
    """What is to be said of an archive as a whole: of several that hold, the first."""

    BOMB = "bomb"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
