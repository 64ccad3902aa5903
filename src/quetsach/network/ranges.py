"""Address tables as they are published, and which AS announces an address: flat ranges for one binary search."""

import csv
import heapq
import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import pyarrow as pa

from quetsach.core.errors import QuetsachError
from quetsach.core.text import Number, Text

# What can be wrong with an address table.


class NetworkError(QuetsachError):
    """A table of addresses, providers or regions is not of the form it must have."""


# Which AS announces an address: ranges made flat, so that one binary search answers.
#
# Both versions of IP share one key: 16 bytes in network order, IPv4 as IPv4-mapped IPv6 (``core.address``). Byte
# strings of one length order as the numbers they are, which 64-bit integers cannot hold.

type Keys = np.ndarray[Any, np.dtype[np.bytes_]]
"""Addresses as 16-byte strings (numpy ``S16``)."""

type Numbers = np.ndarray[Any, np.dtype[np.int64]]

NO_AS = 0
"""AS number of addresses that nobody announces (RFC 7607 reserves AS 0)."""

MAPPED_FIRST, MAPPED_LAST = 0xFFFF << 32, (0xFFFF << 32) | 0xFFFF_FFFF
_END = 1 << 128
_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("start", pa.binary(16)),
    pa.field("asn", pa.int64()),
    pa.field("name", pa.string()),
]
_STORED = pa.schema(_FIELDS)


class AddressRange(NamedTuple):
    """Addresses ``first`` to ``last``, both included, announced by one AS."""

    first: int
    last: int
    asn: int


def key_of(number: int) -> bytes:
    """Return the 16 bytes of an address number."""
    return number.to_bytes(16, "big")


def flatten(ranges: Iterable[AddressRange]) -> list[tuple[int, int]]:
    """Return (start, AS) of each stretch of addresses, in order; a stretch reaches to the next start.

    Where ranges lie over each other the smallest wins, as in routing; of two of one size the lower AS number, so that
    the order of lines decides nothing. Stretches that nobody announces have ``NO_AS``.
    """
    waiting = sorted(ranges)
    edges = sorted({r.first for r in waiting} | {r.last + 1 for r in waiting if r.last + 1 < _END})
    over: list[tuple[int, int, int]] = []  # (size, AS, last) of ranges that have begun
    stretches: list[tuple[int, int]] = []
    owner, begun = NO_AS, 0
    for edge in edges:
        while begun < len(waiting) and waiting[begun].first == edge:
            first, last, asn = waiting[begun]
            heapq.heappush(over, (last - first, asn, last))
            begun += 1
        while over and over[0][2] < edge:
            heapq.heappop(over)
        now = over[0][1] if over else NO_AS
        if now != owner:
            stretches.append((edge, now))
            owner = now
    return stretches


@dataclass(frozen=True, slots=True, eq=False)
class AddressRanges:
    """Flat stretches: ``starts`` strictly ascending, ``asns`` their AS numbers; names by AS number."""

    starts: Keys
    asns: Numbers
    names: Mapping[int, str]

    @classmethod
    def of(cls, ranges: Iterable[AddressRange], names: Mapping[int, str]) -> "AddressRanges":
        """Flatten ranges, which may nest and overlap."""
        stretches = flatten(ranges)
        if not stretches or stretches[0][0] > 0:
            stretches.insert(0, (0, NO_AS))
        starts = np.array([key_of(start) for start, _ in stretches], dtype="S16")
        return cls(starts, np.array([asn for _, asn in stretches], dtype=np.int64), dict(names))

    def find(self, addresses: Keys) -> Numbers:
        """Return for each address the index of its stretch in ``starts`` and ``asns``."""
        return np.searchsorted(self.starts, addresses, side="right").astype(np.int64) - 1

    def around(self, number: int) -> AddressRange:
        """Return the stretch that an address lies in."""
        at = int(self.find(np.array([key_of(number)], dtype="S16"))[0])
        last = int.from_bytes(self._start(at + 1), "big") - 1 if at + 1 < len(self.starts) else _END - 1
        return AddressRange(int.from_bytes(self._start(at), "big"), last, int(self.asns[at]))

    def announced_ipv4(self) -> dict[int, int]:
        """Return how many IPv4 addresses each AS announces, each address counted once."""
        counts: dict[int, int] = {}
        for first, last, asn in self._ipv4_stretches():
            if asn != NO_AS:
                counts[asn] = counts.get(asn, 0) + last - first + 1
        return counts

    def announced_bounds(self) -> tuple[int, ...]:
        """Return the numbers at which addresses begin to be announced and cease to be, in turn.

        An address is announced by anyone where an odd number of bounds lie at or below it.
        """
        is_announced = self.asns != NO_AS
        changes = np.flatnonzero(np.diff(is_announced, prepend=False))
        return tuple(int.from_bytes(self._start(int(at)), "big") for at in changes)

    def ipv4_of(self, asn: int) -> list[tuple[int, int]]:
        """Return the first and last 32-bit number of each IPv4 stretch that an AS announces, in order."""
        return [(first, last) for first, last, owner in self._ipv4_stretches() if owner == asn]

    def to_table(self) -> pa.Table:
        """Return the Arrow form in which an imported table is kept."""
        names = [self.names.get(asn, "") for asn in self.asns.tolist()]
        starts = [self._start(at) for at in range(len(self.starts))]
        return pa.table({"start": starts, "asn": self.asns, "name": names}, schema=_STORED)

    @classmethod
    def from_table(cls, table: pa.Table) -> "AddressRanges":
        """Read what ``to_table`` made.

        Raises:
            NetworkError: the table has another form, or its starts do not ascend.
        """
        if not table.schema.equals(_STORED) or any(column.null_count for column in table.columns):
            raise NetworkError(
                Text("not a stored address table"), hint=Text("import it again: quetsach center network import")
            )
        starts = np.array(table["start"].to_pylist(), dtype="S16")
        asns = table["asn"].to_numpy()
        if not len(starts) or starts[0] != b"" or bool(np.any(starts[1:] <= starts[:-1])):
            raise NetworkError(Text("the starts of an address table do not ascend from zero"))
        return cls(
            starts, asns, {asn: str(name) for asn, name in zip(asns.tolist(), table["name"].to_pylist(), strict=True)}
        )

    def _ipv4_stretches(self) -> Iterator[AddressRange]:
        """Yield the stretches within IPv4 as 32-bit numbers."""
        low, high = self.find(np.array([key_of(MAPPED_FIRST), key_of(MAPPED_LAST)], dtype="S16")).tolist()
        edges = [int.from_bytes(self._start(at), "big") for at in range(low, min(high + 2, len(self.starts)))]
        if len(edges) == high - low + 1:
            edges.append(_END)
        for (first, after), asn in zip(pairwise(edges), self.asns[low : high + 1].tolist(), strict=True):
            yield AddressRange(max(first, MAPPED_FIRST) - MAPPED_FIRST, min(after - 1, MAPPED_LAST) - MAPPED_FIRST, asn)

    def _start(self, at: int) -> bytes:
        return bytes(self.starts[at]).ljust(16, b"\0")  # numpy takes trailing zeros for padding


# Reads address tables as they are published: ``first,last,asn,name`` lines without a header.
#
# The form is that of the packages @ip-location-db/asn: inclusive ranges, addresses as text or as plain numbers, names
# quoted where they contain a comma. The file is untrusted: every line and the whole are bounded.

MAX_LINE_BYTES = 4096
MAX_LINES = 5_000_000
MAX_NAME_LENGTH = 200
_MAX_ASN = 2**32 - 1
_HINT = "each line is first,last,asn,name, for example 14.160.0.0,14.191.255.255,45899,VNPT Corp"


def read_ranges(
    stream: BinaryIO, *, where: str, progress: Callable[[int], None] = lambda _lines: None
) -> AddressRanges:
    """Read and flatten a table.

    Args:
        stream: the file's bytes.
        where: its name, for errors.
        progress: told how many lines were read since it was last told.

    Raises:
        NetworkError: a line is damaged (with its number), the file is too long or has no range.
    """
    ranges: list[AddressRange] = []
    names: dict[int, str] = {}
    rows = csv.reader(_lines(stream, where, progress), strict=True)
    before = 0
    try:
        for cells in rows:
            if rows.line_num != before + 1:
                raise NetworkError(
                    Text("a quoted name runs over a line end"), where=f"{where}:{before + 1}", hint=_HINT
                )
            before = rows.line_num
            if cells:
                found = _range(cells, f"{where}:{before}")
                ranges.append(found)
                names.setdefault(found.asn, cells[3].strip()[:MAX_NAME_LENGTH])
    except csv.Error as error:
        raise NetworkError(
            Text("not a CSV row: {reason}", reason=error), where=f"{where}:{rows.line_num}", hint=_HINT
        ) from error
    if not ranges:
        raise NetworkError(Text("the file has no ranges"), where=where, hint=_HINT)
    return AddressRanges.of(ranges, names)


def _lines(stream: BinaryIO, where: str, progress: Callable[[int], None]) -> Iterator[str]:
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number > MAX_LINES:
            raise NetworkError(Text("more than {most} lines", most=Number(MAX_LINES)), where=where)
        if len(raw) > MAX_LINE_BYTES:
            raise NetworkError(
                Text("longer than {most} bytes", most=MAX_LINE_BYTES), where=f"{where}:{number}", hint=_HINT
            )
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise NetworkError(Text("not UTF-8"), where=f"{where}:{number}") from error
        if number % 10_000 == 0:
            progress(10_000)


def _range(cells: list[str], where: str) -> AddressRange:
    if len(cells) != 4:
        raise NetworkError(Text("{cells} cells instead of 4", cells=len(cells)), where=where, hint=_HINT)
    first, last = _number(cells[0].strip(), where), _number(cells[1].strip(), where)
    if last < first:
        raise NetworkError(Text("a range ends before it begins"), where=where)
    inside = first >= MAPPED_FIRST and last <= MAPPED_LAST
    if not inside and first <= MAPPED_LAST and last >= MAPPED_FIRST:
        raise NetworkError(Text("a range mixes IPv4 and IPv6"), where=where)
    asn = cells[2].strip()
    if not (asn.isascii() and asn.isdigit() and len(asn) <= 10) or int(asn) > _MAX_ASN:
        raise NetworkError(Text("not an AS number: {asn}", asn=repr(asn[:20])), where=where)
    return AddressRange(first, last, int(asn))


def _number(text: str, where: str) -> int:
    """Read an address as text or number; a number below 2**32 is IPv4, as no IPv6 down there is routed."""
    try:
        if text.isascii() and text.isdigit():
            number = int(text) if len(text) <= 39 else 1 << 128
            if number >= 1 << 128:
                raise NetworkError(Text("an address larger than 128 bits"), where=where)
            return number | MAPPED_FIRST if number < 1 << 32 else number
        if ":" in text:
            return int(ipaddress.IPv6Address(text))
        return int(ipaddress.IPv4Address(text)) | MAPPED_FIRST
    except ValueError as error:
        raise NetworkError(Text("not an address: {text}", text=repr(text[:60])), where=where, hint=_HINT) from error
