"""Processes of this tool that do what may crash or hang; ``host.live`` starts them as its system does.

The two speak by what can be pickled: orders go to the worker, answers come back. A worker ends when the process that
started it has ended, or closes it.
"""

from collections.abc import Collection
from multiprocessing.connection import wait
from typing import Any, Protocol


class Channel(Protocol):
    """One end of a connection of ``multiprocessing``: each system has its own kind."""

    def send(self, message: Any, /) -> None:
        """Send; ``OSError`` when the other end is gone."""

    def recv(self) -> Any:
        """Return what comes next; ``EOFError`` or ``OSError`` when nothing will."""

    def poll(self, seconds: float, /) -> bool:
        """Return whether something has come, or the end, after waiting so long at most."""

    def close(self) -> None:
        """Close this end."""


class WorkerProcess(Protocol):
    """A worker, to the process that started it. Close it."""

    @property
    def orders(self) -> Channel:
        """What is sent to it; ``OSError`` when it has ended."""

    @property
    def answers(self) -> Channel:
        """What comes back; ``EOFError`` or ``OSError`` when it has ended."""

    def stop(self) -> None:
        """Have it stand still where it is."""

    def go_on(self) -> None:
        """Let it go on after that."""

    def close(self) -> None:
        """End it, whatever it is at."""


def answering(channels: Collection[Channel], seconds: float) -> Collection[object]:
    """Return those that have something to say, an end too, after waiting so long at most."""
    return frozenset(wait(channels, timeout=seconds))  # type: ignore[arg-type]  # what both kinds are
