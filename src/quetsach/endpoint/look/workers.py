"""Looks at many files in several processes; one that crashes or hangs costs the file that did it, which is named."""

import contextlib
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait

from quetsach.endpoint.errors import ScanError
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.look.look import IN_MEMORY_BYTES, Look, look_at
from quetsach.endpoint.look.recognise import Recogniser, Signatures
from quetsach.endpoint.look.walk import Candidate
from quetsach.endpoint.trouble import Reason, Trouble

_AT_ONCE = 256
"""So many files are looked at in this process before others are started: a small scan is over by then."""

WORKER = (sys.executable, "-P", "-m", "quetsach.endpoint.look.worker")
"""How a worker is started; ``-P`` keeps the current folder, which may be hostile, off the import path."""

_BATCH_FILES = 128
_BATCH_BYTES = 64 << 20
_START_SECONDS = 60
_PATIENCE_SECONDS = 120
_SLOWEST_BYTES_PER_SECOND = 10_000_000


def look_at_all(
    tree: Tree,
    candidates: Iterable[Candidate],
    *,
    recogniser: Recogniser,
    signatures: Signatures,
    jobs: int,
    command: Sequence[str] = WORKER,
) -> Iterator[Look | Trouble]:
    """Yield what each candidate showed, in no order.

    Large files always go to a worker process: they are mapped, and one that is cut short meanwhile ends its reader.

    Args:
        tree: the files.
        candidates: what a walk found.
        recogniser: what is looked for, compiled for this process.
        signatures: the same, for the workers.
        jobs: worker processes; 1 looks at all but large files in this process.
        command: how to start a worker.

    Raises:
        ScanError: a worker cannot be started.
    """
    waiting = iter(candidates)
    large: list[Candidate] = []
    here = 0
    for candidate in waiting:
        if candidate.size_bytes > IN_MEMORY_BYTES:
            large.append(candidate)
            continue
        yield look_at(tree, candidate, recogniser)
        here += 1
        if jobs > 1 and here == _AT_ONCE:
            break
    with contextlib.closing(_Crew(tree, signatures, command, jobs)) as crew:
        yield from crew.work(_batches(_chained(large, waiting)))


def _chained(large: list[Candidate], rest: Iterator[Candidate]) -> Iterator[Candidate]:
    yield from large
    yield from rest


def _batches(candidates: Iterator[Candidate]) -> Iterator[list[Candidate]]:
    batch: list[Candidate] = []
    size = 0
    for candidate in candidates:
        batch.append(candidate)
        size += candidate.size_bytes
        if len(batch) == _BATCH_FILES or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@dataclass(slots=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    orders: Connection
    answers: Connection
    batch: list[Candidate] = field(default_factory=list)
    patient_until: float = 0.0

    def give(self, batch: list[Candidate]) -> None:
        size = sum(candidate.size_bytes for candidate in batch)
        self.batch = batch
        self.patient_until = time.monotonic() + _PATIENCE_SECONDS + size / _SLOWEST_BYTES_PER_SECOND
        with contextlib.suppress(OSError):  # it died: noticed when its answer does not come
            self.orders.send(batch)

    def close(self) -> None:
        self.process.kill()
        self.orders.close()
        self.answers.close()
        self.process.wait()


class _Crew:
    """The worker processes, started when there is work for them."""

    def __init__(self, tree: Tree, signatures: Signatures, command: Sequence[str], jobs: int) -> None:
        self._order = (tree, signatures)
        self._command = command
        self._jobs = max(1, jobs)
        self._workers: list[_Worker] = []
        self._again: deque[list[Candidate]] = deque()

    def work(self, batches: Iterator[list[Candidate]]) -> Iterator[Look | Trouble]:
        while True:
            self._hand_out(batches)
            busy = [worker for worker in self._workers if worker.batch]
            if not busy:
                return
            until = min(worker.patient_until for worker in busy)
            ready = set(wait([worker.answers for worker in busy], timeout=max(0.0, until - time.monotonic())))
            for worker in busy:
                if worker.answers in ready:
                    yield from self._receive(worker)
                elif worker.patient_until <= time.monotonic():
                    yield from self._give_up(worker, Reason.TIMED_OUT)

    def close(self) -> None:
        for worker in self._workers:
            worker.close()
        self._workers = []

    def _hand_out(self, batches: Iterator[list[Candidate]]) -> None:
        idle = [worker for worker in self._workers if not worker.batch]
        while idle or len(self._workers) < self._jobs:
            batch = self._again.popleft() if self._again else next(batches, None)
            if batch is None:
                return
            (idle.pop() if idle else self._start()).give(batch)

    def _start(self) -> _Worker:
        worker = _start(self._command)
        self._workers.append(worker)
        with contextlib.suppress(OSError, EOFError):
            worker.orders.send(self._order)
            if worker.answers.poll(_START_SECONDS):
                worker.answers.recv()
                return worker
        raise ScanError("a worker process does not answer", hint="try again with --jobs 1, and please report this")

    def _receive(self, worker: _Worker) -> Iterator[Look | Trouble]:
        try:
            looks = worker.answers.recv()
        except (EOFError, OSError):
            yield from self._give_up(worker, Reason.CRASHED)
            return
        worker.batch = []
        yield from looks

    def _give_up(self, worker: _Worker, reason: Reason) -> Iterator[Trouble]:
        """Replace a worker; of several files it had, each is tried alone."""
        worker.close()
        self._workers.remove(worker)
        if len(worker.batch) == 1:
            yield Trouble(worker.batch[0].path, reason)
        else:
            self._again.extend([candidate] for candidate in worker.batch)


def _start(command: Sequence[str]) -> _Worker:
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)  # noqa: S603
    except OSError as error:
        raise ScanError(f"a worker process cannot be started: {error.strerror}") from None
    with process.stdin as orders, process.stdout as answers:  # type: ignore[union-attr]  # both are pipes
        return _Worker(
            process,
            orders=Connection(os.dup(orders.fileno()), readable=False),
            answers=Connection(os.dup(answers.fileno()), writable=False),
        )
