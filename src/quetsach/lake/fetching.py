"""Parts of a question that are answered by workers which see no folder of the lake: they fetch what they read.

A worker keeps what it fetched, by its digest, in a folder of its own: ``QUETSACH_CACHE``, or one in the system's folder
for temporary files; as much as ``QUETSACH_CACHE_GIB`` says (50). What was read longest ago goes first; where something
is fetched, what was not read for a day goes, too: it may have expired.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from quetsach import storage
from quetsach.core.text import Text
from quetsach.lake import LakeError
from quetsach.lake.entries import Held
from quetsach.lake.journal import Shared, bring, explained
from quetsach.lake.object_store import ObjectStore
from quetsach.lake.place import Place
from quetsach.lake.queries import Part, Question

_MOST_GIB = 50
_MOST_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class FromStore:
    """A question whose parts are of files in an object store; it is answered as that is."""

    question: Question[Any]
    place: Place
    folder: str
    """Of the lake, where it was asked."""
    held: dict[str, Held]
    """By the paths that parts have."""

    @classmethod
    def of(cls, question: Question[Any], shared: Shared, names: Iterable[str]) -> "FromStore":
        """Make it of the files of parts.

        Raises:
            LakeError: one is not in the store.
        """
        paths, folder = list(dict.fromkeys(names)), shared.folder.absolute()
        inner = {str(Path(name).relative_to(folder)): name for name in paths}
        held = {inner[one.path]: one for one in shared.held(inner)}
        if missing := next((name for name in paths if name not in held), None):
            raise LakeError(Text("a file of the lake is missing in its store"), where=missing)
        return cls(question, shared.place, str(folder), held)

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Answer a part, once its files are here."""
        wanted = [self.held[name] for name in part.names]
        with _kept(wanted, self.place) as places:
            files, own, once, ordered = (
                tuple(str(places[self.held[name].sha256]) for name in names)
                for names in (part.files, part.own, part.once, part.ordered)
            )
            return self.question.of_part(engine, replace(part, files=files, own=own, once=once, ordered=ordered))

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> Any:
        """Put the answers of parts together."""
        return self.question.merged(parts)


@contextmanager
def _kept(wanted: Sequence[Held], place: Place) -> Iterator[dict[str, Path]]:
    """Have files in the folder of this worker until the end; yields where, by digest."""
    with explained(Path("QUETSACH_CACHE")):
        folder, most_bytes = _folder(), _most_bytes()
        lock = (folder / ".reading").open("a+b")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        # The name of the folder is what readers of Parquet call a partition: they are asked for it.
        places = {one.sha256: folder / Path(one.path).parent.name / f"{one.sha256}.parquet" for one in wanted}
        missing = {one.sha256: one for one in wanted if not places[one.sha256].exists()}
        with explained(folder):
            if missing:
                bring(_store(place), [(one, places[sha256]) for sha256, one in missing.items()])
            for path in places.values():
                os.utime(path)
        yield places
        if missing:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                keep_small(folder, most_bytes)


def keep_small(folder: Path, most_bytes: int) -> None:
    """Delete the files in folders of a folder that were not read for a day, and the others until they are small."""
    found = sorted(
        ((path.stat().st_mtime_ns, path.stat().st_size, path) for path in folder.glob("*/*.parquet")),
        reverse=True,
    )
    size = 0
    for read_ns, bytes_, path in found:
        size += bytes_
        if size > most_bytes or read_ns < (time.time() - _MOST_SECONDS) * 1e9:
            path.unlink(missing_ok=True)


@cache
def _store(place: Place) -> ObjectStore:
    return ObjectStore(place)


def _most_bytes() -> int:
    """Return how much may be kept."""
    named = os.environ.get("QUETSACH_CACHE_GIB", str(_MOST_GIB))
    if not (named.isascii() and named.isdigit()):
        raise LakeError(Text("QUETSACH_CACHE_GIB is no whole number"), where=named[:20])
    return int(named[:9]) << 30


def _folder() -> Path:
    """Return the folder of this account, which nobody else may have made."""
    named = os.environ.get("QUETSACH_CACHE")
    folder = Path(named) if named else Path(tempfile.gettempdir(), f"quetsach-cache-{os.getuid()}")
    storage.make_folder(folder)
    state = folder.lstat()
    if state.st_uid != os.getuid() or folder.is_symlink() or state.st_mode & 0o022:
        raise LakeError(
            Text("this folder belongs to somebody else"), where=str(folder), hint=Text("set QUETSACH_CACHE")
        )
    return folder
