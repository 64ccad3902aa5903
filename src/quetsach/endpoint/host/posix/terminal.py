"""The terminal of POSIX (termios(3)), which is ours while we are in its foreground."""

import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Sequence
from contextlib import suppress
from typing import Any


class PosixTerminal:
    """The terminal that this process was started from; satisfies ``Terminal``."""

    ending: Sequence[int] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    telling: int | None = signal.SIGUSR1
    stopping: int | None = signal.SIGTSTP

    def __init__(self) -> None:
        self.is_there = sys.stdin.isatty() and sys.stderr.isatty()
        self._saved: list[Any] | None = None

    def take(self) -> None:
        """Have keys come one by one, not in lines."""
        if self.is_there and self._is_ours():
            self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSADRAIN)

    def give_back(self) -> None:
        """Leave the terminal as it was."""
        if self._saved is not None and self._is_ours():
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)
        self._saved = None

    def key(self, seconds: float) -> bytes | None:
        """Return the key that is pressed next."""
        if not self._is_ours():
            time.sleep(seconds)
            return None
        if not select.select([sys.stdin], [], [], seconds)[0] or not self._is_ours():
            return None
        return os.read(sys.stdin.fileno(), 1)

    def interrupt(self) -> None:
        """Do to this process what Ctrl-C does."""
        os.kill(os.getpid(), signal.SIGINT)

    def stand_still(self) -> None:
        """Stop this process until the shell lets it go on."""
        os.kill(os.getpid(), signal.SIGSTOP)

    def _is_ours(self) -> bool:
        """Return whether this process is in the foreground; in the background, touching the terminal would stop it."""
        with suppress(OSError):
            return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        return False


def terminal() -> PosixTerminal:
    """Return the terminal that this process was started from."""
    return PosixTerminal()


def obeys_sequences() -> bool:
    """Return whether the terminal obeys colours and erasing: all do that do not say otherwise."""
    return os.environ.get("TERM", "") != "dumb"
