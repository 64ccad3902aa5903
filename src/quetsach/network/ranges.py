"""Which AS announces an address: ranges made flat, so that one binary search answers.

Both versions of IP share one key: 16 bytes in network order, IPv4 as IPv4-mapped IPv6 (``core.address``). Byte strings
of one length order as the numbers they are, which 64-bit integers cannot hold.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from quetsach.network.errors import NetworkError

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
            raise NetworkError("not a stored address table", hint="import it again: quetsach center network import")
        starts = np.array(table["start"].to_pylist(), dtype="S16")
        asns = table["asn"].to_numpy()
        if not len(starts) or starts[0] != b"" or bool(np.any(starts[1:] <= starts[:-1])):
            raise NetworkError("the starts of an address table do not ascend from zero")
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
