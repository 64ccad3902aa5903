"""Folders that only their owner can read or write, by mode and owner as POSIX has them."""

import os
import stat
from pathlib import Path

from quetsach.endpoint.errors import StateError


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
            "the state folder is a link or a file", where=str(folder), hint="remove it, or use --state DIR"
        )
    if found.st_uid != os.geteuid():
        raise StateError(
            "the state folder belongs to another user", where=str(folder), hint="run as that user, or use --state DIR"
        )
    if found.st_mode & 0o022 and any(folder.iterdir()):
        raise StateError("others may write into the state folder", where=str(folder), hint="use another --state DIR")
