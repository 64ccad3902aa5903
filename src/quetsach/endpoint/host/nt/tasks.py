"""The task scheduler of the running Windows; satisfies ``Tasks``.

What it says is not believed: files and registry are read again by whoever asked. A task is not registered with it anew:
it would get another number, another hash and other text than it had. What was put back it reads when Windows starts.
"""

from contextlib import suppress

from quetsach.endpoint.host.nt.task_calls import TaskCalls


class NtTasks:
    """The scheduler, over its calls."""

    def __init__(self, calls: TaskCalls) -> None:
        self._calls = calls

    def forget(self, name: str) -> bool:
        """Have the scheduler forget a task; returns whether it may run until the next restart."""
        above, _, own = name.rpartition("\\")
        if not own or "\0" in name or "/" in name:
            return True  # no name that can be asked for
        folder = above or "\\"
        with suppress(OSError):
            self._calls.delete(folder, own)
        try:
            return self._calls.knows(folder, own)
        except OSError:
            return True
