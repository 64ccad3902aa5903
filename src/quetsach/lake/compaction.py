"""Compaction: the sightings that many deliveries brought of one report and day are gathered in one file.

A feed that delivers every hour leaves 24 small files a day, which cost more to open than to read. Compaction changes
where sightings lie and nothing else: which deliveries there are, what they counted and every roll-up stay as they are.
What was gathered is deleted once nobody reads.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.feeds.table import ANNOTATED
from quetsach.lake import compacted
from quetsach.lake.compacted import Compacted
from quetsach.lake.errors import LakeError
from quetsach.lake.lake import Lake

LEAST_FILES = 4
"""Fewer files of a day are left as they are."""

COMPACTED = pa.schema([*(field.with_nullable(nullable=True) for field in ANNOTATED), ("delivery", pa.string())])
"""``feeds.table.ANNOTATED`` and whose line each is; null where a file is older than a column."""

_GROUP_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a compaction came to: ``days`` of reports whose ``files`` files are one each now."""

    days: int
    files: int


def compact(
    lake: Lake, *, least_files: int = LEAST_FILES, progress: Callable[[int], None] = lambda _days: None
) -> Gathered:
    """Gather the sightings of every report and day that lie in ``least_files`` files or more.

    Args:
        lake: the sightings.
        least_files: at least 2.
        progress: told after each report and day.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    days, gathered = 0, list[str]()
    with lake.writer() as (tmp, catalog):
        for roll_up in catalog.roll_ups():
            sightings = catalog.sightings_for(roll_up)
            if sightings is not None and len(sightings) >= least_files:
                made = Compacted(roll_up.day, roll_up.feed, roll_up.report, roll_up.deliveries)
                _gather(sightings, tmp / "compacted.parquet")
                storage.sync(tmp / "compacted.parquet")
                storage.publish([(tmp / "compacted.parquet", lake.folder / made.path)])
                compacted.add(lake.folder, made, tmp=tmp)
                days += 1
                gathered += [str(path.relative_to(lake.folder)) for path in sightings]
            progress(1)
        lake.discard(gathered)
    return Gathered(days, len(gathered))


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
