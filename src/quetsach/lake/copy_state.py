"""What a folder that is the copy of a shared lake knows: which entries it has, and which object each file is."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from quetsach.core.text import Text
from quetsach.lake import LakeError
from quetsach.lake.entries import Entry, Held
from quetsach.lake.place import Place

STATE_FILE = ".shared.sqlite"
GRACE = timedelta(days=1)
"""So long an object stays that no entry names: its commit may be under way, or a view that is open reads it."""

_TABLES = """
create table if not exists state (
    one integer primary key, place text not null, applied integer not null, digest text not null
);
create table if not exists object (
    path text not null, token text not null, size integer not null, sha256 text not null, gone_at real,
    primary key (path, token)
) without rowid;
"""


class CopyState:
    """Which entries a folder has, and which object each file is."""

    def __init__(self, database: sqlite3.Connection, place: Place) -> None:
        self._database = database
        self._place = place

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, place: Place) -> "Iterator[CopyState]":
        """Open it; one that is not there is made where the folder holds no lake.

        Raises:
            LakeError: the folder holds another lake, or the file is damaged.
        """
        path = folder / STATE_FILE
        is_new = not path.exists()
        if is_new and (folder / "deliveries").exists():
            raise LakeError(
                Text("this folder holds a lake of its own, and the settings name one in an object store"),
                where=str(folder),
                hint=Text("move the folder away: it becomes a copy of the other"),
            )
        try:
            with closing(sqlite3.connect(path, timeout=60)) as database:
                if is_new or not database.execute("select 1 from sqlite_master where name = 'object'").fetchone():
                    path.chmod(0o600)
                    database.execute("pragma journal_mode = wal")
                    with database:
                        database.executescript(_TABLES)
                        database.execute("insert or ignore into state values (1, ?, 0, '')", (place.told,))
                state = cls(database, place)
                state.require_place(folder)
                yield state
        except sqlite3.Error as error:
            raise LakeError(
                Text("what is known of the object store cannot be read"),
                where=str(path),
                hint=Text("move the folder away: it is only a copy"),
            ) from error

    def require_place(self, folder: Path) -> None:
        """Refuse a copy of another lake.

        Raises:
            LakeError: it is one.
        """
        found = self._database.execute("select place from state").fetchone()
        if found and found[0] != self._place.told:
            raise LakeError(
                Text("this folder is a copy of the lake {place}", place=found[0]),
                where=str(folder),
                hint=Text("move the folder away: it becomes a copy of the other"),
            )

    @property
    def applied(self) -> int:
        """How many entries are applied."""
        return int(self._database.execute("select applied from state").fetchone()[0])

    @property
    def digest(self) -> str:
        """Of the last entry that is applied; empty where none is."""
        return str(self._database.execute("select digest from state").fetchone()[0])

    def held(self, path: str) -> Held | None:
        """Return what the store has of a file."""
        found = self._database.execute(
            "select path, token, size, sha256 from object where path = ? order by gone_at is not null, gone_at desc",
            (path,),
        ).fetchone()
        return Held(*found) if found else None

    def all_held(self, *, gone_after: float | None) -> list[Held]:
        """Return all that the lake stands on, and what was gone after a moment (seconds since 1970)."""
        query = "select path, token, size, sha256 from object where gone_at is null or gone_at > ?"
        return [Held(*row) for row in self._database.execute(query, (gone_after or float("inf"),))]

    def apply(self, entry: Entry) -> None:
        """Note that an entry is applied."""
        with self._database:
            now = time.time()
            gone = [(now, path) for path in (*entry.change.gone, *(one.path for one in entry.held))]
            self._database.executemany("update object set gone_at = ? where path = ? and gone_at is null", gone)
            rows = [(one.path, one.token, one.size_bytes, one.sha256) for one in entry.held]
            self._database.executemany("insert or replace into object values (?, ?, ?, ?, null)", rows)
            self._database.execute("update state set applied = ?, digest = ?", (entry.number, entry.digest))
            over = now - 2 * GRACE.total_seconds()
            self._database.execute("delete from object where gone_at < ?", (over,))
