"""How far a scan is, and how a person steers it: keys, Ctrl-C, Ctrl-Z, and the signals that fleets send."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any

from quetsach.cli.output import Progress, say
from quetsach.core.text import Number, Text, size_text
from quetsach.endpoint.artefact import place_text
from quetsach.endpoint.host import live
from quetsach.endpoint.host.disk import used_on
from quetsach.endpoint.host.port import Host, Terminal
from quetsach.endpoint.scanner.cache import Cache, Totals
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.files import Passed

# How far a scan is, as the person at the terminal sees it.


def totals_of(host: Host, cache: Cache | None) -> Totals:
    """Return about how much a full scan goes through: as much as the last one, or what the disk of the root holds."""
    if cache is not None and cache.totals.files:
        return cache.totals
    return Totals(*used_on(host.tree.root))


@dataclass(slots=True)
class ScanProgress:
    """Draws the progress line of a scan."""

    line: Progress
    totals: Totals
    language: str
    text: str = ""
    """The last that was drawn."""
    is_still: bool = False

    def show(self, passed: Passed) -> None:
        """Draw how far the scan is: half by files, half by bytes, for small files cost more than their size."""
        files, size = self.totals.files, self.totals.size_bytes
        done, total = passed.files, 0
        if files and size:
            done, total = int(500 * (min(1, passed.files / files) + min(1, passed.size_bytes / size))), 1000
        self.text = Text(
            "{files} files · {size} · {path}",
            files=Number(passed.files),
            size=size_text(passed.size_bytes, self.language),
            path=place_text(passed.path),
        ).in_language(self.language)
        if not self.is_still:
            self.line.move_to(done, total, note=self.text)

    def stand_still(self, seconds: float | None) -> None:
        """Draw that the scan is paused, or go on after so many seconds; told by its control."""
        self.is_still = seconds is None
        if seconds is None:
            self.line.stand_still(Text("Paused. Press p to go on, q to end.").in_language(self.language))
        else:
            self.line.go_on(seconds)


# How a person steers a scan that goes on: keys, Ctrl-C, Ctrl-Z, and the signals that fleets send.

_NAP_SECONDS = 0.2


@contextmanager
def steered(control: Control, language: str, course: ScanProgress) -> Iterator[None]:
    """Steer a scan while the body runs.

    Ctrl-C, SIGTERM, SIGHUP (of Windows Ctrl-Break) or the key q: the scan ends with what it has seen; a second time: at
    once (``KeyboardInterrupt``). The key p pauses and goes on. Not on Windows: Ctrl-Z stops the worker processes too,
    and with SIGUSR1 it is written to standard error how far the scan is.

    Args:
        control: of the scan.
        language: of the person who steers.
        course: of the scan.
    """
    terminal = live.terminal()
    keys = _Keys(control, terminal)

    def end(number: int, frame: FrameType | None) -> None:
        if is_ending:
            signal.default_int_handler(number, frame)
        is_ending.append(number)
        _say(Text("ending; the report of what was seen follows. Press again to stop at once.").in_language(language))
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
