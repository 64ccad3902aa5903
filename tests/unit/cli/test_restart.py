"""A restart is offered to whoever can answer, and what it was for is looked at again after it."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection import file_anchor, finding, write

from quetsach.cli import confirmation
from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act import clean as cleaning
from quetsach.endpoint.host.posix import linux as restarting
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import LinuxHost
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.report import Kind
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.store.session import Session
from quetsach.endpoint.store.state import State
from quetsach.installation import bundled

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
NOW = datetime(2026, 11, 25, tzinfo=UTC)

type Run = Callable[..., tuple[int, str]]


class NoProcesses(LinuxProcesses):
    """A running system on which nothing runs."""

    def __iter__(self) -> Iterator[Process]:
        return iter(())


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that counts as the running system."""
    root = tmp_path / "root"
    write(root, b"/tmp/eicar.com", EICAR)
    write(root, b"/tmp/letter.txt", b"Kinh gui")
    monkeypatch.setattr(
        "quetsach.endpoint.host.live.live_host", lambda: LinuxHost(PosixTree(root), NoProcesses(), None)
    )
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return root


@pytest.fixture
def run(root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    def run_command(*words: str) -> tuple[int, str]:
        code = main([*words, "--lang", "en", "--state", str(tmp_path / "state")])
        return code, capfd.readouterr().out

    return run_command


@pytest.fixture
def _held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running programs that hold what is removed."""
    monkeypatch.setattr(cleaning, "restart_is_needed", lambda *_: True)


def _answer(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    left = list(answers)

    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return left.pop(0) + "\n"

    monkeypatch.setattr(confirmation.sys, "stdin", Terminal())


@pytest.fixture
def restarts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Programs that were asked to restart the machine."""
    asked: list[str] = []

    def asking(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        asked.append(Path(command[0]).name)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(restarting.subprocess, "run", asking)
    monkeypatch.setattr(restarting.shutil, "which", lambda name, path: f"/usr/bin/{name}")
    return asked


@pytest.mark.usefixtures("_held")
@pytest.mark.parametrize(("answer", "asked"), [("yes", ["systemctl"]), ("no", [])])
def test_a_restart_is_offered_and_done_on_a_clear_yes(
    run: Run, restarts: list[str], monkeypatch: pytest.MonkeyPatch, answer: str, asked: list[str]
) -> None:
    _answer(monkeypatch, "yes", answer)
    code, said = run("clean")
    assert (code, restarts, "yourself soon" in said) == (ExitCode.CLEANED_RESTART, asked, not asked)


@pytest.mark.usefixtures("_held")
@pytest.mark.parametrize("words", [("--yes",), ("--yes", "--json")])
def test_a_script_is_never_asked(run: Run, restarts: list[str], words: tuple[str, ...]) -> None:
    assert (run("clean", *words)[0], restarts) == (ExitCode.CLEANED_RESTART, [])


@pytest.mark.usefixtures("_held")
def test_a_system_that_refuses_to_restart_is_told(
    run: Run, restarts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarting.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    _answer(monkeypatch, "yes", "yes")
    assert "could not be restarted" in run("clean")[1]
    assert restarts == []


def _ended_before_the_restart(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str = "quick"
) -> Session:
    host, state = LinuxHost(PosixTree(root), NoProcesses(), None), State.open(tmp_path / "state")
    found = finding(file_anchor(root, b"/tmp/eicar.com"), ArtefactKind.FILE, Action.QUARANTINE)
    plan = make_plan([replace(found, family="eicar")], host, state.folder)
    monkeypatch.setattr("quetsach.endpoint.store.session.boot_id", lambda: "the boot before")
    monkeypatch.setattr(cleaning, "restart_is_needed", lambda *_: True)
    result = cleaning.clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW, scope=scope)
    monkeypatch.setattr("quetsach.endpoint.store.session.boot_id", lambda: "this boot")
    session = Session.open(state, result.session)
    assert session is not None
    return session


def test_after_the_restart_the_next_clean_looks_again_once(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _ended_before_the_restart(root, tmp_path, monkeypatch).awaits_restart
    assert "CHECKED AFTER THE RESTART" in run("clean", "--dry-run")[1]
    code, said = run("clean", "--yes")
    assert (code, "nothing is left" in said) == (ExitCode.NOTHING_FOUND, True)
    assert "CHECKED" not in run("clean", "--yes")[1]


def test_after_the_restart_a_scan_looks_again_too(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch)
    code, said = run("scan")
    assert (code, "CHECKED AFTER THE RESTART" in said) == (ExitCode.NOTHING_FOUND, True)
    assert "CHECKED" not in run("scan")[1]


def test_a_scan_that_did_not_see_all_does_not_say_that_nothing_came_back(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch)
    with (root / "tmp/giant").open("wb") as file:
        file.truncate(5 << 30)
    code, said = run("scan", "--full")
    assert code == ExitCode.NOT_CONCLUSIVE
    assert "! CHECKED AFTER THE RESTART" in said
    assert "✓" not in said


@pytest.mark.parametrize("scope", ["full", "paths", ""])
def test_a_quick_scan_does_not_settle_what_a_wider_one_had_found(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch, scope)
    assert "! CHECKED AFTER THE RESTART" in run("scan", "--quick")[1]
    assert "✓ CHECKED AFTER THE RESTART" in run("scan", "--full")[1]
    assert "CHECKED" not in run("scan", "--full")[1]


def test_a_quick_scan_settles_what_it_finds_again(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch, "full")
    write(root, b"/tmp/eicar.com", EICAR)
    assert "▲ CHECKED AFTER THE RESTART" in run("scan", "--quick")[1]
    assert "CHECKED" not in run("scan", "--quick")[1]


def test_a_scan_for_other_families_judges_nothing(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch)
    assert "CHECKED" not in run("scan", "--pack", str(bundled("packs") / "mirai-gafgyt"))[1]
    assert "✓ CHECKED AFTER THE RESTART" in run("scan")[1]


def test_what_a_scan_could_not_read_leaves_the_session_to_the_next(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(
            "quetsach.endpoint.scanner.scan.persistence_entries",
            lambda _: iter([ScanIssue(b"/etc/x", Reason.UNREADABLE)]),
        )
        assert "! CHECKED AFTER THE RESTART" in run("scan")[1]
    assert "✓ CHECKED AFTER THE RESTART" in run("scan")[1]


def test_before_the_restart_nothing_is_judged(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch)
    monkeypatch.setattr("quetsach.endpoint.store.session.boot_id", lambda: "the boot before")
    assert "CHECKED" not in run("clean", "--yes")[1]


def test_what_points_to_a_removed_file_after_the_restart_is_told(
    run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ended_before_the_restart(root, tmp_path, monkeypatch)
    write(root, b"/etc/crontab", b"@reboot root /tmp/eicar.com\n")
    code, said = run("clean", "--yes")
    assert (code, "1 things still point to removed files" in said) == (ExitCode.NOTHING_FOUND, True)


def test_the_report_of_looking_again_says_so(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    session = _ended_before_the_restart(root, tmp_path, monkeypatch)
    kept = []
    monkeypatch.setattr("quetsach.cli.clean._keep", lambda report, _task, **_: kept.append(report))
    run("clean", "--yes")
    assert (kept[0].kind, kept[0].session) == (Kind.VERIFY, session.identifier)
