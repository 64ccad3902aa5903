"""Reads and writes single tables as Parquet, for whoever keeps one beside the sightings or hands one out."""

import io
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
