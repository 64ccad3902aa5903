"""Members of a zip archive (PKWARE, APPNOTE.TXT 6.3.10; section numbers are its own).

The central directory is read entry by entry and nothing of it is kept: it is as hostile as the rest. Where it does not
hold, local headers are looked for instead, so that what a cut or crooked archive still has is looked at.
"""

import bz2
import itertools
import lzma
import struct
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.decode import OUTPUT_BYTES, Decoder, Inflate, decode
from quetsach.endpoint.scanner.archive.member import (
    PIECE_BYTES,
    Budget,
    ClosedError,
    EndedError,
    Member,
    Source,
    SourceFlow,
)

END = b"PK\x05\x06"
"""The end of the central directory, 4.3.16."""
END_BYTES = 22

_END = struct.Struct("<4sHHHHIIH")
_LOCATOR = struct.Struct("<4sIQI")  # 4.3.15
_END_64 = struct.Struct("<4sQHHIIQQQQ")  # 4.3.14
_ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")  # 4.3.12
_LOCAL = struct.Struct("<4sHHHHHIIIHH")  # 4.3.7
_LOCAL_MAGIC = b"PK\x03\x04"
LONGEST_COMMENT = 0xFFFF

_IS_ENCRYPTED = 1 << 0  # 4.4.4
_HAS_END_MARK = 1 << 1
_SIZES_FOLLOW = 1 << 3
_AES = 99  # 4.4.5
_LZMA_HEAD_BYTES = 9
_IN_EXTRA = 0xFFFFFFFF
_SEARCH_BYTES = 64 << 10
_DIRECTORY_BYTES, _LONGEST_ENTRY = 512 << 10, _ENTRY.size + 3 * 0xFFFF


class _Method(IntEnum):
    """Methods that are opened, 4.4.5."""

    STORED = 0
    DEFLATED = 8
    BZIP2 = 12
    LZMA = 14
    XZ = 95


_METHODS = frozenset(_Method)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a header says of a member. ``size_bytes`` and ``packed_bytes`` are -1 when it does not say."""

    name: bytes
    flags: int
    method: int
    packed_bytes: int
    size_bytes: int
    offset: int
    """Of the local header, from the start of the source."""


class _Local(NamedTuple):
    """What the header in front of a member says."""

    flags: int
    method: int
    packed_bytes: int
    size_bytes: int
    name_bytes: int
    extra_bytes: int


def zip_members(source: Source, budget: Budget) -> Iterator[Member]:
    """Yield the files of a zip archive.

    Raises:
        ClosedError: the central directory is missing or does not hold; what could be found without it was yielded.
        EndedError: its entries share their packed bytes, which no packer does and multiplies what comes out.
    """
    claimed = 0
    covered = array("Q")
    try:
        for entry in _directory(source):
            head = source.read(entry.offset, 2 * _LOCAL.size + len(entry.name))
            local = _local(head)
            taken = _header_bytes(head, local) + entry.packed_bytes
            covered.extend(min(number, source.size_bytes) for number in (entry.offset, taken))
            claimed += max(0, min(entry.packed_bytes, source.size_bytes - entry.offset))
            if claimed > 2 * source.size_bytes:
                raise EndedError("entries of the zip archive overlap", is_bomb=True)
            if not entry.name.endswith(b"/") or entry.size_bytes:
                yield _member(source, entry, local, budget)
                if local is not None and _says_otherwise(local, entry):
                    yield from _without_directory(source, entry.offset, entry.offset + _LOCAL.size, budget)
            else:
                budget.take_member()
    except ClosedError:
        yield from _without_directory(source, 0, source.size_bytes, budget)
        raise
    for start, end in _gaps(covered, source.size_bytes):
        yield from _without_directory(source, start, end, budget)


def _local(head: bytes) -> _Local | None:
    """Return what a local header says, if there is one."""
    if len(head) < _LOCAL.size or not head.startswith(_LOCAL_MAGIC):
        return None
    _, _, flags, method, _, _, _, packed, size, name, extra = _LOCAL.unpack_from(head)
    return _Local(flags, method, packed, size, name, extra)


def _header_bytes(head: bytes, local: _Local | None) -> int:
    """Return how many bytes of a local header are known to hold no other member."""
    end = _LOCAL.size if local is None else _LOCAL.size + local.name_bytes + local.extra_bytes
    return end if end <= len(head) and head.find(_LOCAL_MAGIC, 1, end) < 0 else _LOCAL.size


def _says_otherwise(local: _Local, entry: _Entry) -> bool:
    """Return whether the local header of a member gives it another method or size: readers go by either."""
    if local.flags & _SIZES_FOLLOW or _IN_EXTRA in local[2:4]:
        return local.method != entry.method
    return local[1:4] != (entry.method, entry.packed_bytes, entry.size_bytes)


def _gaps(covered: "array[int]", size_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield what no entry of the directory lies in, where others may be: readers take one directory, or none.

    ``covered`` are the offsets of local headers and the bytes of header and packed content of each in turn.
    """
    end = 0
    for start, size in sorted(zip(covered[::2], covered[1::2], strict=True)):
        if start - end >= _LOCAL.size:
            yield end, start
        end = max(end, start + size)
    if size_bytes - end >= _LOCAL.size:
        yield end, size_bytes


def _directory(source: Source) -> Iterator[_Entry]:
    at, size, offset = _end(source)
    shift = at - size - offset  # what stands before the archive, such as the program that unpacks it
    if at < size or shift < 0:
        raise ClosedError("the zip directory is not where it should be", Reason.DAMAGED)
    begins, window, here = at - size, b"", 0
    while begins + here < at:
        if len(window) - here < _LONGEST_ENTRY and begins + len(window) < at:
            begins, here, window = begins + here, 0, source.read(begins + here, _DIRECTORY_BYTES)
        if not window.startswith(b"PK\x01\x02", here) or len(window) - here < _ENTRY.size:
            raise ClosedError("the zip directory does not hold", Reason.DAMAGED)
        (_, _, _, flags, method, _, _, _, packed, unpacked, name, extra, comment, _, _, _, local) = _ENTRY.unpack_from(
            window, here
        )
        here += _ENTRY.size + name
        unpacked, packed, local = _large(window[here : here + extra], unpacked, packed, local)
        yield _Entry(window[here - name : here], flags, method, packed, unpacked, local + shift)
        here += extra + comment


def _end(source: Source) -> tuple[int, int, int]:
    """Return where the central directory ends, its size, and where it says that it starts."""
    at = source.size_bytes - END_BYTES
    record = source.read(max(0, at), END_BYTES)
    if at < 0 or record[:4] != END:
        start = max(0, at - LONGEST_COMMENT)
        tail = source.read(start, source.size_bytes - start)
        found = _behind_comment(tail)
        at, record = start + found, tail[found : found + END_BYTES]
    _, _, _, _, _, size, offset, _ = _END.unpack(record)
    locator = source.read(at - _LOCATOR.size, _LOCATOR.size) if at >= _LOCATOR.size + _END_64.size else b""
    if not locator.startswith(b"PK\x06\x07"):
        return at, size, offset
    _, _, stated, _ = _LOCATOR.unpack(locator)
    for start in (at - _LOCATOR.size - _END_64.size, stated):  # it may have moved with what stands before the archive
        record = source.read(start, _END_64.size)
        if len(record) == _END_64.size and record.startswith(b"PK\x06\x06"):
            *_, size, offset = _END_64.unpack(record)
            return start, size, offset
    return at, size, offset


def _behind_comment(tail: bytes) -> int:
    """Return where the end record is whose comment reaches to the end; else, as bytes may follow it, the last one."""
    found = tail.rfind(END, 0, max(0, len(tail) - END_BYTES + len(END)))
    if (last := found) < 0:
        raise ClosedError("the zip archive has no directory", Reason.DAMAGED)
    while found >= 0:
        if found + END_BYTES + int.from_bytes(tail[found + 20 : found + 22], "little") == len(tail):
            return found
        found = tail.rfind(END, 0, found)
    return last


def _large(extra: bytes, *values: int) -> tuple[int, ...]:
    """Return unpacked size, packed size and offset, those that need more than 32 bits from the extra field, 4.5.3."""
    if _IN_EXTRA not in values:
        return values
    at = 0
    large = b""
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 0x0001:
            large = extra[at + 4 : at + 4 + length]
            break
        at += 4 + length
    numbers = iter(struct.unpack(f"<{len(large) // 8}Q", large[: len(large) // 8 * 8]))
    return tuple(next(numbers, value) if value == _IN_EXTRA else value for value in values)


def _member(source: Source, entry: _Entry, local: _Local | None, budget: Budget) -> Member:
    if local is None:
        return Member(entry.name, iter(()), Reason.DAMAGED)
    if (
        local.flags & entry.flags & _IS_ENCRYPTED or entry.method == _AES
    ):  # where one does not say so, some readers open it
        return Member(entry.name, iter(()), Reason.ENCRYPTED)
    if entry.method not in _METHODS:
        return Member(entry.name, iter(()), Reason.NOT_OPENED)
    start = entry.offset + _LOCAL.size + local.name_bytes + local.extra_bytes
    content = _at_once(source, start, entry)
    if content is None:
        return Member(entry.name, _content(SourceFlow(source, start), source.size_bytes, entry, budget))
    budget.spend(len(content))
    return Member(entry.name, iter((content,)), content=content)


def _at_once(source: Source, start: int, entry: _Entry) -> bytes | None:
    """Return a small member as a whole; nothing when it is large, or not as it should be, and is taken in pieces."""
    if not (0 <= entry.packed_bytes <= PIECE_BYTES and 0 <= entry.size_bytes <= OUTPUT_BYTES):
        return None
    packed = source.read(start, entry.packed_bytes)
    if entry.method == _Method.STORED:
        return packed if len(packed) == entry.size_bytes else None
    if entry.method != _Method.DEFLATED:
        return None
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflate.decompress(packed, OUTPUT_BYTES)
    except zlib.error:
        return None
    return content if inflate.eof and len(content) == entry.size_bytes else None


def _content(flow: SourceFlow, most: int, entry: _Entry, budget: Budget) -> Iterator[bytes]:
    size = 0
    for piece in _unpacked(flow, entry.packed_bytes if entry.packed_bytes >= 0 else most, entry, budget):
        size += len(piece)
        yield piece
    if size != entry.size_bytes >= 0:
        raise ClosedError("a zip member is not as large as its header says", Reason.DAMAGED)


def _unpacked(flow: SourceFlow, left: int, entry: _Entry, budget: Budget) -> Iterator[bytes]:
    match entry.method:
        case _Method.STORED:
            for piece in flow.pieces(left):
                budget.spend(len(piece))
                yield piece
            return
        case _Method.DEFLATED:
            decoder: Decoder = Inflate(-zlib.MAX_WBITS)
        case _Method.BZIP2:
            decoder = bz2.BZ2Decompressor()
        case _Method.LZMA:
            decoder = lzma.LZMADecompressor(lzma.FORMAT_ALONE, budget.limits.decoder_bytes)
            head = _lzma_head(flow.read(_LZMA_HEAD_BYTES), entry)
            left -= _LZMA_HEAD_BYTES
            yield from decode(decoder, itertools.chain([head], flow.pieces(left)), budget)
            return
        case _:
            decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, budget.limits.decoder_bytes)
    yield from decode(decoder, flow.pieces(left), budget)


def _lzma_head(head: bytes, entry: _Entry) -> bytes:
    """Return the head of a lone LZMA stream, made of that of a member, 5.8.8: version, length 5, five properties."""
    if head[2:4] != b"\5\0":
        raise ClosedError("the head of an LZMA member does not hold", Reason.DAMAGED)
    size = -1 if entry.flags & _HAS_END_MARK else entry.size_bytes
    return head[4:] + (size & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little")


def _without_directory(source: Source, at: int, end: int, budget: Budget) -> Iterator[Member]:
    """Yield the members whose local headers can be found in a part of the source, wherever they are."""
    while len(window := source.read(at, min(_SEARCH_BYTES, end - at))) >= _LOCAL.size:
        budget.tick()
        if (found := window.find(_LOCAL_MAGIC)) < 0:
            at += len(window) - len(_LOCAL_MAGIC) + 1
            continue
        at += found
        local = _local(source.read(at, _LOCAL.size))
        if local is None:
            return
        name = source.read(at + _LOCAL.size, local.name_bytes)
        extra = source.read(at + _LOCAL.size + local.name_bytes, local.extra_bytes)
        size, packed = _large(extra, local.size_bytes, local.packed_bytes)
        if local.flags & _SIZES_FOLLOW and not packed:
            size = packed = -1
        entry = _Entry(name, local.flags, local.method, packed, size, at)
        if not name.endswith(b"/"):
            yield _member(source, entry, local, budget)
        at += _LOCAL.size
