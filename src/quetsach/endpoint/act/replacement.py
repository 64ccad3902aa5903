"""Exchanging a file's content in one step, so that a crash leaves the old file or the new one, never half of either."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from quetsach.endpoint.act.shape import ChangedError, ExchangedError
from quetsach.endpoint.host.disk import fstat, hash_file, sync
from quetsach.endpoint.host.file_state import FileState
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
    raise ExchangedError("another file was put under the name at that moment; it was not touched")


def open_placed(folder: Folder, name: bytes, descriptor: int) -> int:
    """Open an open file under the name that it was just given; ``ExchangedError`` when that is another file.

    ntfs-3g knows an open file by the name under which it was opened, and gives that name a short one.
    """
    check_name(folder, name, descriptor)
    opened = folder.open_read(name)
    if os.path.samestat(fstat(opened), fstat(descriptor)):
        return opened
    os.close(opened)
    raise ExchangedError("another file was put under the name at that moment; it was not touched")


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
        raise ChangedError("the file was changed meanwhile")


def lock_replaced(files: Files, descriptor: int, state: FileState) -> None:
    """Give a file that a crashed run had put in its place its flags, if its owner and mode say that it is that file."""
    now = files.state(descriptor)
    if (now.mode, now.uid, now.gid) == (state.mode, state.uid, state.gid):
        files.lock(descriptor, state)


def clear(folder: Folder, temporary: bytes) -> None:
    """Remove what a crash or a failure left half done."""
    with suppress(FileNotFoundError):
        folder.remove(temporary)
