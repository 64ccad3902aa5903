"""The three forms in which distributions have kept the database of rpm, each read as the headers of its packages."""

import struct
from collections.abc import Iterator

from quetsach.endpoint import EndpointError
from quetsach.endpoint.host.disk import parts_of

# What the readers of the three forms share: bounded reading of an open file, and their error.

LARGEST_HEADER_BYTES = 32 << 20
"""The header of one package is not read beyond this; the largest that are known have a few MiB."""

MOST_HEADERS = 200_000

_FURTHEST = 1 << 48


class RpmDatabaseError(EndpointError):
    """A database of rpm is damaged, or of a form that is not read."""


def read_exactly(descriptor: int, size: int, offset: int) -> bytes:
    """Return bytes of an open file.

    Raises:
        RpmDatabaseError: the file ends before.
    """
    if not (0 <= size <= LARGEST_HEADER_BYTES and 0 <= offset <= _FURTHEST):
        raise RpmDatabaseError(f"{size:,} bytes at {offset:,}")
    content = b"".join(parts_of(descriptor, size, offset))
    if len(content) < size:
        raise RpmDatabaseError(f"the file ends at {offset + len(content):,}")
    return content


# Headers in ``Packages``, a hash of Berkeley DB (rpm before 4.16: Red Hat Enterprise Linux 8 and older).
#
# Source: lib/backend/bdb_ro.cc of rpm 4.20 and dbinc/db_page.h of Berkeley DB 5.3. Numbers are in the byte order of the
# machine that wrote the file; the magic number tells which.

BERKELEY_MAGICS = (b"\x61\x15\x06\x00", b"\x00\x06\x15\x61")
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
        yield from _BerkeleyFile(descriptor).values()
    except (struct.error, IndexError):
        raise RpmDatabaseError("a page of the database is damaged") from None


class _BerkeleyFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        head = read_exactly(descriptor, 72, 0)
        if head[12:16] not in BERKELEY_MAGICS:
            raise RpmDatabaseError("the head of the database is damaged")
        self._order = "<" if head[12:16] == BERKELEY_MAGICS[0] else ">"
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


# Headers in ``Packages.db`` (SUSE): slots in the first pages, each leading to the blob of one package.
#
# Source: lib/backend/ndb/rpmpkg.c of rpm 4.20; all numbers are little-endian.

NDB_MAGIC = b"RpmP"

_PAGE, _SLOT, _BLOCK = 4096, 16, 16
_FIRST_SLOT = 2  # the head of the file takes the place of two


def ndb_headers(descriptor: int) -> Iterator[bytes]:
    """Yield the headers.

    Raises:
        RpmDatabaseError: the file is damaged.
    """
    magic, version, _, pages = struct.unpack("<4sIII", read_exactly(descriptor, 16, 0))
    if magic != NDB_MAGIC or version != 0 or not 1 <= pages <= MOST_HEADERS * _SLOT // _PAGE:
        raise RpmDatabaseError("the head of the database is damaged")
    for number in range(pages):
        page = read_exactly(descriptor, _PAGE, number * _PAGE)
        for start in range(_FIRST_SLOT * _SLOT if number == 0 else 0, _PAGE, _SLOT):
            magic, package, block, count = struct.unpack_from("<4sIII", page, start)
            if magic != b"Slot":
                raise RpmDatabaseError("a slot of the database is damaged")
            if block:
                yield _blob(descriptor, package, block, count)


def _blob(descriptor: int, package: int, block: int, count: int) -> bytes:
    start = block * _BLOCK
    magic, owner, _, size = struct.unpack("<4sIII", read_exactly(descriptor, 16, start))
    if magic != b"BlbS" or owner != package or size > min(count * _BLOCK, LARGEST_HEADER_BYTES):
        raise RpmDatabaseError("a blob of the database is damaged")
    return read_exactly(descriptor, size, start + 16)


# Headers in ``rpmdb.sqlite`` (rpm 4.16 and later): table ``Packages``, one row a package.
#
# The file is walked here, as https://www.sqlite.org/fileformat2.html describes it, page by page: SQLite itself opens
# only paths, not what was opened safely inside a root, and is much code for a hostile file. Pages that wait in the
# write-ahead log are not seen: rpm writes them back whenever it ends.

SQLITE_MAGIC = b"SQLite format 3\0"

_INTERIOR, _LEAF = 5, 13


def sqlite_headers(descriptor: int) -> Iterator[bytes]:
    """Yield the headers.

    Raises:
        RpmDatabaseError: the file is damaged.
    """
    try:
        file = _SqliteFile(descriptor)
        root = next((row[3] for row in file.rows(1) if row[:2] == [b"table", b"Packages"] and len(row) > 3), None)
        if not isinstance(root, int):
            raise RpmDatabaseError("there is no table Packages")
        yield from (row[1] for row in file.rows(root) if len(row) > 1 and isinstance(row[1], bytes))
    except IndexError:
        raise RpmDatabaseError("a page of the database is damaged") from None


class _SqliteFile:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        head = read_exactly(descriptor, 100, 0)
        size = int.from_bytes(head[16:18])
        self._size = 65536 if size == 1 else size
        self._usable = self._size - head[20]
        if head[:16] != SQLITE_MAGIC or self._size & (self._size - 1) or self._size < 512 or self._usable < 480:
            raise RpmDatabaseError("the head of the database is damaged")

    def rows(self, root: int) -> Iterator[list[bytes | int | None]]:
        """Yield the rows of a table."""
        seen: set[int] = set()
        waiting = [root]
        count = 0
        while waiting:
            number = waiting.pop()
            if number in seen:
                raise RpmDatabaseError("a page is its own parent")
            seen.add(number)
            page = self._page(number)
            start = 100 if number == 1 else 0
            cells = [
                _number(page, start + 8 + 4 * (page[start] == _INTERIOR) + 2 * n)
                for n in range(_number(page, start + 3))
            ]
            if page[start] == _INTERIOR:
                children = [int.from_bytes(page[cell : cell + 4]) for cell in cells]
                waiting += [int.from_bytes(page[start + 8 : start + 12]), *reversed(children)]
            elif page[start] == _LEAF:
                count += len(cells)
                if count > MOST_HEADERS:
                    raise RpmDatabaseError(f"more than {MOST_HEADERS:,} rows")
                yield from (_row(self._payload(page, cell)) for cell in cells)
            else:
                raise RpmDatabaseError("a page is of no table")

    def _page(self, number: int) -> bytes:
        return read_exactly(self._descriptor, self._size, (number - 1) * self._size)

    def _payload(self, page: bytes, cell: int) -> bytes:
        """Return the content of a cell, that on overflow pages too (section 1.6 of the format)."""
        size, position = _varint(page, cell)
        _, position = _varint(page, position)
        if size > LARGEST_HEADER_BYTES:
            raise RpmDatabaseError(f"a row of {size:,} bytes")
        most = self._usable - 35
        least = (self._usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self._usable - 4)
        local = size if size <= most else local if local <= most else least
        parts = [page[position : position + local]]
        left = size - local
        following = int.from_bytes(page[position + local : position + local + 4]) if left else 0
        while left > 0:
            page = self._page(following)
            parts.append(page[4 : 4 + min(left, self._usable - 4)])
            left -= len(parts[-1])
            following = int.from_bytes(page[:4])
        return b"".join(parts)


def _row(payload: bytes) -> list[bytes | int | None]:
    """Return the values of a record: texts as bytes, numbers with a fraction as ``None``."""
    end, position = _varint(payload, 0)
    types: list[int] = []
    while position < end:
        kind, position = _varint(payload, position)
        types.append(kind)
    values: list[bytes | int | None] = []
    for kind in types:
        size = (kind - 12) // 2 if kind >= 12 else (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind]
        raw = payload[end : end + size]
        end += size
        match kind:
            case 1 | 2 | 3 | 4 | 5 | 6:
                values.append(int.from_bytes(raw, signed=True))
            case 8 | 9:
                values.append(kind - 8)
            case _:
                values.append(raw if kind >= 12 else None)
    return values


def _number(page: bytes, position: int) -> int:
    return page[position] << 8 | page[position + 1]


def _varint(content: bytes, position: int) -> tuple[int, int]:
    """Return a number of one to nine bytes and the position after it."""
    value = 0
    for count in range(8):
        byte = content[position + count]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position + count + 1
    return value << 8 | content[position + 8], position + 9
