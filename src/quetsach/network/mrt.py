"""Reads dumps of routing tables: MRT records of the type TABLE_DUMP_V2 (RFC 6396), as RouteViews and RIPE RIS publish.

Each record is one prefix with the path that each peer of the collector saw. The AS that announces it is the last one
of the path. Where that is a set, the path names no origin (RFC 6811, section 2). Where peers saw several, the one of
more than half of the paths is taken; with none, the prefix is kept as announced by nobody we could name, so that no
wider prefix speaks for it. How often is told.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import BinaryIO

from quetsach.core.text import Number, Text
from quetsach.network.published import Progress, Published
from quetsach.network.ranges import MAPPED_FIRST, MAPPED_LAST, NO_AS, NetworkError, RangeRows

MAX_RECORD_BYTES = 16 << 20
"""A prefix that four thousand peers saw with the longest attributes."""

MAX_BYTES = 1 << 36
_TABLE_DUMP_V2, _PEER_INDEX = 13, 1
_UNICAST = {2: (32, 0), 4: (128, 0), 8: (32, 4), 10: (128, 4)}
"""Bits of the address, and bytes of the path identifier (RFC 8050), of each subtype that is read."""

_HEADER = struct.Struct(">IHHI")
_AS_PATH, _SEQUENCE, _LONG = 2, 2, 0x10


def read_mrt(stream: BinaryIO, *, where: str, progress: Progress = lambda _rows: None) -> Published:
    """Read and flatten a dump.

    Args:
        stream: the file's bytes, unpacked.
        where: its name, for errors.
        progress: told how many prefixes were read.

    Raises:
        NetworkError: a record is damaged (with the offset at which it begins), or there is no prefix.
    """
    rows, left_out, day, offset = RangeRows(), Counter[str](), date.min, 0
    for moment, kind, subtype, body in _records(stream, where):
        try:
            if kind == _TABLE_DUMP_V2 and subtype in _UNICAST:
                _take(body, *_UNICAST[subtype], rows, left_out)
                day = max(day, datetime.fromtimestamp(moment, UTC).date())
                if len(rows) % 10_000 == 0:
                    progress(10_000)
            elif (kind, subtype) != (_TABLE_DUMP_V2, _PEER_INDEX):
                left_out["other records"] += 1
        except (IndexError, struct.error) as error:
            raise NetworkError(
                Text("a record of the dump is cut off or damaged"), where=f"{where}: byte {offset}"
            ) from error
        offset += _HEADER.size + len(body)
    if not len(rows):
        raise NetworkError(
            Text("the dump has no prefix"), where=where, hint=Text("it must be of the type TABLE_DUMP_V2 (rib, bview)")
        )
    return Published(rows.flat(), day, dict(left_out))


def _records(stream: BinaryIO, where: str) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield time (seconds since 1970), type, subtype and body of each record."""
    offset = 0
    while header := stream.read(_HEADER.size):
        at = f"{where}: byte {offset}"
        if len(header) < _HEADER.size:
            raise NetworkError(Text("a record of the dump is cut off or damaged"), where=at)
        moment, kind, subtype, size = _HEADER.unpack(header)
        if size > MAX_RECORD_BYTES:
            raise NetworkError(Text("a record of {size} bytes", size=Number(size)), where=at)
        body = stream.read(size)
        if len(body) < size:
            raise NetworkError(Text("a record of the dump is cut off or damaged"), where=at)
        offset += _HEADER.size + size
        if offset > MAX_BYTES:
            raise NetworkError(Text("longer than {most} bytes", most=Number(MAX_BYTES)), where=where)
        yield moment, kind, subtype, body


def _take(body: bytes, bits: int, identifier_bytes: int, rows: RangeRows, left_out: Counter[str]) -> None:
    """Take the prefix of one record.

    Raises:
        IndexError, struct.error: it is cut off or damaged.
    """
    length = body[4]
    octets = (length + 7) // 8
    if length > bits:
        raise IndexError
    number = int.from_bytes(body[5 : 5 + octets].ljust(bits // 8, b"\0"))
    at = 5 + octets
    (entries,) = struct.unpack_from(">H", body, at)
    at += 2
    paths: Counter[int] = Counter()
    for _ in range(entries):
        at += 6 + identifier_bytes
        (size,) = struct.unpack_from(">H", body, at)
        at += 2
        if at + size > len(body):
            raise IndexError
        paths[_origin(body, at, at + size)] += 1
        at += size
    if length == 0:
        left_out["default routes"] += 1  # a way out, and no announcement
        return
    origin = _agreed(paths, left_out)
    first = number & ~((1 << (bits - length)) - 1) | (MAPPED_FIRST if bits == 32 else 0)
    last = first | (1 << (bits - length)) - 1
    if bits == 128 and first <= MAPPED_LAST and last >= MAPPED_FIRST:
        left_out["IPv6 over IPv4"] += 1  # such as half of a default route, ::/1: it says nothing of IPv4
        return
    rows.add(first, last, origin)


def _agreed(paths: Counter[int], left_out: Counter[str]) -> int:
    """Return the origin that more than half of the paths have, else ``NO_AS``; count what was not of one mind."""
    sets = paths.pop(NO_AS, 0)
    left_out["paths without an origin"] += sets
    left_out["prefixes with several origins"] += len(paths) > 1
    [(origin, count)] = paths.most_common(1) or [(NO_AS, 0)]
    if 2 * count > paths.total() + sets:
        return origin
    left_out["prefixes whose origin is not decided"] += 1
    return NO_AS


def _origin(body: bytes, at: int, end: int) -> int:
    """Return the last AS of the path among attributes (RFC 4271, section 4.3); ``NO_AS`` where it names none."""
    while at < end:
        flags, kind = body[at], body[at + 1]
        if flags & _LONG:
            size, at = body[at + 2] << 8 | body[at + 3], at + 4
        else:
            size, at = body[at + 2], at + 3
        if at + size > end:
            raise IndexError
        if kind == _AS_PATH:
            return _last_as(body, at, at + size)
        at += size
    return NO_AS


def _last_as(body: bytes, at: int, end: int) -> int:
    origin = NO_AS
    while at < end:
        kind, count = body[at], body[at + 1]
        after = at + 2 + 4 * count
        if after > end or not count:
            raise IndexError
        origin = int.from_bytes(body[after - 4 : after]) if kind == _SEQUENCE else NO_AS
        at = after
    return origin
