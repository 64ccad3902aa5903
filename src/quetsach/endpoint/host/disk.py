"""Open files as the tool uses them, right on every system: bytes as they are, by place, on the disk when it says so.

Whatever the tool opens by itself, reads by place, syncs or asks for its state goes through here or through ``Folder``
and ``Files``; ``os.open`` and its like are called nowhere else in it, for on Windows they change bytes, know no places
and call the time of making the time of change.
"""

import hashlib
import os
import sys
from collections.abc import Iterator

if sys.platform == "win32":
    from quetsach.endpoint.host.nt.disk import (
        Own,
        data_parts,
        fstat,
        named,
        open_own,
        read_at,
        sync,
        sync_folder,
        used_on,
        write_at,
    )
else:
    from quetsach.endpoint.host.posix.disk import (
        Own,
        data_parts,
        fstat,
        named,
        open_own,
        read_at,
        sync,
        sync_folder,
        used_on,
        write_at,
    )

__all__ = [
    "LARGEST_BYTES",
    "Own",
    "data_parts",
    "fstat",
    "hash_file",
    "named",
    "open_own",
    "parts_of",
    "read_at",
    "sync",
    "sync_folder",
    "used_on",
    "write_all",
    "write_at",
]

LARGEST_BYTES = 4 << 30
"""Larger files are neither looked into nor acted on."""


def write_all(fd: int, data: bytes) -> None:
    """Write all of the data, however many calls it takes."""
    while data:
        data = data[os.write(fd, data) :]


def parts_of(fd: int, size: int, start: int = 0) -> Iterator[bytes]:
    """Yield ``size`` bytes of an open file from ``start`` on, without moving its position; fewer where it ends."""
    end = start + size
    while start < end and (part := read_at(fd, min(1 << 20, end - start), start)):
        yield part
        start += len(part)


def hash_file(fd: int) -> str:
    """Return the SHA-256 (hex) of an open file, read from its start without moving its position.

    Of a file that is larger than any that is acted on only so much is read that it cannot be taken for one of those:
    it may be all holes, or grow faster than it is read.
    """
    digest = hashlib.sha256()
    for part in parts_of(fd, LARGEST_BYTES + 1):
        digest.update(part)
    return digest.hexdigest()
