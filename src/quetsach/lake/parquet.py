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


def content(table: pa.Table) -> bytes:
    """Return the file of a table."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
