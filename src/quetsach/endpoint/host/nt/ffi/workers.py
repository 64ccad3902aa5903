"""Jobs, pipes and how a worker is started, by the native calls; ``NativeJobs`` satisfies ``JobCalls``."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import _winapi
import ctypes
import msvcrt
import os
import secrets
import subprocess
from collections.abc import Sequence
from ctypes import byref, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from multiprocessing.connection import PipeConnection

from quetsach.endpoint.host.nt.ffi._dll import library

_PIPE_BYTES = 256 << 10
"""So much waits in a pipe each way: two batches are more than the 8 KiB that ``multiprocessing.Pipe`` gives, and a
sender that waits for a worker that waits for the sender would wait for ever."""

_DUPLEX, _OVERLAPPED, _ONLY_ONE = 0x3, 0x4000_0000, 0x8_0000  # PIPE_ACCESS_DUPLEX, FILE_FLAG_*
_BY_MESSAGE, _LOCAL_ONLY = 0x4 | 0x2, 0x8  # PIPE_TYPE_MESSAGE, PIPE_READMODE_MESSAGE, PIPE_REJECT_REMOTE_CLIENTS
_READ_WRITE, _THERE = 0xC000_0000, 3  # GENERIC_READ, GENERIC_WRITE; OPEN_EXISTING

_SUSPENDED, _DETACHED, _OWN_GROUP = 0x4, 0x8, 0x200  # CREATE_*
_GIVING_WAY, _IDLE, _IN_BACKGROUND = 0x4000, 0x40, 0x10_0000  # *_PRIORITY_CLASS, PROCESS_MODE_BACKGROUND_BEGIN
_EXTENDED_LIMIT = 9  # JOBOBJECTINFOCLASS
_PROCESS_MEMORY, _NO_DIALOG, _ENDS_WITH_JOB = 0x100, 0x400, 0x2000  # JOB_OBJECT_LIMIT_*
_NOTHING = (-1, -2)
"""What stands for a descriptor that is not open, or of which nothing is shown (``_get_osfhandle``)."""

_ERRORS_WITHOUT_DIALOGS = 0x1 | 0x2 | 0x8000  # SEM_*


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("times", c_uint64 * 2),
        ("flags", c_uint32),
        ("working_set", c_size_t * 2),
        ("active", c_uint32),
        ("affinity", c_size_t),
        ("classes", c_uint32 * 2),
        ("transferred", c_uint64 * 6),
        ("process_bytes", c_size_t),
        ("job_bytes", c_size_t),
        ("peaks", c_size_t * 2),
    )


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS_EX."""

    _fields_ = (
        ("size", c_uint32),
        ("faults", c_uint32),
        ("peak", c_size_t),
        ("resident_bytes", c_size_t),
        ("unused", c_size_t * 6),
        ("private_bytes", c_size_t),
    )


_HANDLE = c_void_p
_kernel = library("kernel32")
for _name, _result, _arguments in (
    ("CreateJobObjectW", _HANDLE, [c_void_p, c_void_p]),
    ("SetInformationJobObject", c_int32, [_HANDLE, c_int32, c_void_p, c_uint32]),
    ("AssignProcessToJobObject", c_int32, [_HANDLE, _HANDLE]),
    ("GetCurrentProcess", _HANDLE, []),
    ("K32GetProcessMemoryInfo", c_int32, [_HANDLE, c_void_p, c_uint32]),
    ("K32EmptyWorkingSet", c_int32, [_HANDLE]),
    ("SetPriorityClass", c_int32, [_HANDLE, c_uint32]),
    ("GetPriorityClass", c_uint32, [_HANDLE]),
    ("SetErrorMode", c_uint32, [c_uint32]),
):
    _function = getattr(_kernel, _name)
    _function.restype, _function.argtypes = _result, _arguments


class NativeJobs:
    """Jobs of the running Windows."""

    def start_suspended(self, command: Sequence[str]) -> "tuple[subprocess.Popen[bytes], PipeConnection]":
        """Start a process that stands still, with its end of a pipe as its standard input; returns it and our end.

        It has no console, so no key of one reaches it, and it inherits nothing but that end and standard error.
        """
        ours, theirs = _pipe()
        try:
            descriptor = msvcrt.open_osfhandle(theirs, os.O_RDWR)
            try:
                shown = 2 if _is_open(2) else subprocess.DEVNULL
                process = subprocess.Popen(  # noqa: S603
                    command,
                    stdin=descriptor,
                    stdout=shown,
                    stderr=shown,
                    creationflags=_SUSPENDED | _DETACHED | _OWN_GROUP | (_IDLE if is_idle() else _GIVING_WAY),
                )
            finally:
                os.close(descriptor)
        except BaseException:
            ours.close()
            raise
        return process, ours

    def new_job(self) -> int:
        """Make a job."""
        job: int | None = _kernel.CreateJobObjectW(None, None)
        if job is None:
            raise ctypes.WinError(ctypes.get_last_error())
        return job

    def limit(self, job: int, *, ends_with_us: bool, most_bytes: int | None) -> None:
        """Say what holds for its processes; one that crashes shows no window."""
        flags = _NO_DIALOG | (_ENDS_WITH_JOB if ends_with_us else 0) | (0 if most_bytes is None else _PROCESS_MEMORY)
        limits = _Limits(flags=flags, process_bytes=most_bytes or 0)
        _checked(_kernel.SetInformationJobObject(job, _EXTENDED_LIMIT, byref(limits), ctypes.sizeof(limits)))

    def put_in(self, job: int, process: int) -> None:
        """Put a process into a job."""
        _checked(_kernel.AssignProcessToJobObject(job, process))

    def own_process(self) -> int:
        """Return what stands for this process."""
        return int(_kernel.GetCurrentProcess())

    def held_bytes(self) -> int:
        """Return how much memory this process has of its own."""
        return int(self._counters().private_bytes)

    def resident_bytes(self) -> int:
        """Return how much of this process, of files it has mapped, too, is in memory."""
        return int(self._counters().resident_bytes)

    def give_back_pages(self) -> None:
        """Let go what of this process is in memory."""
        _kernel.K32EmptyWorkingSet(self.own_process())

    def _counters(self) -> _Counters:
        counters = _Counters(ctypes.sizeof(_Counters))
        _checked(_kernel.K32GetProcessMemoryInfo(self.own_process(), byref(counters), counters.size))
        return counters


def standard_input() -> "PipeConnection":
    """Return the pipe that this process was given as its standard input."""
    return PipeConnection(msvcrt.get_osfhandle(0))


def show_no_dialogs() -> None:
    """Have neither a crash nor a drive without a disk open a window that waits for somebody."""
    _kernel.SetErrorMode(_ERRORS_WITHOUT_DIALOGS)


def is_idle() -> bool:
    """Return whether this process runs only when nobody else wants to."""
    return bool(_kernel.GetPriorityClass(_kernel.GetCurrentProcess()) == _IDLE)


def be_idle() -> None:
    """Have processor, disk and memory given to all others first, also by the workers that are started from now on."""
    this = _kernel.GetCurrentProcess()
    _checked(_kernel.SetPriorityClass(this, _IDLE))
    _kernel.SetPriorityClass(this, _IN_BACKGROUND)  # refused where it already is so


def _pipe() -> "tuple[PipeConnection, int]":
    """Return both ends of a pipe that nobody else can be connected to: it has one other end, which is taken here."""
    name = rf"\\.\pipe\quetsach-{secrets.token_hex(16)}"
    here = _winapi.CreateNamedPipe(
        name, _DUPLEX | _OVERLAPPED | _ONLY_ONE, _BY_MESSAGE | _LOCAL_ONLY, 1, _PIPE_BYTES, _PIPE_BYTES, 0, 0
    )
    try:
        there = _winapi.CreateFile(name, _READ_WRITE, 0, 0, _THERE, _OVERLAPPED, 0)
        _winapi.SetNamedPipeHandleState(there, _winapi.PIPE_READMODE_MESSAGE, None, None)
        _winapi.ConnectNamedPipe(here, overlapped=True).GetOverlappedResult(True)
    except OSError:
        _winapi.CloseHandle(here)
        raise
    return PipeConnection(here), there


def _is_open(descriptor: int) -> bool:
    try:
        return msvcrt.get_osfhandle(descriptor) not in _NOTHING
    except OSError:  # as in a program with a window
        return False


def _checked(succeeded: int) -> None:
    if not succeeded:
        raise ctypes.WinError(ctypes.get_last_error())
