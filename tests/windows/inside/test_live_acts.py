"""A running Windows is cleaned as a whole and put back to the last value: what runs, what starts it, what is in use."""

import ctypes
import os
import sys
import winreg
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.windows import planting
from tests.windows.state import changes, registry

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CLEANED_RESTART, CleanResult
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import Anchor, Artefact, FileAnchor, Finding, ProcessAnchor, RegistryAnchor
from quetsach.endpoint.collect import persistence_entries
from quetsach.endpoint.host.live import live_host
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.store.state import State
from quetsach.packs.specimen.hive import SZ

NOW = datetime(2026, 11, 25, tzinfo=UTC)
FOLDER = Path("C:\\ProgramData\\Quạt")
SERVICE, RUN = "qsdichvu", "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
HIDDEN = "ẩn\0sau"
SID = "S-1-5-21-7-7-7-1001"
TASK = "\\Quạt\\Cập nhật"
ACTIONS = {
    ArtefactKind.REGISTRY_VALUE: Action.REMOVE_VALUE,
    ArtefactKind.REGISTRY_KEY: Action.REMOVE_KEY,
    ArtefactKind.SERVICE: Action.REMOVE_SERVICE,
    ArtefactKind.SCHEDULED_TASK: Action.REMOVE_TASK,
}


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


@pytest.fixture
def infected() -> Iterator[Path]:
    """A program that runs, as itself and as a service, and what starts it."""
    with ExitStack() as stack:
        program = planting.program(FOLDER / "quạt.exe")
        stack.callback(lambda: [path.unlink() for path in FOLDER.iterdir()] and FOLDER.rmdir())
        service = planting.program(FOLDER / "dịch vụ.exe")
        stack.enter_context(planting.running(program))
        stack.enter_context(planting.service(SERVICE, service, display="Quạt"))
        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            stack.enter_context(planting.value(root, RUN, "Quạt máy", str(program)))
        stack.enter_context(_debugger(str(program)))
        stack.enter_context(_hidden(str(program)))
        stack.enter_context(_task(program))
        yield program


_OPTIONS = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\msmpeng.exe"


@contextmanager
def _debugger(command: str) -> Iterator[None]:
    with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, _OPTIONS) as key:
        winreg.SetValueEx(key, "Debugger", 0, winreg.REG_SZ, command)
    yield
    winreg.DeleteKey(winreg.HKEY_LOCAL_MACHINE, _OPTIONS)


class _hidden:  # noqa: N801  (used like a function)
    """A Run value whose name no program of Windows shows."""

    def __init__(self, command: str) -> None:
        from quetsach.endpoint.host.registry import RegistryValue

        self.value = RegistryValue(HIDDEN, 1, f"{command}\0".encode("utf-16-le"))

    def __enter__(self) -> None:
        from quetsach.endpoint.host.registry import SetValue

        _registry().make(SetValue(f"HKLM\\{RUN}", self.value))

    def __exit__(self, *_: object) -> None:
        from quetsach.endpoint.host.registry import DeleteValue

        _registry().make(DeleteValue(f"HKLM\\{RUN}", HIDDEN))


class _task:  # noqa: N801
    """A scheduled task."""

    def __init__(self, program: Path) -> None:
        self.file = Path(os.environ["SYSTEMROOT"], "System32", "Tasks", *TASK.split("\\")[1:])
        self.text = (
            '<?xml version="1.0"?><Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">'
            f"<Actions><Exec><Command>{program}</Command></Exec></Actions></Task>"
        )

    def __enter__(self) -> None:
        self.file.parent.mkdir(parents=True)
        self.file.write_text(self.text, "utf-8")

    def __exit__(self, *_: object) -> None:
        self.file.unlink()
        self.file.parent.rmdir()


def _registry():
    found = live_host().registry
    assert found is not None
    return found


def _finding(kind: ArtefactKind, anchor: Anchor, action: Action, fields: dict[str, str] | None = None) -> Finding:
    why = LocalText("vì thử", "for a test")
    name = f"{hash(anchor) & 0xFFFF_FFFF_FFFF_FFFF:016x}"
    return Finding(name, "specimen", "1", "trait", Artefact(kind, anchor, fields or {}), action, why, "rule (author)")


def _found(host: Host) -> list[Finding]:
    """Return what a scan would find: footholds that name the program, its files and its processes."""
    found = _found_in_registry(host)
    folder = b"/ProgramData/Qu\xe1\xba\xa1t"
    for entry in host.tree.scandir(folder):
        path = folder + b"/" + entry.name
        found.append(_finding(ArtefactKind.FILE, _file(host, path), Action.QUARANTINE))
    assert host.processes is not None
    for process in host.processes:
        if b"/Qu\xe1\xba\xa1t/" in process.executable:
            found.append(_finding(ArtefactKind.PROCESS, process.anchor, Action.KILL))
    return found


def _found_in_registry(host: Host) -> list[Finding]:
    named = (one for one in persistence_entries(host) if isinstance(one, Artefact))
    ours = (one for one in named if any(b"/Qu\xe1\xba\xa1t/" in path for path in one.refers_to))
    return [_finding(one.kind, one.anchor, ACTIONS[one.kind], dict(one.fields)) for one in ours]


def _file(host: Host, path: bytes) -> FileAnchor:
    from quetsach.endpoint.artefact import anchor_of
    from quetsach.endpoint.host.disk import fstat, hash_file

    fd = host.tree.open_read(host.tree.resolve(path))
    try:
        return anchor_of(path, fstat(fd), hash_file(fd))
    finally:
        os.close(fd)


def _clean(state: State, found: list[Finding]) -> CleanResult:
    host = live_host()
    plan = make_plan(found, host, state.folder)
    assert not plan.held, [(one.finding.artefact.anchor, one.hold) for one in plan.held]
    return clean(plan, host, state, look_again=lambda: (), packs=(), now=NOW)


def test_all_that_was_planted_is_found_goes_and_comes_back(infected: Path, state: State) -> None:
    before, files = registry(), {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    found = _found(live_host())
    names = {anchor.name for one in found if isinstance(anchor := one.artefact.anchor, RegistryAnchor)}
    assert {"Quạt máy", HIDDEN, "Debugger", None} <= names
    assert sum(isinstance(one.artefact.anchor, ProcessAnchor) for one in found) == 2
    assert any(one.artefact.kind is ArtefactKind.SCHEDULED_TASK for one in found)

    result = _clean(state, found)
    left = {Outcome.DONE, Outcome.GONE}  # a key that 32-bit programs have, too, and the process of a service
    assert [(step.step.subject, step.outcome, step.note) for step in result.steps if step.outcome not in left] == []
    assert _found(live_host()) == []
    assert list(FOLDER.iterdir()) == []

    steps = undo(state, live_host(), result.session, now=NOW).steps
    assert {step.outcome for step in steps} == {Outcome.RESTORED, Outcome.KEPT}
    assert changes(before, registry()) == []
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == files
    again = {one.artefact.anchor for one in _found(live_host())}
    assert {a for a in again if isinstance(a, RegistryAnchor)} == {
        one.artefact.anchor for one in found if isinstance(one.artefact.anchor, RegistryAnchor)
    }


def test_a_profile_that_nobody_is_signed_in_to_is_cleaned_by_its_file(state: State) -> None:
    with planting.profile("Bình", SID, {RUN: {"Quạt": (SZ, "C:\\ProgramData\\Quạt\\quạt.exe")}}) as home:
        content = (home / "NTUSER.DAT").read_bytes()
        before = registry()
        host = live_host()
        assert host.registry is not None
        assert "Bình" in host.registry.accounts()
        found = [one for one in _found_in_registry(host) if one.artefact.fields["user"] == "Bình"]
        result = _clean(state, found)
        assert [step.outcome for step in result.steps] == [Outcome.DONE]
        host.registry.forget()
        assert host.registry.value(f"HKU\\Bình\\{RUN}", "Quạt") is None
        undo(state, live_host(), result.session, now=NOW)
        assert (home / "NTUSER.DAT").read_bytes() == content
        assert changes(before, registry()) == []


def test_a_file_that_a_program_holds_goes_at_the_next_start_or_stays_after_all(state: State) -> None:
    library = FOLDER / "giữ.dll"
    FOLDER.mkdir(parents=True, exist_ok=True)
    library.write_bytes(Path(sys.executable).with_name("DLLs").joinpath("libffi-8.dll").read_bytes())
    held = ctypes.WinDLL(str(library))
    before = registry()
    host = live_host()
    found = [
        _finding(
            ArtefactKind.FILE, _file(host, b"/ProgramData/Qu\xe1\xba\xa1t/" + "giữ.dll".encode()), Action.QUARANTINE
        )
    ]
    plan = make_plan(found, host, state.folder)
    result = clean(plan, host, state, look_again=lambda: tuple(found), packs=(), now=NOW)
    assert (result.exit_code, result.remaining) == (CLEANED_RESTART, ())
    assert host.restart_queue is not None
    assert host.restart_queue.holds(found[0].artefact.anchor.path)  # type: ignore[union-attr]
    undo(state, live_host(), result.session, now=NOW)
    assert changes(before, registry()) == []
    assert library.exists()
    ctypes.WinDLL("kernel32").FreeLibrary(ctypes.c_void_p(held._handle))
    library.unlink()
    FOLDER.rmdir()
