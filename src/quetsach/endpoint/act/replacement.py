"""Exchanging a file's content in one step, so that a crash leaves the old file or the new one, never half of either."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from quetsach.endpoint.act.shape import ChangedError
from quetsach.endpoint.disk import hash_file
from quetsach.endpoint.host.change import FileState
from quetsach.endpoint.host.folder import Files, Folder


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


def write_beside(
    files: Files, folder: Folder, name: bytes, write: Callable[[int], None], state: FileState, *, with_times: bool
) -> None:
    """Write a complete file under a name that nobody uses yet, synced, with owner, mode, attributes and times.

    Flags are not set here: an immutable file could not be placed. A leftover of that name is removed first.
    """
    clear(folder, name)
    fd = folder.create(name)
    try:
        write(fd)
        files.give_state(fd, state, with_times=with_times)
        os.fsync(fd)
    except BaseException:
        with suppress(OSError):
            folder.remove(name)
        raise
    finally:
        os.close(fd)


def replace_file(files: Files, folder: Folder, name: bytes, temporary: bytes, new: Replacement) -> None:
    """Exchange a file's content in one step; the old file loses its locks first, for they would forbid it.

    The old content is looked at once more right before, so that what someone wrote meanwhile is not lost.
    """

    def write(target: int) -> None:
        new.write(target)
        _expect(target, new.new_sha256)

    write_beside(files, folder, temporary, write, new.state, with_times=new.with_times)
    fd = folder.open_read(name)
    try:
        locked = files.state(fd)
        files.unlock(fd)
        try:
            _expect(fd, new.former_sha256)
            folder.replace(temporary, name)
        except BaseException:
            files.lock(fd, locked)
            clear(folder, temporary)
            raise
    finally:
        os.close(fd)


def _expect(fd: int, sha256: str) -> None:
    if hash_file(fd) != sha256:
        raise ChangedError("the file was changed meanwhile")


def lock_again(files: Files, folder: Folder, name: bytes, state: FileState) -> None:
    """Give a file in its place the flags of a state."""
    fd = folder.open_read(name)
    try:
        files.lock(fd, state)
    finally:
        os.close(fd)


def clear(folder: Folder, temporary: bytes) -> None:
    """Remove what a crash or a failure left half done."""
    with suppress(FileNotFoundError):
        folder.remove(temporary)
