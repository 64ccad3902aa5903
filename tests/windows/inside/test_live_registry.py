"""The registry of the running Windows: read raw, edited exactly, taken back to the byte."""

import struct
import uuid
import winreg
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fake_host import FakeTree

from quetsach.endpoint.host.nt.ffi.registry import NativeRegistry
from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
    inverse,
    is_made,
)

VALUES = (
    RegistryValue("", 1, b"d\0\0\0"),
    RegistryValue("Cập nhật hệ thống", 1, "C:\\Users\\Nguyễn\\x.exe\0".encode("utf-16-le")),
    RegistryValue("hid\0den", 1, b"x\0\0\0"),
    RegistryValue("\0", 3, b"\0\1\2"),
    RegistryValue("none", 0, b"abc"),
    RegistryValue("empty", 0, b""),
    RegistryValue("odd", 0x1234, b"\xff" * 7),
    RegistryValue("no end", 1, b"a\0b"),
    RegistryValue("big", 3, bytes(70_000)),
)


@pytest.fixture
def registry(tmp_path: Path) -> NtRegistry:
    return NtRegistry(FakeTree(tmp_path), NativeRegistry())


@pytest.fixture
def key(registry: NtRegistry) -> Iterator[str]:
    """A key of the test's own, gone again afterwards."""
    name = f"HKLM\\SOFTWARE\\Thử {uuid.uuid4().hex}"
    yield name
    registry.make(DeleteKey(name))
    assert not registry.exists(name)


def test_values_of_every_kind_are_read_as_they_were_written(registry: NtRegistry, key: str) -> None:
    for value in VALUES:
        registry.make(SetValue(key, value))
    assert sorted(registry.values(key), key=lambda v: v.name) == sorted(VALUES, key=lambda v: v.name)
    assert [registry.value(key, value.name) for value in VALUES] == list(VALUES)


def test_what_others_wrote_is_read(registry: NtRegistry, key: str) -> None:
    with winreg.CreateKeyEx(winreg.HKEY_LOCAL_MACHINE, key.partition("\\")[2]) as opened:
        winreg.SetValueEx(opened, "Tiếng Việt", 0, winreg.REG_SZ, "ờ")
    assert registry.values(key) == (RegistryValue("Tiếng Việt", 1, "ờ\0".encode("utf-16-le")),)
    assert registry.value(key.upper(), "TIẾNG VIỆT") is not None


def test_edits_and_their_inverse_leave_nothing_behind(registry: NtRegistry, key: str) -> None:
    content = KeyContent(VALUES, {"Dưới": KeyContent(VALUES, {"sâu": KeyContent()}), "b": KeyContent(kind="Lớp")})
    registry.make(PutKey(key, content))
    before = registry.content(key)
    edits: list[RegistryEdit] = [
        DeleteValue(key, "hid\0den"),
        SetValue(key, RegistryValue("NONE", 4, b"\1\0\0\0")),
        SetValue(f"{key}\\mới\\hơn", RegistryValue("x\0y", 99, b"z")),
        DeleteKey(f"{key}\\Dưới"),
        DeleteKey(f"{key}\\b"),
    ]
    back = inverse(edits, registry)
    for edit in edits:
        registry.make(edit)
        assert is_made(edit, registry)
    for edit in back:
        registry.make(edit)
    assert _in_order(registry.content(key)) == _in_order(before)


def test_security_descriptors_come_back(registry: NtRegistry, key: str) -> None:
    guarded = _descriptor(access=0xF003F)
    registry.make(PutKey(key, KeyContent((), {"v": KeyContent(VALUES, security=guarded), "w": KeyContent()})))
    before = registry.content(key)
    assert before is not None
    assert before.subkeys["v"].security == guarded != before.subkeys["w"].security
    registry.make(DeleteKey(f"{key}\\v"))
    registry.make(PutKey(f"{key}\\v", before.subkeys["v"]))
    assert _in_order(registry.content(key)) == _in_order(before)


def _descriptor(access: int) -> bytes:
    """Return a descriptor by which administrators own a key and nobody else has a right to it."""
    sid = bytes.fromhex("01020000000000052000000020020000")
    entry = struct.pack("<BBHI", 0, 0, 8 + len(sid), access) + sid
    acl = struct.pack("<BBHHH", 2, 0, 8 + len(entry), 1, 0) + entry
    return struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 20 + len(sid), 0, 20 + 2 * len(sid)) + sid + sid + acl


def _in_order(content: KeyContent | None) -> object:
    """Return all of a key but its time, in one order."""
    assert content is not None
    below = sorted((name, _in_order(key)) for name, key in content.subkeys.items())
    values = sorted((v.name, v.type, v.data) for v in content.values)
    return values, content.kind, content.is_volatile, content.security, below


def test_links_lead_no_edit_elsewhere(registry: NtRegistry, key: str) -> None:
    registry.make(PutKey(f"{key}\\good", KeyContent(VALUES)))
    target = f"\\Registry\\Machine\\{key.partition('\\')[2]}\\good".encode("utf-16-le")
    link = KeyContent((RegistryValue("SymbolicLinkValue", 6, target),))
    registry.make(PutKey(f"{key}\\bad", KeyContent((), {"led": link})))
    assert registry.values(f"{key}\\bad\\led") != ()
    registry.make(DeleteKey(f"{key}\\bad"))
    content = registry.content(f"{key}\\good")
    assert content is not None
    assert len(content.values) == len(VALUES)


def test_the_current_control_set_and_the_one_in_force_are_one(registry: NtRegistry) -> None:
    name = f"HKLM\\SYSTEM\\CurrentControlSet\\Services\\Thử{uuid.uuid4().hex}"
    registry.make(SetValue(name, VALUES[1]))
    assert registry.exists(name.replace("CurrentControlSet", "ControlSet001"))
    registry.make(DeleteKey(name))
    assert not registry.exists(name.replace("CurrentControlSet", "ControlSet001"))


def test_keys_of_the_person_signed_in_are_found_by_account(registry: NtRegistry) -> None:
    accounts = registry.accounts()
    assert ".DEFAULT" in accounts
    run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
    own = next(account for account in accounts if account != ".DEFAULT")
    with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, run) as opened:
        winreg.SetValueEx(opened, "Thử", 0, winreg.REG_SZ, "x")
    found = registry.value(f"HKU\\{own}\\{run}", "thử")
    assert found is not None
    assert f"HKU\\{own}\\{run}" in list(registry.matching(f"HKU\\*\\{run}"))
    registry.make(DeleteValue(f"HKU\\{own}\\{run}", "Thử"))
    assert registry.value(f"HKU\\{own}\\{run}", "Thử") is None
