"""The running Windows, and other drives and folders that are looked at from it."""

import errno
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from quetsach.endpoint.host.mount import Mount
from quetsach.endpoint.host.nt.drives import MachineDrives, OneFolder
from quetsach.endpoint.host.nt.ffi.files import NtFileCalls
from quetsach.endpoint.host.nt.ffi.rights import NtRightsCalls
from quetsach.endpoint.host.nt.ffi.volumes import NtVolumeCalls
from quetsach.endpoint.host.nt.files import NtFiles
from quetsach.endpoint.host.nt.security import private_to
from quetsach.endpoint.host.nt.tree import NtTree
from quetsach.endpoint.host.nt.volumes import devices_shunned, mounts
from quetsach.endpoint.host.offline_registry import OfflineRegistry
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.registry import Registry
from quetsach.endpoint.host.services import Services
from quetsach.endpoint.trouble import Reason

_PRIVILEGES = (
    *("SeBackupPrivilege", "SeRestorePrivilege", "SeTakeOwnershipPrivilege", "SeSecurityPrivilege"),
    "SeDebugPrivilege",
)


@dataclass(frozen=True, slots=True)
class WindowsHost:
    """A Windows machine, the running one or one whose drive is looked at; satisfies ``Host``."""

    tree: NtTree
    files: NtFiles
    processes: Processes | None
    services: Services | None
    registry: Registry | None
    is_live: bool

    @property
    def platform(self) -> str:
        """Always ``windows``."""
        return "windows"


class LiveTree(NtTree):
    """All drives of the running Windows."""

    def __init__(self) -> None:
        _privileges()
        drives = MachineDrives(NtVolumeCalls())
        super().__init__(Path(f"{drives.system}:\\"), NtFileCalls(), drives, _guard())

    def __reduce__(self) -> tuple[type["LiveTree"], tuple[()]]:  # type: ignore[override]  # it takes no folder
        return LiveTree, ()


class FolderTree(NtTree):
    """A folder or drive that stands for the drive of a Windows that does not run."""

    def __init__(self, root: Path) -> None:
        _privileges()
        super().__init__(root, NtFileCalls(), OneFolder(nt_path(root)), _guard())


def nt_path(path: Path) -> str:
    r"""Return a path as the system itself has it: ``\??\C:\x``; short for long does not matter to it."""
    text = os.path.abspath(path)
    if text.startswith("\\\\?\\"):
        return "\\??\\" + text[4:]
    return f"\\??\\UNC\\{text[2:]}" if text.startswith("\\\\") else f"\\??\\{text}"


def live_host() -> WindowsHost:
    """Return the system that this process runs on."""
    return WindowsHost(LiveTree(), _files(), None, None, None, is_live=True)


def running_processes() -> Processes:
    """Return the processes of the running system."""
    raise NotImplementedError


def open_mounted(root: Path, *, system: str = "") -> WindowsHost:
    """Return the Windows whose drive is at ``root``, or what was carried to it: a stick, a folder.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened, or is said to be of another system, whose disks this one
            does not read.
    """
    if system not in ("", "windows"):
        raise OSError(errno.EOPNOTSUPP, "disks of other systems are looked at from a Linux", str(root))
    tree = FolderTree(root)
    return WindowsHost(tree, _files(), None, None, OfflineRegistry(tree), is_live=False)


def mounts_now() -> tuple[Mount, ...]:
    """Return where disks are seen now."""
    return mounts(NtVolumeCalls())


def devices_to_avoid() -> dict[int, Reason]:
    """Return device number -> reason for drives that a scan does not go into by itself."""
    return devices_shunned(NtVolumeCalls())


def is_elevated() -> bool:
    """Return whether this process may look at everything: the administrators are counted in its token."""
    return NtRightsCalls().is_administrator()


def boot_id() -> str:
    """Return what tells this start of the machine from every other; empty where the system does not say."""
    started = NtRightsCalls().started()
    return f"{started:x}" if started else ""


@cache
def _privileges() -> frozenset[str]:
    """Switch on what lets an administrator read and give back every file; none of it where there is none."""
    return NtRightsCalls().enable(*_PRIVILEGES)


@cache
def _guard() -> bytes:
    rights = NtRightsCalls()
    return private_to(rights.user(), is_administrator=rights.is_administrator())


def _files() -> NtFiles:
    return NtFiles(NtFileCalls(), NtRightsCalls().user(), "SeRestorePrivilege" in _privileges())
