"""Files of a machine, reached by directory descriptors and never outside their root.

A path is bytes, absolute inside the root. Symbolic links are resolved here, one component after another: an absolute
target starts again at the root, ``..`` stops there, and no link can lead out, whatever runs on the machine meanwhile.
Every method raises ``OSError`` as the system call does, with the whole path as its ``filename``.
"""

import errno
import os
import stat
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

MAX_LINKS = 40
"""Symbolic links followed for one path, as Linux itself allows."""

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder and its state, the link's own when it is one."""

    name: bytes
    stat: os.stat_result


class Folder:
    """An open folder: names in it cannot be led astray by a change of its path. Close it, or use ``with``."""

    __slots__ = ("fd", "path")

    def __init__(self, fd: int, path: bytes) -> None:
        self.fd = fd
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.fd)

    def join(self, name: bytes) -> bytes:
        """Return the path of a name in this folder."""
        return self.path.rstrip(b"/") + b"/" + name

    def entries(self) -> Iterator[Entry]:
        """Yield what the folder holds, in no order; names that vanish meanwhile are left out."""
        fd = open_quietly(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, self.fd)
        try:
            with os.scandir(fd) as found:
                for item in found:
                    try:
                        state = item.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    yield Entry(os.fsencode(item.name), state)
        finally:
            os.close(fd)

    def lstat(self, name: bytes) -> os.stat_result:
        """Return the state of a name, of the link itself when it is one."""
        return os.lstat(name, dir_fd=self.fd)

    def readlink(self, name: bytes) -> bytes:
        """Return the target of a symbolic link as it is written."""
        return os.readlink(name, dir_fd=self.fd)

    def folder(self, name: bytes) -> "Folder":
        """Open a folder in this one; a symbolic link is refused (``ENOTDIR`` or ``ELOOP``)."""
        return Folder(os.open(name, _FOLDER, dir_fd=self.fd), self.join(name))

    def open_read(self, name: bytes) -> int:
        """Open a regular file for reading, without following a link and without touching its time of access.

        Anything but a regular file is refused with ``EINVAL`` before it is opened: opening a device can do things.
        """
        before = self.lstat(name)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.ELOOP if stat.S_ISLNK(before.st_mode) else errno.EINVAL, "not a regular file")
        fd = open_quietly(name, _FILE, self.fd)
        after = os.fstat(fd)
        if (after.st_dev, after.st_ino) != (before.st_dev, before.st_ino):
            os.close(fd)
            raise OSError(errno.ESTALE, "the file was exchanged while it was opened")
        return fd


class Tree:
    """The files below ``root``. Safe to use from several processes; a copy sent to another one opens the root anew."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Path]]:
        return (type(self), (self.root,))

    def resolve(self, path: bytes) -> bytes:
        """Return the path without symbolic links; its last component need not exist."""
        with self.parent(path, follow=True) as (folder, name):
            return folder.path if name == b"." else folder.join(name)

    def stat(self, path: bytes) -> os.stat_result:
        """Return the state of what the path leads to, links followed inside the root."""
        with self.parent(path, follow=True) as (folder, name):
            return folder.lstat(name)

    def lstat(self, path: bytes) -> os.stat_result:
        """Return the state of the path itself, of the link when it is one."""
        with self.parent(path, follow=False) as (folder, name):
            return folder.lstat(name)

    def readlink(self, path: bytes) -> bytes:
        """Return the target of a symbolic link as it is written."""
        with self.parent(path, follow=False) as (folder, name):
            return folder.readlink(name)

    def exists(self, path: bytes) -> bool:
        """Return whether the path leads to something; what cannot be reached does not exist."""
        try:
            self.stat(path)
        except OSError:
            return False
        return True

    def folder(self, path: bytes) -> Folder:
        """Open a folder, links followed inside the root."""
        with self.parent(path, follow=True) as (folder, name):
            return Folder(os.open(name, _FOLDER, dir_fd=folder.fd), folder.path if name == b"." else folder.join(name))

    def scandir(self, path: bytes) -> Iterator[Entry]:
        """Yield what a folder holds, in no order, each with its own state."""
        with self.folder(path) as folder, _naming(path):
            yield from folder.entries()

    def open_read(self, path: bytes) -> int:
        """Open a regular file for reading, links followed inside the root; the caller closes the descriptor."""
        with self.parent(path, follow=True) as (folder, name):
            return folder.open_read(name)

    def read(self, path: bytes, limit: int) -> bytes:
        """Return the whole content of a regular file; ``EFBIG`` if it holds more than ``limit`` bytes."""
        with open(self.open_read(path), "rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise OSError(errno.EFBIG, "larger than what is read of such a file", path)
        return content

    def xattrs(self, path: bytes) -> dict[str, bytes]:
        """Return the extended attributes of a regular file, ACLs and capabilities among them."""
        fd = self.open_read(path)
        try:
            return read_xattrs(fd)
        finally:
            os.close(fd)

    @contextmanager
    def parent(self, path: bytes, *, follow: bool) -> Iterator[tuple[Folder, bytes]]:
        """Open the folder that holds the path and give it with the last name.

        Links before the last name are followed inside the root; the last one only if ``follow``. The name is ``b"."``
        when the path leads to the root or ends in ``..``.
        """
        with _naming(path):
            fd, name, real = self._locate(path, follow=follow)
            with Folder(fd, b"/" + b"/".join(real)) as folder:
                yield folder, name

    def _locate(self, path: bytes, *, follow: bool) -> tuple[int, bytes, list[bytes]]:
        if not path.startswith(b"/") or b"\0" in path:
            raise OSError(errno.EINVAL, "not an absolute path")
        descent = _Descent(self._fd)
        try:
            name = descent.follow(_components(path), to_the_end=follow)
        except BaseException:
            os.close(descent.fd)
            raise
        return descent.fd, name, descent.real


class _Descent:
    """The way from the root to one path: the folder reached so far, open, and its path without links."""

    def __init__(self, root_fd: int) -> None:
        self._root_fd = root_fd
        self.fd = os.dup(root_fd)
        self.real: list[bytes] = []

    def follow(self, pending: list[bytes], *, to_the_end: bool) -> bytes:
        """Walk through the names (last first) and return the last one, which is in the folder then open."""
        links = 0
        while pending:
            name = pending.pop()
            if name == b"..":
                self._restart(self.real[:-1])
                continue
            if pending and self._enter(name):
                continue
            target = _link_target(self.fd, name) if pending or to_the_end else None
            if target is None:
                if pending:
                    raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                return name
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            pending.extend(_components(target))
            if target.startswith(b"/"):
                self._restart([])
        return b"."

    def _enter(self, name: bytes) -> bool:
        """Go into a folder; ``False`` when the name is a link or no folder."""
        try:
            below = os.open(name, _FOLDER, dir_fd=self.fd)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP):
                return False
            raise
        os.close(self.fd)
        self.fd = below
        self.real.append(name)
        return True

    def _restart(self, real: list[bytes]) -> None:
        """Go to the folder at ``real``, from the root and without links."""
        os.close(self.fd)
        self.fd = os.dup(self._root_fd)
        self.real = []
        for name in real:
            if not self._enter(name):
                raise OSError(errno.ESTALE, "the path was exchanged while it was followed")


def join(folder: bytes, name: bytes) -> bytes:
    """Return the path of a name in a folder."""
    return folder.rstrip(b"/") + b"/" + name


def open_quietly(name: bytes, flags: int, dir_fd: int) -> int:
    """Open for reading without changing the time of access where the owner of the file allows it."""
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=dir_fd)
    except PermissionError:
        return os.open(name, flags, dir_fd=dir_fd)


def read_xattrs(fd: int) -> dict[str, bytes]:
    """Return the extended attributes of an open file; empty where the file system has none."""
    try:
        return {name: os.getxattr(fd, name) for name in os.listxattr(fd)}
    except OSError as error:
        if error.errno == errno.EOPNOTSUPP:
            return {}
        raise


def _components(path: bytes) -> list[bytes]:
    """Return the names of a path, last first, without empty ones and dots."""
    return [name for name in reversed(path.split(b"/")) if name not in (b"", b".")]


def _link_target(fd: int, name: bytes) -> bytes | None:
    """Return where a link leads; ``None`` when the name is no link or does not exist."""
    try:
        return os.readlink(name, dir_fd=fd)
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise


@contextmanager
def _naming(path: bytes) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        error.filename = path
        raise
