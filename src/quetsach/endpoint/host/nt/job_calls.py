"""The calls of Windows by which workers are started, bound and stopped. Source: Microsoft Learn, "Job Objects"."""

from collections.abc import Sequence
from typing import Protocol

from quetsach.endpoint.host.worker_process import Channel


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
