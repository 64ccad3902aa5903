"""The console of Windows: keys come one by one, and there is no shell that stops a program."""

import signal
import sys
import time
from collections.abc import Sequence

from quetsach.endpoint.host.nt.console_calls import ConsoleCalls

_NAP_SECONDS = 0.05
_SPECIAL = ("\0", "\u00e0")
"""What comes before the second half of a key without a letter (``_getwch``)."""


class NtTerminal:
    """The console that this process was started from; satisfies ``Terminal``."""

    telling: int | None = None
    stopping: int | None = None

    def __init__(self, calls: ConsoleCalls) -> None:
        self._calls = calls
        self.is_there = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
        names = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last also when the window is closed
        self.ending: Sequence[int] = tuple(getattr(signal, name) for name in names if hasattr(signal, name))

    def take(self) -> None:
        """Nothing is to be done: keys are asked for one by one."""

    def give_back(self) -> None:
        """Nothing is to be done."""

    def key(self, seconds: float) -> bytes | None:
        """Return the key that is pressed next."""
        until = time.monotonic() + seconds
        while not self._calls.has_key():
            if time.monotonic() >= until:
                return None
            time.sleep(_NAP_SECONDS)
        key = self._calls.key()
        if key in _SPECIAL:
            self._calls.key()
            return None
        return key.encode("utf-8", "surrogatepass")

    def interrupt(self) -> None:
        """Do to this process what Ctrl-C does."""
        signal.raise_signal(signal.SIGINT)

    def stand_still(self) -> None:
        """Nothing is done: no shell of Windows stops a program."""
