"""Which kind of system lies on a mounted disk."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from quetsach.endpoint.host.offline.windows import WindowsTree, has_streams, mounted_windows
from quetsach.endpoint.host.port import DiskHost, Host
from quetsach.endpoint.host.posix.files import PosixFiles
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.host.tree import Tree

# A macOS system whose disk is mounted below a folder; a running one is not looked at yet.

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


_WINDOWS_MARK = b"/Windows/System32/config"
_LINUX_MARKS = (b"/etc", b"/usr")
_CARRIED_MARKS = (b"/System Volume Information", b"/$Recycle.Bin", b"/Recycler", b"/Recycled", b"/autorun.inf")
"""What Windows leaves on every drive that it writes to, and what worms of such drives leave."""

_MOST_LOOKED_AT = 10_000


def open_mounted(root: Path, *, system: str = "") -> Host:
    """Return the system whose disk is mounted at ``root``, by what only that kind of system has; Linux otherwise.

    A drive without a system that was plugged into a Windows, such as a memory stick, is one of Windows. ``system`` is
    what a person says that it is.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened.
    """
    if system:
        return _OPENED[system](root)
    tree, host = WindowsTree(root), mounted_host(root)
    if tree.exists(_WINDOWS_MARK):
        return mounted_windows(root)
    if any(host.tree.exists(mark) for mark in MARKS):
        return mounted_mac(root)
    is_system = any(host.tree.exists(mark) for mark in _LINUX_MARKS)
    is_carried = not is_system and (any(map(tree.exists, _CARRIED_MARKS)) or _has_shortcut(tree))
    return mounted_windows(root) if is_carried else host


def unwritable(root: Path) -> str:
    """Return why a mounted disk cannot be acted on: ``read-only``, ``streams`` (they cannot be put back), or empty."""
    try:
        if os.statvfs(root).f_flag & os.ST_RDONLY:
            return "read-only"
        return "streams" * has_streams(os.fsencode(root))
    except OSError:
        return ""


_OPENED: Mapping[str, Callable[[Path], Host]] = {
    "linux": mounted_host,
    "macos": mounted_mac,
    "windows": mounted_windows,
}


def _has_shortcut(tree: WindowsTree) -> bool:
    try:
        return any(entry.name.lower().endswith(b".lnk") for entry in islice(tree.scandir(b"/"), _MOST_LOOKED_AT))
    except OSError:
        return False
