"""Writing that is on disk when it says so, and the hash of what is there."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path


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
    """Return the SHA-256 (hex) of an open file, read from its start without moving its position."""
    digest = hashlib.sha256()
    position = 0
    while part := os.pread(fd, 1 << 20, position):
        digest.update(part)
        position += len(part)
    return digest.hexdigest()
