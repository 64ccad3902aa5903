"""One file inside an archive, before it is looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

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
