"""The process that reads the memory of others for the scan: gets an anchor, sends back what its memory showed.

Run as ``python -m quetsach.endpoint.scanner.memory_worker``. It speaks with ``endpoint.scanner.memory`` as
``host.process`` says.
"""

import os
import posixpath
import sys
from dataclasses import replace

from quetsach.endpoint import EngineError, MatchTimeoutError
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Hit, Matcher
from quetsach.endpoint.host.live import running_processes, starter
from quetsach.endpoint.host.process import Process, Processes
from quetsach.endpoint.scan_issue import Reason, ScanIssue, reason_of
from quetsach.endpoint.scanner.memory import MOST_BYTES, MemoryResult, windows_of


def main() -> None:
    """Receive rules, answer ``None`` when ready, then a look or trouble for each anchor."""
    orders, answers = starter()
    try:
        processes = running_processes()
        matcher = BorealEngine().compile(orders.recv())
        answers.send(None)
        while True:
            answers.send(look_into(processes, orders.recv(), matcher, own=frozenset({os.getpid(), os.getppid()})))
    except (EOFError, BrokenPipeError):
        sys.exit(0)


def look_into(
    processes: Processes, anchor: ProcessAnchor, matcher: Matcher, *, own: frozenset[int]
) -> MemoryResult | ScanIssue:
    """Match the memory of one process.

    ``own`` processes and what they started of the same program hold the rules: they are left out. So is what looks like
    another run of this tool, but it is told, for malware can look like it too.
    """
    process = processes.read(anchor.pid)
    if process is None or process.pid in own or _is_child(processes, process, own):
        return MemoryResult()
    if _is_this_tool(processes, process):
        return ScanIssue(anchor.executable, Reason.OWN)
    try:
        return _matched(processes, anchor, matcher)
    except ProcessLookupError:
        return MemoryResult()
    except OSError as error:
        return ScanIssue(anchor.executable, reason_of(error))
    except EngineError as error:
        reason = Reason.TIMED_OUT if isinstance(error, MatchTimeoutError) else Reason.CRASHED
        return ScanIssue(anchor.executable, reason)


def _matched(processes: Processes, anchor: ProcessAnchor, matcher: Matcher) -> MemoryResult:
    hits: dict[Hit, None] = {}
    size = 0
    with processes.open_memory(anchor) as memory:
        for window in windows_of(memory.runs()):
            hits |= {replace(hit, in_memory=True, cut=-1): None for hit in matcher.match(window)}
            size += len(window)
            if size >= MOST_BYTES:
                memory.is_cut_short = True
                break
        is_cut_short = memory.is_cut_short
    return MemoryResult(tuple(hits), size, is_cut_short)


def _is_this_tool(processes: Processes, process: Process) -> bool:
    """Return whether a process is another run of this tool, or its centre: these hold the rules, too.

    A name would be anyone's to take, so it must also run the very file that this process runs.
    """
    own = processes.read(os.getpid())
    words = (posixpath.basename(process.executable), *process.arguments[1:])
    if own is None or not any(b"quetsach" in word for word in words):
        return False
    return _runs_the_same(processes, process, own)


def _is_child(processes: Processes, process: Process, own: frozenset[int]) -> bool:
    parent = processes.parent(process) if process.parent in own else None
    return parent is not None and _runs_the_same(processes, process, parent)


def _runs_the_same(processes: Processes, one: Process, other: Process) -> bool:
    return processes.image_identity(one.anchor) == processes.image_identity(other.anchor)


if __name__ == "__main__":
    main()
