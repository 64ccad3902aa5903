"""What the endpoint tool needs of a machine; one back end for each kind of machine.

Back ends: the running Linux (``host.posix``), the running Windows (``host.nt``), mounted disks of Linux, macOS and
Windows with its hives (``host.offline``), a fake in memory for tests. All pass the contract tests in
``tests/integration/endpoint/contract``. ``host.live`` chooses for the machine that this process runs on.

A path is bytes, absolute inside the root, with ``/`` between names also on Windows, whose root is its system drive.
Files are reached through ``Tree`` and acted on through ``Folder`` and ``Files`` (``host.folder``).
"""

from typing import Protocol

from quetsach.endpoint.host.folder import Entry, Files, Folder
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.registry import Registry
from quetsach.endpoint.host.restart import RestartQueue
from quetsach.endpoint.host.services import Services
from quetsach.endpoint.host.subscriptions import Subscriptions
from quetsach.endpoint.host.tasks import Tasks
from quetsach.endpoint.host.tree import Tree

__all__ = ["Entry", "Files", "Folder", "Host", "Tree"]


class Host(Protocol):
    """One machine: the running one, or a system whose disk is mounted below a folder."""

    @property
    def tree(self) -> Tree:
        """Every access to files; paths are bytes, absolute inside the root."""

    @property
    def files(self) -> Files:
        """What is recorded of open files and given back to them."""

    @property
    def processes(self) -> Processes | None:
        """The running processes; ``None`` when the system is only a tree of files."""

    @property
    def services(self) -> Services | None:
        """The running service manager; ``None`` when there is none or the system is only a tree of files."""

    @property
    def tasks(self) -> Tasks | None:
        """The running task scheduler; ``None`` when there is none that keeps tasks by itself."""

    @property
    def subscriptions(self) -> Subscriptions | None:
        """What is done on events of its management service; ``None`` when it has none or does not run."""

    @property
    def restart_queue(self) -> RestartQueue | None:
        """What goes at the next start; ``None`` where every file can be removed at once."""

    @property
    def registry(self) -> Registry | None:
        """The registry; ``None`` where the system has none."""

    @property
    def is_live(self) -> bool:
        """Whether this is the system the tool itself runs on."""

    @property
    def platform(self) -> str:
        """``linux``, ``windows`` or ``macos``."""
