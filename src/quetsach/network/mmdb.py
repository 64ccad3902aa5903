"""Reads address tables in the MaxMind DB format 2.0, as GeoLite2, DB-IP and others are published.

https://maxmind.github.io/MaxMind-DB/: a binary tree over the bits of an address, whose leaves point into a section of
values, and a map about the file at its end. The file is untrusted: no node is walked twice, so that a tree that runs in
circles is refused, no value may nest deeper or hold more than a record does, and no length is believed.
"""

import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from quetsach.core.text import Text
from quetsach.network.published import Labels, Progress, Published
from quetsach.network.ranges import MAPPED_FIRST, MAPPED_LAST, NetworkError, RangeRows

MAX_BYTES = 1 << 30
_MARKER = b"\xab\xcd\xefMaxMind.com"
_METADATA_BYTES = 128 << 10
_MAX_DEPTH = 16
_MAX_ITEMS = 2_000
"""Of one record: those of cities in many languages have a hundred."""

_MAX_SCALAR_BYTES = 4096
"""Of one text: many pointers may lead to it, and each makes a text of its own."""

_ALL_ITEMS = 50_000_000
_SEPARATOR_BYTES = 16
_POINTER, _TEXT, _DOUBLE, _BYTES, _MAP, _SIGNED, _ARRAY, _BOOLEAN, _FLOAT = 1, 2, 3, 4, 7, 8, 11, 14, 15
_UNSIGNED = {5: 2, 6: 4, 9: 8, 10: 16}
_POINTER_BASE = (0, 2048, 526_336, 0)

type Value = int | float | str | bytes | bool | list["Value"] | dict[str, "Value"]


class _Values:
    """The section of values: each is read within the bounds of the file, of depth and of number."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._all = _ALL_ITEMS
        self._left = 0

    def at(self, offset: int) -> Value:
        """Return the value at an offset.

        Raises:
            NetworkError: it is damaged or too large.
        """
        self._left = min(_MAX_ITEMS, self._all)
        before = self._left
        value, _ = self._read(offset, 0)
        self._all -= before - self._left
        return value

    def _take(self, offset: int, size: int) -> bytes:
        if offset < 0 or offset + size > len(self._content):
            raise _damaged()
        return bytes(self._content[offset : offset + size])

    def _read(self, offset: int, depth: int) -> tuple[Value, int]:
        """Return the value at an offset, and where the next one begins."""
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0:
            raise NetworkError(Text("a value nests deeper or holds more than a record does"))
        control = self._take(offset, 1)[0]
        kind, size, offset = control >> 5, control & 31, offset + 1
        if kind == _POINTER:
            length = (size >> 3) + 1
            high = (size & 7) << (8 * length) if length < 4 else 0
            target = high + int.from_bytes(self._take(offset, length)) + _POINTER_BASE[length - 1]
            return self._read(target, depth + 1)[0], offset + length
        if kind == 0:
            kind, offset = self._take(offset, 1)[0] + 7, offset + 1
        if size >= 29:
            length = size - 28
            size = int.from_bytes(self._take(offset, length)) + (29, 285, 65_821)[length - 1]
            offset += length
        if kind == _MAP:
            return self._map(offset, size, depth)
        if kind == _ARRAY:
            found: list[Value] = []
            for _ in range(size):
                value, offset = self._read(offset, depth + 1)
                found.append(value)
            return found, offset
        return self._scalar(kind, offset, size)

    def _map(self, offset: int, size: int, depth: int) -> tuple[Value, int]:
        found: dict[str, Value] = {}
        for _ in range(size):
            name, offset = self._read(offset, depth + 1)
            value, offset = self._read(offset, depth + 1)
            if not isinstance(name, str):
                raise _damaged()
            found[name] = value
        return found, offset

    def _scalar(self, kind: int, offset: int, size: int) -> tuple[Value, int]:
        if kind == _BOOLEAN:
            return size != 0, offset
        if size > _MAX_SCALAR_BYTES:
            raise NetworkError(Text("a value nests deeper or holds more than a record does"))
        content, after = self._take(offset, size), offset + size
        if kind == _TEXT:
            return content.decode("utf-8", "replace"), after
        if kind == _BYTES:
            return content, after
        if kind in _UNSIGNED and size <= _UNSIGNED[kind]:
            return int.from_bytes(content), after
        if kind == _SIGNED and size <= 4:
            return int.from_bytes(content.rjust(4, b"\0"), signed=True), after
        if (kind, size) in {(_DOUBLE, 8), (_FLOAT, 4)}:
            return float(struct.unpack(">d" if size == 8 else ">f", content)[0]), after
        raise _damaged()


def _damaged() -> NetworkError:
    return NetworkError(Text("the MaxMind DB file is damaged"), hint=Text("fetch the file again"))


class _Tree:
    """The tree: walked once, from its top, by nodes of two records."""

    def __init__(self, content: memoryview, about: Mapping[str, Value]) -> None:
        numbers = (about.get("node_count"), about.get("record_size"), about.get("ip_version"))
        nodes, size, version = (n if isinstance(n, int) else 0 for n in numbers)
        if nodes < 1 or size not in {24, 28, 32} or version not in {4, 6} or nodes * size // 4 > len(content):
            raise _damaged()
        self.nodes, self.bits = nodes, 32 if version == 4 else 128
        self.size_bytes = nodes * size // 4
        self._content, self._size = content, size

    def pair(self, node: int) -> tuple[int, int]:
        """Return both records of a node."""
        start, width = node * self._size // 4, self._size // 4
        both = bytes(self._content[start : start + width])
        if self._size == 28:
            middle = both[3]
            return (middle >> 4) << 24 | int.from_bytes(both[:3]), (middle & 15) << 24 | int.from_bytes(both[4:])
        return int.from_bytes(both[: width // 2]), int.from_bytes(both[width // 2 :])

    def ipv4_start(self) -> int:
        """Return the record under which IPv4 lies: behind 96 zero bits, or where the path ends before."""
        record = 0
        for _ in range(self.bits - 32):
            if record >= self.nodes:
                break
            record = self.pair(record)[0]
        return record

    def leaves(self) -> Iterator[tuple[int, int, int]]:
        """Yield (number, length, record) of each leaf with a value, in order.

        Raises:
            NetworkError: the tree runs in circles, or deeper than an address has bits.
        """
        alias, seen = self.ipv4_start(), bytearray(self.nodes)
        waiting = [(0, 0, 0)]
        while waiting:
            number, length, record = waiting.pop()
            if record > self.nodes:
                yield number, length, record
            elif record < self.nodes:
                if seen[record]:
                    if record == alias and self.bits == 128:
                        continue  # 6to4 and the like lead into IPv4, which is read where it lies
                    raise NetworkError(Text("the tree of a MaxMind DB file comes to a node twice"))
                if length == self.bits:
                    raise _damaged()
                seen[record] = 1
                left, right = self.pair(record)
                waiting.append((number | 1 << (self.bits - length - 1), length + 1, right))
                waiting.append((number, length + 1, left))


def read_mmdb(
    content: bytes, *, where: str, is_country: bool = False, progress: Progress = lambda _rows: None
) -> Published:
    """Read and flatten a MaxMind DB file.

    Args:
        content: the file.
        where: its name, for errors.
        is_country: read which country an address is of, not which AS announces it.
        progress: told how many networks were read.

    Raises:
        NetworkError: the file is damaged, or none of its records has what is read.
    """
    try:
        return _read(memoryview(content), progress, is_country=is_country)
    except NetworkError as error:
        raise NetworkError(error.text or error.what, where=where, hint=error.hint) from error


def _read(content: memoryview, progress: Progress, *, is_country: bool) -> Published:
    tail = bytes(content[-_METADATA_BYTES:])
    at = tail.rfind(_MARKER)
    if at < 0 or len(content) > MAX_BYTES:
        raise NetworkError(Text("not a MaxMind DB file"))
    about = _Values(memoryview(tail)[at + len(_MARKER) :]).at(0)
    if not isinstance(about, dict):
        raise _damaged()
    tree = _Tree(content, about)
    end = len(content) - len(tail) + at
    values = _Values(content[tree.size_bytes + _SEPARATOR_BYTES : end])
    rows, labels, left_out = RangeRows(), Labels(), Counter[str]()
    known: dict[int, tuple[int, str] | None] = {}
    for count, (number, length, record) in enumerate(tree.leaves(), 1):
        if count % 10_000 == 0:
            progress(10_000)
        if record not in known:
            said = values.at(record - tree.nodes - _SEPARATOR_BYTES)
            known[record] = _country(said, labels) if is_country else _as_of(said)
        told = known[record]
        if told is None:
            left_out["without a country" if is_country else "without an AS"] += 1
            continue
        for first, last in _ranges(number, length, tree.bits):
            rows.add(first, last, *told)
    if not len(rows):
        raise NetworkError(
            Text("no record of the file names what is read: {form}", form="country" if is_country else "AS")
        )
    epoch = about.get("build_epoch")
    day = datetime.fromtimestamp(epoch, UTC).date() if isinstance(epoch, int) and 0 < epoch < 1 << 33 else None
    return Published(rows.flat(), day, dict(left_out))


def _ranges(number: int, length: int, bits: int) -> list[tuple[int, int]]:
    """Return the range of a network of the tree, with IPv4 as it is kept here."""
    last = number | (1 << (bits - length)) - 1
    if bits == 32 or (length >= 96 and number < 1 << 32):
        return [(number | MAPPED_FIRST, last | MAPPED_FIRST)]
    return [(number, last), (MAPPED_FIRST, MAPPED_LAST)] if number == 0 else [(number, last)]


def _as_of(record: Value) -> tuple[int, str] | None:
    """Return the AS and its name in the words of GeoLite2 and DB-IP, or of ipinfo (AS15169)."""
    if not isinstance(record, dict):
        return None
    for number, name in (("autonomous_system_number", "autonomous_system_organization"), ("asn", "as_name")):
        asn = record.get(number)
        if isinstance(asn, str) and asn[:2].upper() == "AS" and asn[2:].isascii() and asn[2:].isdigit():
            asn = int(asn[2:12])
        if isinstance(asn, int) and not isinstance(asn, bool) and 0 < asn < 1 << 32:
            return asn, str(record.get(name, ""))
    return None


def _country(record: Value, labels: Labels) -> tuple[int, str] | None:
    """Return the number and the code of a country."""
    if not isinstance(record, dict):
        return None
    country = record.get("country")
    code = country.get("iso_code") if isinstance(country, dict) else record.get("country_code", country)
    if not (isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha()):
        return None
    return labels.number(code.upper()), code.upper()
