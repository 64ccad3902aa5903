"""Running processes and their sockets, read from ``/proc`` (Linux: ``proc(5)``) and acted on through descriptors."""

import errno
import ipaddress
import os
import re
import select
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.posix.memory import LinuxMemory, open_memory
from quetsach.endpoint.host.process import Process, ProcessState, Socket

# Sockets of a running Linux and the processes that hold them (``proc_pid_net(5)``, ``proc_pid_fd(5)``).
#
# Only the network namespace of this process is seen: a container has its own.

PROTOCOLS = ("tcp", "tcp6", "udp", "udp6")

_TABLE_LIMIT_BYTES = 16 << 20
_MOST_DESCRIPTORS = 500_000
_LINE = re.compile(
    rb"\s*\d{1,10}: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2})"
    rb" \S+ \S+ \S+ +\d{1,10} +\d{1,10} (\d{1,20})[ \n]"
)
_STATES = (  # include/net/tcp_states.h
    *("", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT"),
    *("LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"),
)


def sockets(proc: bytes) -> Iterator[Socket]:
    """Yield the sockets that ``/proc`` below this path lists, with the first process that holds each."""
    holders = _holders(proc)
    for protocol in PROTOCOLS:
        for found in parse_table(protocol, _read_table(proc + b"/net/" + protocol.encode())):
            pid = holders.get(found.inode, 0)
            yield Socket(found.protocol, found.local, found.remote, found.state, found.inode, pid)


def parse_table(protocol: str, content: bytes) -> Iterator[Socket]:
    """Yield the sockets of a table such as ``/proc/net/tcp``; lines of another form are passed over."""
    for line in content.split(b"\n")[1:]:
        found = _LINE.match(line + b"\n")
        if found is None:
            continue
        state = int(found[5], 16)
        word = _STATES[state] if state < len(_STATES) else ""
        if protocol.startswith("udp"):
            word = "ESTABLISHED" if state == 1 else "LISTEN"  # an unconnected one takes what comes
        local, remote = _address(found[1], found[2]), _address(found[3], found[4])
        yield Socket(protocol, local, remote, word, int(found[6]))


def _address(address: bytes, port: bytes) -> str:
    """Return an address of the table: words of 32 bits, each in the byte order of the machine."""
    raw = bytes.fromhex(address.decode())
    if sys.byteorder == "little":
        raw = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    found = ipaddress.ip_address(raw)
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    text = str(found)
    return f"[{text}]:{int(port, 16)}" if ":" in text else f"{text}:{int(port, 16)}"


def _holders(proc: bytes) -> Mapping[int, int]:
    """Return inode of a socket -> number of the process that holds it; of several the lowest number."""
    holders: dict[int, int] = {}
    left = _MOST_DESCRIPTORS
    for pid in sorted(int(name) for name in _names(proc) if name.isdigit()):
        folder = b"%s/%d/fd" % (proc, pid)
        for name in _names(folder):
            left -= 1
            if left < 0:
                return holders
            target = _link(folder + b"/" + name)
            if target.startswith(b"socket:[") and (inode := target[8:-1]).isdigit():
                holders.setdefault(int(inode), pid)
    return holders


def _names(folder: bytes) -> list[bytes]:
    try:
        return os.listdir(folder)
    except OSError:
        return []  # the process ended, or is another user's


def _link(path: bytes) -> bytes:
    try:
        return os.readlink(path)
    except OSError:
        return b""


def _read_table(path: bytes) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_TABLE_LIMIT_BYTES)
    except OSError:
        return b""


# Running processes, read from ``/proc`` (Linux: ``proc(5)``) and acted on through process descriptors.
#
# A number alone does not name a process: numbers are used again. Every act opens a process descriptor first and then
# compares the start time, so that a later process with the same number is never hit.

_DELETED = b" (deleted)"
_MAX_STATUS = 65536
_MAX_ARGUMENTS = 1 << 21
_POLL_SECONDS = 0.005
_STOP_SECONDS, _RESUME_SECONDS, _END_SECONDS = 2.0, 1.0, 5.0
"""So long a process has for obeying a signal."""


class LinuxProcesses:
    """The processes of the running system. Methods that take an anchor act on exactly that process or on none."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = os.fsencode(proc)
        self._own_files = _read_link(self._proc + b"/self/ns/mnt")

    def __iter__(self) -> Iterator[Process]:
        """Yield every process that can be read; those that end meanwhile are left out."""
        for name in sorted((n for n in os.listdir(self._proc) if n.isdigit()), key=int):
            if (process := self.read(int(name))) is not None:
                yield process

    def read(self, pid: int) -> Process | None:
        """Return one process, or ``None`` when there is none of that number, or none that the user may see."""
        folder = b"%s/%d" % (self._proc, pid)
        try:
            name, parent, start_ticks, _ = _parse_stat(_read(folder + b"/stat", _MAX_STATUS))
            uid = os.stat(folder).st_uid
            executable, deleted = _image_link(folder)
            arguments = _read(folder + b"/cmdline", _MAX_ARGUMENTS)
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # the last where /proc has hidepid
            return None
        words = tuple(arguments.removesuffix(b"\0").split(b"\0")) if arguments else ()
        anchor = ProcessAnchor(pid, start_ticks, executable, deleted)
        files = _read_link(folder + b"/ns/mnt") or self._own_files
        shares_files = files == self._own_files or not self._own_files
        return Process(anchor, parent, uid, words, _read_link(folder + b"/cwd"), name, shares_files)

    def named_image(self, process: Process) -> tuple[bytes, ...]:
        """Return the path by which this tool finds the image; none when it was deleted, or only a container has it."""
        path = process.executable
        return (path,) if path and not process.is_deleted and self.finds_the_same(process, path) else ()

    def finds_the_same(self, process: Process, path: bytes) -> bool:
        """Return whether a path leads the process to the file to which it leads this tool."""
        if process.shares_files:
            return True
        try:
            theirs, ours = os.stat(b"%s/%d/root/%s" % (self._proc, process.pid, path.lstrip(b"/"))), os.stat(path)
        except (OSError, ValueError):  # a null byte
            return False
        return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)

    def state(self, anchor: ProcessAnchor) -> ProcessState:
        """Return what the process does now."""
        try:
            _, _, start_ticks, letter = _parse_stat(_read(b"%s/%d/stat" % (self._proc, anchor.pid), _MAX_STATUS))
        except (FileNotFoundError, ProcessLookupError):
            return ProcessState.DEAD
        if start_ticks != anchor.start_ticks or letter in b"ZXx":
            return ProcessState.DEAD
        return ProcessState.STOPPED if letter in b"Tt" else ProcessState.RUNNING

    def open_image(self, anchor: ProcessAnchor) -> int:
        """Open the running image for reading, also when its file was deleted; the caller closes the descriptor.

        Raises:
            OSError: ``ESRCH`` when the process ended, ``EACCES`` when it may not be read.
        """
        fd = os.open(b"%s/%d/exe" % (self._proc, anchor.pid), os.O_RDONLY | os.O_CLOEXEC)
        if self.state(anchor) is ProcessState.DEAD:  # asked after opening: the number may be another's by then
            os.close(fd)
            raise ProcessLookupError(errno.ESRCH, "the process has ended")
        return fd

    def image_identity(self, anchor: ProcessAnchor) -> tuple[int, int] | None:
        """Return device and inode of the running image; ``None`` when it cannot be told.

        A path says less: in a container the same path is another file.
        """
        try:
            found = os.stat(b"%s/%d/exe" % (self._proc, anchor.pid))
        except OSError:
            return None
        return None if self.state(anchor) is ProcessState.DEAD else (found.st_dev, found.st_ino)

    def holds_removed(self, pid: int, paths: Collection[bytes]) -> bool:
        """Return whether a process still has one of these files mapped, which were removed."""
        try:
            lines = _read(b"%s/%d/maps" % (self._proc, pid), 1 << 24).split(b"\n")
        except OSError:
            return False
        mapped = (line.split(None, 5)[5] for line in lines if line.endswith(_DELETED) and line.count(b" ") > 5)
        return any(path.removesuffix(_DELETED) in paths for path in mapped)

    def parent(self, process: Process) -> Process | None:
        """Return the process that started this one, or, when that one has ended, the one that took it over."""
        return self.read(process.parent)

    def open_memory(self, anchor: ProcessAnchor) -> LinuxMemory:
        """Open the memory of exactly this process.

        Raises:
            OSError: ``ESRCH`` when the process ended, ``EACCES`` when its memory may not be read.
        """
        return open_memory(self, anchor)

    def sockets(self) -> Iterator[Socket]:
        """Yield the sockets of the system, with the first process that holds each."""
        return sockets(self._proc)

    def suspend(self, anchor: ProcessAnchor) -> bool:
        """Stop a process without ending it. Returns whether it is stopped or dead now: the state is read again."""
        self._signal(anchor, signal.SIGSTOP)
        deadline = time.monotonic() + _STOP_SECONDS
        while (state := self.state(anchor)) is ProcessState.RUNNING and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        return state is not ProcessState.RUNNING

    def resume(self, anchor: ProcessAnchor) -> bool:
        """Let a suspended process go on. Returns whether it runs."""
        self._signal(anchor, signal.SIGCONT)
        deadline = time.monotonic() + _RESUME_SECONDS
        while (state := self.state(anchor)) is ProcessState.STOPPED and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        return state is ProcessState.RUNNING

    def kill(self, anchor: ProcessAnchor) -> bool:
        """End a process. Returns whether it is dead now: the state is read again."""
        self._signal(anchor, signal.SIGKILL, wait_seconds=_END_SECONDS)
        return self.state(anchor) is ProcessState.DEAD

    def _signal(self, anchor: ProcessAnchor, number: signal.Signals, *, wait_seconds: float = 0.0) -> None:
        try:
            pidfd = os.pidfd_open(anchor.pid)
        except ProcessLookupError:
            return
        try:
            if self.state(anchor) is ProcessState.DEAD:
                return
            signal.pidfd_send_signal(pidfd, number)
            if wait_seconds:
                select.select([pidfd], [], [], wait_seconds)
        except ProcessLookupError:
            return
        finally:
            os.close(pidfd)


def boot_id() -> str:
    """Return what tells this boot of the machine from every other; empty where the kernel does not say."""
    try:
        return _read(b"/proc/sys/kernel/random/boot_id", 64).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _parse_stat(content: bytes) -> tuple[bytes, int, int, bytes]:
    """Return short name, parent, start time in ticks and state letter of ``/proc/PID/stat``.

    The short name may itself hold brackets and spaces, so the last bracket ends it.
    """
    start, end = content.find(b"("), content.rfind(b")")
    fields = content[end + 1 :].split()
    try:
        return content[start + 1 : end], int(fields[1]), int(fields[19]), fields[0]
    except (IndexError, ValueError) as error:
        raise ProcessLookupError(errno.ESRCH, "the process list cannot be read") from error


def _image_link(folder: bytes) -> tuple[bytes, bool]:
    """Return the image's path and whether it was deleted.

    A living file may itself be called ``… (deleted)``: then that name leads to the same file.
    """
    link = _read_link(folder + b"/exe")
    if not link.endswith(_DELETED):
        return link, False
    try:
        image, named = os.stat(folder + b"/exe"), os.lstat(link)
    except OSError:
        return link.removesuffix(_DELETED), True
    if (image.st_dev, image.st_ino) == (named.st_dev, named.st_ino):
        return link, False
    return link.removesuffix(_DELETED), True


def _read_link(path: bytes) -> bytes:
    """Return a link of ``/proc``; empty for kernel threads and where permission is missing."""
    try:
        return os.readlink(path)
    except (PermissionError, FileNotFoundError):
        return b""


def _read(path: bytes, limit: int) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while limit > 0 and (part := os.read(fd, min(limit, 65536))):
            parts.append(part)
            limit -= len(part)
        return b"".join(parts)
    finally:
        os.close(fd)
