"""Looks at many files in several processes; one that crashes or hangs costs the file that did it, which is named."""

import contextlib
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from quetsach.core.text import SystemText, Text
from quetsach.endpoint import ScanError
from quetsach.endpoint.host.live import start_worker
from quetsach.endpoint.host.process import WorkerProcess, answering
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.archive.inside import UNCOUNTED, Contents
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.file_result import IN_MEMORY_BYTES, Archives, FileResult, scan_file
from quetsach.endpoint.scanner.recognise import Recogniser, Signatures
from quetsach.endpoint.scanner.walk import Candidate, Opener

_AT_ONCE = 256
"""So many files are looked at in this process before others are started: a small scan is over by then."""

WORKER = (sys.executable, "-P", "-m", "quetsach.endpoint.scanner.worker")
"""How a worker is started; ``-P`` keeps the current folder, which may be hostile, off the import path."""

_BATCH_FILES = 128
_BATCH_BYTES = 64 << 20
_BATCH_LETTERS = 12 << 10
"""Of all paths of a batch: two batches fit into a pipe, so handing them out never waits for a worker."""
_IN_HAND = 2
"""Batches that a worker has at a time: it goes on while its answer is taken."""
_START_SECONDS = 60
_PATIENCE_SECONDS = 120
_SLOWEST_BYTES_PER_SECOND = 10_000_000
_GRACE_SECONDS = 10
"""When the scan is to end, what is being looked at has so long to come to its own end."""
_NAP_SECONDS = 0.5
_COUNT_SECONDS = 2.0
"""So long someone waits to be told how much lies in an archive."""

type Seen = tuple[Candidate, FileResult | ScanIssue]


@dataclass(slots=True, eq=False)
class _Worker:
    process: WorkerProcess
    is_ready: bool = False
    batches: deque[list[Candidate]] = field(default_factory=deque)
    patient_until: float = 0.0

    def give(self, batch: list[Candidate]) -> None:
        self.batches.append(batch)
        if len(self.batches) == 1:
            self.be_patient()
        with contextlib.suppress(OSError):  # it died: noticed when its answer does not come
            self.process.orders.send(batch)

    def be_patient(self) -> None:
        """Wait anew for the batch that is worked on now."""
        size = sum(candidate.size_bytes for candidate in self.batches[0]) if self.batches else 0
        wait_seconds = (0 if self.is_ready else _START_SECONDS) + _PATIENCE_SECONDS
        self.patient_until = time.monotonic() + wait_seconds + size / _SLOWEST_BYTES_PER_SECOND


class WorkerPool:
    """This process and its workers, which are started when there is enough to do; close it.

    Args:
        tree: the files.
        recogniser: what is looked for, compiled for this process.
        signatures: the same, for the workers.
        jobs: worker processes; with 1, all but large files and archives are looked at in this process.
        control: pauses the workers, and says when to end.
        command: how to start a worker.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        recogniser: Recogniser,
        signatures: Signatures,
        jobs: int = 1,
        control: Control | None = None,
        command: Sequence[str] = WORKER,
    ) -> None:
        self._tree = tree
        self._recogniser = recogniser
        self._signatures = signatures
        self._jobs = max(1, jobs)
        self._control = control or Control()
        self._command = command
        self._here = 0
        self._workers: list[_Worker] = []
        self._ahead: WorkerProcess | None = None
        self._again: deque[list[Candidate]] = deque()
        self._leave = self._control.attend(self._halt)

    def get_ready(self) -> None:
        """Start a worker before there is anything for it: it loads what it needs while this process looks elsewhere.

        Raises:
            ScanError: it cannot be started.
        """
        self._ahead = self._ahead or _started(self._command)

    def look_at_all(self, candidates: Iterable[Candidate]) -> Iterator[Seen]:
        """Yield what each candidate showed, in no order.

        Large files and archives always go to a worker process: a mapped file that is cut short meanwhile ends its
        reader, and so may an archive.

        Raises:
            ScanError: a worker cannot be started.
        """
        waiting = iter(candidates)
        for_workers: list[Candidate] = []
        with Opener(self._tree) as opener:
            while self._jobs == 1 or self._here < _AT_ONCE:
                candidate = next(waiting, None)
                if candidate is None:
                    break
                look = self._look_here(candidate, opener)
                if look is not None:
                    yield candidate, look
                    continue
                for_workers.append(candidate)
                if len(for_workers) == _BATCH_FILES:
                    yield from self._work(_batches(for_workers))
                    for_workers = []
        yield from self._work(_batches(_chained(for_workers, waiting)))

    def _look_here(self, candidate: Candidate, opener: Opener) -> FileResult | ScanIssue | None:
        """Look at a file in this process; ``None`` if it belongs into a worker."""
        if candidate.size_bytes > IN_MEMORY_BYTES:
            return None
        self._here += 1
        look = scan_file(opener, candidate, self._recogniser, archives=Archives.POSTPONE)
        return None if isinstance(look, FileResult) and look.is_postponed else look

    def close(self) -> None:
        """End the workers."""
        self._leave()
        for worker in self._workers:
            worker.process.close()
        if self._ahead is not None:
            self._ahead.close()
        self._workers, self._ahead = [], None

    def _work(self, batches: Iterator[list[Candidate]]) -> Iterator[Seen]:
        while True:
            self._hand_out(batches)
            busy = [worker for worker in self._workers if worker.batches]
            if not busy:
                return
            ready = answering([worker.process.answers for worker in busy], _NAP_SECONDS)
            self._control.is_over()  # stands still during a pause
            for worker in busy:
                if worker.process.answers in ready:
                    yield from self._receive(worker)
                elif self._control.is_over_for(_GRACE_SECONDS):
                    yield from self._abandon(worker)
                elif worker.patient_until <= time.monotonic():
                    yield from self._give_up(worker, Reason.TIMED_OUT)

    def _hand_out(self, batches: Iterator[list[Candidate]]) -> None:
        while True:
            worker = min(self._workers, key=lambda worker: len(worker.batches), default=None)
            if worker is None or (worker.batches and len(self._workers) < self._jobs):
                worker = None
            elif len(worker.batches) == _IN_HAND:
                return
            batch = self._again.popleft() if self._again else next(batches, None)
            if batch is None:
                return
            (worker or self._start()).give(batch)

    def _start(self) -> _Worker:
        worker = _Worker(self._ahead or _started(self._command))
        self._ahead = None
        self._workers.append(worker)
        self._stand_still_with(worker)
        worker.be_patient()
        with contextlib.suppress(OSError):  # it died: noticed when its answer does not come
            worker.process.orders.send((self._tree, self._signatures))
        return worker

    def _stand_still_with(self, worker: _Worker) -> None:
        """Have a new worker stand still too, if a pause began before it was among those that are told of one."""
        while self._control.is_paused:
            worker.process.stop()
            self._control.is_over()  # stands still during a pause
            worker.process.go_on()

    def _receive(self, worker: _Worker) -> Iterator[Seen]:
        try:
            looks = worker.process.answers.recv()
        except (EOFError, OSError):
            yield from self._give_up(worker, Reason.CRASHED)
            return
        if not worker.is_ready:
            worker.is_ready = True
            worker.be_patient()
            return
        batch = worker.batches.popleft()
        worker.be_patient()
        for candidate, look in zip(batch, looks, strict=True):
            yield candidate, look or FileResult(candidate.path, candidate.size_bytes)

    def _give_up(self, worker: _Worker, reason: Reason) -> Iterator[Seen]:
        """Replace a worker; of several files it was looking at, each is tried alone."""
        worker.process.close()
        self._workers.remove(worker)
        if not worker.is_ready:
            raise ScanError(
                Text("a worker process does not answer"), hint=Text("try again with --jobs 1, and please report this")
            )
        doubtful = worker.batches.popleft()
        if len(doubtful) == 1:
            yield doubtful[0], ScanIssue(doubtful[0].path, reason)
        else:
            self._again.extend([candidate] for candidate in doubtful)
        self._again.extend(worker.batches)

    def _abandon(self, worker: _Worker) -> Iterator[Seen]:
        """End a worker in the middle of its work."""
        worker.process.close()
        self._workers.remove(worker)
        for batch in (*worker.batches, *self._again):
            for candidate in batch:
                yield candidate, ScanIssue(candidate.path, Reason.NOT_REACHED)
        self._again.clear()

    def _halt(self, paused_seconds: float | None) -> None:
        """Stop the workers where they are, or let them go on."""
        for worker in tuple(self._workers):
            if paused_seconds is None:
                worker.process.stop()
            else:
                worker.patient_until += paused_seconds
                worker.process.go_on()


def count_in_archives(tree: Tree, paths: Iterable[bytes], *, command: Sequence[str] = WORKER) -> Iterator[Contents]:
    """Yield how much lies in each archive, counted by a worker process that has two seconds for each.

    Raises:
        ScanError: a worker cannot be started.
    """
    worker: WorkerProcess | None = None
    try:
        for path in paths:
            worker = worker or _start_to_count(tree, command)
            contents = _count(worker, path)
            if contents is None:
                worker.close()
                worker = None
            yield contents or UNCOUNTED
    finally:
        if worker is not None:
            worker.close()


def _start_to_count(tree: Tree, command: Sequence[str]) -> WorkerProcess:
    worker = _started(command)
    with contextlib.suppress(EOFError, OSError):
        worker.orders.send((tree, Signatures({})))
        if worker.answers.poll(_START_SECONDS):
            worker.answers.recv()
            return worker
    worker.close()
    raise ScanError(
        Text("a worker process does not answer"), hint=Text("try again with --jobs 1, and please report this")
    )


def _count(worker: WorkerProcess, path: bytes) -> Contents | None:
    """Return how much lies in an archive; ``None`` if the worker is of no more use."""
    with contextlib.suppress(EOFError, OSError):
        worker.orders.send(path)
        if worker.answers.poll(_COUNT_SECONDS):
            contents: Contents = worker.answers.recv()
            return contents
    return None


def _chained(large: list[Candidate], rest: Iterator[Candidate]) -> Iterator[Candidate]:
    yield from large
    yield from rest


def _batches(candidates: Iterable[Candidate]) -> Iterator[list[Candidate]]:
    batch: list[Candidate] = []
    size = letters = 0
    for candidate in candidates:
        batch.append(candidate)
        size += candidate.size_bytes
        letters += len(candidate.path)
        if len(batch) == _BATCH_FILES or size > _BATCH_BYTES or letters > _BATCH_LETTERS:
            yield batch
            batch, size, letters = [], 0, 0
    if batch:
        yield batch


def _started(command: Sequence[str]) -> WorkerProcess:
    try:
        return start_worker(command)
    except OSError as error:
        raise ScanError(
            Text("a worker process cannot be started: {reason}", reason=SystemText(error.strerror))
        ) from None
