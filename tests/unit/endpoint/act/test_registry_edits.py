"""Edits of the registry on a disk: all or none, undone to the byte, and nothing newer overwritten."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection_of_windows import (
    CACHE,
    CLEAN_PAGE,
    CONFIG,
    DLL,
    HOSTS,
    IFEO,
    MACHINE_RUN,
    PAGE,
    SERVICES,
    SVCHOST,
    TASK,
    TASK_ID,
    USER_RUN,
    WINLOGON,
    infect,
    of_file,
    of_key,
    of_value,
    registry_findings,
    windows_findings,
)
from tests.snapshot import nothing_left_open, snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint import StateError
from quetsach.endpoint.act import hive as registry_acts
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import FAILED, CleanResult
from quetsach.endpoint.act.undo import UndoResult, undo
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.registry import DeleteKey, DeleteValue, RegistryEdit, RegistryValue, SetValue
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import EditRegistry, Outcome, Step
from quetsach.endpoint.store.quarantine import Sealed
from quetsach.endpoint.store.state import State
from quetsach.packs.specimen.hive import MULTI_SZ, SZ, build_hive

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Drive:
    """An infected drive and the tool's state beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        infect(self.root)
        self.host = mounted_windows(self.root)
        self.state = State.open(folder / "state")

    def at(self, path: bytes) -> Path:
        return self.root / os.fsdecode(path[1:])

    def value(self, key: str, name: str) -> str | None:
        self.host.registry.forget()
        found = self.host.registry.value(key, name)
        return None if found is None else found.text

    def found(self, key: str, name: str, action: Action = Action.REMOVE_VALUE, **more: str) -> Finding:
        return of_value(self.host.registry, key, name, action, **more)

    def clean(self, *findings: Finding) -> CleanResult:
        plan = make_plan(findings, self.host, self.state.folder)
        return clean(plan, self.host, self.state, look_again=lambda: (), packs=(), now=NOW)

    def undo(self, result: CleanResult) -> UndoResult:
        return undo(self.state, self.host, result.session, now=NOW)

    def edit(self, hive: bytes, *edits: RegistryEdit) -> None:
        """Change a hive as Windows would between a clean-up and its undo."""
        made = self.root.parent / "edited"
        self.host.registry.forget()
        self.host.registry.write_edited(edits, made)
        made.replace(self.at(hive))
        self.host.registry.forget()


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    made = Drive(tmp_path)
    with nothing_left_open():
        yield made
        made.host.registry.forget()


def test_an_infected_windows_is_cleaned_and_undone_to_the_byte(drive: Drive) -> None:
    infected = snapshot(drive.root)
    result = drive.clean(*windows_findings(drive.root))
    assert {step.outcome for step in result.steps} == {Outcome.DONE}
    assert drive.at(PAGE).read_bytes() == CLEAN_PAGE
    assert drive.at(HOSTS).read_bytes() == b"# mine\r\n127.0.0.1 localhost\r\n"
    assert not drive.at(TASK).exists()
    assert drive.value(WINLOGON, "Shell") == "explorer.exe"
    assert drive.value(f"{SERVICES}\\wuauserv", "Start") == "3"
    assert drive.value(SVCHOST, "netsvcs") == "BITS\nwuauserv"
    gone = (f"{SERVICES}\\qzkvxw", f"{CACHE}\\Tree\\Update", f"{CACHE}\\Logon\\{TASK_ID}", f"{IFEO}\\msmpeng.exe")
    assert not any(map(drive.host.registry.exists, gone))
    copies = drive.state.session_folder(result.session)
    assert list(copies.glob("*.new")) == []  # no edited copy of a hive is left
    assert {step.outcome for step in drive.undo(result).steps} == {Outcome.RESTORED}
    assert snapshot(drive.root) == infected
    assert list(copies.glob("*.new")) == []


def test_a_value_that_names_a_removed_file_in_other_letters_is_dangling(drive: Drive) -> None:
    command = "RUNDLL32 C:\\WINDOWS\\system32\\QZKVXW.dll,x"
    drive.edit(CONFIG + b"/SOFTWARE", SetValue(MACHINE_RUN, RegistryValue("Qzk", SZ, _text(command))))
    result = drive.clean(of_file(drive.root, DLL, ArtefactKind.FILE, Action.QUARANTINE))
    assert "Qzk" in [artefact.anchor.name for artefact in result.dangling if artefact.kind.value == "registry-value"]
    assert result.exit_code == 13


def _text(text: str) -> bytes:
    return f"{text}\0".encode("utf-16-le")


def test_what_is_not_named_stays_as_it_was(drive: Drive) -> None:
    drive.clean(
        drive.found(MACHINE_RUN, "Qzk"), drive.found(WINLOGON, "Userinit", Action.REMOVE_ENTRY, entry="C:\\qzk.exe")
    )
    assert drive.value(MACHINE_RUN, "Qzk") is None
    assert drive.value(MACHINE_RUN, "Của tôi") == "C:\\mine.exe"
    assert drive.value(WINLOGON, "Userinit") == "C:\\Windows\\system32\\userinit.exe,"


def test_an_edited_hive_has_its_owner_and_mode_and_the_real_time(drive: Drive) -> None:
    hive = drive.at(CONFIG + b"/SOFTWARE")
    hive.chmod(0o640)
    before = hive.stat()
    drive.clean(drive.found(MACHINE_RUN, "Qzk"))
    after = hive.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_mtime_ns > before.st_mtime_ns


def test_the_logs_of_a_hive_are_sealed_with_it(drive: Drive) -> None:
    result = drive.clean(drive.found(MACHINE_RUN, "Qzk"))
    folder = drive.state.session_folder(result.session)
    sealed = Sealed.open(folder / "00001.LOG1.sealed", drive.state.key)
    assert sealed.content(100) == b"log"


@pytest.mark.parametrize("sequences", [(7, 3), (3, 7)])
def test_a_hive_that_was_not_closed_cleanly_is_refused_with_advice(drive: Drive, sequences: tuple[int, int]) -> None:
    hive = drive.at(b"/Users/B\xc3\xacnh/NTUSER.DAT")
    hive.write_bytes(build_hive({USER_RUN.removeprefix("HKU\\Bình\\"): {"Qzk": (SZ, "C:\\x")}}, sequences=sequences))
    content = hive.read_bytes()
    drive.host.registry.forget()
    result = drive.clean(drive.found(USER_RUN, "Qzk"))
    assert (result.exit_code, result.steps[0].outcome, hive.read_bytes()) == (FAILED, Outcome.FAILED, content)
    assert "shutdown" in result.steps[0].note


def test_a_hive_that_changed_after_the_plan_is_left_alone(drive: Drive) -> None:
    plan = make_plan([drive.found(MACHINE_RUN, "Qzk")], drive.host, drive.state.folder)
    drive.edit(CONFIG + b"/SOFTWARE", SetValue(MACHINE_RUN, RegistryValue("New", SZ, b"")))
    result = clean(plan, drive.host, drive.state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.CHANGED]
    assert drive.value(MACHINE_RUN, "Qzk") is not None


def test_undo_puts_only_the_edits_back_into_a_hive_that_changed_since(drive: Drive) -> None:
    result = drive.clean(*registry_findings(drive.host.registry))
    drive.edit(CONFIG + b"/SYSTEM", SetValue(f"{SERVICES}\\Schedule", RegistryValue("New", SZ, b"n\0\0\0")))
    outcomes = {step.step.subject: step.outcome for step in drive.undo(result).steps}
    assert outcomes[CONFIG + b"/SYSTEM"] is Outcome.REINSERTED
    assert drive.value(f"{SERVICES}\\Schedule", "New") == "n"
    assert drive.value(f"{SERVICES}\\qzkvxw\\Parameters", "ServiceDll") == "%SystemRoot%\\System32\\qzkvxw.dll"
    assert drive.value(f"{SERVICES}\\wuauserv", "Start") == "4"


def test_undo_never_overwrites_a_value_that_is_newer_than_the_clean_up(drive: Drive) -> None:
    result = drive.clean(
        drive.found(WINLOGON, "Shell", Action.RESTORE_DEFAULT, default="explorer.exe"), drive.found(MACHINE_RUN, "Qzk")
    )
    kiosk = RegistryValue("Shell", SZ, "kiosk.exe\0".encode("utf-16-le"))
    drive.edit(CONFIG + b"/SOFTWARE", SetValue(WINLOGON, kiosk))
    (step,) = drive.undo(result).steps
    assert (step.outcome, step.note[:6]) == (Outcome.REINSERTED, "1 of 2")
    assert (drive.value(WINLOGON, "Shell"), drive.value(MACHINE_RUN, "Qzk") is not None) == ("kiosk.exe", True)


def test_undo_with_nothing_of_ours_left_says_so_and_changes_nothing(drive: Drive) -> None:
    result = drive.clean(drive.found(MACHINE_RUN, "Qzk"))
    drive.edit(CONFIG + b"/SOFTWARE", SetValue(MACHINE_RUN, RegistryValue("Qzk", SZ, b"x\0\0\0")))
    content = drive.at(CONFIG + b"/SOFTWARE").read_bytes()
    (step,) = drive.undo(result).steps
    assert (step.outcome, "newer" in step.note) == (Outcome.KEPT, True)
    assert drive.at(CONFIG + b"/SOFTWARE").read_bytes() == content


def test_a_key_that_someone_made_again_is_not_overwritten(drive: Drive) -> None:
    result = drive.clean(of_key(f"{SERVICES}\\qzkvxw", ArtefactKind.SERVICE, Action.REMOVE_SERVICE))
    drive.edit(CONFIG + b"/SYSTEM", SetValue(f"{SERVICES}\\qzkvxw", RegistryValue("Mine", SZ, b"y\0\0\0")))
    drive.undo(result)
    assert drive.value(f"{SERVICES}\\qzkvxw", "Mine") == "y"
    assert drive.value(f"{SERVICES}\\qzkvxw", "Start") is None


def test_a_restored_default_that_was_missing_is_taken_away_again(drive: Drive) -> None:
    there = drive.found(WINLOGON, "Shell", Action.RESTORE_DEFAULT, default="explorer.exe")
    drive.edit(CONFIG + b"/SOFTWARE", DeleteKey(WINLOGON))
    result = drive.clean(there)
    assert drive.value(WINLOGON, "Shell") == "explorer.exe"
    drive.edit(CONFIG + b"/SOFTWARE", SetValue(MACHINE_RUN, RegistryValue("New", SZ, b"")))
    assert [step.outcome for step in drive.undo(result).steps] == [Outcome.REINSERTED]
    assert not drive.host.registry.exists(WINLOGON)


def test_an_edit_of_a_running_registry_is_no_edit_of_a_disk(drive: Drive) -> None:
    plan = make_plan([drive.found(MACHINE_RUN, "Qzk")], drive.host, drive.state.folder)
    live = Step(1, EditRegistry(None, (DeleteValue(MACHINE_RUN, "Qzk"),)), "f", (), plan.steps[0].why, "")
    result = clean(type(plan)((live,), ()), drive.host, drive.state, look_again=lambda: (), packs=(), now=NOW)
    assert (result.steps[0].outcome, "does not run" in result.steps[0].note) == (Outcome.FAILED, True)


def test_a_key_that_no_record_could_hold_goes_too_and_comes_back_with_the_whole_hive(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_acts, "_MAX_INVERSE_BYTES", 50)
    infected = snapshot(drive.root)
    result = drive.clean(of_key(f"{SERVICES}\\qzkvxw", ArtefactKind.SERVICE, Action.REMOVE_SERVICE))
    assert {step.outcome for step in result.steps} == {Outcome.DONE}
    assert not drive.host.registry.exists(f"{SERVICES}\\qzkvxw")
    assert {step.outcome for step in drive.undo(result).steps} == {Outcome.RESTORED}
    assert snapshot(drive.root) == infected


@pytest.mark.parametrize(("room", "outcome"), [(400, Outcome.REINSERTED), (1, Outcome.BESIDE)])
def test_what_no_record_could_hold_is_told_or_put_beside_a_hive_that_changed_since(
    drive: Drive, monkeypatch: pytest.MonkeyPatch, room: int, outcome: Outcome
) -> None:
    monkeypatch.setattr(registry_acts, "_MAX_INVERSE_BYTES", room)
    drive.edit(CONFIG + b"/SOFTWARE", SetValue(MACHINE_RUN, RegistryValue("Long", SZ, _text("qzk" * 300))))
    result = drive.clean(drive.found(MACHINE_RUN, "Long"), drive.found(MACHINE_RUN, "Qzk"))
    drive.edit(CONFIG + b"/SOFTWARE", SetValue(MACHINE_RUN, RegistryValue("New", SZ, b"")))
    (step,) = drive.undo(result).steps
    is_told = step.note.startswith("1 were too large to be recorded")
    assert (step.outcome, is_told) == (outcome, outcome is Outcome.REINSERTED)
    assert (drive.value(MACHINE_RUN, "Qzk") is None) == (outcome is Outcome.BESIDE)
    assert drive.value(MACHINE_RUN, "Long") is None


def test_undo_refuses_the_drive_of_another_machine(drive: Drive) -> None:
    result = drive.clean(drive.found(MACHINE_RUN, "Qzk"))
    guid = RegistryValue("MachineGuid", SZ, "another\0".encode("utf-16-le"))
    drive.edit(CONFIG + b"/SOFTWARE", SetValue("HKLM\\SOFTWARE\\Microsoft\\Cryptography", guid))
    with pytest.raises(StateError, match="not the machine"):
        drive.undo(result)


def test_nothing_is_left_in_the_session_that_only_the_act_needed(drive: Drive) -> None:
    result = drive.clean(*registry_findings(drive.host.registry))
    drive.undo(result)
    assert list(drive.state.session_folder(result.session).glob("*.new")) == []


def test_an_entry_of_a_multi_string_goes_and_the_others_keep_their_order(drive: Drive) -> None:
    key = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa"
    drive.clean(drive.found(key, "Security Packages", Action.REMOVE_ENTRY, entry="qzk"))
    drive.host.registry.forget()
    value = drive.host.registry.value(key, "Security Packages")
    assert value is not None
    assert (value.type, value.entries) == (MULTI_SZ, ("kerberos", "msv1_0", "qzk2"))
