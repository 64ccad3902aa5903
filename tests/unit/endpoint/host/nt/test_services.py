"""The service manager of Windows forgets what goes and learns what comes back, by what it is asked again."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from tests.fake_host import FakeTree
from tests.fake_registry_calls import FakeRegistryCalls

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.nt.services import OWN_PROCESS, SHARED_PROCESS, STOPPED, NtServices, ServiceStatus
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.host.registry import DWORD, EXPAND_SZ, DeleteKey, KeyContent, PutKey, RegistryValue

RUNNING, DRIVER = 4, 1
KEY = r"\Registry\Machine\SYSTEM\ControlSet001\Services\evil"
CONTENT = KeyContent(
    (
        RegistryValue("Type", DWORD, b"\x10\0\0\0"),
        RegistryValue("Start", DWORD, b"\2\0\0\0"),
        RegistryValue("ImagePath", EXPAND_SZ, "%x%\\evil.exe\0".encode("utf-16-le")),
    )
)


@dataclass
class Manager:
    """A service manager that does what it is told, unless a test says otherwise."""

    known: dict[str, ServiceStatus] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_deaf: bool = False
    is_marked: bool = False

    def listed(self) -> Iterator[ServiceStatus]:
        yield from self.known.values()

    def status(self, name: str) -> ServiceStatus | None:
        return self.known.get(name)

    def disable(self, name: str) -> None:
        self.asked.append(f"disable {name}")

    def stop(self, name: str) -> None:
        self.asked.append(f"stop {name}")
        if not self.is_deaf:
            self.known[name] = replace(self.known[name], state=STOPPED, pid=0)

    def delete(self, name: str) -> None:
        self.asked.append(f"delete {name}")
        if self.known[name].state == STOPPED:
            del self.known[name]

    def create(self, name: str, type_: int, start: int, image: str) -> None:
        self.asked.append(f"create {name} {type_} {start} {image}")
        if self.is_marked:
            error = OSError(None, "marked")
            error.winerror = 1072  # type: ignore[attr-defined]
            raise error
        self.known[name] = ServiceStatus(name, type_, STOPPED, 0)

    def wait(self, seconds: float) -> None:
        return


@dataclass
class Processes:
    """Processes by number; ending one tells the manager, as Windows does."""

    manager: Manager
    starts: dict[int, int]
    killed: list[ProcessAnchor] = field(default_factory=list)

    def read(self, pid: int) -> Process | None:
        if pid not in self.starts:
            return None
        return Process(ProcessAnchor(pid, self.starts[pid], b"/x", deleted=False), 0, 0, (), b"", b"x")

    def kill(self, anchor: ProcessAnchor) -> bool:
        self.killed.append(anchor)
        for name, status in self.manager.known.items():
            if status.pid == anchor.pid:
                self.manager.known[name] = replace(status, state=STOPPED, pid=0)
        return True


def _services(status: ServiceStatus | None) -> tuple[NtServices, Manager, Processes]:
    manager = Manager({status.name: status} if status else {})
    processes = Processes(manager, {7: 700})
    return NtServices(manager, processes), manager, processes  # type: ignore[arg-type]


def test_a_service_of_its_own_process_is_switched_off_ended_and_deleted() -> None:
    services, manager, processes = _services(ServiceStatus("evil", OWN_PROCESS, RUNNING, 7))
    assert not services.forget("evil")
    assert [anchor.start_ticks for anchor in processes.killed] == [700]
    assert manager.asked == ["disable evil", "delete evil"]
    assert manager.known == {}


def test_a_process_that_serves_others_too_is_asked_to_stop_and_never_ended() -> None:
    services, manager, processes = _services(ServiceStatus("evil", SHARED_PROCESS, RUNNING, 7))
    assert not services.forget("evil")
    assert (processes.killed, manager.asked) == ([], ["disable evil", "stop evil", "delete evil"])


def test_one_that_does_not_stop_is_gone_after_a_restart() -> None:
    services, manager, _ = _services(ServiceStatus("evil", SHARED_PROCESS, RUNNING, 7))
    manager.is_deaf = True
    assert services.forget("evil")
    assert not services.stop(b"evil")
    assert services.is_active(b"evil")


def test_a_number_that_is_another_process_by_now_is_not_ended() -> None:
    services, manager, processes = _services(ServiceStatus("evil", OWN_PROCESS, RUNNING, 7))
    asked = iter([7, 7, 9])
    status = manager.status
    manager.status = lambda name: (s := status(name)) and (s if s.state == STOPPED else replace(s, pid=next(asked)))  # type: ignore[method-assign]
    services.forget("evil")
    assert processes.killed == []
    assert "stop evil" in manager.asked


@pytest.mark.parametrize(("state", "waits"), [(RUNNING, True), (STOPPED, False)])
def test_a_driver_is_never_ended(state: int, *, waits: bool) -> None:
    services, manager, _ = _services(ServiceStatus("evil", DRIVER, state, 0))
    assert services.forget("evil") == waits
    assert manager.asked == []


@pytest.mark.parametrize("name", ["evil\0x", "", "a/b", "x" * 300])
def test_what_the_manager_cannot_be_asked_for_is_not_asked(name: str) -> None:
    services, manager, _ = _services(None)
    assert not services.forget(name)
    assert services.learn(name, CONTENT)
    assert manager.asked == []


def test_a_service_that_comes_back_is_made_known_with_what_it_had() -> None:
    services, manager, _ = _services(None)
    assert not services.learn("evil", CONTENT)
    assert manager.asked == ["create evil 16 2 %x%\\evil.exe"]


def test_a_service_that_windows_still_holds_is_not_put_back_only_to_go_again() -> None:
    services, manager, _ = _services(None)
    manager.is_marked = True
    with pytest.raises(OSError, match="marked"):
        services.learn("evil", CONTENT)


@pytest.mark.parametrize("control_set", ["CurrentControlSet", "ControlSet001", "ControlSet002"])
def test_the_registry_tells_the_manager_of_services_of_the_set_in_force(tmp_path: Path, control_set: str) -> None:
    services, manager, _ = _services(ServiceStatus("evil", OWN_PROCESS, RUNNING, 7))
    calls = FakeRegistryCalls()
    for number in (1, 2):
        calls.put(KEY.replace("001", f"00{number}"), CONTENT)
    calls.make(r"\Registry\User")
    calls.link(r"\Registry\Machine\SYSTEM\CurrentControlSet", r"\Registry\Machine\SYSTEM\ControlSet001")
    registry = NtRegistry(FakeTree(tmp_path), calls, services)
    key = f"HKLM\\SYSTEM\\{control_set}\\Services\\evil"
    assert not registry.make(DeleteKey(key))
    assert (manager.known == {}) == (control_set != "ControlSet002")
    assert not registry.make(PutKey(key, CONTENT))
    assert registry.content(key) is not None
    assert ("create evil 16 2 %x%\\evil.exe" in manager.asked) == (control_set != "ControlSet002")
