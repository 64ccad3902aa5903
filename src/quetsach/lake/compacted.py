"""The record of compacted days: which file holds the sightings that many deliveries brought of one report and day.

``compacted.json`` is replaced in one step. It says where sightings lie and nothing else: which deliveries there are,
what they counted and every roll-up are the same with and without it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.feeds.table import ANNOTATED
from quetsach.lake import LakeError

FILE = "compacted.json"
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
        path = self.path
        for delivery in self.deliveries:
            yield f"sightings/day={self.day}/{delivery}.parquet", path


def read_compacted(lake: Path) -> tuple[Compacted, ...]:
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


def gather(lake: Path, made: Compacted, sightings: Sequence[Path], *, tmp: Path) -> None:
    """Write the sightings of a day into one file and put it into the record; for the one writer.

    Args:
        lake: the lake's folder.
        made: what the file will hold.
        sightings: the files that hold it now; they stay, for the caller to discard.
        tmp: the writer's folder.

    Raises:
        LakeError: a file is damaged.
    """
    staged = tmp / "compacted.parquet"
    _gather(sightings, staged)
    storage.sync(staged)
    storage.publish([(staged, lake / made.path)])
    subject = (made.day, made.feed, made.report)
    others = (one for one in read_compacted(lake) if (one.day, one.feed, one.report) != subject)
    _write(lake, [made, *others], tmp)


def forget(lake: Path, *, before: date, tmp: Path) -> None:
    """Take the days before ``before`` out of the record; for the one writer, once their sightings have expired."""
    record = read_compacted(lake)
    if any(one.day < before for one in record):
        _write(lake, [one for one in record if one.day >= before], tmp)


def _write(lake: Path, record: Sequence[Compacted], tmp: Path) -> None:
    content = json.dumps([asdict(one) for one in sorted(record)], default=str, indent=1)
    storage.write(tmp / FILE, content.encode())
    storage.publish([(tmp / FILE, lake / FILE)])


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
