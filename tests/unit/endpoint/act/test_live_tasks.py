"""A task of a running Windows goes with its file, its keys and what the scheduler knows; all of it comes back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection_of_windows import CACHE, TASK, TASK_ID, of_file, of_key
from tests.live_windows import LiveHost, LiveWindows
from tests.snapshot import snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import recover, undo, unfinished
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.nt.services import NtTasks
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import DeleteKey, KeyContent
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome, RemoveTask
from quetsach.endpoint.store.session import steps_of
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KEYS = (f"{CACHE}\\Tree\\Update", f"{CACHE}\\Tasks\\{TASK_ID}", f"{CACHE}\\Logon\\{TASK_ID}")


class Scheduler:
    """A task scheduler; ``deletes`` is what it does when it is asked to delete a task."""

    def __init__(self, deletes: Callable[[], None]) -> None:
        self.known = {("\\", "Update")}
        self.deletes = deletes
        self.asked: list[tuple[str, str]] = []

    def knows(self, folder: str, name: str) -> bool:
        return (folder, name) in self.known

    def delete(self, folder: str, name: str) -> None:
        self.asked.append((folder, name))
        self.deletes()
        self.known.discard((folder, name))


class Machine:
    def __init__(self, folder: Path) -> None:
        self.windows = LiveWindows(folder / "root")
        self.state = State.open(folder / "state")
        self.file = self.windows.root / TASK[1:].decode()
        for key in KEYS:
            self.windows.calls.make(key.replace("HKLM", "\\Registry\\Machine")).security = b"\1\0\4\x80 of a task"
        self.scheduler = Scheduler(self.obey)
        self.infected = self.now()

    def host(self) -> LiveHost:
        return replace(self.windows.host(), tasks=NtTasks(self.scheduler))

    def obey(self) -> None:
        """Do what the scheduler of Windows does: file, tree and record go, a list is forgotten."""
        self.file.unlink()
        for key in KEYS[:2]:
            self.windows.host().registry.make(DeleteKey(key))

    def refuse(self) -> None:
        raise OSError(None, "the service does not run")

    def finding(self) -> Finding:
        return of_file(self.windows.root, TASK, ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)

    def clean(self, *findings: Finding, host: Host | None = None) -> CleanResult:
        host = host or self.host()
        plan = make_plan(findings or (self.finding(),), host, self.state.folder)
        return clean(plan, host, self.state, look_again=lambda: (), packs=(), now=NOW)

    def now(self) -> tuple[object, object]:
        return _without_times(self.windows.registry()), snapshot(self.windows.root)


def _without_times(content: KeyContent) -> object:
    below = {name: _without_times(key) for name, key in content.subkeys.items()}
    return content.values, content.security, content.kind, content.is_volatile, below


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_task_is_one_step_with_its_file_and_its_keys(machine: Machine) -> None:
    plan = make_plan((machine.finding(),), machine.host(), machine.state.folder)
    (step,) = plan.steps
    assert isinstance(step.target, RemoveTask)
    assert (step.subject, step.target.name) == (TASK, "\\Update")
    assert {edit.key for edit in step.target.edits} == set(KEYS)


@pytest.mark.parametrize("obeys", [True, False])
def test_a_task_goes_and_comes_back_whatever_the_scheduler_does(machine: Machine, *, obeys: bool) -> None:
    if not obeys:
        machine.scheduler.deletes = machine.refuse
    result = machine.clean()
    assert [(step.outcome, step.note) for step in result.steps] == [(Outcome.DONE, "")]
    assert result.restart_needed == (not obeys)
    assert machine.scheduler.asked == [("\\", "Update")]
    assert not machine.file.exists()
    assert not any(map(machine.host().registry.exists, KEYS))
    (undone,) = undo(machine.state, machine.host(), result.session, now=NOW).steps
    assert (undone.outcome, "next start" in undone.note) == (Outcome.RESTORED, True)
    assert machine.now() == machine.infected


def test_a_task_that_only_the_registry_has_goes_by_its_keys(machine: Machine) -> None:
    machine.file.unlink()
    machine.infected = machine.now()
    machine.scheduler.deletes = machine.refuse
    result = machine.clean(of_key(KEYS[0], ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK))
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    assert not any(map(machine.host().registry.exists, KEYS))
    undo(machine.state, machine.host(), result.session, now=NOW)
    assert machine.now() == machine.infected


def test_a_task_without_keys_goes_by_its_file(machine: Machine) -> None:
    for key in KEYS:
        machine.host().registry.make(DeleteKey(key))
    machine.infected = machine.now()
    machine.scheduler.deletes = machine.file.unlink
    result = machine.clean()
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    undo(machine.state, machine.host(), result.session, now=NOW)
    assert machine.now() == machine.infected


def test_a_task_removed_live_is_undone_on_the_disk(machine: Machine) -> None:
    keys = {key: machine.host().registry.content(key) for key in KEYS}
    content = machine.file.read_bytes()
    result = machine.clean()
    disk = machine.windows.shut_down()
    assert not any(map(disk.registry.exists, KEYS))
    assert [step.outcome for step in undo(machine.state, disk, result.session, now=NOW).steps] == [Outcome.RESTORED]
    disk.registry.forget()
    for key, former in keys.items():
        there = disk.registry.content(key)
        assert there is not None
        assert former is not None
        assert set(there.values) == set(former.values)
    assert machine.file.read_bytes() == content


def test_a_task_whose_keys_went_meanwhile_still_goes_by_its_file(machine: Machine) -> None:
    plan = make_plan((machine.finding(),), machine.host(), machine.state.folder)
    for key in KEYS:
        machine.host().registry.make(DeleteKey(key))
    machine.scheduler.deletes = machine.file.unlink
    before = machine.now()
    result = clean(plan, machine.host(), machine.state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    assert not machine.file.exists()
    undo(machine.state, machine.host(), result.session, now=NOW)
    assert machine.now() == before


def test_a_task_of_which_nothing_is_left_is_gone(machine: Machine) -> None:
    machine.file.unlink()
    found = of_key(KEYS[0], ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
    plan = make_plan((found,), machine.host(), machine.state.folder)
    for key in KEYS:
        machine.host().registry.make(DeleteKey(key))
    result = clean(plan, machine.host(), machine.state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.GONE]


class CrashError(BaseException):
    """The machine stops here."""


def test_a_task_that_was_about_to_go_is_not_taken_from_the_disk(machine: Machine) -> None:
    """The machine stopped after the record of what would go; it is undone where its drive is mounted."""
    records = iter(range(3))

    def stop() -> None:
        if next(records) == 2:
            raise CrashError

    assert not _survives(_clean, machine, stop)
    content = machine.file.read_bytes()
    disk = machine.windows.shut_down()
    (session,) = machine.state.sessions
    undo(machine.state, disk, session, now=NOW)
    (progress,) = steps_of(machine.state, session)
    assert progress.outcome is Outcome.FAILED
    assert [path.name for path in machine.state.session_folder(session).glob("*.sealed")] == []
    disk.registry.forget()
    assert all(map(disk.registry.exists, KEYS))
    assert machine.file.read_bytes() == content


@pytest.mark.parametrize("obeys", [True, False])
def test_any_record_can_be_the_last(tmp_path: Path, *, obeys: bool) -> None:
    for at in range(1_000):
        (tmp_path / str(at)).mkdir()
        machine = Machine(tmp_path / str(at))
        if not obeys:
            machine.scheduler.deletes = machine.refuse
        left = iter(range(at))

        def stop(left: object = left) -> None:
            if next(left, None) is None:  # type: ignore[call-overload]
                raise CrashError

        is_over = _survives(_clean, machine, stop)
        for name in unfinished(machine.state, machine.host()):
            recover(machine.state, machine.host(), name, now=NOW)
        is_over &= _survives(_undo, machine, stop)
        _undo(machine, None)
        assert machine.now() == machine.infected, at
        if is_over:
            break
    assert at > 5


def _survives(act: Callable[[Machine, Callable[[], None]], None], machine: Machine, stop: Callable[[], None]) -> bool:
    try:
        act(machine, stop)
    except CrashError:
        return False
    return True


def _clean(machine: Machine, stop: Callable[[], None]) -> None:
    host = machine.host()
    plan = make_plan((machine.finding(),), host, machine.state.folder)
    clean(plan, host, machine.state, look_again=lambda: (), packs=(), now=NOW, after_record=stop)


def _undo(machine: Machine, stop: Callable[[], None] | None) -> None:
    for session in machine.state.sessions:
        undo(machine.state, machine.host(), session, now=NOW, after_record=stop)
