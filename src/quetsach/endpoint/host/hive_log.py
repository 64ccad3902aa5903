"""The logs of a hive: what Windows wrote there and not yet into the hive when the power went.

Since Windows 8.1 a log (``SOFTWARE.LOG1``, ``.LOG2``) is a row of entries, each with whole pages of the hive, a number
that follows that of the entry before, and two hashes. Before, it was a map of the pages that changed, and these pages.
Both begin with a copy of the hive's base block. What would be put in place by Windows at its next start is given here
as pages to read instead of the hive's own, and as the base block to read them by.

Source: M. Suhanov, "Windows registry file format specification", "Format of transaction log files", "Dirty state of a
hive" and "Multiple transaction log files"; Marvin32: US patent 8082445.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor

from quetsach.endpoint.host.disk import read_at

MAX_LOG_BYTES = 16 << 20
"""Larger logs are not read; those of Windows hold a few megabytes."""

LOG_PAGE_BYTES = 512
"""Pages of ``Replay`` are of this size, and so are the steps of a log."""

LOG_SUFFIXES = (b".LOG", b".LOG1", b".LOG2")
"""What the logs of a hive are called, after its own name."""

_HEAD = struct.Struct("<4sIIIIIQQ")
_SEED = 0x82EF_4D88_7A4E_55C5
_MASK = 0xFFFF_FFFF
_OLD_LOGS, _LOG = frozenset({1, 2}), 6
"""Kinds of files in a base block; 2 was written by Windows before XP."""


@dataclass(frozen=True, slots=True)
class BaseBlock:
    """What the first 512 bytes of a hive or of a log say of the hive. ``written`` is a FILETIME."""

    sequences: tuple[int, int]
    written: int
    kind: int
    root: int
    size_bytes: int

    @classmethod
    def read(cls, content: bytes) -> "BaseBlock | None":
        """Return the base block; ``None`` where it is none, or not as it was written."""
        if len(content) < LOG_PAGE_BYTES or content[:4] != b"regf" or content[20:24] != b"\1\0\0\0":
            return None
        if checksum_of(content) != int.from_bytes(content[508:512], "little"):
            return None
        first, second, written = struct.unpack_from("<IIQ", content, 4)
        kind, _, root, size = struct.unpack_from("<IIII", content, 28)
        return cls((first, second), written, kind, root, size)


@dataclass(frozen=True, slots=True)
class Replay:
    """What the logs say of a hive: offset -> content of pages, counted from the end of its header, and its root."""

    pages: Mapping[int, bytes]
    root: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    size_bytes: int
    pages: tuple[tuple[int, bytes], ...]


def replay_logs(base: BaseBlock | None, logs: Sequence[int], first_bin: bytes, largest: int) -> Replay | None:
    """Return what the logs of a hive that was not closed add to it; ``None`` when none of them follows on it.

    Args:
        base: the hive's own base block, or ``None`` where that is damaged: then that of its log is taken.
        logs: open descriptors of the logs, in any order.
        first_bin: the start of the hive behind its header, which also says when it was written.
        largest: the size up to which a hive may grow.

    Raises:
        OSError: a log cannot be read.
    """
    contents = [content for log in logs if len(content := read_at(log, MAX_LOG_BYTES + 1, 0)) <= MAX_LOG_BYTES]
    bases = [(found, content) for content in contents if (found := BaseBlock.read(content))]
    newer = [(found, content) for found, content in bases if found.kind == _LOG]
    if newer:
        return _replay_entries(base, newer, largest)
    written = base.written if base else int.from_bytes(first_bin[20:28], "little")
    return next(filter(None, (_replay_map(found, content, written, largest) for found, content in bases)), None)


def _replay_entries(base: BaseBlock | None, logs: Sequence[tuple[BaseBlock, bytes]], largest: int) -> Replay | None:
    """Apply the entries of one log and then of the other, as far as their numbers follow on each other.

    The first has the number that stands in its log's base block, and none has one less than the hive's second number
    ("New format", notes 5 and 7): what has was in the hive already.
    """
    entries: dict[int, _Entry] = {}
    starts = []
    for found, content in logs:
        read = list(_entries(content, largest))
        entries |= {entry.number: entry for entry in read}
        starts += [read[0].number] if read and read[0].number == found.sequences[0] else []
    least = base.sequences[1] if base else 0
    starts = [number for number in (*starts, least) if number >= least and number in entries]
    if not starts:
        return None
    number = min(starts)
    root = base.root if base else next((log.root for log, _ in logs if log.sequences[0] == number), logs[0][0].root)
    pages: dict[int, bytes] = {}
    size = 0
    while (entry := entries.pop(number, None)) is not None:
        pages.update(part for offset, content in entry.pages for part in _sectors(offset, content))
        size = entry.size_bytes
        number += 1
    return Replay(pages, root, size)


def _replay_map(found: BaseBlock, content: bytes, written: int, largest: int) -> Replay | None:
    """Apply a log of the form before Windows 8.1, if it was finished and belongs to the hive ("Old format")."""
    size = found.size_bytes
    is_whole = found.kind in _OLD_LOGS and found.sequences[0] == found.sequences[1] and found.written == written
    if not is_whole or size % 4096 or size > largest or content[LOG_PAGE_BYTES : LOG_PAGE_BYTES + 4] != b"DIRT":
        return None
    start = LOG_PAGE_BYTES + 4
    bitmap = content[start : start + size // LOG_PAGE_BYTES // 8]
    at = -(-(start + len(bitmap)) // LOG_PAGE_BYTES) * LOG_PAGE_BYTES
    pages: dict[int, bytes] = {}
    for number, byte in enumerate(bitmap):
        for bit in range(8) if byte else ():
            if byte >> bit & 1:
                page = content[at : at + LOG_PAGE_BYTES]
                if len(page) < LOG_PAGE_BYTES:
                    return None
                pages[(number * 8 + bit) * LOG_PAGE_BYTES] = page
                at += LOG_PAGE_BYTES
    return Replay(pages, found.root, size) if len(bitmap) * 8 * LOG_PAGE_BYTES == size else None


def checksum_of(header: bytes | bytearray) -> int:
    """Return what belongs at offset 508 of a base block."""
    checksum: int = reduce(xor, struct.unpack_from("<127I", header))
    return {0: 1, _MASK: _MASK - 1}.get(checksum, checksum)


def marvin32(content: bytes, seed: int = _SEED) -> int:
    """Return the Marvin32 hash of content, 64 bits, its first half the low one."""
    low, high = seed & _MASK, seed >> 32
    whole = len(content) & ~3
    rest = content[whole:] + b"\x80"
    for word in (*struct.unpack_from(f"<{whole // 4}I", content), int.from_bytes(rest, "little"), 0):
        low = (low + word) & _MASK
        high ^= low
        low = (((low << 20) | (low >> 12)) + high) & _MASK
        high = ((high << 9) | (high >> 23)) & _MASK ^ low
        low = (((low << 27) | (low >> 5)) + high) & _MASK
        high = ((high << 19) | (high >> 13)) & _MASK
    return high << 32 | low


def _entries(content: bytes, largest: int) -> Iterator[_Entry]:
    """Yield the entries of one log up to the first that does not hold, or does not follow on the one before.

    What lies behind are remains of an earlier round.
    """
    at, last = LOG_PAGE_BYTES, None
    while at + _HEAD.size <= len(content):
        kind, size, _, number, hive_size, count, first, second = _HEAD.unpack_from(content, at)
        body = content[at + _HEAD.size : at + size]
        is_whole = kind == b"HvLE" and size % LOG_PAGE_BYTES == 0 and len(body) == size - _HEAD.size >= 8 * count
        if not is_whole or hive_size % 4096 or hive_size > largest:
            return
        if marvin32(content[at : at + 32]) != second or marvin32(body) != first:
            return
        pages = tuple(_pages(body, count, hive_size))
        if len(pages) != count:
            return
        if last is not None and number != last + 1:
            return
        yield _Entry(number, hive_size, pages)
        last = number
        at += size


def _pages(body: bytes, count: int, hive_size: int) -> Iterator[tuple[int, bytes]]:
    place = 8 * count
    for offset, size in struct.iter_unpack("<II", body[:place]):
        if offset % LOG_PAGE_BYTES or size % LOG_PAGE_BYTES or offset + size > hive_size or place + size > len(body):
            return
        yield offset, body[place : place + size]
        place += size


def _sectors(offset: int, content: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(0, len(content), LOG_PAGE_BYTES):
        yield offset + at, content[at : at + LOG_PAGE_BYTES]
