"""The work behind the pages while the centre serves: each kind in a thread that is started again when it breaks off.

Evaluations are made by the command in a process of its own: what it loads to draw and to typeset stays out of the
process that serves, and a crash of it is told on the page.
"""

import contextlib
import json
import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.db import close_old_connections

from quetsach.centre.centre import Centre
from quetsach.centre.ingest import tend_lake as tend
from quetsach.centre.publication import due
from quetsach.centre.sources.pulling import due_sources, pull
from quetsach.centre.sources.source import Source
from quetsach.cli.center import publication
from quetsach.cli.center.preparation import refresh_repository
from quetsach.core.errors import QuetsachError
from quetsach.web.api.services import tally_refresh
from quetsach.web.health import HeartbeatFile, Work
from quetsach.web.office.accounts.services.answers import answers_work
from quetsach.web.office.accounts.services.batches import accounts_purge
from quetsach.web.office.campaigns.services.steps import (
    LATE,
    STOPPED,
    evaluation_begin,
    evaluation_fail,
    evaluation_keep,
    evaluations_recover,
    folder_of,
)
from quetsach.web.office.feeds.services import files_work
from quetsach.web.office.helpdesk.services import cases_purge
from quetsach.web.office.partners.services.intake import deliveries_work
from quetsach.web.office.people.services.account import sessions_clear
from quetsach.web.office.plans.models import EvaluationRun
from quetsach.web.office.withdrawals import sources_forget
from quetsach.web.office.worker import BusyError
from quetsach.web.office.worker import work as letters_work
from quetsach.web.page_writer import PageWriter
from quetsach.web.server.pages import pages_folder

BEAT_SECONDS = 5
AGAIN_SECONDS = 30
"""How long a kind of work that broke off rests before it is started again; each time in a row twice as long."""
_LONGEST_REST_SECONDS = 600
STEADY_SECONDS = 60
"""Work that has gone on for so long is on its feet again."""
_LAST_WORK_SECONDS = 10
"""How long a stop waits for what is being written or handed over; what is not done then goes on at the next start."""
_logger = logging.getLogger("quetsach.center")

type Beat = Callable[[], None]
"""What work calls at each turn, as a sign of life."""
type Run = Callable[[Path, threading.Event, Beat], None]


@dataclass(slots=True)
class Behind:
    """One kind of work: what it runs until it is stopped, and how long a turn of it may take."""

    name: str
    run: Run
    longest_seconds: float
    thread: threading.Thread | None = None
    beat_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began_at: float | None = None
    """When it was last started, of a clock that only grows; ``None`` while it rests."""
    broke_off: int = 0
    in_a_row: int = 0

    def beat(self) -> None:
        """Note a sign of life."""
        self.beat_at = datetime.now(UTC)

    def begin(self) -> None:
        """Note that it starts."""
        self.began_at = monotonic()
        self.beat()

    def break_off(self) -> float:
        """Note that it broke off; return how many seconds it is to rest."""
        self.in_a_row = 1 if self.is_steady() else self.in_a_row + 1
        self.broke_off += 1
        self.began_at = None
        return float(min(AGAIN_SECONDS * 2 ** min(self.in_a_row - 1, 16), _LONGEST_REST_SECONDS))

    def is_steady(self) -> bool:
        """Whether it has gone on for a while."""
        return self.began_at is not None and monotonic() - self.began_at >= STEADY_SECONDS

    def state(self) -> Work:
        """Return how it goes."""
        is_alive = self.thread is not None and self.thread.is_alive()
        in_a_row = 0 if self.is_steady() else self.in_a_row
        return Work(is_alive, self.beat_at, self.longest_seconds, self.broke_off, in_a_row)


def works_of_a_centre() -> tuple[Behind, ...]:
    """Return all work that goes on behind the pages; a turn may take an hour, and one of letters a mail at a time."""
    hour = 3600
    return (
        Behind("signatures", keep_fresh, REFRESH_SECONDS + hour),
        Behind("letters", send_letters, hour),
        Behind("answers about accounts", answer_owners, hour),
        Behind("partners' reports", take_in_reports, hour),
        Behind("feed files", take_in_feed_files, hour),
        Behind("sources", pull_sources, SOURCES_LONGEST_SECONDS),
        Behind("figures", publish_due, hour),
        Behind("public pages", write_pages, hour),
        Behind("evaluations", make_evaluations, 2 * hour),
        Behind("lake", tend_lake, LAKE_SECONDS + hour),
        Behind("count of reports", count_reports, hour),
        Behind("erasure", erase_cases, ERASURE_SECONDS + hour),
        Behind("sessions", clear_sessions, ERASURE_SECONDS + hour),
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
        work.begin()
        try:
            work.run(data, stopped, work.beat)
        except Exception:
            _logger.exception("%s: broke off", work.name)
        if not stopped.is_set():
            rest = work.break_off()
            _logger.error("%s is started again in %.0f s", work.name, rest)
            stopped.wait(rest)


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


REFRESH_SECONDS = 3600
"""The repository's timestamp lives for two days and is renewed at half of that: an hour more or less is nothing."""
REPORTS_SECONDS = 5
ANSWERS_SECONDS = 15
TALLY_SECONDS = 60
_TALLY_SHARE = 20
"""Counting takes at most the twentieth part of the time, however many reports there are."""
ERASURE_SECONDS = 3600
PAGES_FIRST_SECONDS = 10
"""A centre that starts has more to do at once; until then each visitor's page is made."""
PAGES_SECONDS = 5
_PAGES_SHARE = 4
"""Writing pages takes at most the fifth part of the time, however often what they show changes."""
BUSY_SECONDS = 60
LAKE_SECONDS = 86_400
SOURCES_SECONDS = 30
SOURCES_LONGEST_SECONDS = 90_000
"""One file of a source may take a day, if its bounds say so."""


def keep_fresh(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Renew the repository's short-lived signatures for as long as the centre serves."""
    while not stopped.wait(REFRESH_SECONDS):
        beat()
        try:
            refresh_repository(data)
        except QuetsachError:
            _logger.exception("the repository could not be renewed")


def send_letters(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Print copies, hand mail over and remind for as long as the centre serves.

    Raises:
        QuetsachError: another process sends this centre's letters, or the lock against others was lost.
    """
    while not stopped.is_set():
        beat()
        try:
            letters_work(stop=stopped, beat=beat)
        except BusyError as error:
            _logger.warning("letters: %s", error)
            stopped.wait(BUSY_SECONDS)


def answer_owners(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Answer by mail who asked about an address whose password was stolen."""
    again(lambda: answers_work(clock=lambda: datetime.now(UTC), stop=stopped), ANSWERS_SECONDS, stopped, beat)


def take_in_reports(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Work off what partners' programs sent, soon after it arrived."""
    again(lambda: deliveries_work(now=datetime.now(UTC), is_stopped=stopped.is_set), REPORTS_SECONDS, stopped, beat)


def take_in_feed_files(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Take in the files of feeds that people of the office uploaded, soon after they arrived."""
    again(lambda: files_work(clock=lambda: datetime.now(UTC), is_stopped=stopped.is_set), LOOK_SECONDS, stopped, beat)


def pull_sources(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Fetch and take in what the sources have, each when it is due."""
    told: set[str] = set()
    again(lambda: sources_work(data, stopped, beat, told), SOURCES_SECONDS, stopped, beat)


def sources_work(data: Path, stopped: threading.Event, beat: Beat, told: set[str]) -> None:
    """Ask every source that is due; what one fails at keeps none of the others back.

    Args:
        data: the centre's.
        stopped: set when the centre ends.
        beat: called after each file.
        told: what was logged about files that are no sources; is brought up to date, so that each is logged once.
    """
    sources, faults = due_sources(Centre(data), datetime.now(UTC))
    wrong = {str(error) for error in faults.values()}
    for error in sorted(wrong - told):
        _logger.error("source not asked: %s", error)
    told.intersection_update(wrong)
    told.update(wrong)
    for source in sources:
        if stopped.is_set():
            return
        try:
            _pull(data, source, stopped, beat)
        except Exception:
            _logger.exception("source %s: broke off; it is tried again", source.name)


def _pull(data: Path, source: Source, stopped: threading.Event, beat: Beat) -> None:
    for pulled in pull(Centre(data), source, clock=lambda: datetime.now(UTC), is_stopped=stopped.is_set):
        beat()
        if pulled.accepted:
            due.note_change(data)
        if pulled.error is not None:
            _logger.warning("source %s: %s", source.name, pulled.error)
        elif pulled.name:
            _logger.info("source %s: %s %s", source.name, pulled.name, pulled.status)


def count_reports(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Count the tool's reports for the public pages, and forget after a month which came from one source."""
    forgotten_on: list[date] = []

    def work() -> None:
        now = datetime.now(UTC)
        tally_refresh(now=now)
        if now.date() not in forgotten_on:
            sources_forget(now=now)
            forgotten_on[:] = [now.date()]

    again(work, TALLY_SECONDS, stopped, beat, share=_TALLY_SHARE)


def erase_cases(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Erase what people wrote to the help desk, and lists of accounts, when the time that was promised is over."""

    def work() -> None:
        cases_purge(now=datetime.now(UTC))
        accounts_purge(now=datetime.now(UTC))

    again(work, ERASURE_SECONDS, stopped, beat)


def clear_sessions(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Throw away sessions whose time is over."""
    again(sessions_clear, ERASURE_SECONDS, stopped, beat)


def tend_lake(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Once a day, put the small files of a day together; after an update, make roll-ups of an older making again."""
    again(lambda: tend(Centre(data)), LAKE_SECONDS, stopped, beat)


def publish_due(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Publish what is due for as long as the centre serves."""

    def work() -> None:
        due.work_off(data, publication.publish_figures, now=datetime.now(UTC))

    with due.serving(data):
        again(work, due.LOOK_SECONDS, stopped, beat)


def write_pages(_data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Keep the public pages written for as long as the centre serves."""
    folder = pages_folder(settings.CENTER)
    if folder is None or stopped.wait(PAGES_FIRST_SECONDS):
        return
    writer = PageWriter(folder)
    again(lambda: writer.write(datetime.now(UTC)), PAGES_SECONDS, stopped, beat, share=_PAGES_SHARE)


def again(
    work: Callable[[], object], seconds: float, stopped: threading.Event, beat: Beat, *, share: float = 0
) -> None:
    """Do the work now and after each pause.

    Args:
        work: what is done.
        seconds: the shortest pause.
        stopped: set when the centre ends.
        beat: called at each turn.
        share: how many times as long as the work a pause is at least.
    """
    while not stopped.is_set():
        beat()
        began = monotonic()
        try:
            work()
        finally:
            close_old_connections()
        stopped.wait(max(seconds, share * (monotonic() - began)))


LOOK_SECONDS = 5
LONGEST_SECONDS = 3000
_ASK_SECONDS = 1
_COMMAND = (sys.executable, "-P", "-m", "quetsach.cli.main", "center", "evaluate")


def make_evaluations(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Make what was asked for, for as long as the centre serves."""
    evaluations_recover(now=datetime.now(UTC))
    again(lambda: evaluations_work(data, stopped), LOOK_SECONDS, stopped, beat)


def evaluations_work(data: Path, stopped: threading.Event) -> int:
    """Make the evaluations that wait, one after another, until none does or ``stopped`` is set; return how many."""
    made = 0
    while not stopped.is_set() and (run := evaluation_begin(now=datetime.now(UTC))):
        try:
            _make(run, data, stopped)
            made += 1
        except (QuetsachError, OSError, ValueError, KeyError) as error:
            evaluation_fail(run=run, trouble=str(error), now=datetime.now(UTC))
    return made


def _make(run: EvaluationRun, data: Path, stopped: threading.Event) -> None:
    final = folder_of(run, data)
    staged = final.with_name(f".{final.name}")
    shutil.rmtree(staged, ignore_errors=True)  # of a run that was killed
    try:
        told = _run_command(run.campaign.key, data, staged, stopped)
        as_of = date.fromisoformat(told["as_of"]) if told["as_of"] else None
        evaluation_keep(run=run, made=staged, data=data, lake=told["lake"], as_of=as_of, now=datetime.now(UTC))
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _run_command(key: str, data: Path, out: Path, stopped: threading.Event) -> dict[str, str]:
    """Run the command and return what it says; a centre that stops ends it.

    Raises:
        QuetsachError: it failed, was stopped, or took too long.
    """
    words = (*_COMMAND, key, "--data", str(data), "--out", str(out), "--json", "--lang", "vi")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        for _second in range(LONGEST_SECONDS // _ASK_SECONDS):
            try:
                told, said = process.communicate(timeout=_ASK_SECONDS)
            except subprocess.TimeoutExpired:
                if stopped.is_set():
                    break
                continue
            if process.returncode != 0:
                raise QuetsachError(_last_line(said) or f"exit code {process.returncode}")
            found: dict[str, str] = json.loads(told)
            return found
        process.kill()
    raise QuetsachError(STOPPED if stopped.is_set() else LATE)


def _last_line(said: str) -> str:
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
