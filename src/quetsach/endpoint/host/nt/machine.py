"""The running Windows, and other drives and folders that are looked at from it."""

import sys

assert sys.platform == "win32"  # a type checker of another system reads no further

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from quetsach.core.text import Text
from quetsach.endpoint import StateError
from quetsach.endpoint.host.nt.ffi.com import NativeTasks, NativeWmi
from quetsach.endpoint.host.nt.ffi.files import NtFileCalls
from quetsach.endpoint.host.nt.ffi.processes import NativeProcesses
from quetsach.endpoint.host.nt.ffi.registry import NativeRegistry
from quetsach.endpoint.host.nt.ffi.services import NativeServices
from quetsach.endpoint.host.nt.ffi.system import (
    LOCAL_DATA,
    PROGRAM_DATA,
    NativeConsole,
    NativeRestart,
    NativeShutdown,
    NtRightsCalls,
    NtVolumeCalls,
    known_folder,
    log_event,
)
from quetsach.endpoint.host.nt.ffi.workers import NativeJobs, be_idle, is_idle, show_no_dialogs, standard_input
from quetsach.endpoint.host.nt.file_calls import FOLDER, READ_ATTRIBUTES, nt_path, opened
from quetsach.endpoint.host.nt.files import NtFiles
from quetsach.endpoint.host.nt.jobs import NtMemoryBound, OwnJob, Workers
from quetsach.endpoint.host.nt.jobs import little_resident as little_resident_by
from quetsach.endpoint.host.nt.names import MachineDrives, OneFolder, bytes_of, inside_path_of, tree_path_of
from quetsach.endpoint.host.nt.processes import NtProcesses, start_of_machine
from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.nt.security import PrivateFolders, guard_of, trusted_by
from quetsach.endpoint.host.nt.services import NtServices, NtSubscriptions, NtTasks
from quetsach.endpoint.host.nt.terminal import NtRestartQueue, NtTerminal
from quetsach.endpoint.host.nt.terminal import restart_machine as restarted_by
from quetsach.endpoint.host.nt.tree import NtTree, devices_shunned, mounts
from quetsach.endpoint.host.offline_registry import OfflineRegistry
from quetsach.endpoint.host.port import RestartQueue, Services, Subscriptions, Tasks
from quetsach.endpoint.host.process import Channel, Processes
from quetsach.endpoint.host.registry import Registry, folded
from quetsach.endpoint.host.tree import Mount, components
from quetsach.endpoint.scan_issue import Reason

_PRIVILEGES = (
    *("SeBackupPrivilege", "SeRestorePrivilege", "SeTakeOwnershipPrivilege", "SeSecurityPrivilege"),
    "SeDebugPrivilege",
)

__all__ = [
    "MemoryBound",
    "WindowsHost",
    "boot_id",
    "check_private",
    "close_to_others",
    "default_state",
    "devices_to_avoid",
    "give_way",
    "inside_path",
    "is_elevated",
    "lasting_disks",
    "little_resident",
    "live_host",
    "log_event",
    "make_private",
    "mounts_now",
    "obeys_sequences",
    "open_mounted",
    "real_path",
    "restart_machine",
    "running_processes",
    "start_worker",
    "starter",
    "terminal",
    "tree_path",
    "unwritable",
]


@dataclass(frozen=True, slots=True)
class WindowsHost:
    """A Windows machine, the running one or one whose drive is looked at; satisfies ``Host``."""

    tree: NtTree
    files: NtFiles
    processes: Processes | None
    services: Services | None
    tasks: Tasks | None
    restart_queue: RestartQueue | None
    subscriptions: Subscriptions | None
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


def live_host() -> WindowsHost:
    """Return the system that this process runs on."""
    tree, processes = LiveTree(), running_processes()
    services = NtServices(NativeServices(), processes)
    registry = NtRegistry(tree, NativeRegistry(), services)
    restart_queue = NtRestartQueue(NativeRestart(), registry, _system_drive())
    tasks, subscriptions = NtTasks(NativeTasks()), NtSubscriptions(NativeWmi())
    return WindowsHost(tree, _files(), processes, services, tasks, restart_queue, subscriptions, registry, is_live=True)


def running_processes() -> Processes:
    """Return the processes of the running system."""
    return NtProcesses(NativeProcesses(), _running_tree(), _system_drive())


def open_mounted(root: Path, *, system: str = "") -> WindowsHost:
    """Return the Windows whose drive is at ``root``, or what was carried to it: a stick, a folder.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened, or is said to be of another system, whose disks this one
            does not read.
    """
    if system not in ("", "windows"):
        raise OSError(errno.EOPNOTSUPP, "disks of other systems are looked at from a Linux", str(root))
    tree = FolderTree(root)
    return WindowsHost(tree, _files(), None, None, None, None, None, OfflineRegistry(tree), is_live=False)


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
    return start_of_machine(NativeProcesses())


def default_state() -> Path:
    """Return where state lives: in the folder of all users for an administrator, else the user's own."""
    if is_elevated():
        return Path(known_folder(PROGRAM_DATA), "QuetSach")
    return Path(known_folder(LOCAL_DATA), "QuetSach")


def lasting_disks(root: Path | None) -> Callable[[int, bytes, int], bool]:  # noqa: ARG001
    """Return that no disk can be relied on: who may write a file may set the time of its status change too."""
    return lambda *_: False


def unwritable(root: Path) -> str:
    """Return why a drive cannot be acted on: ``read-only``, or empty."""
    calls = NtFileCalls()
    try:
        with opened(calls, 0, nt_path(root), READ_ATTRIBUTES, FOLDER) as handle:
            return "read-only" * calls.disk(handle).is_read_only
    except OSError:
        return ""


def tree_path(path: str | Path) -> bytes:
    """Return a path of this system, a relative one from the current folder on, as a path of the running tree.

    Raises:
        ScanError: it is on another machine, or no file.
    """
    text, current = str(path), os.getcwd()
    of_drive = os.path.abspath(text[:2]) if text[1:2] == ":" else ""
    return tree_path_of(text, current=current, system_drive=_system_drive(), current_of_drive=of_drive)


def real_path(path: bytes) -> bytes:
    """Return where a path of the running tree leads, links followed, in a form that can be compared."""
    try:
        path = _running_tree().resolve(path)
    except OSError:
        path = b"/" + b"/".join(reversed(components(path)))  # it is not there: nothing leads from it
    return bytes_of(folded(path.decode("utf-8", "surrogatepass")))


def inside_path(text: str) -> bytes:
    """Return what a person wrote of a drive that is looked at as a path of its tree: it starts at the root."""
    return inside_path_of(text)


@cache
def _running_tree() -> LiveTree:
    return LiveTree()


@cache
def _system_drive() -> str:
    return NtVolumeCalls().system_drive()


@cache
def _privileges() -> frozenset[str]:
    """Switch on what lets an administrator read and give back every file; none of it where there is none."""
    return NtRightsCalls().enable(*_PRIVILEGES)


@cache
def _guard() -> bytes:
    return guard_of(trusted_by(NtRightsCalls()))


def _files() -> NtFiles:
    return NtFiles(NtFileCalls(), NtRightsCalls().user(), "SeRestorePrivilege" in _privileges())


# How this process uses its console and restarts the machine, on the running Windows.


def terminal() -> NtTerminal:
    """Return the console that this process was started from."""
    return NtTerminal(NativeConsole())


def restart_machine() -> bool:
    """Ask the system to restart; whether it agreed."""
    return restarted_by(NativeShutdown())


def obeys_sequences() -> bool:
    """Have the console obey colours and erasing, as terminals do; whether it does."""
    return NativeConsole().obey_sequences()


# Folders that only this tool can read or write, by owner and access list: made so, and looked at.


def make_private(folder: Path) -> None:
    """Make a folder for this tool alone, with those above it; nothing happens when it is there."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        _folders().make(nt_path(folder))


def close_to_others(folder: Path) -> None:
    """Give our own folder an access list that lets nobody else in, if it has another."""
    _folders().close(nt_path(folder))


def check_private(folder: Path) -> None:
    """Check that a folder is ours and that nobody else can have put anything there.

    Raises:
        OSError: it cannot be looked at.
        StateError: it is not so.
    """
    if fault := _folders().fault(nt_path(folder)):
        raise StateError(fault, where=str(folder), hint=Text("remove it, or use --state DIR"))


def _folders() -> PrivateFolders:
    return PrivateFolders(NtFileCalls(), trusted_by(NtRightsCalls()))


# How this process starts workers, and is one, on the running Windows.

show_no_dialogs()  # neither this process, which may ask a drive without a disk, nor its workers, which inherit it

start_worker = Workers(NativeProcesses(), NativeJobs()).start
_own_job = OwnJob(NativeJobs())


class MemoryBound(NtMemoryBound):
    """While entered, this process may hold so many bytes more than when the bound was made."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(size_bytes, NativeJobs(), _own_job.get)


def little_resident(_device: int, _inode: int) -> AbstractContextManager[None]:
    """Give back the pages of files that this process maps while the body runs, whenever they are many."""
    return little_resident_by(NativeJobs())


def starter() -> tuple[Channel, Channel]:
    """Return, in a worker, where its orders come from and where its answers go: one pipe for both."""
    if is_idle():  # as who started it; what that means for the disk, each process says for itself
        be_idle()
    channel = standard_input()
    return channel, channel


def give_way() -> None:
    """Run, with all workers, only when nobody else wants processor or disk."""
    with suppress(OSError):
        be_idle()
