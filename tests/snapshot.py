"""Everything about a tree of files that undo must bring back."""

import array
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FS_IOC_GETFLAGS = 0x80086601


def snapshot(root: Path) -> dict[bytes, tuple[object, ...]]:
    """Return path -> kind, mode, owner, size, times, content, link target, extended attributes and inode flags.

    The time of the last status change is left out: no program can set it back. The time of the last access is taken
    from files only, because listing a folder may change its own.
    """
    return {os.fsencode(path.relative_to(root)): _state(path) for path in [root, *sorted(root.rglob("*"))]}


@contextmanager
def nothing_left_open() -> Iterator[None]:
    """Assert that what is opened inside is closed inside."""
    before = _open_files()
    yield
    assert _open_files() <= before


def _open_files() -> set[tuple[str, str]]:
    return {(path.name, path.readlink().name) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}


def _state(path: Path) -> tuple[object, ...]:
    state = path.lstat()
    regular, folder = stat.S_ISREG(state.st_mode), stat.S_ISDIR(state.st_mode)
    flags = _flags(path) if regular or folder else 0
    return (
        stat.filemode(state.st_mode),
        state.st_uid,
        state.st_gid,
        state.st_size if regular else 0,
        state.st_nlink if regular else 0,
        state.st_mtime_ns,
        hashlib.sha256(path.read_bytes()).hexdigest() if regular else "",
        os.readlink(path) if path.is_symlink() else "",  # noqa: PTH115  (a Path would tidy the target)
        tuple(
            sorted(
                (name, os.getxattr(path, name, follow_symlinks=False))
                for name in os.listxattr(path, follow_symlinks=False)
            )
        ),
        flags,
    )


def _flags(path: Path) -> int:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        flags = array.array("L", [0])
        fcntl.ioctl(fd, _FS_IOC_GETFLAGS, flags)
        return flags[0]
    except OSError:
        return 0
    finally:
        os.close(fd)
