"""Running processes as the tool sees them, their memory and sockets; and processes of the tool's own."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import wait
from typing import Any, Protocol, Self

from quetsach.endpoint.artefact import ProcessAnchor

# Running processes as the tool sees them, their memory, and what they hold open to the network.


class ProcessState(StrEnum):
    """What a process is doing, as far as cleaning cares."""

    RUNNING = "running"
    STOPPED = "stopped"
    DEAD = "dead"
    """Gone, or a zombie: it executes nothing any more."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process. ``executable`` is empty for kernel threads and where the tool may not look.

    ``uid`` is on Windows the last number of the account's identifier: 18 is the system; -1 where it is not told.
    ``arguments`` are on Windows the pieces of the command line, with their quotation marks (``nt.parameters``).
    """

    anchor: ProcessAnchor
    parent: int
    uid: int
    arguments: tuple[bytes, ...]
    cwd: bytes
    name: bytes
    """The kernel's short name: of Linux (``comm``) at most 15 bytes."""
    shares_files: bool = True
    """Whether it has the mounts that this tool has; in a container, a path is of other files (mount_namespaces(7))."""

    @property
    def pid(self) -> int:
        """The process number."""
        return self.anchor.pid

    @property
    def executable(self) -> bytes:
        """Path of the running image, without the kernel's mark of deletion."""
        return self.anchor.executable

    @property
    def is_deleted(self) -> bool:
        """Whether the image has no name in the file system any more."""
        return self.anchor.deleted


@dataclass(frozen=True, slots=True)
class Socket:
    """One socket: ``local`` and ``remote`` are written ``1.2.3.4:80`` or ``[::1]:80``; ``pid`` is 0 when unknown."""

    protocol: str
    local: str
    remote: str
    state: str
    inode: int
    pid: int = 0


class Memory(Protocol):
    """The memory of one process; use it with ``with``. It stays that of this process whatever its number becomes."""

    is_cut_short: bool
    """Whether there is more than was read."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def runs(self) -> Iterator[Iterator[bytes]]:
        """Yield what lies together in memory and no file on a disk shows, each run in parts that follow one another.

        Raises:
            OSError: the system does not let it be read.
        """


class Processes(Protocol):
    """The processes of the running system. Methods that take an anchor act on exactly that process or on none."""

    def __iter__(self) -> Iterator[Process]:
        """Yield every process that can be read; those that end meanwhile are left out."""

    def read(self, pid: int) -> Process | None:
        """Return one process, or ``None`` when there is none of that number, or none that the user may see."""

    def parent(self, process: Process) -> Process | None:
        """Return the process that started this one, while it runs; a later one of its number is not it."""

    def named_image(self, process: Process) -> tuple[bytes, ...]:
        """Return the path by which this tool finds the image; none when it was deleted, or only a container has it."""

    def finds_the_same(self, process: Process, path: bytes) -> bool:
        """Return whether a path leads the process to the file to which it leads this tool."""

    def state(self, anchor: ProcessAnchor) -> ProcessState:
        """Return what the process does now."""

    def open_image(self, anchor: ProcessAnchor) -> int:
        """Open the running image for reading, also when its file was deleted; the caller closes the descriptor.

        Raises:
            OSError: ``ESRCH`` when the process ended, ``EACCES`` when it may not be read.
        """

    def image_identity(self, anchor: ProcessAnchor) -> tuple[int, int] | None:
        """Return device and inode of the running image; ``None`` when it cannot be told."""

    def holds_removed(self, pid: int, paths: Collection[bytes]) -> bool:
        """Return whether a process still has one of these files mapped, which were removed."""

    def open_memory(self, anchor: ProcessAnchor) -> Memory:
        """Open the memory of exactly this process.

        Raises:
            OSError: ``ESRCH`` when the process ended, ``EACCES`` when its memory may not be read.
        """

    def sockets(self) -> Iterator[Socket]:
        """Yield the sockets of the system, with the first process that holds each."""

    def suspend(self, anchor: ProcessAnchor) -> bool:
        """Stop a process without ending it. Returns whether it is stopped or dead now: the state is read again."""

    def resume(self, anchor: ProcessAnchor) -> bool:
        """Let a suspended process go on. Returns whether it runs."""

    def kill(self, anchor: ProcessAnchor) -> bool:
        """End a process. Returns whether it is dead now: the state is read again."""


# Processes of this tool that do what may crash or hang; ``host.live`` starts them as its system does.
#
# The two speak by what can be pickled: orders go to the worker, answers come back. A worker ends when the process that
# started it has ended, or closes it.


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
