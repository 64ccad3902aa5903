"""One file into the lake: land, read, tell new from known, publish. Run by the lake's one writer.

Nothing is visible before the commit record, which comes last and by rename; whatever an interrupted run left is in
``tmp`` or listed by no record, and the next writer sweeps it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quetsach.core.family import FamilyNames
from quetsach.core.text import Text
from quetsach.feeds.layout import Layout
from quetsach.feeds.reader import Batch, read
from quetsach.feeds.table import ANNOTATED, REJECTS, SIGHTINGS
from quetsach.feeds.together import Delivered, read_together
from quetsach.lake import LakeError, parquet
from quetsach.lake.delivery import Delivery, delivery_id
from quetsach.lake.fresh import Fresh

type Annotate = Callable[[pa.Table], pa.Table]
"""``network.annotate`` with its tables: appends ``feeds.table.ANNOTATIONS`` to sightings."""

type Progress = Callable[[int], None]
"""Is told how many more bytes of the file were read."""

MAX_DAYS = 400
"""Of one file. Each open day costs a file handle, and a file with more is no daily report."""

_CHUNK_BYTES = 4 << 20
_DAY_MICROSECONDS = 86_400_000_000
_EPOCH_DAY = date(1970, 1, 1)


def land(chunks: Iterable[bytes], staged: Path) -> tuple[str, int]:
    """Write delivered bytes compressed to ``staged``; return their SHA-256 in hex and how many they were."""
    digest, size = hashlib.sha256(), 0
    with pa.OSFile(str(staged), "wb") as file, pa.CompressedOutputStream(file, "zstd") as out:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return digest.hexdigest(), size


def landed_chunks(path: Path) -> Iterator[bytes]:
    """Return the bytes of a landed file."""
    with pa.OSFile(str(path), "rb") as file, pa.CompressedInputStream(file, "zstd") as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk


type _Days = NDArray[np.int64]
"""A day of each row, counted from 1970."""


def _days_of(sightings: pa.Table) -> _Days:
    found: _Days = sightings.column("observed_at").cast(pa.int64()).to_numpy() // _DAY_MICROSECONDS
    return found


def _of_too_many_days() -> LakeError:
    return LakeError(
        Text("the file has sightings of more than {most} days", most=MAX_DAYS),
        hint=Text("split it, for instance by month"),
    )


@dataclass(frozen=True, slots=True)
class SmallFile:
    """A delivered file that is held in memory: its bytes, how to read it, its name, and when it came (aware)."""

    content: bytes
    layout: Layout
    name: str
    now: datetime


class Ingestion:
    """Stages what one landed file holds, in ``folder``, and counts.

    Args:
        folder: an empty folder on the lake's file system.
        fresh: what is known already.
        committed: returns the committed Parquet files of a day.
    """

    def __init__(self, folder: Path, fresh: Fresh, committed: Callable[[date], list[Path]]) -> None:
        self._folder = folder
        self._fresh = fresh
        self._committed = committed
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = {}
        self._waiting_rows = 0
        self._known_days: set[date] = set()
        self.days: dict[date, int] = {}
        self.records = self.accepted = self.duplicates = self.quarantined = self.repaired = 0
        self.blank = self.context = 0
        self._network_versions: set[str] = set()

    def stage(self, batches: Iterable[Batch], annotate: Annotate, progress: Progress | None) -> None:
        """Write what was read into staged Parquet files.

        Raises:
            FeedError: the header cannot be read.
            LakeError: ``annotate`` gave something else, or the file has sightings of too many days.
        """
        try:
            for batch in batches:
                self._take(batch, annotate)
                if progress:
                    progress(batch.bytes_read)
            self._write_waiting()
        finally:
            for writer in self._writers.values():
                writer.close()

    def delivery(
        self, *, sha256: str, layout: Layout, file: str, size_bytes: int, now: datetime, families: FamilyNames
    ) -> Delivery:
        """Return the record to commit.

        Raises:
            LakeError: it does not account for every record.
        """
        made = Delivery(
            sha256=sha256,
            feed=layout.feed,
            report=layout.report,
            file=file,
            size_bytes=size_bytes,
            ingested_at=now,
            records=self.records,
            accepted=self.accepted,
            duplicates=self.duplicates,
            quarantined=self.quarantined,
            repaired=self.repaired,
            blank=self.blank,
            days=self.days,
            versions={
                "families": families.version,
                "network": ", ".join(sorted(self._network_versions)),
                **({"layout": layout.version} if layout.version else {}),
            },
            subject=layout.subject,
            context=self.context,
        )
        made.check()
        return made

    def leave(self, records: int) -> None:
        """Count records that were set aside before and stay so; their rows are in the staged quarantine already."""
        self.records += records
        self.quarantined += records

    def staged_files(self, delivery: Delivery) -> Iterator[tuple[Path, str]]:
        """Yield each staged file with the path that it gets in the lake."""
        for day in self.days:
            yield self._folder / f"{day}.parquet", delivery.sightings_path(day)
        if self.quarantined:
            yield self._folder / "quarantine.parquet", delivery.quarantine_path

    def stage_known(self, batch: Batch, new: pa.Table, days: _Days) -> None:
        """Write what was read of a file, of which it is known already what is new.

        Args:
            batch: all that the file holds.
            new: of its sightings, annotated.
            days: of these, as ``_days_of``.
        """
        try:
            self._count(batch, len(days))
            if len(days):
                self._write_days(new, days)
            self._write_waiting()
        finally:
            for writer in self._writers.values():
                writer.close()

    def _take(self, batch: Batch, annotate: Annotate) -> None:
        days = _days_of(batch.sightings)
        self._know(np.unique(days).tolist())
        sightings, rows = self._fresh.chosen(batch.sightings)
        self._count(batch, len(rows))
        if len(rows):
            self._write_days(_annotated(sightings, annotate), days[rows])

    def _count(self, batch: Batch, accepted: int) -> None:
        self.records += batch.records
        self.blank += batch.blank
        self.context += batch.context
        self.accepted += accepted
        self.duplicates += batch.sightings.num_rows - accepted
        if batch.rejects.num_rows:
            self.quarantined += batch.rejects.num_rows
            self._write("quarantine.parquet", batch.rejects, REJECTS)

    def _know(self, numbers: list[int]) -> None:
        for number in numbers:
            day = _EPOCH_DAY + timedelta(days=number)
            if day not in self._known_days:
                if len(self._known_days) >= MAX_DAYS:
                    raise _of_too_many_days()
                self._known_days.add(day)
                self._fresh.know(self._committed(day))

    def _write_days(self, table: pa.Table, days: _Days) -> None:
        self.repaired += pc.sum(pc.not_equal(table.column("repairs"), "")).as_py()
        self._network_versions.update(pc.unique(table.column("network_version")).to_pylist())
        for number in np.unique(days).tolist():
            day = _EPOCH_DAY + timedelta(days=number)
            chosen = np.flatnonzero(days == number)
            rows = table if len(chosen) == len(days) else table.take(pa.array(chosen))
            self._write(f"{day}.parquet", rows, ANNOTATED)
            self.days[day] = self.days.get(day, 0) + rows.num_rows

    def _write(self, name: str, table: pa.Table, schema: pa.Schema) -> None:
        """Keep rows until there are enough of all files for groups that are worth reading."""
        if name not in self._writers:
            self._writers[name] = parquet.sightings_writer(self._folder / name, schema)
        self._waiting.setdefault(name, []).append(table)
        self._waiting_rows += table.num_rows
        if self._waiting_rows >= parquet.GROUP_ROWS:
            self._write_waiting()

    def _write_waiting(self) -> None:
        for name, tables in self._waiting.items():
            self._writers[name].write_table(pa.concat_tables(tables), row_group_size=parquet.GROUP_ROWS)
        self._waiting.clear()
        self._waiting_rows = 0


@dataclass(frozen=True, slots=True)
class _Landed:
    """A delivered file in the writer's folder."""

    folder: Path
    sha256: str
    size_bytes: int
    name: str
    layout: Layout
    now: datetime

    @property
    def id(self) -> str:
        return delivery_id(self.sha256, self.layout.feed, self.layout.report)

    @property
    def path(self) -> Path:
        return self.folder / "landed.zst"


@dataclass
class Staging:
    """What a writer stages for one commit: a delivery, or several small ones of one report.

    Args:
        tmp: the writer's folder.
        fresh: what is known already.
        account: returns the committed delivery of an identifier, if there is one.
        committed: returns the committed Parquet files of a day.
        families: what spellings of malware names mean.
        annotate: appends ``feeds.table.ANNOTATIONS``.
    """

    tmp: Path
    fresh: Fresh
    account: Callable[[str], Delivery | None]
    committed: Callable[[date], list[Path]]
    families: FamilyNames
    annotate: Annotate
    files: list[tuple[Path, str]] = field(default_factory=list, init=False)
    """Staged, each with its path in the lake."""
    held: dict[str, pa.Table] = field(default_factory=dict, init=False)
    """Sightings of small files, by their path in the lake."""
    _landed: int = field(default=0, init=False)
    _known_days: set[date] = field(default_factory=set, init=False)
    _new: dict[str, Delivery] = field(default_factory=dict, init=False)

    @property
    def deliveries(self) -> list[Delivery]:
        """Those that are new, in their order."""
        return list(self._new.values())

    def add(
        self, chunks: Iterable[bytes], *, name: str, layout: Layout, now: datetime, progress: Progress | None = None
    ) -> tuple[Delivery, bool]:
        """Stage a file; return its account, and whether it is new.

        Raises:
            FeedError: the header cannot be read.
            LakeError: a record would be unaccounted for, or the file has sightings of too many days.
        """
        landed = self._land(chunks, name, layout, now)
        if (former := self._new.get(landed.id) or self.account(landed.id)) is not None:
            return former, False
        ingestion = Ingestion(landed.folder, self.fresh, self._once)
        batches = read(landed_chunks(landed.path), layout, self.families, now=landed.now)
        ingestion.stage(batches, self.annotate, progress)
        return self._staged(landed, ingestion), True

    def add_together(self, files: Sequence[SmallFile]) -> list[tuple[Delivery, bool]]:
        """Stage small files, each as ``add`` would; return of each its account, and whether it is new.

        Raises:
            FeedError: as ``add``, of any of them, like ``LakeError``; nothing of this writer is to be committed then.
        """
        new: dict[str, tuple[_Landed, Delivered]] = {}
        found: list[tuple[str, bool]] = []
        for file in files:
            landed = self._land([file.content], file.name, file.layout, file.now)
            is_new = landed.id not in new and self.account(landed.id) is None
            found.append((landed.id, is_new))
            if is_new:
                new[landed.id] = landed, Delivered(file.content, file.layout, landed.now)
        batches = read_together([delivered for _, delivered in new.values()], self.families)
        for (landed, _), (batch, sightings, days) in zip(new.values(), self._known(batches), strict=True):
            ingestion = Ingestion(landed.folder, self.fresh, self._once)
            ingestion.stage_known(batch, sightings, days)
            delivery = self._staged(landed, ingestion)
            if len(delivery.days) == 1:
                [day] = delivery.days
                self.held[delivery.sightings_path(day)] = sightings
        accounts = ((self._new.get(id_) or self.account(id_), is_new) for id_, is_new in found)
        return [(account, is_new) for account, is_new in accounts if account is not None]

    def _known(self, batches: Sequence[Batch]) -> Iterator[tuple[Batch, pa.Table, _Days]]:
        """Yield with what was read of each file which sightings are new, annotated, and their days."""
        edges = np.cumsum([0, *(batch.sightings.num_rows for batch in batches)])
        whole = pa.concat_tables([SIGHTINGS.empty_table(), *(batch.sightings for batch in batches)]).combine_chunks()
        days = _days_of(whole)
        if any(len(np.unique(days[first:stop])) > MAX_DAYS for first, stop in pairwise(edges.tolist())):
            raise _of_too_many_days()
        for number in np.unique(days).tolist():
            self.fresh.know(self._once(_EPOCH_DAY + timedelta(days=number)))
        sightings, rows = self.fresh.chosen(whole)
        new = _annotated(sightings, self.annotate).combine_chunks() if len(rows) else ANNOTATED.empty_table()
        bounds = pairwise(np.searchsorted(rows, edges).tolist())
        for batch, (first, stop) in zip(batches, bounds, strict=True):
            yield batch, new.slice(first, stop - first), days[rows[first:stop]]

    def _land(self, chunks: Iterable[bytes], name: str, layout: Layout, now: datetime) -> "_Landed":
        folder = self.tmp / str(self._landed)
        self._landed += 1
        folder.mkdir(exist_ok=True)
        sha256, size_bytes = land(chunks, folder / "landed.zst")
        return _Landed(folder, sha256, size_bytes, name, layout, as_utc(now))

    def _staged(self, landed: "_Landed", ingestion: Ingestion) -> Delivery:
        delivery = ingestion.delivery(
            sha256=landed.sha256,
            layout=landed.layout,
            file=landed.name,
            size_bytes=landed.size_bytes,
            now=landed.now,
            families=self.families,
        )
        self.files += [(landed.path, delivery.landed_path), *ingestion.staged_files(delivery)]
        self._new[landed.id] = delivery
        return delivery

    def _once(self, day: date) -> list[Path]:
        """Return the committed files of a day of which nothing is known yet."""
        if day in self._known_days:
            return []
        self._known_days.add(day)
        return self.committed(day)


def _annotated(sightings: pa.Table, annotate: Annotate) -> pa.Table:
    table = annotate(sightings)
    if table.num_rows != sightings.num_rows or table.schema.names != ANNOTATED.names:
        raise LakeError(Text("annotation changed more than it may: rows or columns differ"))
    try:
        return table.cast(ANNOTATED)
    except (pa.ArrowInvalid, ValueError) as error:
        raise LakeError(Text("annotation gave other types than agreed: {error}", error=error)) from error


def as_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC."""
    return moment.astimezone(UTC)
