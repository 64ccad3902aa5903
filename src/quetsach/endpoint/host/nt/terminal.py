"""The console of Windows, and how the machine is started again and what goes then."""

import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from quetsach.endpoint.host.registry import MULTI_SZ, DeleteValue, Registry, RegistryValue, SetValue, folded

# The calls of Windows about the console, and by which the machine is started again.
#
# Sources: Microsoft Learn, "SetConsoleMode", "InitiateSystemShutdownExW"; the C library's ``_kbhit`` and ``_getwch``.


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


# The console of Windows: keys come one by one, and there is no shell that stops a program.

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


# How a running Windows is started again. What it answers is not believed: it is asked once more.
#
# It says that a restart is planned already, or goes on, once there is one (winerror.h). Wine says yes and does nothing.

SECONDS = 5
"""So long people are told before it begins."""

_IS_UNDER_WAY = frozenset({1115, 1190})  # ERROR_SHUTDOWN_IN_PROGRESS, ERROR_SHUTDOWN_IS_SCHEDULED


def restart_machine(calls: ShutdownCalls) -> bool:
    """Ask the system to restart; whether it agreed."""
    first = calls.restart(SECONDS)
    return first in _IS_UNDER_WAY or (first == 0 and calls.restart(SECONDS) in _IS_UNDER_WAY)


# Files that go when Windows starts next: the value ``PendingFileRenameOperations``; satisfies ``RestartQueue``.
#
# It holds pairs of texts, each ended by a NUL: a source (``\??\C:\x``) and what it becomes, empty for a file that goes.
# Windows appends to it (``MoveFileEx``); only our own pairs are ever taken out, and nothing is put anywhere else.
# Source: Microsoft Learn, "MoveFileExW", "PendingFileRenameOperations".

_KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager"
_VALUE = "PendingFileRenameOperations"
_TRIES = 3

type Move = tuple[str, str]


class QueueCalls(Protocol):
    """The call of Windows that appends to the list."""

    def remove_at_restart(self, path: str) -> None:
        r"""Have a file (``\\?\C:\x``) removed at the next start; may raise ``OSError``."""


class NtRestartQueue:
    """The list of the running Windows. ``system_drive`` is its letter with the colon."""

    def __init__(self, calls: QueueCalls, registry: Registry, system_drive: str = "C:") -> None:
        self._calls = calls
        self._registry = registry
        self._drive = system_drive

    def remove(self, path: bytes) -> bool:
        """Put a file at the end of the list."""
        before, own = self._moves(), (self._name(path), "")
        if own in before:
            return True
        with suppress(OSError):
            self._calls.remove_at_restart("\\\\?\\" + own[0].removeprefix("\\??\\"))
        after = self._moves()
        return after[: len(before)] == before and any(_is_same(own, move) for move in after[len(before) :])

    def holds(self, path: bytes) -> bool:
        """Return whether a file is in the list."""
        return any(_is_same((self._name(path), ""), move) for move in self._moves())

    def withdraw(self, path: bytes) -> bool:
        """Take a file out of the list, the last time that it stands there."""
        own = (self._name(path), "")
        for _ in range(_TRIES):  # others may write it at the same time
            moves = self._moves()
            places = [place for place, move in enumerate(moves) if _is_same(own, move)]
            if not places:
                return True
            left = moves[: places[-1]] + moves[places[-1] + 1 :]
            with suppress(OSError):
                self._registry.make(SetValue(_KEY, _value(left)) if left else DeleteValue(_KEY, _VALUE))
        return not self.holds(path)

    def _moves(self) -> list[Move]:
        found = self._registry.value(_KEY, _VALUE)
        if found is None:
            return []
        texts = found.data[: len(found.data) & ~1].decode("utf-16-le", "surrogatepass").split("\0")
        return [(source, target) for source, target in zip(texts[::2], texts[1::2], strict=False) if source]

    def _name(self, path: bytes) -> str:
        r"""Return a path of the tree as the list has it."""
        text = path.decode("utf-8", "surrogatepass").replace("/", "\\")
        return f"\\??\\{text[1:]}" if text[2:3] == ":" else f"\\??\\{self._drive}{text}"


def _is_same(one: Move, other: Move) -> bool:
    return folded(one[0]) == folded(other[0]) and one[1] == other[1]


def _value(moves: list[Move]) -> RegistryValue:
    text = "".join(f"{source}\0{target}\0" for source, target in moves)
    return RegistryValue(_VALUE, MULTI_SZ, f"{text}\0".encode("utf-16-le", "surrogatepass"))
