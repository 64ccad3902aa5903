"""The calls of Windows by which its task scheduler is told: those of its classes of COM.

Source: Microsoft Learn, "Task Scheduler Scripting Objects", "ITaskFolder".
"""

from typing import Protocol


class TaskCalls(Protocol):
    r"""The task scheduler. ``folder`` is ``\`` or ``\Microsoft\Windows``. Every call may raise ``OSError``."""

    def knows(self, folder: str, name: str) -> bool:
        """Return whether the scheduler knows a task."""

    def delete(self, folder: str, name: str) -> None:
        """Have it delete a task."""
