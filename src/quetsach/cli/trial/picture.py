"""Everything about a tree of files that undo must bring back."""

import array
import fcntl
import hashlib
import os
import stat
from pathlib import Path

type Picture = dict[bytes, tuple[object, ...]]
"""Path inside the root -> kind and mode, owner, size, links, time, content, target, attributes, inode flags."""

_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS of <linux/fs.h>, 64-bit


def picture_of(root: Path) -> Picture:
    """Return the picture of everything below a folder, and of the folder.

    The time of the last status change is left out: no program can set it back.
    """
    return {os.fsencode(path.relative_to(root)): _state(path) for path in [root, *root.rglob("*")]}


def differences(before: Picture, after: Picture) -> list[bytes]:
    """Return the paths of what is not the same in both, in order."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _state(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    is_file = stat.S_ISREG(found.st_mode)
    return (
        found.st_mode,
        found.st_uid,
        found.st_gid,
        found.st_size if is_file else 0,
        found.st_nlink if is_file else 0,
        found.st_mtime_ns,
        hashlib.sha256(path.read_bytes()).digest() if is_file else b"",
        os.fsencode(path.readlink()) if stat.S_ISLNK(found.st_mode) else b"",
        _attributes(path),
        _flags(path) if is_file or stat.S_ISDIR(found.st_mode) else 0,
    )


def _attributes(path: Path) -> tuple[tuple[str, bytes], ...]:
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    except OSError:  # a file system without them
        return ()


def _flags(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        flags = array.array("L", [0])
        fcntl.ioctl(descriptor, _GET_FLAGS, flags)
        return flags[0]
    except OSError:
        return 0
    finally:
        os.close(descriptor)
