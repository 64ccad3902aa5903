"""Open files by the calls of POSIX, which do as they say, and folders that only their owner can read or write."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from quetsach.core.text import Text
from quetsach.endpoint import StateError
from quetsach.endpoint.host.files import Own

# Open files by the calls of POSIX, which do as they say.

__all__ = ["Own", "data_parts", "fstat", "named", "open_own", "read_at", "sync", "sync_folder", "used_on", "write_at"]

fstat = os.fstat
read_at = os.pread
write_at = os.pwrite
sync = os.fsync

_FLAGS: Mapping[Own, int] = {
    Own.READ: os.O_RDONLY,
    Own.NEW: os.O_RDWR | os.O_CREAT | os.O_EXCL,
    Own.FRESH: os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    Own.KEPT: os.O_RDWR | os.O_CREAT,
}


def open_own(path: str | Path, purpose: Own, *, mode: int = 0o600) -> int:
    """Open a file of the tool's own; the caller closes the descriptor."""
    return os.open(path, _FLAGS[purpose] | os.O_NOFOLLOW | os.O_CLOEXEC, mode)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def data_parts(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of what is not a hole; one part where the file system cannot tell (``lseek(2)``)."""
    position = 0
    while position < size:
        try:
            start = os.lseek(fd, position, os.SEEK_DATA)
            end = os.lseek(fd, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                return
            start, end = position, size
        yield start, min(end, size)
        position = end


@contextmanager
def named(fd: int) -> Iterator[str]:
    """Give a name that leads to an open file while the body runs, for parts that open what they read."""
    yield f"/proc/self/fd/{fd}"


def used_on(folder: Path) -> tuple[int, int]:
    """Return how many files, and bytes in them, the file system of a folder holds."""
    disk = os.statvfs(folder)
    return disk.f_files - disk.f_ffree, (disk.f_blocks - disk.f_bfree) * disk.f_frsize


# Folders that only their owner can read or write, by mode and owner as POSIX has them.


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, for this user alone; nothing happens when it is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def close_to_others(folder: Path) -> None:
    """Give our own folder the mode 0700, if it is still that which was checked."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(fd).st_uid == os.geteuid():
            os.fchmod(fd, 0o700)
    finally:
        os.close(fd)


def check_private(folder: Path) -> None:
    """Check that a folder is this user's and that nobody else can have put anything there.

    Raises:
        OSError: it cannot be looked at.
        StateError: it is not so.
    """
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise StateError(
            Text("the state folder is a link or a file"), where=str(folder), hint=Text("remove it, or use --state DIR")
        )
    if found.st_uid != os.geteuid():
        raise StateError(
            Text("the state folder belongs to another user"),
            where=str(folder),
            hint=Text("run as that user, or use --state DIR"),
        )
    if found.st_mode & 0o022 and any(folder.iterdir()):
        raise StateError(
            Text("others may write into the state folder"), where=str(folder), hint=Text("use another --state DIR")
        )
