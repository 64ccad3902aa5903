"""The logs of a hive: what Windows wrote there and not yet into the hive when the power went.

Since Windows 8.1 a log (``SOFTWARE.LOG1``, ``.LOG2``) is a row of entries, each with whole pages of the hive, a number
that follows that of the entry before, and two hashes. What would be put in place by Windows at its next start is given
here as pages to read instead of the hive's own. Logs of older form are not read.

Source: M. Suhanov, "Windows registry file format specification", section "New format"; Marvin32: US patent 8082445.
"""

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

MAX_LOG_BYTES = 16 << 20
"""Larger logs are not read; those of Windows hold a few megabytes."""

LOG_PAGE_BYTES = 512
"""Pages of ``Pages`` are of this size, and so are the steps of a log."""

_HEAD = struct.Struct("<4sIIIIIQQ")
_SEED = 0x82EF_4D88_7A4E_55C5
_MASK = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Pages:
    """What the logs say of a hive: offset -> content of pages, counted from the end of its header, and its new size."""

    pages: Mapping[int, bytes]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    size_bytes: int
    pages: tuple[tuple[int, bytes], ...]


def read_logs(logs: Sequence[int], number: int, largest: int) -> Pages | None:
    """Return what the logs of a hive add to it; ``None`` when none of their entries follows on it.

    Args:
        logs: open descriptors of the logs, in any order.
        number: the secondary sequence number of the hive, which the first entry to follow has.
        largest: the size up to which a hive may grow.

    Raises:
        OSError: a log cannot be read.
    """
    entries = {entry.number: entry for log in logs for entry in _entries(os.pread(log, MAX_LOG_BYTES, 0), largest)}
    found: Pages | None = None
    pages: dict[int, bytes] = {}
    while (entry := entries.pop(number, None)) is not None:
        pages.update(part for offset, content in entry.pages for part in _sectors(offset, content))
        found = Pages(pages, entry.size_bytes)
        number += 1
    return found


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
    """Yield the entries of one log up to the first that does not hold."""
    if content[:4] != b"regf" or content[28:32] != b"\6\0\0\0":
        return
    at = LOG_PAGE_BYTES
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
        yield _Entry(number, hive_size, pages)
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
