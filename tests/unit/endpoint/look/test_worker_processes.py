"""Worker processes: what one file does to its reader costs that file alone."""

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.errors import ScanError
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.look import workers
from quetsach.endpoint.look.look import Look
from quetsach.endpoint.look.recognise import Recogniser, Signatures
from quetsach.endpoint.look.walk import Candidate, walk
from quetsach.endpoint.look.workers import WORKER, look_at_all
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


@pytest.fixture(autouse=True)
def _straight_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_AT_ONCE", 1)
    monkeypatch.setattr(workers, "_BATCH_FILES", 8)


def _files(root: Path, count: int) -> Iterator[Candidate]:
    for number in range(count):
        (root / f"file{number:03}").write_bytes(b"needle" if number % 10 == 0 else b"hay")
    return (item for item in walk(Tree(root), b"/", avoid={}) if isinstance(item, Candidate))


def _looked(root: Path, found: Iterator[Candidate], *command: str, jobs: int = 2) -> list[Look | Trouble]:
    recogniser = Recogniser(BorealEngine(), SIGNATURES)
    options = {"command": command} if command else {}
    return list(look_at_all(Tree(root), found, recogniser=recogniser, signatures=SIGNATURES, jobs=jobs, **options))  # type: ignore[arg-type]


def _sabotage(deed: str) -> tuple[str, ...]:
    return (*WORKER[:2], "-c", SABOTAGED.format(deed=textwrap.indent(deed, " " * 8).strip()))


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_file_is_looked_at_once_however_many_work(tmp_path: Path, jobs: int) -> None:
    looks = _looked(tmp_path, _files(tmp_path, 50), jobs=jobs)
    assert sorted(look.path for look in looks) == [b"/file%03d" % n for n in range(50)]
    assert sum(bool(look.hits) for look in looks if isinstance(look, Look)) == 5


def test_a_large_file_goes_to_a_worker_even_if_there_is_one_job(tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(bytes(9 << 20) + b"needle")
    found = [item for item in walk(Tree(tmp_path), b"/", avoid={}) if isinstance(item, Candidate)]
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


def test_workers_end_when_the_reader_loses_interest(tmp_path: Path) -> None:
    looks = look_at_all(
        Tree(tmp_path),
        _files(tmp_path, 40),
        recogniser=Recogniser(BorealEngine(), SIGNATURES),
        signatures=SIGNATURES,
        jobs=2,
    )
    next(looks)
    next(looks)
    looks.close()  # type: ignore[attr-defined]
    own = str(Path("/proc/self").resolve().name)
    children = Path(f"/proc/self/task/{own}/children").read_text().split()
    commands = [Path(f"/proc/{child}/cmdline").read_bytes() for child in children]
    assert not any(b"quetsach.endpoint.look.worker" in command for command in commands)
