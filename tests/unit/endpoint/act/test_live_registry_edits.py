"""Edits of the registry of a Windows that runs: recorded, read again, taken back exactly; also when it is shut down."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection_of_windows import (
    CACHE,
    IFEO,
    MACHINE_RUN,
    SERVICES,
    SVCHOST,
    TASK_ID,
    USER_RUN,
    WINLOGON,
    of_key,
    of_value,
    registry_findings,
)
from tests.live_windows import LiveWindows
from tests.snapshot import snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import UndoResult, recover, undo, unfinished
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import KeyContent, RegistryValue
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import EditRegistry, Outcome
from quetsach.endpoint.store.state import State
from quetsach.packs.specimen.hive import SZ

NOW = datetime(2026, 11, 25, tzinfo=UTC)
GUARD = b"\1\0\4\x80 a descriptor of its own"
SERVICE = r"\Registry\Machine\SYSTEM\ControlSet001\Services\qzkvxw"


class Machine:
    def __init__(self, folder: Path) -> None:
        self.windows = LiveWindows(folder / "root")
        self.state = State.open(folder / "state")
        key = self.windows.calls.make(SERVICE)
        key.security, key.kind = GUARD, "Lớp"
        key.below["SÂU\0X"] = type(key)("Sâu\0x", key, {"H\0N": RegistryValue("h\0n", 0, b"\1")}, security=GUARD)

    def clean(self, *findings: Finding, host: Host | None = None) -> CleanResult:
        host = host or self.windows.host()
        plan = make_plan(findings, host, self.state.folder)
        return clean(plan, host, self.state, look_again=lambda: (), packs=(), now=NOW)

    def undo(self, result: CleanResult, host: Host | None = None) -> UndoResult:
        return undo(self.state, host or self.windows.host(), result.session, now=NOW)

    def findings(self) -> tuple[Finding, ...]:
        registry = self.windows.host().registry
        tree = of_key(f"{CACHE}\\Tree\\Update", ArtefactKind.SCHEDULED_TASK, Action.REMOVE_TASK)
        return (*registry_findings(registry), tree)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _without_times(content: KeyContent) -> object:
    below = {name: _without_times(key) for name, key in content.subkeys.items()}
    return content.values, content.security, content.kind, content.is_volatile, below


def test_a_running_registry_is_cleaned_and_undone_exactly(machine: Machine) -> None:
    infected = machine.windows.registry()
    result = machine.clean(*machine.findings())
    assert {step.outcome for step in result.steps} == {Outcome.DONE}
    registry = machine.windows.host().registry
    gone = (f"{SERVICES}\\qzkvxw", f"{CACHE}\\Tree\\Update", f"{CACHE}\\Logon\\{TASK_ID}", f"{IFEO}\\msmpeng.exe")
    assert not any(map(registry.exists, gone))
    assert registry.value(MACHINE_RUN, "Qzk") is None
    assert registry.value(USER_RUN, "Qzk") is None
    value = registry.value(SVCHOST, "netsvcs")
    assert value is not None
    assert value.entries == ("BITS", "wuauserv")
    undone = machine.undo(result).steps
    assert {step.outcome for step in undone} == {Outcome.RESTORED}
    assert not any("permissions" in step.note for step in undone)
    assert machine.windows.registry() == infected
    assert _times(machine.windows.content(SERVICE)) == {500}
    assert not machine.windows.calls.open_keys


def _times(content: KeyContent) -> set[int]:
    return {content.written}.union(*map(_times, content.subkeys.values()))


def test_each_key_is_a_step_of_its_own(machine: Machine) -> None:
    host = machine.windows.host()
    plan = make_plan(registry_findings(host.registry), host, machine.state.folder)
    keys = [step.subject.decode() for step in plan.steps]
    assert len(keys) == len(set(keys))
    assert {MACHINE_RUN, USER_RUN, SVCHOST, f"{SERVICES}\\qzkvxw"} <= set(keys)
    assert all(isinstance(step.target, EditRegistry) and step.target.file is None for step in plan.steps)


def test_what_lies_in_a_key_that_goes_is_no_step(machine: Machine) -> None:
    registry = machine.windows.host().registry
    value = of_value(registry, f"{SERVICES}\\qzkvxw\\Parameters", "ServiceDll", Action.REMOVE_VALUE)
    service = of_key(f"{SERVICES}\\qzkvxw", ArtefactKind.SERVICE, Action.REMOVE_SERVICE)
    plan = make_plan((value, service), machine.windows.host(), machine.state.folder)
    (step,) = (step for step in plan.steps if b"qzkvxw" in step.subject and b"Root" not in step.subject)
    assert set(step.findings) == {value.id, service.id}


def test_a_profile_that_is_not_signed_in_is_cleaned_by_its_hive_file(tmp_path: Path) -> None:
    windows = LiveWindows(tmp_path / "root", people=("An",))
    state = State.open(tmp_path / "state")
    infected, files = windows.registry(), snapshot(windows.root)
    host = windows.host()
    finding = of_value(host.registry, USER_RUN, "Qzk", Action.REMOVE_VALUE)
    plan = make_plan((finding,), host, state.folder)
    assert plan.steps[0].subject == "/Users/Bình/NTUSER.DAT".encode()
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    host.registry.forget()
    assert host.registry.value(USER_RUN, "Qzk") is None
    assert [step.outcome for step in undo(state, host, result.session, now=NOW).steps] == [Outcome.RESTORED]
    assert (windows.registry(), snapshot(windows.root)) == (infected, files)


def test_someone_who_signs_in_meanwhile_is_cleaned_where_they_are(tmp_path: Path) -> None:
    windows = LiveWindows(tmp_path / "root", people=("An",))
    state = State.open(tmp_path / "state")
    host = windows.host()
    finding = of_value(host.registry, USER_RUN, "Qzk", Action.REMOVE_VALUE)
    plan = make_plan((finding,), host, state.folder)
    windows.shut_down()
    windows.mounts["HKU\\Bình"] = "\\Registry\\User\\S-1-5-21-1-2-3-1002"
    windows.start()
    infected, host = windows.registry(), windows.host()
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    assert host.registry.value(USER_RUN, "Qzk") is None
    assert [step.outcome for step in undo(state, host, result.session, now=NOW).steps] == [Outcome.RESTORED]
    assert windows.registry() == infected


def test_someone_who_signs_out_meanwhile_needs_another_scan(tmp_path: Path) -> None:
    windows = LiveWindows(tmp_path / "root")
    state = State.open(tmp_path / "state")
    finding = of_value(windows.host().registry, USER_RUN, "Qzk", Action.REMOVE_VALUE)
    plan = make_plan((finding,), windows.host(), state.folder)
    windows.shut_down()
    del windows.mounts["HKU\\Bình"]
    windows.start()
    result = clean(plan, windows.host(), state, look_again=lambda: (), packs=(), now=NOW)
    assert (result.steps[0].outcome, "signed out" in result.steps[0].note) == (Outcome.FAILED, True)


def test_what_was_done_live_is_undone_on_the_drive_and_the_other_way_round(tmp_path: Path) -> None:
    windows, state = LiveWindows(tmp_path / "root"), State.open(tmp_path / "state")
    infected = windows.registry()
    disk = windows.shut_down()
    before = {key: disk.registry.content(key) for key in windows.mounts}

    result = _clean(windows.host(), state)
    disk = windows.shut_down()
    assert disk.registry.value(MACHINE_RUN, "Qzk") is None
    assert {step.outcome for step in undo(state, disk, result.session, now=NOW).steps} == {Outcome.RESTORED}
    disk.registry.forget()
    assert {key: _plain(disk.registry.content(key)) for key in windows.mounts} == {
        key: _plain(content) for key, content in before.items()
    }

    result = _clean(disk, state)
    windows.start()
    assert windows.host().registry.value(MACHINE_RUN, "Qzk") is None
    outcomes = {step.outcome for step in undo(state, windows.host(), result.session, now=NOW).steps}
    assert outcomes == {Outcome.RESTORED}
    assert _plain(windows.registry()) == _plain(infected)


def _clean(host: Host, state: State) -> CleanResult:
    assert host.registry is not None
    plan = make_plan(registry_findings(host.registry), host, state.folder)
    result = clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)
    assert {step.outcome for step in result.steps} == {Outcome.DONE}
    return result


def _plain(content: KeyContent | None) -> object:
    assert content is not None
    values = sorted((v.name, v.type, v.data) for v in content.values)
    below = {name: _plain(key) for name, key in content.subkeys.items() if name != "CurrentControlSet"}
    return values, below


def test_a_key_that_nobody_may_edit_keeps_no_other_from_being_edited(machine: Machine) -> None:
    machine.windows.calls.make(SERVICE).denied = 0x10000
    result = machine.clean(*machine.findings())
    outcomes = {step.step.subject.decode(): step.outcome for step in result.steps}
    assert outcomes.pop(f"{SERVICES}\\qzkvxw") is Outcome.FAILED
    assert set(outcomes.values()) == {Outcome.DONE}


def test_what_is_half_done_is_undone_too(machine: Machine) -> None:
    infected = machine.windows.registry()
    machine.windows.calls.make(f"{SERVICE}\\Sâu\0x").denied = 0x10000
    service = of_key(f"{SERVICES}\\qzkvxw", ArtefactKind.SERVICE, Action.REMOVE_SERVICE)
    result = machine.clean(service)
    assert Outcome.FAILED in {step.outcome for step in result.steps}
    machine.windows.calls.make(f"{SERVICE}\\Sâu\0x").denied = 0
    machine.undo(result)
    assert _without_times(machine.windows.registry()) == _without_times(infected)


def test_a_value_that_changed_since_it_was_recorded_is_left_alone(machine: Machine) -> None:
    finding = of_value(machine.windows.host().registry, MACHINE_RUN, "Qzk", Action.REMOVE_VALUE)
    host = machine.windows.host()
    plan = make_plan((finding,), host, machine.state.folder)
    run = MACHINE_RUN.replace("HKLM", "\\Registry\\Machine")
    records = iter(range(100))

    def change() -> None:
        if next(records) == 2:  # after the plan and the intent
            machine.windows.set_text(run, "Qzk", "newer")

    look = {"look_again": lambda: (), "packs": (), "now": NOW}
    result = clean(plan, host, machine.state, after_record=change, **look)
    assert [step.outcome for step in result.steps] == [Outcome.CHANGED]
    value = host.registry.value(MACHINE_RUN, "Qzk")
    assert value is not None
    assert value.text == "newer"


def test_what_is_newer_than_the_clean_up_stays(machine: Machine) -> None:
    result = machine.clean(*machine.findings())
    winlogon = WINLOGON.replace("HKLM", "\\Registry\\Machine")
    machine.windows.set_text(winlogon, "Shell", "kiosk.exe")
    outcomes = {step.step.subject.decode(): step.outcome for step in machine.undo(result).steps}
    assert outcomes[WINLOGON] is Outcome.REINSERTED
    value = machine.windows.host().registry.value(WINLOGON, "Shell")
    assert value is not None
    assert (value.type, value.text) == (SZ, "kiosk.exe")


def test_a_link_leads_no_edit_to_another_key(machine: Machine) -> None:
    key = f"{IFEO}\\msmpeng.exe".replace("HKLM", "\\Registry\\Machine")
    host = machine.windows.host()
    finding = of_value(host.registry, f"{IFEO}\\msmpeng.exe", "Debugger", Action.REMOVE_VALUE)
    plan = make_plan((finding,), host, machine.state.folder)
    machine.windows.calls.put(r"\Registry\Machine\SOFTWARE\Victim", machine.windows.content(key))
    machine.windows.calls.link(key, r"\Registry\Machine\SOFTWARE\Victim")
    result = clean(plan, host, machine.state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.FAILED]
    assert host.registry.value("HKLM\\SOFTWARE\\Victim", "Debugger") is not None


class CrashError(BaseException):
    """The machine stops here."""


def test_someone_who_signed_out_after_a_crash_needs_another_scan(tmp_path: Path) -> None:
    windows, state = LiveWindows(tmp_path / "root"), State.open(tmp_path / "state")
    finding = of_value(windows.host().registry, USER_RUN, "Qzk", Action.REMOVE_VALUE)
    plan = make_plan((finding,), windows.host(), state.folder)
    records = iter(range(3))

    def stop() -> None:
        if next(records) == 2:  # after the plan and the intent
            raise CrashError

    with pytest.raises(CrashError):
        clean(plan, windows.host(), state, look_again=lambda: (), packs=(), now=NOW, after_record=stop)
    windows.shut_down()
    del windows.mounts["HKU\\Bình"]
    windows.start()
    (session,) = unfinished(state, windows.host())
    (step,) = recover(state, windows.host(), session, now=NOW).steps
    assert (step.outcome, "signed out meanwhile" in step.note) == (Outcome.FAILED, True)
    assert windows.host().registry.value(USER_RUN, "Qzk") is not None


class Fuse:
    """Stops the machine at one of the moments that are counted."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self) -> None:
        if self.left == 0:
            raise CrashError
        self.left -= 1


@pytest.mark.parametrize("kind", ["records", "changes"])
def test_any_moment_of_a_clean_up_and_its_undo_can_be_the_last(tmp_path: Path, kind: str) -> None:
    tried = 0
    for at in range(10_000):
        folder = tmp_path / str(at)
        folder.mkdir()
        machine = Machine(folder)
        infected = _without_times(machine.windows.registry())
        is_over = _clean_until(machine, kind, at)
        cleaned = machine.windows.host().registry
        if unfinished(machine.state, machine.windows.host()):
            (name,) = unfinished(machine.state, machine.windows.host())
            recover(machine.state, machine.windows.host(), name, now=NOW)
        for session in machine.state.sessions:
            if machine.state.session_folder(session).joinpath("00001.new").exists():
                raise AssertionError(session)
        is_over &= _undo_until(machine, kind, at)
        for session in machine.state.sessions:
            undo(machine.state, machine.windows.host(), session, now=NOW)
        assert _without_times(machine.windows.registry()) == infected, at
        assert not cleaned.troubles()
        tried = at
        if is_over:
            break
    assert tried > 20


def _clean_until(machine: Machine, kind: str, at: int) -> bool:
    host = machine.windows.host()
    plan = make_plan(machine.findings(), host, machine.state.folder)
    fuse = Fuse(at)
    machine.windows.calls.before_edit = fuse if kind == "changes" else lambda: None
    try:
        clean(
            plan,
            host,
            machine.state,
            look_again=lambda: (),
            packs=(),
            now=NOW,
            after_record=fuse if kind == "records" else None,
        )
    except CrashError:
        return False
    finally:
        machine.windows.calls.before_edit = lambda: None
    return True


def _undo_until(machine: Machine, kind: str, at: int) -> bool:
    fuse = Fuse(at)
    machine.windows.calls.before_edit = fuse if kind == "changes" else lambda: None
    try:
        for session in machine.state.sessions:
            after = fuse if kind == "records" else None
            undo(machine.state, machine.windows.host(), session, now=NOW, after_record=after)
    except CrashError:
        return False
    finally:
        machine.windows.calls.before_edit = lambda: None
    return True


def test_what_no_record_could_hold_is_not_removed_from_a_registry_that_runs(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no sealed hive from which it could come back."""
    monkeypatch.setattr("quetsach.endpoint.act.hive._MAX_INVERSE_BYTES", 50)
    infected = machine.windows.registry()
    registry = machine.windows.host().registry
    [step] = machine.clean(of_value(registry, MACHINE_RUN, "Qzk", Action.REMOVE_VALUE)).steps
    assert step.outcome is Outcome.FAILED
    assert "too large to be recorded" in step.note
    assert machine.windows.registry() == infected
