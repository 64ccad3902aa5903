"""Keeps a large mapped file from filling the memory of the process that looks at it.

The match engine maps a file and reads it from end to end; pages that were read stay with the process until the kernel
needs them. A thread gives them back meanwhile (``madvise(2)``, ``MADV_DONTNEED``: the mapping stays, and a page that is
read again comes from the kernel's cache, which keeps it for those who use the file).

On memory that is no file's, the same call would be destructive. So it is made only for what is mapped read-only, from
its beginning, of this file, and was not mapped before, such as a library that this very process runs on; whether that
still holds is asked in the step before, and the interpreter's lock is kept over both, so nothing in Python can map
other memory there in between.
"""

import ctypes
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
