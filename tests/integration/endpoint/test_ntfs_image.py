"""A Windows drive on real NTFS, infected in every way that is cleaned: scanned, cleaned, undone to the byte.

The file system is made by mkntfs and mounted by ntfs-3g, the hives by script. What was written is read by regipy and
hivexml too. The worm is ``tests/packs/windows-worm``; its program is a line of text.
"""

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.ntfs import make_image, mounted, unmount
from tests.second_reader import read_by_regipy
from tests.waiting import until

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.packs.specimen import windows as windows_disk
from quetsach.packs.specimen.formats import build_shortcut, build_task
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, MULTI_SZ, SZ
from quetsach.packs.specimen.windows import CONFIG, OLD_NS, RUN, plant

PACK = Path(__file__).parents[2] / "packs" / "windows-worm"
PROGRAM = "ProgramData/Cập nhật/sâu.exe"
AS_WINDOWS = "C:\\" + PROGRAM.replace("/", "\\")
LIBRARY = "Windows/System32/wormsvc.dll"
TASK = "Windows/System32/Tasks/Cập nhật"
SHORTCUT = "Users/An/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/worm.lnk"
PAGE = "Users/An/Desktop/trang.html"
HOSTS = "Windows/System32/drivers/etc/hosts"
AUTORUN = "autorun.inf"
PHOTOS = "Ảnh gia đình"
TASK_ID = "{0A1B2C3D-1111-2222-3333-444455556666}"
MARK = b"QUETSACH-WINDOWS-WORM-PROGRAM"
CLEAN_PAGE = b"<html><p>\xe1\xba\xa3nh c\xc6\xb0\xe1\xbb\x9bi</p></html>\r\n"
CLEAN_HOSTS = windows_disk.FILES[HOSTS]
NT = r"Microsoft\Windows NT\CurrentVersion"
CACHE = rf"{NT}\Schedule\TaskCache"
USER_RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
CLASS = r"CLSID\{AAAAAAAA-0000-0000-0000-000000000001}\InprocServer32"

TRACES = (
    *("program", "program", "page", "service", "task", "shell", "debugger", "class", "run", "run"),
    *("update-switched-off", "tools-forbidden", "hosts", "autorun", "shortcut", "hidden-folder", "safe-mode", "guard"),
)

ATTRIBUTES = ("system.ntfs_acl", "system.ntfs_attrib_be", "system.ntfs_crtime_be", "system.ntfs_dos_name")
HIDDEN_SYSTEM = (0x26).to_bytes(4, "big")
HIDDEN_FOLDER, SHOWN_FOLDER = ((0x10 | marks).to_bytes(4, "big") for marks in (0x6, 0))
ACCESS = bytes.fromhex(
    "0100048014000000240000000000000034000000010200000000000520000000200200000102000000000005200000002002000002001c"
    "000100000000001400ff011f00010100000000000512000000"
)
MADE = (132_000_000_000_000_000).to_bytes(8, "big")


def infect(root: Path) -> None:
    """Write the drive and everything that the worm does to it."""
    run = {"Worm": (SZ, f'"{AS_WINDOWS}" /q')}
    plant(
        root,
        software={
            RUN: run,
            rf"{NT}\Winlogon": {"Shell": (SZ, f"explorer.exe,{AS_WINDOWS}")},
            rf"{NT}\Svchost": {"netsvcs": (MULTI_SZ, ["BITS", "WormSvc", "wuauserv"])},
            rf"{NT}\Image File Execution Options\msmpeng.exe": {"Debugger": (SZ, AS_WINDOWS)},
            rf"{CACHE}\Tree\Cập nhật": {"Id": (SZ, TASK_ID), "Index": (DWORD, 3)},
            rf"{CACHE}\Tasks\{TASK_ID}": {"Path": (SZ, "\\Cập nhật")},
            rf"{CACHE}\Logon\{TASK_ID}": {},
        },
        system={
            r"ControlSet001\Services\WormSvc": {
                "ImagePath": (EXPAND_SZ, r"%SystemRoot%\system32\svchost.exe -k netsvcs"),
                "Start": (DWORD, 2),
                "Type": (DWORD, 0x20),
            },
            r"ControlSet001\Services\WormSvc\Parameters": {
                "ServiceDll": (EXPAND_SZ, r"%SystemRoot%\System32\wormsvc.dll")
            },
            r"ControlSet001\Services\wuauserv": {"Start": (DWORD, 4)},
        },
        users={
            "Bình": {
                USER_RUN: run,
                r"Software\Microsoft\Windows\CurrentVersion\Policies\System": {"DisableTaskMgr": (DWORD, 1)},
            }
        },
        classes={"An": {CLASS: {"": (SZ, r"C:\Windows\System32\wormsvc.dll"), "ThreadingModel": (SZ, "Both")}}},
        files={
            PROGRAM: MARK + b" of a worm\n" * 50,
            LIBRARY: b"MZ" + MARK + bytes(3000),
            TASK: build_task(AS_WINDOWS),
            SHORTCUT: build_shortcut(wide_path=AS_WINDOWS),
            PAGE: CLEAN_PAGE + b"<SCRIPT Language=VBScript><!-- QUETSACH-WINDOWS-WORM-PAGE --></SCRIPT>",
            HOSTS: CLEAN_HOSTS + b"0.0.0.0 update.example.test\r\n",
            f"{PHOTOS}/một.jpg": b"mine",
            "Windows/System32/wscsvc.dll": b"MZ wscsvc",
            "Windows/System32/cryptsvc.dll": b"MZ cryptsvc",
            AUTORUN: b"[autorun]\r\nopen=Windows\\System32\\wormsvc.dll\r\nlabel=USB\r\n",
        },
    )


def dress(root: Path) -> None:
    """Give the program what only NTFS keeps: streams, an access list, attributes, a short name, when it was made."""
    program = root / PROGRAM
    os.setxattr(program, "user.Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n")
    os.setxattr(program, "system.ntfs_acl", ACCESS)
    os.setxattr(program, "system.ntfs_attrib_be", HIDDEN_SYSTEM)
    os.setxattr(program, "system.ntfs_dos_name", b"SU~1.EXE")
    os.setxattr(program, "system.ntfs_crtime_be", MADE)
    os.utime(program, ns=(OLD_NS, OLD_NS))
    for folder in (PHOTOS, "System Volume Information"):
        (root / folder).mkdir(exist_ok=True)
        os.setxattr(root / folder, "system.ntfs_attrib_be", HIDDEN_FOLDER)
    for folder, _, _ in root.walk(top_down=False):
        os.utime(folder, ns=(OLD_NS, OLD_NS))


def picture(root: Path) -> dict[str, tuple[object, ...]]:
    """Return everything about the drive that undo must bring back."""
    return {str(path.relative_to(root)): _state(path) for path in [root, *sorted(root.rglob("*"))]}


def _state(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    listed = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    hidden = {name: value for name in ATTRIBUTES if (value := _attribute(path, name)) is not None}
    content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return found.st_mode, found.st_uid, found.st_size if content else 0, found.st_mtime_ns, content, listed, hidden


def _attribute(path: Path, name: str) -> bytes | None:
    try:
        return os.getxattr(path, name)
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class Drive:
    """An infected drive, mounted."""

    root: Path
    image: Path
    state: Path
    capture: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, Any]:
        """Run a command on it and return its exit code and what it said."""
        command, *rest = words
        where = ["--root", str(self.root), "--pack", str(PACK)] if command in ("scan", "clean") else []
        code = main([command, *where, *rest, "--state", str(self.state)])
        said = self.capture.readouterr()
        return code, json.loads(said.out) if "--json" in words else said.out + said.err


@pytest.fixture
def drive(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Drive]:
    """The infected drive."""
    make_image(tmp_path / "image")
    with mounted(tmp_path / "image", tmp_path / "disk") as root:
        infect(root)
        dress(root)
        yield Drive(root, tmp_path / "image", tmp_path / "state", capfd)


def test_every_trace_is_found(drive: Drive) -> None:
    code, report = drive.run("scan", "--json")
    assert code == ExitCode.FOUND
    found = sorted(finding["trait"] for finding in report["findings"])
    assert found == sorted(TRACES)


def test_the_drive_is_cleaned_and_other_programs_read_what_was_written(drive: Drive) -> None:
    code, said = drive.run("clean", "--yes")
    assert code == ExitCode.CLEANED, said
    for path in (PROGRAM, LIBRARY, TASK, SHORTCUT):
        assert not (drive.root / path).exists()
    assert (drive.root / PAGE).read_bytes() == CLEAN_PAGE
    assert (drive.root / HOSTS).read_bytes() == CLEAN_HOSTS
    assert os.getxattr(drive.root / PHOTOS, "system.ntfs_attrib_be") == SHOWN_FOLDER
    assert (drive.root / PHOTOS).stat().st_mtime_ns == OLD_NS
    assert (drive.root / AUTORUN).read_bytes() == b"[autorun]\r\nlabel=USB\r\n"
    software, system = (drive.root / CONFIG / name for name in ("SOFTWARE", "SYSTEM"))
    read = read_by_regipy(software)
    assert _at(read, RUN) == {}
    assert _at(read, rf"{NT}\Winlogon")["Shell"] == "explorer.exe"
    assert _at(read, rf"{NT}\Image File Execution Options\msmpeng.exe") == {}
    assert not _has(read, rf"{CACHE}\Tasks\{TASK_ID}")
    assert not _has(read_by_regipy(system), r"ControlSet001\Services\WormSvc")
    assert _at(read_by_regipy(system), r"ControlSet001\Services\wuauserv")["Start"] == 3
    restored = read_by_regipy(system)
    guard = _at(restored, r"ControlSet001\Services\wscsvc")
    assert (guard["Start"], guard["ObjectName"]) == (2, r"NT AUTHORITY\LocalService")
    assert _at(restored, r"ControlSet001\Services\wscsvc\Parameters")["ServiceDllUnloadOnStop"] == 1
    safe_mode = r"ControlSet001\Control\SafeBoot\Network"
    assert _at(restored, rf"{safe_mode}\CryptSvc") == {"(default)": "Service"}
    assert not _has(restored, rf"{safe_mode}\BFE")
    person = read_by_regipy(drive.root / "Users/Bình/NTUSER.DAT")
    assert "Worm" not in _at(person, USER_RUN)
    assert _at(person, r"Software\Microsoft\Windows\CurrentVersion\Policies\System") == {}
    for hive in (software, system, drive.root / "Users/Bình/NTUSER.DAT"):
        shown = subprocess.run(["hivexml", str(hive)], capture_output=True, check=True).stdout
        assert b"Worm" not in shown
        assert b"s\xc3\xa2u.exe" not in shown
    assert drive.run("scan")[0] == ExitCode.NOTHING_FOUND


def test_undo_brings_everything_back_to_the_byte(drive: Drive) -> None:
    before = picture(drive.root)
    assert drive.run("clean", "--yes")[0] == ExitCode.CLEANED
    assert picture(drive.root) != before
    code, said = drive.run("undo", "--last", "--yes", "--root", str(drive.root))
    assert code == 0, said
    time.sleep(1.1)  # the kernel asks ntfs-3g again after a second: what it holds is what counts
    # What was open when it was removed has a name of FUSE's until that was told.
    until(lambda: not any(drive.root.rglob(".fuse_hidden*")), every=0.2)
    after = picture(drive.root)
    assert {path: state for path, state in after.items() if before.get(path) != state} == {}
    assert after.keys() == before.keys()
    assert drive.run("scan")[0] == ExitCode.FOUND


def test_looking_changes_nothing(drive: Drive) -> None:
    before = picture(drive.root)
    assert drive.run("scan")[0] == ExitCode.FOUND
    assert drive.run("clean", "--dry-run")[0] == ExitCode.FOUND
    assert picture(drive.root) == before


def test_a_drive_that_is_mounted_read_only_is_scanned_and_left(drive: Drive, tmp_path: Path) -> None:
    unmount(drive.root)
    with mounted(drive.image, tmp_path / "locked", "ro") as root:
        locked = Drive(root, drive.image, drive.state, drive.capture)
        assert locked.run("scan")[0] == ExitCode.FOUND
        assert main(["clean", "--yes", "--root", str(root), "--state", str(drive.state)]) == ExitCode.USAGE


def test_a_file_with_a_stream_too_large_to_be_kept_is_left_whole(drive: Drive, tmp_path: Path) -> None:
    unmount(drive.root)
    with mounted(drive.image, tmp_path / "streams", "streams_interface=windows") as root:
        (root / f"{PROGRAM}:large").write_bytes(bytes(70_000))
    with mounted(drive.image, drive.root):
        code, said = drive.run("clean", "--yes")
        assert code == ExitCode.PARTLY_CLEANED, said
        assert (drive.root / PROGRAM).exists()
        assert not (drive.root / LIBRARY).exists()
    with mounted(drive.image, tmp_path / "streams", "streams_interface=windows") as root:
        assert (root / f"{PROGRAM}:large").read_bytes() == bytes(70_000)


def test_streams_are_looked_at_where_the_mount_tells_them(drive: Drive, tmp_path: Path) -> None:
    os.setxattr(drive.root / "Users/Public", "user.hidden.exe", MARK)
    os.setxattr(drive.root / "Windows/explorer.exe", "user.hidden.exe", MARK)
    unmount(drive.root)
    with mounted(drive.image, tmp_path / "streams", "streams_interface=windows") as root:
        shown = Drive(root, drive.image, drive.state, drive.capture)
        _, report = shown.run("scan", "--json")
        found = {finding["where"] for finding in report["findings"]}
        assert {"/Windows/explorer.exe:hidden.exe", "/Users/Public:hidden.exe"} <= found
        assert main(["clean", "--yes", "--root", str(root), "--state", str(drive.state)]) == ExitCode.USAGE
        assert "streams_interface" in drive.capture.readouterr().err
        assert (root / PROGRAM).exists()


def _at(read: dict[str, Any], key: str) -> Any:
    for name in key.split("\\"):
        read = read[name]
    return read[""]


def _has(read: dict[str, Any], key: str) -> bool:
    for name in key.split("\\"):
        if name not in read:
            return False
        read = read[name]
    return True
