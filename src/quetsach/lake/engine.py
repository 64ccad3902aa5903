"""The engine: DuckDB in memory, bounded, opened at the first question."""

import shutil
import tempfile
import weakref
from pathlib import Path

import duckdb

_SETTINGS = {
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "arrow_lossless_conversion": "true",
}


class Engine:
    """One for a lake and its views. What does not fit into memory is spilled to a folder that goes with the object."""

    def __init__(self) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = None

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection; whoever asks takes a cursor of it."""
        if self._connection is None:
            spill = Path(tempfile.mkdtemp(prefix="quetsach-"))  # addresses, for this user's eyes only
            weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
            self._connection = connect(spill)
        return self._connection


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """Open DuckDB in memory; what does not fit goes to the folder ``spill``, which holds addresses."""
    return duckdb.connect(":memory:", config={**_SETTINGS, "temp_directory": str(spill)})
