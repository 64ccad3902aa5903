"""Writing that is on disk when it says so, and the hash of what is there."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

LARGEST_BYTES = 4 << 30
"""Larger files are neither looked into nor acted on."""


def write_all(fd: int, data: bytes) -> None:
    """Write all of the data, however many calls it takes."""
    while data:
        data = data[os.write(fd, data) :]


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def parts_of(fd: int, size: int, start: int = 0) -> Iterator[bytes]:
    """Yield ``size`` bytes of an open file from ``start`` on, without moving its position; fewer where it ends."""
    end = start + size
    while start < end and (part := os.pread(fd, min(1 << 20, end - start), start)):
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
