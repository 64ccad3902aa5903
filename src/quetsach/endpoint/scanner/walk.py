"""Walks a file tree and opens its files: no link followed, no folder entered twice, nothing left out unsaid."""

import os
import posixpath
import stat
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import NamedTuple, Self

from quetsach.endpoint.host.files import Entry, Folder
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of

# Walks a file tree: one look at each name, no link followed, no folder entered twice, nothing left out unsaid.

DEEPEST = 256
"""Folders below the start that are entered. Nobody's own files lie deeper; a hostile tree can be endless."""

_MOST_KNOWN = 100_000
"""So many files of one folder are known again when it is listed once more."""


class Candidate(NamedTuple):
    """A regular file to look at, with its state when it was met; a plain tuple, for there are millions.

    ``device`` and ``inode`` tell whether it is still the same when it is opened. Times are nanoseconds since the epoch.
    """

    path: bytes
    device: int
    inode: int
    size_bytes: int
    mtime_ns: int = 0
    ctime_ns: int = 0
    is_lasting: bool = False
    """Whether what is seen of it may be remembered, as decided before it is read."""


def walk(
    tree: Tree,
    start: bytes,
    *,
    avoid: Mapping[int, Reason],
    entered: set[int] | None = None,
    deepest: int = DEEPEST,
) -> Iterator[Candidate | ScanIssue]:
    """Yield every regular file at or below ``start``, and everything that is no file or cannot be entered.

    Each folder is opened by its name in the open folder above it, so nothing that is renamed or linked meanwhile leads
    out of the root. Nothing is collected: what is held is one open folder for each level.

    Args:
        tree: the files.
        start: a path inside the root; if it is a link, it is followed, inside the root.
        avoid: devices (``st_dev``) whose folders are not entered. The device of ``start`` is entered unless it is
            virtual: whoever names a network disk means it.
        entered: folders that were walked before and are left out; grows. A folder that is mounted in several places is
            walked once.
        deepest: levels of folders below ``start`` that are entered; the first below them are named as too deep.
    """
    try:
        path = tree.resolve(start)
        state = tree.lstat(path)
    except OSError as error:
        yield ScanIssue(start, reason_of(error))
        return
    if not stat.S_ISDIR(state.st_mode):
        if (item := met(path, state)) is not None:
            yield item
        return
    if avoid.get(state.st_dev) is not Reason.VIRTUAL:
        avoid = {device: reason for device, reason in avoid.items() if device != state.st_dev}
    below = _Below(avoid, set() if entered is None else entered, deepest)
    try:
        with tree.parent(path, follow=False) as (folder, name):
            if not (yield from below.enter(folder, name, path, state, 0)):
                yield ScanIssue(path, Reason.CHANGED)
    except OSError as error:
        yield ScanIssue(path, reason_of(error))


def met(path: bytes, state: os.stat_result) -> Candidate | ScanIssue | None:
    """Return what a name that is no folder gives: a link has no content; what it leads to is met where it lies."""
    if stat.S_ISREG(state.st_mode):
        return Candidate(path, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
    return None if stat.S_ISLNK(state.st_mode) else ScanIssue(path, Reason.SPECIAL)


def identity_of(state: os.stat_result) -> int:
    """Return device and inode, which Windows gives up to 128 bits, as one number."""
    return state.st_dev << 128 | state.st_ino


@dataclass(frozen=True, slots=True)
class _Below:
    """What is entered below a start, and what is left out; each folder is open while what it holds is walked."""

    avoid: Mapping[int, Reason]
    entered: set[int]
    deepest: int

    def enter(
        self, parent: Folder, name: bytes, path: bytes, state: os.stat_result, depth: int
    ) -> Generator[Candidate | ScanIssue, None, bool]:
        """Yield what one folder gives, unless it is to be left out; return whether its name led to it to the end."""
        identity = identity_of(state)
        if identity in self.entered:
            return True
        if reason := self.avoid.get(state.st_dev) or (Reason.TOO_DEEP if depth > self.deepest else None):
            yield ScanIssue(path, reason)
            return True
        try:
            with parent.folder(name) as folder:
                if identity_of(folder.lstat(b".")) != identity:
                    return False
                self.entered.add(identity)
                yield from self._list(folder, path, depth)
        except OSError as error:
            if (reason := reason_of(error)) is Reason.VANISHED:
                return False
            yield ScanIssue(path, reason)
        return True

    def _list(self, folder: Folder, path: bytes, depth: int) -> Iterator[Candidate | ScanIssue]:
        """Yield what a folder holds; where names vanished, also what is there now and was not met, once more.

        What was only deleted leaves nothing to look at. Where names come and vanish again, nobody knows what they held.
        """
        prefix = path.rstrip(b"/") + b"/"
        known: set[int] = set()
        unseen: list[tuple[bytes, OSError]] = []
        lost = yield from self._meet(folder, folder.entries(unseen), prefix, depth, known)
        told = {name for name, _ in unseen}
        lost += yield from _tell(prefix, unseen)
        for name in lost:
            yield ScanIssue(prefix + name, Reason.VANISHED)
        if not lost:
            return
        if len(known) > _MOST_KNOWN:
            yield ScanIssue(path, Reason.CHANGED)
            return
        unseen = []
        new = [entry for entry in folder.entries(unseen) if entry.stat.st_ino not in known]
        lost = yield from self._meet(folder, new, prefix, depth, set())
        lost += yield from _tell(prefix, [one for one in unseen if one[0] not in told])
        for name in lost:
            yield ScanIssue(prefix + name, Reason.CHANGED if new else Reason.VANISHED)

    def _meet(
        self, folder: Folder, entries: Iterable[Entry], prefix: bytes, depth: int, known: set[int]
    ) -> Generator[Candidate | ScanIssue, None, list[bytes]]:
        """Yield what entries of a folder give, and add what was met to ``known``; return the folders that vanished."""
        lost = []
        for name, state in entries:
            if stat.S_ISDIR(state.st_mode):
                if not (yield from self.enter(folder, name, prefix + name, state, depth + 1)):
                    lost.append(name)
                    continue
            elif (item := met(prefix + name, state)) is not None:
                yield item
            if len(known) <= _MOST_KNOWN:
                known.add(state.st_ino)
        return lost


def _tell(prefix: bytes, unseen: Iterable[tuple[bytes, OSError]]) -> Generator[ScanIssue, None, list[bytes]]:
    """Yield the names that could not be looked at and are there; return the others."""
    lost = []
    for name, error in unseen:
        if (reason := reason_of(error)) is Reason.VANISHED:
            lost.append(name)
        else:
            yield ScanIssue(prefix + name, reason)
    return lost


# Opens one file after another; of several in one folder, only the first takes the way from the root.


class Opener:
    """The files that a walk found, by their paths without links. Close it, or use ``with``.

    The folder of the last file stays open. Should it be moved meanwhile, it is still the one that the walk went
    through, inside the root; whether the file is, is asked when it is opened.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._path = b""
        self._folder: Folder | None = None
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder = None
        self._held.close()

    def open_read(self, path: bytes) -> int:
        """Open a regular file for reading; the caller closes the descriptor. Raises ``OSError`` as ``Tree`` does."""
        parent, name = posixpath.split(path)
        if self._folder is None or parent != self._path:
            self._folder = None
            self._held.close()
            self._folder = self._held.enter_context(self._tree.folder(parent))
            self._path = parent
        return self._folder.open_read(name)
