"""What all acts share and work with, and the exchange of a file's content in one step."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from quetsach.core.text import Text
from quetsach.endpoint import EndpointError, QuarantineError
from quetsach.endpoint.artefact import FileAnchor
from quetsach.endpoint.host.disk import fstat, hash_file, sync
from quetsach.endpoint.host.files import Files, FileState, Folder
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.step import Outcome, Step, file_of
from quetsach.endpoint.store.quarantine import Sealed, SealedRecord
from quetsach.endpoint.store.session import Progress, Session

# The shape that all acts share, and what they work with.

type Facts = Mapping[str, Any]
"""What a journal record holds of one act, as JSON."""


class ChangedError(EndpointError):
    """A thing is not what the scan saw any more."""


class ExchangedError(EndpointError):
    """Another file took the place of one that was just put there; who undoes the step gets the original beside it."""


class GoneError(EndpointError):
    """A thing has vanished by itself."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What acts work with: the machine, the session, and the time of the run (ISO 8601, UTC)."""

    host: Host
    session: Session
    now: str

    @property
    def files(self) -> Files:
        """What is recorded of files and given back."""
        return self.host.files

    @property
    def shared(self) -> frozenset[tuple[int, int]]:
        """Files (device, inode) that several steps reach by different names: one step changes the others' ctime."""
        files = (file_of(progress.step.target) for progress in self.session.progress.values())
        seen = Counter((file.device, file.inode) for file in files if file is not None)
        return frozenset(key for key, times in seen.items() if times > 1)

    def sealed(self, number: int) -> Sealed:
        """Open the sealed file of a step; ``QuarantineError`` when it is missing, damaged or another step's."""
        sealed = Sealed.open(self.session.container(number), self.session.key)
        if (sealed.record.session, sealed.record.number) != (self.session.identifier, number):
            raise QuarantineError(Text("this is the sealed file of another item"), where=str(sealed.path))
        return sealed

    def record(self, step: Step, path: bytes, state: FileState, sha256: str) -> SealedRecord:
        """Return what is sealed with a file of a step."""
        return SealedRecord(
            self.session.identifier, step.number, path, state, sha256, step.family, step.evidence, self.now
        )


class Act(Protocol):
    """How one kind of step is done and undone. ``OSError`` and ``EndpointError`` mean that it could not be."""

    def look(self, place: Workplace, step: Step) -> Facts:
        """Return what the act is about to change, after checking that it is still what the scan saw."""

    def do(self, place: Workplace, step: Step, before: Facts) -> Facts:
        """Do what is still missing and return what was read afterwards."""

    def look_back(self, place: Workplace, progress: Progress) -> Facts:
        """Decide how to undo, from what is there now."""

    def undo(self, place: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Undo what is still done; returns the outcome and a note."""


def check_anchor(where: Workplace, found: os.stat_result, anchor: FileAnchor) -> None:
    """Raise ``ChangedError`` unless a file is as it was when the scan looked at it; its content is for the caller."""
    now = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
    is_same = now == (anchor.device, anchor.inode, anchor.size_bytes, anchor.mtime_ns)
    if not is_same or (found.st_ctime_ns != anchor.ctime_ns and (found.st_dev, found.st_ino) not in where.shared):
        raise ChangedError(Text("the file is not the one that the scan saw"))


def check_reversible(where: Workplace, state: FileState) -> None:
    """Raise ``EndpointError`` when this user could not give the file its owner, group and attributes back."""
    if not where.files.can_give(state):
        raise EndpointError(
            Text("only an administrator could put it back as it was"), hint=Text("run the command as root")
        )


@contextmanager
def straight_way(place: Workplace, path: bytes) -> Iterator[tuple[Folder, bytes]]:
    """Open the folder of a path that had no links when it was planned.

    Raises:
        ChangedError: the path now leads elsewhere: a folder on the way became a link.
    """
    with place.host.tree.parent(path, follow=False) as (folder, name):
        if folder.join(name) != path:
            raise ChangedError(Text("a folder on the way to it became a link"))
        yield folder, name


def parent_facts(folder: Folder) -> dict[str, Any]:
    """Return what is recorded of the folder in which names are about to change."""
    return folder.state().as_json()


def times_to_restore(folder: Folder, progress: Progress) -> list[int] | None:
    """Return the folder's times from before the act, if nothing but the act has changed its names since."""
    before, after = progress.before or {}, progress.after or {}
    if "parent" not in before or folder.state().mtime_ns != after.get("parent_mtime_ns"):
        return None
    return [int(before["parent"]["atime_ns"]), int(before["parent"]["mtime_ns"])]


def restore_times(folder: Folder, decision: Facts) -> None:
    """Give a folder its former ``times``, if there are any to restore and it is this user's, which /tmp is not.

    Only the folder for which that was decided (``parent``) gets them.
    """
    times, parent, now = decision["times"], decision["parent"], folder.state()
    if times is not None and (now.device, now.inode) == (parent["device"], parent["inode"]):
        with suppress(PermissionError):
            folder.set_times(times[0], times[1])


# Exchanging a file's content in one step, so that a crash leaves the old file or the new one, never half of either.


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a file is to hold and be like, with the hashes of what it must still hold before and of what is written.

    ``write`` writes the content into an empty file that is open. Without ``with_times`` the time of change is the real
    one, so that whoever reads the file notices.
    """

    write: Callable[[int], None]
    state: FileState
    former_sha256: str
    new_sha256: str
    with_times: bool


@contextmanager
def new_file(
    files: Files, folder: Folder, temporary: bytes, write: Callable[[int], None], state: FileState, *, with_times: bool
) -> Iterator[int]:
    """Write a complete file, synced, with owner, mode, attributes and times, that is yet to be given its name.

    All of it is set through the descriptor that is yielded, before there is a name by which anybody could exchange it.
    Flags are not set here: an immutable file could not be placed. ``temporary`` is its name where the file system has
    no files without one; a leftover of that name is removed first, and nothing is left of an attempt that fails.
    """
    clear(folder, temporary)
    descriptor = folder.create(temporary)
    try:
        write(descriptor)
        files.give_state(descriptor, state, with_times=with_times)
        sync(descriptor)
        yield descriptor
    except BaseException:
        with suppress(OSError):
            clear(folder, temporary)
        raise
    finally:
        os.close(descriptor)


def check_name(folder: Folder, name: bytes, descriptor: int) -> None:
    """Raise ``ExchangedError`` unless a name is the open file that was just given it; any other stays as it is."""
    with suppress(FileNotFoundError):
        if os.path.samestat(folder.lstat(name), fstat(descriptor)):
            return
    raise ExchangedError(Text("another file was put under the name at that moment; it was not touched"))


def open_placed(folder: Folder, name: bytes, descriptor: int) -> int:
    """Open an open file under the name that it was just given; ``ExchangedError`` when that is another file.

    ntfs-3g knows an open file by the name under which it was opened, and gives that name a short one.
    """
    check_name(folder, name, descriptor)
    opened = folder.open_read(name)
    if os.path.samestat(fstat(opened), fstat(descriptor)):
        return opened
    os.close(opened)
    raise ExchangedError(Text("another file was put under the name at that moment; it was not touched"))


def replace_file(files: Files, folder: Folder, name: bytes, temporary: bytes, new: Replacement) -> None:
    """Exchange a file's content in one step; the old file loses its locks first, for they would forbid it.

    The old content is looked at once more right before, so that what someone wrote meanwhile is not lost. The new file
    has its locks when this returns.
    """

    def write(target: int) -> None:
        new.write(target)
        _expect(target, new.new_sha256)

    with new_file(files, folder, temporary, write, new.state, with_times=new.with_times) as made:
        fd = folder.open_read(name)
        try:
            locked = files.state(fd)
            _expect(fd, new.former_sha256)
            files.unlock(fd)
            try:
                folder.replace(made, temporary, name)
            except BaseException:
                files.lock(fd, locked)
                raise
        finally:
            os.close(fd)
        check_name(folder, name, made)
        sync(made)
        files.lock(made, new.state)


def settle(folder: Folder, temporary: bytes, name: bytes, former_sha256: str) -> None:
    """Bring to an end what a crash may have left of ``replace_file`` where that takes two steps (FAT on Windows)."""
    folder.settle(temporary, name, lambda descriptor: hash_file(descriptor) == former_sha256)


def _expect(fd: int, sha256: str) -> None:
    if hash_file(fd) != sha256:
        raise ChangedError(Text("the file was changed meanwhile"))


def lock_replaced(files: Files, descriptor: int, state: FileState) -> None:
    """Give a file that a crashed run had put in its place its flags, if its owner and mode say that it is that file."""
    now = files.state(descriptor)
    if (now.mode, now.uid, now.gid) == (state.mode, state.uid, state.gid):
        files.lock(descriptor, state)


def clear(folder: Folder, temporary: bytes) -> None:
    """Remove what a crash or a failure left half done."""
    with suppress(FileNotFoundError):
        folder.remove(temporary)
