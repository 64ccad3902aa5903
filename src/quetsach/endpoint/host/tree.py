"""Files of a machine, reached by directory descriptors and never outside their root.

A path is bytes, absolute inside the root. Symbolic links are resolved here, one component after another: an absolute
target starts again at the root, ``..`` stops there, and no link can lead out, whatever runs on the machine meanwhile.
Every method raises ``OSError`` as the system call does, with the whole path as its ``filename``.
"""

import errno
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from quetsach.endpoint.host.change import open_quietly, read_xattrs
from quetsach.endpoint.host.folder import Entry, Folder
from quetsach.endpoint.host.posix_folder import PosixFolder

__all__ = ["MAX_LINKS", "Entry", "Folder", "Tree", "join", "open_quietly"]

MAX_LINKS = 40
"""Symbolic links followed for one path, as Linux itself allows."""

_PLACE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Tree:
    """The files below ``root``. Safe to use from several processes; a copy sent to another one opens the root anew.

    Other kinds of trees override how a name is found (``_lookup``) and where a link leads (``_target``), or, where
    there are no descriptors of folders, ``parent``, which everything else goes through.
    """

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
            return folder.folder(name)

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
            with PosixFolder(fd, b"/" + b"/".join(real)) as folder:
                yield folder, name

    def _lookup(self, folder_fd: int, name: bytes) -> bytes:  # noqa: ARG002  (for trees that ignore case)
        """Return the name as the folder has it; the name itself when the folder has none like it."""
        return name

    def _target(self, folder_fd: int, name: bytes) -> bytes | None:
        """Return where a link leads, as a path of this tree; ``None`` when the name is no link or does not exist."""
        try:
            return os.readlink(name, dir_fd=folder_fd)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise

    def _locate(self, path: bytes, *, follow: bool) -> tuple[int, bytes, list[bytes]]:
        if not path.startswith(b"/") or b"\0" in path:
            raise OSError(errno.EINVAL, "not an absolute path")
        descent = _Descent(self._fd, self._lookup, self._target)
        try:
            name = descent.follow(_components(path), to_the_end=follow)
        except BaseException:
            os.close(descent.fd)
            raise
        return descent.fd, name, descent.real


class _Descent:
    """The way from the root to one path: the folder reached so far, open, and its path without links."""

    def __init__(
        self, root_fd: int, lookup: Callable[[int, bytes], bytes], target: Callable[[int, bytes], bytes | None]
    ) -> None:
        self._root_fd = root_fd
        self._lookup = lookup
        self._target = target
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
            name = self._lookup(self.fd, name)
            if pending and self._enter(name):
                continue
            target = self._target(self.fd, name) if pending or to_the_end else None
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
            below = os.open(name, _PLACE, dir_fd=self.fd)
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


def _components(path: bytes) -> list[bytes]:
    """Return the names of a path, last first, without empty ones and dots."""
    return [name for name in reversed(path.split(b"/")) if name not in (b"", b".")]


@contextmanager
def _naming(path: bytes) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        error.filename = path
        raise
