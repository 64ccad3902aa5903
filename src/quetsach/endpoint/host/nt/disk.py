"""Open files by handle, with a descriptor of the C library around it: bytes as they are, never by way of a link.

The C library itself would open text, in which one byte ends a file and another becomes two, and would not let a file
that is open be renamed or removed.
"""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import disk_usage

from quetsach.endpoint.host.files import Own
from quetsach.endpoint.host.nt.ffi.files import NativeNames, NtFileCalls
from quetsach.endpoint.host.nt.file_calls import (
    ADD_FILE,
    APPEND,
    CREATE,
    FOLDER,
    ITSELF,
    NO_FOLDER,
    OPEN,
    OPEN_OR_CREATE,
    READ_ATTRIBUTES,
    READ_DATA,
    WRITE_ATTRIBUTES,
    WRITE_DATA,
    flushed,
    is_link,
    nt_path,
    opened,
    stat_of,
)
from quetsach.endpoint.host.nt.names import named as named_by

__all__ = ["Own", "data_parts", "fstat", "open_own", "read_at", "sync", "sync_folder", "used_on", "write_at"]

_READ = READ_DATA | READ_ATTRIBUTES
_WRITE = WRITE_DATA | APPEND | WRITE_ATTRIBUTES | READ_ATTRIBUTES
_HOW: Mapping[Own, tuple[int, int]] = {
    Own.READ: (_READ, OPEN),
    Own.NEW: (_READ | _WRITE, CREATE),
    Own.FRESH: (_WRITE, OPEN_OR_CREATE),
    Own.KEPT: (_READ | _WRITE, OPEN_OR_CREATE),
}
_AVERAGE_BYTES = 100_000
"""A file has about so many bytes: of how many there are, Windows says nothing."""

_calls = NtFileCalls()
sync = os.fsync


def open_own(path: str | Path, purpose: Own, *, mode: int = 0o600) -> int:  # noqa: ARG001  (of other systems)
    """Open a file of the tool's own; the caller closes the descriptor. Who may read it, its folder says.

    Raises:
        OSError: it cannot be opened, or a link is in its place.
    """
    access, disposition = _HOW[purpose]
    try:
        handle = _calls.open(0, nt_path(path), access, NO_FOLDER | ITSELF, disposition=disposition)
    except OSError as error:
        error.filename = str(path)
        raise
    if is_link(*_calls.tag(handle)):
        _calls.close(handle)
        raise OSError(errno.ELOOP, "a link is in the place of the file", str(path))
    descriptor = _calls.descriptor(handle, writable=purpose is not Own.READ)
    if purpose is Own.FRESH:
        os.ftruncate(descriptor, 0)
    return descriptor


def fstat(descriptor: int) -> os.stat_result:
    """Return the state of an open file; the time of its status change is that, and not when it was made."""
    return stat_of(_calls.information(_calls.handle(descriptor)))


def read_at(descriptor: int, length: int, offset: int) -> bytes:
    """Read so many bytes from a place on, fewer at the end; the position stays. One thread at a time."""
    before = os.lseek(descriptor, 0, os.SEEK_CUR)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)
    finally:
        os.lseek(descriptor, before, os.SEEK_SET)


def write_at(descriptor: int, data: bytes, offset: int) -> int:
    """Write at a place and return how many bytes; the position stays. One thread at a time."""
    before = os.lseek(descriptor, 0, os.SEEK_CUR)
    try:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.write(descriptor, data)
    finally:
        os.lseek(descriptor, before, os.SEEK_SET)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk, where the file system can be asked to."""
    with opened(_calls, 0, nt_path(folder), ADD_FILE, FOLDER) as handle:
        flushed(_calls, handle)


def data_parts(descriptor: int, size: int) -> Iterator[tuple[int, int]]:  # noqa: ARG001  (as on other systems)
    """Yield start and end of what is not a hole: all of it, for holes are not asked for here."""
    if size:
        yield 0, size


def used_on(folder: Path) -> tuple[int, int]:
    """Return about how many files, and bytes in them, the drive of a folder holds."""
    used = disk_usage(folder).used
    return used // _AVERAGE_BYTES, used


# How an open file is named on the running Windows.

_name_calls = NativeNames()


def named(fd: int) -> AbstractContextManager[str]:
    """Give a name that leads to an open file while the body runs, for parts that open what they read."""
    return named_by(_name_calls, fd)
