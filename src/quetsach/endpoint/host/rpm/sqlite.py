"""Headers in ``rpmdb.sqlite`` (rpm 4.16 and later): table ``Packages``, one row a package.

The file is walked here, as https://www.sqlite.org/fileformat2.html describes it, page by page: SQLite itself opens
only paths, not what was opened safely inside a root, and is much code for a hostile file. Pages that wait in the
write-ahead log are not seen: rpm writes them back whenever it ends.
"""

from collections.abc import Iterator

from quetsach.endpoint.host.rpm.store import LARGEST_HEADER_BYTES, MOST_HEADERS, RpmDatabaseError, read_exactly

MAGIC = b"SQLite format 3\0"

_INTERIOR, _LEAF = 5, 13


def sqlite_headers(descriptor: int) -> Iterator[bytes]:
    """Yield the headers.

    Raises:
        RpmDatabaseError: the file is damaged.
    """
    try:
        file = _File(descriptor)
        root = next((row[3] for row in file.rows(1) if row[:2] == [b"table", b"Packages"] and len(row) > 3), None)
        if not isinstance(root, int):
            raise RpmDatabaseError("there is no table Packages")
        yield from (row[1] for row in file.rows(root) if len(row) > 1 and isinstance(row[1], bytes))
    except IndexError:
        raise RpmDatabaseError("a page of the database is damaged") from None


class _File:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        head = read_exactly(descriptor, 100, 0)
        size = int.from_bytes(head[16:18])
        self._size = 65536 if size == 1 else size
        self._usable = self._size - head[20]
        if head[:16] != MAGIC or self._size & (self._size - 1) or self._size < 512 or self._usable < 480:
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
