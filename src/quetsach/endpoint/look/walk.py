"""Walks a file tree: one look at each name, no link followed, no folder entered twice, nothing left out unsaid."""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from quetsach.endpoint.host.tree import Entry, Tree, join
from quetsach.endpoint.trouble import Reason, Trouble, reason_of

DEEPEST = 256
"""Folders below the start that are entered. Nobody's own files lie deeper; a hostile tree can be endless."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A regular file to look at. ``device`` and ``inode`` tell whether it is still the same when it is opened."""

    path: bytes
    device: int
    inode: int
    size_bytes: int


def walk(
    tree: Tree,
    start: bytes,
    *,
    avoid: Mapping[int, Reason],
    entered: set[tuple[int, int]] | None = None,
    deepest: int = DEEPEST,
) -> Iterator[Candidate | Trouble]:
    """Yield every regular file at or below ``start``, and everything that is no file or cannot be entered.

    Args:
        tree: the files.
        start: a path inside the root; if it is a link, it is followed, inside the root.
        avoid: devices (``st_dev``) whose folders are not entered. The device of ``start`` is entered unless it is
            virtual: whoever names a network disk means it.
        entered: folders (device, inode) that were walked before and are left out; grows. A folder that is mounted
            in several places is walked once.
        deepest: levels of folders below ``start`` that are entered; the first below them are named as too deep.
    """
    entered = set() if entered is None else entered
    try:
        path = tree.resolve(start)
        state = tree.lstat(path)
    except OSError as error:
        yield Trouble(start, reason_of(error))
        return
    if not stat.S_ISDIR(state.st_mode):
        yield from _one(path, state.st_mode, Candidate(path, state.st_dev, state.st_ino, state.st_size))
        return
    if avoid.get(state.st_dev) is not Reason.VIRTUAL:
        avoid = {device: reason for device, reason in avoid.items() if device != state.st_dev}
    yield from _below(tree, path, (state.st_dev, state.st_ino), avoid=avoid, entered=entered, deepest=deepest)


def _below(
    tree: Tree,
    start: bytes,
    identity: tuple[int, int],
    *,
    avoid: Mapping[int, Reason],
    entered: set[tuple[int, int]],
    deepest: int,
) -> Iterator[Candidate | Trouble]:
    waiting = [(start, identity, 0)]
    while waiting:
        path, identity, depth = waiting.pop()
        if identity in entered:
            continue
        entered.add(identity)
        if reason := avoid.get(identity[0]) or (Reason.TOO_DEEP if depth > deepest else None):
            yield Trouble(path, reason)
            continue
        folders = []
        try:
            for entry in tree.scandir(path):
                below = join(path, entry.name)
                if stat.S_ISDIR(entry.stat.st_mode):
                    folders.append((below, (entry.stat.st_dev, entry.stat.st_ino), depth + 1))
                else:
                    yield from _one(below, entry.stat.st_mode, _candidate(below, entry))
        except OSError as error:
            yield Trouble(path, reason_of(error))
        waiting.extend(sorted(folders, reverse=True))


def _candidate(path: bytes, entry: Entry) -> Candidate:
    return Candidate(path, entry.stat.st_dev, entry.stat.st_ino, entry.stat.st_size)


def _one(path: bytes, mode: int, candidate: Candidate) -> Iterator[Candidate | Trouble]:
    if stat.S_ISREG(mode):
        yield candidate
    elif not stat.S_ISLNK(mode):  # a link has no content; what it leads to is looked at where it lies
        yield Trouble(path, Reason.SPECIAL)
