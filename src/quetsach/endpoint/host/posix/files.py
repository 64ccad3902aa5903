"""Files of Linux and of what it mounts: what is recorded of them and given back to them."""

import ctypes
import errno
import fcntl
import os
import stat
import struct

from quetsach.endpoint.host.files import OF_COPIES, OF_FAT, OF_NTFS, FileState, FolderMarks, marks_of

_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h on 64-bit machines
_SET_FLAGS = 0x40086602
_LOCKS = 0x10 | 0x20  # FS_IMMUTABLE_FL, FS_APPEND_FL: what keeps even root from changing a file
_OWNERS_XATTRS = ("user.", "system.posix_acl_", "security.selinux")
"""Attributes that the owner of a file may set; the kernel itself gives files their SELinux label."""
_SETTABLE = 0x000380FF  # FS_FL_USER_MODIFIABLE


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


def open_quietly(name: bytes, flags: int, dir_fd: int) -> int:
    """Open for reading without changing the time of access where the owner of the file allows it."""
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=dir_fd)
    except PermissionError:
        return os.open(name, flags, dir_fd=dir_fd)


def read_xattr(file: int | bytes, name: str) -> bytes | None:
    """Return an extended attribute of an open file, or of a path, which is not followed; ``None`` where it has none.

    Python asks for 128 bytes first. ntfs-3g says of a larger security descriptor or link that it is damaged (``EIO``),
    where it should say that it is larger (``ERANGE``); asked for its size, it gives it.
    """
    try:
        return os.getxattr(file, name, follow_symlinks=isinstance(file, int))
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.EOPNOTSUPP):
            return None
        if error.errno != errno.EIO:
            raise
    libc = ctypes.CDLL(None, use_errno=True)
    call = libc.fgetxattr if isinstance(file, int) else libc.lgetxattr
    size = call(file, name.encode(), None, 0)
    buffer = ctypes.create_string_buffer(max(size, 1))
    if size < 0 or call(file, name.encode(), buffer, ctypes.c_size_t(size)) != size:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return buffer.raw[:size]


def read_xattrs(fd: int) -> dict[str, bytes]:
    """Return the extended attributes of an open file; empty where the file system has none."""
    try:
        return {name: os.getxattr(fd, name) for name in os.listxattr(fd)}
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return {}
        raise


def read_state(fd: int) -> FileState:
    """Return the state of an open file or folder."""
    return FileState.of(os.fstat(fd), flags=read_flags(fd), xattrs=read_xattrs(fd))


class PosixFiles:
    """Files of Linux and of what it mounts; satisfies ``Files``."""

    def state(self, descriptor: int) -> FileState:
        """Return all that is put back with a file besides its content."""
        return read_state(descriptor)

    def can_give(self, state: FileState) -> bool:
        """Return whether this user could give a file its owner, group and attributes back."""
        if os.geteuid() == 0:
            return True
        is_own = state.uid == os.geteuid() and state.gid in {os.getegid(), *os.getgroups()}
        return is_own and all(name.startswith(_OWNERS_XATTRS) for name in state.xattrs)

    def give_state(self, descriptor: int, state: FileState, *, with_times: bool) -> None:
        """Give an open file owner, mode, attributes and, if asked, times, where they differ.

        In the order in which none of them undoes another. Flags are not set here: an immutable file could not be
        placed.
        """
        now = os.fstat(descriptor)
        if (now.st_uid, now.st_gid) != (state.uid, state.gid):
            os.fchown(descriptor, state.uid, state.gid)
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != stat.S_IMODE(state.mode):
            os.fchmod(descriptor, stat.S_IMODE(state.mode))
        for name in read_xattrs(descriptor).keys() - state.xattrs.keys():
            os.removexattr(descriptor, name)
        for name, value in state.xattrs.items():
            if read_xattrs(descriptor).get(name) != value:
                os.setxattr(descriptor, name, value)
        if with_times and (now.st_atime_ns, now.st_mtime_ns) != (state.atime_ns, state.mtime_ns):
            os.utime(descriptor, ns=(state.atime_ns, state.mtime_ns))

    def unlock(self, descriptor: int) -> None:
        """Take the flags off that keep a file from being changed or removed."""
        unlock(descriptor)

    def lock(self, descriptor: int, state: FileState) -> None:
        """Give an open file the flags of a state."""
        write_flags(descriptor, state.flags)


# Reads and writes the marks of a folder of Windows where no Windows runs (``host.files.FolderMarks``).

_GET_OF_FAT, _SET_OF_FAT = 0x80047210, 0x40047211
_NONE = frozenset({errno.ENODATA, errno.EOPNOTSUPP})
_NO_CALL = frozenset({errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


def read_marks(folder: int) -> FolderMarks | None:
    """Return the marks of an open folder; ``None`` where the file system keeps none."""
    for name in (OF_NTFS, OF_COPIES):
        try:
            raw = os.getxattr(folder, name)
        except OSError as error:
            if error.errno in _NONE:
                continue
            raise
        return marks_of(name, raw)
    try:
        found = fcntl.ioctl(folder, _GET_OF_FAT, bytes(4))
    except OSError as error:
        if error.errno in _NO_CALL:
            return None
        raise
    return FolderMarks(OF_FAT, struct.unpack("=I", found)[0].to_bytes(4, "little"))


def write_marks(folder: int, marks: FolderMarks) -> None:
    """Give an open folder these marks."""
    if marks.name == OF_FAT:
        fcntl.ioctl(folder, _SET_OF_FAT, struct.pack("=I", marks.number))
    else:
        os.setxattr(folder, marks.name, marks.raw, os.XATTR_REPLACE)
    os.fsync(folder)
