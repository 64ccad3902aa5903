"""Worker processes, kept by every system: what one file does to its reader costs that file alone.

On Windows the same tests run inside it (``tests/windows/inside``).
"""

import os
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from tests.waiting import until

from quetsach.endpoint import ScanError
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.host.live import open_mounted, running_processes, start_worker
from quetsach.endpoint.host.process import ProcessState, WorkerProcess
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner import worker_pool
from quetsach.endpoint.scanner.archive.inside import UNCOUNTED, Contents
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.file_result import FileResult
from quetsach.endpoint.scanner.recognise import Recogniser, Signatures
from quetsach.endpoint.scanner.walk import Candidate, walk
from quetsach.endpoint.scanner.worker_pool import WORKER, WorkerPool, count_in_archives

SIGNATURES = Signatures({"sewing": 'rule needle { strings: $a = "needle" condition: $a }'})
# A worker in which a file called "~bad", which comes last in a folder, does what the text says.
SABOTAGED = """
import os, time
from quetsach.endpoint.scanner import file_result, worker
real = file_result.scan_file
def scan_file(tree, candidate, recogniser):
    if candidate.path == b"/~bad":
        {deed}
    return real(tree, candidate, recogniser)
worker.scan_file = scan_file
worker.main()
"""
# A worker that does this when it is to count what lies in the archive "bad".
MISCOUNTING = """
import os, time
from quetsach.endpoint.scanner import worker
real = worker.count_contents
def count_contents(tree, path):
    if path == b"/bad":
        {deed}
    return real(tree, path)
worker.count_contents = count_contents
worker.main()
"""
IS_WINDOWS = sys.platform == "win32"
START_SECONDS = 4.0 if IS_WINDOWS else 1.0
"""So long a worker may take to start on a busy machine; under Wine that is most of what a test takes."""
ENDS = ("os.abort()", "os._exit(0)", "os.kill(os.getpid(), 9)", "raise RuntimeError")[: 2 if IS_WINDOWS else 4]
JOBS = (2,) if IS_WINDOWS else (1, 2, 3)
BREAKS = ("os.abort()", "time.sleep(600)", "1 / 0")[: 1 if IS_WINDOWS else 3]
"""How a worker ends in the middle of its work, and a counter. What is the same everywhere is tried on Linux only."""
LONGEST = ("f" * 120, 1, 40) if IS_WINDOWS else ("f" * 250, 12, 250)
"""A folder, how many of them one below the other, and the length of names: a path of C:, and one of Linux."""


@pytest.fixture(autouse=True)
def _straight_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "_AT_ONCE", 0)
    monkeypatch.setattr(worker_pool, "_BATCH_FILES", 8)


def _tree(root: Path) -> Tree:
    return open_mounted(root).tree


def _candidates(root: Path) -> Iterator[Candidate]:
    return (item for item in walk(_tree(root), b"/", avoid={}) if isinstance(item, Candidate))


def _files(root: Path, count: int) -> Iterator[Candidate]:
    for number in range(count):
        (root / f"ảnh{number:03}").write_bytes(b"needle" if number % 10 == 0 else b"hay")
    return _candidates(root)


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"needle")
        archive.writestr("b", b"pin")


def _crew(root: Path, *command: str, jobs: int = 2, control: Control | None = None) -> closing[WorkerPool]:
    recogniser = Recogniser(BorealEngine(), SIGNATURES)
    crew = WorkerPool(
        _tree(root),
        recogniser=recogniser,
        signatures=SIGNATURES,
        jobs=jobs,
        control=control,
        command=command or WORKER,
    )
    return closing(crew)


def _looked(root: Path, found: Iterator[Candidate], *command: str, jobs: int = 2) -> list[FileResult | ScanIssue]:
    with _crew(root, *command, jobs=jobs) as crew:
        return [look for _, look in crew.look_at_all(found)]


def _sabotage(deed: str) -> tuple[str, ...]:
    return (*WORKER[:2], "-c", SABOTAGED.format(deed=textwrap.indent(deed, " " * 8).strip()))


def _workers() -> list[ProcessState | None]:
    """Return what the workers of this process do."""
    processes = running_processes()
    mine = [
        one
        for one in processes
        if one.parent == os.getpid() and b"quetsach.endpoint.scanner" in b" ".join(one.arguments)
    ]
    return [processes.state(one.anchor) for one in mine]


@pytest.mark.parametrize("jobs", JOBS)
def test_every_file_is_looked_at_once_however_many_work(tmp_path: Path, jobs: int) -> None:
    looks = _looked(tmp_path, _files(tmp_path, 50), jobs=jobs)
    assert sorted(look.path for look in looks) == [f"/ảnh{n:03}".encode() for n in range(50)]
    assert sum(bool(look.hits) for look in looks if isinstance(look, FileResult)) == 5


def test_a_worker_that_was_started_ahead_gets_the_work_and_ends_with_the_crew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[WorkerProcess] = []

    def start(command: Sequence[str]) -> WorkerProcess:
        started.append(start_worker(command))
        return started[-1]

    monkeypatch.setattr(worker_pool, "start_worker", start)
    _archive(tmp_path / "a.zip")
    with _crew(tmp_path, jobs=1) as crew:
        crew.get_ready()
        assert len(_workers()) == 1
        [(_, look)] = crew.look_at_all(_candidates(tmp_path))
        assert isinstance(look, FileResult)
        assert len(look.members) == 1
    assert len(started) == 1
    with _crew(tmp_path) as crew:  # and one that gets none
        crew.get_ready()
    assert len(started) == 2
    assert _workers() == []


def test_a_large_file_goes_to_a_worker_even_if_there_is_one_job(tmp_path: Path) -> None:
    (tmp_path / "~bad").write_bytes(bytes(9 << 20) + b"needle")
    [look] = _looked(tmp_path, _candidates(tmp_path), jobs=1)
    assert isinstance(look, FileResult)
    assert look.hits


def test_a_large_file_that_ends_its_reader_is_named(tmp_path: Path) -> None:
    (tmp_path / "~bad").write_bytes(bytes(9 << 20))
    sabotaged = _looked(tmp_path, _candidates(tmp_path), *_sabotage("os.abort()"), jobs=1)
    assert sabotaged == [ScanIssue(b"/~bad", Reason.CRASHED)]


@pytest.mark.parametrize("deed", ENDS)
def test_a_file_that_ends_its_reader_is_named_and_nothing_else_is_lost(tmp_path: Path, deed: str) -> None:
    (tmp_path / "~bad").touch()
    looks = _looked(tmp_path, _files(tmp_path, 12), *_sabotage(deed))
    assert [look for look in looks if isinstance(look, ScanIssue)] == [ScanIssue(b"/~bad", Reason.CRASHED)]
    assert len(looks) == 13


def test_a_file_that_hangs_its_reader_is_named_and_nothing_else_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "_PATIENCE_SECONDS", START_SECONDS / 2)
    (tmp_path / "~bad").touch()
    looks = _looked(tmp_path, _files(tmp_path, 12), *_sabotage("time.sleep(60)"))
    assert [look for look in looks if isinstance(look, ScanIssue)] == [ScanIssue(b"/~bad", Reason.TIMED_OUT)]
    assert len(looks) == 13


def test_a_worker_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="cannot be started"):
        _looked(tmp_path, _files(tmp_path, 5), str(tmp_path / "none"))


def test_a_worker_that_ends_at_once_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="does not answer"):
        _looked(tmp_path, _files(tmp_path, 5), sys.executable, "-c", "pass")


def test_workers_end_when_the_reader_loses_interest(tmp_path: Path) -> None:
    with _crew(tmp_path) as crew:
        looks = crew.look_at_all(_files(tmp_path, 40))
        next(looks)
        next(looks)
        assert len(_workers()) == 2
    assert _workers() == []


def test_workers_stand_still_during_a_pause_which_is_not_held_against_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "_PATIENCE_SECONDS", START_SECONDS)
    (tmp_path / "~bad").touch()
    control = Control()
    states: list[ProcessState | None] = []

    def pause() -> None:
        until(lambda: len(_workers()) == 2)
        control.pause()
        with ExitStack() as paused:
            paused.callback(control.go_on)
            until(lambda: _workers() == [ProcessState.STOPPED] * 2)
            time.sleep(START_SECONDS * 1.1)
            states.extend(_workers())

    with _crew(tmp_path, *_sabotage(f"time.sleep({START_SECONDS * 0.75})"), control=control) as crew:
        watcher = threading.Thread(target=pause)
        watcher.start()
        looks = [look for _, look in crew.look_at_all(_files(tmp_path, 30))]
        watcher.join()
    assert states == [ProcessState.STOPPED] * 2
    assert len(looks) == 31
    assert not [look for look in looks if isinstance(look, ScanIssue)]


def test_a_worker_that_comes_during_a_pause_stands_still_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control()
    states: list[ProcessState | None] = []
    watchers: list[threading.Thread] = []

    def pause_for_a_moment() -> None:
        end = time.monotonic() + START_SECONDS
        while _workers() != [ProcessState.STOPPED] and time.monotonic() < end:
            time.sleep(0.02)
        states.extend(_workers())
        control.go_on()

    def start_and_pause(command: Sequence[str]) -> WorkerProcess:
        """Start a worker; a pause begins before anybody else knows it."""
        started = start_worker(command)
        if not watchers:
            control.pause()
            watchers.append(threading.Thread(target=pause_for_a_moment))
            watchers[0].start()
        return started

    monkeypatch.setattr(worker_pool, "start_worker", start_and_pause)
    with _crew(tmp_path, control=control) as crew:
        looks = [look for _, look in crew.look_at_all(_files(tmp_path, 30))]
        watchers[0].join()
    assert states == [ProcessState.STOPPED]
    assert len(looks) == 30


def test_a_worker_that_does_not_come_to_an_end_is_left_when_the_scan_is_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "_GRACE_SECONDS", 0.2)
    (tmp_path / "~bad").touch()
    with _crew(tmp_path, *_sabotage("time.sleep(60)"), control=Control(START_SECONDS)) as crew:
        looks = [look for _, look in crew.look_at_all(_files(tmp_path, 30))]
    assert ScanIssue(b"/~bad", Reason.NOT_REACHED) in looks
    assert len(looks) == 31


def test_paths_of_any_length_never_stop_the_hand_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches and their answers fit into a pipe, else both sides would wait for each other: of 8 KiB on Windows."""
    monkeypatch.setattr(worker_pool, "_BATCH_FILES", 128)
    name, levels, letters = LONGEST
    folder = tmp_path / "/".join([name] * levels)
    folder.mkdir(parents=True)
    for number in range(300):
        (folder / f"{number:0{letters}}").write_bytes(b"needle")
    looks = _looked(tmp_path, _candidates(tmp_path))
    assert sum(bool(look.hits) for look in looks if isinstance(look, FileResult)) == 300


@pytest.mark.parametrize("deed", BREAKS)
def test_an_archive_that_breaks_its_counter_is_counted_as_far_as_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    monkeypatch.setattr(worker_pool, "_COUNT_SECONDS", START_SECONDS)
    for name in ("first", "bad", "last"):
        _archive(tmp_path / name)
    command = (*WORKER[:2], "-c", MISCOUNTING.format(deed=deed))
    paths = [b"/first", b"/bad", b"/none", b"/last"]
    counted = list(count_in_archives(_tree(tmp_path), paths, command=command))
    assert counted == [Contents(2, is_whole=True), UNCOUNTED, UNCOUNTED, Contents(2, is_whole=True)]


def test_a_counter_that_does_not_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="does not answer"):
        list(count_in_archives(_tree(tmp_path), [b"/a"], command=(sys.executable, "-c", "")))
