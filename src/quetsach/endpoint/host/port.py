"""What the endpoint tool needs of a machine; one back end for each kind of machine."""

from typing import Protocol

from quetsach.endpoint.host.processes import Processes
from quetsach.endpoint.host.services import Services
from quetsach.endpoint.host.tree import Tree


class Host(Protocol):
    """One machine: the running one, or a system whose disk is mounted below a folder."""

    @property
    def tree(self) -> Tree:
        """Every access to files; paths are bytes, absolute inside the root."""

    @property
    def processes(self) -> Processes | None:
        """The running processes; ``None`` when the system is only a tree of files."""

    @property
    def services(self) -> Services | None:
        """The running service manager; ``None`` when there is none or the system is only a tree of files."""

    @property
    def is_live(self) -> bool:
        """Whether this is the system the tool itself runs on."""

    @property
    def platform(self) -> str:
        """``linux``; later ``windows`` and ``macos``."""
