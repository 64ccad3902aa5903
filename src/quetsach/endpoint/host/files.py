"""Files and folders of a machine: an open folder, what is recorded of files before an act, and the marks of folders."""

import base64
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol, Self

# What is recorded of a file before an act, and given back to it: owner, mode, times, attributes, flags.

TIME_MADE = "system.ntfs_crtime_be"
"""The attribute in which ntfs-3g tells when a file was made; not every system of Windows keeps it apart."""


@dataclass(frozen=True, slots=True)
class FileState:
    """All that is put back with a file besides its content. ``flags`` are inode flags, ``None`` where there are none.

    Times are nanoseconds since the epoch; ``mode`` is the whole ``st_mode``.
    """

    device: int
    inode: int
    mode: int
    uid: int
    gid: int
    links: int
    size_bytes: int
    atime_ns: int
    mtime_ns: int
    flags: int | None = None
    xattrs: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, found: os.stat_result, *, flags: int | None = None, xattrs: Mapping[str, bytes] | None = None) -> Self:
        """Return a state from what ``stat`` said, as is enough for a symbolic link."""
        return cls(
            device=found.st_dev,
            inode=found.st_ino,
            mode=found.st_mode,
            uid=found.st_uid,
            gid=found.st_gid,
            links=found.st_nlink,
            size_bytes=found.st_size,
            atime_ns=found.st_atime_ns,
            mtime_ns=found.st_mtime_ns,
            flags=flags,
            xattrs=xattrs or {},
        )

    def as_json(self) -> dict[str, Any]:
        """Return the form that journal and quarantine keep."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "xattrs"}
        return plain | {"xattrs": {k: base64.b64encode(v).decode() for k, v in self.xattrs.items()}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read ``as_json`` back; the caller has checked that the text is our own."""
        xattrs = {str(k): base64.b64decode(v) for k, v in value["xattrs"].items()}
        return cls(**{**value, "xattrs": xattrs})

    def is_same_file(self, found: os.stat_result) -> bool:
        """Return whether this is still the file that was recorded, with the same content as far as ``stat`` can say."""
        return (self.device, self.inode, self.size_bytes, self.mtime_ns, stat.S_IFMT(self.mode)) == (
            found.st_dev,
            found.st_ino,
            found.st_size,
            found.st_mtime_ns,
            stat.S_IFMT(found.st_mode),
        )


# The marks of a folder of Windows, hidden and the system's own among them, where no Windows runs.
#
# NTFS as ntfs-3g and the kernel's ntfs3 mount it gives them as ``system.ntfs_attrib_be``, a number of 32 bits, the high
# byte first (ntfs-3g, "Extended attributes"). Copies that Wine or Samba made keep them in ``user.DOSATTRIB`` as text,
# ``0x6`` (smb.conf(5), "store dos attributes"); what else may stand there, such as Samba's own records, is not read.
# FAT, and exFAT since Linux 6.8, have calls of their own for them (``linux/msdos_fs.h``, FAT_IOCTL_GET_ATTRIBUTES).
# Numbers: MS-FSCC 2.6, "File Attributes".

HIDDEN, SYSTEM = 0x2, 0x4
OF_NTFS, OF_COPIES, OF_FAT = "system.ntfs_attrib_be", "user.DOSATTRIB", "FAT_IOCTL_GET_ATTRIBUTES"
"""Where marks are kept: the name of an extended attribute, or the call that gives them."""

_NUMBER = re.compile(rb"0x[0-9a-fA-F]{1,8}")


@dataclass(frozen=True, slots=True)
class FolderMarks:
    """The marks as they are kept: where, and their bytes."""

    name: str
    raw: bytes

    @property
    def number(self) -> int:
        """The marks as Windows counts them."""
        if self.name == OF_COPIES:
            return int(self.raw, 16)
        return int.from_bytes(self.raw, "big" if self.name == OF_NTFS else "little")

    @property
    def is_hidden(self) -> bool:
        """Whether Windows shows the folder to nobody who did not ask for files of the system."""
        return self.number & (HIDDEN | SYSTEM) == HIDDEN | SYSTEM

    def shown(self) -> "FolderMarks":
        """Return the marks without hidden and system, in the same form."""
        number = self.number & ~(HIDDEN | SYSTEM)
        if self.name == OF_COPIES:
            return FolderMarks(self.name, f"0x{number:x}".encode())
        return FolderMarks(self.name, number.to_bytes(4, "big" if self.name == OF_NTFS else "little"))


def marks_of(name: str, raw: bytes) -> FolderMarks | None:
    """Return the marks that some bytes are; ``None`` when they are none that are known here."""
    is_known = _NUMBER.fullmatch(raw) if name == OF_COPIES else name in (OF_NTFS, OF_FAT) and len(raw) == 4
    return FolderMarks(name, raw) if is_known else None


# An open folder and what is recorded of files: the part of the host port that acts are made of.
#
# Every method raises ``OSError`` as the system call does. Open files are descriptors of the C library (``os.read``,
# ``os.fstat``, ``os.fsync``), which Windows has too; what it lacks, acts by descriptors of folders, is behind
# ``Folder``.


class Entry(NamedTuple):
    """One name in a folder and its state, the link's own when it is one; a plain tuple, for there are millions."""

    name: bytes
    stat: os.stat_result


class Folder(Protocol):
    """An open folder: names in it cannot be led astray by a change of its path. Close it, or use ``with``."""

    path: bytes

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def join(self, name: bytes) -> bytes:
        """Return the path of a name in this folder."""

    def entries(self, unseen: list[tuple[bytes, OSError]] | None = None) -> Iterator[Entry]:
        """Yield what the folder holds, in no order.

        A name whose state cannot be had, such as where someone else's file system is mounted, hides no other: it is
        added to ``unseen``. Without such a list it is an error, unless it vanished meanwhile.
        """

    def lstat(self, name: bytes) -> os.stat_result:
        """Return the state of a name, of the link itself when it is one."""

    def readlink(self, name: bytes) -> bytes:
        """Return the target of a symbolic link as it is written."""

    def folder(self, name: bytes) -> "Folder":
        """Open a folder in this one, itself for ``.``; a symbolic link is refused (``ENOTDIR`` or ``ELOOP``)."""

    def open_read(self, name: bytes) -> int:
        """Open a regular file for reading, following no link and leaving its time of access alone."""

    def state(self) -> FileState:
        """Return the state of the folder itself."""

    def create(self, temporary: bytes) -> int:
        """Make an empty file that only we can read and open it, without a name where there can be such files.

        Else it is called ``temporary``; ``FileExistsError`` when that is taken.
        """

    def remove(self, name: bytes, descriptor: int | None = None) -> None:
        """Remove a file or a link; with an open file given, only if the name is that file (``ESTALE``)."""

    def replace(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name in one step, in place of the file that has it."""

    def settle(self, temporary: bytes, name: bytes, is_former: Callable[[int], bool]) -> None:
        """Bring a ``replace`` to an end that took two steps when the machine stopped between them.

        The file that had the name gets it back, or goes if another has it by now; only one that ``is_former`` knows by
        its content. Nothing to do where names are exchanged in one step.
        """

    def place(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name, never over another one: ``FileExistsError`` when it is taken.

        Its temporary name may be left, to be removed once the file is closed.
        """

    def link(self, descriptor: int, name: bytes) -> None:
        """Give an open file, whichever folder it is in, a further name in this one (a hard link)."""

    def symlink(self, name: bytes, target: bytes, state: FileState) -> None:
        """Make a symbolic link with owner and times, or give them to the one that is there; to no other file."""

    def set_times(self, atime_ns: int, mtime_ns: int) -> None:
        """Give the folder itself these times."""

    def marks(self) -> FolderMarks | None:
        """Return the marks that Windows gave the folder itself; ``None`` where none are kept."""

    def set_marks(self, marks: FolderMarks) -> None:
        """Give the folder itself these marks; its times of access and change of content stay."""

    def unlocked(self, before: FileState) -> AbstractContextManager[None]:
        """Let names be changed; afterwards the folder is on disk and has the flags of ``before``, its state, again."""


class Files(Protocol):
    """What is recorded of an open file and given back to one."""

    def state(self, descriptor: int) -> FileState:
        """Return all that is put back with a file besides its content."""

    def can_give(self, state: FileState) -> bool:
        """Return whether this user could give a file its owner, group and attributes back."""

    def give_state(self, descriptor: int, state: FileState, *, with_times: bool) -> None:
        """Give an open file owner, mode, attributes and, if asked, times, where they differ; ``lock`` gives flags."""

    def unlock(self, descriptor: int) -> None:
        """Take the flags off that keep a file from being changed or removed."""

    def lock(self, descriptor: int, state: FileState) -> None:
        """Give an open file the flags of a state."""


# How the tool opens files of its own.


class Own(Enum):
    """What an own file is opened for. A link in its place is never followed; no started program inherits it."""

    READ = auto()
    """To be read; it must be there."""
    NEW = auto()
    """To be read and written; it must not be there."""
    FRESH = auto()
    """To be written from the start, whatever was there."""
    KEPT = auto()
    """To be read and written, with what is in it; made where it is not there."""
