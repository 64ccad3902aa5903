"""A macOS system whose disk is mounted below a folder; a running one is not looked at yet."""

from dataclasses import dataclass
from pathlib import Path

from quetsach.endpoint.host.disk_host import DiskHost
from quetsach.endpoint.host.posix.files import PosixFiles
from quetsach.endpoint.host.posix.tree import PosixTree
from quetsach.endpoint.host.tree import Tree

MARKS = (b"/System/Library/CoreServices/SystemVersion.plist", b"/private/var/db/dslocal/nodes")
"""What only macOS has: on the volume of the system, on the volume of data (they are apart since macOS 10.15)."""


@dataclass(frozen=True, slots=True)
class MacHost(DiskHost):
    """The disk of a Mac; satisfies ``Host``."""

    tree: Tree

    @property
    def files(self) -> PosixFiles:
        """What is recorded of open files and given back to them."""
        return PosixFiles()

    @property
    def registry(self) -> None:
        """A Mac has none."""
        return

    @property
    def platform(self) -> str:
        """Always ``macos``."""
        return "macos"


def mounted_mac(root: Path) -> MacHost:
    """Return the Mac whose files lie below ``root``: the volume of data, the volume of the system, or both in one.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened.
    """
    return MacHost(PosixTree(root))
