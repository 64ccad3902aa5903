"""Every exit code of the table is what a command really ends with, and the table has every code."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.infection import write

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.endpoint.act import clean as cleaning
from quetsach.endpoint.act import file as file_acts
from quetsach.endpoint.plan import plan
from quetsach.endpoint.store.quarantine import seal

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
TABLE = Path(__file__).parents[3] / "docs/reference/exit-codes.md"

type Command = Callable[..., int]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run a command on a system with two infected files."""
    root = tmp_path / "root"
    write(root, b"/a.com", EICAR)
    write(root, b"/b.com", EICAR)

    def run(*words: str, where: Path | None = root) -> int:
        on = [] if where is None else ["--root", str(where)]
        return main([*words, *on, "--state", str(tmp_path / "state")])

    return run


def _failing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    left = iter(range(times))

    def full(*arguments: object) -> None:
        if next(left, None) is not None:
            raise OSError(28, "No space left on device")
        seal(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(file_acts, "seal", full)


def test_0_nothing_found(command: Command, tmp_path: Path) -> None:
    (tmp_path / "honest").mkdir()
    (tmp_path / "honest/letter.txt").write_text("Kính gửi")
    assert command("scan", where=tmp_path / "honest") == ExitCode.NOTHING_FOUND == 0


def test_1_usage(command: Command, tmp_path: Path) -> None:
    assert command("scan", where=tmp_path / "nothing") == ExitCode.USAGE == 1


def test_2_not_conclusive(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert command("scan", where=tmp_path / "empty") == ExitCode.NOT_CONCLUSIVE == 2


def test_2_not_elevated(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert command("clean", "--yes", where=None) == ExitCode.NOT_ELEVATED == 2


def test_3_packs_invalid(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.qsp").write_bytes(b"no pack")
    assert command("scan", "--pack", str(tmp_path / "bad.qsp")) == ExitCode.PACKS_INVALID == 3


def test_10_found_and_not_acted_on(command: Command) -> None:
    assert command("scan") == ExitCode.FOUND == 10
    assert command("clean", "--dry-run") == ExitCode.FOUND


def test_11_cleaned(command: Command) -> None:
    assert command("clean", "--yes") == ExitCode.CLEANED == 11


def test_12_cleaned_and_a_restart_is_needed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "restart_is_needed", lambda *_: True)
    assert command("clean", "--yes") == ExitCode.CLEANED_RESTART == 12


def test_13_partly_cleaned(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(monkeypatch, 1)
    assert command("clean", "--yes") == ExitCode.PARTLY_CLEANED == 13


def test_14_nothing_could_be_cleaned(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(monkeypatch, 2)
    assert command("clean", "--yes") == ExitCode.FAILED == 14


def test_20_stopped_by_the_mass_brake(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_FILES", 1)
    assert command("clean", "--yes") == ExitCode.MASS_BRAKE == 20


def test_the_table_has_every_code_and_no_other() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", TABLE.read_text("utf-8"), re.MULTILINE)}
    assert told == {int(code) for code in ExitCode}
