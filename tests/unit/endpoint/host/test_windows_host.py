"""A Windows drive in a folder: what kind of system lies there, its names, links and what cannot be read."""

import os
from pathlib import Path

import pytest

from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.offline.windows import NtfsFiles, WindowsTree, mounted_windows
from quetsach.endpoint.host.registry import DeleteKey
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.walk import walk
from quetsach.packs.specimen.hive import EXPAND_SZ
from quetsach.packs.specimen.windows import plant


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The drive of ``quetsach.packs.specimen.windows``."""
    plant(tmp_path)
    return tmp_path


@pytest.mark.parametrize("mark", ["Windows/System32/config", "WINDOWS/system32/CONFIG"])
def test_a_disk_with_the_hives_of_windows_is_a_windows(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).mkdir(parents=True)
    host = open_mounted(tmp_path)
    assert (host.platform, host.is_live, host.processes, host.services) == ("windows", False, None, None)
    assert host.registry is not None


@pytest.mark.parametrize("left", ["System Volume Information/x", "autorun.inf", "RECYCLER/x", "USB.LNK"])
def test_a_memory_stick_that_was_in_a_windows_is_of_windows(tmp_path: Path, left: str) -> None:
    (tmp_path / left).parent.mkdir(exist_ok=True)
    (tmp_path / left).touch()
    assert open_mounted(tmp_path).platform == "windows"


def test_a_linux_with_a_folder_of_windows_on_its_root_is_a_linux(tmp_path: Path) -> None:
    for name in ("etc", "$RECYCLE.BIN"):
        (tmp_path / name).mkdir()
    assert open_mounted(tmp_path).platform == "linux"


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("PROGRA~1", "Program Files"),
        ("progra~2", "Program Files (x86)"),
        ("PROGRA~3", "ProgramData"),
        ("Users/DOANVA~1", "Users/Đoàn Văn Ân"),
        ("Users/LONGNA~1.EXE", "Users/long name.of.exe"),
    ],
)
def test_a_short_name_is_understood_on_a_copy_too(disk: Path, short: str, long: str) -> None:
    (disk / long).mkdir(exist_ok=True)
    tree = WindowsTree(disk)
    assert tree.resolve(f"/{short}/x".encode()) == f"/{long}/x".encode()
    assert tree.resolve(f"/{short}".encode()) == f"/{long}".encode()


def test_a_name_that_only_looks_short_is_itself(disk: Path) -> None:
    (disk / "progra~1").mkdir()
    tree = WindowsTree(disk)
    assert tree.resolve(b"/progra~1") == b"/progra~1"
    assert tree.resolve(b"/PROGRA~1") == b"/progra~1"
    assert tree.resolve(b"/NOTHIN~1") == b"/NOTHIN~1"


def test_any_other_disk_is_a_linux(tmp_path: Path) -> None:
    assert open_mounted(tmp_path).platform == "linux"


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_mounted(tmp_path / "nope")


def test_of_names_that_differ_in_case_only_the_exact_one_wins(tmp_path: Path) -> None:
    for name in ("abc", "ABC", "Abc"):
        (tmp_path / name).write_text(name)
    tree = WindowsTree(tmp_path)
    assert tree.read(b"/abc", 9) == b"abc"
    assert tree.read(b"/Abc", 9) == b"Abc"
    assert tree.resolve(b"/aBC") == b"/ABC"


def test_a_name_that_comes_later_is_found_too(tmp_path: Path) -> None:
    tree = WindowsTree(tmp_path)
    assert not tree.exists(b"/LATER")
    (tmp_path / "later").touch()
    os.utime(tmp_path, ns=(1, 1))
    assert tree.exists(b"/LATER")


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [
        ("{root}/Users", b"/Users/An"),
        ("{root}/.NTFS-3G/C:/Users", b"/Users/An"),
        ("/Users", b"/Users/An"),
        ("C:/Users", b"/Users/An"),
        (r"C:\Users", b"/Users/An"),
        (r"\??\C:\Users", b"/Users/An"),
        ("../../../Users", b"/Users/An"),
        (r"users\.", b"/Users/An"),
    ],
)
def test_a_junction_is_followed_inside_the_root(disk: Path, target: str, leads_to: bytes) -> None:
    (disk / "Documents and Settings").symlink_to(target.format(root=disk))
    assert WindowsTree(disk).resolve(b"/documents and settings/AN") == leads_to


@pytest.mark.parametrize("target", ["D:/Users", "{root}/.NTFS-3G/D:/Users", r"\\server\share", "/etc"])
def test_a_junction_to_another_drive_or_machine_leads_nowhere(disk: Path, target: str) -> None:
    (disk / "away").symlink_to(target.format(root=disk))
    assert not WindowsTree(disk).exists(b"/away/passwd")
    assert not WindowsTree(disk).exists(b"/away/An")


def test_a_file_whose_content_cannot_be_read_here_is_named(disk: Path) -> None:
    (disk / "Windows/System32/packed.dll").symlink_to("unsupported reparse tag 0x80000017")
    found = list(walk(WindowsTree(disk), b"/Windows/System32", avoid={}))
    assert ScanIssue(b"/Windows/System32/packed.dll", Reason.NOT_OPENED) in found


def test_the_files_of_ntfs_itself_are_left_out(disk: Path) -> None:
    (disk / "$MFT").touch()
    (disk / "Users/$MFT").touch()
    tree = WindowsTree(disk)
    assert b"$MFT" not in {entry.name for entry in tree.scandir(b"/")}
    assert b"$MFT" in {entry.name for entry in tree.scandir(b"/Users")}


def test_a_tree_can_be_sent_to_another_process(disk: Path) -> None:
    maker, arguments = WindowsTree(disk).__reduce__()
    again = maker(*arguments)
    assert isinstance(again, WindowsTree)
    assert again.exists(b"/WINDOWS")


def test_accounts_are_folders_with_a_hive_and_not_the_links_beside_them(disk: Path) -> None:
    (disk / "Users/Default User").symlink_to(disk / "Users/An")
    (disk / "Users/empty").mkdir()
    service = disk / "Windows/ServiceProfiles/LocalService"
    service.mkdir(parents=True)
    (service / "ntuser.dat").write_bytes((disk / "Users/An/NTUSER.DAT").read_bytes())
    registry = mounted_windows(disk).registry
    assert registry.accounts() == (".DEFAULT", "An", "Bình", "LocalService")
    assert registry.hive_path(r"HKU\localservice\Software") == b"/Windows/ServiceProfiles/LocalService/ntuser.dat"


def test_a_profile_that_was_moved_is_found_by_the_registry(tmp_path: Path) -> None:
    key = r"Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1003"
    plant(tmp_path, software={key: {"ProfileImagePath": (EXPAND_SZ, r"%SystemDrive%\Profiles\Chi")}})
    for folder in ("Profiles/Chi", "Profiles/An"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "NTUSER.DAT").write_bytes((tmp_path / "Users/An/NTUSER.DAT").read_bytes())
    registry = mounted_windows(tmp_path).registry
    assert registry.accounts() == (".DEFAULT", "An", "Bình", "Chi")
    assert registry.hive_path("HKU\\Chi") == b"/Profiles/Chi/NTUSER.DAT"


def test_two_profiles_of_one_name_are_both_looked_at(tmp_path: Path) -> None:
    key = r"Microsoft\Windows NT\CurrentVersion\ProfileList\S-1-5-21-1-2-3-1003"
    plant(tmp_path, software={key: {"ProfileImagePath": (EXPAND_SZ, r"C:\Profiles\An")}})
    (tmp_path / "Profiles/An").mkdir(parents=True)
    (tmp_path / "Profiles/An/NTUSER.DAT").write_bytes((tmp_path / "Users/An/NTUSER.DAT").read_bytes())
    registry = mounted_windows(tmp_path).registry
    assert registry.accounts() == (".DEFAULT", "An", "Bình", "Profiles.An")
    assert registry.exists(r"HKU\Profiles.An\Environment")


def test_a_link_in_the_place_of_a_hive_is_not_followed(disk: Path) -> None:
    (disk / "Users/An/NTUSER.DAT").unlink()
    (disk / "Users/An/NTUSER.DAT").symlink_to("../../Windows/System32/config/SAM")
    assert mounted_windows(disk).registry.accounts() == (".DEFAULT", "Bình")


def test_a_mandatory_profile_is_what_windows_loads(disk: Path) -> None:
    (disk / "Users/An/NTUSER.MAN").write_bytes((disk / "Users/An/NTUSER.DAT").read_bytes())
    assert mounted_windows(disk).registry.hive_path("HKU\\An") == b"/Users/An/NTUSER.MAN"


def test_the_hives_of_many_people_are_not_all_open_at_once(disk: Path) -> None:
    content = (disk / "Users/An/NTUSER.DAT").read_bytes()
    for number in range(60):
        (disk / f"Users/u{number}").mkdir()
        (disk / f"Users/u{number}/NTUSER.DAT").write_bytes(content)
    dirty = bytearray(content)
    dirty[4] += 1
    (disk / "Users/u0/NTUSER.DAT").write_bytes(dirty)
    registry = mounted_windows(disk).registry
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(2):
        assert len(list(registry.matching("HKU\\*\\Environment"))) == 62
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 17
    assert registry.troubles() == (ScanIssue(b"/Users/u0/NTUSER.DAT", Reason.STALE),)


def test_a_hive_that_is_none_costs_only_itself(disk: Path) -> None:
    (disk / "Users/An/NTUSER.DAT").write_bytes(b"not a hive")
    registry = mounted_windows(disk).registry
    assert list(registry.matching("HKU\\*\\Environment")) == ["HKU\\Bình\\Environment"]
    assert registry.troubles() == (ScanIssue(b"/Users/An/NTUSER.DAT", Reason.DAMAGED),)


def test_a_hive_that_windows_did_not_close_is_read_and_named(disk: Path) -> None:
    hive = disk / "Windows/System32/config/SOFTWARE"
    content = bytearray(hive.read_bytes())
    content[4] += 1
    hive.write_bytes(content)
    registry = mounted_windows(disk).registry
    assert registry.exists(r"HKLM\SOFTWARE\Microsoft")
    assert registry.troubles() == (ScanIssue(b"/Windows/System32/config/SOFTWARE", Reason.STALE),)


def test_what_is_read_of_a_hive_is_not_forgotten_when_it_is_edited(disk: Path) -> None:
    registry = mounted_windows(disk).registry
    (disk / "Users/An/NTUSER.DAT").write_bytes(b"not a hive")
    assert list(registry.matching("HKU\\*\\Nope")) == []
    registry.write_edited((DeleteKey("HKU\\Bình\\Environment"),), disk / "edited")
    assert registry.troubles() == (ScanIssue(b"/Users/An/NTUSER.DAT", Reason.DAMAGED),)
    registry.forget()
    assert registry.troubles() == ()


def test_a_file_on_a_copy_has_no_attributes_of_ntfs_and_gets_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    descriptor = os.open(tmp_path / "a", os.O_RDWR)
    try:
        state = NtfsFiles().state(descriptor)
        assert not [name for name in state.xattrs if name.startswith("system.ntfs")]
        NtfsFiles().give_state(descriptor, state, with_times=True)
        NtfsFiles().lock(descriptor, state)
    finally:
        os.close(descriptor)


def test_edits_of_several_hives_at_once_are_refused(disk: Path, tmp_path: Path) -> None:
    edits = (DeleteKey(r"HKLM\SOFTWARE\Microsoft"), DeleteKey(r"HKLM\SYSTEM\Select"))
    with pytest.raises(RegistryError):
        mounted_windows(disk).registry.write_edited(edits, tmp_path / "edited")
    assert not (tmp_path / "edited").exists()
