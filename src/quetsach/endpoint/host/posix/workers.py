"""Worker processes of POSIX, and bounds on the memory of the process that looks at files."""

import ctypes
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

# Worker processes of POSIX: they speak over standard input and output, and are in a group of their own.

_GIVEN_WAY = 5
"""By so much a worker is less urgent than what people do on the machine."""


class PosixWorker:
    """A worker, to the process that started it; satisfies ``WorkerProcess``."""

    def __init__(self, process: subprocess.Popen[bytes], orders: Connection, answers: Connection) -> None:
        self._process = process
        self.orders, self.answers = orders, answers

    def stop(self) -> None:
        """Have it stand still where it is: it is in no group that the terminal stops."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on after that."""
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self.orders.close()
        self.answers.close()
        self._process.wait()


def start_worker(command: Sequence[str]) -> PosixWorker:
    """Start a worker.

    Raises:
        OSError: it cannot be started.
    """
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)  # noqa: S603
    with process.stdin as orders, process.stdout as answers:  # type: ignore[union-attr]  # both are pipes
        return PosixWorker(
            process,
            Connection(os.dup(orders.fileno()), readable=False),
            Connection(os.dup(answers.fileno()), writable=False),
        )


def starter() -> tuple[Connection, Connection]:
    """Return, in a worker, where its orders come from and where its answers go; it gives way to others from now on."""
    orders = Connection(os.dup(0), writable=False)
    answers = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # nothing that a library prints may get between the answers
    os.nice(_GIVEN_WAY)
    return orders, answers


def give_way() -> None:
    """Run, with all workers, only when nobody else wants the processor; the kernel treats the disk alike."""
    os.nice(19)
    if hasattr(os, "sched_setscheduler"):
        try:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        except OSError:
            return


# A bound on what a library may allocate while it is called (getrlimit(2), RLIMIT_DATA, since Linux 4.7).

_PAGES_OF_DATA = 5
"""The column of /proc/self/statm (proc(5))."""


class MemoryBound:
    """While entered, this process may hold so many bytes more than when the bound was made; elsewhere no bound.

    An allocation beyond it fails, which libraries in C report as an error. It is for their calls alone: the match
    engine would abort.
    """

    def __init__(self, size_bytes: int) -> None:
        self._before: tuple[int, int] | None = None
        self._within: tuple[int, int] | None = None
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[_PAGES_OF_DATA])
            soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
            bound = pages * resource.getpagesize() + size_bytes
            if soft == resource.RLIM_INFINITY or bound < soft:
                self._before, self._within = (soft, hard), (bound, hard)

    def __enter__(self) -> None:
        if self._within:
            resource.setrlimit(resource.RLIMIT_DATA, self._within)

    def __exit__(self, *_: object) -> None:
        if self._before:
            resource.setrlimit(resource.RLIMIT_DATA, self._before)


# Keeps a large mapped file from filling the memory of the process that looks at it.
#
# The match engine maps a file and reads it from end to end; pages that were read stay with the process until the kernel
# needs them. A thread gives them back meanwhile (``madvise(2)``, ``MADV_DONTNEED``: the mapping stays, and a page that
# is read again comes from the kernel's cache, which keeps it for those who use the file).
#
# On memory that is no file's, the same call would be destructive. So it is made only for what is mapped read-only, from
# its beginning, of this file, and was not mapped before, such as a library that this very process runs on; whether that
# still holds is asked in the step before, and the interpreter's lock is kept over both, so nothing in Python can map
# other memory there in between.

MOST_RESIDENT_KB = 32 * 1024

_DONTNEED = 4
_LOOK_SECONDS = 0.005
_UNINTERRUPTED_SECONDS = 1.0
_RESIDENT = re.compile(rb"^Rss(?:File|Shmem):\s+(\d+) kB", re.MULTILINE)

type _Range = tuple[int, int]


@contextmanager
def little_resident(device: int, inode: int) -> Iterator[None]:
    """Give back the pages of a file that this process maps while the body runs, whenever they are many.

    Does nothing where the kernel does not tell of them.
    """
    done = threading.Event()
    before = frozenset(_mapped(device, inode))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(_UNINTERRUPTED_SECONDS)
    thread = threading.Thread(target=_give_back, args=(device, inode, before, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        sys.setswitchinterval(interval)


def _give_back(device: int, inode: int, before: frozenset[_Range], done: threading.Event) -> None:
    madvise = ctypes.PyDLL(None).madvise  # PyDLL: the call is made with the interpreter's lock held
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    while not done.wait(_LOOK_SECONDS):
        if _resident_kb() > MOST_RESIDENT_KB:
            for start, end in set(_mapped(device, inode)) - before:
                if _is_of_a_file(start, end):
                    madvise(start, end - start, _DONTNEED)


def _is_of_a_file(start: int, end: int) -> bool:
    try:
        os.readlink(f"/proc/self/map_files/{start:x}-{end:x}")  # there is one only for a file, with these very bounds
    except OSError:
        return False
    return True


def _resident_kb() -> int:
    try:
        return sum(map(int, _RESIDENT.findall(Path("/proc/self/status").read_bytes())))
    except OSError:
        return 0


def _mapped(device: int, inode: int) -> Iterator[_Range]:
    """Yield start and end of what is mapped of a file, from its beginning and for reading (``proc_pid_maps(5)``)."""
    try:
        lines = Path("/proc/self/maps").read_bytes().split(b"\n")
    except OSError:
        return
    for line in lines:
        fields = line.split(None, 5)
        if len(fields) < 5 or not fields[1].startswith(b"r--") or int(fields[2], 16) or int(fields[4]) != inode:
            continue
        major, _, minor = fields[3].partition(b":")
        if (int(major, 16), int(minor, 16)) == (os.major(device), os.minor(device)):
            start, _, end = fields[0].partition(b"-")
            yield int(start, 16), int(end, 16)
