"""A handle that is closed when its work is done."""

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
