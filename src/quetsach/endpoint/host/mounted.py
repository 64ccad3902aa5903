"""Which kind of system lies on a mounted disk."""

from pathlib import Path

from quetsach.endpoint.host.linux import mounted_host
from quetsach.endpoint.host.macos import MARKS, mounted_mac
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.windows import mounted_windows
from quetsach.endpoint.host.windows_tree import WindowsTree

_WINDOWS_MARK = b"/Windows/System32/config"


def open_mounted(root: Path) -> Host:
    """Return the system whose disk is mounted at ``root``, by what only that kind of system has; Linux otherwise.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened.
    """
    if WindowsTree(root).exists(_WINDOWS_MARK):
        return mounted_windows(root)
    host = mounted_host(root)
    return mounted_mac(root) if any(host.tree.exists(mark) for mark in MARKS) else host
