"""A clean-up of a running Windows stops a family as a whole before it ends each of its processes."""

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.waiting import PATIENCE_SECONDS
from tests.windows import planting

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText
from quetsach.endpoint import EndpointError
from quetsach.endpoint.act.act import Workplace
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.process import ProcessAct
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import Artefact, FileAnchor, Finding, ProcessAnchor, anchor_of
from quetsach.endpoint.host.disk import fstat, hash_file
from quetsach.endpoint.host.live import live_host, running_processes, tree_path
from quetsach.endpoint.host.process import ProcessState
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome, Step
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)
TEXT = LocalText("vì", "why")


@pytest.fixture
def worm(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A planted program that runs."""
    with planting.running(planting.program(tmp_path / "sâu.exe", b"worm")) as process:
        yield process


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A state folder of its own."""
    return State.open(tmp_path / "state")


def _finding(anchor: FileAnchor | ProcessAnchor) -> Finding:
    is_file = isinstance(anchor, FileAnchor)
    kind, action = (ArtefactKind.FILE, Action.QUARANTINE) if is_file else (ArtefactKind.PROCESS, Action.KILL)
    return Finding("bad", "worm", "1", "bad", Artefact(kind, anchor), action, TEXT, "rule bad")


def _process(pid: int) -> ProcessAnchor:
    found = running_processes().read(pid)
    assert found is not None
    return found.anchor


def _file(path: Path) -> FileAnchor:
    tree = live_host().tree
    name = tree.resolve(tree_path(path))
    with os.fdopen(tree.open_read(name), "rb") as file:
        return anchor_of(name, fstat(file.fileno()), hash_file(file.fileno()))


def _cleaned(state: State, anchor: FileAnchor | ProcessAnchor) -> list[Outcome]:
    host = live_host()
    plan = make_plan([_finding(anchor)], host, state.folder)
    return [step.outcome for step in clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW).steps]


def test_a_process_is_ended_and_undo_says_that_it_stays_so(state: State, worm: subprocess.Popen[bytes]) -> None:
    assert _cleaned(state, _process(worm.pid)) == [Outcome.DONE]
    assert worm.wait(PATIENCE_SECONDS) == 1
    assert [one.outcome for one in undo(state, live_host(), state.sessions[0], now=NOW).steps] == [Outcome.KEPT]


def test_what_runs_a_file_that_goes_is_ended_with_it_and_nothing_else(
    tmp_path: Path, state: State, worm: subprocess.Popen[bytes]
) -> None:
    path = tmp_path / "sâu.exe"
    content = path.read_bytes()
    other = planting.program(tmp_path / "khác.exe", b"worm")
    with planting.running(path) as twin, planting.running(other) as innocent:
        assert _cleaned(state, _file(path)) == [Outcome.DONE] * 3
        assert (worm.wait(PATIENCE_SECONDS), twin.wait(PATIENCE_SECONDS)) == (1, 1)
        assert innocent.poll() is None
    assert not path.exists()
    undo(state, live_host(), state.sessions[0], now=NOW)
    assert path.read_bytes() == content


def test_a_suspended_process_whose_step_failed_goes_on(
    state: State, worm: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[ProcessState] = []
    anchor = _process(worm.pid)

    def refuse(self: ProcessAct, where: Workplace, step: Step, before: object) -> None:
        seen.append(running_processes().state(anchor))
        raise EndpointError("refused")

    monkeypatch.setattr(ProcessAct, "do", refuse)
    assert _cleaned(state, anchor) == [Outcome.FAILED]
    assert seen == [ProcessState.STOPPED]
    assert running_processes().state(anchor) is ProcessState.RUNNING
    assert worm.poll() is None
