"""Address tables through time: which one is valid on a day, and what differs between two.

An address belongs to whom it belonged on the day on which it was seen: a sighting is annotated by the newest table that
is not later than its UTC day. One that is older than every table is annotated by the first, and its version says so.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow as pa

from quetsach.core.errors import InputError
from quetsach.core.sighting import LATER
from quetsach.core.text import Text
from quetsach.network.ranges import MAPPED_FIRST, MAPPED_LAST, NO_AS, AddressRanges, Numbers, key_of
from quetsach.network.tables import NetworkTables, annotate, days_of


@dataclass(frozen=True, slots=True, eq=False)
class NetworkHistory:
    """Tables by the day from which each is valid; each is read when it is needed first.

    Attributes:
        days: ascending, at least one.
        load: reads the table of one of these days.
    """

    days: Sequence[date]
    load: Callable[[date], NetworkTables]
    _loaded: dict[date, NetworkTables] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.days:
            raise InputError(Text("there is no address table"), hint=Text("quetsach center network import FILE"))

    def valid_from(self, day: date) -> date:
        """Return the day of the table that annotates the sightings of a day."""
        return self.days[max(0, bisect_right(self.days, day) - 1)]

    def on(self, day: date) -> NetworkTables:
        """Return the tables of a day; their version ends in ``LATER`` before the first."""
        valid_from = self.valid_from(day)
        if valid_from not in self._loaded:
            self._loaded[valid_from] = self.load(valid_from)
        found = self._loaded[valid_from]
        return found if valid_from <= day else replace(found, version=f"{found.version}{LATER}")

    @property
    def newest(self) -> NetworkTables:
        """The tables with the latest day."""
        return self.on(self.days[-1])


def annotate_by_day(table: pa.Table, history: NetworkHistory) -> pa.Table:
    """Append ``ANNOTATIONS`` to sightings, each by the tables that are valid on its UTC day; rows keep their order.

    Args:
        table: as ``annotate`` wants it.
        history: the tables.
    """
    days, index = days_of(table)
    tables = [history.on(day) for day in days] or [history.newest]
    versions = sorted({found.version for found in tables})
    if len(versions) == 1:
        return annotate(table, tables[0])
    of_version = {found.version: found for found in tables}
    version_of_day = np.array([versions.index(found.version) for found in tables])
    rows = [np.flatnonzero(version_of_day[index] == at) for at in range(len(versions))]
    parts = [annotate(table.take(pa.array(at)), of_version[name]) for at, name in zip(rows, versions, strict=True)]
    return pa.concat_tables(parts).take(pa.array(np.argsort(np.concatenate(rows))))


@dataclass(frozen=True, slots=True)
class Move:
    """How many IPv4 addresses went from one AS to another; ``NO_AS`` is nobody."""

    before: int
    after: int
    addresses: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What two tables say of all IPv4 addresses: ``moves`` from the largest on."""

    same: int
    moves: tuple[Move, ...]

    @property
    def announced(self) -> int:
        """How many addresses are announced in the second table only."""
        return sum(move.addresses for move in self.moves if move.before == NO_AS)

    @property
    def withdrawn(self) -> int:
        """How many addresses are announced in the first table only."""
        return sum(move.addresses for move in self.moves if move.after == NO_AS)

    @property
    def moved(self) -> int:
        """How many addresses another AS announces."""
        return sum(move.addresses for move in self.moves if NO_AS not in (move.before, move.after))


def difference(before: AddressRanges, after: AddressRanges) -> Difference:
    """Return what differs between two tables."""
    bounds = np.array([key_of(MAPPED_FIRST), key_of(MAPPED_LAST)], dtype="S16")
    edges = np.unique(np.concatenate((before.starts, after.starts, bounds[:1])))
    edges = edges[(edges >= bounds[0]) & (edges <= bounds[1])]
    starts = np.frombuffer(edges.tobytes(), ">u8")[1::2].astype(np.int64) - MAPPED_FIRST
    sizes = np.diff(starts, append=1 << 32)
    was, is_now = before.asns[before.find(edges)], after.asns[after.find(edges)]
    same = int(sizes[(was == is_now) & (was != NO_AS)].sum())
    return Difference(same, _moves(was, is_now, sizes))


def _moves(was: Numbers, is_now: Numbers, sizes: Numbers) -> tuple[Move, ...]:
    differs = was != is_now
    pairs, place = np.unique(np.stack((was[differs], is_now[differs])), axis=1, return_inverse=True)
    addresses = np.zeros(pairs.shape[1], dtype=np.int64)
    np.add.at(addresses, place, sizes[differs])
    found = (
        Move(before, after, count) for (before, after), count in zip(pairs.T.tolist(), addresses.tolist(), strict=True)
    )
    return tuple(sorted(found, key=lambda move: (-move.addresses, move.before, move.after)))
