"""What is sealed can be taken out as evidence, such as the image of a program whose file was deleted."""

import json
import shutil
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection import finding

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.host.posix.linux import live_host
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def ended(tmp_path: Path) -> tuple[str, bytes]:
    """End a process that deleted its file, as Mirai does, and return the session and what the file held."""
    program = Path(shutil.copy("/usr/bin/sleep", tmp_path / "dvrHelper"))
    content = program.read_bytes()
    with subprocess.Popen([program, "61"]) as child:
        program.unlink()
        anchor = LinuxProcesses().read(child.pid).anchor
        host, state = live_host(), State.open(tmp_path / "state")
        plan = make_plan([finding(anchor, ArtefactKind.PROCESS, Action.KILL)], host, state.folder)
        result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
        child.kill()
    return result.session, content


def _run(tmp_path: Path, *words: str) -> int:
    return main(["quarantine", *words, "--state", str(tmp_path / "state")])


def test_the_image_of_an_ended_program_is_listed_and_shown(
    tmp_path: Path, ended: tuple[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path, "list", "--json") == 0
    (session,) = json.loads(capfd.readouterr().out)
    assert session["items"] == 1
    assert _run(tmp_path, "show", ended[0], "--json") == 0
    (step,) = json.loads(capfd.readouterr().out)
    assert (step["kind"], step["outcome"]) == ("kill-process", "done")
    assert "image is sealed" in step["note"]


def test_it_is_taken_out_to_a_file_that_nobody_can_run(
    tmp_path: Path, ended: tuple[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "evidence"
    assert _run(tmp_path, "restore", ended[0], "1", "--to", str(taken)) == 0
    assert taken.read_bytes() == ended[1]
    assert stat.S_IMODE(taken.stat().st_mode) == 0o400
    assert "Đây có thể là mã độc" in capfd.readouterr().out
    assert not (tmp_path / "dvrHelper").exists()
    assert _run(tmp_path, "restore", ended[0], "1", "--to", str(tmp_path / "again")) == 0


def test_undo_does_not_start_it_and_says_where_its_image_is(
    tmp_path: Path, ended: tuple[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path, "restore", ended[0], "1", "--yes") == 0
    said = capfd.readouterr()
    assert f"quetsach quarantine restore {ended[0]} 1 --to TỆP" in said.out + said.err


def test_no_file_that_is_there_is_written_over(tmp_path: Path, ended: tuple[str, bytes]) -> None:
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    assert _run(tmp_path, "restore", ended[0], "1", "--to", str(mine)) == ExitCode.USAGE
    assert mine.read_bytes() == b"mine"


@pytest.mark.parametrize("items", [("1", "2"), ("7",)])
def test_only_one_item_that_holds_something_is_taken_out(
    tmp_path: Path, ended: tuple[str, bytes], items: tuple[str, ...]
) -> None:
    assert _run(tmp_path, "restore", ended[0], *items, "--to", str(tmp_path / "evidence")) == ExitCode.USAGE
    assert not (tmp_path / "evidence").exists()


def test_a_damaged_item_leaves_no_file(tmp_path: Path, ended: tuple[str, bytes]) -> None:
    (sealed,) = (tmp_path / "state").glob("sessions/*/*.sealed")
    sealed.chmod(0o600)
    content = bytearray(sealed.read_bytes())
    content[-100] ^= 1
    sealed.write_bytes(content)
    assert _run(tmp_path, "restore", ended[0], "1", "--to", str(tmp_path / "evidence")) != 0
    assert not (tmp_path / "evidence").exists()
