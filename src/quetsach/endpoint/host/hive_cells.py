"""The cells of a hive file, of which its keys and values are made, read in blocks from an open descriptor.

Source: M. Suhanov, "Windows registry file format specification". Offsets count from the end of the header.
"""

import os
import struct
import weakref
from collections.abc import Mapping, Sequence
from functools import lru_cache

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.disk import fstat, parts_of
from quetsach.endpoint.host.hive_log import LOG_PAGE_BYTES, BaseBlock, replay_logs

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
            raise self.error("the hive is larger than one is read")
        base = BaseBlock.read(header)
        self.is_clean = base is not None and base.sequences[0] == base.sequences[1]
        """Whether all that was written to the hive is in this file."""
        added = None
        if not self.is_clean:
            first_bin = b"".join(parts_of(descriptor, _BIN_HEADER_BYTES, HEADER_BYTES))
            added = replay_logs(base, logs, first_bin, MAX_HIVE_BYTES)
        is_hive = added is not None or (header[:4] == b"regf" and header[20:24] == b"\1\0\0\0")
        if len(header) < HEADER_BYTES or not is_hive:
            raise self.error("this is no hive of the Windows registry")
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
