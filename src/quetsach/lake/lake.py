"""The lake: sightings at rest in a folder, written by one, read by many.

::

    landed/<aa>/<sha256>.zst                      delivered bytes, as they came
    sightings/day=YYYY-MM-DD/<delivery>.parquet   feeds.table.ANNOTATED
    quarantine/<delivery>.parquet                 feeds.table.REJECTS
    deliveries/<delivery>.json                    commit records: readers open only what these list
    access.jsonl                                  who read rows of all this: access
    compacted.json                                whose sightings lie together in one file: compaction
    rollups/day=YYYY-MM-DD/…                      of ``lake.rollups``, named by the deliveries that they stand for
    tmp/                                          of the writer at work

A delivery is known by the SHA-256 of its bytes, its feed and its report. Delivered again, it adds nothing: its
accepted records are reported as duplicates, its rejects as quarantined, so that the sum still holds.
"""

import errno
import io
import math
import os
import shutil
import tempfile
import time
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.feeds import layout_of
from quetsach.feeds.header import MAX_HEADER_BYTES
from quetsach.feeds.layout import Layout
from quetsach.feeds.packed import Member, Readable
from quetsach.feeds.reject import legible
from quetsach.feeds.table import REJECTS
from quetsach.lake import access, compaction, queries, rollups
from quetsach.lake.access import Access
from quetsach.lake.delivery import Delivery, delivery_id
from quetsach.lake.errors import LakeError
from quetsach.lake.ingestion import Annotate, Ingestion, Progress, as_utc, land, landed_chunks
from quetsach.lake.rollups import RollUp

_CHUNK_BYTES = 4 << 20

QUARANTINED = pa.schema([("file", pa.string()), ("delivery", pa.string()), *REJECTS])
"""What ``Lake.quarantined`` returns."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What one file came to: ``records`` = ``accepted`` + ``duplicates`` + ``quarantined``.

    ``repaired`` counts accepted records that were mended, ``blank`` lines that are no records.
    """

    file: str
    delivery: str
    feed: str
    report: str
    records: int
    accepted: int
    duplicates: int
    quarantined: int
    repaired: int
    blank: int
    seconds: float


class Lake:
    """The lake in ``folder``, which need not exist before the first ingest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[tuple[int, int, int], Delivery]] = {}
        self._places: dict[str, str] = {}  # of sightings that compaction moved
        self._places_of: tuple[int, int, int] | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    # Writing

    def ingest(
        self,
        source: Path | bytes | Member,
        *,
        feed: str,
        report: str | None = None,
        families: FamilyNames,
        annotate: Annotate,
        now: datetime,
        name: str = "",
        progress: Progress | None = None,
    ) -> IngestResult:
        """Take in one delivered file, exactly once.

        Args:
            source: the file, its bytes, or a file of an archive.
            feed: a feed of ``feeds.LAYOUTS``.
            report: the report's name; found from the file's name or header if not given.
            families: what spellings of malware names mean.
            annotate: appends ``feeds.table.ANNOTATIONS``.
            now: the time to note, aware.
            name: the file's name, if ``source`` is no path or the name should be another; after its archive's and "/".
            progress: is told how many more bytes were read.

        Raises:
            FeedError: the file as a whole cannot be read; nothing was ingested.
            LakeError: the lake cannot be written, or a record would be unaccounted for; nothing was ingested.
        """
        started = time.monotonic()
        name = legible(name or (source.name if isinstance(source, Path) else ""))
        try:
            with _opened(source) as stream:
                head = stream.read(MAX_HEADER_BYTES)
                layout = layout_of(feed, report, file_name=name.rpartition("/")[2], head=head)
                with self.writer() as tmp:
                    delivery, is_new = self._ingest(
                        _chunks(head, stream),
                        tmp,
                        name=name,
                        layout=layout,
                        families=families,
                        annotate=annotate,
                        now=now,
                        progress=progress,
                    )
        except OSError as error:
            what = os.strerror(error.errno) if error.errno else str(error)
            lacks_space = error.errno in {errno.ENOSPC, errno.EDQUOT}
            where = error.filename or (self.folder if lacks_space else name)
            raise LakeError(what, where=str(where)) from error
        return IngestResult(
            file=name,
            delivery=delivery.id,
            feed=delivery.feed,
            report=delivery.report,
            records=delivery.records,
            accepted=delivery.accepted if is_new else 0,
            duplicates=delivery.duplicates if is_new else delivery.accepted + delivery.duplicates,
            quarantined=delivery.quarantined,
            repaired=delivery.repaired if is_new else 0,
            blank=delivery.blank,
            seconds=time.monotonic() - started,
        )

    def _ingest(
        self,
        chunks: Iterator[bytes],
        tmp: Path,
        *,
        name: str,
        layout: Layout,
        families: FamilyNames,
        annotate: Annotate,
        now: datetime,
        progress: Progress | None,
    ) -> tuple[Delivery, bool]:
        sha256, size_bytes = land(chunks, tmp / "landed.zst")
        former = self._by_id().get(delivery_id(sha256, layout.feed, layout.report))
        if former is not None:
            return former, False
        fresh = queries.Fresh(self.engine())
        ingestion = Ingestion(tmp, fresh, lambda day: self._committed(day, layout))
        ingestion.stage(landed_chunks(tmp / "landed.zst"), layout, families, annotate, progress)
        delivery = ingestion.delivery(
            sha256=sha256, layout=layout, file=name, size_bytes=size_bytes, now=as_utc(now), families=families
        )
        staged = [(tmp / "landed.zst", delivery.landed_path), *ingestion.staged_files(delivery)]
        replaced, built = self._roll_up(delivery, tmp)
        staged += built
        for file, _ in staged:
            storage.sync(file)
        storage.publish((file, self.folder / path) for file, path in staged)
        record = self.folder / "deliveries" / f"{delivery.id}.json"
        storage.make_folder(record.parent)
        storage.write(record, delivery.to_json())
        rollups.remove(self.folder, replaced)
        return delivery, True

    def _roll_up(self, delivery: Delivery, tmp: Path) -> tuple[list[RollUp], list[tuple[Path, str]]]:
        """Build the roll-ups that a staged delivery changes; return those that they replace, and the files made."""
        touching = [d for d in self._by_id().values() if (d.feed, d.report) == (delivery.feed, delivery.report)]
        former = {r.day: r for r in rollups.roll_ups_of(touching)}
        made: list[tuple[Path, str]] = []
        for roll_up in rollups.roll_ups_of([*touching, delivery]):
            if roll_up.day in delivery.days:
                committed = self._files_of(touching, roll_up.day)
                sightings = [*committed, tmp / f"{roll_up.day}.parquet"]
                made += rollups.build(self.engine(), roll_up, sightings, tmp)
        return [former[day] for day in delivery.days if day in former], made

    @contextmanager
    def writer(self) -> Iterator[Path]:
        """Be the one writer; yields an empty folder. What a former writer left behind is swept first."""
        storage.make_folder(self.folder)
        with storage.locked(self.folder / ".writer"):
            tmp = self.folder / "tmp"
            if tmp.exists():  # as long as it does, there may be files that no record lists
                self.sweep()
                shutil.rmtree(tmp)
            storage.make_folder(tmp)
            try:
                yield tmp
            except BaseException:
                self.sweep()
                shutil.rmtree(tmp)
                raise
            shutil.rmtree(tmp)

    def sweep(self) -> None:
        """Remove every file that no record lists; for the one writer."""
        storage.remove_unfinished(self.folder, before=math.inf)
        listed = {self.folder / path for path in self.listed(self.deliveries())}
        listed |= {self.folder / path for roll_up in self.roll_ups() for path in roll_up.paths()}
        for kind in ("sightings/*/*.parquet", "quarantine/*.parquet", "landed/*/*.zst", "rollups/*/*.*"):
            for path in self.folder.glob(kind):
                if path not in listed:
                    path.unlink()

    def listed(self, deliveries: Iterable[Delivery]) -> set[str]:
        """Return the files that deliveries stand on, relative to the lake."""
        return {self._places.get(path, path) for delivery in deliveries for path in delivery.paths()}

    # Reading: never blocked, never half a delivery

    def deliveries(self) -> tuple[Delivery, ...]:
        """Return every committed delivery, oldest first."""
        return tuple(sorted(self._by_id().values(), key=lambda d: (d.ingested_at, d.id)))

    def roll_ups(self, period: Period | None = None) -> tuple[RollUp, ...]:
        """Return the roll-ups that stand for the committed sightings of a period, or for all."""
        return tuple(r for r in rollups.roll_ups_of(self._by_id().values()) if period is None or r.day in period)

    def newest_day(self, *, until: date | None = None) -> date | None:
        """Return the last day (UTC) with sightings, not after ``until``: a feed with a wrong clock moves no window."""
        days = (day for delivery in self._by_id().values() for day in delivery.days)
        return max((day for day in days if until is None or day <= until), default=None)

    def sightings_count(self, period: Period | None = None) -> int:
        """Return how many sightings there are, in a period or at all."""
        return sum(
            rows
            for delivery in self._by_id().values()
            for day, rows in delivery.days.items()
            if period is None or day in period
        )

    def days_with_data(self, period: Period) -> pa.Table:
        """Return ``feed``, ``report``, ``day``, ``sightings`` for each day of the period that has any, in order.

        A day that is missing had no data from that feed; nothing says that it had no infections.
        """
        found: Counter[tuple[str, str, date]] = Counter()
        for delivery in self._by_id().values():
            for day, rows in delivery.days.items():
                if day in period:
                    found[delivery.feed, delivery.report, day] += rows
        schema = pa.schema(
            [("feed", pa.string()), ("report", pa.string()), ("day", pa.date32()), ("sightings", pa.int64())]
        )
        return pa.Table.from_pylist(
            [
                {"feed": feed, "report": report, "day": day, "sightings": count}
                for (feed, report, day), count in sorted(found.items())
            ],
            schema=schema,
        )

    def daily_addresses(
        self, period: Period, by: Sequence[str] = ("family",), *, families: Iterable[str] | None = None
    ) -> pa.Table:
        """Return ``day``, the columns ``by`` (of ``queries.GROUPS``) and ``addresses``: distinct addresses of each day.

        Only days with sightings have rows. ``families`` limits to those; ``None`` is all.
        """
        return queries.count_addresses(self.engine(), self._countable(period), ("day", *by), families)

    def distinct_addresses(
        self, period: Period, by: Sequence[str] = (), *, families: Iterable[str] | None = None
    ) -> pa.Table:
        """Return the columns ``by`` and ``addresses``: distinct addresses of the whole period.

        Without ``by`` there is one row.
        """
        return queries.count_addresses(self.engine(), self._countable(period), by, families)

    def count_addresses(self, period: Period, *, families: Iterable[str] | None = None) -> int:
        """Return how many distinct addresses were seen in the period."""
        return int(self.distinct_addresses(period, families=families).column("addresses")[0].as_py())

    def listed_addresses(self, period: Period, *, by: Access) -> pa.Table:
        """Return ``key`` (16 bytes), ``family``, ``last_day`` for the look-up of ``listed``, ordered by key.

        ``by`` is logged, as with everything that hands out rows.
        """
        files = self._sightings_of(period)
        if files:
            access.record(self.folder, by, what="addresses", of=str(period))
        return queries.list_addresses(self.engine(), files)

    def quarantined(self, delivery: str | None = None, *, by: Access) -> pa.Table:
        """Return what was set aside (``QUARANTINED``), of one delivery or of all, by delivery and line.

        Raises:
            LakeError: there is no such delivery, or a file is damaged.
        """
        chosen = self.deliveries()
        if delivery is not None:
            chosen = tuple(d for d in chosen if d.id == delivery or (len(delivery) >= 8 and d.id.startswith(delivery)))
            if not chosen:
                raise LakeError(f"there is no delivery {delivery[:80]!r}")
        chosen = tuple(d for d in chosen if d.quarantined and d.has_landed)
        if chosen:
            access.record(self.folder, by, what="quarantine", of=chosen[0].id if len(chosen) == 1 else "all")
        tables = [self._rejects_of(d) for d in chosen]
        return pa.concat_tables(tables) if tables else QUARANTINED.empty_table()

    def landed_bytes(self, delivery: Delivery, *, by: Access) -> Iterator[bytes]:
        """Return the bytes of a delivery as they came.

        Raises:
            LakeError: they have expired.
        """
        if not delivery.has_landed:
            raise LakeError("the delivered bytes have expired", where=delivery.file)
        access.record(self.folder, by, what="delivered bytes", of=delivery.id)
        return landed_chunks(self.folder / delivery.landed_path)

    def _rejects_of(self, delivery: Delivery) -> pa.Table:
        try:
            rejects = pq.read_table(self.folder / delivery.quarantine_path, schema=REJECTS, partitioning=None)
        except (OSError, pa.ArrowInvalid) as error:
            raise LakeError("the quarantine cannot be read", where=delivery.quarantine_path) from error
        named = [pa.repeat(pa.scalar(text), rejects.num_rows) for text in (delivery.file, delivery.id)]
        return pa.table([*named, *rejects.columns], schema=QUARANTINED)

    def _by_id(self) -> dict[str, Delivery]:
        """Return the committed deliveries; each record is read once, and again when its sightings have expired."""
        folder = self.folder / "deliveries"
        try:
            names = sorted(path.name for path in folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            names = []
        except OSError as error:
            raise LakeError(f"the lake cannot be read: {error.strerror}", where=str(folder)) from error
        self._read_places()  # before the records: then all that is compacted is of deliveries that are known
        known, self._known = self._known, {}
        for name in names:
            key = _state_of(folder / name)
            found = known.get(name)
            self._known[name] = found if found and found[0] == key else (key, _read_record(folder / name))
        return {delivery.id: delivery for _, delivery in self._known.values()}

    def _read_places(self) -> None:
        try:
            key = _state_of(self.folder / compaction.FILE)
        except FileNotFoundError:
            self._places, self._places_of = {}, None
            return
        if key != self._places_of:
            record = compaction.read_record(self.folder)
            self._places, self._places_of = dict(place for one in record for place in one.places()), key

    def _sightings_of(self, period: Period) -> list[Path]:
        deliveries = self._by_id().values()
        days = {day for delivery in deliveries for day in delivery.days if day in period}
        return sorted(path for day in days for path in self._files_of(deliveries, day))

    def _files_of(self, deliveries: Iterable[Delivery], day: date) -> list[Path]:
        """Return the files of a day's sightings, each once."""
        own = [d.sightings_path(day) for d in deliveries if day in d.days and day not in d.expired]
        return [self.folder / path for path in dict.fromkeys(self._places.get(path, path) for path in own)]

    def _countable(self, period: Period) -> list[Path]:
        """Return the files that addresses are counted from: sightings, and roll-ups where those have expired."""
        rolled = [r.path("addresses") for r in self.roll_ups(period) if self.sightings_for(r) is None]
        return self._sightings_of(period) + [self.folder / path for path in rolled]

    def sightings_for(self, roll_up: RollUp) -> list[Path] | None:
        """Return the files that a roll-up is made from; ``None`` where they have expired."""
        known = self._by_id()
        made_from = [known[id_] for id_ in roll_up.deliveries]
        if any(roll_up.day in delivery.expired for delivery in made_from):
            return None
        return self._files_of(made_from, roll_up.day)

    def _committed(self, day: date, layout: Layout) -> list[Path]:
        """Return the sightings that one more of this day has to be compared with."""
        known = self._by_id().values()
        if any(day in d.expired for d in known if (d.feed, d.report) == (layout.feed, layout.report)):
            raise LakeError(
                f"the file has sightings of {day}, and those that the lake had of that day have expired",
                hint="split the file: nothing can tell any more whether these are new",
            )
        return self._sightings_of(Period(day, day))

    def engine(self) -> duckdb.DuckDBPyConnection:
        """Return the engine, opened once; what it spills goes with the lake."""
        if self._connection is None:
            spill = Path(tempfile.mkdtemp(prefix="quetsach-"))  # for this user's eyes only
            weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
            self._connection = queries.connect(spill)
        return self._connection


def _state_of(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_ino, state.st_mtime_ns, state.st_size


def _read_record(path: Path) -> Delivery:
    try:
        return Delivery.from_json(path.read_bytes(), where=path.name)
    except OSError as error:
        raise LakeError("a commit record cannot be read", where=path.name) from error


@contextmanager
def _opened(source: Path | bytes | Member) -> Iterator[Readable]:
    if isinstance(source, Member):
        with source.open() as unpacked:
            yield unpacked
    else:
        with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as stream:
            yield stream


def _chunks(head: bytes, stream: Readable) -> Iterator[bytes]:
    yield head
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk
