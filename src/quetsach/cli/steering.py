"""How a person steers a scan that goes on: keys, Ctrl-C, Ctrl-Z, and the signals that fleets send."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from quetsach.cli.course import Course
from quetsach.cli.output import say
from quetsach.endpoint.host import live
from quetsach.endpoint.host.port import Terminal
from quetsach.endpoint.scanner.control import Control

_NAP_SECONDS = 0.2


@contextmanager
def steered(control: Control, words: Mapping[str, str], course: Course) -> Iterator[None]:
    """Steer a scan while the body runs.

    Ctrl-C, SIGTERM, SIGHUP (of Windows Ctrl-Break) or the key q: the scan ends with what it has seen; a second time: at
    once (``KeyboardInterrupt``). The key p pauses and goes on. Not on Windows: Ctrl-Z stops the worker processes too,
    and with SIGUSR1 it is written to standard error how far the scan is.

    Args:
        control: of the scan.
        words: the messages of ``scan``.
        course: of the scan.
    """
    terminal = live.terminal()
    keys = _Keys(control, terminal)

    def end(number: int, frame: FrameType | None) -> None:
        if is_ending:
            signal.default_int_handler(number, frame)
        is_ending.append(number)
        _say(words["ending"])
        control.end()

    def stop(_number: int, _frame: FrameType | None) -> None:
        was_paused = control.is_paused
        control.pause()
        terminal.give_back()
        terminal.stand_still()  # returns when the shell lets us go on
        terminal.take()
        if not was_paused:
            control.go_on()

    def tell(_number: int, _frame: FrameType | None) -> None:
        _say(course.text)

    is_ending: list[int] = []
    handlers: dict[int | None, Callable[[int, FrameType | None], Any]] = {
        **dict.fromkeys(terminal.ending, end),
        terminal.stopping: stop,
        terminal.telling: tell,
    }
    former = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN  # as after nohup
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

    def __init__(self, control: Control, terminal: Terminal) -> None:
        self._control = control
        self._terminal = terminal
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> None:
        if self._terminal.is_there:
            self._terminal.take()
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        if self._terminal.is_there:
            self._done.set()
            self._thread.join()
            self._terminal.give_back()

    def _read(self) -> None:
        while not self._done.is_set():
            match self._terminal.key(_NAP_SECONDS):
                case b"p" | b"P":
                    (self._control.go_on if self._control.is_paused else self._control.pause)()
                case b"q" | b"Q":
                    self._terminal.interrupt()
                case b"":
                    return


def _say(text: str) -> None:
    with suppress(OSError):  # the terminal may be what went away
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        say(text, sys.stderr)
        sys.stderr.flush()
