"""The cells of a hive file, of which its keys and values are made, read in blocks from an open descriptor.

Source: M. Suhanov, "Windows registry file format specification". Offsets count from the end of the header.
"""

import os
import struct
import weakref
from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from operator import xor

from quetsach.endpoint.disk import parts_of
from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.hive_log import LOG_PAGE_BYTES, read_logs

MAX_HIVE_BYTES = 1 << 30
"""Larger hives are refused; Windows itself lets them grow to 2 GiB, real ones stay below 300 MB."""

HEADER_BYTES = 4096

_BLOCK = 1 << 16
_BLOCKS = 16
_ONES = 0xFFFF_FFFF


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
        if len(header) < HEADER_BYTES or header[:4] != b"regf" or header[20:24] != b"\1\0\0\0":
            raise self.error("this is no hive of the Windows registry")
        self.size_bytes = os.fstat(descriptor).st_size
        if self.size_bytes > MAX_HIVE_BYTES:
            raise self.error("the hive is larger than one is read")
        self.sequences: tuple[int, int] = struct.unpack_from("<II", header, 4)
        self.root: int
        self.root, size = struct.unpack_from("<II", header, 36)
        has_checksum = checksum_of(header) == int.from_bytes(header[508:512], "little")
        self.is_clean = self.sequences[0] == self.sequences[1] and has_checksum
        """Whether all that was written to the hive is in this file."""
        needs_logs = has_checksum and not self.is_clean
        added = read_logs(logs, self.sequences[1], MAX_HIVE_BYTES) if needs_logs else None
        self.is_current = self.is_clean or added is not None
        """Whether nothing newer is known to be missing: the hive was closed, or its logs were read."""
        self._end = added.size_bytes if added else min(size, self.size_bytes - HEADER_BYTES)
        pages = added.pages if added else {}
        self._block = lru_cache(maxsize=_BLOCKS)(lambda number: _read_block(descriptor, number, pages))

    def cell(self, offset: int, least: int, most: int) -> bytes:
        """Return the content of a cell in use, which holds at least so many bytes; no more than is asked for.

        Raises:
            RegistryError: there is no such cell.
        """
        if offset % 4 or not 32 <= offset <= self._end - 8:
            raise self.error("the hive points to a place outside of itself")
        size = -int.from_bytes(self._read(offset, 4), "little", signed=True)
        if size < 4 + least or offset + size > self._end:
            raise self.error("a cell of the hive is damaged")
        return self._read(offset + 4, min(size - 4, most))

    def error(self, what: str) -> RegistryError:
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
            raise self.error("the hive was cut short while it was read")
        return b"".join(parts)


def checksum_of(header: bytes | bytearray) -> int:
    """Return what belongs at offset 508 of a header."""
    checksum: int = reduce(xor, struct.unpack_from("<127I", header))
    return {0: 1, _ONES: _ONES - 1}.get(checksum, checksum)


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
