"""Members of archives: where their bytes come from, what is told of them, and how much is unpacked."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from quetsach.endpoint import EndpointError
from quetsach.endpoint.host.disk import read_at
from quetsach.endpoint.scan_issue import Reason

# Where bytes of an archive come from: any part of a file or of bytes in memory, or a flow that only goes forward.

PIECE_BYTES = 16 << 10
"""So much is read at once: small, so that what went into a decoder and what came out can be compared."""


class Source(Protocol):
    """Bytes that can be read in any order. ``bytes_read`` counts all that was read, repeats too."""

    size_bytes: int
    bytes_read: int

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Return the bytes at an offset, fewer where the source ends."""


class OpenFile:
    """An open file; its position is left alone."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.bytes_read = 0
        self._descriptor = descriptor

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Satisfy ``Source``."""
        if offset >= self.size_bytes:
            return b""
        content = read_at(self._descriptor, min(size_bytes, self.size_bytes - offset), offset)
        self.bytes_read += len(content)
        return content


class InMemory:
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size_bytes = len(content)
        self.bytes_read = 0

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Satisfy ``Source``."""
        part = self.content[offset : offset + size_bytes]
        self.bytes_read += len(part)
        return part


class Tail:
    """A source from some offset on: what was appended to a program."""

    def __init__(self, whole: Source, start: int) -> None:
        self.size_bytes = whole.size_bytes - start
        self.bytes_read = 0
        self._whole = whole
        self._start = start

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Satisfy ``Source``."""
        part = self._whole.read(self._start + offset, size_bytes)
        self.bytes_read += len(part)
        return part


class Flow:
    """Bytes that come piece after piece and can be passed once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = filter(None, pieces)  # an empty piece is not the end
        self._ahead = b""
        """What was taken from the pieces and not yet given on; ``_at`` of it is."""
        self._at = 0

    def next_piece(self) -> bytes:
        """Return the next bytes, as many as come; none at the end."""
        if self._at < len(self._ahead):
            piece, self._ahead, self._at = self._ahead[self._at :] if self._at else self._ahead, b"", 0
            return piece
        return next(self._pieces, b"")

    def give_back(self, content: bytes) -> None:
        """Put bytes that were taken too many before what is to come."""
        self._ahead, self._at = content + self._ahead[self._at :], 0

    def peek(self, size_bytes: int) -> bytes:
        """Return the next bytes without passing them, fewer at the end."""
        while len(self._ahead) - self._at < size_bytes:
            if not (piece := next(self._pieces, b"")):
                break
            self._ahead = self._ahead[self._at :] + piece if self._at < len(self._ahead) else piece
            self._at = 0
        return self._ahead[self._at : self._at + size_bytes]

    def read(self, size_bytes: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        if len(self._ahead) - self._at >= size_bytes:
            self._at += size_bytes
            return self._ahead[self._at - size_bytes : self._at]
        content = io.BytesIO()  # grows in place, and gives its bytes away without a copy
        for piece in self.pieces(size_bytes):
            content.write(piece)
        return content.getvalue()

    def pieces(self, size_bytes: int) -> Iterator[bytes]:
        """Yield the next bytes piece by piece; the flow ends where they are fewer."""
        left = size_bytes
        while left > 0 and (piece := self.next_piece()):
            if len(piece) > left:
                self._ahead, self._at = piece, left
                piece = piece[:left]
            left -= len(piece)
            yield piece

    def skip(self, size_bytes: int) -> None:
        """Pass bytes."""
        for _ in self.pieces(size_bytes):
            pass


class SourceFlow(Flow):
    """A source, passed from an offset on; what is skipped is not read."""

    def __init__(self, source: Source, offset: int = 0, piece_bytes: int = PIECE_BYTES) -> None:
        super().__init__(iter(self._next, b""))
        self._source = source
        self._piece_bytes = piece_bytes
        self._offset = offset

    def _next(self) -> bytes:
        piece = self._source.read(self._offset, self._piece_bytes)
        self._offset += len(piece)
        return piece

    def skip(self, size_bytes: int) -> None:
        """Pass bytes without reading them."""
        ahead = len(self._ahead) - self._at
        self._at += min(ahead, size_bytes)
        self._offset += max(0, size_bytes - ahead)


# What readers of archives give: one file inside, before it is looked at; and what is said of an archive as a whole.


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


# How much is unpacked of one archive, what a bomb is, and what ends a look.

_TICKS = 16


class ClosedError(EndpointError):
    """One member, or one archive inside another, cannot be looked into; the rest can. ``reason`` says why."""

    def __init__(self, what: str, reason: Reason) -> None:
        super().__init__(what)
        self.reason = reason


class EndedError(EndpointError):
    """Nothing more is unpacked of the whole archive: a limit was reached, or it is a bomb."""

    def __init__(self, what: str, *, is_bomb: bool = False) -> None:
        super().__init__(what)
        self.is_bomb = is_bomb


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one file with everything inside it; why these, see ADR 0036.

    Sizes are bytes, times seconds of processor time.
    """

    depth: int = 12
    """Archives inside archives; 42.zip has six levels, a man page in a .deb in a .tar.gz lies in six."""
    members: int = 100_000
    told: int = 1_000
    """Members that showed something and are told of one by one."""
    held_bytes: int = 24 << 20
    """Unpacked bytes kept at once, on all levels together; of a larger member the first ones are looked at."""
    decoder_bytes: int = 68 << 20
    """What one decoder may allocate: xz -9 and 7z -mx9 need a dictionary of 64 MiB."""
    output_bytes: int = 1 << 30
    output_ratio: int = 4
    """All that is unpacked may come to ``output_bytes`` and ``output_ratio`` times the size of the file."""
    bomb_bytes: int = 256 << 20
    bomb_ratio: int = 250
    """More than both, unpacked, is a bomb. One layer of deflate gives at most 1032 to 1."""
    seconds: float = 20
    bytes_per_second: int = 10_000_000
    """A larger file has more time."""


@dataclass(slots=True)
class Budget:
    """What one file has used up so far. Every method raises ``EndedError`` where a limit is passed."""

    limits: Limits
    outermost: Source
    clock: Callable[[], float]
    members: int = 0
    output: int = 0
    held: int = 0
    _ticks: int = 0
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        seconds = self.limits.seconds + self.outermost.size_bytes / self.limits.bytes_per_second
        self._ends = self.clock() + seconds

    def take_member(self) -> None:
        """Count one member."""
        self.members += 1
        if self.members > self.limits.members:
            raise EndedError("more members than are looked at")
        self.tick()

    def tick(self) -> None:
        """Look at the clock, now and then: it costs as much as a small member."""
        self._ticks += 1
        if self._ticks % _TICKS == 0 and self.clock() > self._ends:
            raise EndedError("unpacking took too long")

    def spend(self, size_bytes: int) -> None:
        """Count bytes that were unpacked."""
        self.output += size_bytes
        limits, packed = self.limits, self.outermost.size_bytes
        if self.output > limits.bomb_bytes and self.output > limits.bomb_ratio * packed:
            raise EndedError("it unpacks to far more than anyone packs", is_bomb=True)
        if self.output > limits.output_bytes + limits.output_ratio * packed:
            raise EndedError("it unpacks to more than is looked at")
        self.tick()

    @property
    def share(self) -> int:
        """So many bytes may be kept of the next member: three quarters of what is left, so that some is left."""
        return (self.limits.held_bytes - self.held) * 3 // 4

    @property
    def is_suspicious(self) -> bool:
        """Whether so much came out of the part read so far that unpacking on can show a bomb."""
        read = min(self.outermost.bytes_read, self.outermost.size_bytes)
        return self.output > self.limits.bomb_ratio // 4 * read

    @contextmanager
    def holding(self, size_bytes: int) -> Iterator[None]:
        """Count bytes as kept while something inside them is looked at."""
        self.held += size_bytes
        try:
            yield
        finally:
            self.held -= size_bytes
