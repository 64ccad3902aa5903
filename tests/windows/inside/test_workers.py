"""Worker processes of Windows: what one file does to its reader costs that file alone, and none outlives the tool."""

import os
import subprocess
import sys
import textwrap
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.errors import ScanError
from quetsach.endpoint.host.disk import named
from quetsach.endpoint.host.live import open_mounted, running_processes
from quetsach.endpoint.host.process import ProcessState
from quetsach.endpoint.look import workers
from quetsach.endpoint.look.archive.count import UNCOUNTED, Contents
from quetsach.endpoint.look.control import Control
from quetsach.endpoint.look.look import Look
from quetsach.endpoint.look.recognise import Recogniser, Signatures
from quetsach.endpoint.look.walk import Candidate, walk
from quetsach.endpoint.look.workers import WORKER, Crew, count_in_archives
from quetsach.endpoint.trouble import Reason, Trouble

SIGNATURES = Signatures({"sewing": 'rule needle { strings: $a = "needle" condition: $a }'})
SABOTAGED = """
import os, time
from quetsach.endpoint.look import worker, look
real = look.look_at
def look_at(tree, candidate, recogniser):
    if candidate.path == b"/~bad":
        {deed}
    return real(tree, candidate, recogniser)
worker.look_at = look_at
worker.main()
"""
"""A worker in which a file called "~bad" does what the text says."""


@pytest.fixture(autouse=True)
def _straight_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_AT_ONCE", 0)
    monkeypatch.setattr(workers, "_BATCH_FILES", 8)


def _candidates(root: Path) -> Iterator[Candidate]:
    return (item for item in walk(open_mounted(root).tree, b"/", avoid={}) if isinstance(item, Candidate))


def _files(root: Path, count: int) -> Iterator[Candidate]:
    for number in range(count):
        (root / f"ảnh{number:03}").write_bytes(b"needle" if number % 10 == 0 else b"hay")
    return _candidates(root)


def _crew(root: Path, *command: str, jobs: int = 2, control: Control | None = None) -> closing[Crew]:
    recogniser = Recogniser(BorealEngine(), SIGNATURES)
    tree = open_mounted(root).tree
    options = {"jobs": jobs, "control": control, "command": command or WORKER}
    return closing(Crew(tree, recogniser=recogniser, signatures=SIGNATURES, **options))


def _looked(root: Path, found: Iterator[Candidate], *command: str, jobs: int = 2) -> list[Look | Trouble]:
    with _crew(root, *command, jobs=jobs) as crew:
        return [look for _, look in crew.look_at_all(found)]


def _sabotage(deed: str) -> tuple[str, ...]:
    return (*WORKER[:2], "-c", SABOTAGED.format(deed=textwrap.indent(deed, " " * 8).strip()))


def _workers() -> list[ProcessState]:
    """Return what the workers of this process do."""
    processes = running_processes()
    mine = [one for one in processes if one.parent == os.getpid() and b"quetsach" in b" ".join(one.arguments)]
    return [processes.state(one.anchor) for one in mine]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_file_is_looked_at_once_however_many_work(tmp_path: Path, jobs: int) -> None:
    looks = _looked(tmp_path, _files(tmp_path, 50), jobs=jobs)
    assert sorted(look.path for look in looks) == [f"/ảnh{n:03}".encode() for n in range(50)]
    assert sum(bool(look.hits) for look in looks if isinstance(look, Look)) == 5


def test_a_large_file_is_matched_by_its_name_while_it_is_held(tmp_path: Path) -> None:
    large = tmp_path / "tệp lớn"
    large.write_bytes(bytes(9 << 20) + b"needle")
    [look] = _looked(tmp_path, _candidates(tmp_path), jobs=1)
    assert isinstance(look, Look)
    assert [hit.rule for hit in look.hits] == ["needle"]
    descriptor = open_mounted(tmp_path).tree.open_read("/tệp lớn".encode())
    with named(descriptor) as name:
        assert Path(name).stat().st_size == large.stat().st_size
        for deed in (large.unlink, lambda: large.rename(tmp_path / "other"), lambda: large.open("ab")):
            with pytest.raises(PermissionError):
                deed()
    os.close(descriptor)
    large.unlink()


@pytest.mark.parametrize("deed", ["os.abort()", "os._exit(0)"])
def test_a_file_that_ends_its_reader_is_named_and_nothing_else_is_lost(tmp_path: Path, deed: str) -> None:
    (tmp_path / "~bad").touch()
    looks = _looked(tmp_path, _files(tmp_path, 12), *_sabotage(deed))
    assert [look for look in looks if isinstance(look, Trouble)] == [Trouble(b"/~bad", Reason.CRASHED)]
    assert len(looks) == 13


def test_a_file_that_hangs_its_reader_is_named_and_nothing_else_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_PATIENCE_SECONDS", 2)
    (tmp_path / "~bad").touch()
    looks = _looked(tmp_path, _files(tmp_path, 12), *_sabotage("time.sleep(60)"))
    assert [look for look in looks if isinstance(look, Trouble)] == [Trouble(b"/~bad", Reason.TIMED_OUT)]
    assert len(looks) == 13


@pytest.mark.parametrize("command", [("C:\\none.exe",), (sys.executable, "-c", "pass")])
def test_a_worker_that_does_not_start_is_an_error(tmp_path: Path, command: tuple[str, ...]) -> None:
    with pytest.raises(ScanError, match=r"cannot be started|does not answer"):
        _looked(tmp_path, _files(tmp_path, 5), *command)


def test_workers_stand_still_during_a_pause_which_is_not_held_against_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_PATIENCE_SECONDS", 4)
    (tmp_path / "~bad").touch()
    control = Control()
    states: list[ProcessState] = []

    def pause() -> None:
        until = time.monotonic() + 30
        while len(_workers()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        control.pause()
        time.sleep(0.1)
        states.extend(_workers())
        time.sleep(4.5)
        control.go_on()

    with _crew(tmp_path, *_sabotage("time.sleep(3)"), control=control) as crew:
        watcher = threading.Thread(target=pause)
        watcher.start()
        looks = [look for _, look in crew.look_at_all(_files(tmp_path, 30))]
        watcher.join()
    assert states == [ProcessState.STOPPED] * 2
    assert len(looks) == 31
    assert not [look for look in looks if isinstance(look, Trouble)]
    assert _workers() == []


def test_a_worker_that_does_not_come_to_an_end_is_left_when_the_scan_is_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_GRACE_SECONDS", 0.2)
    (tmp_path / "~bad").touch()
    with _crew(tmp_path, *_sabotage("time.sleep(60)"), control=Control(4)) as crew:
        looks = [look for _, look in crew.look_at_all(_files(tmp_path, 30))]
    assert Trouble(b"/~bad", Reason.NOT_REACHED) in looks
    assert len(looks) == 31


def test_batches_fill_no_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches and their answers fit: with pipes of 8 KiB both sides would wait for each other."""
    monkeypatch.setattr(workers, "_BATCH_FILES", 128)
    folder = tmp_path / ("f" * 120)
    folder.mkdir()
    for number in range(400):
        (folder / f"{number:040}").write_bytes(b"needle")
    looks = _looked(tmp_path, _candidates(tmp_path), *_sabotage("pass"))
    assert sum(bool(look.hits) for look in looks if isinstance(look, Look)) == 400


def test_an_archive_is_counted_and_looked_into(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"needle")
        archive.writestr("b", b"pin")
    counted = list(count_in_archives(open_mounted(tmp_path).tree, [b"/a.zip", b"/none"]))
    assert counted == [Contents(2, is_whole=True), UNCOUNTED]
    [look] = _looked(tmp_path, _candidates(tmp_path))
    assert isinstance(look, Look)
    assert len(look.members) == 1


def test_no_worker_outlives_the_process_that_started_it() -> None:
    starting = (
        "import os, sys\nfrom quetsach.endpoint.host.live import start_worker\n"
        "worker = start_worker([sys.executable, '-P', '-c', 'import time; time.sleep(600)'])\n"
        "print(worker._process.pid, flush=True)\nos._exit(0)"
    )
    told = subprocess.run([sys.executable, "-P", "-c", starting], capture_output=True, check=True)
    processes, pid = running_processes(), int(told.stdout)
    until = time.monotonic() + 10
    while processes.read(pid) is not None:
        assert time.monotonic() < until
        time.sleep(0.05)
