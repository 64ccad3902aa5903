"""A folder of results: every file is there whole or not at all, and the manifest says what belongs to it."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from quetsach import storage

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """A file of the folder: its path in it, SHA-256 in hex, size, and its rows (-1 where it has none)."""

    name: str
    sha256: str
    size_bytes: int
    rows: int


class OpenFile:
    """A file that is being written beside its place."""

    def __init__(self, folder: "Folder", name: str) -> None:
        self._folder = folder
        self.name = name
        self._unfinished = folder.unfinished(name)
        self._file = self._unfinished.open("wb")
        self._digest = hashlib.sha256()
        self._size = self._rows = 0

    def write(self, piece: bytes | pa.Buffer, rows: int) -> None:
        """Append bytes that hold so many rows."""
        self._file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)
        self._rows += rows

    def abandon(self) -> None:
        """Close the file unfinished."""
        self._file.close()

    def finish(self) -> None:
        """Put the file in its place."""
        self._file.close()
        self._folder.put(Written(self.name, self._digest.hexdigest(), self._size, self._rows))


class OpenTable:
    """A Parquet file that is being written beside its place; small tables are gathered into one row group."""

    _ROWS = 200_000

    def __init__(self, folder: "Folder", name: str, schema: pa.Schema) -> None:
        self._folder = folder
        self._name = name
        self._schema = schema
        self._writer = pq.ParquetWriter(folder.unfinished(name), schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self._rows = self._gathered = 0

    def abandon(self) -> None:
        """Close the file unfinished."""
        self._writer.close()

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        self._waiting.append(table)
        self._gathered += table.num_rows
        if self._gathered >= self._ROWS:
            self._flush()

    def finish(self) -> None:
        """Put the file in its place."""
        self._flush()
        self._writer.close()
        path = self._folder.unfinished(self._name)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self._folder.put(Written(self._name, digest, path.stat().st_size, self._rows))

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting).unify_dictionaries())
        self._rows += self._gathered
        self._waiting, self._gathered = [], 0


class Folder:
    """Where a simulation goes; when it is left, what is still being written is thrown away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written: dict[str, Written] = {}
        self._being_written: dict[str, OpenFile | OpenTable] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name, file in self._being_written.items():
            file.abandon()
            self.unfinished(name).unlink(missing_ok=True)
        self._being_written.clear()

    def open(self, name: str) -> OpenFile:
        """Begin a file of rows with a header line."""
        file = self._being_written[name] = OpenFile(self, name)
        return file

    def open_table(self, name: str, schema: pa.Schema) -> OpenTable:
        """Begin a Parquet file."""
        table = self._being_written[name] = OpenTable(self, name, schema)
        return table

    def repeat(self, name: str, twin: str) -> None:
        """Write a finished file once more under another name."""
        shutil.copyfile(self.path / name, self.unfinished(twin))
        self.put(replace(self.written[name], name=twin))

    def copy(self, name: str, content: bytes) -> None:
        """Write a file that has no rows."""
        storage.write(self.unfinished(name), content, mode=storage.SHARED)
        self.put(Written(name, hashlib.sha256(content).hexdigest(), len(content), -1))

    def unfinished(self, name: str) -> Path:
        """Return where a file lies while it is being written."""
        path = self.path / name
        storage.make_folder(path.parent, mode=storage.SHARED_FOLDER)
        return path.with_name(f".{path.name}.unfinished")

    def put(self, written: Written) -> None:
        """Put a file that is written into its place."""
        storage.sync(self.unfinished(written.name))
        storage.publish([(self.unfinished(written.name), self.path / written.name)])
        self._being_written.pop(written.name, None)
        self.written[written.name] = written

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest, or ``None`` where there is none that can be read."""
        try:
            found = json.loads((self.path / MANIFEST).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def seal(self, about: dict[str, Any], *, is_complete: bool) -> None:
        """Write the manifest: what was played, whether it is complete, and each file with its digest."""
        files = [asdict(self.written[name]) for name in sorted(self.written)]
        manifest = {**about, "complete": is_complete, "files": files}
        text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
        storage.make_folder(self.path, mode=storage.SHARED_FOLDER)
        storage.write(self.path / MANIFEST, text, mode=storage.SHARED)

    def is_as_written(self, manifest: dict[str, Any]) -> bool:
        """Whether every file of a manifest lies in the folder with its size and digest."""
        return all(self._holds(file) for file in manifest["files"])

    def _holds(self, file: dict[str, Any]) -> bool:
        try:
            with (self.path / file["name"]).open("rb") as stream:
                return bool(hashlib.file_digest(stream, "sha256").hexdigest() == file["sha256"])
        except OSError:
            return False
