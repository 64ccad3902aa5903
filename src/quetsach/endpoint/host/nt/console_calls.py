"""The calls of Windows about the console, and by which the machine is started again.

Sources: Microsoft Learn, "SetConsoleMode", "InitiateSystemShutdownExW"; the C library's ``_kbhit`` and ``_getwch``.
"""

from typing import Protocol


class ConsoleCalls(Protocol):
    """The console of this process."""

    def has_key(self) -> bool:
        """Return whether a key was pressed that was not read yet."""

    def key(self) -> str:
        """Return the next key that was pressed."""

    def obey_sequences(self) -> bool:
        """Have the console obey colours and erasing, as terminals do; whether all output that is shown does."""


class ShutdownCalls(Protocol):
    """What starts the machine again."""

    def restart(self, seconds: int) -> int:
        """Ask for a restart after so many seconds; returns 0, or the number of what Windows answered instead."""
