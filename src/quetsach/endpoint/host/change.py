"""Acts on files: what is recorded before one, and how a file is written, placed and removed so that a crash is safe.

All of them work in an open folder, so that a path exchanged meanwhile leads nowhere else.
"""

import base64
import errno
import fcntl
import os
import stat
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

from quetsach.endpoint.host.tree import Folder, read_xattrs

_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h on 64-bit machines
_SET_FLAGS = 0x40086602
_LOCKS = 0x10 | 0x20  # FS_IMMUTABLE_FL, FS_APPEND_FL: what keeps even root from changing a file
_SETTABLE = 0x000380FF  # FS_FL_USER_MODIFIABLE


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
    def read(cls, fd: int) -> Self:
        """Return the state of an open file or folder."""
        return cls.of(os.fstat(fd), flags=read_flags(fd), xattrs=read_xattrs(fd))

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


def read_flags(fd: int) -> int | None:
    """Return the inode flags (``chattr(1)``) of an open file; ``None`` where the file system has none."""
    try:
        return int(struct.unpack("i", fcntl.ioctl(fd, _GET_FLAGS, struct.pack("i", 0))[:4])[0])
    except OSError as error:
        if error.errno in (errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
            return None
        raise


def write_flags(fd: int, flags: int | None) -> None:
    """Give an open file the inode flags that a user can set, if they differ."""
    now = read_flags(fd)
    if flags is None or now is None:
        return
    wanted = (now & ~_SETTABLE) | (flags & _SETTABLE)
    if wanted != now:
        fcntl.ioctl(fd, _SET_FLAGS, struct.pack("i", wanted))


def unlock(fd: int) -> None:
    """Take the immutable and append-only flags from an open file, so that it can be changed."""
    flags = read_flags(fd)
    if flags is not None and flags & _LOCKS:
        write_flags(fd, flags & ~_LOCKS)


@contextmanager
def unlocked(folder: Folder, before: FileState) -> Iterator[int]:
    """Let names in a folder be changed; afterwards it is synced and has the flags of ``before`` again.

    Gives a descriptor of the folder. Recovery enters with the ``before`` of the journal, so that flags that a crash
    left off come back too.
    """
    fd = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder.fd)
    try:
        unlock(fd)
        try:
            yield fd
            os.fsync(fd)
        finally:
            write_flags(fd, before.flags)
    finally:
        os.close(fd)


def read_folder_state(folder: Folder) -> FileState:
    """Return the state of an open folder itself."""
    fd = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder.fd)
    try:
        return FileState.read(fd)
    finally:
        os.close(fd)


def write_beside(
    folder: Folder, name: bytes, write: Callable[[int], None], state: FileState, *, with_times: bool
) -> None:
    """Write a complete file under a name that nobody uses yet, synced, with owner, mode, attributes and times.

    Flags are not set here: an immutable file could not be placed. A leftover of that name is removed first.
    """
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder.fd)
    fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder.fd)
    try:
        write(fd)
        _apply(fd, state)
        if with_times:
            os.utime(fd, ns=(state.atime_ns, state.mtime_ns))
        os.fsync(fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(name, dir_fd=folder.fd)
        raise
    finally:
        os.close(fd)


def place(folder: Folder, temporary: bytes, name: bytes) -> None:
    """Give a file its name, never over another one: ``FileExistsError`` when the name is taken."""
    try:
        os.link(temporary, name, src_dir_fd=folder.fd, dst_dir_fd=folder.fd, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        with suppress(FileNotFoundError):  # a file system without hard links
            folder.lstat(name)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.rename(temporary, name, src_dir_fd=folder.fd, dst_dir_fd=folder.fd)
        return
    os.unlink(temporary, dir_fd=folder.fd)


def _apply(fd: int, state: FileState) -> None:
    """Give an open file owner, mode and attributes, in the order in which none of them undoes another."""
    now = os.fstat(fd)
    if (now.st_uid, now.st_gid) != (state.uid, state.gid):
        os.fchown(fd, state.uid, state.gid)
    os.fchmod(fd, stat.S_IMODE(state.mode))
    for name in read_xattrs(fd).keys() - state.xattrs.keys():
        os.removexattr(fd, name)
    for name, value in state.xattrs.items():
        if read_xattrs(fd).get(name) != value:
            os.setxattr(fd, name, value)
