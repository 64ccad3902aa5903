"""What a session on a running Windows recorded can be given back on its mounted disk, and the other way round.

The mounted disk is real NTFS; the running Windows is the one in memory.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fake_ntfs import USERS, built
from tests.nt_machine import USER, FakeWindows, fake_windows
from tests.ntfs import make_image, mounted

from quetsach.endpoint.host.files import FileState
from quetsach.endpoint.host.nt.security import Descriptor, is_same, private
from quetsach.endpoint.host.offline.windows import NtfsFiles

MADE = 131_500_000_000_000_000
WRITTEN = 1_600_000_000_123_456_700
ACCESS = built(USER, USERS, Descriptor.of(private(USER, USERS)).dacl, control=0x400)
ATTRIBUTES = {
    "system.ntfs_acl": ACCESS,
    "system.ntfs_attrib_be": (0x26).to_bytes(4, "big"),
    "system.ntfs_crtime_be": MADE.to_bytes(8, "big"),
    "system.ntfs_dos_name": b"CPNHT~7.EXE",
    "user.Zone.Identifier": b"[ZoneTransfer]\r\nZoneId=3\r\n",
}
NAME = "Cập nhật.exe"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("ntfs")
    make_image(folder / "image")
    with mounted(folder / "image", folder / "disk") as at:
        yield at


@contextmanager
def made(disk: Path, path: str) -> Iterator[int]:
    (disk / path).parent.mkdir()
    descriptor = os.open(disk / path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        os.write(descriptor, b"worm")
        yield descriptor
    finally:
        os.close(descriptor)


def on_windows(windows: FakeWindows, state: FileState) -> FileState:
    """Give a new file a state and return the state that it has then."""
    windows.calls.folder("x")
    with windows.tree.folder(b"/x") as folder:
        descriptor = folder.create(b"new")
        try:
            os.write(descriptor, b"worm")
            windows.files.give_state(descriptor, state, with_times=True)
            folder.place(descriptor, b"new", NAME.encode())
            windows.files.lock(descriptor, state)
            return windows.files.state(descriptor)
        finally:
            os.close(descriptor)


def test_what_a_mounted_disk_told_is_given_back_by_the_running_windows(disk: Path, tmp_path: Path) -> None:
    with made(disk, "one/a.exe") as descriptor:
        for name, value in ATTRIBUTES.items():
            os.setxattr(descriptor, name, value)
        os.utime(descriptor, ns=(WRITTEN, WRITTEN))
        os.setxattr(descriptor, "system.ntfs_crtime_be", ATTRIBUTES["system.ntfs_crtime_be"])
        told = NtfsFiles().state(descriptor)
    assert told.xattrs.keys() == ATTRIBUTES.keys()
    back = on_windows(fake_windows(tmp_path), told)
    assert {name: value for name, value in back.xattrs.items() if name != "system.ntfs_acl"} == {
        name: value for name, value in ATTRIBUTES.items() if name != "system.ntfs_acl"
    }
    assert is_same(back.xattrs["system.ntfs_acl"], ACCESS)
    assert (back.mtime_ns, back.links) == (WRITTEN, told.links)


def test_what_the_running_windows_recorded_is_given_back_on_its_mounted_disk(disk: Path, tmp_path: Path) -> None:
    windows = fake_windows(tmp_path)
    recorded = replace(on_windows(windows, _state_of_new(windows)), mtime_ns=WRITTEN, atime_ns=WRITTEN)
    with made(disk, f"other/{NAME}") as descriptor:
        NtfsFiles().give_state(descriptor, recorded, with_times=True)
        NtfsFiles().lock(descriptor, recorded)
        back = NtfsFiles().state(descriptor)
    assert {name: value for name, value in back.xattrs.items() if name != "system.ntfs_acl"} == {
        name: value for name, value in ATTRIBUTES.items() if name != "system.ntfs_acl"
    }
    assert is_same(back.xattrs["system.ntfs_acl"], ACCESS)
    assert back.mtime_ns == WRITTEN


def _state_of_new(windows: FakeWindows) -> FileState:
    windows.calls.file("first", b"worm")
    descriptor = windows.tree.open_read(b"/first")
    try:
        return replace(windows.files.state(descriptor), xattrs=ATTRIBUTES)
    finally:
        os.close(descriptor)
