"""Which AS announces an address: flat ranges for one binary search."""

import heapq
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

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


MAX_RANGES = 10_000_000
"""Of one table: ten times what all routers of the world announce."""

MAX_NAME_LENGTH = 200


class RangeRows:
    """Ranges as they are read, 40 bytes each, in any order; they may nest and overlap. ``names`` are by AS number."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self._firsts, self._lasts, self._asns = bytearray(), bytearray(), array("q")

    def __len__(self) -> int:
        return len(self._asns)

    def add(self, first: int, last: int, asn: int, name: str = "") -> None:
        """Add a range; the first name of an AS that is not empty stays.

        Raises:
            NetworkError: there are too many.
        """
        if len(self._asns) >= MAX_RANGES:
            raise NetworkError(Text("more than {most} ranges", most=Number(MAX_RANGES)))
        self._firsts += first.to_bytes(16, "big")
        self._lasts += last.to_bytes(16, "big")
        self._asns.append(asn)
        if name and not self.names.get(asn):
            self.names[asn] = name[:MAX_NAME_LENGTH]

    def flat(self) -> "AddressRanges":
        """Return the stretches: each reaches to the next start, those that nobody announces have ``NO_AS``.

        Where ranges lie over each other the smallest wins, as in routing; of two of one size the lower AS number, so
        that the order of rows decides nothing.
        """
        firsts, lasts = np.frombuffer(self._firsts, ">u8"), np.frombuffer(self._lasts, ">u8")
        asns = np.frombuffer(self._asns, np.int64)
        high, low = lasts[0::2].astype(np.uint64), lasts[1::2].astype(np.uint64)
        after = np.empty(len(lasts), ">u8")
        after[1::2] = low + np.uint64(1)  # modulo 2**64
        after[0::2] = high + (after[1::2] == 0)
        reaches_end = (after[0::2] == 0) & (after[1::2] == 0) if len(asns) else np.zeros(0, dtype=bool)
        keys = np.concatenate((firsts.view("S16"), after.view("S16")[~reaches_end], np.zeros(1, "S16")))
        edges, rank = np.unique(keys, return_inverse=True)
        begins, ends = rank[: len(asns)], np.full(len(asns), len(edges), dtype=np.int64)
        ends[~reaches_end] = rank[len(asns) : -1]
        size_high = high - firsts[0::2].astype(np.uint64) - (low < firsts[1::2])
        by_size = np.lexsort((asns, low - firsts[1::2].astype(np.uint64), size_high))
        owners = _owners(begins, ends, asns, by_size, len(edges))
        changes = np.flatnonzero(np.diff(owners, prepend=-1))
        return AddressRanges(edges[changes], owners[changes], dict(self.names))


def _owners(begins: Numbers, ends: Numbers, asns: Numbers, by_size: Numbers, edges: int) -> Numbers:
    """Return the AS of each elementary stretch, of those over it the first of ``by_size``."""
    owners = np.zeros(edges, dtype=np.int64)
    in_order = np.argsort(begins, kind="stable")
    if bool(np.all(ends[in_order[:-1]] <= begins[in_order[1:]])):  # nothing lies over another: no edge is inside one
        owners[begins] = asns
        return owners
    place = np.empty(len(asns), dtype=np.int64)
    place[by_size] = np.arange(len(asns))
    over: list[tuple[int, int, int]] = []  # (place by size, end, AS) of ranges that have begun
    waiting = zip(
        begins[in_order].tolist(),
        place[in_order].tolist(),
        ends[in_order].tolist(),
        asns[in_order].tolist(),
        strict=True,
    )
    following = next(waiting, None)
    for edge in range(edges):
        while following and following[0] == edge:
            heapq.heappush(over, following[1:])
            following = next(waiting, None)
        while over and over[0][1] <= edge:
            heapq.heappop(over)
        owners[edge] = over[0][2] if over else NO_AS
    return owners


@dataclass(frozen=True, slots=True, eq=False)
class AddressRanges:
    """Flat stretches: ``starts`` strictly ascending, ``asns`` their AS numbers; names by AS number."""

    starts: Keys
    asns: Numbers
    names: Mapping[int, str]

    @classmethod
    def of(cls, ranges: Iterable[AddressRange], names: Mapping[int, str]) -> "AddressRanges":
        """Flatten ranges, which may nest and overlap."""
        rows = RangeRows()
        for found in ranges:
            rows.add(*found)
        rows.names.update(names)
        return rows.flat()

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

    def named(self, word: str) -> "AddressRanges":
        """Return the table with only those stretches whose name begins with a word, such as the code of a country."""
        chosen = [number for number, name in self.names.items() if name.split(" ", 1)[0] == word]
        owners = np.where(np.isin(self.asns, chosen), self.asns, NO_AS)
        return AddressRanges(self.starts, owners, {number: self.names[number] for number in chosen})

    def to_table(self) -> pa.Table:
        """Return the Arrow form in which an imported table is kept."""
        names = [self.names.get(asn, "") for asn in self.asns.tolist()]
        starts = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(names), [None, pa.py_buffer(self.starts)])
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
        starts = fixed_keys(table["start"])
        asns = table["asn"].to_numpy()
        if not len(starts) or starts[0] != b"" or bool(np.any(starts[1:] <= starts[:-1])):
            raise NetworkError(Text("the starts of an address table do not ascend from zero"))
        known, at = np.unique(asns, return_index=True)
        return cls(starts, asns, dict(zip(known.tolist(), table["name"].take(pa.array(at)).to_pylist(), strict=True)))

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


def fixed_keys(column: pa.ChunkedArray) -> Keys:
    """Return a column of 16 bytes as keys, without a copy where it is one chunk."""
    whole: Any = column.combine_chunks()
    storage = whole.storage if isinstance(whole, pa.ExtensionArray) else whole
    bytes_ = storage.buffers()[1]
    keys = np.frombuffer(bytes_, dtype="S16") if bytes_ else np.empty(0, dtype="S16")
    return keys[storage.offset : storage.offset + len(storage)]
