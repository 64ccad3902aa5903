"""``clean``, ``undo`` and ``quarantine`` as a person runs them."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.infection import at, write
from tests.snapshot import snapshot

from quetsach.cli import clean as cleaning
from quetsach.cli import confirmation
from quetsach.cli.choosing import numbers_of
from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.cli.scan_options import ScanOptions
from quetsach.endpoint.act import clean as carrying_out
from quetsach.endpoint.act import file as file_acts
from quetsach.endpoint.act import undo as undoing
from quetsach.endpoint.act.act import Workplace
from quetsach.endpoint.act.result import StepResult
from quetsach.endpoint.messages.formatting import OUTCOMES, STEPS
from quetsach.endpoint.plan import plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import TARGETS, Outcome
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner import file_result
from quetsach.endpoint.store import state as state_module
from quetsach.endpoint.store.journal import Journal
from quetsach.endpoint.store.quarantine import seal
from quetsach.endpoint.store.state import State


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system with the EICAR file, which the bundled pack knows, in two places."""
    string = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
    write(tmp_path / "root", b"/home/an/eicar.com", string)
    write(tmp_path / "root", b"/home/an/thu.txt", b"xin chao\n")
    write(tmp_path / "root", b"/srv/t\xe1.com", string)
    return tmp_path / "root"


type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command on that system and state; returns exit code, output and errors."""

    def run_command(*words: str, on_root: bool = True) -> tuple[int, str, str]:
        state = ["--state", str(tmp_path / "state")]
        code = main([*words, *(["--root", str(root)] if on_root else []), *state])
        said = capfd.readouterr()
        return code, said.out, said.err

    return run_command


class Person:
    """Somebody at the terminal, who types these lines; Ctrl-C where there is none."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        if not self._lines:
            raise KeyboardInterrupt
        return self._lines.pop(0) + "\n"


def _session(tmp_path: Path) -> str:
    return State.open(tmp_path / "state").sessions[-1]


def test_clean_removes_and_undo_puts_back_to_the_byte(run: Run, root: Path) -> None:
    before = snapshot(root)
    code, said, _ = run("clean", "--yes")
    assert code == ExitCode.CLEANED, said
    assert [p.name for p in (root / "home/an").iterdir()] == ["thu.txt"]
    assert run("scan")[0] == ExitCode.NOTHING_FOUND
    assert run("clean", "--yes")[0] == ExitCode.NOTHING_FOUND
    assert run("undo", "--last", "--yes")[0] == 0
    assert snapshot(root) == before
    assert run("clean", "--yes")[0] == ExitCode.CLEANED


def test_what_is_left_to_the_owner_is_not_said_to_be_gone(run: Run, root: Path) -> None:
    assert "sees nothing any more" in run("clean", "--yes", "--lang", "en")[1]
    pack = Path(__file__).parents[3] / "packs" / "mozi"
    write(root, b"/usr/networks", b"\x7fELF" + bytes(60) + b"/usr/networks\0S95Baby.sh\0[ss]\0[cpu]\0[atk]\0[idp]\0")
    write(root, b"/opt/sao-luu.sh", b"#!/bin/sh\ntar c /home\n/usr/networks &\n")
    code, said, _ = run("clean", "--yes", "--lang", "en", "--pack", str(pack))
    assert code == ExitCode.CLEANED, said
    assert "LEFT: 1 finding" in said
    assert "sees nothing any more" not in said


def test_a_preview_changes_nothing_at_all(run: Run, root: Path, tmp_path: Path) -> None:
    before = snapshot(tmp_path)
    code, said, _ = run("clean", "--dry-run", "--lang", "en")
    assert (code, snapshot(tmp_path)) == (ExitCode.FOUND, before)
    assert "nothing was changed" in said


def test_a_preview_beside_an_unfinished_session_changes_nothing_either(run: Run, tmp_path: Path) -> None:
    run("clean", "--yes")
    journal = tmp_path / "state" / "sessions" / _session(tmp_path) / "journal"
    journal.write_bytes(journal.read_bytes()[:-3])
    before = snapshot(tmp_path / "state")
    code, said, _ = run("clean", "--dry-run", "--lang", "en")
    assert (code, snapshot(tmp_path / "state")) == (ExitCode.NOTHING_FOUND, before)
    assert "was cut short" in said


def test_the_next_clean_finishes_a_session_that_was_cut_short(run: Run, tmp_path: Path) -> None:
    run("clean", "--yes")
    journal = tmp_path / "state" / "sessions" / _session(tmp_path) / "journal"
    journal.write_bytes(journal.read_bytes()[:-3])
    code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, "the tool has finished it" in said) == (ExitCode.NOTHING_FOUND, True)
    assert "the tool has finished it" not in run("clean", "--yes", "--lang", "en")[1]


def test_the_command_that_takes_a_clean_up_back_is_taken(run: Run, root: Path, tmp_path: Path) -> None:
    before = snapshot(root)
    _, told, _ = run("clean", "--yes", "--allow-many", "--system", "windows", "--lang", "en")
    (command,) = re.findall(r"quetsach (undo \S+ --root .* --system windows)", told)
    assert main([*shlex.split(command), "--yes"]) == ExitCode.NOTHING_FOUND
    assert snapshot(root) == before


def test_the_plan_says_what_why_on_whose_word_and_what_undo_does(run: Run) -> None:
    said = run("clean", "--dry-run", "--lang", "en")[1]
    for part in ("Quarantine the file /home/an/eicar.com", "why: ", "evidence: ", "undo puts this very file back"):
        assert part in said
    assert "Cách ly tệp /home/an/eicar.com" in run("clean", "--dry-run")[1]


def test_names_cannot_deceive_the_terminal(run: Run) -> None:
    assert r"/srv/t\xe1.com" in run("clean", "--dry-run")[1]


def test_without_a_terminal_or_consent_nothing_is_touched(run: Run, root: Path) -> None:
    before = snapshot(root)
    code, _, told = run("clean", "--lang", "en")
    assert (code, snapshot(root)) == (ExitCode.USAGE, before)
    assert "--yes" in told


@pytest.mark.parametrize(
    ("answer", "code"),
    [("có", 11), ("Co", 11), ("yes", 11), ("không", 10), ("n", 10), ("", 10), ("yesterday", 10)],
)
def test_only_a_clear_yes_is_consent(run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer + "\n"

    monkeypatch.setattr(confirmation.sys, "stdin", Terminal())
    assert run("clean")[0] == code


def test_who_is_asked_sees_the_plan_also_where_the_output_is_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return "no\n"

    monkeypatch.setattr(confirmation.sys, "stdin", Terminal())
    code, said, told = run("clean", "--json", "--lang", "en")
    assert (code, json.loads(said)["exit_code"]) == (10, 10)
    assert "Quarantine the file /home/an/eicar.com" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_clean_up_that_is_told_to_end_says_so_and_the_next_finishes_it(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    carry_out = carrying_out.carry_out

    def carry_out_one(where: Workplace, step: int) -> StepResult:
        if step == 2:
            signal.raise_signal(number)
        return carry_out(where, step)

    with monkeypatch.context() as patch:
        patch.setattr(carrying_out, "carry_out", carry_out_one)
        code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, "1 of 2 steps are done" in said, "`quetsach undo" in said) == (ExitCode.PARTLY_CLEANED, True, True)
    assert len(list(root.rglob("*.com"))) == 1
    assert run("clean", "--yes")[0] == ExitCode.NOTHING_FOUND
    assert not list(root.rglob("*.com"))


def test_a_report_that_has_no_place_is_refused_before_anything_is_done(run: Run, root: Path, tmp_path: Path) -> None:
    before = snapshot(root)
    code, _, told = run("clean", "--yes", "--report", str(tmp_path / "none" / "r.json"), "--lang", "en")
    assert (code, snapshot(root)) == (ExitCode.USAGE, before)
    assert "cannot be written there" in told


def test_what_could_be_read_only_in_part_is_not_called_free(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("clean", "--yes")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(state_module, "check_private", lambda _folder: None)
    monkeypatch.setattr(file_result, "scan_open_file", lambda _fd, path, _m, **_: ScanIssue(path, Reason.UNREADABLE))
    code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, "NOT CONCLUSIVE" in said, "NOTHING FOUND" in said) == (ExitCode.NOT_CONCLUSIVE, True, False)


def test_what_was_not_looked_at_is_said_beside_what_was_cleaned(run: Run, root: Path) -> None:
    with (root / "giant").open("wb") as file:
        file.truncate(5 << 30)
    code, said, _ = run("clean", "--yes", "--lang", "en")
    assert code == ExitCode.CLEANED
    assert said.count("! NOT ALL COULD BE LOOKED AT: things too large or too deep: 1") == 2


def test_what_was_not_looked_at_is_said_beside_what_is_left_alone(run: Run, root: Path) -> None:
    run("clean", "--yes")
    write(root, b"/home/an/bang-tinh.xlsx.WNCRY", b"WANACRY!\0\1\0\0" + bytes(300))
    with (root / "giant").open("wb") as file:
        file.truncate(5 << 30)
    code, said, _ = run("clean", "--yes", "--lang", "en")
    is_said = "! NOT ALL COULD BE LOOKED AT: things too large or too deep: 1" in said
    assert (code, is_said) == (ExitCode.FOUND, True)


def test_a_file_that_breaks_the_matcher_off_is_not_passed_over(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("clean", "--yes")
    monkeypatch.setattr(file_result, "scan_open_file", lambda _fd, path, _m, **_: ScanIssue(path, Reason.CRASHED))
    code, said, _ = run("clean", "--yes", "--jobs", "1", "--no-cache", "--lang", "en")
    assert (code, "NOT CONCLUSIVE" in said, "NOTHING FOUND" in said) == (ExitCode.NOT_CONCLUSIVE, True, False)


@pytest.mark.parametrize("days", ["-1", "36501", "99999999999", "0000000005", "1.5", "a"])
def test_a_senseless_age_deletes_nothing(run: Run, days: str) -> None:
    run("clean", "--yes")
    assert run("quarantine", "purge", "--yes", f"--older-than={days}", on_root=False)[0] == ExitCode.USAGE
    assert json.loads(run("quarantine", "list", "--json", on_root=False)[1])[0]["condition"] == "finished"


def test_a_session_that_is_not_there_cannot_be_purged(run: Run) -> None:
    run("clean", "--yes")
    code, _, told = run("quarantine", "purge", "20260101T000000Z-000000", "--yes", on_root=False)
    assert (code, "không có phiên" in told) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_a_root_whose_name_is_no_text_is_shown(root: Path, tmp_path: Path, errors: str) -> None:
    done = _run_in_odd_root(root, tmp_path, "scan", errors)
    assert (done.returncode, done.stderr) == (ExitCode.FOUND, b"")
    assert rb"\udcff" in done.stdout


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
@pytest.mark.parametrize("command", ["scan --json", "clean --yes --json"])
def test_json_is_valid_where_a_root_s_name_is_no_text(root: Path, tmp_path: Path, command: str, errors: str) -> None:
    done = _run_in_odd_root(root, tmp_path, command, errors)
    report = json.loads(done.stdout.decode("utf-8"))
    assert report["machine"]["root"] == f"{tmp_path}/\\xff"
    assert (report["exit_code"], done.stderr) == (done.returncode, b"")


def _run_in_odd_root(root: Path, tmp_path: Path, command: str, errors: str) -> "subprocess.CompletedProcess[bytes]":
    odd = root.rename(at(tmp_path, b"/\xff"))
    words = [sys.executable, "-m", "quetsach.cli.main", *command.split(), "--root", odd, "--state", tmp_path / "s"]
    environment = {**os.environ, "PYTHONIOENCODING": f"utf-8:{errors}"}
    return subprocess.run(words, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("words", [("scan",), ("scan", "--json"), ("clean", "--dry-run")])
def test_a_full_disk_behind_the_output_is_told_in_a_line(root: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "quetsach.cli.main", *words, "--root", str(root), "--state", str(tmp_path / "s")]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (ExitCode.USAGE, "quetsach: ổ đĩa đã đầy\n")


def test_the_brake_is_not_released_by_yes_alone_and_shows_what_it_stopped(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_FILES", 1)
    before = snapshot(root)
    code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, snapshot(root)) == (ExitCode.MASS_BRAKE, before)
    for part in ("MASS BRAKE", "Quarantine the file /home/an/eicar.com", "--family NAME", "--allow-many"):
        assert part in said
    assert run("clean", "--dry-run")[0] == ExitCode.MASS_BRAKE


def test_who_has_seen_the_plan_may_release_the_brake_and_can_undo_all(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_FILES", 1)
    before = snapshot(root)
    assert run("clean", "--yes", "--allow-many")[0] == ExitCode.CLEANED
    assert run("undo", "--last", "--yes")[0] == 0
    assert snapshot(root) == before


@pytest.mark.parametrize(("answer", "code"), [("2", 11), ("yes", 20), ("có", 20), ("3", 20), ("", 20)])
def test_releasing_the_brake_takes_the_number_of_steps(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(plan, "MAX_FILES", 1)
    monkeypatch.setattr(confirmation.sys, "stdin", Person(answer))
    assert run("clean")[0] == code


def test_single_items_are_chosen_at_the_question(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_FILES", 1)
    monkeypatch.setattr(confirmation.sys, "stdin", Person("chọn", "7", "1", "có"))
    code, said, told = run("clean")
    assert code == ExitCode.PARTLY_CLEANED  # a second look sees the other
    assert ("bước như vậy: '7'" in told, "ĐÃ CHỌN 1 bước: 1" in told, "còn 1 phát hiện" in said) == (True,) * 3
    assert [path.name for path in root.rglob("*.com")] == ["t\udce1.com"]


@pytest.mark.parametrize("words", [("--item", "2"), ("--skip", "1")])
def test_items_are_chosen_on_the_command_line_where_somebody_sees_the_plan(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str]
) -> None:
    before = snapshot(root)
    assert run("clean", "--yes", *words)[0] == ExitCode.USAGE
    assert snapshot(root) == before
    monkeypatch.setattr(confirmation.sys, "stdin", Person("có"))
    assert run("clean", *words)[0] == ExitCode.PARTLY_CLEANED
    assert [path.name for path in root.rglob("*.com")] == ["eicar.com"]


def test_a_step_that_is_not_there_is_refused(run: Run, root: Path) -> None:
    before = snapshot(root)
    code, _, told = run("clean", "--dry-run", "--item", "9", "--lang", "en")
    assert (code, "no such step" in told, snapshot(root)) == (ExitCode.USAGE, True, before)


def test_one_family_is_cleaned_and_the_other_left(run: Run, root: Path) -> None:
    pack = Path(__file__).parents[3] / "packs"
    write(root, b"/usr/networks", b"\x7fELF" + bytes(60) + b"/usr/networks\0S95Baby.sh\0[ss]\0[cpu]\0[atk]\0[idp]\0")
    packs = ["--pack", str(pack / "mozi"), "--pack", str(pack / "eicar")]
    code, said, _ = run("clean", "--yes", "--family", "mozi", "--lang", "en", *packs)
    assert (code, "you did not choose it" in said) == (ExitCode.PARTLY_CLEANED, True), said
    assert ((root / "usr/networks").exists(), (root / "home/an/eicar.com").exists()) == (False, True)
    code, _, told = run("clean", "--yes", "--family", "conficker", "--lang", "en", *packs)
    assert (code, "families that were found: eicar" in told) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1,3-5 8", {1, 3, 4, 5, 8}), ("", set()), ("2", None), ("5-3", None), ("x", None), ("1-9", None), ("1-", None)],
)
def test_numbers_of_steps_are_read_or_refused(text: str, numbers: set[int] | None) -> None:
    assert numbers_of(text, {1, 3, 4, 5, 8}) == numbers


@pytest.mark.parametrize(("failing", "code", "verdict"), [(1, 13, "PARTLY CLEANED"), (2, 14, "NOT CLEANED")])
def test_what_could_not_be_removed_is_told_and_ends_with_its_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, failing: int, code: int, verdict: str
) -> None:
    left = iter(range(failing))

    def full(*arguments: Any) -> None:
        if next(left, None) is None:
            return seal(*arguments)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_acts, "seal", full)
    given, said, _ = run("clean", "--yes", "--lang", "en")
    assert (given, verdict in said, said.count("No space left on device")) == (code, True, failing)
    assert json.loads(run("report", "show", "--json", on_root=False)[1])["exit_code"] == code


def test_the_running_system_needs_its_administrator(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert run("clean", "--yes", on_root=False)[0] == ExitCode.NOT_ELEVATED


def test_named_paths_of_the_running_system_are_cleaned_alone(run: Run, root: Path) -> None:
    code, _, told = run("clean", "--yes", str(root / "home"), on_root=False)
    assert code == ExitCode.CLEANED, told
    assert not (root / "home/an/eicar.com").exists()
    assert at(root, b"/srv/t\xe1.com").exists()
    assert run("undo", "--last", "--yes", on_root=False)[0] == 0
    assert (root / "home/an/eicar.com").exists()


def test_a_single_file_that_is_named_is_cleaned_and_the_session_ends(run: Run, root: Path) -> None:
    code, said, told = run("clean", "--yes", "/home/an/eicar.com", "--lang", "en")
    assert (code, told) == (ExitCode.CLEANED, ""), said
    assert not (root / "home/an/eicar.com").exists()
    assert json.loads(run("quarantine", "list", "--json", on_root=False)[1])[0]["condition"] == "finished"


def test_what_the_second_scan_cannot_read_any_more_is_not_called_clean(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = file_acts.remove_file

    def damaging(*arguments: Any) -> Any:
        write(root, b"/home/an/new.gz", b"\x1f\x8b\x08\0broken")
        return remove(*arguments)

    monkeypatch.setattr(file_acts, "remove_file", damaging)
    code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, "it is not known whether all is gone" in said) == (ExitCode.PARTLY_CLEANED, True), said


def test_json_is_the_report_and_nothing_else(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("clean", "--yes", "--json", "--report", str(tmp_path / "r.json"))
    report: dict[str, Any] = json.loads(said)
    assert (code, report["kind"], report["exit_code"]) == (11, "clean", 11)
    assert [step["outcome"] for step in report["steps"]] == ["done", "done"]
    assert report["verification"] == {"clean": True, "remaining": 0, "dangling": []}
    assert report["session"] == _session(tmp_path)
    assert json.loads((tmp_path / "r.json").read_text()) == report


def test_one_item_can_be_put_back(run: Run, root: Path, tmp_path: Path) -> None:
    run("clean", "--yes")
    code, said, _ = run("undo", _session(tmp_path), "--item", "2", "--yes", "--json")
    assert (code, json.loads(said)["steps"][0]["outcome"]) == (0, "restored")
    assert "partly undone" in run("quarantine", "list", "--lang", "en", on_root=False)[1]
    assert len([p for p in root.rglob("*.com") if p.is_file()]) == 1
    assert run("quarantine", "restore", _session(tmp_path), "1", "--yes")[0] == 0
    assert len([p for p in root.rglob("*.com") if p.is_file()]) == 2


def test_the_quarantine_lists_shows_and_purges(run: Run, tmp_path: Path) -> None:
    run("clean", "--yes")
    (held,) = json.loads(run("quarantine", "list", "--json", on_root=False)[1])
    assert (held["items"], held["condition"]) == (2, "finished")
    assert held["session"] in run("quarantine", "list", on_root=False)[1]
    shown = json.loads(run("quarantine", "show", held["session"], "--json", on_root=False)[1])
    assert [step["outcome"] for step in shown] == ["done", "done"]
    assert "eicar.com" in run("quarantine", "show", held["session"], on_root=False)[1]
    assert run("quarantine", "purge", held["session"], on_root=False)[0] == ExitCode.USAGE
    assert json.loads(run("quarantine", "purge", "--older-than", "1", "--yes", "--json", on_root=False)[1]) == {
        "purged": []
    }
    assert run("quarantine", "purge", "--older-than", "0", "--yes", on_root=False)[0] == 0
    code, _, told = run("undo", "--last", "--yes")
    assert (code, "đã bị xóa hẳn" in told) == (ExitCode.USAGE, True)


def test_a_clean_up_that_was_undone_is_listed_as_such(run: Run) -> None:
    run("clean", "--yes")
    run("undo", "--last", "--yes", "--item", "1")
    assert json.loads(run("quarantine", "list", "--json", on_root=False)[1])[0]["condition"] == "partly-undone"
    run("undo", "--last", "--yes")
    assert json.loads(run("quarantine", "list", "--json", on_root=False)[1])[0]["condition"] == "undone"


def test_with_no_session_undo_and_quarantine_say_so(run: Run, tmp_path: Path) -> None:
    assert run("undo", "--last", "--yes")[0] == ExitCode.USAGE
    assert run("quarantine", "list", on_root=False)[0] == 0
    assert not (tmp_path / "state").exists()


def test_a_disk_that_is_mounted_elsewhere_now_can_be_named(run: Run, root: Path, tmp_path: Path) -> None:
    run("clean", "--yes")
    root.rename(tmp_path / "elsewhere")
    code, _, told = run("undo", "--last", "--yes", "--lang", "en", on_root=False)
    assert (code, "mount the disk again" in told) == (ExitCode.USAGE, True)
    assert (
        main(["undo", "--last", "--yes", "--state", str(tmp_path / "state"), "--root", str(tmp_path / "elsewhere")])
        == 0
    )
    assert (tmp_path / "elsewhere/home/an/eicar.com").exists()


def test_a_damaged_journal_is_told_and_nothing_is_done(run: Run, root: Path, tmp_path: Path) -> None:
    run("clean", "--yes")
    path = tmp_path / "state" / "sessions" / _session(tmp_path) / "journal"
    Journal(path, State.open(tmp_path / "state").key).close()
    raw = bytearray(path.read_bytes())
    raw[60] ^= 1
    path.write_bytes(raw)
    code, _, told = run("undo", "--last", "--yes", "--lang", "en")
    assert (code, "damaged or changed" in told) == (ExitCode.USAGE, True)
    assert not (root / "home/an/eicar.com").exists()
    code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, "that session is left alone" in said) == (ExitCode.NOTHING_FOUND, True)


def test_a_session_that_never_began_is_not_the_last_one(run: Run, root: Path, tmp_path: Path) -> None:
    run("clean", "--yes")
    (tmp_path / "state" / "sessions" / "99990101T000000Z-000000").mkdir()
    assert run("undo", "--last", "--yes")[0] == 0
    assert (root / "home/an/eicar.com").exists()


def test_there_are_words_for_everything_that_can_be_said() -> None:
    for table in (STEPS, confirmation._BACK, confirmation._GIVEN_BACK):
        assert table.keys() == TARGETS.keys()
    assert OUTCOMES.keys() == set(Outcome)
    assert confirmation._HOLDS.keys() == set(SkipReason)


@pytest.mark.parametrize("words", [("undo", "--last"), ("quarantine", "restore", "SESSION", "1")])
def test_malware_is_not_put_back_unasked(run: Run, root: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    run("clean", "--yes")
    before = snapshot(root)
    named = [_session(tmp_path) if word == "SESSION" else word for word in words]
    code, _, told = run(*named, "--lang", "en")
    assert (code, snapshot(root), "--yes" in told) == (ExitCode.USAGE, before, True)


@pytest.mark.parametrize(("answer", "is_back"), [(["yes"], True), (["no"], False), ([], False)])
def test_who_undoes_is_shown_what_comes_back_and_asked(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, answer: list[str], *, is_back: bool
) -> None:
    run("clean", "--yes")
    monkeypatch.setattr(confirmation.sys, "stdin", Person(*answer))
    code, said, told = run("undo", "--last", "--lang", "en")
    assert code == 0
    assert "The file /home/an/eicar.com (eicar)" in told
    assert ((root / "home/an/eicar.com").exists(), "Nothing was changed" in said) == (is_back, not is_back)


@pytest.mark.parametrize(("language", "told"), [("vi", "Không có gì bị thay đổi"), ("en", "Nothing was changed")])
def test_breaking_off_at_the_question_changes_nothing_and_says_so(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, language: str, told: str
) -> None:
    before = snapshot(root)
    monkeypatch.setattr(confirmation.sys, "stdin", Person())
    code, said, _ = run("clean", "--lang", language)
    assert (code, snapshot(root), told in said) == (ExitCode.FOUND, before, True)


def test_a_scan_that_is_broken_off_before_the_question_changed_nothing_and_says_so(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    before = snapshot(root)
    monkeypatch.setattr(ScanOptions, "scan", broken_off)
    code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, snapshot(root), "Nothing was changed" in said) == (ExitCode.NOT_CONCLUSIVE, before, True)


def test_ending_the_command_when_all_is_done_is_not_called_nothing(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cleaning, "_hand_over", broken_off)
        code, said, _ = run("clean", "--yes", "--lang", "en")
    assert (code, "2 of 2 steps are done" in said, "Nothing was changed" in said) == (13, True, False)


def test_an_undo_that_is_told_to_end_says_how_far_it_came(
    run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(root)
    run("clean", "--yes")
    take_back = carrying_out.take_back

    def take_back_one(where: Workplace, step: int) -> StepResult:
        if step == 1:
            signal.raise_signal(signal.SIGINT)
        return take_back(where, step)

    with monkeypatch.context() as patch:
        patch.setattr(undoing, "take_back", take_back_one)
        code, said, _ = run("undo", "--last", "--yes", "--lang", "en")
    assert (code, "1 items are done, 1 are not" in said) == (ExitCode.PARTLY_CLEANED, True)
    assert run("undo", "--last", "--yes")[0] == 0
    assert snapshot(root) == before


def test_a_preview_refuses_a_state_folder_of_someone_else_as_a_clean_up_does(
    run: Run, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 1234, 1234)
    for words in (("clean", "--dry-run"), ("clean", "--yes")):
        code, _, told = run(*words, "--lang", "en")
        assert (code, "belongs to another user" in told) == (ExitCode.USAGE, True)
    assert list((tmp_path / "state").iterdir()) == []


@pytest.mark.parametrize("words", [["scan"], ["clean", "--dry-run"], ["undo", "--last", "--yes"], ["report", "show"]])
def test_a_file_named_as_state_folder_is_called_that(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (tmp_path / "file").write_bytes(b"")
    on = [] if words[0] == "report" else ["--root", str(root)]
    assert main([*words, *on, "--state", str(tmp_path / "file")]) == ExitCode.USAGE
    assert "là một tệp, không phải thư mục" in capsys.readouterr().err


def test_purging_where_nothing_is_held_says_so(run: Run) -> None:
    assert run("quarantine", "purge", on_root=False)[:2] == (0, "Không có phiên nào để xóa.\n")


def test_sessions_are_listed_in_the_time_of_their_owner(run: Run, tmp_path: Path) -> None:
    run("clean", "--yes")
    began = State.open(tmp_path / "state").sessions[-1]
    local = datetime.strptime(began[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) + timedelta(hours=7)
    assert f"{local:%H:%M %d/%m/%Y}" in run("quarantine", "list", on_root=False)[1]
