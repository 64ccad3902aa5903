"""A Windows machine that does not run, its drive mounted below a folder or copied to one."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from quetsach.endpoint.host.disk_host import DiskHost
from quetsach.endpoint.host.file_state import TIME_MADE, FileState
from quetsach.endpoint.host.folder_marks import OF_FAT, FolderMarks
from quetsach.endpoint.host.offline.short_name import SHORT_NAME
from quetsach.endpoint.host.offline.windows_tree import WindowsTree, stream_names
from quetsach.endpoint.host.offline_registry import OfflineRegistry
from quetsach.endpoint.host.posix.files import PosixFiles, read_xattr
from quetsach.endpoint.host.posix.marks import read_marks, write_marks

_NTFS_ATTRIBUTES = ("system.ntfs_acl", "system.ntfs_security", "system.ntfs_attrib_be")
"""What NTFS keeps of a file that is not among its listed attributes.

Owner, groups and access list; read-only, hidden, system, archive. Sources: ntfs-3g, "Extended attributes"; Linux,
Documentation/filesystems/ntfs3.rst (``ntfs_security`` is its name for the access list).
"""

_MADE = TIME_MADE
"""Given back after the other times: the other way round ntfs-3g loses those."""

_SHORT_NAME = SHORT_NAME
"""The 8.3 name, which counts as a second link. A file loses it with its name, so it is given back last."""

_UNLISTED = (*_NTFS_ATTRIBUTES, _MADE, _SHORT_NAME)
_OF_FILES = 0x26
"""Marks of a file on FAT that are given: hidden, system, archive; read-only goes with its mode."""


@dataclass(frozen=True, slots=True)
class WindowsHost(DiskHost):
    """A mounted Windows; satisfies ``Host``."""

    tree: WindowsTree
    registry: OfflineRegistry

    @property
    def files(self) -> "NtfsFiles":
        """What is recorded of open files and given back to them."""
        return NtfsFiles()

    @property
    def platform(self) -> str:
        """Always ``windows``."""
        return "windows"


class NtfsFiles(PosixFiles):
    """Files on NTFS, or on a copy of it; satisfies ``Files``."""

    def state(self, descriptor: int) -> FileState:
        """Return all that is put back with a file, access list, attributes, short name and small streams included.

        Raises:
            OSError: it has streams that could not be put back: mount without ``streams_interface=windows`` to clean;
                one over 64 KiB cannot be kept at all.
        """
        if stream_names(descriptor):
            raise OSError(errno.EOPNOTSUPP, "it has streams, which this mount does not let be put back")
        plain = super().state(descriptor)
        hidden = {name: value for name in _UNLISTED if (value := read_xattr(descriptor, name)) is not None}
        marks = read_marks(descriptor)
        if marks is not None and marks.name == OF_FAT:
            hidden[OF_FAT] = marks.raw
        return replace(plain, xattrs={**plain.xattrs, **hidden}, links=plain.links - (_SHORT_NAME in hidden))

    def give_state(self, descriptor: int, state: FileState, *, with_times: bool) -> None:
        """Give an open file owner, mode, attributes and, if asked, times, where they differ."""
        super().give_state(descriptor, replace(state, xattrs=_listed(state.xattrs)), with_times=False)
        for name in _NTFS_ATTRIBUTES:
            _give(descriptor, name, state)
        if OF_FAT in state.xattrs:
            _give_marks(descriptor, state.xattrs[OF_FAT])
        super().give_state(descriptor, replace(state, xattrs=_listed(state.xattrs)), with_times=with_times)
        _give(descriptor, _MADE, state)

    def lock(self, descriptor: int, state: FileState) -> None:
        """Give an open file that has its name again its flags and its short name."""
        super().lock(descriptor, state)
        _give(descriptor, _SHORT_NAME, state)


def mounted_windows(root: Path) -> WindowsHost:
    """Return the Windows whose drive is mounted at ``root``; nothing outside ``root`` is ever reached.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened.
    """
    tree = WindowsTree(root)
    return WindowsHost(tree, OfflineRegistry(tree))


def _listed(xattrs: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: value for name, value in xattrs.items() if name not in (*_UNLISTED, OF_FAT)}


def _give(descriptor: int, name: str, state: FileState) -> None:
    value = state.xattrs.get(name)
    if value is not None and read_xattr(descriptor, name) != value:
        os.setxattr(descriptor, name, value)


def _give_marks(descriptor: int, raw: bytes) -> None:
    now = read_marks(descriptor)
    if now is not None and now.name == OF_FAT and (now.number ^ int.from_bytes(raw, "little")) & _OF_FILES:
        number = now.number & ~_OF_FILES | int.from_bytes(raw, "little") & _OF_FILES
        write_marks(descriptor, FolderMarks(OF_FAT, number.to_bytes(4, "little")))
