"""Linux machines: the running one, and one whose disk is mounted below a folder."""

import os
from dataclasses import dataclass
from pathlib import Path

from quetsach.endpoint.host.disk_host import NoRunningWindows
from quetsach.endpoint.host.posix.files import PosixFiles
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.posix.services import Systemd
from quetsach.endpoint.host.posix.tree import PosixTree
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.services import Services
from quetsach.endpoint.host.tree import Tree


@dataclass(frozen=True, slots=True)
class LinuxHost(NoRunningWindows):
    """A Linux machine; satisfies ``Host``."""

    tree: Tree
    processes: Processes | None
    services: Services | None

    @property
    def files(self) -> PosixFiles:
        """What is recorded of open files and given back to them."""
        return PosixFiles()

    @property
    def registry(self) -> None:
        """Linux has none."""

    @property
    def is_live(self) -> bool:
        """Whether this is the running system."""
        return self.processes is not None

    @property
    def platform(self) -> str:
        """Always ``linux``."""
        return "linux"


def live_host() -> LinuxHost:
    """Return the system that this process runs on."""
    return LinuxHost(PosixTree(Path("/")), LinuxProcesses(), Systemd.running())


def running_processes() -> Processes:
    """Return the processes of the running system."""
    return LinuxProcesses()


def log_event(number: int, text: str, *, is_warning: bool) -> None:
    """Do nothing: on Linux the report, the exit code and the output are what a fleet is watched by."""


def is_elevated() -> bool:
    """Return whether this process may look at everything: it runs as root."""
    return os.geteuid() == 0


def default_state() -> Path:
    """Return where state lives: /var/lib/quetsach for root, else the user's own folder."""
    if is_elevated():
        return Path("/var/lib/quetsach")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quetsach" / "endpoint"


def mounted_host(root: Path) -> LinuxHost:
    """Return the system whose files lie below ``root``; nothing outside ``root`` is ever reached.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened.
    """
    return LinuxHost(PosixTree(root), None, None)
