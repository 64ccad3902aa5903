"""Quarantine of files, and putting them back."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from quetsach.core.text import Text
from quetsach.endpoint import EndpointError, QuarantineError
from quetsach.endpoint.act.act import (
    ChangedError,
    Facts,
    GoneError,
    Workplace,
    check_anchor,
    check_reversible,
    clear,
    new_file,
    open_placed,
    parent_facts,
    restore_times,
    straight_way,
    times_to_restore,
)
from quetsach.endpoint.artefact import FileAnchor, printable
from quetsach.endpoint.host.disk import fstat, hash_file, sync
from quetsach.endpoint.host.files import FileState
from quetsach.endpoint.host.port import Files, Folder
from quetsach.endpoint.plan.step import Outcome, QuarantineFile, Step, file_of, freeze
from quetsach.endpoint.store.quarantine import Sealed, seal
from quetsach.endpoint.store.session import Progress

_MAX_NAME_BYTES = 255
_MAX_BESIDE = 100
_CANNOT_LINK = frozenset({errno.EXDEV, errno.EMLINK, errno.EPERM})
"""The same file, but reached through another mount, or under as many names as it can have: a copy will do."""


@dataclass(frozen=True, slots=True)
class QuarantineAct:
    """Seals a file, reads the sealed copy back, and only then removes the name."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the file's state, hash and folder."""
        return look_at_file(where, file_anchor(step))

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Seal and remove."""
        return remove_file(where, step, before)

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide between the file's own name and one beside it."""
        return decide_return(where, progress)

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Put the file back."""
        return put_back(where, progress, decision)


def file_anchor(step: Step) -> FileAnchor:
    """Return the file of a step that acts on one."""
    file = file_of(step.target)
    assert file is not None  # noqa: S101  (the table of acts decides)
    return file


def look_at_file(where: Workplace, anchor: FileAnchor) -> dict[str, Any]:
    """Return state, hash and folder of a file that is still what the scan saw."""
    with straight_way(where, anchor.path) as (folder, name):
        fd = folder.open_read(name)
        try:
            check_anchor(where, fstat(fd), anchor)
            sha256 = hash_file(fd)
            if anchor.sha256 and sha256 != anchor.sha256:
                raise ChangedError(Text("the file's content is not what the scan saw"))
            state = where.files.state(fd)
            check_reversible(where, state)
            return {"file": state.as_json(), "sha256": sha256, "parent": parent_facts(folder)}
        finally:
            os.close(fd)


def remove_file(where: Workplace, step: Step, before: Facts) -> Facts:
    """Seal a file and remove its name; after a crash, do what is still missing.

    The name is removed in the very folder in which the file was checked. Whoever could exchange it in between may
    change that folder anyway, so nothing is removed that they could not remove themselves.
    """
    path, state = file_anchor(step).path, FileState.from_json(before["file"])
    parent = FileState.from_json(before["parent"])
    other_names, goes_later = 0, False
    with straight_way(where, path) as (folder, name):
        fd = open_recorded(folder, name, state)
        if fd is None:
            _require_sealed(where, step)
        else:
            try:
                seal(
                    fd,
                    where.record(step, path, state, before["sha256"]),
                    where.session.container(step.number),
                    where.session.key,
                )
                with folder.unlocked(parent), _unlocked_file(where.files, fd, state):
                    if not state.is_same_file(folder.lstat(name)):
                        raise ChangedError(Text("the file was exchanged while it was sealed"))
                    goes_later = _remove_name(where, folder, name, fd)
                other_names = state.links - 1 - _names_to_go(where, step)
            finally:
                os.close(fd)
        with folder.unlocked(parent):
            after: dict[str, Any] = {"parent_mtime_ns": parent_facts(folder)["mtime_ns"]}
    return after | note_of(other_names) | ({"restart": True, "queued": True} if goes_later else {})


def _remove_name(where: Workplace, folder: Folder, name: bytes, descriptor: int) -> bool:
    """Remove a name; returns whether it only goes at the next start, because a program holds the file."""
    try:
        folder.remove(name, descriptor)
    except PermissionError:
        queue = where.host.restart_queue
        if queue is None or not queue.remove(folder.join(name)):
            raise
        return True
    return False


def note_of(other_names: int) -> dict[str, Any]:
    """Return what is said of a file that other names keep as it was."""
    if other_names < 1:
        return {}
    return {"note": f"the file has {other_names} more name(s) elsewhere; a full scan finds them"}


def _names_to_go(where: Workplace, step: Step) -> int:
    """Return how many other names of the same file this session has yet to remove."""
    own = file_anchor(step)
    others = (p.step.target for p in where.session.progress.values() if p.outcome is None and p.step != step)
    files = (target.file for target in others if isinstance(target, QuarantineFile))
    return sum((file.device, file.inode) == (own.device, own.inode) for file in files)


class _unlocked_file:  # noqa: N801  (used like a function)
    """Takes a file's locks; puts them back when the act inside fails, or when other names keep the file alive."""

    def __init__(self, files: Files, fd: int, state: FileState) -> None:
        self._files = files
        self._fd = fd
        self._state = state

    def __enter__(self) -> None:
        self._files.unlock(self._fd)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None or self._state.links > 1:
            self._files.lock(self._fd, self._state)


def open_recorded(folder: Folder, name: bytes, state: FileState) -> int | None:
    """Open the file of the record; ``None`` when its name is gone or means another file."""
    try:
        fd = folder.open_read(name)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.EINVAL):
            return None
        raise
    if state.is_same_file(fstat(fd)):
        return fd
    os.close(fd)
    return None


def _require_sealed(where: Workplace, step: Step) -> None:
    """Accept a missing file only when it is safely sealed."""
    try:
        where.sealed(step.number)
    except QuarantineError as error:
        raise GoneError(Text("the file was removed by someone else")) from error


def decide_return(where: Workplace, progress: Progress) -> dict[str, Any]:
    """Decide where a sealed file goes back to: its own name, or one beside it when something newer has that name.

    A file that could be sealed but not removed still stands: it needs no copy.
    """
    sealed = where.sealed(progress.step.number)
    with straight_way(where, sealed.record.path) as (folder, name):
        taken = has_name(folder, name)
        if taken and _still_stands(folder, name, sealed):
            return {"how": "nothing"}
        chosen = free_name(folder, name) if taken else name
        times = None if taken else times_to_restore(folder, progress)
        return {
            "how": "beside" if taken else "exact",
            "name": freeze(chosen),
            "times": times,
            "parent": parent_facts(folder),
        }


def put_back(where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
    """Put a sealed file back under the decided name with everything that was recorded; never over another file."""
    _call_off(where, progress)
    if decision["how"] == "nothing":
        return Outcome.KEPT, "the file was not removed"
    number = progress.step.number
    sealed = where.sealed(number)
    name = unquote_to_bytes(decision["name"])
    parent = FileState.from_json(decision["parent"])
    with straight_way(where, sealed.record.path) as (folder, _), folder.unlocked(parent):
        with _in_place(where, progress, folder, name, sealed) as descriptor:
            clear(folder, where.session.temporary_name(number))  # before flags: an immutable file keeps its names
            where.files.lock(descriptor, sealed.record.state)
        restore_times(folder, decision)
        if decision["how"] == "beside":
            return Outcome.BESIDE, printable(folder.join(name))
    return Outcome.RESTORED, ""


def _call_off(where: Workplace, progress: Progress) -> None:
    """Take a file out of what goes at the next start.

    Raises:
        EndpointError: it is still there.
    """
    queue = where.host.restart_queue
    is_queued = queue is not None and (progress.after or {}).get("queued")
    if queue is not None and is_queued and not queue.withdraw(file_anchor(progress.step).path):
        raise EndpointError(Text("Windows would still remove the file at its next start"))


@contextmanager
def _in_place(where: Workplace, progress: Progress, folder: Folder, name: bytes, sealed: Sealed) -> Iterator[int]:
    """Put a file under its name and yield it open: what is still to be given to it is given to this very file.

    In this order: what a crashed run has put there, a further name of the same file, a new file.
    """
    descriptor = _returned(folder, name, sealed)
    if descriptor is None:
        descriptor = _linked(where, progress, folder, name, sealed)
    if descriptor is None:
        temporary, state = where.session.temporary_name(progress.step.number), sealed.record.state
        with new_file(where.files, folder, temporary, sealed.write_to, state, with_times=True) as made:
            folder.place(made, temporary, name)
            sync(made)
            descriptor = open_placed(folder, name, made)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _still_stands(folder: Folder, name: bytes, sealed: Sealed) -> bool:
    """Return whether a name is the original file itself, with the content that was sealed."""
    fd = open_recorded(folder, name, sealed.record.state)
    if fd is None:
        return False
    try:
        return hash_file(fd) == sealed.record.sha256
    finally:
        os.close(fd)


def _returned(folder: Folder, name: bytes, sealed: Sealed) -> int | None:
    """Open what a crashed run has already put there; ``None`` when nothing has the name.

    It had owner, mode and times before it had the name, so what lacks them was put there by someone else.
    """
    try:
        descriptor = folder.open_read(name)
    except FileNotFoundError:
        return None
    if _is_what_was_sealed(descriptor, sealed):
        return descriptor
    os.close(descriptor)
    raise ChangedError(Text("something newer took the name meanwhile"))


def _is_what_was_sealed(descriptor: int, sealed: Sealed) -> bool:
    """Return whether an open file has the owner, mode, time of change and content of what was sealed."""
    found, state = fstat(descriptor), sealed.record.state
    known = (state.mode, state.uid, state.gid, state.size_bytes, state.mtime_ns)
    if (found.st_mode, found.st_uid, found.st_gid, found.st_size, found.st_mtime_ns) != known:
        return False
    return hash_file(descriptor) == sealed.record.sha256


def _linked(where: Workplace, progress: Progress, folder: Folder, name: bytes, sealed: Sealed) -> int | None:
    """Give another name of the same file, which stands or stands again, this one too; return the file open.

    ``None`` when the session knows no such name, or no link can be made.
    """
    state = sealed.record.state
    for other in where.session.progress.values():
        target = other.step.target
        if not isinstance(target, QuarantineFile) or other.step.number == progress.step.number:
            continue
        if (target.file.device, target.file.inode) != (state.device, state.inode):
            continue
        with straight_way(where, target.file.path) as (source, other_name):
            descriptor = _standing(source, other_name, other, sealed)
        if descriptor is None:
            continue
        try:
            where.files.unlock(descriptor)
            folder.link(descriptor, name)
            return open_placed(folder, name, descriptor)
        except (OSError, EndpointError) as error:
            where.files.lock(descriptor, state)
            if not isinstance(error, OSError) or error.errno not in _CANNOT_LINK:
                raise
        finally:
            os.close(descriptor)
    return None


def _standing(folder: Folder, name: bytes, other: Progress, sealed: Sealed) -> int | None:
    """Open a name that is the original file, or what undo made of it; ``None`` when it is neither."""
    try:
        descriptor = folder.open_read(name)
    except OSError:
        return None
    is_original = sealed.record.state.is_same_file(fstat(descriptor)) or other.undone is Outcome.RESTORED
    if is_original and _is_what_was_sealed(descriptor, sealed):
        return descriptor
    os.close(descriptor)
    return None


def free_name(folder: Folder, name: bytes) -> bytes:
    """Return a name beside ``name`` that nothing has: ``name.quetsach-restored``, then numbered."""
    for number in range(1, _MAX_BESIDE):
        suffix = b".quetsach-restored" + (b"" if number == 1 else b".%d" % number)
        beside = name[: _MAX_NAME_BYTES - len(suffix)] + suffix
        if not has_name(folder, beside):
            return beside
    raise QuarantineError(Text("too many restored copies lie beside it"), hint=Text("remove some of them"))


def has_name(folder: Folder, name: bytes) -> bool:
    """Return whether a folder has the name, whatever it is."""
    try:
        folder.lstat(name)
    except FileNotFoundError:
        return False
    return True
