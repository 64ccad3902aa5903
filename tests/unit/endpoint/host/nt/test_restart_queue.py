"""What is in use goes at the next start of Windows; undo takes exactly that out of the list again."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fake_host import FakeRegistry
from tests.infection_of_windows import DLL, of_file
from tests.live_windows import LiveWindows

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CLEANED_RESTART
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.host.nt.terminal import NtRestartQueue
from quetsach.endpoint.host.posix.folder import PosixFolder
from quetsach.endpoint.host.registry import MULTI_SZ, RegistryValue, SetValue
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KEY = r"HKLM\SYSTEM\ControlSet001\Control\Session Manager"
VALUE = "PendingFileRenameOperations"
OTHERS = ("\\??\\C:\\a.tmp", "", "\\??\\C:\\b", "!\\??\\C:\\c")


def _data(*texts: str) -> bytes:
    return "".join(f"{text}\0" for text in (*texts, "")).encode("utf-16-le")


class Appending:
    """Appends to the list as Windows does, or does not; ``more`` is what another program writes at that moment."""

    def __init__(self, registry: FakeRegistry, *, works: bool = True, more: tuple[str, ...] = ()) -> None:
        self.registry, self.works, self.more = registry, works, more

    def remove_at_restart(self, path: str) -> None:
        found = self.registry.value(KEY, VALUE)
        texts = found.data.decode("utf-16-le").split("\0")[:-2] if found else []
        texts += [*self.more, *(["\\??\\" + path.removeprefix("\\\\?\\"), ""] if self.works else [])]
        self.registry.take(SetValue(KEY, RegistryValue(VALUE, MULTI_SZ, _data(*texts))))


def _registry(*texts: str) -> FakeRegistry:
    registry = FakeRegistry()
    registry.take(SetValue(KEY, RegistryValue("x", 1, b"")))
    if texts:
        registry.take(SetValue(KEY, RegistryValue(VALUE, MULTI_SZ, _data(*texts))))
    return registry


def _listed(registry: FakeRegistry) -> bytes:
    found = registry.value(KEY, VALUE)
    return found.data if found else b""


@pytest.mark.parametrize("others", [(), OTHERS])
@pytest.mark.parametrize("path", ["/Users/An/x.exe", "/D:/trò chơi/x.exe"])
def test_a_file_is_appended_and_only_it_is_taken_out(others: tuple[str, ...], path: str) -> None:
    registry = _registry(*others)
    queue = NtRestartQueue(Appending(registry), registry)
    before = _listed(registry)
    assert queue.remove(path.encode())
    name = path[1:] if path.startswith("/D:") else f"C:{path}"
    assert _listed(registry) == _data(*others, "\\??\\" + name.replace("/", "\\"), "")
    assert queue.holds(path.encode())
    assert queue.withdraw(path.encode())
    assert _listed(registry) == before
    assert queue.withdraw(path.encode())


def test_it_is_not_believed_that_a_file_is_in_the_list() -> None:
    registry = _registry(*OTHERS)
    assert not NtRestartQueue(Appending(registry, works=False), registry).remove(b"/x")
    assert _listed(registry) == _data(*OTHERS)


def test_what_another_program_appends_meanwhile_stays() -> None:
    registry = _registry()
    queue = NtRestartQueue(Appending(registry, more=OTHERS), registry)
    assert queue.remove(b"/x")
    assert queue.withdraw(b"/x")
    assert _listed(registry) == _data(*OTHERS)


def test_a_list_with_an_odd_end_keeps_it() -> None:
    registry = _registry("\\??\\C:\\x", "", "\\??\\C:\\odd")
    queue = NtRestartQueue(Appending(registry), registry)
    assert queue.holds(b"/x")
    assert queue.withdraw(b"/x")
    assert "odd" in _listed(registry).decode("utf-16-le")


@pytest.mark.parametrize("is_started_again", [False, True])
def test_a_file_in_use_is_sealed_and_queued_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_started_again: bool
) -> None:
    windows, state = LiveWindows(tmp_path / "root"), State.open(tmp_path / "state")
    infected, content = windows.registry(), (windows.root / DLL[1:].decode()).read_bytes()
    registry = _registry(*OTHERS)
    host = replace(windows.host(), restart_queue=NtRestartQueue(Appending(registry), registry))
    removing = PosixFolder.remove

    def refuse(folder: PosixFolder, name: bytes, descriptor: int | None = None) -> None:
        if name == DLL.rpartition(b"/")[2]:
            raise PermissionError(13, "in use")
        removing(folder, name, descriptor)

    monkeypatch.setattr(PosixFolder, "remove", refuse)
    found = (of_file(windows.root, DLL, ArtefactKind.FILE, Action.QUARANTINE),)
    plan = make_plan(found, host, state.folder)
    result = clean(plan, host, state, look_again=lambda: found, packs=(), now=NOW)
    assert (result.exit_code, result.remaining) == (CLEANED_RESTART, ())
    assert host.restart_queue is not None
    assert host.restart_queue.holds(DLL)
    monkeypatch.setattr(PosixFolder, "remove", removing)
    if is_started_again:
        (windows.root / DLL[1:].decode()).unlink()
        registry.take(SetValue(KEY, RegistryValue(VALUE, MULTI_SZ, _data(*OTHERS))))
    (undone,) = undo(state, host, result.session, now=NOW).steps
    assert undone.outcome is (Outcome.RESTORED if is_started_again else Outcome.KEPT)
    assert _listed(registry) == _data(*OTHERS)
    assert windows.registry() == infected
    assert (windows.root / DLL[1:].decode()).read_bytes() == content
