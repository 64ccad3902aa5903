"""How a person steers a scan that goes on: keys, Ctrl-C, Ctrl-Z, and the signals that fleets send."""

import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from quetsach.cli.course import Course
from quetsach.cli.output import say
from quetsach.endpoint.look.control import Control

_NAP_SECONDS = 0.2


@contextmanager
def steered(control: Control, words: Mapping[str, str], course: Course) -> Iterator[None]:
    """Steer a scan while the body runs.

    Ctrl-C, SIGTERM, SIGHUP or the key q: the scan ends with what it has seen; a second time: at once
    (``KeyboardInterrupt``). Ctrl-Z stops the worker processes too. The key p pauses and goes on. SIGUSR1: how far the
    scan is, is written to standard error.

    Args:
        control: of the scan.
        words: the messages of ``scan``.
        course: of the scan.
    """
    keys = _Keys(control)

    def end(number: int, frame: FrameType | None) -> None:
        if is_ending:
            signal.default_int_handler(number, frame)
        is_ending.append(number)
        _say(words["ending"])
        control.end()

    def stop(_number: int, _frame: FrameType | None) -> None:
        was_paused = control.is_paused
        control.pause()
        keys.give_back()
        os.kill(os.getpid(), signal.SIGSTOP)  # returns when the shell lets us go on
        keys.take()
        if not was_paused:
            control.go_on()

    def tell(_number: int, _frame: FrameType | None) -> None:
        _say(course.text)

    is_ending: list[int] = []
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {
        **dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), end),
        signal.SIGTSTP: stop,
        signal.SIGUSR1: tell,
    }
    former = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if signal.getsignal(number) is not signal.SIG_IGN  # as after nohup
    }
    leave = control.attend(course.stand_still)
    try:
        with keys:
            yield
    finally:
        leave()
        for number, handler in former.items():
            signal.signal(number, handler)


class _Keys:
    """Reads single keys of the terminal, as long as it is ours; does nothing where there is none."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._is_terminal = sys.stdin.isatty() and sys.stderr.isatty()
        self._saved: list[Any] | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> None:
        if self._is_terminal:
            self.take()
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        if self._is_terminal:
            self._done.set()
            self._thread.join()
            self.give_back()

    def take(self) -> None:
        """Have keys come one by one, not in lines."""
        if self._is_terminal and self._is_ours():
            self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSADRAIN)

    def give_back(self) -> None:
        """Leave the terminal as it was."""
        if self._saved is not None and self._is_ours():
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)
        self._saved = None

    def _is_ours(self) -> bool:
        """Return whether this process is in the foreground; in the background, touching the terminal would stop it."""
        with suppress(OSError):
            return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        return False

    def _read(self) -> None:
        while not self._done.is_set():
            if not self._is_ours():
                self._done.wait(_NAP_SECONDS)
                continue
            if not select.select([sys.stdin], [], [], _NAP_SECONDS)[0] or not self._is_ours():
                continue
            match os.read(sys.stdin.fileno(), 1):
                case b"p" | b"P":
                    (self._control.go_on if self._control.is_paused else self._control.pause)()
                case b"q" | b"Q":
                    os.kill(os.getpid(), signal.SIGINT)
                case b"":
                    return


def _say(text: str) -> None:
    with suppress(OSError):  # the terminal may be what went away
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        say(text, sys.stderr)
        sys.stderr.flush()
