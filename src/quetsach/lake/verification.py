"""Whether a lake is whole: what its commit records list is there and says what they say, and nothing else lies about.

Of every file the number of rows is held against the records. What costs reading whole files is done for a sample
drawn anew each time, or for all: delivered bytes hash to their name, no sighting is there twice, each lies where it
belongs, and roll-ups made again are the same byte by byte. A value of a sighting that no roll-up and no identifier
stands on could change unseen: nothing but a backup tells what it was.
"""

import hashlib
import random
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, SystemText, Text
from quetsach.lake import LakeError, changes, compacted, readers, records, rollups
from quetsach.lake.buckets import OF_ADDRESS, buckets_in
from quetsach.lake.delivery import Delivery, accounts
from quetsach.lake.ingestion import landed_chunks
from quetsach.lake.journal import Shared
from quetsach.lake.lake import Lake
from quetsach.lake.records import Catalog
from quetsach.lake.rollups import RollUp

SAMPLE = 20
"""So many delivered files, and days of a report, are read whole where not all are."""

_OWN = {readers.ACCESS_FILE, readers.READERS_FILE, compacted.FILE, records.INDEX, rollups.MAKING_FILE}
_OWN |= {".writer", ".writer-next", ".writer-index", ".unswept", f".{compacted.FILE}"}
_SWEPT = ("sightings/", "quarantine/", "landed/", "rollups/", "tmp/")


class Kind(StrEnum):
    """What can be wrong."""

    RECORD = "record"
    MISSING = "missing"
    DAMAGED = "damaged"
    ROWS = "rows"
    BYTES = "bytes"
    TWICE = "twice"
    MISPLACED = "misplaced"
    ROLL_UP = "roll-up"
    UNLISTED = "unlisted"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as the records say, in a file relative to the lake."""

    kind: Kind
    where: str
    what: LocalText


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at and what was wrong with it.

    ``files`` exist with the rows that records say; of these ``landed`` were read and hashed, and the sightings of
    ``days`` days of reports were read. ``roll_ups`` were made again, ``waiting`` files wait to be swept.
    """

    state: str
    is_deep: bool
    deliveries: int
    files: int
    landed: int
    days: int
    roll_ups: int
    waiting: int
    readings: int
    faults: tuple[Fault, ...]


class Verification:
    """One look through the lake as of the moment at which this is made; ingests may go on meanwhile.

    Args:
        lake: which one.
        is_deep: read everything instead of a sample.

    Raises:
        LakeError: the lake cannot be read.
    """

    def __init__(self, lake: Lake, *, is_deep: bool = False) -> None:
        self._lake = lake
        self._is_deep = is_deep
        self._records = list(_damaged_records(lake.folder))
        self._view = None if self._records else lake.view()
        catalog = self._view.catalog if self._view else Catalog(lake.folder, (), {}, making="")
        self._catalog = catalog
        landed = {d.landed_path: d for d in catalog.commits if d.has_landed}
        self._landed = self._chosen(list(landed.values()))
        self._days = self._chosen([one for one in catalog.sets() if catalog.sightings_for(one) is not None])
        self._are_made = rollups.read_making(lake.folder) == rollups.MAKING
        self._fetched = self._to_fetch() if lake.shared else None

    def _chosen[T](self, all_of_them: list[T]) -> list[T]:
        if self._is_deep or len(all_of_them) <= SAMPLE:
            return all_of_them
        return random.SystemRandom().sample(all_of_them, SAMPLE)

    @property
    def steps(self) -> int:
        """How often progress is told of one step."""
        return len(self._catalog.commits) + len(self._catalog.sets()) + len(self._landed) + len(self._days)

    def run(self, progress: Callable[[int], None] = lambda _steps: None) -> Verified:
        """Look at everything; what is wrong is told and never mended.

        Raises:
            LakeError: the lake cannot be read.
        """
        catalog, faults = self._catalog, list(self._records)

        def look[T](check: Callable[[T], Iterator[Fault]], at: list[T]) -> None:
            for one in at:
                faults.extend(check(one))
                progress(1)

        try:
            if self._lake.shared is not None and self._fetched is not None:
                faults += self._stored(self._lake.shared, self._fetched)
            look(self._delivery, list(catalog.commits))
            look(self._set, list(catalog.sets()))
            look(self._landed_bytes, self._landed)
            look(self._sightings, self._days)
            readings = list(readers.readings(self._lake.folder))
            faults += [_broken_line(n) for n, (_, follows) in enumerate(readings, 1) if not follows]
            faults += [Fault(Kind.LOG, readers.ACCESS_FILE, told) for told in readers.head_faults(self._lake.folder)]
            unlisted, waiting = ([], 0) if self._records else self._unlisted()
        finally:
            if self._view:
                self._view.close()
        return Verified(
            state=catalog.state if self._view else "",
            is_deep=self._is_deep,
            deliveries=len(catalog.deliveries),
            files=len(catalog.paths()),
            landed=len(self._landed),
            days=len(self._days),
            roll_ups=sum(map(self._is_made_again, self._days)),
            waiting=waiting,
            readings=len(readings),
            faults=tuple(faults + unlisted),
        )

    def _to_fetch(self) -> set[str]:
        """Return the files that are read of a lake in an object store: those of what was chosen, and nothing else."""
        found = {delivery.landed_path for delivery in self._landed}
        for one in self._days:
            found |= {path for paths in self._catalog.rows_in(one) for path in paths} | {*self._catalog.paths_of(one)}
        if self._is_deep:
            found |= self._catalog.paths() | self._catalog.roll_up_paths()
        return found

    def _stored(self, shared: Shared, wanted: set[str]) -> Iterator[Fault]:
        """Look whether the store has every object, and fetch what is read: a copy tells nothing of it."""
        held, sizes = shared.current(), shared.stored_sizes()
        for one in held:
            fault = None
            if sizes.get(one.name) is None:
                fault = _missing(one.path)
            elif sizes[one.name] != one.size_bytes:
                fault = Fault(Kind.DAMAGED, one.path, Text("an object is not what the journal of the lake says"))
            elif one.path in wanted:
                try:
                    shared.fetch([one.path], again=True)
                except LakeError as error:
                    fault = Fault(Kind.DAMAGED, one.path, _said(error))
            if fault:
                wanted.discard(one.path)
                yield fault

    def _is_there(self, path: str) -> bool:
        """Whether a file is there; what an object store lacks was told already."""
        return self._fetched is not None or (self._lake.folder / path).is_file()

    def _is_read(self, paths: Collection[str]) -> bool:
        return self._fetched is None or self._fetched.issuperset(paths)

    def _delivery(self, delivery: Delivery) -> Iterator[Fault]:
        """Look at what lies under a delivery's own name, and whether the index says of it what its record says."""
        record = f"{changes.FOLDER}/{delivery.id}.json"
        try:
            written = Delivery.from_json((self._lake.folder / record).read_bytes(), where=record)
        except (OSError, LakeError) as error:  # it was there and sound when this look began
            yield _missing(record) if isinstance(error, FileNotFoundError) else Fault(Kind.RECORD, record, _said(error))
            return
        if _lasting(written) != _lasting(delivery):
            yield Fault(Kind.RECORD, record, Text("the index of records says something else of this delivery"))
        if delivery.has_landed and not self._is_there(delivery.landed_path):
            yield _missing(delivery.landed_path)
        if delivery.has_landed and delivery.quarantined:
            yield from self._rows((delivery.quarantine_path,), delivery.quarantined)

    def _set(self, one: RollUp) -> Iterator[Fault]:
        """Look at a day of a report: its files of sightings, and its roll-up."""
        for paths, rows in self._catalog.rows_in(one).items():
            yield from self._rows(paths, sum(rows.values()))
        if self._catalog.by_id[one.deliveries[0]].is_counted:
            is_whole = self._are_made and self._catalog.sightings_for(one) is not None
            for needed in (one.path(part) for part in ("addresses", "gaps", "clock", *(["seen"] if is_whole else []))):
                if not self._is_there(needed):
                    yield _missing(needed)
            for part in ("addresses", "gaps", "bots", "reach", "seen"):
                if (self._lake.folder / one.path(part)).is_file():
                    yield from self._rows((one.path(part),))
            if (self._lake.folder / one.path("clock")).is_file():
                try:
                    rollups.read_record(self._lake.folder / one.path("clock"))
                except LakeError as error:
                    yield Fault(Kind.DAMAGED, one.path("clock"), _said(error))

    def _rows(self, paths: tuple[str, ...], expected: int | None = None) -> Iterator[Fault]:
        """Hold the number of rows that files say they have together against what they should have."""
        rows, are_read = 0, True
        for path in paths if self._is_read(paths) else ():
            try:
                with pq.ParquetFile(self._lake.folder / path) as file:
                    rows += file.metadata.num_rows
            except FileNotFoundError:
                are_read = False
                yield _missing(path)
            except (OSError, pa.ArrowException) as error:
                are_read = False
                yield Fault(Kind.DAMAGED, path, SystemText(error))
        if are_read and self._is_read(paths) and expected is not None and rows != expected:
            told = Text("{rows} rows, but {expected} by the records", rows=rows, expected=expected)
            yield Fault(Kind.ROWS, paths[0], told)

    def _landed_bytes(self, delivery: Delivery) -> Iterator[Fault]:
        """Read delivered bytes and hold them against their name."""
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in landed_chunks(self._lake.folder / delivery.landed_path):
                digest.update(chunk)
                size += len(chunk)
        except FileNotFoundError:
            return  # told already
        except (OSError, pa.ArrowException) as error:
            yield Fault(Kind.DAMAGED, delivery.landed_path, SystemText(error))
            return
        if (digest.hexdigest(), size) != (delivery.sha256, delivery.size_bytes):
            yield Fault(Kind.BYTES, delivery.landed_path, Text("these are not the bytes that were delivered"))

    def _sightings(self, one: RollUp) -> Iterator[Fault]:
        """Read the sightings of a day of a report, and make their roll-up again."""
        rows = self._catalog.rows_in(one)
        files = [self._lake.folder / path for paths in rows for path in paths]
        where = f"sightings/day={one.day}"
        if not all(file.is_file() for file in files):
            return  # told already
        try:
            yield from self._counted(one, files)
            for paths, expected in rows.items():
                yield from self._divided(paths, expected)
            there = sum(pq.read_metadata(file).num_rows for file in files)
            if self._is_made_again(one) and there == self._catalog.rows_of(one):  # of other rows, others are told
                yield from self._roll_up(one, files)
        except (QuetsachError, OSError, pa.ArrowException, duckdb.Error) as error:
            yield Fault(Kind.DAMAGED, where, _said(error))

    def _counted(self, one: RollUp, files: list[Path]) -> Iterator[Fault]:
        with closing(self._lake.engine().cursor()) as cursor:
            where = {"files": [str(file) for file in files]}
            found = cursor.execute(
                "select count(*) - count(distinct sighting_id), count(*) filter (feed != $feed or report != $report "
                "or epoch_us(observed_at) // 86400000000 != $day) from read_parquet($files, union_by_name = true)",
                {**where, "feed": one.feed, "report": one.report, "day": one.day.toordinal() - _EPOCH_ORDINAL},
            ).fetchone()
            twice, elsewhere = found or (0, 0)
        first = str(files[0].relative_to(self._lake.folder))
        if twice:
            yield Fault(Kind.TWICE, first, Text("{number} sightings are there twice", number=twice))
        if elsewhere:
            told = Text("{number} sightings are of another day or report", number=elsewhere)
            yield Fault(Kind.MISPLACED, first, told)

    def _divided(self, paths: tuple[str, ...], expected: dict[str, int]) -> Iterator[Fault]:
        """Look whether what was put together is of its deliveries, and each file has the addresses that it says."""
        files = [str(self._lake.folder / path) for path in paths]
        with closing(self._lake.engine().cursor()) as cursor:
            if len(expected) > 1 or len(paths) > 1:
                query = "select delivery, count(*) from read_parquet($files) group by delivery"
                if dict(cursor.execute(query, {"files": files}).fetchall()) != expected:
                    yield Fault(Kind.ROWS, paths[0], Text("rows are not of the deliveries that the records say"))
            for path, file in zip(paths, files, strict=True):
                first, last = buckets_in(path)
                query = f"select count(*) from read_parquet($file) where {OF_ADDRESS} not between $first and $last"  # noqa: S608
                found = {"file": file, "first": first, "last": last}
                elsewhere = (cursor.execute(query, found).fetchone() or (0,))[0] if len(paths) > 1 else 0
                if elsewhere:
                    told = Text("{number} sightings are of addresses of another file", number=elsewhere)
                    yield Fault(Kind.MISPLACED, path, told)

    def _is_made_again(self, one: RollUp) -> bool:
        return self._are_made and self._catalog.by_id[one.deliveries[0]].is_counted

    def _roll_up(self, one: RollUp, files: list[Path]) -> Iterator[Fault]:
        """Make a roll-up again and compare: what the sightings do not give must not be there."""
        with tempfile.TemporaryDirectory(prefix="quetsach-") as folder:
            built = rollups.build(self._lake.engine(), one, files, Path(folder), home=self._lake.home)
            made = {path: staged.read_bytes() for staged, path in built}
        for path in one.paths():
            there = None
            with suppress(FileNotFoundError):
                there = (self._lake.folder / path).read_bytes()
            is_told = there is None and not path.endswith((".bots.parquet", ".reach.parquet"))
            if there != made.get(path) and not is_told:
                yield Fault(Kind.ROLL_UP, path, Text("the roll-up is not what its sightings give"))

    def _unlisted(self) -> tuple[list[Fault], int]:
        """Return the files that no record lists while nobody writes, and how many wait to be swept."""
        folder = self._lake.folder
        with self._lake.writers.none() as catalog:
            is_swept = self._lake.writers.has_left
            listed = catalog.paths() | catalog.roll_up_paths() | _OWN
            listed |= {f"{changes.FOLDER}/{commit.id}.json" for commit in catalog.commits}
            there = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
        left = [path for path in there if path not in listed and not path.startswith((".writer.", ".shared"))]
        waiting = [path for path in left if is_swept and path.startswith(_SWEPT)]
        told = Text("no record lists this file")
        return [Fault(Kind.UNLISTED, path, told) for path in sorted({*left} - {*waiting})], len(waiting)


_EPOCH_ORDINAL = 719_163
"""Of 1 January 1970, as dates of Python count days."""


def _damaged_records(folder: Path) -> Iterator[Fault]:
    """Yield the commit records that cannot be read, or do not follow each other."""
    sound: list[Delivery] = []
    for path in sorted((folder / changes.FOLDER).glob("*.json")):
        try:
            delivery = Delivery.from_json(path.read_bytes(), where=path.name)
        except FileNotFoundError:
            continue
        except (OSError, LakeError) as error:
            yield Fault(Kind.RECORD, f"{changes.FOLDER}/{path.name}", _said(error))
        else:
            sound.append(delivery)
            if f"{delivery.id}.json" != path.name:
                told = Text("this commit record has not the name of its delivery")
                yield Fault(Kind.RECORD, f"{changes.FOLDER}/{path.name}", told)
    try:
        accounts(sound)
    except LakeError as error:
        yield Fault(Kind.RECORD, f"{changes.FOLDER}/{error.where}", _said(error))


def _said(error: Exception) -> LocalText:
    return error.text if isinstance(error, QuetsachError) and error.text else SystemText(error)


def _lasting(delivery: Delivery) -> Delivery:
    """Return what of a record no expiry changes meanwhile."""
    return replace(delivery, expired=(), has_landed=True)


def _missing(path: str) -> Fault:
    return Fault(Kind.MISSING, path, Text("the file is missing"))


def _broken_line(number: int) -> Fault:
    told = Text("line {line} is damaged or does not follow the line before it", line=number)
    return Fault(Kind.LOG, readers.ACCESS_FILE, told)
