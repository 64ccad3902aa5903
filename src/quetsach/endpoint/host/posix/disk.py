"""Open files by the calls of POSIX, which do as they say."""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from quetsach.endpoint.host.own import Own

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
