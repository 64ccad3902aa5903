"""Worker processes of Windows: they speak over a pipe that is their standard input, and end with this process.

A pipe of descriptors would not do: what ``multiprocessing`` makes of those is for sockets.
"""

from collections.abc import Sequence
from contextlib import ExitStack, suppress

from quetsach.endpoint.host.nt.job_calls import JobCalls, Started
from quetsach.endpoint.host.nt.process_calls import QUERY, SUSPEND, SYNCHRONIZE, TERMINATE, ProcessCalls
from quetsach.endpoint.host.worker_process import Channel

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
