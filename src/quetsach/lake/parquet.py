"""Reads and writes single tables as Parquet, for whoever keeps one beside the sightings or hands one out."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage
from quetsach.lake import LakeError


def read(path: Path) -> pa.Table:
    """Return the table of a file.

    Raises:
        LakeError: it is missing or damaged.
    """
    try:
        return pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(str(error), where=str(path)) from error


def write(path: Path, table: pa.Table) -> None:
    """Keep a table under a name; what was there is replaced as a whole.

    Raises:
        OSError: it cannot be written.
    """
    with storage.replacing(path) as file:
        pq.write_table(table, file, compression="zstd")


GROUP_ROWS = 1 << 18
"""Of a group of sightings: values that come again are written once in a group."""

_ASCENDING = ("observed_at", "port", "line", "byte_offset")
"""Numbers of which hardly any comes twice: what they differ by is smaller than they are."""
_UNIQUE = ("sighting_id", "extra")
"""No value comes twice: a dictionary would only cost."""
_LEVELS = {"extra": 5}
"""How hard zstd tries: this is the widest column after the identifier."""


def sightings_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer of sightings, or of what was set aside, in encodings that every reader of Parquet 2 knows."""
    plain = {*_ASCENDING, *_UNIQUE}
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level={name: _LEVELS.get(name, 1) for name in schema.names},
        use_dictionary=[name for name in schema.names if name not in plain],
        column_encoding={name: "DELTA_BINARY_PACKED" for name in schema.names if name in _ASCENDING},
    )


def content(table: pa.Table) -> bytes:
    """Return the file of a table."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "yearmonth": pa.string(),
    "date": pa.date32(),
    "integer": pa.int64(),
    "number": pa.float64(),
}


def table_content(
    fields: Iterable[tuple[str, str, bool, Mapping[str, str]]], values: Sequence[Sequence[object]]
) -> bytes:
    """Return the file of a table that is told by its columns.

    Args:
        fields: name, type as Table Schema names it, whether it may be empty, and what the column says of itself.
        values: of each column.
    """
    schema = pa.schema([pa.field(name, _TYPES[kind], empty, metadata) for name, kind, empty, metadata in fields])
    return content(pa.table([pa.array(of, field.type) for of, field in zip(values, schema, strict=True)], schema))
