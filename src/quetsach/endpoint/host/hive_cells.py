"""The cells of a hive file, of which its keys and values are made: read in blocks, freed and made in a copy."""

import os
import struct
import weakref
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from quetsach.core.text import LocalText, Text
from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.disk import fstat, parts_of, read_at, write_at
from quetsach.endpoint.host.hive_log import LOG_PAGE_BYTES, BaseBlock, checksum_of, replay_logs

# The cells of a hive file, of which its keys and values are made, read in blocks from an open descriptor.
#
# Source: M. Suhanov, "Windows registry file format specification". Offsets count from the end of the header.

MAX_HIVE_BYTES = 1 << 30
"""Larger hives are refused; Windows itself lets them grow to 2 GiB, real ones stay below 300 MB."""

HEADER_BYTES = 4096

_BLOCK = 1 << 16
_BLOCKS = 16
_BIN_HEADER_BYTES = 32


class Cells:
    """The file of a hive. Takes the descriptor over; ``close`` closes it, at the latest when this object goes."""

    def __init__(self, descriptor: int, *, where: str = "", logs: Sequence[int] = ()) -> None:
        """Read the header, and if the hive was not closed cleanly what its logs (open descriptors) add to it.

        Raises:
            RegistryError: it is no hive, or too large.
            OSError: it cannot be read.
        """
        self.where = where
        self.close = weakref.finalize(self, os.close, descriptor)
        header = b"".join(parts_of(descriptor, HEADER_BYTES))
        self.size_bytes = fstat(descriptor).st_size
        if self.size_bytes > MAX_HIVE_BYTES:
            raise self.error(Text("the hive is larger than one is read"))
        base = BaseBlock.read(header)
        self.is_clean = base is not None and base.sequences[0] == base.sequences[1]
        """Whether all that was written to the hive is in this file."""
        added = None
        if not self.is_clean:
            first_bin = b"".join(parts_of(descriptor, _BIN_HEADER_BYTES, HEADER_BYTES))
            added = replay_logs(base, logs, first_bin, MAX_HIVE_BYTES)
        is_hive = added is not None or (header[:4] == b"regf" and header[20:24] == b"\1\0\0\0")
        if len(header) < HEADER_BYTES or not is_hive:
            raise self.error(Text("this is no hive of the Windows registry"))
        self.sequences: tuple[int, int] = struct.unpack_from("<II", header, 4)
        self.root, size = (added.root, added.size_bytes) if added else struct.unpack_from("<II", header, 36)
        self.is_current = self.is_clean or added is not None
        """Whether nothing newer is known to be missing: the hive was closed, or its logs were read."""
        self._end = size if added else min(size, self.size_bytes - HEADER_BYTES)
        pages = added.pages if added else {}
        self._block = lru_cache(maxsize=_BLOCKS)(lambda number: _read_block(descriptor, number, pages))

    def cell(self, offset: int, least: int, most: int) -> bytes:
        """Return the content of a cell in use, which holds at least so many bytes; no more than is asked for.

        Raises:
            RegistryError: there is no such cell.
        """
        if offset % 4 or not 32 <= offset <= self._end - 8:
            raise self.error(Text("the hive points to a place outside of itself"))
        size = -int.from_bytes(self._read(offset, 4), "little", signed=True)
        if size < 4 + least or offset + size > self._end:
            raise self.error(Text("a cell of the hive is damaged"))
        return self._read(offset + 4, min(size - 4, most))

    def error(self, what: str | LocalText) -> RegistryError:
        """Return an error about this hive."""
        return RegistryError(what, where=self.where)

    def _read(self, offset: int, size: int) -> bytes:
        number, start = divmod(offset + HEADER_BYTES, _BLOCK)
        parts = [self._block(number)[start : start + size]]
        missing = size - len(parts[0])
        while missing and (part := self._block(number := number + 1)[:missing]):
            parts.append(part)
            missing -= len(part)
        if missing:
            raise self.error(Text("the hive was cut short while it was read"))
        return b"".join(parts)


def _read_block(descriptor: int, number: int, pages: Mapping[int, bytes]) -> bytes:
    """Return a block of the file, with the pages of its logs in it."""
    start = number * _BLOCK
    block = b"".join(parts_of(descriptor, _BLOCK, start))
    newer = [at for at in range(start, start + _BLOCK, LOG_PAGE_BYTES) if at - HEADER_BYTES in pages] if pages else []
    if newer:
        patched = bytearray(block)
        for at in newer:
            patched.extend(bytes(max(0, at - start - len(patched))))
            patched[at - start : at - start + LOG_PAGE_BYTES] = pages[at - HEADER_BYTES]
        block = bytes(patched)
    return block


# The room in a copy of a hive: cells that are freed, and cells that are made in freed room or in a new bin at the end.
#
# Source: M. Suhanov, "Windows registry file format specification": bins of whole pages, each full of cells that follow
# on each other, the size of a cell negative while it is in use. What is freed is overwritten with zeros.

_BIN_HEAD_BYTES = 32
_MOST_CELLS = 4_000_000
"""Of one bin, in which a hostile hive could put a hundred million."""

_KEPT_ROOMS = 64
_OLDEST_MINOR = 3  # Windows NT 4; before that cells were laid out differently


class Space:
    """The cells of a hive that is written to, an open copy of a clean one. Offsets count from the end of the header."""

    def __init__(self, descriptor: int) -> None:
        """Read the header and the heads of all bins.

        Raises:
            RegistryError: the bins do not follow on each other, so that Windows would not take the hive.
        """
        self._descriptor = descriptor
        self._header = bytearray(read_at(descriptor, 512, 0))
        self.minor, self._end = self._word(24), self._word(40)
        self._bins = array("I")
        self._rooms: list[tuple[int, int]] = []
        """Offset and size of what is free and was made so here."""
        self._made: dict[int, int] = {}
        self._starts = lru_cache(maxsize=4)(self._read_starts)
        if self.minor < _OLDEST_MINOR:
            raise RegistryError(Text("the hive is of a Windows too old to be edited"))
        at = 0
        while at < self._end:
            size = self._bin_size(at)
            self._bins.append(at)
            at += size

    def free(self, offsets: Iterable[int]) -> None:
        """Free cells and overwrite what they held. What is no cell in use is left."""
        for offset in sorted(set(offsets)):
            size = self._size_in_use(offset)
            if size:
                self._write(offset, struct.pack("<i", size) + bytes(size - 4))
                if len(self._rooms) < _KEPT_ROOMS:
                    self._rooms.append((offset, size))

    def store(self, content: bytes) -> int:
        """Make a cell and return its offset."""
        needed = (len(content) + 4 + 7) & ~7
        at = next((at for at, (_, size) in enumerate(self._rooms) if size >= needed), None)
        if at is None:
            self._rooms = [*self._rooms[-_KEPT_ROOMS:], self._new_bin(needed)]
            at = -1
        offset, size = self._rooms.pop(at)
        self._made[offset] = needed
        if size > needed:
            self._write(offset + needed, struct.pack("<i", size - needed))
            self._rooms.append((offset + needed, size - needed))
        self._write(offset, struct.pack("<i", -needed) + content)
        return offset

    def patch(self, offset: int, content: bytes, *, at: int = 0) -> None:
        """Write into a cell in use.

        Raises:
            RegistryError: it is not one, or smaller.
        """
        if (self._made.get(offset) or self._size_in_use(offset)) < 4 + at + len(content):
            raise RegistryError(Text("a cell that is to be edited is damaged"))
        self._write(offset + 4 + at, content)

    def finish(self, changed: int) -> None:
        """Write the header: one number of change more, closed, and so much larger as was needed."""
        number = (self._word(4) + 1) & 0xFFFF_FFFF
        struct.pack_into("<IIQ", self._header, 4, number, number, changed)
        struct.pack_into("<I", self._header, 40, self._end)
        struct.pack_into("<I", self._header, 508, checksum_of(self._header))
        self._write(-HEADER_BYTES, bytes(self._header))

    def _word(self, at: int) -> int:
        return int.from_bytes(self._header[at : at + 4], "little")

    def _bin_size(self, start: int) -> int:
        head = read_at(self._descriptor, 12, HEADER_BYTES + start)
        magic, own, size = struct.unpack("<4sII", head) if len(head) == 12 else (b"", 0, 0)
        if magic != b"hbin" or own != start or not size or size % 4096 or start + size > self._end:
            raise RegistryError(Text("the bins of the hive do not follow on each other; the hive is damaged"))
        return int(size)

    def _new_bin(self, needed: int) -> tuple[int, int]:
        """Add a bin with room for a cell of a size, and return that room."""
        start, size = self._end, (needed + _BIN_HEAD_BYTES + 4095) & ~4095
        room = size - _BIN_HEAD_BYTES
        head = struct.pack("<4sII20x", b"hbin", start, size)
        self._write(start, head + struct.pack("<i", room) + bytes(room - 4))
        self._bins.append(start)
        self._end += size
        return start + _BIN_HEAD_BYTES, room

    def _size_in_use(self, offset: int) -> int:
        """Return the size of a cell, 0 when it is free or there is none."""
        number = bisect_right(self._bins, offset) - 1
        starts = self._starts(number) if number >= 0 else array("I")
        at = bisect_left(starts, offset)
        if at == len(starts) or starts[at] != offset:
            return 0
        return max(0, -self._signed(offset))

    def _read_starts(self, number: int) -> "array[int]":
        """Return where the cells of a bin begin, as far as they follow on each other."""
        start = self._bins[number]
        end = self._bins[number + 1] if number + 1 < len(self._bins) else self._end
        found, at = array("I"), start + _BIN_HEAD_BYTES
        while at < end and len(found) < _MOST_CELLS:
            size = abs(self._signed(at))
            if size < 8 or size % 8 or at + size > end:
                break
            found.append(at)
            at += size
        return found

    def _signed(self, offset: int) -> int:
        return int.from_bytes(read_at(self._descriptor, 4, HEADER_BYTES + offset), "little", signed=True)

    def _write(self, offset: int, content: bytes) -> None:
        while content:
            written = write_at(self._descriptor, content, HEADER_BYTES + offset)
            offset, content = offset + written, content[written:]
