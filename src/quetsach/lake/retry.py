"""Reads again what was set aside: what is understood now is taken in, the rest stays set aside with today's reason.

A delivered file is read once more from its kept bytes by the layouts, tables and limits of today. A record counts if it
lies exactly where one was set aside; all others are as they were. What comes of it is a commit of its own
(``delivery.Delivery.retry_of``), published like a delivery: nothing is replaced, and a kill leaves the lake as it was
or as it shall be. A place in which today's layout sees no record, or one of a day whose sightings have expired, stays
set aside with the reason that it had.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quetsach import storage
from quetsach.core.family import FamilyNames
from quetsach.core.text import Text
from quetsach.feeds.layout import Layout
from quetsach.feeds.lines import MAX_HEADER_BYTES
from quetsach.feeds.reader import Batch, read
from quetsach.feeds.table import REJECTS
from quetsach.lake import LakeError, queries
from quetsach.lake.delivery import Delivery
from quetsach.lake.fresh import Fresh
from quetsach.lake.ingestion import Annotate, Ingestion, Progress, as_utc, landed_chunks
from quetsach.lake.lake import Lake, committed_of, refuse_other_subject
from quetsach.lake.records import Catalog

_GROUP_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry of a delivery came to: ``records`` were set aside; of these so many are ``accepted`` now.

    ``records`` = ``accepted`` + ``duplicates`` + ``quarantined``, for which ``reasons`` stand. ``is_written`` says
    whether anything was committed: where nothing is other than before, and in a dry run, nothing is.
    """

    file: str
    delivery: str
    feed: str
    report: str
    records: int
    accepted: int
    duplicates: int
    quarantined: int
    reasons: dict[str, int]
    is_written: bool


class _Places:
    """Where records of a delivery were set aside, and which of these were read again."""

    def __init__(self, quarantine: Path, expected: int, expired: frozenset[date]) -> None:
        columns = ["byte_offset", "byte_length", "reason", "column"]
        try:
            self._rejects = pq.read_table(
                quarantine, columns=columns, read_dictionary=["reason", "column"], partitioning=None
            )
        except (OSError, pa.ArrowException) as error:
            raise LakeError(Text("the quarantine cannot be read"), where=f"quarantine/{quarantine.name}") from error
        self._offsets, self._lengths = (self._rejects[name].to_numpy() for name in columns[:2])
        if len(self._offsets) != expected or np.any(np.diff(self._offsets) <= 0):
            told = Text("the quarantine is not what the account of its delivery says")
            raise LakeError(told, where=f"quarantine/{quarantine.name}")
        self._expired = np.array(sorted(expired), dtype="datetime64[D]")
        self._is_read = np.zeros(len(self._offsets), dtype=bool)
        self.has_changed = False

    @property
    def unread(self) -> NDArray[np.int64]:
        """The offsets of the records that are not read again."""
        found: NDArray[np.int64] = self._offsets[~self._is_read]
        return found

    def of(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yield what of a file lies where something was set aside."""
        for batch in batches:
            sightings, rejects = self._sightings(batch.sightings), self._rejected(batch.rejects)
            yield replace(batch, sightings=sightings, rejects=rejects, blank=0)

    def _sightings(self, table: pa.Table) -> pa.Table:
        days = table["observed_at"].to_numpy().astype("datetime64[D]")
        return table.take(pa.array(self._found(table, ~np.isin(days, self._expired))[0]))

    def _rejected(self, table: pa.Table) -> pa.Table:
        rows, places = self._found(table, np.ones(table.num_rows, dtype=bool))
        now = table.take(pa.array(rows))
        if now.num_rows and not self.has_changed:
            before = self._rejects.take(pa.array(places))
            self.has_changed = any(
                not pc.all(pc.equal(now[name], before[name].cast(pa.string()))).as_py() for name in ("reason", "column")
            )
        return now

    def _found(self, table: pa.Table, may_be: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the rows that lie where something was set aside, and which places these are; note them as read."""
        offsets, lengths = (table[name].to_numpy() for name in ("byte_offset", "byte_length"))
        at = np.minimum(np.searchsorted(self._offsets, offsets), len(self._offsets) - 1)
        is_there = may_be & (self._offsets[at] == offsets) & (self._lengths[at] == lengths)
        rows = np.flatnonzero(is_there)
        places: NDArray[np.intp] = at[rows]
        self._is_read[places] = True
        return rows, places


def retry(
    lake: Lake,
    delivery: str,
    *,
    families: FamilyNames,
    annotate: Annotate,
    now: datetime,
    is_dry_run: bool = False,
    progress: Progress | None = None,
) -> Retried:
    """Read again what was set aside of a delivery, and take in what is understood now, exactly once.

    Args:
        lake: the lake.
        delivery: its identifier.
        families: what spellings of malware names mean.
        annotate: as for an ingest.
        now: the time to note, aware.
        is_dry_run: say what would be taken in.
        progress: is told how many more bytes were read.

    Raises:
        FeedError: the file as a whole cannot be read by the layouts of today; nothing was changed.
        LakeError: nothing of it is set aside any more, several of its records can lie in one place, or the lake cannot
            be read or written; nothing was changed.
    """
    with lake.view() as view:
        known = view.catalog.account(delivery)
    if known is None:
        raise LakeError(Text("nothing is set aside of this delivery"), where=delivery)
    with lake.writers.one(known.feed, known.report) as (tmp, catalog):
        former = catalog.account(delivery)
        if former is None or not (former.quarantined and former.has_landed):
            raise LakeError(Text("nothing is set aside of this delivery"), where=delivery)
        landed = lake.folder / former.landed_path
        catalog.fetch([former.landed_path, former.quarantine_path])
        layout = _layout(lake, former, landed)
        refuse_other_subject(catalog, layout)
        quarantine = lake.folder / former.quarantine_path
        places = _Places(quarantine, former.quarantined, _expired(catalog, former))
        ingestion = Ingestion(tmp, Fresh(lake.engine), partial(committed_of, catalog, layout))
        ingestion.stage(places.of(read(landed_chunks(landed), layout, families, now=as_utc(now))), annotate, progress)
        left = _leave(lake, places.unread, quarantine, tmp, has_new=bool(ingestion.quarantined))
        ingestion.leave(len(places.unread))
        made = replace(
            ingestion.delivery(
                sha256=former.sha256,
                layout=layout,
                file=former.file,
                size_bytes=former.size_bytes,
                now=as_utc(now),
                families=families,
            ),
            retry_of=former.id,
            retry=former.retry + 1,
        )
        is_written = not is_dry_run and (made.quarantined != former.quarantined or places.has_changed)
        if is_written:
            lake.commit([made], ingestion.staged_files(made), catalog, tmp)
    counts = made.records, made.accepted, made.duplicates, made.quarantined
    return Retried(former.file, former.id, former.feed, former.report, *counts, dict(left), is_written)


def _layout(lake: Lake, delivery: Delivery, landed: Path) -> Layout:
    """Return how the delivery is read today.

    Raises:
        FeedError: the layouts have no such report any more, or its file lacks what it must have.
        LakeError: several records can lie in one place.
    """
    chunks, head = landed_chunks(landed), b""
    while len(head) < MAX_HEADER_BYTES and (chunk := next(chunks, b"")):
        head += chunk
    name = delivery.file.rpartition("/")[2]
    layout = lake.layouts.layout_of(delivery.feed, delivery.report, file_name=name, head=head[:MAX_HEADER_BYTES])
    if layout.framing.is_linked or layout.framing.path or layout.framing.each:
        raise LakeError(
            Text("several records of this file can lie in one place, so that none can be read again alone"),
            where=delivery.file,
        )
    return layout


def _expired(catalog: Catalog, delivery: Delivery) -> frozenset[date]:
    """Return the days of the delivery's report whose sightings have expired: nothing tells what would be new there."""
    of_report = (one for one in catalog.commits if (one.feed, one.report) == (delivery.feed, delivery.report))
    return frozenset(day for one in of_report for day in one.expired)


def _leave(lake: Lake, unread: NDArray[np.int64], quarantine: Path, tmp: Path, *, has_new: bool) -> Counter[str]:
    """Write what stays set aside in the order of the file; return how many records stay for which reason."""
    staged, reasons = tmp / "quarantine.parquet", Counter[str]()
    parts = {"before": quarantine}
    if has_new:
        parts["new"] = tmp / "rejects.parquet"
        storage.publish([(staged, parts["new"])])
    names = ", ".join(f'"{name}"' for name in REJECTS.names)
    query = f"select {names} from read_parquet($before) semi join unread using (byte_offset)"  # noqa: S608
    if has_new:
        query += f" union all select {names} from read_parquet($new)"  # noqa: S608
    with queries.explained(), closing(lake.engine().cursor()) as cursor:
        cursor.register("unread", pa.table({"byte_offset": unread}))
        places = {name: str(path) for name, path in parts.items()}
        found = cursor.sql(f"{query} order by byte_offset", params=places)
        with pq.ParquetWriter(staged, REJECTS, compression="zstd") as writer:
            for batch in found.to_arrow_reader(_GROUP_ROWS):
                table = pa.Table.from_batches([batch]).cast(REJECTS)
                writer.write_table(table)
                reasons.update(table["reason"].to_pylist())
    return reasons
