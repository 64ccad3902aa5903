"""Live clean-up with harmless processes and a simulated service manager: suspend, seal deleted images, end."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection import file_anchor, finding

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint import EndpointError
from quetsach.endpoint.act import process
from quetsach.endpoint.act.act import Workplace
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.process import ProcessAct
from quetsach.endpoint.act.undo import recover, undo
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.posix.linux import LinuxHost, Systemd, live_host
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import ProcessState
from quetsach.endpoint.plan.plan import Plan, make_plan
from quetsach.endpoint.plan.step import Outcome, Step, StopUnit
from quetsach.endpoint.store.quarantine import Sealed
from quetsach.endpoint.store.session import Session
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([shutil.copy("/usr/bin/sleep", tmp_path / "sleeper"), "61"]) as child:
        yield child
        child.kill()


def _found(pid: int) -> Finding:
    return finding(LinuxProcesses().read(pid).anchor, ArtefactKind.PROCESS, Action.KILL)


def _clean(plan: Plan, host: LinuxHost, state: State) -> list[Outcome]:
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    return [step.outcome for step in result.steps]


def test_a_process_is_ended_and_undo_says_that_it_stays_so(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    assert _clean(make_plan([_found(sleeper.pid)], host, state.folder), host, state) == [Outcome.DONE]
    assert sleeper.wait() == -9
    assert [s.outcome for s in undo(state, host, state.sessions[0], now=NOW).steps] == [Outcome.KEPT]


def test_the_image_of_a_deleted_program_is_sealed_before_the_process_ends(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (tmp_path / "sleeper").read_bytes()
    monkeypatch.setattr(process, "LARGEST_BYTES", len(content))
    (tmp_path / "sleeper").unlink()
    host, state = live_host(), State.open(tmp_path / "state")
    _clean(make_plan([_found(sleeper.pid)], host, state.folder), host, state)
    (path,) = state.folder.glob("sessions/*/*.sealed")
    assert Sealed.open(path, state.key).content(1 << 20) == content
    undo(state, host, state.sessions[0], now=NOW)
    assert not (tmp_path / "sleeper").exists()


def test_a_deleted_program_that_would_take_hours_to_seal_is_ended_all_the_same(tmp_path: Path) -> None:
    huge = Path(shutil.copy("/usr/bin/sleep", tmp_path / "huge"))
    os.truncate(huge, 1 << 42)
    host, state = live_host(), State.open(tmp_path / "state")
    with subprocess.Popen([huge, "61"]) as child:
        huge.unlink()
        outcomes = _clean(make_plan([_found(child.pid)], host, state.folder), host, state)
        child.kill()
    assert (outcomes, list(state.folder.glob("sessions/*/*.sealed"))) == ([Outcome.DONE], [])


def test_a_twin_that_was_born_after_the_scan_is_ended_too(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    plan = make_plan([_found(sleeper.pid)], host, state.folder)
    with subprocess.Popen([tmp_path / "sleeper", "61"]) as twin, subprocess.Popen(["/usr/bin/sleep", "61"]) as other:
        assert _clean(plan, host, state) == [Outcome.DONE, Outcome.DONE]
        assert twin.wait() == -9
        assert other.poll() is None
        other.kill()


def test_a_process_of_the_same_arguments_but_another_image_lives_on(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    plan = make_plan([_found(sleeper.pid)], host, state.folder)
    (tmp_path / "sleeper").rename(tmp_path / "kept")
    shutil.copy(tmp_path / "kept", tmp_path / "sleeper")
    with subprocess.Popen([tmp_path / "sleeper", "61"]) as other:
        assert _clean(plan, host, state) == [Outcome.DONE]
        assert other.poll() is None
        other.kill()


def test_a_process_started_from_a_file_that_goes_is_ended_too(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    file = file_anchor(Path("/"), os.fsencode(tmp_path / "sleeper"))
    plan = make_plan([finding(file, ArtefactKind.FILE, Action.QUARANTINE)], host, state.folder)
    assert _clean(plan, host, state) == [Outcome.DONE, Outcome.DONE]
    assert sleeper.wait() == -9


def test_a_suspended_process_whose_step_failed_goes_on(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    seen: list[ProcessState] = []

    def refuse(self: ProcessAct, where: Workplace, step: Step, before: object) -> None:
        seen.append(LinuxProcesses().state(step.target.process))
        raise EndpointError("refused")

    monkeypatch.setattr(ProcessAct, "do", refuse)
    found = _found(sleeper.pid)
    assert _clean(make_plan([found], host, state.folder), host, state) == [Outcome.FAILED]
    assert seen == [ProcessState.STOPPED]
    assert LinuxProcesses().state(found.artefact.anchor) is ProcessState.RUNNING


def test_a_process_that_ended_by_itself_is_no_failure(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    plan = make_plan([_found(sleeper.pid)], host, state.folder)
    sleeper.kill()
    sleeper.wait()
    assert _clean(plan, host, state) == [Outcome.GONE]


_SYSTEMCTL = """#!/bin/sh
# A service manager of one unit, whose exit codes are worth nothing.
echo "$*" >>"$0.log"
case "$*" in
*show*) cat "$0.state" ;;
*" stop "*) [ -e "$0.stubborn" ] || echo inactive >"$0.state" ;;
esac
exit 1
"""


@pytest.fixture
def systemctl(tmp_path: Path) -> Path:
    program = tmp_path / "systemctl"
    program.write_text(_SYSTEMCTL)
    program.chmod(0o755)
    (tmp_path / "systemctl.state").write_text("active\n")
    return program


def _stop(tmp_path: Path, systemctl: Path) -> list[Outcome]:
    live = live_host()
    host, state = LinuxHost(live.tree, live.processes, Systemd(str(systemctl))), State.open(tmp_path / "state")
    why = finding(LinuxProcesses().read(os.getpid()).anchor, ArtefactKind.PROCESS, Action.KILL).why
    return _clean(Plan((Step(1, StopUnit(b"-evil.service"), "f", (), why, "e"),), ()), host, state)


def test_a_unit_is_stopped_its_processes_killed_first(tmp_path: Path, systemctl: Path) -> None:
    assert _stop(tmp_path, systemctl) == [Outcome.DONE]
    said = [line.split() for line in (tmp_path / "systemctl.log").read_text().splitlines()]
    verbs = [next(word for word in line if not word.startswith("-")) for line in said]
    assert verbs.index("kill") < verbs.index("stop") < verbs.index("daemon-reload")
    assert all(line[-2:] == ["--", "-evil.service"] for line in said if "-evil.service" in line)


def test_the_state_of_a_unit_counts_and_not_the_exit_code(tmp_path: Path, systemctl: Path) -> None:
    (tmp_path / "systemctl.stubborn").touch()
    assert _stop(tmp_path, systemctl) == [Outcome.FAILED]


def test_a_service_manager_that_does_not_answer_has_stopped_nothing(tmp_path: Path) -> None:
    assert not Systemd(str(tmp_path / "none")).stop(b"x.service")


def test_process_numbers_of_an_earlier_boot_are_not_believed(
    tmp_path: Path, sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    plan = make_plan([_found(sleeper.pid)], host, state.folder)
    monkeypatch.setattr("quetsach.endpoint.store.session.boot_id", lambda: "another")
    session = Session.create(state, plan.steps, root=b"/", is_live=True, packs=(), now=NOW)
    monkeypatch.undo()
    assert not session.is_same_boot
    assert [s.outcome for s in recover(state, host, session.identifier, now=NOW).steps] == [Outcome.GONE]
    time.sleep(0.05)
    assert sleeper.poll() is None


def test_what_was_suspended_when_the_tool_was_killed_is_ended_by_the_next_run(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    plan = make_plan([_found(sleeper.pid)], host, state.folder)
    session = Session.create(state, plan.steps, root=b"/", is_live=True, packs=(), now=NOW)
    session.begin(1, {})
    LinuxProcesses().suspend(plan.steps[0].target.process)
    assert [s.outcome for s in recover(state, host, session.identifier, now=NOW).steps] == [Outcome.DONE]
    assert sleeper.wait() == -9


def test_what_was_suspended_when_the_tool_was_killed_goes_on_when_that_is_undone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    host, state = live_host(), State.open(tmp_path / "state")
    plan = make_plan([_found(sleeper.pid)], host, state.folder)
    session = Session.create(state, plan.steps, root=b"/", is_live=True, packs=(), now=NOW)
    LinuxProcesses().suspend(plan.steps[0].target.process)
    assert undo(state, host, session.identifier, now=NOW).steps == ()
    assert LinuxProcesses().state(plan.steps[0].target.process) is ProcessState.RUNNING
