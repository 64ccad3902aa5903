"""Who writes: one writer for each report of a feed, several of these at once; or one of everything.

::

    .writer                    held by all who write: together by those of a report, alone by who works on everything
    .writer.<feed>.<report>    held by the one writer of a report
    .writer-next               held while a writer waits for the others: then no new ones come in before it
    .writer-index              held while the index is brought up to date
    tmp/<feed>.<report>/       of the writer of a report at work; tmp/all/ of one who works on everything

A sighting's identifier says feed and report, so duplicates are only ever inside one: writers of two reports change no
file of each other's but the records of where days lie and of what is committed, which have short locks of their own.
"""

import fcntl
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from quetsach import storage
from quetsach.lake import readers
from quetsach.lake.journal import Shared
from quetsach.lake.records import Catalog, CatalogReader


class Writers:
    """The writers of the lake in a folder, whichever processes they are in.

    Args:
        folder: the lake.
        reader: of its catalogs.
        shared: what the folder is a copy of, if it is one: then this is about the processes of one machine.
    """

    def __init__(self, folder: Path, reader: CatalogReader, shared: Shared | None = None) -> None:
        self._folder = folder
        self._shared = shared
        self._reader = reader
        self._tmp = folder / "tmp"
        self._unswept = folder / ".unswept"

    @contextmanager
    def one(self, feed: str, report: str) -> Iterator[tuple[Path, Catalog]]:
        """Be the one writer of a report; yields an empty folder, and what the lake holds.

        What a writer left behind that died is swept first, once no other writes.
        """
        name = f"{feed}.{report}"
        with self._entered() as lock, storage.locked(self._folder / f".writer.{name}"):
            self._pull()
            tmp = self._tmp / name
            tmp.mkdir(parents=True)
            try:
                yield tmp, self._reader.read()
            except BaseException:
                if _alone(lock, waits=False):
                    self.sweep(self._reader.read())
                else:
                    self._unswept.touch(mode=0o600)
                shutil.rmtree(tmp, ignore_errors=True)
                raise
            shutil.rmtree(tmp)
            self._save()

    @contextmanager
    def all(self) -> Iterator[tuple[Path, Catalog]]:
        """Be the one writer of everything; yields an empty folder, and what the lake holds.

        What a former writer left behind, or could not delete because somebody was reading, is swept first.
        """
        with self._entered(is_alone=True):
            self._pull()
            tmp = self._tmp / "all"
            shutil.rmtree(self._tmp, ignore_errors=True)
            tmp.mkdir(parents=True)
            try:
                yield tmp, self._reader.read()
            except BaseException:
                self.sweep(self._reader.read())
                shutil.rmtree(self._tmp)
                raise
            shutil.rmtree(self._tmp)
            self._save()

    @contextmanager
    def none(self) -> Iterator[Catalog]:
        """Wait until nobody writes, and let nobody begin; yields what the lake holds."""
        storage.make_folder(self._folder)
        with storage.locked(self._folder / ".writer-next"), (self._folder / ".writer").open("a+b") as lock:
            _alone(lock)
            with self._shared.still() if self._shared else nullcontext():
                yield self._reader.read()

    @property
    def has_left(self) -> bool:
        """Whether there may be files that no record lists: of a writer that died, or that somebody was reading."""
        return self._unswept.exists() or self._has_dead()

    def sweep(self, catalog: Catalog) -> None:
        """Delete every file that no record lists, while nobody writes; left for later while somebody reads.

        Args:
            catalog: what is committed now.
        """
        with readers.kept_out(self._folder) as nobody_reads:
            if not nobody_reads:
                self.leave()
                return
            listed = catalog.paths() | catalog.roll_up_paths()
            for kind in ("sightings/*/*.parquet", "quarantine/*.parquet", "landed/*/*.zst", "rollups/*/*.*"):
                for path in self._folder.glob(kind):
                    if str(path.relative_to(self._folder)) not in listed:
                        path.unlink()
            self._unswept.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Sweep what was left, if just now nobody writes or reads; waits for nobody."""
        if not self._unswept.exists():
            return
        with (
            suppress(BlockingIOError),
            storage.locked(self._folder / ".writer-next", waits=False),
            (self._folder / ".writer").open("a+b") as lock,
        ):
            if _alone(lock, waits=False):
                self.sweep(self._reader.read())

    def discard(self, paths: Iterable[str]) -> bool:
        """Delete files, relative to the lake, that no record lists; left for the next writer while somebody reads."""
        with readers.kept_out(self._folder) as nobody_reads:
            if nobody_reads:
                for path in paths:
                    (self._folder / path).unlink(missing_ok=True)
            else:
                self.leave()
        return nobody_reads

    def leave(self) -> None:
        """Note that there are files that no record lists."""
        self._unswept.touch(mode=0o600)

    @contextmanager
    def _entered(self, *, is_alone: bool = False) -> Iterator[BinaryIO]:
        """Come in among the writers of reports, or alone; sweep first where a writer died or files were left."""
        storage.make_folder(self._folder)
        with (self._folder / ".writer").open("a+b") as lock:
            with storage.locked(self._folder / ".writer-next"):
                has_dead = not is_alone and self._has_dead()
                if is_alone or has_dead or (self._unswept.exists() and _alone(lock, waits=False)):
                    _alone(lock)
                    if self.has_left:
                        self.sweep(self._reader.read())
                    if has_dead:
                        shutil.rmtree(self._tmp, ignore_errors=True)
                if not is_alone:
                    fcntl.flock(lock, fcntl.LOCK_SH)  # nobody comes in between: what comes next is locked
            yield lock

    def _pull(self) -> None:
        if self._shared is not None:
            self._shared.pull()

    def _has_dead(self) -> bool:
        """Return whether the folder of a writer is left whose lock nobody holds."""
        if not self._tmp.is_dir():
            return False
        return any(not self._is_at_work(path.name) for path in self._tmp.iterdir())

    def _is_at_work(self, name: str) -> bool:
        path = self._folder / f".writer.{name}"
        if not path.exists():
            return False
        try:
            with storage.locked(path, waits=False):
                return False
        except BlockingIOError:
            return True

    def _save(self) -> None:
        with storage.locked(self._folder / ".writer-index"):
            self._reader.save()


def _alone(lock: BinaryIO, *, waits: bool = True) -> bool:
    """Be the only one who writes; return whether that is so: without waiting not where others are at work."""
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        return True
    return False
