"""Trees of a running Windows, opened folder by folder by handle, and the volumes that they lie on."""

import errno
import os
import re
import stat
import weakref
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from quetsach.endpoint.host.files import Entry
from quetsach.endpoint.host.nt.file_calls import (
    DIRECTORY,
    FOLDER,
    JUNCTION,
    READ_ATTRIBUTES,
    REPARSE,
    Disk,
    FileCalls,
    FileInformation,
    VolumeCalls,
    is_link,
    stat_of,
)
from quetsach.endpoint.host.nt.folder import NtFolder
from quetsach.endpoint.host.nt.names import CD, NETWORK, Drives, MachineDrives, bytes_of, is_substitute
from quetsach.endpoint.host.tree import MAX_LINKS, Mount, Tree, components, naming
from quetsach.endpoint.host.windows_path import target_of
from quetsach.endpoint.scan_issue import Reason

# Trees of a running Windows: one folder after another is opened by handle, and links are followed inside only.

_TOO_MANY = "Too many levels of symbolic links"
_REMEMBERED = 20_000


class NtTree(Tree):
    """The files of a running Windows, or of a folder of it that stands for the drive of another.

    Args:
        root: the folder at ``/``.
        calls: the calls of Windows.
        drives: which drives there are besides.
        guard: the security descriptor of files that only this tool may read.
    """

    def __init__(self, root: Path, calls: FileCalls, drives: Drives, guard: bytes) -> None:
        super().__init__(root)
        self.calls = calls
        self.drives = drives
        self.guard = guard
        self._written: dict[tuple[bytes, bytes], bytes] = {}
        self._handle = calls.open(0, drives.top, READ_ATTRIBUTES, FOLDER)
        weakref.finalize(self, calls.close, self._handle)
        self._disk = calls.disk(self._handle)

    def other_drives(self) -> tuple[bytes, ...]:
        """Return the tops of the drives besides the system's, without those of the network and discs."""
        return tuple(b"/" + name for name in self.drives.others() if not self.drives.is_shunned(name))

    @contextmanager
    def parent(self, path: bytes, *, follow: bool) -> Iterator[tuple[NtFolder, bytes]]:
        """Open the folder that holds the path and give it with the last name, both as they are on the disk."""
        with naming(path):
            if not path.startswith(b"/") or b"\0" in path:
                raise OSError(errno.EINVAL, "not an absolute path")
            with _Descent(self) as descent:
                name = descent.follow(components(path), to_the_end=follow)
                yield descent.folder, descent.written(name)

    def stat(self, path: bytes) -> os.stat_result:
        """Return the state of what the path leads to; what is no link is opened once, for most paths are none."""
        state = self.lstat(path)
        return super().stat(path) if stat.S_ISLNK(state.st_mode) else state

    def lstat(self, path: bytes) -> os.stat_result:
        """Return the state of the path itself; how its last name is written does not matter for that."""
        if b":" in path or b"\0" in path or not path.startswith(b"/"):  # drives and streams have names of their own
            return super().lstat(path)
        with naming(path), _Descent(self) as descent:
            name = descent.follow(components(path), to_the_end=False)
            return descent.folder.lstat(name)

    def start(self) -> "NtFolder":
        """Return ``/`` as a folder that is the tree's own: nobody closes it."""
        return PlacedFolder(self, self._handle, b"/", self._disk)

    def top(self) -> "NtFolder":
        """Open ``/``, which stays the folder that it was at first."""
        return PlacedFolder(self, self.calls.open(self._handle, "", READ_ATTRIBUTES, FOLDER), b"/", self._disk)

    def opened(self, top: str, path: bytes) -> "PlacedFolder":
        """Open the folder that is at a path because a disk is seen there."""
        handle = self.calls.open(0, top, READ_ATTRIBUTES, FOLDER)
        try:
            disk = self.calls.disk(handle)
        except BaseException:
            self.calls.close(handle)
            raise
        return PlacedFolder(self, handle, path, disk)

    def as_written(self, folder: NtFolder, name: bytes) -> bytes:
        """Return a name on a way as the folder has it, remembered: its case cannot lead elsewhere."""
        key = folder.path, name
        known = self._written.get(key)
        if known is None:
            if len(self._written) >= _REMEMBERED:
                self._written.clear()
            known = self._written[key] = folder.written(name)
        return known


class PlacedFolder(NtFolder):
    """A folder of a tree: other disks are seen in it, at ``/`` and where volumes are mounted."""

    __slots__ = ("_tree",)

    def __init__(self, tree: NtTree, handle: int, path: bytes, disk: Disk) -> None:
        super().__init__(tree.calls, handle, path, disk, tree.guard)
        self._tree = tree

    def entries(self, unseen: list[tuple[bytes, OSError]] | None = None) -> Iterator[Entry]:
        """Yield what the folder holds, in ``/`` also the other drives."""
        yield from super().entries(unseen)
        for name in self._tree.drives.others() if self.path == b"/" else ():
            try:
                yield Entry(name, self.lstat(name))
            except FileNotFoundError:
                continue  # no disk is in that drive
            except OSError as error:
                if unseen is None:
                    raise
                unseen.append((name, error))

    def lstat(self, name: bytes) -> os.stat_result:
        """Return the state of a name; where a disk is seen, of its top."""
        if (drive := self._drive(name)) is not None:
            if drive and self._tree.drives.is_shunned(name):
                return stat_of(shunned(name))
            with self._placed(drive, name) as top:
                return NtFolder.lstat(top, b".")
        found = super().lstat(name)
        if not stat.S_ISLNK(found.st_mode):
            return found
        with self._opened(name, READ_ATTRIBUTES) as handle:
            volume = self._mounted(handle, *self._calls.tag(handle))
        return found if volume is None else self._top_of(volume, name)

    def folder(self, name: bytes) -> NtFolder:
        """Open a folder in this one, itself for ``.``, or the disk that is seen there; a link is refused."""
        if (drive := self._drive(name)) is not None:
            return self._placed(drive, name)
        try:
            return super().folder(name)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            with self._opened(name, READ_ATTRIBUTES) as handle:
                volume = self._mounted(handle, *self._calls.tag(handle))
            if volume is None:
                raise
        return self._placed(volume, name)

    def _drive(self, name: bytes) -> str | None:
        """Return the top of a drive, empty for that of ``/`` itself; ``None`` when the name is none."""
        return self._tree.drives.opened_as(name) if self.path == b"/" else None

    def _mounted(self, handle: int, attributes: int, tag: int) -> str | None:
        """Return the volume that is seen at a name; ``None`` when none is."""
        if not attributes & REPARSE or tag != JUNCTION:
            return None
        target = target_of(self._calls.reparse(handle))
        return None if target is None else self._tree.drives.mounted(target.decode("utf-8", "surrogatepass"))

    def _top_of(self, volume: str, name: bytes) -> os.stat_result:
        with self._placed(volume, name) as top:
            return NtFolder.lstat(top, b".")

    def _placed(self, place: str, name: bytes) -> NtFolder:
        return self._tree.opened(place, self.join(name)) if place else self._tree.top()

    def _seen(self, name: bytes, found: FileInformation) -> os.stat_result:
        """Return the state of a name that was listed; of a junction, that of what is mounted there."""
        if found.attributes & REPARSE and found.tag == JUNCTION:
            with suppress(OSError), self._opened(name, READ_ATTRIBUTES) as handle:
                if (volume := self._mounted(handle, found.attributes, found.tag)) is not None:
                    return self._top_of(volume, name)
        return stat_of(found)

    def _below(self, handle: int, name: bytes) -> NtFolder:
        return PlacedFolder(self._tree, handle, self.path if name == b"." else self.join(name), self.disk)


class _Descent:
    """The way from the root to one path: the folders on it, all open, so that ``..`` is where we came from."""

    def __init__(self, tree: NtTree) -> None:
        self._tree = tree
        self._way: list[NtFolder] = [tree.start()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._back_to(1)

    @property
    def folder(self) -> NtFolder:
        """The folder reached so far."""
        return self._way[-1]

    def follow(self, pending: list[bytes], *, to_the_end: bool) -> bytes:
        """Walk through the names (last first) and return the last one as asked for; it is in the folder then open."""
        links = 0
        while pending:
            name = pending.pop()
            if name == b"..":
                self._back_to(max(1, len(self._way) - 1))
                continue
            if pending and self._enter(name):
                continue
            if self.folder.path == b"/" and self._tree.drives.opened_as(name) is not None:
                return self._drive(name)
            target = self._target(name) if pending or to_the_end else None
            if target is None:
                if pending:
                    raise NotADirectoryError(errno.ENOTDIR, "Not a directory")
                return name
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, _TOO_MANY)
            pending.extend(self._inside(target))
        return b"."

    def written(self, name: bytes) -> bytes:
        """Return the last name of a way as it is on the disk."""
        is_drive = self.folder.path == b"/" and self._tree.drives.opened_as(name) is not None
        return name if name == b"." or is_drive else self.folder.written(name)

    def _drive(self, name: bytes) -> bytes:
        """Return the last name of a path that ends with a drive."""
        return name.upper() if self._tree.drives.opened_as(name) else b"."

    def _enter(self, name: bytes) -> bool:
        """Go into a folder; ``False`` when the name is a link or no folder."""
        is_drive = self.folder.path == b"/" and self._tree.drives.opened_as(name)
        if is_drive == "":
            return True
        written = name.upper() if is_drive else self._tree.as_written(self.folder, name)
        try:
            self._way.append(self.folder.folder(written))
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                return False
            raise
        return True

    def _target(self, name: bytes) -> bytes | None:
        """Return where a link leads, as it is written; ``None`` when the name is no link or does not exist."""
        try:
            with self.folder._opened(name, READ_ATTRIBUTES) as handle:  # noqa: SLF001
                if not is_link(*self._tree.calls.tag(handle)):
                    return None
                return target_of(self._tree.calls.reparse(handle))
        except FileNotFoundError:
            return None

    def _inside(self, target: bytes) -> list[bytes]:
        """Return the names of a link's target, last first, after going to where they start."""
        text = target.decode("utf-8", "surrogatepass")
        if text.startswith(("\\\\", "\\??\\")) or text[1:2] == ":":
            self._back_to(1)
            return components(self._tree.drives.inside(text))
        if text.startswith(("\\", "/")):
            self._back_to(2 if self._is_on_other_drive() else 1)
        return components(target.replace(b"\\", b"/"))

    def _is_on_other_drive(self) -> bool:
        return len(self._way) > 1 and self._tree.drives.opened_as(self._way[1].path[1:]) is not None

    def _back_to(self, length: int) -> None:
        while len(self._way) > length:
            self._way.pop().__exit__()


def shunned(name: bytes) -> FileInformation:
    """Return what stands for a drive that is not asked: a folder on a disk with a number of its own."""
    number = 1 << 63 | zlib.crc32(name.upper())
    return FileInformation(DIRECTORY, 0, number, number, 1, 0, 0, 0, 0, 0)


# Which disks a running Windows has, where they are seen in the tree, and which a scan stays out of.

_SUBSTITUTE = re.compile(r"\\\?\?\\([A-Za-z]):(.*)", re.DOTALL)


def mounts(calls: VolumeCalls) -> tuple[Mount, ...]:
    """Return where disks are seen: by letters, in folders, and as folders that have a letter (``subst``)."""
    drives = MachineDrives(calls)
    found: list[Mount] = []
    known: dict[str, bytes] = {}
    for letter, drive in drives.kinds().items():
        if not is_substitute(drive):
            volume = calls.volume_of(f"{letter}:\\") or drive.device or letter
            known[letter] = bytes_of(volume)
            found.append(Mount(known[letter], b"", _place(drives, f"{letter}:")))
            found += [
                Mount(known[letter], b"", _place(drives, place)) for place in calls.places_of(volume) if len(place) > 3
            ]
    for letter, drive in drives.kinds().items():
        if (substitute := _SUBSTITUTE.fullmatch(drive.device)) and (device := known.get(substitute[1].upper())):
            top = bytes_of(substitute[2].replace("\\", "/")).rstrip(b"/")
            found.append(Mount(device, top, _place(drives, f"{letter}:")))
    return tuple(dict.fromkeys(found))


def devices_shunned(calls: VolumeCalls) -> dict[int, Reason]:
    """Return device number -> reason for drives that a scan does not go into by itself."""
    reasons = {NETWORK: Reason.NETWORK, CD: Reason.VIRTUAL}
    return {
        shunned(f"{letter}:".encode()).volume: reasons[drive.kind]
        for letter, drive in MachineDrives(calls).kinds().items()
        if drive.kind in reasons
    }


def _place(drives: MachineDrives, path: str) -> bytes:
    return drives.inside(f"\\??\\{path.rstrip('\\')}").rstrip(b"/")
