"""The calls of Windows that files are reached by, as the tool needs them: everything by handle, nothing by path.

``ffi.files`` makes them on Windows, a file system in memory plays them in tests. Refusals are ``OSError``
(``status.error_of``). Sources: Microsoft Learn, "NtCreateFile" and "NtSetInformationFile"; [MS-FSCC] for the numbers.

Names are texts of UTF-16; a lone half of a pair, which NTFS allows, is a lone surrogate. Times are FILETIME.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

READ_DATA, WRITE_DATA, APPEND = 0x1, 0x2, 0x4
LIST, ADD_FILE, TRAVERSE = 0x1, 0x2, 0x20
READ_ATTRIBUTES, WRITE_ATTRIBUTES = 0x80, 0x100
DELETE, READ_CONTROL, WRITE_DAC, WRITE_OWNER = 0x1_0000, 0x2_0000, 0x4_0000, 0x8_0000
EVERYTHING = 0x1F_01FF

SHARE_READ, SHARE_ALL = 0x1, 0x7

OPEN, CREATE, OPEN_OR_CREATE = 1, 2, 3

FOLDER, NO_FOLDER, NO_RECALL = 0x1, 0x40, 0x40_0000
ITSELF = 0x20_0000
"""FILE_OPEN_REPARSE_POINT: open a link itself and not what it leads to."""

WRITE_THROUGH = 0x2
"""FILE_WRITE_THROUGH: what is done by the handle is on the disk when a call returns, a change of names too.

Source: Microsoft Learn, "CreateFile", caching behaviour: NTFS flushes the change of metadata, such as a rename, too.
"""

READ_ONLY, DIRECTORY, NORMAL = 0x1, 0x10, 0x80
REPARSE, ENCRYPTED = 0x400, 0x4000
RECALL = 0x4_0000 | 0x40_0000
"""FILE_ATTRIBUTE_RECALL_ON_OPEN, _ON_DATA_ACCESS: the content is kept elsewhere. Only the system sets them."""
SETTABLE = 0x31A7
"""Attributes that anyone who may write them can set: [MS-FSCC] 2.6."""

OWNER, GROUP, DACL, LABEL = 0x1, 0x2, 0x4, 0x10


class FileInformation(NamedTuple):
    """What is known of an open file. ``identity`` has up to 128 bits, ``volume`` up to 64."""

    attributes: int
    tag: int
    """What kind of link or filtered file it is; 0 for an ordinary one."""
    volume: int
    identity: int
    links: int
    size: int
    made: int
    accessed: int
    written: int
    changed: int
    """When its content or state changed; nobody can set it."""


class Disk(NamedTuple):
    """What a file system says of itself: its number, its name (``NTFS``, ``FAT32``), what it can do."""

    volume: int
    file_system: str
    flags: int

    @property
    def keeps_security(self) -> bool:
        """Whether files have owners and access lists."""
        return bool(self.flags & 0x8)

    @property
    def keeps_streams(self) -> bool:
        """Whether files can have further contents."""
        return bool(self.flags & 0x4_0000)

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be changed on it."""
        return bool(self.flags & 0x8_0000)

    @property
    def has_long_numbers(self) -> bool:
        """Whether numbers of files may have more than 64 bits."""
        return self.file_system.upper() == "REFS"

    @property
    def is_fat(self) -> bool:
        """Whether it is FAT or exFAT, which know only marks and times."""
        return "FAT" in self.file_system.upper()


class Stream(NamedTuple):
    """A further content of a file: ``name`` as in ``file:name``."""

    name: str
    size: int


class FileCalls(Protocol):
    """Calls by handle; who opens one closes it, or makes a descriptor of it that owns it."""

    @property
    def updates_access(self) -> bool:
        """Whether reading a file changes its time of access, unless its handle was told otherwise."""

    def open(
        self,
        root: int,
        name: str,
        access: int,
        options: int = 0,
        *,
        share: int = SHARE_ALL,
        disposition: int = OPEN,
        attributes: int = 0,
        security: bytes | None = None,
    ) -> int:
        r"""Open a name in an open folder; without a ``root`` (0) an absolute one, ``\??\C:\``.

        An empty name opens ``root`` itself again, with other access; one that begins with ``:`` a stream of it. Case
        does not count. Links are followed unless ``options`` say ``ITSELF``.
        """

    def close(self, handle: int) -> None:
        """Close a handle."""

    def descriptor(self, handle: int, *, writable: bool = False) -> int:
        """Return a descriptor of the C library that owns the handle from now on; bytes are bytes."""

    def handle(self, descriptor: int) -> int:
        """Return the handle that a descriptor owns."""

    def entries(self, handle: int, disk: "Disk") -> Iterator[tuple[str, FileInformation]]:
        """Yield the names in a folder that was opened for this, each with what the folder knows of it."""

    def information(self, handle: int, disk: "Disk | None" = None) -> FileInformation:
        """Return what is known of an open file or folder; quicker where the disk is known on which it lies."""

    def tag(self, handle: int) -> tuple[int, int]:
        """Return attributes and tag of an open file or folder."""

    def name(self, handle: int) -> str:
        r"""Return the path of an open file on its volume, as it is written on the disk, long names for short ones."""

    def set_basic(
        self, handle: int, *, made: int = 0, accessed: int = 0, written: int = 0, attributes: int = 0
    ) -> None:
        """Give times and attributes that are not 0. Accessed at -1: what is done by this handle changes no time."""

    def give_name(self, handle: int, folder: int, name: str, *, over: bool) -> None:
        """Give an open file another name, in an open folder; ``over`` another file that has it, even an open one."""

    def link(self, handle: int, folder: int, name: str) -> None:
        """Give an open file a further name in an open folder, never over another file."""

    def delete(self, handle: int) -> None:
        """Remove the name by which a file is open, at once where the file system can, else when all have closed it."""

    def reparse(self, handle: int) -> bytes:
        """Return the record that makes a link of an open file."""

    def set_reparse(self, handle: int, record: bytes) -> None:
        """Make a link of an open empty file or folder."""

    def streams(self, handle: int) -> list[Stream]:
        """Return the further contents of an open file or folder."""

    def short_name(self, handle: int) -> str:
        """Return the 8.3 name of an open file; empty when it has none besides its name."""

    def set_short_name(self, handle: int, name: str) -> None:
        """Give an open file an 8.3 name."""

    def security(self, handle: int, parts: int) -> bytes:
        """Return parts of the security descriptor of an open file, self-relative."""

    def set_security(self, handle: int, parts: int, raw: bytes) -> None:
        """Give an open file parts of a security descriptor."""

    def flush(self, handle: int) -> None:
        """Put what was written on the disk."""

    def disk(self, handle: int) -> Disk:
        """Return what the file system of an open file says of itself."""


class DriveKind(NamedTuple):
    """A drive letter and what it is."""

    letter: str
    kind: int
    """GetDriveType: 2 removable, 3 fixed, 4 network, 5 CD, 6 RAM disk."""
    device: str
    r"""What the letter stands for: ``\Device\HarddiskVolume3``, or ``\??\C:\folder`` of ``subst``."""


class VolumeCalls(Protocol):
    """The drives and volumes of the machine."""

    def system_drive(self) -> str:
        """Return the letter of the drive that Windows runs from, with its colon."""

    def drives(self) -> list[DriveKind]:
        """Return all drive letters."""

    def volume_of(self, place: str) -> str:
        r"""Return the volume that is mounted at a path, ``\\?\Volume{…}\``; empty when none is."""

    def places_of(self, volume: str) -> list[str]:
        r"""Return the paths at which a volume is mounted: ``D:\``, ``C:\mnt\``."""


class RightsCalls(Protocol):
    """What this process may do."""

    def is_administrator(self) -> bool:
        """Return whether the group of administrators counts for this process."""

    def is_elevated_half(self) -> bool:
        """Return whether the same person also runs programs with less rights, as after a question (UAC)."""

    def enable(self, *privileges: str) -> frozenset[str]:
        """Switch privileges on; returns those that are on now."""

    def user(self) -> bytes:
        """Return the SID of the user."""


# Handles that are closed when their work is done, and what is done by them in several places.


class opened:  # noqa: N801  (used like a function, and often: a generator would cost more than the call)
    """Opens a name in an open folder, or the folder itself, and closes it again; see ``FileCalls.open``."""

    __slots__ = ("_calls", "_what", "handle")

    def __init__(self, calls: FileCalls, root: int, name: str, access: int, options: int = 0) -> None:
        self._calls = calls
        self._what = root, name, access, options

    def __enter__(self) -> int:
        self.handle = self._calls.open(*self._what)
        return self.handle

    def __exit__(self, *_: object) -> None:
        self._calls.close(self.handle)


def flushed(calls: FileCalls, folder: int) -> None:
    """Put the names in an open folder on disk, where the file system can be asked to; NTFS keeps them in order."""
    try:
        calls.flush(folder)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise


def nt_path(path: str | Path) -> str:
    r"""Return a path as the system itself has it: ``\??\C:\x``. Its length does not matter to it."""
    text = os.path.abspath(path)
    if text.startswith("\\\\?\\"):
        return "\\??\\" + text[4:]
    return f"\\??\\UNC\\{text[2:]}" if text.startswith("\\\\") else f"\\??\\{text}"


_NO_FLUSH = frozenset({errno.EACCES, errno.EROFS, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF})


# What Windows knows of a file, in the form that other systems give it.

JUNCTION, SYMLINK = 0xA000_0003, 0xA000_000C
_NAME_SURROGATE = 0x2000_0000
_LEADS_ELSEWHERE = frozenset({0x8000_001B})
"""IO_REPARSE_TAG_APPEXECLINK: stands for a program of the store, without the bit that says so."""
_SPECIAL = frozenset({0x8000_0023, 0x8000_0024, 0x8000_0025, 0x8000_0026})
"""Sockets, pipes and devices of Linux on Windows."""

_EPOCH = 116_444_736_000_000_000


def nanoseconds_of(filetime: int) -> int:
    """Return a FILETIME, units of 100 ns since 1601, as nanoseconds since 1970."""
    return (filetime - _EPOCH) * 100


def filetime_of(nanoseconds: int) -> int:
    """Return nanoseconds since 1970 as a FILETIME, at least 1: to Windows 0 means that a time stays."""
    return max(1, nanoseconds // 100 + _EPOCH)


def is_link(attributes: int, tag: int) -> bool:
    """Return whether a name stands for another one: a symbolic link, a junction, or their like."""
    return bool(attributes & REPARSE) and (bool(tag & _NAME_SURROGATE) or tag in _LEADS_ELSEWHERE)


def stat_of(found: FileInformation) -> os.stat_result:
    """Return the state of a file as ``os.stat`` has it.

    Times of status change are those, which ``os.fstat`` of Windows does not tell; mode and numbers are as it gives
    them. Owners are 0.
    """
    times = [nanoseconds_of(time) for time in (found.accessed, found.written, found.changed)]
    numbers = (_mode(found.attributes, found.tag), found.identity, found.volume, found.links, 0, 0, found.size)
    exact = dict(zip(("st_atime_ns", "st_mtime_ns", "st_ctime_ns"), times, strict=True))
    return os.stat_result((*numbers, *(time // 10**9 for time in times)), exact)


def _mode(attributes: int, tag: int) -> int:
    rights = 0o444 if attributes & READ_ONLY else 0o666
    if is_link(attributes, tag):
        return stat.S_IFLNK | rights
    if attributes & REPARSE and tag in _SPECIAL:
        return stat.S_IFSOCK | rights
    return (stat.S_IFDIR | rights | 0o111) if attributes & DIRECTORY else (stat.S_IFREG | rights)


# What Windows says when it refuses a call, as the ``OSError`` that other systems would raise.
#
# The texts are those of other systems, which the catalogue of errors knows. Source: [MS-ERREF] 2.3.1, "NTSTATUS
# values".

_REFUSALS: tuple[tuple[int, str, tuple[int, ...]], ...] = (
    # No such name; names that there cannot be; a file that goes when it is closed; no disk in the drive.
    (
        errno.ENOENT,
        "No such file or directory",
        (
            0xC000000E,
            0xC000000F,
            0xC0000013,
            0xC0000033,
            0xC0000034,
            0xC0000039,
            0xC000003A,
            0xC000003B,
            0xC0000056,
            0xC0000123,
        ),
    ),
    (errno.EEXIST, "File exists", (0xC0000035,)),
    (errno.ENOTDIR, "Not a directory", (0xC0000103,)),
    (errno.EISDIR, "Is a directory", (0xC00000BA,)),
    (errno.ENOTEMPTY, "Directory not empty", (0xC0000101,)),
    (errno.EACCES, "Permission denied", (0xC0000022, 0xC0000061, 0xC0000121, 0xC0000906)),
    (errno.EBUSY, "another program has it open", (0xC0000043, 0xC0000054)),
    (errno.EROFS, "Read-only file system", (0xC00000A2,)),
    (errno.ENOSPC, "No space left on device", (0xC000007F,)),
    (errno.EXDEV, "Invalid cross-device link", (0xC00000D4,)),
    (errno.EMLINK, "Too many links", (0xC0000265,)),
    (errno.EINVAL, "Invalid argument", (0xC000000D, 0xC0000275, 0xC0000278)),
    (errno.ELOOP, "Too many levels of symbolic links", (0xC000050B,)),
    (errno.EBADF, "Bad file descriptor", (0xC0000008,)),
    (
        errno.EOPNOTSUPP,
        "Operation not supported",
        (0xC0000002, 0xC0000003, 0xC0000010, 0xC00000BB, 0xC0000279, 0xC000004F, 0xC000019F),
    ),
)
_OF_STATUS: Mapping[int, tuple[int, str]] = {
    status: (number, text) for number, text, statuses in _REFUSALS for status in statuses
}
_CLOUD = 0xC000CF
"""The facility of cloud files: such a file is not on this disk, and may not be fetched."""

NOT_HERE = "it is kept in a cloud and not on this disk"


def error_of(status: int, name: str = "") -> OSError:
    """Return the error that a status stands for; ``EIO`` for one that has no better number."""
    status &= 0xFFFF_FFFF
    if status >> 8 == _CLOUD:
        return OSError(errno.EREMOTE, NOT_HERE, name)
    number, text = _OF_STATUS.get(status, (errno.EIO, f"Windows says {status:#010x}"))
    return OSError(number, text, name)
