"""Handles that are closed when their work is done, and what is done by them in several places."""

import errno
import os
from pathlib import Path

from quetsach.endpoint.host.nt.file_calls import FileCalls


class opened:  # noqa: N801  (used like a function, and often: a generator would cost more than the call)
    """Opens a name in an open folder, or the folder itself, and closes it again; see ``FileCalls.open``."""

    __slots__ = ("_calls", "_what", "handle")

    def __init__(self, calls: FileCalls, root: int, name: str, access: int, options: int = 0) -> None:
        self._calls = calls
        self._what = root, name, access, options

    def __enter__(self) -> int:
        self.handle = self._calls.open(*self._what)
        return self.handle

    def __exit__(self, *_: object) -> None:
        self._calls.close(self.handle)


def flushed(calls: FileCalls, folder: int) -> None:
    """Put the names in an open folder on disk, where the file system can be asked to; NTFS keeps them in order."""
    try:
        calls.flush(folder)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise


def nt_path(path: str | Path) -> str:
    r"""Return a path as the system itself has it: ``\??\C:\x``. Its length does not matter to it."""
    text = os.path.abspath(path)
    if text.startswith("\\\\?\\"):
        return "\\??\\" + text[4:]
    return f"\\??\\UNC\\{text[2:]}" if text.startswith("\\\\") else f"\\??\\{text}"


_NO_FLUSH = frozenset({errno.EACCES, errno.EROFS, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF})
