"""The work behind the pages while the centre serves: each kind in a thread that is started again when it breaks off."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from quetsach.cli.center import tending
from quetsach.cli.center.evaluating import make_evaluations
from quetsach.cli.center.tending import Beat
from quetsach.web.health import HeartbeatFile, Work

BEAT_SECONDS = 5
AGAIN_SECONDS = 30
"""How long a kind of work that broke off rests before it is started again."""
_LAST_WORK_SECONDS = 10
"""How long a stop waits for what is being written or handed over; what is not done then goes on at the next start."""
_logger = logging.getLogger("quetsach.center")

type Run = Callable[[Path, threading.Event, Beat], None]


@dataclass(slots=True)
class Behind:
    """One kind of work: what it runs until it is stopped, and how long a turn of it may take."""

    name: str
    run: Run
    longest_seconds: float
    thread: threading.Thread | None = None
    beat_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    broke_off: int = 0

    def beat(self) -> None:
        """Note a sign of life."""
        self.beat_at = datetime.now(UTC)

    def state(self) -> Work:
        """Return how it goes."""
        is_alive = self.thread is not None and self.thread.is_alive()
        return Work(is_alive, self.beat_at, self.longest_seconds, self.broke_off)


def works_of_a_centre() -> tuple[Behind, ...]:
    """Return all work that goes on behind the pages; a turn may take an hour, and one of letters a mail at a time."""
    hour = 3600
    return (
        Behind("signatures", tending.keep_fresh, tending.REFRESH_SECONDS + hour),
        Behind("letters", tending.send_letters, hour),
        Behind("partners' reports", tending.take_in_reports, hour),
        Behind("figures", tending.publish_due, hour),
        Behind("evaluations", make_evaluations, 2 * hour),
        Behind("lake", tending.tend_lake, tending.LAKE_SECONDS + hour),
        Behind("count of reports", tending.count_reports, hour),
        Behind("erasure", tending.erase_cases, tending.ERASURE_SECONDS + hour),
        Behind("sessions", tending.clear_sessions, tending.ERASURE_SECONDS + hour),
    )


@contextlib.contextmanager
def working(data: Path, works: Sequence[Behind]) -> Iterator[None]:
    """Keep all work going until the end of the block, and write how it goes."""
    stopped = threading.Event()
    file = HeartbeatFile(data)
    watcher = threading.Thread(target=_watch, args=(data, works, file, stopped), name="heartbeats", daemon=True)
    for work in works:
        _start(work, data, stopped)
    watcher.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in (*(work.thread for work in works), watcher):
            if thread is not None:
                thread.join(timeout=_LAST_WORK_SECONDS)
        if not watcher.is_alive():
            file.close()


def _start(work: Behind, data: Path, stopped: threading.Event) -> None:
    work.beat()
    work.thread = threading.Thread(target=_run, args=(work, data, stopped), name=work.name, daemon=True)
    work.thread.start()


def _run(work: Behind, data: Path, stopped: threading.Event) -> None:
    while not stopped.is_set():
        try:
            work.run(data, stopped, work.beat)
        except Exception:
            _logger.exception("%s: broke off; it is started again in %s s", work.name, AGAIN_SECONDS)
        if not stopped.is_set():
            work.broke_off += 1
            stopped.wait(AGAIN_SECONDS)


def _watch(data: Path, works: Sequence[Behind], file: HeartbeatFile, stopped: threading.Event) -> None:
    """Write how all work goes every few seconds, and start a thread again that ended in spite of everything."""
    while True:
        try:
            file.write({work.name: work.state() for work in works}, now=datetime.now(UTC))
            for work in works:
                if work.thread is not None and not work.thread.is_alive() and not stopped.is_set():
                    _logger.error("%s: its thread ended; it is started again", work.name)
                    _start(work, data, stopped)
        except Exception:
            _logger.exception("the state of the work behind the pages could not be written")
        if stopped.wait(BEAT_SECONDS):
            return
