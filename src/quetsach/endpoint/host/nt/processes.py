"""The processes of the running Windows, each acted on through a handle whose process is compared first.

A number alone does not name a process: numbers are used again, and nothing takes over the children of one that ended.
What no other process can have is the moment at which it began, in 100 ns: that is its start in an anchor.
"""

import errno
import os
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.nt.names import is_of_the_tree, tree_path
from quetsach.endpoint.host.nt.process_calls import (
    IMAGE,
    QUERY,
    QUERY_LITTLE,
    READ,
    SET,
    SUSPEND,
    SYNCHRONIZE,
    TERMINATE,
    ListedProcess,
    NtMemory,
    Parameters,
    ProcessCalls,
    parameters_of,
    pieces_of,
    sockets,
)
from quetsach.endpoint.host.process import Process, ProcessState, Socket
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.tree import Tree

_POLL_SECONDS = 0.005
_STOP_SECONDS, _END_SECONDS = 2.0, 5.0
_MOST_SUSPENSIONS = 127  # MAXIMUM_SUSPEND_COUNT
_SYSTEM_PROCESS = 4


class NtProcesses:
    """The processes of the running system. Methods that take an anchor act on exactly that process or on none.

    A process that Windows protects from administrators denies access like any other that does: ``PermissionError``.

    Args:
        calls: how Windows is asked.
        tree: the files.
        system_drive: the drive whose files have no drive in their path.
    """

    def __init__(self, calls: ProcessCalls, tree: Tree, system_drive: str = "C:") -> None:
        self._calls = calls
        self._tree = tree
        self._system_drive = system_drive
        self._drives = calls.drives()
        self._suspended: dict[ProcessAnchor, int] = {}

    def __iter__(self) -> Iterator[Process]:
        """Yield every process that can be read; those that end meanwhile are left out."""
        self._drives = self._calls.drives()  # a stick may have come
        for listed in sorted(self._calls.listed()):
            if (process := self._read(listed)) is not None:
                yield process

    def read(self, pid: int) -> Process | None:
        """Return one process, or ``None`` when there is none of that number."""
        listed = self._listed(pid)
        return self._read(listed) if listed else None

    def parent(self, process: Process) -> Process | None:
        """Return the process that started this one, while it runs; a later one of its number is not it."""
        listed = self._listed(process.parent)
        if listed is None or listed.started > process.anchor.start_ticks or listed.pid == process.pid:
            return None
        return self._read(listed)

    def named_image(self, process: Process) -> tuple[bytes, ...]:
        """Return the path by which this tool finds the image; none when it was deleted or is of another machine."""
        path = process.executable
        return (path,) if is_of_the_tree(path) and not process.is_deleted else ()

    def finds_the_same(self, process: Process, path: bytes) -> bool:  # noqa: ARG002  (one shape for all)
        """Return whether a path leads the process to the file to which it leads this tool: Windows has one tree."""
        return True

    def state(self, anchor: ProcessAnchor) -> ProcessState:
        """Return what the process does now: it is stopped when none of its threads may run."""
        try:
            with self._opened(anchor, QUERY | SYNCHRONIZE) as process:
                counts = self._calls.suspend_counts(process)
        except ProcessLookupError:
            return ProcessState.DEAD
        except PermissionError:
            listed = self._listed(anchor.pid)
            is_there = listed is not None and listed.started == anchor.start_ticks
            return ProcessState.RUNNING if is_there else ProcessState.DEAD
        return ProcessState.STOPPED if counts and all(counts) else ProcessState.RUNNING

    def open_image(self, anchor: ProcessAnchor) -> int:
        """Open the file of the running image for reading; the caller closes the descriptor.

        Raises:
            OSError: ``ESRCH`` when the process ended, ``EACCES`` when it may not be read, ``ENOENT`` when its file has
                no name any more, or another file has it.
        """
        with self._opened_for_reading(anchor) as (process, _):
            if anchor.deleted or not is_of_the_tree(anchor.executable):
                raise FileNotFoundError(errno.ENOENT, "the image has no file in this tree")
            descriptor = self._tree.open_read(anchor.executable)
            if self._calls.is_image(process, descriptor) is False:
                os.close(descriptor)
                raise FileNotFoundError(errno.ENOENT, "another file has the name of the image")
        return descriptor

    def image_identity(self, anchor: ProcessAnchor) -> tuple[int, int] | None:
        """Return device and inode of the running image; ``None`` when it cannot be told."""
        try:
            descriptor = self.open_image(anchor)  # which says that the name leads to it
        except OSError:
            return None
        try:
            found = fstat(descriptor)
        finally:
            os.close(descriptor)
        return found.st_dev, found.st_ino

    def holds_removed(self, pid: int, paths: Collection[bytes]) -> bool:
        """Return whether a process has one of these files, which were removed, among those that it runs."""
        wanted = {_folded(path) for path in paths}
        with suppress(OSError):
            names = (*self._calls.modules(pid), *self._images(pid))
            return any(_folded(self._path(name)) in wanted for name in names)
        return False

    def open_memory(self, anchor: ProcessAnchor) -> NtMemory:
        """Open the memory of exactly this process.

        Raises:
            OSError: ``ESRCH`` when the process ended, ``EACCES`` when its memory may not be read.
        """
        return NtMemory(self._calls, self._open(anchor, QUERY | READ | SYNCHRONIZE), self._has_file)

    def sockets(self) -> Iterator[Socket]:
        """Yield the sockets of the system, with the process that holds each."""
        return sockets(self._calls)

    def suspend(self, anchor: ProcessAnchor) -> bool:
        """Stop a process without ending it. Returns whether it is stopped or dead now: the state is read again.

        A thread that another process starts in it meanwhile is suspended in the next round.
        """
        deadline = time.monotonic() + _STOP_SECONDS
        while (state := self.state(anchor)) is ProcessState.RUNNING and time.monotonic() < deadline:
            with suppress(ProcessLookupError), self._opened(anchor, SUSPEND | SYNCHRONIZE | QUERY_LITTLE) as process:
                self._calls.suspend(process)
                self._suspended[anchor] = self._suspended.get(anchor, 0) + 1
            if self._suspended.get(anchor, 0) >= _MOST_SUSPENSIONS:
                return False
            if self.state(anchor) is ProcessState.RUNNING:
                time.sleep(_POLL_SECONDS)
        return state is not ProcessState.RUNNING

    def resume(self, anchor: ProcessAnchor) -> bool:
        """Let a suspended process go on. Returns whether it runs.

        Suspensions are counted: as many are taken back as were made here, and more only while it is still stopped.
        """
        ours = self._suspended.pop(anchor, 0)
        for done in range(_MOST_SUSPENSIONS):
            if done >= ours and self.state(anchor) is not ProcessState.STOPPED:
                break
            with suppress(ProcessLookupError), self._opened(anchor, SUSPEND | SYNCHRONIZE | QUERY_LITTLE) as process:
                self._calls.resume(process)
        return self.state(anchor) is ProcessState.RUNNING

    def kill(self, anchor: ProcessAnchor) -> bool:
        """End a process. Returns whether it is dead now: the state is read again.

        Malware makes itself one of those at whose end Windows stops with an error; that is taken from it first.

        Raises:
            PermissionError: it may not be ended, or is still such a process.
        """
        with suppress(ProcessLookupError):
            self._make_ordinary(anchor)
            with self._opened(anchor, TERMINATE | SYNCHRONIZE | QUERY_LITTLE) as process:
                self._calls.terminate(process)
                self._calls.has_ended(process, _END_SECONDS)
        return self.state(anchor) is ProcessState.DEAD

    def _make_ordinary(self, anchor: ProcessAnchor) -> None:
        with self._opened_for_reading(anchor) as (process, _):
            if not self._calls.is_critical(process):
                return
        with self._opened(anchor, SET | QUERY | SYNCHRONIZE) as process:
            self._calls.make_ordinary(process)
            if self._calls.is_critical(process):
                raise PermissionError(errno.EACCES, "Windows would stop with the process")

    def _listed(self, pid: int) -> ListedProcess | None:
        return next((listed for listed in self._calls.listed() if listed.pid == pid), None)

    def _read(self, listed: ListedProcess) -> Process | None:
        pid, parent, started, name = listed
        anchor = ProcessAnchor(pid, started, b"", deleted=False)
        image, account, parameters = b"", -1, Parameters()
        try:
            with self._opened_for_reading(anchor) as (process, is_open):
                image = self._path(self._calls.image_name(process))
                account = self._account(process)
                if is_open:
                    parameters = parameters_of(self._calls, process)
                command = self._calls.command_line(process) or parameters.command_line
        except ProcessLookupError:
            return None
        except PermissionError:  # the kernel's own, and what it keeps even from administrators
            command = ""
        executable, deleted = self._found(image)
        return Process(
            ProcessAnchor(pid, started, executable, deleted),
            parent,
            account,
            pieces_of(command),
            self._path(parameters.folder),
            name.encode("utf-8", "surrogatepass"),
        )

    def _account(self, process: int) -> int:
        """Return the last number of the account that a process runs as: 18 is the system; -1 if it is not told."""
        with suppress(OSError, ValueError):
            return int(self._calls.owner(process).rpartition("-")[2])
        return -1

    def _path(self, name: str) -> bytes:
        return tree_path(name, self._drives, self._system_drive)

    def _found(self, image: bytes) -> tuple[bytes, bool]:
        """Return the path of an image as the disk has it, and whether nothing has that name any more."""
        if not is_of_the_tree(image):
            return image, False
        try:
            path = self._tree.resolve(image)
            self._tree.lstat(path)
        except FileNotFoundError:
            return image, True
        except OSError:
            return image, False
        return path, False

    def _has_file(self, name: str) -> bool:
        """Return whether what is mapped of a file can be looked at there."""
        return bool(name) and not self._found(self._path(name))[1]

    def _images(self, pid: int) -> Sequence[str]:
        """Return the files whose code a process has mapped, whatever it says of itself."""
        process = self._calls.open(pid, QUERY)
        try:
            starts = dict.fromkeys(one.allocation for one in self._calls.regions(process) if one.kind == IMAGE)
            return [self._calls.mapped_name(process, start) for start in starts]
        finally:
            self._calls.close(process)

    @contextmanager
    def _opened(self, anchor: ProcessAnchor, access: int) -> Iterator[int]:
        process = self._open(anchor, access)
        try:
            yield process
        finally:
            self._calls.close(process)

    @contextmanager
    def _opened_for_reading(self, anchor: ProcessAnchor) -> Iterator[tuple[int, bool]]:
        """Open with what is granted: that its memory may be read, which is told, or the little that all grant."""
        try:
            process, is_whole = self._open(anchor, QUERY | READ | SYNCHRONIZE), True
        except PermissionError:
            process, is_whole = self._open(anchor, QUERY_LITTLE | SYNCHRONIZE), False
        try:
            yield process, is_whole
        finally:
            self._calls.close(process)

    def _open(self, anchor: ProcessAnchor, access: int) -> int:
        """Open exactly this process.

        Raises:
            ProcessLookupError: it ended.
            PermissionError: it does not grant this.
        """
        with ExitStack() as opened:
            process = self._calls.open(anchor.pid, access)
            opened.callback(self._calls.close, process)
            if self._calls.started(process) != anchor.start_ticks or self._calls.has_ended(process):
                raise ProcessLookupError(errno.ESRCH, "the process has ended")
            opened.pop_all()
        return process


def start_of_machine(calls: ProcessCalls) -> str:
    """Return what tells this start of the machine from every other.

    The system's own first process began once. The time of the start that the system tells moves with its clock.
    """
    first = [one.started for one in calls.listed() if one.parent == _SYSTEM_PROCESS and one.started]
    return f"{min(first, default=0) or calls.boot_time():x}"


def _folded(path: bytes) -> str:
    return folded(path.decode("utf-8", "surrogatepass"))
