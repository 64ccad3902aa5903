"""The lake: sightings at rest in a folder, each report of a feed written by one, read by many.

::

    landed/<aa>/<sha256>.zst                      delivered bytes, as they came
    sightings/day=YYYY-MM-DD/<delivery>.parquet   feeds.table.ANNOTATED
    quarantine/<delivery>.parquet                 feeds.table.REJECTS
    deliveries/<delivery>.json                    commit records: readers open only what these list
    access.jsonl                                  who read rows of all this: access
    compacted.json                                whose sightings lie together, and in how many files: compacted
    rollups/day=YYYY-MM-DD/…                      of ``lake.rollups``, named by the deliveries that they stand for
    deliveries.index                              all commit records in one file, for those who list them: records
    tmp/                                          of the writers at work
    .writer…, .readers                            locks: who writes (writers); no deletion under an open view
    .unswept                                      there are files that no record lists

A delivery is known by the SHA-256 of its bytes, its feed and its report. Delivered again, it adds nothing: its
accepted records are reported as duplicates, its rejects as quarantined, so that the sum still holds.
"""

import errno
import io
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa

from quetsach.core.country import Country
from quetsach.core.family import FamilyNames
from quetsach.core.text import SystemText, Text
from quetsach.feeds.compression import Readable
from quetsach.feeds.layout import Layout
from quetsach.feeds.layout_files import Layouts, bundled_layouts
from quetsach.feeds.lines import MAX_HEADER_BYTES
from quetsach.feeds.packed import Member
from quetsach.feeds.record import legible
from quetsach.lake import LakeError, rollups
from quetsach.lake.buckets import divisions_for
from quetsach.lake.changes import Change, gathering, publish
from quetsach.lake.compacted import Compacted
from quetsach.lake.delivery import Delivery
from quetsach.lake.fresh import Fresh
from quetsach.lake.ingestion import Annotate, Progress, SmallFile, Staging
from quetsach.lake.journal import OvertakenError, Shared
from quetsach.lake.placement import Here, Placement
from quetsach.lake.queries import Engine
from quetsach.lake.records import Catalog, CatalogReader
from quetsach.lake.rollups import RollUp
from quetsach.lake.view import LakeView
from quetsach.lake.writers import Writers

MANY_FILES, FEW_ROWS = 8, 1 << 20
"""A day of a report that lies in so many files is compacted as it grows, as long as that costs little."""

_CHUNK_BYTES = 4 << 20
_MOST_OVERTAKEN = 20


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What one file came to: ``records`` = ``accepted`` + ``duplicates`` + ``quarantined``.

    ``repaired`` counts accepted records that were mended, ``blank`` lines that are no records, ``context`` objects of
    a document that only say more of others. ``seconds`` of a file that came with others are its share.
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
    context: int
    seconds: float


class Lake:
    """The lake in ``folder``, which need not exist before the first ingest: the way to write into it, and to a view.

    Addresses are counted by the families of ``names``; without them every kept name is a family, which is never for the
    public to see. ``country`` is the one that counts are of; without it every line is. ``layouts`` say which reports it
    can read, those of this build if not given. ``placement`` makes, of the engine, what answers the questions of views.
    ``shared`` says that the folder is the copy of a lake in an object store (``lake.journal``).
    """

    def __init__(
        self,
        folder: Path,
        names: FamilyNames | None = None,
        *,
        country: Country | None = None,
        layouts: Layouts | None = None,
        placement: Callable[[Engine], Placement] = Here,
        shared: Shared | None = None,
    ) -> None:
        self.folder = folder
        self.shared = shared
        self.home = country.code if country else None
        self._country = country
        self._reader = CatalogReader(folder, shared)
        self.writers = Writers(folder, self._reader, shared)
        self._engine = Engine()
        self._placement = placement(self._engine)
        self._names = names
        self.layouts = layouts or bundled_layouts()

    def view(self) -> LakeView:
        """Open a view of what is committed now: whatever belongs together is asked of one.

        Raises:
            LakeError: the lake cannot be read.
        """
        if self.shared is not None:
            self.shared.pull()
            self.writers.tidy()  # what expired elsewhere
        return LakeView(self.folder, self._reader, self._engine, self._names, self._country, placement=self._placement)

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
            feed: a feed of the layouts.
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

        def take_in(told: Progress | None) -> tuple[Delivery, bool]:
            with opened(source) as stream:
                head = stream.read(MAX_HEADER_BYTES)
                layout = self.layouts.layout_of(feed, report, file_name=name.rpartition("/")[2], head=head)
                with self._writing(layout, families, annotate) as staging:
                    return staging.add(_chunks(head, stream), name=name, layout=layout, now=now, progress=told)

        try:
            delivery, is_new = _until_first(take_in, progress)
        except OSError as error:
            raise self._explained(error, name) from error
        return _result(delivery, name, is_new=is_new, seconds=time.monotonic() - started)

    def ingest_together(
        self, files: Sequence[SmallFile], *, families: FamilyNames, annotate: Annotate
    ) -> list[IngestResult]:
        """Take in small files of one report, each exactly once, with one roll-up of a day for all of them.

        Args:
            files: all of one feed, report and subject.
            families: what spellings of malware names mean.
            annotate: appends ``feeds.table.ANNOTATIONS``.

        Raises:
            FeedError: one of them cannot be read; none was ingested.
            LakeError: the lake cannot be written, or a record would be unaccounted for; none was ingested.
        """
        started = time.monotonic()

        def take_in(_told: Progress | None) -> list[tuple[Delivery, bool]]:
            with self._writing(files[0].layout, families, annotate) as staging:
                return staging.add_together(files)

        try:
            found = _until_first(take_in, None)
        except OSError as error:
            raise self._explained(error, files[0].name) from error
        seconds = (time.monotonic() - started) / len(files)
        return [
            _result(delivery, file.name, is_new=is_new, seconds=seconds)
            for file, (delivery, is_new) in zip(files, found, strict=True)
        ]

    def _explained(self, error: OSError, name: str) -> LakeError:
        """Say what failed of which file: of one that is moved, the place that it could not get."""
        what = SystemText(os.strerror(error.errno) if error.errno else error)
        lacks_space = error.errno in {errno.ENOSPC, errno.EDQUOT}
        where = error.filename2 or error.filename or (self.folder if lacks_space else name)
        is_ours = error.errno in {errno.EACCES, errno.EPERM} and str(where).startswith(str(self.folder))
        hint = Text("does all of the lake belong to the account that the centre runs as?") if is_ours else ""
        return LakeError(what, where=str(where), hint=hint)

    @contextmanager
    def _writing(self, layout: Layout, families: FamilyNames, annotate: Annotate) -> Iterator[Staging]:
        """Be the one writer of a report; commit what was staged."""
        with self.writers.one(layout.feed, layout.report) as (tmp, catalog):
            refuse_other_subject(catalog, layout)
            committed = partial(committed_of, catalog, layout)
            staging = Staging(tmp, Fresh(self.engine), catalog.account, committed, families, annotate)
            yield staging
            if staging.deliveries:
                self.commit(staging.deliveries, staging.files, catalog, tmp, staging.held)

    def commit(
        self,
        deliveries: Sequence[Delivery],
        files: Iterable[tuple[Path, str]],
        catalog: Catalog,
        tmp: Path,
        held: Mapping[str, pa.Table] = MappingProxyType({}),
    ) -> None:
        """Publish deliveries of a report, or retries, with their roll-ups; for the one writer.

        In a folder their records come one after the other. Whoever reads between two of them, or after a crash there,
        has the days of those that are there, and makes the roll-ups for itself.

        Args:
            deliveries: what to commit.
            files: in the writer's folder, each with its path in the lake; the sightings of their days among them.
            catalog: what is committed until now.
            tmp: the writer's folder.
            held: what is in some of the files, by their path in the lake.
        """
        staged = list(files)
        replaced, built = self._roll_up(catalog, deliveries, {path: file for file, path in staged}, tmp)
        change = Change(
            (deliveries[0].feed, deliveries[0].report),
            files=[*staged, *built],
            records=deliveries,
            making="" if catalog.deliveries else rollups.MAKING,
            gone=[path for roll_up in replaced for path in roll_up.paths()],
        )
        base = self.put(change, catalog.entries, tmp)
        gathered: list[str] = []
        try:
            gathered = self._gather(catalog, deliveries, base, tmp, held)
        except (OSError, LakeError):  # the delivery is committed: where files lie is left to the next one
            with suppress(OSError):
                self.writers.leave()
        self.writers.discard([*gathered, *change.gone])

    def put(self, change: Change, base: int, tmp: Path) -> int:
        """Commit a change that was made of so many entries of the journal, if there is one; return how many it has now.

        Raises:
            OvertakenError: another machine was quicker; nothing was changed.
            LakeError: the lake cannot be written.
            OSError: likewise.
        """
        if self.shared is not None:
            return self.shared.commit(change, base=base)
        publish(self.folder, change, tmp=tmp)
        return 0

    def _gather(
        self, catalog: Catalog, deliveries: Sequence[Delivery], base: int, tmp: Path, held: Mapping[str, pa.Table]
    ) -> list[str]:
        """Compact the days of deliveries that lie in many small files now; return the files that this replaces."""
        gathered: list[str] = []
        for day, new in _by_day(deliveries).items():
            former = catalog.roll_up(day, new[0].feed, new[0].report)
            committed = catalog.sightings_for(former) if former else []
            if committed is None:
                continue
            pieces = len(new) + (catalog.layout_of(former)[0] if former else 0)
            rows = sum(one.days[day] for one in new) + (catalog.rows_of(former) if former else 0)
            if pieces >= MANY_FILES and rows <= FEW_ROWS:
                made = _rolled_up(former, day, new)
                together = Compacted(day, made.feed, made.report, made.deliveries, divisions_for(rows))
                sightings = [*committed, *(self.folder / one.sightings_path(day) for one in new)]
                catalog.fetch(sightings)
                change = gathering(self.folder, together, sightings, tmp=tmp, held=held)
                base = self.put(change, base, tmp)
                gathered += change.gone
        return gathered

    def _roll_up(
        self, catalog: Catalog, deliveries: Sequence[Delivery], staged: Mapping[str, Path], tmp: Path
    ) -> tuple[list[RollUp], list[tuple[Path, str]]]:
        """Build the roll-ups that staged deliveries change; return those that they replace, and the files made.

        ``staged`` says of a path in the lake where its file is now.
        """
        replaced: list[RollUp] = []
        made: list[tuple[Path, str]] = []
        for day, new in sorted(_by_day(one for one in deliveries if one.is_counted).items()):
            former = catalog.roll_up(day, new[0].feed, new[0].report)
            replaced += [former] if former else []
            committed = (catalog.sightings_for(former) if former else None) or []
            catalog.fetch(committed)
            sightings = [*committed, *(staged[one.sightings_path(day)] for one in new)]
            made += rollups.build(self.engine(), _rolled_up(former, day, new), sightings, tmp, home=self.home)
        return replaced, made

    def engine(self) -> duckdb.DuckDBPyConnection:
        """Return the engine, opened once."""
        return self._engine.connection()


def _by_day(deliveries: Iterable[Delivery]) -> dict[date, list[Delivery]]:
    found: dict[date, list[Delivery]] = {}
    for one in deliveries:
        for day in one.days:
            found.setdefault(day, []).append(one)
    return found


def _rolled_up(former: RollUp | None, day: date, new: Sequence[Delivery]) -> RollUp:
    """Return what stands for the sightings of a day once these deliveries are there."""
    known, revision = (former.deliveries, former.revision) if former else ((), 0)
    ids = tuple(sorted((*known, *(one.id for one in new))))
    return RollUp(day, new[0].feed, new[0].report, ids, revision)


def _result(delivery: Delivery, name: str, *, is_new: bool, seconds: float) -> IngestResult:
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
        context=delivery.context,
        seconds=seconds,
    )


def refuse_other_subject(catalog: Catalog, layout: Layout) -> None:
    """Refuse to mix machines and others in a report: what is counted of it could not be told apart any more.

    Raises:
        LakeError: the report's addresses were something else so far.
    """
    former = catalog.subject_of(layout.feed, layout.report)
    if former not in {None, layout.subject}:
        raise LakeError(
            Text(
                "addresses of {feed} {report} were “{former}” so far, and “{subject}” by this layout",
                feed=layout.feed,
                report=layout.report,
                former=former,
                subject=layout.subject,
            ),
            hint=Text("give the report of this layout another name"),
        )


def committed_of(catalog: Catalog, layout: Layout, day: date) -> list[Path]:
    """Return the sightings that one more of this day has to be compared with: an identifier says feed and report."""
    roll_up = catalog.roll_up(day, layout.feed, layout.report)
    if roll_up is None:
        return []
    sightings = catalog.sightings_for(roll_up)
    if sightings is None:
        raise LakeError(
            Text("the file has sightings of {day}, and those that the lake had of that day have expired", day=day),
            hint=Text("split the file: nothing can tell any more whether these are new"),
        )
    catalog.fetch(sightings)
    return sightings


def _until_first[Found](commit: Callable[[Progress | None], Found], progress: Progress | None) -> Found:
    """Make a commit again where another machine was quicker with one of the same report, within bounds."""
    for again in range(_MOST_OVERTAKEN):
        with suppress(OvertakenError):
            return commit(None if again else progress)
    return commit(None)


@contextmanager
def opened(source: Path | bytes | Member) -> Iterator[Readable]:
    """Open a file, its bytes, or a file of an archive."""
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
