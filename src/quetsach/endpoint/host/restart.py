"""What a system does with files when it starts next, because they are in use until then."""

from typing import Protocol


class RestartQueue(Protocol):
    """The list of files that go at the next start. Others write into it, too: theirs stays as it is."""

    def remove(self, path: bytes) -> bool:
        """Put a file at the end of the list. Returns whether it is there now, behind all that was: it is read again."""

    def holds(self, path: bytes) -> bool:
        """Return whether a file is in the list."""

    def withdraw(self, path: bytes) -> bool:
        """Take a file out of the list. Returns whether it is out now."""
