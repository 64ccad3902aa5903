"""Tells new sightings from known ones by their identifiers, in memory as far as that goes."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quetsach.core.text import Text
from quetsach.lake import LakeError, parquet
from quetsach.lake.queries import explained

MOST_IN_MEMORY = 1 << 23
"""Identifiers, of 16 bytes each; what is more than that lies in the engine, which spills."""

type _Halves = NDArray[np.uint64]


class _Run(NamedTuple):
    """Identifiers in the order of their first halves, which hardly any two have in common."""

    first: _Halves
    second: _Halves

    def chosen(self, which: NDArray[Any]) -> "_Run":
        """Return some of them, in this order."""
        return _Run(self.first[which], self.second[which])

    def is_repeated(self) -> NDArray[np.bool_]:
        """Say which are like the one before; of those that are all like, all stand together."""
        same = (self.first[1:] == self.first[:-1]) & (self.second[1:] == self.second[:-1])
        return np.concatenate((np.zeros(1, dtype=np.bool_), same))

    def holds(self, others: "_Run") -> NDArray[np.bool_]:
        """Say which of others it has."""
        found = np.zeros(len(others.first), dtype=np.bool_)
        left, at = np.arange(len(others.first)), np.searchsorted(self.first, others.first)
        while len(left):
            is_there = at < len(self.first)
            left, at = left[is_there], at[is_there]
            is_near = self.first[at] == others.first[left]
            left, at = left[is_near], at[is_near]
            is_same = self.second[at] == others.second[left]
            found[left[is_same]] = True
            left, at = left[~is_same], at[~is_same] + 1
        return found


class Fresh:
    """Tells new sightings from those that the lake or this delivery already has, by identifier."""

    def __init__(self, open_engine: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._open_engine = open_engine
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._runs: list[_Run] = []

    def know(self, files: Iterable[Path]) -> None:
        """Take the identifiers of committed files for known.

        Raises:
            LakeError: one is damaged.
        """
        for path in files:
            try:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(parquet.GROUP_ROWS, columns=["sighting_id"]):
                        ids = _halves(batch.column(0))
                        self._add(ids.chosen(_order(ids)))
            except (OSError, pa.ArrowException) as error:
                raise LakeError(
                    Text("the lake cannot be read: {reason}", reason=str(error).partition("\n")[0]),
                    where=path.name,
                    hint=Text("is one of its files damaged or missing?"),
                ) from error

    def rows(self, identifiers: pa.Array) -> pa.Array:
        """Return the positions of the sightings that are new, in order, and know them from now on."""
        arrived = _halves(identifiers)
        order = _order(arrived)
        run = arrived.chosen(order)
        is_new = ~run.is_repeated()
        for known in self._runs:
            is_new &= ~known.holds(run)
        if self._engine is not None:
            is_new &= ~self._is_spilled(self._engine, run)
        self._add(run.chosen(is_new))
        return pa.array(np.sort(order[is_new]))

    def chosen(self, sightings: pa.Table) -> tuple[pa.Table, NDArray[np.int64]]:
        """Return the sightings that are new, and their positions (``rows``)."""
        rows = self.rows(sightings.column("sighting_id")) if sightings.num_rows else pa.array([], pa.int64())
        return (sightings.take(rows) if len(rows) < sightings.num_rows else sightings), rows.to_numpy()

    def _add(self, run: _Run) -> None:
        """Know some more; runs of like length become one, so that there are few of them."""
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2].first) < 2 * len(self._runs[-1].first):
            last, before = self._runs.pop(), self._runs.pop()
            both = _Run(*map(np.concatenate, zip(before, last, strict=True)))
            self._runs.append(both.chosen(_order(both)))
        if sum(len(run.first) for run in self._runs) > MOST_IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        with explained():
            if self._engine is None:
                self._engine = self._open_engine().cursor()
                self._engine.execute("create or replace temp table known (first ubigint, second ubigint)")
            for run in self._runs:
                self._engine.register("run", pa.table(list(run), ["first", "second"]))
                self._engine.execute("insert into known from run")
                self._engine.unregister("run")
        self._runs.clear()

    @staticmethod
    def _is_spilled(engine: duckdb.DuckDBPyConnection, run: _Run) -> NDArray[np.bool_]:
        """Say which of these the engine holds."""
        is_known = np.zeros(len(run.first), dtype=np.bool_)
        with explained():
            engine.register("asked", pa.table([*run, np.arange(len(run.first))], ["first", "second", "n"]))
            found = engine.sql("select n from asked semi join known using (first, second)").to_arrow_table()
            engine.unregister("asked")
        is_known[found.column("n").to_numpy()] = True
        return is_known


def _halves(identifiers: pa.Array) -> _Run:
    """Return both halves of identifiers, in their order."""
    whole = identifiers.combine_chunks() if isinstance(identifiers, pa.ChunkedArray) else identifiers
    storage = whole.storage if isinstance(whole, pa.ExtensionArray) else whole
    halves = np.frombuffer(storage.buffers()[1], dtype=np.uint64).reshape(-1, 2)
    return _Run(*halves[storage.offset : storage.offset + len(storage)].T)


def _order(ids: _Run) -> NDArray[np.int64]:
    """Return the order of identifiers, those that are alike in the order in which they came."""
    order = np.argsort(ids.first, kind="stable")
    first, second = ids.chosen(order)
    if np.any((first[1:] == first[:-1]) & (second[1:] < second[:-1])):
        return np.lexsort((ids.second, ids.first))
    return order
