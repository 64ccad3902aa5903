"""A Windows in memory, as the tool sees it: ``FakeNtfs`` behind the real folders, trees and files of ``host.nt``."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

from tests.fake_ntfs import FakeNtfs

from quetsach.endpoint.host.nt.file_calls import JUNCTION, SYMLINK, DriveKind
from quetsach.endpoint.host.nt.files import NtFiles
from quetsach.endpoint.host.nt.names import Drives, MachineDrives, OneFolder
from quetsach.endpoint.host.nt.security import ADMINISTRATORS, SYSTEM_SID, private
from quetsach.endpoint.host.nt.tree import NtTree

GUARD = private(ADMINISTRATORS, SYSTEM_SID)
USER = struct.pack("<BB6s5I", 1, 5, b"\0\0\0\0\0\5", 21, 1, 2, 3, 1001)
VOLUME = "\\\\?\\Volume{11111111-2222-3333-4444-%012d}\\"


@dataclass
class FakeVolumes:
    """Drives; satisfies ``VolumeCalls``. ``places`` are volume -> where it is mounted."""

    kinds: dict[str, int] = field(default_factory=lambda: {"C:": 3})
    devices: dict[str, str] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def system_drive(self) -> str:
        return "C:"

    def drives(self) -> list[DriveKind]:
        return [DriveKind(name, kind, self.devices.get(name, f"\\Device\\{name}")) for name, kind in self.kinds.items()]

    def volume_of(self, place: str) -> str:
        return next((volume for volume, places in self.places.items() if place in places), "")

    def places_of(self, volume: str) -> list[str]:
        return self.places.get(volume, [])


@dataclass(frozen=True)
class FakeWindows:
    """Satisfies ``Host``."""

    calls: FakeNtfs
    volumes: FakeVolumes
    tree: NtTree
    files: NtFiles
    processes: None = None
    tasks: None = None
    restart_queue: None = None
    services: None = None
    registry: None = None
    is_live: bool = False
    platform: str = "windows"


def fake_windows(store: Path, *, folder: str = "", can_give_all: bool = True) -> FakeWindows:
    """Return a Windows with an empty system drive; or, with ``folder``, that folder of it as a drive."""
    calls, volumes = FakeNtfs(store), FakeVolumes()
    if folder:
        calls.folder(folder)
    drives: Drives = OneFolder("\\??\\C:\\" + folder.replace("/", "\\")) if folder else MachineDrives(volumes)
    tree = NtTree(Path("C:/"), calls, drives, GUARD)
    return FakeWindows(calls, volumes, tree, NtFiles(calls, USER, can_give_all))


def junction(target: str) -> bytes:
    """Return the record of a junction, or of the place of a volume."""
    name, shown = (text.encode("utf-16-le") for text in (f"\\??\\{target}", target))
    body = struct.pack("<HHHH", 0, len(name), len(name) + 2, len(shown)) + name + b"\0\0" + shown + b"\0\0"
    return struct.pack("<IHH", JUNCTION, len(body), 0) + body


def symbolic(target: str, *, is_relative: bool = True) -> bytes:
    """Return the record of a symbolic link."""
    name = (target if is_relative else f"\\??\\{target}").encode("utf-16-le")
    body = struct.pack("<HHHHI", 0, len(name), 0, len(name), int(is_relative)) + name
    return struct.pack("<IHH", SYMLINK, len(body), 0) + body
