"""Keys of safe mode and services put back: shown before, undone to the byte, and nothing newer is lost by undo."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection_of_windows import of_key
from tests.snapshot import nothing_left_open, snapshot

from quetsach.cli.confirmation import format_plan_step
from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import UndoResult, undo
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.registry import DWORD, SZ, PutKey, RegistryEdit, RegistryValue, SetValue
from quetsach.endpoint.plan.plan import Plan, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import EditRegistry, Outcome, Step
from quetsach.endpoint.store.state import State
from quetsach.packs.specimen.hive import DWORD as NUMBER
from quetsach.packs.specimen.hive import SZ as TEXT
from quetsach.packs.specimen.hive import Keys
from quetsach.packs.specimen.windows import CONFIG, plant

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SAFE = r"HKLM\SYSTEM\CurrentControlSet\Control\SafeBoot"
NETWORK = rf"{SAFE}\Network"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
GUARD = rf"{SERVICES}\wscsvc"
HIVE = f"{CONFIG}/SYSTEM"


class Drive:
    """A drive of which malware deleted a mode of safe mode and a service, and the tool's state beside it."""

    def __init__(self, folder: Path, system: Keys | None = None) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        plant(self.root, system=system, files={"Windows/System32/wscsvc.dll": b"MZ wscsvc"})
        self.host = mounted_windows(self.root)
        self.state = State.open(folder / "state")

    def plan(self, *keys: str) -> Plan:
        kinds = {key: ArtefactKind.SERVICE if SERVICES in key else ArtefactKind.REGISTRY_KEY for key in keys}
        found = [of_key(key, kind, Action.RESTORE_DEFAULT) for key, kind in kinds.items()]
        return make_plan(found, self.host, self.state.folder)

    def clean(self, *keys: str) -> CleanResult:
        return clean(self.plan(*keys), self.host, self.state, look_again=lambda: (), packs=(), now=NOW)

    def undo(self, result: CleanResult) -> UndoResult:
        return undo(self.state, self.host, result.session, now=NOW)

    def value(self, key: str, name: str) -> str | None:
        self.host.registry.forget()
        found = self.host.registry.value(key, name)
        return None if found is None else found.text

    def edit(self, *edits: RegistryEdit) -> None:
        """Change the hive as Windows would between a clean-up and its undo."""
        made = self.root.parent / "edited"
        self.host.registry.forget()
        self.host.registry.write_edited(edits, made)
        made.replace(self.root / HIVE)
        self.host.registry.forget()


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    made = Drive(tmp_path)
    with nothing_left_open():
        yield made
        made.host.registry.forget()


def test_both_are_put_back_and_taken_away_again_to_the_byte(drive: Drive) -> None:
    before = snapshot(drive.root)
    result = drive.clean(NETWORK, GUARD)
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    assert drive.value(rf"{NETWORK}\Base", "") == "Driver Group"
    assert drive.value(GUARD, "Start") == "2"
    assert drive.value(rf"{GUARD}\Parameters", "ServiceDll") == r"%SystemRoot%\System32\wscsvc.dll"
    assert [step.outcome for step in drive.undo(result).steps] == [Outcome.RESTORED]
    assert snapshot(drive.root) == before


def test_putting_back_a_second_time_finds_nothing_to_do(drive: Drive) -> None:
    drive.clean(NETWORK, GUARD)
    drive.host.registry.forget()
    plan = drive.plan(NETWORK, GUARD)
    assert plan.steps == ()
    assert {held.hold for held in plan.held} == {SkipReason.INCOMPLETE}


def test_what_windows_wrote_elsewhere_since_is_kept_by_undo(drive: Drive) -> None:
    result = drive.clean(NETWORK, GUARD)
    drive.edit(SetValue(rf"{SERVICES}\mine", RegistryValue("Start", DWORD, b"\3\0\0\0")))
    assert [step.outcome for step in drive.undo(result).steps] == [Outcome.REINSERTED]
    assert drive.value(rf"{SERVICES}\mine", "Start") == "3"
    assert not drive.host.registry.exists(GUARD)
    assert not drive.host.registry.exists(NETWORK)


def test_a_service_that_windows_changed_since_is_kept_by_undo(drive: Drive) -> None:
    result = drive.clean(NETWORK, GUARD)
    drive.edit(SetValue(rf"{GUARD}\Security", RegistryValue("Security", 3, b"\1\0")))
    drive.undo(result)
    assert drive.value(GUARD, "Start") == "2"
    assert not drive.host.registry.exists(NETWORK)


def test_values_that_stand_are_neither_overwritten_nor_lost(tmp_path: Path) -> None:
    own: Keys = {r"ControlSet001\Services\wscsvc": {"Start": (NUMBER, 4), "Note": (TEXT, "của tôi")}}
    drive = Drive(tmp_path, own)
    before = snapshot(drive.root)
    result = drive.clean(GUARD)
    assert (drive.value(GUARD, "Start"), drive.value(GUARD, "Note"), drive.value(GUARD, "Type")) == (
        "4",
        "của tôi",
        "32",
    )
    drive.undo(result)
    assert snapshot(drive.root) == before


def test_on_a_windows_of_unknown_version_nothing_is_done_and_it_is_said_why(drive: Drive) -> None:
    version = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    made = drive.root.parent / "edited"
    drive.host.registry.write_edited([SetValue(version, RegistryValue("CurrentBuild", SZ, b"x\0\0\0"))], made)
    made.replace(drive.root / CONFIG / "SOFTWARE")
    drive.host.registry.forget()
    assert [held.hold for held in drive.plan(NETWORK).held] == [SkipReason.INCOMPLETE]


def test_a_service_whose_file_is_gone_is_not_put_back(drive: Drive) -> None:
    (drive.root / "Windows/System32/wscsvc.dll").unlink()
    assert [held.hold for held in drive.plan(GUARD).held] == [SkipReason.INCOMPLETE]


@pytest.mark.parametrize(("language", "said"), [("vi", "tạo lại khóa này"), ("en", "make this key again")])
def test_the_plan_says_which_keys_are_made(drive: Drive, language: str, said: str) -> None:
    (step,) = drive.plan(NETWORK, GUARD).steps
    told = "\n".join(format_plan_step(step, language, registry=drive.host.registry, findings={}))
    assert f"{NETWORK}: {said}" in told
    assert f"{GUARD}: {said}" in told


def test_the_edits_read_back_from_the_journal_as_they_were(drive: Drive) -> None:
    (step,) = drive.plan(NETWORK, GUARD).steps
    assert isinstance(step.target, EditRegistry)
    assert {type(edit) for edit in step.target.edits} == {PutKey}
    assert Step.from_json(step.as_json()) == step
