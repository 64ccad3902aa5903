"""The engine: DuckDB in memory, bounded, opened at the first question."""

import shutil
import tempfile
import weakref
from pathlib import Path

import duckdb
import pyarrow as pa

from quetsach.core.family import UNKNOWN_FAMILY, FamilyNames

_SETTINGS = {
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "arrow_lossless_conversion": "true",
}


class Engine:
    """One for a lake and its views. What does not fit into memory is spilled to a folder that goes with the object.

    It knows which family each kept name is of today (table ``family_names``), so that a spelling that was placed counts
    with its family in what is in the lake already. Without ``names`` every kept name is a family of its own.
    """

    def __init__(self, names: FamilyNames | None = None) -> None:
        self.names = names
        self._connection: duckdb.DuckDBPyConnection | None = None

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Return the connection; whoever asks takes a cursor of it."""
        if self._connection is None:
            spill = Path(tempfile.mkdtemp(prefix="quetsach-"))  # addresses, for this user's eyes only
            weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
            self._connection = connect(spill)
            self._connection.execute("create table family_names (kept varchar primary key, family varchar not null)")
            if self.names:
                kept = sorted({*self.names.families, *self.names.by_key, UNKNOWN_FAMILY})
                table = pa.table({"kept": kept, "family": [self.names.family_of(name) for name in kept]})
                self._connection.register("placings", table)
                self._connection.execute("insert into family_names select kept, family from placings")
                self._connection.unregister("placings")
        return self._connection


def connect(spill: Path) -> duckdb.DuckDBPyConnection:
    """Open DuckDB in memory; what does not fit goes to the folder ``spill``, which holds addresses."""
    return duckdb.connect(":memory:", config={**_SETTINGS, "temp_directory": str(spill)})
