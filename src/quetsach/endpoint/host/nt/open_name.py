"""By what name another part of this process, such as the match engine, opens a file that is open already."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol


class NameCalls(Protocol):
    """Open files are descriptors. Every call may raise ``OSError``."""

    def path(self, descriptor: int) -> str:
        r"""Return where an open file is now (``\\?\C:\x``)."""

    def hold(self, descriptor: int) -> int:
        """Open the same file once more so that nobody can write to it, rename or delete it; returns a handle."""

    def release(self, handle: int) -> None:
        """Close that handle."""


@contextmanager
def named(calls: NameCalls, descriptor: int) -> Iterator[str]:
    """Give a name that leads to an open file while the body runs.

    It is held at that name. One that somebody writes to cannot be; then it must have the same name afterwards. Who can
    write to it needs no other file in its place to show other content.

    Raises:
        OSError: ``ESTALE`` when it got another name meanwhile.
    """
    path = calls.path(descriptor)
    handle: int | None = None
    with suppress(OSError):
        handle = calls.hold(descriptor)
        path = calls.path(descriptor)
    try:
        yield path
    finally:
        if handle is not None:
            calls.release(handle)
    if handle is None and calls.path(descriptor) != path:
        raise OSError(errno.ESTALE, "renamed while it was read")
