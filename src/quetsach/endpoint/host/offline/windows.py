"""A Windows machine that does not run, its drive mounted below a folder or copied to one."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from quetsach.endpoint.host.files import OF_FAT, TIME_MADE, Entry, FileState, Folder, FolderMarks
from quetsach.endpoint.host.offline.short_name import SHORT_NAME, ShortNames, is_short
from quetsach.endpoint.host.offline_registry import OfflineRegistry
from quetsach.endpoint.host.port import DiskHost
from quetsach.endpoint.host.posix.files import PosixFiles, read_marks, read_xattr, write_marks
from quetsach.endpoint.host.posix.folder import PosixFolder, PosixTree
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.windows_path import ATTRIBUTE, machine_environment, path_of, target_of

# The files of a Windows drive on a Linux machine: mounted by ntfs-3g or the kernel's ntfs3, or copied to a folder.
#
# Names are found as Windows finds them, without regard to case. On a copy in which several names differ in nothing
# else, the one that is written as asked for is taken, otherwise the first in the order of bytes.
#
# Links: NTFS junctions and symbolic links appear as symbolic links. Where they lead is read from their own record, on a
# copy from what ntfs-3g showed; it stays inside the root, and what names another drive leads nowhere.
#
# Streams: a file may hold further contents, ``report.txt:payload.exe``. A mount with ``-o streams_interface=windows``
# tells them (ntfs-3g(8)); then each is given as a name of its own, to be looked at. On other mounts small ones are
# extended attributes, which are kept with a file but are not looked at.

STREAMS = "ntfs.streams.list"
"""The attribute in which ntfs-3g names the streams of a file, NUL between them."""

_MACHINE = machine_environment()
_SYSTEM_FILES = frozenset(
    name.encode()
    for name in (
        *("$MFT", "$MFTMirr", "$LogFile", "$Volume", "$AttrDef", "$Bitmap", "$Boot", "$BadClus", "$Secure"),
        *("$UpCase", "$Extend"),
    )
)
"""Files of NTFS itself, in its root; shown on mounts with ``show_sys_files``."""
_UNREAD_LINK = b"unsupported reparse"
"""How ntfs-3g shows a file whose content is kept in a way that it cannot read: compressed by CompactOS, in a cloud."""

_REMEMBERED_NAMES = 50_000
_REMEMBERED_HEADS = 10_000


class WindowsFolder(PosixFolder):
    """An open folder of a Windows drive; satisfies ``Folder``."""

    __slots__ = ("_has_streams",)

    def __init__(self, fd: int, path: bytes, *, has_streams: bool) -> None:
        super().__init__(fd, path)
        self._has_streams = has_streams

    def entries(self, unseen: list[tuple[bytes, OSError]] | None = None) -> Iterator[Entry]:
        """Yield what the folder holds, streams after their file, without the files of NTFS itself.

        A file whose content cannot be read on this mount is added to ``unseen``.
        """
        for entry in super().entries(unseen):
            if self.path == b"/" and entry.name in _SYSTEM_FILES:
                continue
            if stat.S_ISLNK(entry.stat.st_mode) and self._is_unread(entry.name):
                if unseen is not None:
                    unseen.append((entry.name, OSError(errno.EOPNOTSUPP, "kept in a way that is not read here")))
                continue
            yield entry
            if self._has_streams:
                yield from self._streams(entry.name, unseen)

    def folder(self, name: bytes) -> "WindowsFolder":
        """Open a folder in this one, itself for ``.``; a link is refused."""
        below = super().folder(name)
        return WindowsFolder(below.fd, below.path, has_streams=self._has_streams)

    def remove(self, name: bytes, descriptor: int | None = None) -> None:
        """Remove a file or a link; with an open file given, only if the name is that file (``ESTALE``)."""
        self._refuse_stream(name)
        super().remove(name, descriptor)

    def replace(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name in one step, in place of the file that has it."""
        self._refuse_stream(name)
        super().replace(descriptor, temporary, name)

    def place(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name, never over another one: ``FileExistsError`` when it is taken."""
        self._refuse_stream(name)
        super().place(descriptor, temporary, name)

    def _refuse_stream(self, name: bytes) -> None:
        """Act on no stream: what holds it may be anyone's, and it could not be put back."""
        if self._has_streams and b":" in name:
            raise OSError(errno.EOPNOTSUPP, "a stream of a file is reported and not removed")

    def _is_unread(self, name: bytes) -> bool:
        with suppress(OSError):
            return self.readlink(name).startswith(_UNREAD_LINK)
        return False

    def _streams(self, name: bytes, unseen: list[tuple[bytes, OSError]] | None) -> Iterator[Entry]:
        for stream in stream_names(f"/proc/self/fd/{self.fd}/".encode() + name):
            full = name + b":" + stream
            try:
                yield Entry(full, self.lstat(full))
            except OSError as error:
                if unseen is not None:
                    unseen.append((full, error))
                elif not isinstance(error, FileNotFoundError):
                    raise


@dataclass(slots=True)
class _Names:
    """What a folder held when it had this time of change: folded name -> name; short names once one was asked for."""

    changed: int
    names: dict[str, bytes]
    shorts: ShortNames | None = None


class WindowsTree(PosixTree):
    """The files of a Windows drive below ``root``."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._own_paths = tuple(os.fsencode(path).rstrip(b"/") + b"/" for path in (root.absolute(), root.resolve()))
        self._names: dict[tuple[int, int], _Names] = {}
        self._heads: dict[bytes, bytes] = {}
        self._remembered = 0
        self.has_streams = has_streams(os.fsencode(root))
        self._is_caseless = _is_caseless(root)

    @contextmanager
    def parent(self, path: bytes, *, follow: bool) -> Iterator[tuple[Folder, bytes]]:
        """Open the folder that holds the path, see ``Tree``."""
        head, _, last = path.rstrip(b"/").rpartition(b"/")
        known = self._heads.get(head)
        with super().parent(path if known is None else known + b"/" + last, follow=follow) as (folder, name):
            if not isinstance(folder, PosixFolder):
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            self._remember(head, folder.path)
            yield WindowsFolder(folder.fd, folder.path, has_streams=self.has_streams), name

    def _remember(self, head: bytes, real: bytes) -> None:
        """Keep how a folder is written, so that it is opened by its exact name, which costs nothing."""
        if head != real and _folded(head) == _folded(real):
            if len(self._heads) >= _REMEMBERED_HEADS:
                self._heads.clear()
            self._heads[head] = real

    def _lookup(self, folder_fd: int, name: bytes) -> bytes:
        """Return the name as the folder has it, found without regard to case, or by its short name.

        A stream is part of a name.
        """
        is_there = _is_there(folder_fd, name)
        if is_there and not self._is_caseless and b"~" not in name:
            return name
        base, colon, stream = name.partition(b":")
        known = self._known(folder_fd)
        found = known.names.get(_folded(base))
        if is_there and found and not self._is_caseless:  # NTFS has short names too, but does not list them
            return name
        if found is None and is_short(base):
            known.shorts = known.shorts or ShortNames.of(folder_fd, known.names.values())
            found = known.shorts.long(base)
        return (found or base) + colon + stream

    def _target(self, folder_fd: int, name: bytes) -> bytes | None:
        """Return where a link leads, as a path of this tree; ``ENOENT`` for another drive."""
        shown = super()._target(folder_fd, name)
        if shown is None:
            return None
        target = _read_target(f"/proc/self/fd/{folder_fd}/".encode() + name) or self._as_windows(shown)
        if target[1:2] != b":" and not target.startswith(b"\\"):
            return target.replace(b"\\", b"/")
        text = target.decode("utf-8", "surrogateescape")
        inside = None if "volume{" in text.casefold() else path_of(text, _MACHINE)
        if inside is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return inside

    def _as_windows(self, shown: bytes) -> bytes:
        """Return the target of a link of a copy as ntfs-3g wrote it: below the mount, or below a folder of drives."""
        own = next((path for path in self._own_paths if shown.startswith(path)), b"/")
        target = shown[len(own) - 1 :] if shown.startswith(b"/") else shown
        return target.removeprefix(b"/.NTFS-3G/")

    def _known(self, folder_fd: int) -> _Names:
        """Return the names of a folder as they are compared; remembered until the folder changes."""
        state = os.fstat(folder_fd)
        identity = state.st_dev, state.st_ino
        known = self._names.get(identity)
        if known is None or known.changed != state.st_mtime_ns:
            self._remembered -= len(self._names.pop(identity).names) if known else 0
            known = self._names[identity] = _Names(state.st_mtime_ns, _names_in(folder_fd))
            self._remembered += len(known.names)
            while self._remembered > _REMEMBERED_NAMES and len(self._names) > 1:
                self._remembered -= len(self._names.pop(next(iter(self._names))).names)
        return known


def _read_target(path: bytes) -> bytes | None:
    """Return the path of Windows that the link at a path of this system leads to; ``None`` where that is not told."""
    try:
        return target_of(read_xattr(path, ATTRIBUTE) or b"")
    except OSError:
        return None


def has_streams(path: bytes) -> bool:
    """Return whether the mount that a path lies on tells the streams of files."""
    try:
        os.getxattr(path, STREAMS)
    except OSError:
        return False
    return True


def stream_names(file: bytes | int) -> list[bytes]:
    """Return the names of the streams of a file or folder, open or by its path, which is not followed."""
    try:
        listed = os.getxattr(file, STREAMS, follow_symlinks=isinstance(file, int))
    except OSError:
        return []
    return [name for name in listed.split(b"\0") if name]


def _is_caseless(root: Path) -> bool:
    """Return whether the mount itself takes names in any case, as that of a memory stick does."""
    try:
        names = {os.fsencode(path.name) for path in root.iterdir()}
    except OSError:
        return False
    turned = next((turned for name in names if (turned := name.swapcase()) not in names), None)
    return turned is not None and os.path.lexists(os.path.join(os.fsencode(root), turned))


def _is_there(folder_fd: int, name: bytes) -> bool:
    """Return whether a folder has a name. The kernel knows that of itself; the state it would have to ask FUSE for."""
    try:
        os.close(os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder_fd))
    except OSError as error:
        return error.errno != errno.ENOENT
    return True


def _names_in(folder_fd: int) -> dict[str, bytes]:
    fd = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder_fd)
    try:
        found = sorted(map(os.fsencode, os.listdir(fd)), reverse=True)
    finally:
        os.close(fd)
    return {_folded(name): name for name in found}


def _folded(name: bytes) -> str:
    return folded(name.decode("utf-8", "surrogateescape"))


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
