"""Files that are in use go when Windows starts next; what others put into the list stays there."""

import os
import uuid
import winreg
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fake_host import FakeTree

from quetsach.endpoint.host.nt.ffi.registry import NativeRegistry
from quetsach.endpoint.host.nt.ffi.system import NativeRestart
from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.nt.terminal import NtRestartQueue

KEY = r"SYSTEM\CurrentControlSet\Control\Session Manager"
VALUE = "PendingFileRenameOperations"
OTHERS = ["\\??\\C:\\other.tmp", "", "\\??\\C:\\a", "!\\??\\C:\\b"]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[NtRestartQueue]:
    yield NtRestartQueue(NativeRestart(), NtRegistry(FakeTree(tmp_path), NativeRegistry()))
    with winreg.CreateKey(winreg.HKEY_LOCAL_MACHINE, KEY) as key:
        winreg.SetValueEx(key, VALUE, 0, winreg.REG_MULTI_SZ, [])
        winreg.DeleteValue(key, VALUE)


def _listed() -> bytes:
    registry = NtRegistry(FakeTree(Path("C:\\")), NativeRegistry())
    found = registry.value(f"HKLM\\{KEY}", VALUE)
    return found.data if found else b""


def _file() -> tuple[Path, bytes]:
    path = Path("C:\\") / f"Khóa {uuid.uuid4().hex[:8]}.exe"
    path.write_bytes(b"x")
    return path, b"/" + path.name.encode()


def test_a_file_is_put_behind_what_others_wrote_and_taken_out_again(queue: NtRestartQueue) -> None:
    raw = "".join(f"{text}\0" for text in (*OTHERS, "")).encode("utf-16-le")
    NtRegistry(FakeTree(Path("C:\\")), NativeRegistry()).make(_set(raw))
    path, inside = _file()
    assert queue.remove(inside)
    assert _listed()[: len(raw) - 2] == raw[:-2]
    assert queue.holds(inside)
    assert queue.remove(inside)
    assert _listed().count(path.name.encode("utf-16-le")) == 1
    assert queue.withdraw(inside)
    assert _listed() == raw
    path.unlink()


def _set(raw: bytes) -> object:
    from quetsach.endpoint.host.registry import MULTI_SZ, RegistryValue, SetValue

    return SetValue(f"HKLM\\{KEY}", RegistryValue(VALUE, MULTI_SZ, raw))


def test_a_list_of_our_own_is_gone_when_nothing_is_left_in_it(queue: NtRestartQueue) -> None:
    path, inside = _file()
    assert queue.remove(inside)
    assert _listed()
    assert queue.withdraw(inside)
    assert _listed() == b""
    path.unlink()
    assert os.sep == "\\"
