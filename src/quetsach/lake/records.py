"""The catalog: which deliveries are committed and in which files their sightings lie, as of one moment.

``compacted.json`` says which file holds the sightings that many deliveries brought of one report and day. It is
replaced in one step and says where sightings lie, and how often they were annotated again: which deliveries there are
and what they counted are the same with and without it.
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.core.period import Period
from quetsach.core.sighting import LATER
from quetsach.core.text import SystemText, Text
from quetsach.feeds.table import ANNOTATED
from quetsach.lake import LakeError, buckets, rollups
from quetsach.lake.delivery import Delivery
from quetsach.lake.rollups import RollUp

FILE = "compacted.json"
COMPACTED = pa.schema([*(field.with_nullable(nullable=True) for field in ANNOTATED), ("delivery", pa.string())])
"""``feeds.table.ANNOTATED`` and whose line each is; null where a file is older than a column."""

_GROUP_ROWS = 1 << 18
_SHARED = [name for name in COMPACTED.names if name not in {"sighting_id", "line", "byte_offset"}]
FOLDER, INDEX = "deliveries", "deliveries.index"
_SPARE_LINES = 64

type _Stat = tuple[int, int]
"""When a file was changed (nanoseconds), and its size."""


@dataclass(frozen=True, slots=True, order=True)
class Compacted:
    """The files that hold the sightings of a day of these deliveries, all of one report, divided by address.

    ``revision`` counts how often they were annotated again; the last time by the address tables ``network``, of the
    deliveries ``revised``. Such an entry outlives its files, because the names of roll-ups hang on it.
    """

    day: date
    feed: str
    report: str
    deliveries: tuple[str, ...]
    divisions: int = 1
    revision: int = 0
    network: tuple[str, ...] = ()
    revised: tuple[str, ...] = ()

    @property
    def subject(self) -> tuple[date, str, str]:
        """Of which day and report."""
        return self.day, self.feed, self.report

    @property
    def paths(self) -> tuple[str, ...]:
        """The files, relative to the lake, in the order of their buckets."""
        revised = (f"revision {self.revision}",) if self.revision else ()
        key = hashlib.sha256("\n".join((*self.deliveries, *revised)).encode()).hexdigest()[:16]
        stem = f"sightings/day={self.day}/{self.feed}.{self.report}.{key}"
        return tuple(f"{stem}{buckets.name_of(n, self.divisions)}.parquet" for n in range(self.divisions))

    def places(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the path that each delivery's sightings had, with those that they have now."""
        paths = self.paths
        for delivery in self.deliveries:
            yield f"sightings/day={self.day}/{delivery}.parquet", paths


def read_compacted(lake: Path) -> tuple[Compacted, ...]:
    """Return what is compacted in a lake.

    Raises:
        LakeError: the record is damaged.
    """
    try:
        found = json.loads((lake / FILE).read_bytes())
        return tuple(
            Compacted(
                date.fromisoformat(one["day"]),
                one["feed"],
                one["report"],
                tuple(one["deliveries"]),
                buckets.DIVISIONS[buckets.DIVISIONS.index(one.get("divisions", 1))],
                int(one.get("revision", 0)),
                tuple(one.get("network", ())),
                tuple(one.get("revised", ())),
            )
            for one in found
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = Text("restore it from a backup of the lake")
        raise LakeError(Text("not a record of compacted days"), where=FILE, hint=hint) from error


def gather(lake: Path, made: Compacted, sightings: Sequence[Path], *, tmp: Path) -> None:
    """Write the sightings of a day together, divided and in the order of addresses, and record it; for the one writer.

    Args:
        lake: the lake's folder.
        made: what the files will hold.
        sightings: the files that hold it now; they stay, for the caller to discard.
        tmp: the writer's folder.

    Raises:
        LakeError: a file is damaged.
    """
    staged = stage(batches_of(sightings), made.divisions, tmp=tmp)
    known = next((one for one in read_compacted(lake) if one.subject == made.subject), made)
    made = replace(made, revision=known.revision, network=known.network, revised=known.revised)
    storage.publish((path, lake / name) for path, name in zip(staged, made.paths, strict=True))
    revise(lake, [made], tmp=tmp)


def revise(lake: Path, made: Iterable[Compacted], *, tmp: Path) -> None:
    """Put entries into the record in place of those of the same days and reports, in one step; for the one writer."""
    record = {one.subject: one for one in (*read_compacted(lake), *made)}
    _write(lake, list(record.values()), tmp)


def forget(lake: Path, *, before: date, tmp: Path) -> None:
    """Take the days before ``before`` out of the record; for the one writer, once their sightings have expired."""
    record = read_compacted(lake)
    stays = [one for one in record if one.day >= before or one.revision]
    if len(stays) < len(record):
        _write(lake, stays, tmp)


def _write(lake: Path, record: Sequence[Compacted], tmp: Path) -> None:
    content = json.dumps([asdict(one) for one in sorted(record)], default=str, indent=1)
    storage.write(tmp / FILE, content.encode())
    storage.publish([(tmp / FILE, lake / FILE)])


def stage(batches: Iterable[pa.Table], divisions: int, *, tmp: Path) -> list[Path]:
    """Write tables of ``COMPACTED`` into so many files in the writer's folder, and force them to the disk.

    Where they are divided, rows lie by address and time: those of an address together are small and quickly counted.

    Raises:
        LakeError: they cannot be read or written.
    """
    staged = [tmp / f"compacted.{n}.parquet" for n in range(divisions)]
    try:
        if divisions == 1:
            _write_sightings(staged[0], batches)
        else:
            for path, table in zip(staged, _divided(batches, divisions, tmp), strict=True):
                _write_sightings(path, [_in_order(table)])
    except (OSError, pa.ArrowException) as error:
        raise LakeError(Text("sightings cannot be gathered: {error}", error=error), where=str(tmp)) from error
    for path in staged:
        storage.sync(path)
    return staged


def _write_sightings(out: Path, batches: Iterable[pa.Table]) -> None:
    """Write tables into one file, in groups of rows that are worth reading."""
    with pq.ParquetWriter(out, COMPACTED, compression="zstd", use_dictionary=_SHARED) as writer:
        waiting: list[pa.Table] = []
        for batch in batches:
            waiting.append(batch)
            if sum(table.num_rows for table in waiting) >= _GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting), row_group_size=_GROUP_ROWS)
                waiting.clear()
        writer.write_table(pa.concat_tables([COMPACTED.empty_table(), *waiting]), row_group_size=_GROUP_ROWS)


def _divided(batches: Iterable[pa.Table], divisions: int, tmp: Path) -> Iterator[pa.Table]:
    """Yield the rows by the bucket of their address; only those of one division are held at a time."""
    folder = tmp / "divisions"
    folder.mkdir()
    places = [folder / str(n) for n in range(divisions)]
    with ExitStack() as opened:
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        writers = [
            opened.enter_context(pa.ipc.new_stream(opened.enter_context(path.open("wb")), COMPACTED, options=options))
            for path in places
        ]
        for batch in batches:
            division = buckets.buckets_of(_address_bytes(batch)) // (buckets.BUCKETS // divisions)
            order = np.argsort(division, kind="stable")
            edges = np.searchsorted(division[order], np.arange(divisions + 1))
            table = batch.take(pa.array(order))
            for n, writer in enumerate(writers):
                writer.write_table(table.slice(edges[n], edges[n + 1] - edges[n]))
    for path in places:
        with pa.OSFile(str(path)) as file, pa.ipc.open_stream(file) as stream:
            yield stream.read_all()
        path.unlink()
    folder.rmdir()


def _in_order(table: pa.Table) -> pa.Table:
    words = np.frombuffer(_address_bytes(table), dtype=">u8").reshape(-1, 2)
    time = table.column("observed_at").cast(pa.int64()).to_numpy()
    return table.take(pa.array(np.lexsort((time, words[:, 1], words[:, 0]))))


def _address_bytes(table: pa.Table) -> memoryview:
    keys = table.column("address").combine_chunks().storage
    return memoryview(keys.buffers()[1] or b"")[keys.offset * 16 : (keys.offset + len(keys)) * 16]


def batches_of(sightings: Sequence[Path]) -> Iterator[pa.Table]:
    """Yield the rows of files with the columns of ``COMPACTED``, file by file.

    Raises:
        LakeError: one is damaged; its day is told.
    """
    try:
        yield from _batches(sightings)
    except (OSError, pa.ArrowException) as error:
        where = sightings[0].parent.name
        raise LakeError(Text("sightings cannot be gathered: {error}", error=error), where=where) from error


def _batches(sightings: Sequence[Path]) -> Iterator[pa.Table]:
    for path in sightings:
        for batch in pq.ParquetFile(path).iter_batches(_GROUP_ROWS):
            table = pa.Table.from_batches([batch])
            for field in COMPACTED:
                if field.name not in table.schema.names:
                    value = path.name.removesuffix(".parquet") if field.name == "delivery" else None
                    table = table.append_column(field, pa.repeat(pa.scalar(value, field.type), table.num_rows))
            yield table.select(COMPACTED.names).cast(COMPACTED)


@dataclass(frozen=True, slots=True)
class Record:
    """A commit record as it was read, with the SHA-256 of its bytes."""

    delivery: Delivery
    digest: str


class Catalog:
    """What a lake holds; never changes.

    Args:
        folder: the lake.
        records: the commit records.
        compacted: what lies in other files than it came in.
        making: of the roll-ups (``rollups.read_making``).
    """

    def __init__(self, folder: Path, records: Iterable[Record], compacted: Iterable[Compacted], *, making: str) -> None:
        known = sorted(records, key=lambda record: (record.delivery.ingested_at, record.delivery.id))
        self.folder = folder
        self.deliveries = tuple(record.delivery for record in known)
        """Oldest first."""
        moved = tuple(compacted)
        self._revised = {one.subject: one for one in moved if one.revision}
        self.state = _state_of(known, making, self._revised.values())
        """The same for two catalogs if and only if the same was committed, annotated and is rolled up by the same rule:
        where sightings lie is not in it."""
        self.by_id = {delivery.id: delivery for delivery in self.deliveries}
        self._compacted = {one.subject: one for one in moved}
        self._places = {old: new for one in moved for old, new in one.places()}
        revisions = {subject: one.revision for subject, one in self._revised.items()}
        self._sets = rollups.roll_ups_of(self.deliveries, revisions)
        self._set_of = {(one.day, one.feed, one.report): one for one in self._sets}
        self._roll_ups = tuple(one for one in self._sets if self.by_id[one.deliveries[0]].is_counted)
        self._of_day: dict[date, list[RollUp]] = defaultdict(list)
        for roll_up in self._roll_ups:
            self._of_day[roll_up.day].append(roll_up)

    def days(self) -> Iterator[date]:
        """Yield each day (UTC) with sightings of infected machines, in order."""
        yield from self._of_day

    def roll_ups(self, period: Period | None = None) -> tuple[RollUp, ...]:
        """Return the roll-ups that stand for the sightings of machines of a period, or for all, in order."""
        if period is None:
            return self._roll_ups
        return tuple(r for day in self._of_day if day in period for r in self._of_day[day])

    def sets(self) -> tuple[RollUp, ...]:
        """Return what stands for the sightings of each day of each report, of machines or not, in order."""
        return self._sets

    def roll_up(self, day: date, feed: str, report: str) -> RollUp | None:
        """Return what stands for the sightings of a day of a report, of machines or not, if it has any."""
        return self._set_of.get((day, feed, report))

    def subject_of(self, feed: str, report: str) -> str | None:
        """Return what the addresses of a report were so far; ``None`` before its first delivery."""
        found = (one.subject for one in self.deliveries if (one.feed, one.report) == (feed, report))
        return next(found, None)

    def sightings_for(self, roll_up: RollUp) -> list[Path] | None:
        """Return the files that a roll-up is made from, each once; ``None`` where they have expired."""
        day, made_from = roll_up.day, [self.by_id[id_] for id_ in roll_up.deliveries]
        if any(day in delivery.expired for delivery in made_from):
            return None
        paths = dict.fromkeys(path for one in made_from for path in self._place(one.sightings_path(day)))
        return [self.folder / path for path in paths]

    def rows_in(self, roll_up: RollUp) -> dict[tuple[str, ...], dict[str, int]]:
        """Return how many rows each delivery has where a roll-up's sightings lie; expired ones are nowhere.

        A place is one file, or those that a day is divided into, relative to the lake.
        """
        found: dict[tuple[str, ...], dict[str, int]] = {}
        for delivery in (self.by_id[id_] for id_ in roll_up.deliveries):
            if roll_up.day not in delivery.expired:
                paths = self._place(delivery.sightings_path(roll_up.day))
                found.setdefault(paths, {})[delivery.id] = delivery.days[roll_up.day]
        return found

    def sightings_of(self, period: Period) -> list[Path]:
        """Return the files of the sightings of a period that have not expired."""
        return [path for roll_up in self.roll_ups(period) for path in self.sightings_for(roll_up) or ()]

    def countable(self, period: Period) -> list[Path]:
        """Return the files that addresses are counted from: sightings, and roll-ups where those have expired."""
        found: list[Path] = []
        for roll_up in self.roll_ups(period):
            sightings = self.sightings_for(roll_up)
            found += [self.folder / roll_up.path("addresses")] if sightings is None else sightings
        return found

    def rows_of(self, roll_up: RollUp) -> int:
        """Return how many sightings a roll-up stands for."""
        return sum(self.by_id[id_].days[roll_up.day] for id_ in roll_up.deliveries)

    def network_versions(self, period: Period) -> tuple[str, ...]:
        """Return which address tables the sightings of machines of a period were annotated by, later ones or not."""
        versions = set[str]().union(*map(self.versions_of, self.roll_ups(period)))
        return tuple(sorted({version.removesuffix(LATER) for version in versions}))

    def versions_of(self, roll_up: RollUp) -> set[str]:
        """Return the versions of the address tables of the sightings of a roll-up; of all days of its deliveries."""
        revised = self._revised.get((roll_up.day, roll_up.feed, roll_up.report))
        found = set(revised.network if revised else ())
        for id_ in set(roll_up.deliveries) - set(revised.revised if revised else ()):
            found.update(self.by_id[id_].versions.get("network", "").split(", "))
        return found - {""}

    def paths(self, deliveries: Iterable[Delivery] | None = None) -> set[str]:
        """Return the files that deliveries stand on, or all, relative to the lake."""
        chosen = self.deliveries if deliveries is None else deliveries
        return {place for delivery in chosen for path in delivery.paths() for place in self._place(path)}

    def layout_of(self, roll_up: RollUp) -> tuple[int, int]:
        """Return in how many pieces the sightings of a roll-up lie, and in how many files the largest is divided.

        A piece is what one delivery brought, or what compaction put together.
        """
        found = self._compacted.get((roll_up.day, roll_up.feed, roll_up.report))
        together = set(found.deliveries) & set(roll_up.deliveries) if found else set()
        loose = len(roll_up.deliveries) - len(together)
        return (loose + 1, found.divisions) if found and together else (loose, 1)

    def _place(self, path: str) -> tuple[str, ...]:
        return self._places.get(path, (path,))


def _state_of(records: Iterable[Record], making: str, revised: Iterable[Compacted]) -> str:
    lines = [f"{record.delivery.id} {record.digest}" for record in records]
    lines += [f"{one.day} {one.feed} {one.report} {one.revision} {one.network}" for one in revised]
    return hashlib.sha256("\n".join((rollups.FORMAT, making, *sorted(lines))).encode()).hexdigest()


class CatalogReader:
    """Reads catalogs of the lake in ``folder``; a record that has not changed since is not read again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[_Stat, Record]] = {}
        self._indexed: dict[str, _Stat] = {}
        self._index_stat: _Stat | None = None
        self._lines = 0

    def read(self) -> Catalog:
        """Return what is committed now.

        Raises:
            LakeError: a record cannot be read, or is damaged.
        """
        # Compacted days first: then all that is compacted is of deliveries that are known.
        compacted = read_compacted(self._folder)
        self._refresh()
        records = (record for _, record in self._known.values())
        return Catalog(self._folder, records, compacted, making=rollups.read_making(self._folder))

    def _refresh(self) -> None:
        stats = self._stats()
        if any(name not in self._known or self._known[name][0] != stat for name, stat in stats.items()):
            self._read_index(stats)
        known: dict[str, tuple[_Stat, Record]] = {}
        for name, stat in stats.items():
            found = self._known.get(name)
            known[name] = found if found and found[0] == stat else (stat, self._read_record(name))
        self._known = known

    def save(self) -> None:
        """Bring the index up to date; for the one writer.

        It is not forced to the disk: after a power cut it is behind at worst.

        Raises:
            LakeError: a record cannot be read, or is damaged.
        """
        self._refresh()
        behind = [name for name, (stat, _) in self._known.items() if self._indexed.get(name) != stat]
        if not behind:
            return
        path = self._folder / INDEX
        is_anew = self._lines + len(behind) > 2 * len(self._known) + _SPARE_LINES
        written = list(self._known) if is_anew else behind
        content = b"".join(map(self._line, written))
        if is_anew:
            staged = path.with_name(f".{INDEX}")
            staged.unlink(missing_ok=True)
            _add(staged, content)
            staged.replace(path)
        else:
            _add(path, content)
        self._lines = len(written) + (0 if is_anew else self._lines)
        self._indexed |= {name: self._known[name][0] for name in written}
        self._index_stat = _stat_of(path.stat())

    def _stats(self) -> dict[str, _Stat]:
        folder = self._folder / FOLDER
        try:
            with os.scandir(folder) as entries:
                return {entry.name: _stat_of(entry.stat()) for entry in entries if _is_record(entry.name)}
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise LakeError(
                Text("the lake cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(folder)
            ) from error

    def _read_record(self, name: str) -> Record:
        try:
            content = (self._folder / FOLDER / name).read_bytes()
        except OSError as error:
            raise LakeError(Text("a commit record cannot be read"), where=name) from error
        delivery = Delivery.from_json(content, where=name)
        if f"{delivery.id}.json" != name:  # a copy would count twice
            hint = Text("move it out of {folder}", folder=self._folder / FOLDER)
            raise LakeError(Text("this commit record has not the name of its delivery"), where=name, hint=hint)
        return Record(delivery, hashlib.sha256(content).hexdigest())

    def _read_index(self, stats: dict[str, _Stat]) -> None:
        """Take what the index holds of records that are as they were; of two lines of one record the later one."""
        path = self._folder / INDEX
        with suppress(OSError):  # without one, each record is read
            index_stat = _stat_of(path.stat())
            if index_stat == self._index_stat:
                return
            content = path.read_bytes()
            self._index_stat, self._lines, self._indexed = index_stat, 0, {}
            for name, stat, record in _records_in(content):
                self._lines += 1
                self._indexed[name] = stat
                if stats.get(name) == stat:
                    self._known[name] = (stat, record)

    def _line(self, name: str) -> bytes:
        (changed_ns, size_bytes), record = self._known[name]
        return (
            b"\n"
            + json.dumps(
                [name, changed_ns, size_bytes, record.digest, record.delivery.to_record()], ensure_ascii=False
            ).encode()
        )


def _records_in(index: bytes) -> Iterator[tuple[str, _Stat, Record]]:
    """Yield what the lines of an index say; those that are torn or damaged say nothing."""
    for line in index.split(b"\n"):
        with suppress(ValueError, TypeError, OverflowError, RecursionError, LakeError):
            name, changed_ns, size_bytes, digest, record = json.loads(line)
            delivery = Delivery.from_record(record, where=INDEX)
            if f"{delivery.id}.json" == name:
                yield name, (int(changed_ns), int(size_bytes)), Record(delivery, str(digest))


def _is_record(name: str) -> bool:
    """Say whether a file is meant to be a record: what backups and editors leave beside them is none."""
    return name.endswith(".json") and not name.startswith(".")


def _add(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)


def _stat_of(state: os.stat_result) -> _Stat:
    return state.st_mtime_ns, state.st_size
