"""Headers in ``Packages``, a hash of Berkeley DB (rpm before 4.16: Red Hat Enterprise Linux 8 and older).

Source: lib/backend/bdb_ro.cc of rpm 4.20 and dbinc/db_page.h of Berkeley DB 5.3. Numbers are in the byte order of the
machine that wrote the file; the magic number tells which.
"""

import struct
from collections.abc import Iterator

from quetsach.endpoint.host.rpm.store import LARGEST_HEADER_BYTES, MOST_HEADERS, RpmDatabaseError, read_exactly

MAGICS = (b"\x61\x15\x06\x00", b"\x00\x06\x15\x61")
"""The magic number, at byte 12, in either order."""

_HASH_UNSORTED, _OVERFLOW, _META, _HASH = 2, 7, 8, 13
_INLINE, _ON_PAGES = 1, 3
_PAGE_HEAD = 26


def berkeley_headers(descriptor: int) -> Iterator[bytes]:
    """Yield the values of the hash: the headers, and the counter that rpm keeps among them.

    Raises:
        RpmDatabaseError: the file is damaged.
    """
    try:
        yield from _File(descriptor).values()
    except (struct.error, IndexError):
        raise RpmDatabaseError("a page of the database is damaged") from None


class _File:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        head = read_exactly(descriptor, 72, 0)
        if head[12:16] not in MAGICS:
            raise RpmDatabaseError("the head of the database is damaged")
        self._order = "<" if head[12:16] == MAGICS[0] else ">"
        (self._size,) = struct.unpack_from(self._order + "I", head, 20)
        (self._last,) = struct.unpack_from(self._order + "I", head, 32)
        if self._size not in {1 << power for power in range(9, 17)} or head[24] or head[25] != _META:
            raise RpmDatabaseError("the head of the database is damaged, or it is encrypted")

    def values(self) -> Iterator[bytes]:
        count = 0
        for number in range(1, self._last + 1):
            page = self._page(number)
            if page[25] not in {_HASH, _HASH_UNSORTED}:
                continue
            (entries,) = struct.unpack_from(self._order + "H", page, 20)
            starts = struct.unpack_from(f"{self._order}{entries}H", page, _PAGE_HEAD)
            for index in range(1, entries, 2):  # keys and values take turns
                count += 1
                if count > MOST_HEADERS:
                    raise RpmDatabaseError(f"more than {MOST_HEADERS:,} packages")
                yield self._value(page, starts[index], starts[index - 1])

    def _value(self, page: bytes, start: int, end: int) -> bytes:
        if page[start] == _INLINE:
            return page[start + 1 : end]
        if page[start] != _ON_PAGES:
            raise RpmDatabaseError("a value is of an unknown kind")
        following, left = struct.unpack_from(self._order + "II", page, start + 4)
        if left > LARGEST_HEADER_BYTES:
            raise RpmDatabaseError(f"a value of {left:,} bytes")
        parts: list[bytes] = []
        while left > 0:
            below = self._page(following)
            following, size = struct.unpack_from(self._order + "I2xH", below, 16)
            part = below[_PAGE_HEAD : _PAGE_HEAD + min(size, left)]
            if below[25] != _OVERFLOW or not part:
                raise RpmDatabaseError("a value ends before its size")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _page(self, number: int) -> bytes:
        return read_exactly(self._descriptor, self._size, number * self._size)
