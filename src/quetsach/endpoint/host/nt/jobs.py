"""Worker processes of Windows and what they may use, bound by job objects."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Protocol

from quetsach.endpoint.host.nt.process_calls import QUERY, SUSPEND, SYNCHRONIZE, TERMINATE, ProcessCalls
from quetsach.endpoint.host.process import Channel

# The calls of Windows by which workers are started, bound and stopped. Source: Microsoft Learn, "Job Objects".


class Started(Protocol):
    """A process that was started, as ``subprocess.Popen`` has it."""

    @property
    def pid(self) -> int:
        """Its number."""

    def kill(self) -> None:
        """End it."""

    def wait(self) -> int:
        """Wait for its end."""


class JobCalls(Protocol):
    """Open jobs and processes are numbers. Every call may raise ``OSError``."""

    def start_suspended(self, command: Sequence[str]) -> tuple[Started, Channel]:
        """Start a process that stands still, with its end of a pipe as its standard input; returns it and our end."""

    def new_job(self) -> int:
        """Make a job: limits that hold for the processes in it."""

    def limit(self, job: int, *, ends_with_us: bool, most_bytes: int | None) -> None:
        """Say what holds for its processes: that they end when it is closed, how much memory each may have."""

    def put_in(self, job: int, process: int) -> None:
        """Put a process into a job."""

    def own_process(self) -> int:
        """Return what stands for this process."""

    def held_bytes(self) -> int:
        """Return how much memory this process has of its own."""

    def resident_bytes(self) -> int:
        """Return how much of this process, of files it has mapped, too, is in memory."""

    def give_back_pages(self) -> None:
        """Let go what of this process is in memory; what it needs comes back."""


# Worker processes of Windows: they speak over a pipe that is their standard input, and end with this process.
#
# A pipe of descriptors would not do: what ``multiprocessing`` makes of those is for sockets.

_PUT_IN_JOB = TERMINATE | 0x100  # PROCESS_SET_QUOTA


class NtWorker:
    """A worker, to the process that started it; satisfies ``WorkerProcess``."""

    def __init__(self, process: Started, channel: Channel, handle: int, calls: ProcessCalls) -> None:
        self._process, self._handle, self._calls = process, handle, calls
        self.orders = self.answers = channel

    def stop(self) -> None:
        """Have it stand still where it is."""
        with suppress(OSError):  # it died: noticed when its answer does not come
            self._calls.suspend(self._handle)

    def go_on(self) -> None:
        """Let it go on after that."""
        with suppress(OSError):
            self._calls.resume(self._handle)

    def close(self) -> None:
        """End it, whatever it is at."""
        self._process.kill()
        self.orders.close()
        self._process.wait()
        self._calls.close(self._handle)


class Workers:
    """Starts workers; all are in one job, so that none outlives this process, however that ends."""

    def __init__(self, calls: ProcessCalls, jobs: JobCalls) -> None:
        self._calls, self._jobs = calls, jobs
        self._job: int | None = None

    def start(self, command: Sequence[str]) -> NtWorker:
        """Start a worker.

        Raises:
            OSError: it cannot be started.
        """
        process, channel = self._jobs.start_suspended(command)
        with ExitStack() as ending:
            ending.callback(process.wait)
            ending.callback(channel.close)
            ending.callback(process.kill)
            handle = self._calls.open(process.pid, QUERY | SUSPEND | SYNCHRONIZE | _PUT_IN_JOB)
            ending.callback(self._calls.close, handle)
            self._jobs.put_in(self._for_all(), handle)
            self._calls.resume(handle)
            ending.pop_all()
        return NtWorker(process, channel, handle, self._calls)

    def _for_all(self) -> int:
        if self._job is None:
            self._job = self._jobs.new_job()
            self._jobs.limit(self._job, ends_with_us=True, most_bytes=None)
        return self._job


# A bound on what a library may allocate while it is called: a job of this process alone that limits its memory.


class NtMemoryBound:
    """While entered, this process may hold so many bytes more than when the bound was made.

    An allocation beyond it fails, which libraries in C report as an error. It is for their calls alone: the match
    engine would abort.
    """

    def __init__(self, size_bytes: int, calls: JobCalls, own_job: Callable[[], int]) -> None:
        self._calls = calls
        self._job = own_job()
        self._most_bytes = calls.held_bytes() + size_bytes

    def __enter__(self) -> None:
        self._calls.limit(self._job, ends_with_us=False, most_bytes=self._most_bytes)

    def __exit__(self, *_: object) -> None:
        self._calls.limit(self._job, ends_with_us=False, most_bytes=None)


class OwnJob:
    """The job of this process alone, made when it is first asked for."""

    def __init__(self, calls: JobCalls) -> None:
        self._calls = calls
        self._job: int | None = None

    def get(self) -> int:
        """Return it."""
        if self._job is None:
            self._job = self._calls.new_job()
            self._calls.put_in(self._job, self._calls.own_process())
        return self._job


# Keeps a large mapped file from filling the memory of the process that looks at it.
#
# The match engine maps a file and reads it from end to end; pages that were read stay with the process until they are
# needed elsewhere. A thread gives them back meanwhile: they stay in the system's cache, and one that is read again
# comes from there. What else the process holds comes back in the same way.

MOST_RESIDENT_BYTES = 32 << 20

_LOOK_SECONDS = 0.02


@contextmanager
def little_resident(calls: JobCalls) -> Iterator[None]:
    """Give back the pages of this process while the body runs, whenever they are many more than before."""
    most = calls.resident_bytes() + MOST_RESIDENT_BYTES
    done = threading.Event()

    def give_back() -> None:
        while not done.wait(_LOOK_SECONDS):
            if calls.resident_bytes() > most:
                calls.give_back_pages()

    thread = threading.Thread(target=give_back, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
