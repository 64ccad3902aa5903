"""A Windows drive that "runs": its registry is in the calls of a kernel in memory, its hives are in use meanwhile."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fake_registry_calls import FakeRegistryCalls
from tests.infection_of_windows import infect

from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.offline.windows import NtfsFiles, WindowsHost, WindowsTree, mounted_windows
from quetsach.endpoint.host.port import RestartQueue, Subscriptions, Tasks
from quetsach.endpoint.host.registry import KeyContent, PutKey, RegistryValue
from quetsach.packs.specimen.hive import SZ, data_of

SIDS = {"An": "S-1-5-21-1-2-3-1001", "Bình": "S-1-5-21-1-2-3-1002"}
_PROFILES = r"\Registry\Machine\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"


@dataclass(frozen=True, slots=True)
class LiveHost:
    """A running Windows; satisfies ``Host``."""

    tree: WindowsTree
    registry: NtRegistry
    files: NtfsFiles = field(default_factory=NtfsFiles)
    processes: None = None
    services: Any = None
    tasks: Tasks | None = None
    subscriptions: Subscriptions | None = None
    restart_queue: RestartQueue | None = None
    is_live: bool = True
    platform: str = "windows"


class LiveWindows:
    """An infected drive whose Windows can be started and shut down. ``people`` are signed in while it runs."""

    def __init__(self, root: Path, people: tuple[str, ...] = ("Bình",)) -> None:
        self.root = root
        root.mkdir()
        infect(root)
        self.calls = FakeRegistryCalls()
        self.mounts = {f"HKLM\\{hive}": f"\\Registry\\Machine\\{hive}" for hive in ("SOFTWARE", "SYSTEM")}
        self.mounts["HKU\\.DEFAULT"] = "\\Registry\\User\\.DEFAULT"
        for name in people:
            self.mounts[f"HKU\\{name}"] = f"\\Registry\\User\\{SIDS[name]}"
            self.mounts[f"HKU\\{name}_Classes"] = f"\\Registry\\User\\{SIDS[name]}_Classes"
        self.start()

    def start(self) -> None:
        """Load the hives."""
        self.calls = FakeRegistryCalls()
        disk = mounted_windows(self.root).registry
        for key, path in self.mounts.items():
            self.calls.put(path, disk.content(key) or KeyContent())
        self.calls.link(r"\Registry\Machine\SYSTEM\CurrentControlSet", r"\Registry\Machine\SYSTEM\ControlSet001")
        for name, sid in SIDS.items():
            path = (SZ, data_of(SZ, f"C:\\Users\\{name}"))
            self.calls.make(f"{_PROFILES}\\{sid}", ProfileImagePath=path)

    def shut_down(self) -> WindowsHost:
        """Write the hives as the registry is, and return the drive as it is mounted elsewhere."""
        host = mounted_windows(self.root)
        made = self.root.parent / "hive"
        for key, path in self.mounts.items():
            content = self.content(path)
            if "CurrentControlSet" in content.subkeys:
                below = {name: sub for name, sub in content.subkeys.items() if name != "CurrentControlSet"}
                content = KeyContent(content.values, below)
            hive = host.registry.hive_path(key)
            assert hive is not None
            host.registry.write_edited((PutKey(key, content),), made)
            made.replace(self.root / os.fsdecode(hive[1:]))
            host.registry.forget()
        return host

    def host(self) -> LiveHost:
        """Return the running Windows."""
        tree = mounted_windows(self.root).tree
        return LiveHost(tree, NtRegistry(tree, self.calls))

    def content(self, path: str) -> KeyContent:
        """Return a key by its path of the kernel."""
        key = self.calls.top
        for name in path.strip("\\").split("\\"):
            key = key.child(name)
        return key.content()

    def registry(self) -> KeyContent:
        """Return all that is loaded, for comparing."""
        return self.calls.top.content()

    def set_text(self, path: str, name: str, text: str) -> None:
        """Change a value as another program would; the path is one of the kernel."""
        key = self.calls.make(path)
        key.values[name.upper()] = RegistryValue(name, SZ, data_of(SZ, text))
