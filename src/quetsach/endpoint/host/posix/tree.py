"""Trees reached by descriptors of folders, as POSIX systems have them."""

import errno
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from quetsach.endpoint.host.folder import Folder
from quetsach.endpoint.host.posix.files import read_xattrs
from quetsach.endpoint.host.posix.folder import PosixFolder
from quetsach.endpoint.host.tree import MAX_LINKS, Tree, components, naming

_PLACE = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class PosixTree(Tree):
    """The files below ``root``, reached by descriptors; other kinds override ``_lookup`` and ``_target``."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)

    def xattrs(self, path: bytes) -> dict[str, bytes]:
        """Return the extended attributes of a regular file, ACLs and capabilities among them."""
        fd = self.open_read(path)
        try:
            return read_xattrs(fd)
        finally:
            os.close(fd)

    @contextmanager
    def parent(self, path: bytes, *, follow: bool) -> Iterator[tuple[Folder, bytes]]:
        """Open the folder that holds the path and give it with the last name."""
        with naming(path):
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
            name = descent.follow(components(path), to_the_end=follow)
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
            pending.extend(components(target))
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
