"""What lies in other files than it came in: the sightings of a day that compaction or an annotation wrote anew.

``compacted.json`` says which files hold the sightings that many deliveries brought of one report and day. It is
replaced in one step and says where sightings lie, and how often they were annotated again: which deliveries there are
and what they counted are the same with and without it.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.core.text import Text
from quetsach.feeds.table import ANNOTATED
from quetsach.lake import LakeError, buckets, parquet
from quetsach.lake.parquet import GROUP_ROWS

FILE = "compacted.json"
COMPACTED = pa.schema([*(field.with_nullable(nullable=True) for field in ANNOTATED), ("delivery", pa.string())])
"""``feeds.table.ANNOTATED`` and whose line each is; null where a file is older than a column."""


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
        return parse_compacted((lake / FILE).read_bytes())
    except FileNotFoundError:
        return ()
    except OSError as error:
        hint = Text("restore it from a backup of the lake")
        raise LakeError(Text("not a record of compacted days"), where=FILE, hint=hint) from error


def parse_compacted(content: bytes) -> tuple[Compacted, ...]:
    """Return what a record of compacted days says.

    Raises:
        LakeError: it is none.
    """
    try:
        found = json.loads(content)
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
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        hint = Text("restore it from a backup of the lake")
        raise LakeError(Text("not a record of compacted days"), where=FILE, hint=hint) from error


def revise(lake: Path, made: Iterable[Compacted], *, tmp: Path) -> None:
    """Put entries into the record in place of those of the same days and reports, in one step; for their writer."""
    with storage.locked(lake / f".{FILE}"):
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
    with parquet.sightings_writer(out, COMPACTED) as writer:
        waiting: list[pa.Table] = []
        for batch in batches:
            waiting.append(batch)
            if sum(table.num_rows for table in waiting) >= GROUP_ROWS:
                writer.write_table(pa.concat_tables(waiting), row_group_size=GROUP_ROWS)
                waiting.clear()
        writer.write_table(pa.concat_tables([COMPACTED.empty_table(), *waiting]), row_group_size=GROUP_ROWS)


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
            division = buckets.buckets_of(buckets.address_bytes(batch)) // (buckets.BUCKETS // divisions)
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
    words = np.frombuffer(buckets.address_bytes(table), dtype=">u8").reshape(-1, 2)
    time = table.column("observed_at").cast(pa.int64()).to_numpy()
    return table.take(pa.array(np.lexsort((time, words[:, 1], words[:, 0]))))


def batches_of(sightings: Sequence[Path], held: Mapping[Path, pa.Table] = MappingProxyType({})) -> Iterator[pa.Table]:
    """Yield the rows of files with the columns of ``COMPACTED``, file by file.

    Args:
        sightings: the files.
        held: what is in some of them, all of one delivery each; these are not read, and come last.

    Raises:
        LakeError: one is damaged; its day is told.
    """
    try:
        yield from _batches([path for path in sightings if path not in held])
        if known := [path for path in sightings if path in held]:
            rows = [held[path].num_rows for path in known]
            names = np.repeat([path.name.removesuffix(".parquet") for path in known], rows)
            whole = pa.concat_tables([held[path] for path in known])
            yield whole.append_column("delivery", pa.array(names, pa.string())).cast(COMPACTED)
    except (OSError, pa.ArrowException) as error:
        where = sightings[0].parent.name
        raise LakeError(Text("sightings cannot be gathered: {error}", error=error), where=where) from error


def _batches(sightings: Sequence[Path]) -> Iterator[pa.Table]:
    for path in sightings:
        for batch in pq.ParquetFile(path).iter_batches(GROUP_ROWS):
            table = pa.Table.from_batches([batch])
            for field in COMPACTED:
                if field.name not in table.schema.names:
                    value = path.name.removesuffix(".parquet") if field.name == "delivery" else None
                    table = table.append_column(field, pa.repeat(pa.scalar(value, field.type), table.num_rows))
            yield table.select(COMPACTED.names).cast(COMPACTED)
