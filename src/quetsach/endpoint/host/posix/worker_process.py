"""Worker processes of POSIX: they speak over standard input and output, and are in a group of their own."""

import os
import signal
import subprocess
from collections.abc import Sequence
from multiprocessing.connection import Connection

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
