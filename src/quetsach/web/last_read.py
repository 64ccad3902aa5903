"""A file that is read anew only when it was replaced."""

import threading
from collections.abc import Callable
from pathlib import Path


class LastRead[T]:
    """What a file held when it was read last, under the state that it had. Safe to use from several threads.

    Args:
        read: makes a value of the file; its errors go through.
    """

    def __init__(self, read: Callable[[Path], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._entry: tuple[Path, tuple[int, ...], T] | None = None

    def of(self, path: Path) -> T:
        """Return what a file holds.

        Raises:
            OSError: it is not there, or cannot be read.
        """
        now = path.stat()
        state = (now.st_ino, now.st_mtime_ns, now.st_size)
        with self._lock:
            if self._entry is None or self._entry[:2] != (path, state):
                self._entry = (path, state, self._read(path))
            return self._entry[2]
