"""The task scheduler of a running system, as the tool uses it."""

from typing import Protocol


class Tasks(Protocol):
    """The task scheduler, which keeps in memory what its files and the registry say of tasks."""

    def forget(self, name: str) -> bool:
        r"""Have the scheduler forget a task (``\Microsoft\Windows\x``), whatever it removes of it.

        Returns whether the task can run until the next restart: the scheduler still knows it, or does not answer.
        """
