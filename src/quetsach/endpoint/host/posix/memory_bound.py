"""A bound on what a library may allocate while it is called (getrlimit(2), RLIMIT_DATA, since Linux 4.7)."""

import resource
import sys
from pathlib import Path

_PAGES_OF_DATA = 5
"""The column of /proc/self/statm (proc(5))."""


class MemoryBound:
    """While entered, this process may hold so many bytes more than when the bound was made; elsewhere no bound.

    An allocation beyond it fails, which libraries in C report as an error. It is for their calls alone: the match
    engine would abort.
    """

    def __init__(self, size_bytes: int) -> None:
        self._before: tuple[int, int] | None = None
        self._within: tuple[int, int] | None = None
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[_PAGES_OF_DATA])
            soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
            bound = pages * resource.getpagesize() + size_bytes
            if soft == resource.RLIM_INFINITY or bound < soft:
                self._before, self._within = (soft, hard), (bound, hard)

    def __enter__(self) -> None:
        if self._within:
            resource.setrlimit(resource.RLIMIT_DATA, self._within)

    def __exit__(self, *_: object) -> None:
        if self._before:
            resource.setrlimit(resource.RLIMIT_DATA, self._before)
