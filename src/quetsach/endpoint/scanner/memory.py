"""Looks for rules in the memory of processes, by a process of its own: a crash or a hang costs the process it was at.

Matched are windows of up to 16 MiB in which lies what follows in memory, with gaps between what does not; what a rule
demands must lie in one window. A process whose own memory is smaller is matched as one; windows of a longer run
overlap.
"""

import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from quetsach.core.memory_variant import memory_variant
from quetsach.core.pack import Pack
from quetsach.core.rule_text import rules_of
from quetsach.core.text import SystemText, Text
from quetsach.endpoint import ScanError
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.live import start_worker
from quetsach.endpoint.host.process import WorkerProcess
from quetsach.endpoint.scan_issue import Reason, ScanIssue

WORKER = (sys.executable, "-P", "-m", "quetsach.endpoint.scanner.memory_worker")
"""How the process that reads memory is started; ``-P`` keeps the current folder, which may be hostile, out."""

WINDOW_BYTES = 16 << 20
MOST_BYTES = 4 << 30
"""So much is read of one process; of a larger one the rest is left out, and said so."""

_OVERLAP_BYTES = 64 << 10
_GAP = bytes(64)
"""Between what does not lie together, so that no string is seen that is not there."""
_START_SECONDS = 60
_PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class MemoryResult:
    """What the memory of one process showed; ``is_cut_short`` when a limit left some of it out."""

    hits: tuple[Hit, ...] = ()
    size_bytes: int = 0
    is_cut_short: bool = False


def memory_rules(packs: Iterable[Pack]) -> dict[str, str]:
    """Return the rules to be looked for in memory: family -> source, of families that have any."""
    rules = {}
    for pack in packs:
        if names := frozenset(trait.rule for trait in pack.traits if trait.memory):
            rules[pack.family] = memory_variant(rules_of(pack.rules), names).source
    return {family: source for family, source in rules.items() if source}


def windows_of(
    runs: Iterable[Iterable[bytes]], *, window_bytes: int = WINDOW_BYTES, overlap_bytes: int = _OVERLAP_BYTES
) -> Iterator[bytes]:
    """Yield what memory holds in the pieces that rules are matched with.

    Args:
        runs: what lies together, each in parts that follow one another.
        window_bytes: a piece ends with the part that reaches this size.
        overlap_bytes: so much of a piece begins the next.
    """
    parts: list[bytes] = []
    size, is_new = 0, False
    for run in runs:
        if parts:
            parts.append(_GAP)
        for part in run:
            parts.append(part)
            size += len(part)
            is_new = True
            if size >= window_bytes:
                window = b"".join(parts)
                yield window
                parts, size, is_new = [window[-overlap_bytes:]], overlap_bytes, False
                del window
    if is_new:
        yield b"".join(parts)


class MemoryReader:
    """Looks into one process after the other; nothing is started when there are no rules. Close it."""

    def __init__(self, rules: Mapping[str, str], command: Sequence[str] = WORKER) -> None:
        self._rules = dict(rules)
        self._command = command
        self._worker: WorkerProcess | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether there is anything to look for in memory."""
        return bool(self._rules)

    def look(self, anchor: ProcessAnchor) -> MemoryResult | ScanIssue:
        """Return what the memory of exactly this process shows.

        Raises:
            ScanError: the process that reads memory cannot be started.
        """
        if not self._rules:
            return MemoryResult()
        worker = self._worker or self._start()
        try:
            worker.orders.send(anchor)
            if worker.answers.poll(_PATIENCE_SECONDS):
                look: MemoryResult | ScanIssue = worker.answers.recv()
                return look
        except (OSError, EOFError):
            self.close()
            return ScanIssue(anchor.executable, Reason.CRASHED)
        self.close()
        return ScanIssue(anchor.executable, Reason.TIMED_OUT)

    def close(self) -> None:
        """End the process that reads memory; the next look starts another."""
        if self._worker is not None:
            self._worker.close()
        self._worker = None

    def _start(self) -> WorkerProcess:
        try:
            self._worker = worker = start_worker(self._command)
        except OSError as error:
            raise ScanError(
                Text("the reader of memory cannot be started: {reason}", reason=SystemText(error.strerror))
            ) from None
        with contextlib.suppress(OSError, EOFError):
            worker.orders.send(self._rules)
            if worker.answers.poll(_START_SECONDS):
                worker.answers.recv()
                return worker
        self.close()
        raise ScanError(Text("the reader of memory does not answer"), hint=Text("please report this"))
