"""What every back end promises of the registry. The fake in memory is the model that the others are measured by."""

import shutil
import tempfile
from pathlib import Path

import pytest
from tests.fake_host import FakeRegistry
from tests.fake_registry_calls import FakeRegistryCalls

from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    Registry,
    RegistryEdit,
    RegistryValue,
    SetValue,
    inverse,
)
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, MULTI_SZ, SZ, Keys, data_of
from quetsach.packs.specimen.windows import CLASSES, RUN, SOFTWARE, SYSTEM, USER, merged, plant

WINLOGON = r"Microsoft\Windows NT\CurrentVersion\Winlogon"
HKLM_RUN = f"HKLM\\SOFTWARE\\{RUN}"
MORE: Keys = {
    RUN: {"Cập nhật": (SZ, r"C:\ProgramData\x.exe"), "hid\0den": (SZ, "x"), "odd": (0x1234, b"\1\2\3")},
    r"Đường\Ẩn": {"": (MULTI_SZ, ["a", "b"])},
}
OF_AN: Keys = {r"Software\Only An": {"x": (EXPAND_SZ, "%a%")}}


@pytest.fixture(params=["fake", "windows-copy", "windows-ntfs", "windows-live-calls"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    """The registry of the drive of ``quetsach.packs.specimen.windows``, with names in all kinds of writing."""
    if request.param == "fake":
        return _fake()
    disk = _drive(request, "windows-copy" if request.param == "windows-live-calls" else request.param, tmp_path)
    plant(disk, software=MORE, users={"An": OF_AN})
    if request.param == "windows-live-calls":
        return _half_signed_in(disk)
    return mounted_windows(disk).registry


def _drive(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Path:
    """Return a new folder to be the drive, on NTFS if asked."""
    above = tmp_path if kind == "windows-copy" else request.getfixturevalue("ntfs")
    return Path(tempfile.mkdtemp(dir=above))


def _fake() -> FakeRegistry:
    fake = FakeRegistry()
    hives = {
        "HKLM\\SOFTWARE": merged(SOFTWARE, MORE),
        "HKLM\\SYSTEM": SYSTEM,
        "HKU\\An": merged(USER, OF_AN),
        "HKU\\Bình": USER,
        "HKU\\An_Classes": CLASSES,
        "HKU\\Bình_Classes": CLASSES,
        **{hive: {name: {}} for hive, name in (("HKLM\\SAM", "SAM"), ("HKLM\\SECURITY", "SECURITY"))},
        "HKU\\.DEFAULT": {"DEFAULT": {}},
    }
    for hive, keys in hives.items():
        for key, values in keys.items():
            fake.take(PutKey(f"{hive}\\{key}", fake.content(f"{hive}\\{key}") or KeyContent()))
            for name, (type_, data) in values.items():
                fake.take(SetValue(f"{hive}\\{key}", RegistryValue(name, type_, data_of(type_, data))))
    return fake


def _half_signed_in(disk: Path) -> NtRegistry:
    """Return the registry of a running Windows on which An is signed in, and Bình is not."""
    calls = FakeRegistryCalls()
    model = _fake()
    sid = "S-1-5-21-1-2-3-1001"
    loaded = {
        **{f"HKLM\\{hive}": f"\\Registry\\Machine\\{hive}" for hive in ("SOFTWARE", "SYSTEM", "SAM", "SECURITY")},
        "HKU\\.DEFAULT": "\\Registry\\User\\.DEFAULT",
        "HKU\\An": f"\\Registry\\User\\{sid}",
        "HKU\\An_Classes": f"\\Registry\\User\\{sid}_Classes",
    }
    for key, path in loaded.items():
        calls.put(path, model.content(key) or KeyContent())
    calls.link(r"\Registry\Machine\SYSTEM\CurrentControlSet", r"\Registry\Machine\SYSTEM\ControlSet001")
    profiles = r"\Registry\Machine\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
    calls.make(f"{profiles}\\{sid}", ProfileImagePath=(SZ, data_of(SZ, r"C:\Users\An")))
    return NtRegistry(mounted_windows(disk).tree, calls)


def test_accounts_are_all_people_with_a_profile_and_the_system_itself(registry: Registry) -> None:
    assert set(registry.accounts()) == {".DEFAULT", "An", "Bình"}


@pytest.mark.parametrize("key", [HKLM_RUN, HKLM_RUN.upper(), HKLM_RUN.lower(), r"hklm\software\đường\ẩN"])
def test_keys_are_found_without_regard_to_case(registry: Registry, key: str) -> None:
    assert registry.exists(key)


@pytest.mark.parametrize("key", ["HKLM\\SOFTWARE\\Nope", "HKLM\\Nope", "HKU\\Nobody\\Software", "HKCR\\x", ""])
def test_what_is_not_there_is_empty_and_no_error(registry: Registry, key: str) -> None:
    found = (registry.exists(key) and key != "", registry.values(key), registry.value(key, "x"))
    assert found == (False, (), None)
    assert registry.content(f"{key}\\below") is None


def test_values_are_exact(registry: Registry) -> None:
    found = {value.name: value for value in registry.values(HKLM_RUN)}
    assert found.keys() == {"SecurityHealth", "Cập nhật", "hid\0den", "odd"}
    assert (found["odd"].type, found["odd"].data) == (0x1234, b"\1\2\3")
    assert found["Cập nhật"].text == r"C:\ProgramData\x.exe"


def test_a_value_is_found_by_its_name_without_regard_to_case(registry: Registry) -> None:
    value = registry.value(HKLM_RUN, "CẬP NHẬT")
    assert value is not None
    assert value.name == "Cập nhật"
    assert registry.value(r"HKLM\SOFTWARE\Đường\Ẩn", "") == RegistryValue("", MULTI_SZ, data_of(MULTI_SZ, ["a", "b"]))


def test_the_current_control_set_is_the_one_in_force(registry: Registry) -> None:
    current, direct = (f"HKLM\\SYSTEM\\{name}\\Services\\disk" for name in ("CurrentControlSet", "ControlSet001"))
    assert registry.values(current) == registry.values(direct) != ()
    assert "disk" in registry.subkeys(r"HKLM\SYSTEM\currentcontrolset\Services")


def test_a_star_stands_for_any_one_name(registry: Registry) -> None:
    found = list(registry.matching(r"HKLM\SYSTEM\CurrentControlSet\Services\*\Parameters"))
    names = {key.rsplit("\\", 2)[-2] for key in found}
    assert names == {"Schedule", "Tcpip"}


def test_a_star_below_users_is_every_account(registry: Registry) -> None:
    assert set(registry.matching(r"HKU\*\Environment")) == {r"HKU\An\Environment", r"HKU\Bình\Environment"}
    assert set(registry.matching(r"HKU\*_Classes\CLSID")) == {r"HKU\An_Classes\CLSID", r"HKU\Bình_Classes\CLSID"}
    assert list(registry.matching(r"HKU\*\Software\Only An")) == [r"HKU\An\Software\Only An"]


def test_a_pattern_without_a_star_is_the_key_itself(registry: Registry) -> None:
    assert list(registry.matching(HKLM_RUN)) == [HKLM_RUN]
    assert list(registry.matching(HKLM_RUN + "\\nope")) == []


def test_content_holds_everything_below_a_key(registry: Registry) -> None:
    content = registry.content(r"HKLM\SYSTEM\CurrentControlSet\Services\Schedule")
    assert content is not None
    assert {value.name for value in content.values} == {"ImagePath", "Start", "Type", "ObjectName"}
    assert [value.name for value in content.subkeys["Parameters"].values] == ["ServiceDll"]


def test_nothing_was_hard_to_read(registry: Registry) -> None:
    for account in registry.accounts():
        registry.content(f"HKU\\{account}")
    assert registry.troubles() == ()


EDITS = (
    DeleteValue(HKLM_RUN, "cập NHẬT"),
    DeleteValue(HKLM_RUN, "hid\0den"),
    SetValue(
        r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon", RegistryValue("shell", SZ, data_of(SZ, "x"))
    ),
    SetValue(r"HKLM\SOFTWARE\Mới\Sâu", RegistryValue("", DWORD, b"\1\0\0\0")),
    DeleteKey(r"HKLM\SOFTWARE\Microsoft\Cryptography"),
    PutKey(r"HKLM\SOFTWARE\Đường", KeyContent((), {"Khác": KeyContent((RegistryValue("x", 99, b"12345"),))})),
)


@pytest.mark.parametrize("kind", ["windows-copy", "windows-ntfs"])
def test_edits_and_their_inverse_mean_on_a_disk_what_they_mean_in_the_model(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    disk = _drive(request, kind, tmp_path)
    plant(disk, software={path: {n: v for n, v in values.items() if n != "hid\0den"} for path, values in MORE.items()})
    model, on_disk = _fake(), mounted_windows(disk).registry
    model.take(DeleteValue(HKLM_RUN, "hid\0den"))
    back = inverse(EDITS, on_disk)
    assert back == inverse(EDITS, model)
    _take(disk, EDITS, tmp_path)
    for edit in EDITS:
        model.take(edit)
    assert _plain(mounted_windows(disk).registry.content("HKLM\\SOFTWARE")) == _plain(model.content("HKLM\\SOFTWARE"))
    _take(disk, back, tmp_path)
    assert _plain(mounted_windows(disk).registry.content("HKLM\\SOFTWARE")) == _plain(on_disk.content("HKLM\\SOFTWARE"))


def _take(disk: Path, edits: tuple[RegistryEdit, ...], tmp_path: Path) -> None:
    hive = disk / "Windows/System32/config/SOFTWARE"
    mounted_windows(disk).registry.write_edited(edits, tmp_path / "edited")
    shutil.copyfile(tmp_path / "edited", hive)
    (tmp_path / "edited").unlink()


def _plain(content: KeyContent | None) -> object:
    """Return content in a form in which the order of values does not count."""
    assert content is not None
    values = sorted((value.name, value.type, value.data) for value in content.values)
    return values, {name: _plain(below) for name, below in content.subkeys.items()}
