"""A lake that several machines share: its journal in an object store says what counts; a folder is a copy of it.

::

    journal/00000001.json …     what was committed, one change after the other: put-if-absent gives each number once
    objects/<path>.<token>      the files of the lake, each of one commit: never replaced, so that what is read lasts

Whoever commits writes the objects, then the next entry: that alone makes them count. Where another was quicker with
the number, the entry gets the next one, unless the other's is about the same report: then all that was found out may
be wrong, and the commit is made again from its beginning (``OvertakenError``). A kill or a lost server leaves objects
that no entry names; they are swept when they are a day old.

The folder is a copy: records are those of the entries that were applied, files are fetched when they are read, and
held against the digest of their entry. ``copy_state`` knows which entries are applied.
"""

import hashlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from quetsach import storage
from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError, changes
from quetsach.lake.changes import Change
from quetsach.lake.copy_state import GRACE, CopyState
from quetsach.lake.entries import Entry, Held, entry_name, parse_entry
from quetsach.lake.object_store import CONNECTIONS, ObjectStore
from quetsach.lake.place import Place, StoreError

LOCK_FILE, UNFINISHED = ".shared", ".shared-tmp"

_ENTRY_BYTES = 64 << 20
_MOST_SECONDS = 12 * 3600
"""So long a commit may take from its first object on; less than the grace."""
_SWEEP_EVERY = 64
_ENTRY_NAME = re.compile(r"journal/(\d{8})\.json")


class OvertakenError(LakeError):
    """Another machine has committed something of the same report first: what was found out may not hold any more."""

    def __init__(self, where: str) -> None:
        super().__init__(
            Text("another machine has just changed the same report"), where=where, hint=Text("do it again")
        )


@dataclass
class Shared:
    """The copy of a shared lake in a folder, for processes of one machine.

    Args:
        folder: of the copy; this account's alone.
        place: where the lake is.
    """

    folder: Path
    place: Place
    _still: threading.local = field(default_factory=threading.local, init=False, repr=False)

    def __post_init__(self) -> None:
        self.store = ObjectStore(self.place)

    def pull(self) -> None:
        """Bring the folder up to the journal.

        Raises:
            LakeError: the store cannot be reached or refuses, the folder holds another lake, or the journal is damaged.
        """
        if getattr(self._still, "is_held", False):
            return
        with explained(self.folder), self._kept() as state:
            for entry in self._newer(state.applied):
                self._apply(state, entry)

    def applied(self) -> int:
        """Return how many entries are in the folder."""
        with CopyState.opened(self.folder, self.place) as state:
            return state.applied

    @contextmanager
    def _kept(self) -> Iterator[CopyState]:
        """Let no other process apply entries meanwhile."""
        storage.make_folder(self.folder)
        with storage.locked(self.folder / LOCK_FILE), CopyState.opened(self.folder, self.place) as state:
            yield state

    @contextmanager
    def still(self) -> Iterator[None]:
        """Bring the folder up to the journal, and keep it as it is until the end, in this thread and all others."""
        self.pull()
        with storage.locked(self.folder / LOCK_FILE):
            self._still.is_held = True
            try:
                yield
            finally:
                self._still.is_held = False

    def commit(self, change: Change, *, base: int) -> int:
        """Make a change count, and put it into the folder; return the number of its entry.

        Args:
            change: what to commit; those of its files that lie in the folder are moved.
            base: of how many entries it was made.

        Raises:
            OvertakenError: another was quicker; nothing was changed.
            LakeError: the store refuses, cannot be reached, or does not hold what it promises.
        """
        begun = time.clock_gettime(time.CLOCK_BOOTTIME)
        token = os.urandom(16).hex()
        held = [_held_of(file, path, token) for file, path in change.files]
        self._side_by_side(lambda n: self.store.put(held[n].name, change.files[n][0], held[n].sha256), len(held))
        try:
            entries = self._written(Entry(0, token, "", tuple(held), replace(change, files=())), base, begun)
        except OvertakenError:
            with suppress(StoreError):
                self._side_by_side(lambda n: self.store.delete(held[n].name), len(held))
            raise
        with self._kept() as state:
            for entry in entries:
                if entry.number == state.applied + 1:  # else another process has pulled it
                    self._apply(state, entry, is_own=entry.token == token)
        for file, path in change.files:
            if file.is_relative_to(self.folder) and file.exists():  # one that was in its place is nothing to trust
                storage.sync(file)
                storage.publish([(file, self.folder / path)])
        if entries[-1].number % _SWEEP_EVERY == 0:
            with suppress(StoreError):  # it counts: what is left over is swept another time
                self.sweep()
        return entries[-1].number

    def fetch(self, paths: Iterable[str | Path], *, again: bool = False) -> None:
        """Have files of the lake in the folder, each held against its digest; those that the lake has not are left.

        Args:
            paths: relative to the folder, or in it; what lies elsewhere is left.
            again: those that are in the folder, too.

        Raises:
            LakeError: the store cannot be reached, or one is missing or damaged there.
        """
        known = [path for path in dict.fromkeys(map(self._inner, paths)) if path]
        wanted = known if again else [path for path in known if not (self.folder / path).exists()]
        while wanted:
            held = self.held(wanted)
            with explained(self.folder):
                bring(self.store, [(one, self.folder / one.path) for one in held])
            now = {one.path: one for one in self.held(wanted)}
            wanted = [one.path for one in held if now.get(one.path, one) != one]  # mended meanwhile

    def held(self, paths: Iterable[str | Path]) -> list[Held]:
        """Return what the store has of files of the lake, those that only views of a moment ago read too."""
        with CopyState.opened(self.folder, self.place) as state:
            found = (state.held(path) for path in map(self._inner, paths) if path)
            return [one for one in found if one]

    def current(self) -> list[Held]:
        """Return what the lake stands on now."""
        with CopyState.opened(self.folder, self.place) as state:
            return state.all_held(gone_after=None)

    def stored_sizes(self) -> dict[str, int]:
        """Return how many bytes each object has.

        Raises:
            LakeError: the store cannot be reached.
        """
        return {one.name: one.size_bytes for one in self.store.list("objects/")}

    def sweep(self) -> int:
        """Delete objects that no entry names since a day; return how many.

        Raises:
            LakeError: the store cannot be reached, or refuses.
        """
        self.pull()
        with CopyState.opened(self.folder, self.place) as state:
            stays = {one.name for one in state.all_held(gone_after=time.time() - GRACE.total_seconds())}
        before = self.store.clock() - GRACE
        over = [one.name for one in self.store.list("objects/") if one.written_at < before and one.name not in stays]
        self._side_by_side(lambda n: self.store.delete(over[n]), len(over))
        return len(over)

    def _written(self, entry: Entry, base: int, begun: float) -> list[Entry]:
        """Write the next entry that is free; return those that others have written since, and it."""
        if base == 0:
            self._require_conditions()
        entries = list[Entry]()
        with CopyState.opened(self.folder, self.place) as state:
            follows = state.digest if state.applied == base else ""  # else that number is taken
        while time.clock_gettime(time.CLOCK_BOOTTIME) - begun < _MOST_SECONDS:
            own = replace(entry, number=base + len(entries) + 1, follows=follows)
            if len(own.content) > _ENTRY_BYTES:
                raise LakeError(Text("larger than {size}", size=f"{_ENTRY_BYTES >> 20} MiB"), where=own.name)
            if self.store.put_new(own.name, own.content):
                return [*entries, own]
            there = self.store.get(own.name, _ENTRY_BYTES)
            if there == own.content:  # the answer to our own request was lost
                return [*entries, own]
            if there is None:
                break
            entries.append(parse_entry(own.number, there))
            follows = entries[-1].digest
            if entries[-1].overlaps(entry.change.report):
                break
        raise OvertakenError(self.place.told)

    def _require_conditions(self) -> None:
        """Refuse a store that lets two write one name: there two commits would count as one."""
        name = f"objects/probe.{os.urandom(8).hex()}"
        took = [self.store.put_new(name, content) for content in (b"first", b"second")]
        content = self.store.get(name, 100)
        self.store.delete(name)
        if took[1] or content != b"first":
            raise StoreError(
                Text("this object store lets two write one name: commits could be lost there"),
                where=self.place.told,
                hint=Text("take one that refuses a write with If-None-Match: * where the name is taken"),
            )

    def _newer(self, applied: int) -> Iterator[Entry]:
        """Yield the entries after the last that was applied, which must be there still."""
        first = max(applied, 1)
        numbers = self._numbers(first)
        if not _is_whole(numbers, first, applied):  # or entries were written while they were listed
            numbers = self._numbers(first)
        if not _is_whole(numbers, first, applied):
            raise LakeError(
                Text("entries of the journal of the lake are missing"),
                where=self.place.told,
                hint=Text("restore it from a backup of the store"),
            )
        newer = [number for number in numbers if number > applied]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for start in range(0, len(newer), 4 * CONNECTIONS):
                some = newer[start : start + 4 * CONNECTIONS]
                yield from map(parse_entry, some, pool.map(self._entry, some))

    def _numbers(self, first: int) -> list[int]:
        listed = self.store.list("journal/", entry_name(first - 1) if first > 1 else "")
        return [int(found[1]) for one in listed if (found := _ENTRY_NAME.fullmatch(one.name))]

    def _entry(self, number: int) -> bytes:
        content = self.store.get(entry_name(number), _ENTRY_BYTES)
        if content is None:
            raise LakeError(Text("entries of the journal of the lake are missing"), where=entry_name(number))
        return content

    def _apply(self, state: CopyState, entry: Entry, *, is_own: bool = False) -> None:
        """Put what an entry says into the folder; done again after a kill, it does no harm."""
        if entry.follows != state.digest:
            raise LakeError(
                Text("the journal of the lake is another than the one that this folder is a copy of"),
                where=entry.name,
                hint=Text("was the store put back? then move the folder away, on every machine: it is only a copy"),
            )
        tmp = self.folder / UNFINISHED
        storage.make_folder(tmp)
        changes.publish(self.folder, entry.change, tmp=tmp)
        self._forget(entry)
        state.apply(entry)
        self._forget(entry)  # what another process has fetched meanwhile
        if entry.change.gone and not is_own:
            (self.folder / ".unswept").touch(mode=0o600)

    def _forget(self, entry: Entry) -> None:
        """Delete what lies where the files of an entry belong: it is of an older one, or of a commit that failed."""
        for one in entry.held:
            (self.folder / one.path).unlink(missing_ok=True)

    def _inner(self, path: str | Path) -> str:
        """Return a path relative to the lake; empty for what lies elsewhere."""
        if isinstance(path, str):
            return path
        return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else ""

    def _side_by_side(self, do: Callable[[int], None], count: int) -> None:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for _ in pool.map(do, range(count)):
                pass


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say what of a folder failed into which objects or entries are copied."""
    try:
        yield
    except OSError as error:
        told = Text("what comes from the object store cannot be kept: {reason}", reason=SystemText(error.strerror))
        raise LakeError(told, where=str(error.filename or folder)) from error


def bring(store: ObjectStore, wanted: Sequence[tuple[Held, Path]]) -> None:
    """Fetch objects into files, several at a time.

    Raises:
        LakeError: the store cannot be reached, or one is missing or damaged there.
    """

    def one(held: Held, path: Path) -> None:
        storage.make_folder(path.parent)
        with storage.replacing(path) as file:
            store.fetch(held.name, file, size_bytes=held.size_bytes, sha256=held.sha256)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for _ in pool.map(one, *zip(*wanted, strict=True)) if wanted else ():
            pass


def _is_whole(numbers: list[int], first: int, applied: int) -> bool:
    """Whether entries follow each other from the last on that was applied."""
    return numbers == list(range(first, first + len(numbers))) and bool(numbers or not applied)


def _held_of(file: Path, path: str, token: str) -> Held:
    with file.open("rb") as content:
        return Held(path, token, file.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest())
