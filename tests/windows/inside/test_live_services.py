"""Services of the running Windows go with their process and come back as they were."""

import ctypes
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fake_host import FakeTree

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.nt.ffi.registry import NativeRegistry
from quetsach.endpoint.host.nt.ffi.services import NativeServices
from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.nt.services import STOPPED, NtServices
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.host.registry import DeleteKey, PutKey, RegistryValue, SetValue

PROGRAM = Path(__file__).with_name("service_program.py")
RUNNING = 4


class Killer:
    """The processes of the machine, as far as ending a service needs them."""

    def __init__(self) -> None:
        self.killed: list[int] = []

    def read(self, pid: int) -> Process | None:
        return Process(ProcessAnchor(pid, 0, b"", deleted=False), 0, 0, (), b"", b"")

    def kill(self, anchor: ProcessAnchor) -> bool:
        self.killed.append(anchor.pid)
        kernel = ctypes.WinDLL("kernel32")
        kernel.OpenProcess.restype = ctypes.c_void_p
        process = ctypes.c_void_p(kernel.OpenProcess(0x100001, False, anchor.pid))
        kernel.TerminateProcess(process, 1)
        is_dead = kernel.WaitForSingleObject(process, 5000) == 0
        kernel.CloseHandle(process)
        return is_dead


@pytest.fixture
def killer() -> Killer:
    return Killer()


@pytest.fixture
def calls() -> NativeServices:
    return NativeServices()


@pytest.fixture
def registry(tmp_path: Path, calls: NativeServices, killer: Killer) -> NtRegistry:
    return NtRegistry(FakeTree(tmp_path), NativeRegistry(), NtServices(calls, killer))  # type: ignore[arg-type]


@pytest.fixture
def service(registry: NtRegistry, calls: NativeServices) -> Iterator[str]:
    name = f"qs-{uuid.uuid4().hex[:12]}"
    calls.create(name, 0x10, 3, f'"{sys.executable}" "{PROGRAM}" {name}')
    yield name
    registry.make(DeleteKey(_key(name)))
    assert calls.status(name) is None


def _key(name: str) -> str:
    return f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\{name}"


def _start(name: str, calls: NativeServices) -> int:
    subprocess.run(["net", "start", name], check=False, capture_output=True)
    assert _waited(lambda: (now := calls.status(name)) is not None and now.state == RUNNING and now.pid != 0)
    status = calls.status(name)
    assert status is not None
    return status.pid


def _waited(is_so: Callable[[], bool]) -> bool:
    for _ in range(100):
        if is_so():
            return True
        time.sleep(0.1)
    return False


def test_the_manager_lists_what_it_knows(calls: NativeServices, service: str) -> None:
    listed = {status.name: status for status in calls.listed()}
    assert listed[service] == calls.status(service)
    assert len(listed) > 5
    assert calls.status("no such service") is None


def test_a_running_service_is_ended_and_forgotten_and_comes_back_exactly(
    registry: NtRegistry, calls: NativeServices, killer: Killer, service: str
) -> None:
    registry.make(SetValue(f"{_key(service)}\\Parameters", RegistryValue("h\0n", 0x1234, b"\1\2\3")))
    registry.make(SetValue(_key(service), RegistryValue("Description", 1, "Dịch vụ\0".encode("utf-16-le"))))
    before = registry.content(_key(service))
    assert before is not None
    pid = _start(service, calls)
    assert not registry.make(DeleteKey(_key(service)))
    assert killer.killed == [pid]
    assert calls.status(service) is None
    assert not registry.exists(_key(service))
    assert not registry.make(PutKey(_key(service), before))
    assert registry.content(_key(service)) == before
    status = calls.status(service)
    assert status is not None
    assert (status.state, status.pid) == (STOPPED, 0)
    assert _start(service, calls) not in (pid, 0)


def test_a_service_that_the_manager_does_not_know_goes_by_its_key(registry: NtRegistry, calls: NativeServices) -> None:
    name = f"qs-{os.getpid()}\0hidden"
    registry.make(SetValue(_key(name), RegistryValue("Start", 4, b"\2\0\0\0")))
    before = registry.content(_key(name))
    assert before is not None
    assert not registry.make(DeleteKey(_key(name)))
    assert not registry.exists(_key(name))
    assert registry.make(PutKey(_key(name), before))
    assert registry.content(_key(name)) == before
    registry.make(DeleteKey(_key(name)))
