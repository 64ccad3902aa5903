"""Compacted days: the sightings that many deliveries brought of one report and day, gathered in one file.

A feed that delivers every hour leaves 24 small files a day, which cost more to open than to read. Compaction changes
where sightings lie and nothing else: which deliveries there are, what they counted and every roll-up stay as they are.
``compacted.json`` says which files stand for which deliveries, and is replaced in one step; what it has replaced is
swept by the next compaction, so that whoever is reading the small files comes to the end of them.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.feeds.table import ANNOTATED
from quetsach.lake.errors import LakeError

if TYPE_CHECKING:
    from quetsach.lake.lake import Lake

FILE = "compacted.json"
LEAST_FILES = 4
"""Fewer files of a day are left as they are."""

COMPACTED = pa.schema([*(field.with_nullable(nullable=True) for field in ANNOTATED), ("delivery", pa.string())])
"""``feeds.table.ANNOTATED`` and whose line each is; null where a file is older than a column."""

_GROUP_ROWS = 1 << 18


@dataclass(frozen=True, slots=True, order=True)
class Compacted:
    """The file that holds the sightings of a day of these deliveries, all of one report."""

    day: date
    feed: str
    report: str
    deliveries: tuple[str, ...]

    @property
    def path(self) -> str:
        """The file, relative to the lake."""
        key = hashlib.sha256("\n".join(self.deliveries).encode()).hexdigest()[:16]
        return f"sightings/day={self.day}/{self.feed}.{self.report}.{key}.parquet"

    def places(self) -> Iterator[tuple[str, str]]:
        """Yield the path that each delivery's sightings had, with the one that they have now."""
        for delivery in self.deliveries:
            yield f"sightings/day={self.day}/{delivery}.parquet", self.path


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a compaction came to: ``days`` of reports whose ``files`` files are one each now."""

    days: int
    files: int


def read_record(lake: Path) -> tuple[Compacted, ...]:
    """Return what is compacted in a lake.

    Raises:
        LakeError: the record is damaged.
    """
    try:
        found = json.loads((lake / FILE).read_bytes())
        return tuple(
            Compacted(date.fromisoformat(one["day"]), one["feed"], one["report"], tuple(one["deliveries"]))
            for one in found
        )
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "restore it from a backup of the lake"
        raise LakeError("not a record of compacted days", where=FILE, hint=hint) from error


def compact(
    lake: "Lake", *, least_files: int = LEAST_FILES, progress: Callable[[int], None] = lambda _days: None
) -> Gathered:
    """Gather the sightings of every report and day that lie in ``least_files`` files or more.

    Args:
        lake: the sightings.
        least_files: at least 2.
        progress: told after each report and day.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    days = files = 0
    with lake.writer() as tmp:
        lake.sweep()
        for roll_up in lake.roll_ups():
            sightings = lake.sightings_for(roll_up)
            if sightings is not None and len(sightings) >= least_files:
                made = Compacted(roll_up.day, roll_up.feed, roll_up.report, roll_up.deliveries)
                _gather(sightings, tmp / "compacted.parquet")
                storage.sync(tmp / "compacted.parquet")
                storage.publish([(tmp / "compacted.parquet", lake.folder / made.path)])
                _commit(lake.folder, made)
                days, files = days + 1, files + len(sightings)
            progress(1)
    return Gathered(days, files)


def forget(lake: Path, *, before: date) -> None:
    """Take the days before ``before`` out of the record; for the one writer, once their sightings have expired."""
    record = read_record(lake)
    if any(one.day < before for one in record):
        _write_record(lake, [one for one in record if one.day >= before])


def _commit(lake: Path, made: Compacted) -> None:
    subject = (made.day, made.feed, made.report)
    _write_record(lake, [made, *(one for one in read_record(lake) if (one.day, one.feed, one.report) != subject)])


def _write_record(lake: Path, record: Sequence[Compacted]) -> None:
    content = json.dumps([asdict(one) for one in sorted(record)], default=str, indent=1)
    storage.write(lake / FILE, content.encode())


def _gather(sightings: Sequence[Path], out: Path) -> None:
    """Write the rows of files into one, file by file, in groups of rows that are worth reading."""
    shared = [name for name in COMPACTED.names if name not in {"sighting_id", "line", "byte_offset"}]
    try:
        with pq.ParquetWriter(out, COMPACTED, compression="zstd", use_dictionary=shared) as writer:
            waiting: list[pa.Table] = []
            for batch in _batches(sightings):
                waiting.append(batch)
                if sum(table.num_rows for table in waiting) >= _GROUP_ROWS:
                    writer.write_table(pa.concat_tables(waiting), row_group_size=_GROUP_ROWS)
                    waiting.clear()
            writer.write_table(pa.concat_tables([COMPACTED.empty_table(), *waiting]), row_group_size=_GROUP_ROWS)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(f"sightings cannot be gathered: {error}", where=sightings[0].parent.name) from error


def _batches(sightings: Sequence[Path]) -> Iterator[pa.Table]:
    for path in sightings:
        for batch in pq.ParquetFile(path).iter_batches(_GROUP_ROWS):
            table = pa.Table.from_batches([batch])
            for field in COMPACTED:
                if field.name not in table.schema.names:
                    value = path.name.removesuffix(".parquet") if field.name == "delivery" else None
                    table = table.append_column(field, pa.repeat(pa.scalar(value, field.type), table.num_rows))
            yield table.select(COMPACTED.names).cast(COMPACTED)
