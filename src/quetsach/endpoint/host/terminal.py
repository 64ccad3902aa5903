"""The terminal of a person who steers what goes on, by single keys and by the signals of their system."""

from collections.abc import Sequence
from typing import Protocol


class Terminal(Protocol):
    """The terminal that this process was started from, if there is one."""

    @property
    def is_there(self) -> bool:
        """Whether somebody can press keys and see what is told."""

    @property
    def ending(self) -> Sequence[int]:
        """The signals that ask to come to an end."""

    @property
    def telling(self) -> int | None:
        """The signal that asks how far things are; ``None`` where there is none."""

    @property
    def stopping(self) -> int | None:
        """The signal by which the shell stops this process; ``None`` where there is none."""

    def take(self) -> None:
        """Have keys come one by one, not in lines, as long as the terminal is ours."""

    def give_back(self) -> None:
        """Leave the terminal as it was."""

    def key(self, seconds: float) -> bytes | None:
        """Return the key that is pressed next, ``None`` if none is for so long; empty when there will be none."""

    def interrupt(self) -> None:
        """Do to this process what Ctrl-C does."""

    def stand_still(self) -> None:
        """Stop this process until the shell lets it go on."""
