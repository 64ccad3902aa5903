"""Where bytes of an archive come from: any part of a file or of bytes in memory, or a flow that only goes forward."""

import io
from collections.abc import Iterator
from typing import Protocol

from quetsach.endpoint.host.disk import read_at

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
