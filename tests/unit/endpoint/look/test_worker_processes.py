"""Worker processes: what one file does to its reader costs that file alone."""

import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.archives import zip_of

from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.errors import ScanError
from quetsach.endpoint.host.posix.tree import PosixTree
from quetsach.endpoint.look import workers
from quetsach.endpoint.look.archive.count import UNCOUNTED, Contents
from quetsach.endpoint.look.control import Control
from quetsach.endpoint.look.look import Look
from quetsach.endpoint.look.recognise import Recogniser, Signatures
from quetsach.endpoint.look.walk import Candidate, walk
from quetsach.endpoint.look.workers import WORKER, Crew, count_in_archives
from quetsach.endpoint.trouble import Reason, Trouble

SIGNATURES = Signatures({"sewing": 'rule needle { strings: $a = "needle" condition: $a }'})
# A worker in which a file called "bad" does what the text says.
SABOTAGED = """
import os, time
from quetsach.endpoint.look import worker, look
real = look.look_at
def look_at(tree, candidate, recogniser):
    if candidate.path == b"/bad":
        {deed}
    return real(tree, candidate, recogniser)
worker.look_at = look_at
worker.main()
"""
# A worker that does this when it is to count what lies in the archive "bad".
MISCOUNTING = """
import os, time
from quetsach.endpoint.look import worker
real = worker.count_contents
def count_contents(tree, path):
    if path == b"/bad":
        {deed}
    return real(tree, path)
worker.count_contents = count_contents
worker.main()
"""


@pytest.fixture(autouse=True)
def _straight_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_AT_ONCE", 1)
    monkeypatch.setattr(workers, "_BATCH_FILES", 8)


def _files(root: Path, count: int) -> Iterator[Candidate]:
    for number in range(count):
        (root / f"file{number:03}").write_bytes(b"needle" if number % 10 == 0 else b"hay")
    return (item for item in walk(PosixTree(root), b"/", avoid={}) if isinstance(item, Candidate))


def _crew(root: Path, *command: str, jobs: int = 2, control: Control | None = None) -> closing[Crew]:
    recogniser = Recogniser(BorealEngine(), SIGNATURES)
    crew = Crew(
        PosixTree(root),
        recogniser=recogniser,
        signatures=SIGNATURES,
        jobs=jobs,
        control=control,
        command=command or WORKER,
    )
    return closing(crew)


def _looked(root: Path, found: Iterator[Candidate], *command: str, jobs: int = 2) -> list[Look | Trouble]:
    with _crew(root, *command, jobs=jobs) as crew:
        return [look for _, look in crew.look_at_all(found)]


def _sabotage(deed: str) -> tuple[str, ...]:
    return (*WORKER[:2], "-c", SABOTAGED.format(deed=textwrap.indent(deed, " " * 8).strip()))


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_file_is_looked_at_once_however_many_work(tmp_path: Path, jobs: int) -> None:
    looks = _looked(tmp_path, _files(tmp_path, 50), jobs=jobs)
    assert sorted(look.path for look in looks) == [b"/file%03d" % n for n in range(50)]
    assert sum(bool(look.hits) for look in looks if isinstance(look, Look)) == 5


def test_a_large_file_goes_to_a_worker_even_if_there_is_one_job(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(bytes(9 << 20) + b"needle")
    found = [item for item in walk(PosixTree(tmp_path), b"/", avoid={}) if isinstance(item, Candidate)]
    [look] = _looked(tmp_path, iter(found), jobs=1)
    assert isinstance(look, Look)
    assert look.hits
    assert _looked(tmp_path, iter(found), *_sabotage("os.abort()"), jobs=1) == [Trouble(b"/bad", Reason.CRASHED)]


@pytest.mark.parametrize("deed", ["os.abort()", "os._exit(0)", "os.kill(os.getpid(), 9)", "raise RuntimeError"])
def test_a_file_that_ends_its_reader_is_named_and_nothing_else_is_lost(tmp_path: Path, deed: str) -> None:
    (tmp_path / "bad").touch()
    looks = _looked(tmp_path, _files(tmp_path, 30), *_sabotage(deed))
    assert [look for look in looks if isinstance(look, Trouble)] == [Trouble(b"/bad", Reason.CRASHED)]
    assert len(looks) == 31


def test_a_file_that_hangs_its_reader_is_named_and_nothing_else_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_PATIENCE_SECONDS", 0.5)
    (tmp_path / "bad").touch()
    looks = _looked(tmp_path, _files(tmp_path, 30), *_sabotage("time.sleep(60)"))
    assert [look for look in looks if isinstance(look, Trouble)] == [Trouble(b"/bad", Reason.TIMED_OUT)]
    assert len(looks) == 31


def test_a_worker_that_cannot_be_started_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="cannot be started"):
        _looked(tmp_path, _files(tmp_path, 5), str(tmp_path / "none"))


def test_a_worker_that_ends_at_once_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="does not answer"):
        _looked(tmp_path, _files(tmp_path, 5), sys.executable, "-c", "pass")


def _children() -> list[int]:
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in found if b"quetsach.endpoint.look" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_workers_end_when_the_reader_loses_interest(tmp_path: Path) -> None:
    with _crew(tmp_path) as crew:
        looks = crew.look_at_all(_files(tmp_path, 40))
        next(looks)
        next(looks)
        assert len(_children()) == 2
    assert _children() == []


def test_workers_stand_still_during_a_pause_which_is_not_held_against_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_PATIENCE_SECONDS", 1)
    (tmp_path / "bad").touch()
    control = Control()

    def pause() -> None:
        control.pause()
        time.sleep(0.1)
        states.extend(Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] for pid in _children())
        time.sleep(1.2)
        control.go_on()

    states: list[str] = []
    with _crew(tmp_path, *_sabotage("time.sleep(0.8)"), control=control) as crew:
        watcher = threading.Timer(0.5, pause)
        watcher.start()
        looks = [look for _, look in crew.look_at_all(_files(tmp_path, 30))]
        watcher.join()
    assert states == ["T", "T"]
    assert len(looks) == 31
    assert not [look for look in looks if isinstance(look, Trouble)]


def test_a_worker_that_does_not_come_to_an_end_is_left_when_the_scan_is_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_GRACE_SECONDS", 0.2)
    (tmp_path / "bad").touch()
    with _crew(tmp_path, *_sabotage("time.sleep(60)"), control=Control(1)) as crew:
        looks = [look for _, look in crew.look_at_all(_files(tmp_path, 30))]
    assert Trouble(b"/bad", Reason.NOT_REACHED) in looks
    assert len(looks) == 31


def test_paths_of_any_length_never_stop_the_hand_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_BATCH_FILES", 128)
    folder = tmp_path / "/".join(["f" * 250] * 12)
    folder.mkdir(parents=True)
    for number in range(300):
        (folder / f"{number:0250}").write_bytes(b"needle")
    looks = _looked(
        tmp_path, (item for item in walk(PosixTree(tmp_path), b"/", avoid={}) if isinstance(item, Candidate))
    )
    assert sum(bool(look.hits) for look in looks if isinstance(look, Look)) == 300


@pytest.mark.parametrize("deed", ["os.abort()", "time.sleep(600)", "1 / 0"])
def test_an_archive_that_breaks_its_counter_is_counted_as_far_as_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    monkeypatch.setattr(workers, "_COUNT_SECONDS", 1.0)
    for name in ("first", "bad", "last"):
        (tmp_path / name).write_bytes(zip_of({"a": b"needle", "b": b"pin"}))
    command = (*WORKER[:2], "-c", MISCOUNTING.format(deed=deed))
    paths = [b"/first", b"/bad", b"/none", b"/last"]
    counted = list(count_in_archives(PosixTree(tmp_path), paths, command=command))
    assert counted == [Contents(2, is_whole=True), UNCOUNTED, UNCOUNTED, Contents(2, is_whole=True)]


def test_a_counter_that_does_not_start_is_said(tmp_path: Path) -> None:
    with pytest.raises(ScanError, match="does not answer"):
        list(count_in_archives(PosixTree(tmp_path), [b"/a"], command=(sys.executable, "-c", "")))
