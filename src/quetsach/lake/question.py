"""A question is a value: it is answered in parts, anywhere, and the answers of parts are added up.

Whatever is counted once in a part is in no other part: a part has all sightings of some addresses, those whose *bucket*
is in its range. Its answer is whole numbers, days and names, never a fraction, so that no number of parts and no order
of adding them up changes a bit of the answer; what is divided is divided once, at the end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow as pa

BUCKETS = 256

_NETWORK = "if(ip_version = 4, address::text, substr(address::text, 1, 18))"
"""An IPv4 address, or the start of a /64: what counts of addresses and of machines must not be divided by."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part is counted from.

    Of ``files`` it has the rows of the buckets from the first to the last of ``buckets``, of ``once`` all rows: these
    are of no address, and of no other part.
    """

    files: tuple[str, ...]
    buckets: tuple[int, int] = (0, BUCKETS - 1)
    once: tuple[str, ...] = ()


class Question[Answer](Protocol):
    """Pure, and can be pickled: both halves are the same wherever parts are placed."""

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part.

        Args:
            engine: of ``lake.engine``, at the same version for all parts of a question.
            part: files that can be read where this runs.

        Raises:
            LakeError: a file is missing or damaged.
        """
        ...

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> Answer:
        """Put the answers of all parts together, in any order."""
        ...


def parts_of(files: Iterable[Path], *, once: Iterable[Path] = (), count: int = 1) -> tuple[Part, ...]:
    """Divide files into so many parts, at most ``BUCKETS``."""
    names, alone = tuple(map(str, files)), tuple(map(str, once))
    edges = [BUCKETS * n // count for n in range(count + 1)]
    return tuple(Part(names, (edges[n], edges[n + 1] - 1), alone[n::count]) for n in range(count))


def in_part(part: Part, key: str = _NETWORK) -> str:
    """Return the condition that a row is in a part.

    The bucket is the engine's own hash: it is the same in every process of one version, and lies in no file.
    """
    first, last = part.buckets
    return "true" if (first, last) == (0, BUCKETS - 1) else f"hash({key}) % {BUCKETS} between {first} and {last}"


def added(tables: Iterable[pa.Table], sums: Sequence[str]) -> pa.Table:
    """Add the columns ``sums`` of tables up by all their other columns, in whose order the rows are."""
    parts = list(tables)
    table, names = pa.concat_tables(parts), parts[0].schema.names
    keys = [name for name in names if name not in sums]
    if len(parts) > 1:
        table = table.group_by(keys).aggregate([(name, "sum") for name in sums])
        table = table.select([name if name in keys else f"{name}_sum" for name in names]).rename_columns(names)
    return (table.sort_by([(name, "ascending") for name in keys]) if keys else table).cast(parts[0].schema)
