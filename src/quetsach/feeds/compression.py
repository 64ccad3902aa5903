"""Streams that hold one file: gzip, bzip2, xz and zstd, unpacked piece by piece within bounds, read to their very end.

Told by their first bytes. What is unpacked comes in pieces of the size that is asked for, whatever a hostile stream
would unpack to; a window or dictionary larger than ``MAX_MEMORY_BYTES`` is refused.
"""

import bz2
import io
import lzma
import re
import struct
import zlib
from collections.abc import Callable
from typing import Protocol, override

import pyarrow as pa

MAX_MEMORY_BYTES = 128 << 20
"""What a decoder may hold: the dictionary of ``xz -9`` is half of it, the window of ``zstd --ultra -22`` all of it.

It is the limit that libzstd has by itself."""

HEAD_BYTES = 16
"""How many bytes of a file tell whether it is compressed."""

_CHUNK_BYTES = 1 << 15


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class _Decompressor(Protocol):
    """What ``bz2`` and ``lzma`` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Inflate:
    """A ``zlib`` stream of gzip in the form of the other decompressors."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Return at most so many bytes; without new data what the last call held back."""
        unpacked = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = not self._zlib.unconsumed_tail and len(unpacked) < max_length
        return unpacked


class _Streams:
    """What one or several streams, one behind the other, unpack to.

    Zero bytes behind a stream are padding where the format has such (gzip on tapes; xz in fours); else it is at its end
    or begins anew, and bytes that do neither are damage.
    """

    def __init__(self, source: Readable, begin: Callable[[], _Decompressor], *, padding: int = 0, many: bool) -> None:
        self._source = source
        self._begin = begin
        self._padding = padding
        self._has_many = many
        self._decompressor = begin()
        self._early = b""

    def read(self, size: int, /) -> bytes:
        """Return some bytes, at most ``size``; none at the end.

        Raises:
            EOFError: the stream is cut off.
        """
        while not self._decompressor.eof or self._begins_anew():
            data = self._more() if self._decompressor.needs_input else b""
            is_over = self._decompressor.needs_input and not data
            if unpacked := self._decompressor.decompress(data, size):
                return unpacked
            if is_over and not self._decompressor.eof:
                raise EOFError
        return b""

    def _more(self) -> bytes:
        early, self._early = self._early, b""
        return early or self._source.read(_CHUNK_BYTES)

    def _begins_anew(self) -> bool:
        """Begin the next stream behind one that ended; ``False`` where there is none."""
        data, zeros = self._decompressor.unused_data, 0
        while data or (data := self._more()):
            rest = data.lstrip(b"\0") if self._padding else data
            zeros += len(data) - len(rest)
            if data := rest:
                break
        if (self._padding and zeros % self._padding) or (data and not self._has_many):
            raise ValueError(data[:1])
        if data:
            self._decompressor, self._early = self._begin(), data
        return bool(data)


class _Before:
    """Bytes that were read too early, then the source that they are of."""

    def __init__(self, early: bytes, source: Readable) -> None:
        self._early = early
        self._source = source

    def read(self, size: int, /) -> bytes:
        early, self._early = self._early[:size], self._early[size:]
        return early or self._source.read(size)


class _Source(io.RawIOBase):
    """A source as PyArrow reads one."""

    def __init__(self, source: Readable) -> None:
        self._source = source

    @override
    def readable(self) -> bool:
        return True

    @override
    def read(self, size: int = -1, /) -> bytes:
        return self._source.read(size if size >= 0 else _CHUNK_BYTES)


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_MEMORY_BYTES)


def _zstd(source: Readable) -> Readable:
    stream: Readable = pa.CompressedInputStream(pa.PythonFile(_Source(source), mode="r"), "zstd")
    return stream


_UNPACKERS: dict[str, tuple[re.Pattern[bytes], Callable[[Readable], Readable]]] = {
    "gz": (re.compile(rb"\x1f\x8b"), lambda source: _Streams(source, _Inflate, padding=1, many=True)),
    # Letters alone begin the header of a CSV, too: behind them stands the number of a block, or of the end.
    "bz2": (
        re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)"),
        lambda source: _Streams(source, bz2.BZ2Decompressor, many=True),
    ),
    "xz": (re.compile(rb"\xfd7zXZ\0"), lambda source: _Streams(source, _xz, padding=4, many=True)),
    # the second is a frame to be passed over, which some tools begin a file with
    "zst": (re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), _zstd),
}

ENDINGS = tuple(f".{ending}" for ending in _UNPACKERS)
"""How names of such files end."""


def compression_of(head: bytes) -> str:
    """Return the ending that names how a file is compressed that begins like this; empty if it is not."""
    return next((ending for ending, (magic, _) in _UNPACKERS.items() if magic.match(head)), "")


def decompressed(source: Readable) -> Readable:
    """Return what a file unpacks to, by its first bytes; a file that is not compressed as it is."""
    head = b""
    while len(head) < HEAD_BYTES and (more := source.read(HEAD_BYTES - len(head))):
        head += more
    whole = _Before(head, source)
    return _UNPACKERS[ending][1](whole) if (ending := compression_of(head)) else whole


# Members of zip, whose method the archive's directory names.

BZIP2, LZMA, ZSTD, XZ = 12, 14, 93, 95
"""Methods by APPNOTE.TXT 6.3.10, 4.4.5."""
METHODS = {BZIP2, LZMA, ZSTD, XZ}
_PROPERTIES = struct.Struct("<2xH")


def decompressed_by(method: int, source: Readable, size_bytes: int | None) -> Readable:
    """Return what a member of a zip unpacks to.

    Args:
        method: one of ``METHODS``.
        source: its packed bytes, and nothing behind them.
        size_bytes: what LZMA says that it unpacks to; ``None`` if it has a mark at its end.
    """
    if method == ZSTD:
        return _zstd(source)
    if method == LZMA:
        # its header and its five bytes of properties stand for those of a file of LZMA, whose decoder has a limit
        head = b""
        while len(head) < _PROPERTIES.size + 5 and (more := source.read(_PROPERTIES.size + 5 - len(head))):
            head += more
        size = b"\xff" * 8 if size_bytes is None else size_bytes.to_bytes(8, "little")
        return _Streams(
            _Before(head[_PROPERTIES.size :] + size, source),
            lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MAX_MEMORY_BYTES),
            many=False,
        )
    return _Streams(source, bz2.BZ2Decompressor if method == BZIP2 else _xz, many=False)
