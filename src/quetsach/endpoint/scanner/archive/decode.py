"""Decompression piece by piece: deflate, gzip, bzip2, lzma and xz, with bounded output and memory.

Sources: RFC 1951 and 1952; xz-file-format.txt; lzma-file-format.txt; bzip2 has no specification.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.member import PIECE_BYTES, Budget, ClosedError, Flow, Member
from quetsach.endpoint.scanner.kind import MARKS, FileKind

OUTPUT_BYTES = 256 << 10
"""So much is unpacked at once."""

_DEFLATE = b"\x08"  # RFC 1952, 2.3.1: the only CM
_MEMORY_WORDS = "memory usage limit"


class Decoder(Protocol):
    """What ``bz2`` and ``lzma`` have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the compressed stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more can only come out when more goes in."""

    @property
    def unused_data(self) -> bytes:
        """What came after the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return the next bytes, up to ``max_length``."""


class Inflate:
    """``zlib`` in the same shape."""

    def __init__(self, window: int) -> None:
        self._inflate = zlib.decompressobj(window)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Satisfy ``Decoder``."""
        return self._inflate.eof

    @property
    def unused_data(self) -> bytes:
        """Satisfy ``Decoder``."""
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Satisfy ``Decoder``; ``max_length`` must be given."""
        tail = self._inflate.unconsumed_tail
        content = self._inflate.decompress(tail + data if tail else data, max_length)
        self.needs_input = len(content) < max_length
        return content


def decode(decoder: Decoder, pieces: Iterator[bytes], budget: Budget) -> Iterator[bytes]:
    """Yield what a decoder makes of the pieces, until the end of its stream.

    Raises:
        ClosedError: the stream is damaged or breaks off, or needs more memory than it may have.
        EndedError: a limit of the whole archive was reached.
    """
    try:
        for piece in pieces:
            content = decoder.decompress(piece, OUTPUT_BYTES)
            while content:
                budget.spend(len(content))
                yield content
                if decoder.eof or decoder.needs_input:
                    break
                content = decoder.decompress(b"", OUTPUT_BYTES)
            if decoder.eof:
                return
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        if isinstance(error, OSError) and error.errno:  # the disk's; that of bzip2 has no number
            raise
        is_limit = _MEMORY_WORDS in str(error).lower()
        raise ClosedError(f"cannot be unpacked: {error}", Reason.LIMIT if is_limit else Reason.DAMAGED) from None
    raise ClosedError("the compressed stream breaks off", Reason.DAMAGED)


def unpacked(flow: Flow, kind: FileKind, name: bytes, budget: Budget) -> Iterator[Member]:
    """Yield the one member of a compressed file; several streams in a row are one, as their tools read them."""
    yield Member(name, _streams(flow, kind, budget))


def _streams(flow: Flow, kind: FileKind, budget: Budget) -> Iterator[bytes]:
    magic, start = DECODERS[kind]
    while True:
        decoder = start(budget)
        yield from decode(decoder, iter(flow.next_piece, b""), budget)
        flow.give_back(decoder.unused_data)
        budget.tick()
        while (ahead := flow.peek(PIECE_BYTES)) and not ahead.strip(b"\0"):
            flow.skip(len(ahead))  # gzip and xz may be padded with zeros
            budget.tick()
        flow.skip(len(ahead) - len(ahead.lstrip(b"\0")))
        if not magic or flow.peek(len(magic)) != magic:
            return  # what follows is no stream; the packed bytes themselves were looked at


def _lzma(budget: Budget) -> Decoder:
    return lzma.LZMADecompressor(format=lzma.FORMAT_ALONE, memlimit=budget.limits.decoder_bytes)


def _xz(budget: Budget) -> Decoder:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=budget.limits.decoder_bytes)


DECODERS: Mapping[FileKind, tuple[bytes, Callable[[Budget], Decoder]]] = {
    FileKind.GZIP: (MARKS[FileKind.GZIP][0] + _DEFLATE, lambda _: Inflate(16 + zlib.MAX_WBITS)),
    FileKind.BZIP2: (b"BZh", lambda _: bz2.BZ2Decompressor()),
    FileKind.XZ: (MARKS[FileKind.XZ][0], _xz),
    FileKind.LZMA: (b"", _lzma),
}
"""Kind -> how a further stream of it starts, none where there can be none; and its decoder."""
