"""Who reads: no file of the lake is deleted while a view of it is open.

A view holds ``.readers`` shared for as long as it is open; whoever deletes holds it alone, for as long as that takes.
The locks are the kernel's: a reader that is killed lets go, and none has to be cleaned up after.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quetsach.lake.errors import LakeError

FILE = ".readers"


def hold(lake: Path) -> int | None:
    """Be a reader until the descriptor is closed; ``None`` where there is no lake, or nobody can delete from it.

    Waits while files are being deleted, which is short.

    Raises:
        LakeError: this account may not read the lake.
    """
    try:
        descriptor = _opened(lake)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.EROFS:
            return None
        raise LakeError(f"the lake cannot be read: {error.strerror}", where=str(lake / FILE)) from error
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


@contextmanager
def kept_out(lake: Path) -> Iterator[bool]:
    """Keep readers out; yields whether there are none. Never waits for them."""
    descriptor = _opened(lake)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _opened(lake: Path) -> int:
    try:
        return os.open(lake / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return os.open(lake / FILE, os.O_RDONLY | os.O_CLOEXEC | os.O_CREAT, 0o600)
