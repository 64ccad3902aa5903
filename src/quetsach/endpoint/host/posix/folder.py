"""Folders by descriptor, as POSIX systems have them, and trees reached by descriptors of folders."""

import ctypes
import errno
import os
import stat
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from quetsach.endpoint.host.files import Entry, FileState, Folder, FolderMarks
from quetsach.endpoint.host.posix.files import (
    open_quietly,
    read_flags,
    read_marks,
    read_state,
    read_xattrs,
    unlock,
    write_flags,
    write_marks,
)
from quetsach.endpoint.host.tree import MAX_LINKS, Tree, components, naming

# Folders by descriptor, as POSIX systems have them: what happens in one happens there, whatever its path says.

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_UNNAMED = os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC
_ITSELF = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_UNNAMED = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL})
"""What ``open(2)`` says where the file system, or the kernel, has no files without a name."""
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_NO_FLAG = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_NOREPLACE = 1  # RENAME_NOREPLACE of linux/fs.h


class PosixFolder:
    """A folder open by a descriptor, which it owns; satisfies ``Folder``."""

    __slots__ = ("fd", "path")

    def __init__(self, fd: int, path: bytes) -> None:
        self.fd = fd
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def join(self, name: bytes) -> bytes:
        """Return the path of a name in this folder."""
        return self.path.rstrip(b"/") + b"/" + name

    def entries(self, unseen: list[tuple[bytes, OSError]] | None = None) -> Iterator[Entry]:
        """Yield what the folder holds, in no order; names whose state cannot be had are added to ``unseen``."""
        fd = self._reopened(quietly=True)
        try:
            with os.scandir(fd) as found:
                for item in found:
                    try:
                        state = item.stat(follow_symlinks=False)
                    except OSError as error:
                        if unseen is not None:
                            unseen.append((os.fsencode(item.name), error))
                        elif not isinstance(error, FileNotFoundError):
                            raise
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

    def folder(self, name: bytes) -> "PosixFolder":
        """Open a folder in this one, itself for ``.``; a symbolic link is refused (``ENOTDIR`` or ``ELOOP``)."""
        path = self.path if name == b"." else self.join(name)
        return PosixFolder(os.open(name, _FOLDER, dir_fd=self.fd), path)

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

    def state(self) -> FileState:
        """Return the state of the folder itself."""
        fd = self._reopened()
        try:
            return read_state(fd)
        finally:
            os.close(fd)

    def create(self, temporary: bytes) -> int:
        """Make an empty file that only we can read and open it, without a name where there can be such files.

        Else it is called ``temporary``; ``FileExistsError`` when that is taken.
        """
        try:
            descriptor = os.open(b".", _UNNAMED, 0o600, dir_fd=self.fd)
        except OSError as error:
            if error.errno not in _NO_UNNAMED:
                raise
        else:
            if os.path.exists(_handle(descriptor)):  # /proc is there, so it can be given a name
                return descriptor
            os.close(descriptor)
        return os.open(temporary, _NEW, 0o600, dir_fd=self.fd)

    def remove(self, name: bytes, descriptor: int | None = None) -> None:
        """Remove a file or a link; with an open file given, only if the name is that file (``ESTALE``)."""
        if descriptor is not None and not os.path.samestat(self.lstat(name), os.fstat(descriptor)):
            raise OSError(errno.ESTALE, "the file was exchanged while it was removed")
        os.unlink(name, dir_fd=self.fd)

    def replace(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name in one step, in place of the file that has it."""
        if not os.fstat(descriptor).st_nlink:
            self.link(descriptor, temporary)
        os.rename(temporary, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def settle(self, temporary: bytes, name: bytes, is_former: Callable[[int], bool]) -> None:
        """Do nothing: a name is exchanged in one step."""

    def place(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name, never over another one: ``FileExistsError`` when it is taken.

        Its temporary name may be left: FUSE only hides a name that goes while the file is open by it.
        """
        if not os.fstat(descriptor).st_nlink:
            self.link(descriptor, name)
        elif not _rename_to_free_name(self.fd, temporary, name):
            self._place_in_two_steps(temporary, name)

    def _place_in_two_steps(self, temporary: bytes, name: bytes) -> None:
        """Place a file where the system cannot do it in one: by a hard link, or where there are none, by looking."""
        try:
            os.link(temporary, name, src_dir_fd=self.fd, dst_dir_fd=self.fd, follow_symlinks=False)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with suppress(FileNotFoundError):
                self.lstat(name)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
            os.rename(temporary, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def link(self, descriptor: int, name: bytes) -> None:
        """Give an open file, whichever folder it is in, a further name in this one (a hard link)."""
        os.link(_handle(descriptor), name, dst_dir_fd=self.fd, follow_symlinks=True)

    def symlink(self, name: bytes, target: bytes, state: FileState) -> None:
        """Make a symbolic link with owner and times, or give them to the one that is there.

        They are given to the very link that was opened, which is ours and leads to ``target``.

        Raises:
            OSError: ``ESTALE`` when something else has the name by then; it is left as it is.
        """
        try:
            os.symlink(target, name, dir_fd=self.fd)
        except FileExistsError:
            if self.readlink(name) != target:
                raise
        descriptor = os.open(name, _ITSELF, dir_fd=self.fd)
        try:
            found = os.fstat(descriptor)
            is_ours = stat.S_ISLNK(found.st_mode) and found.st_uid in {os.geteuid(), state.uid}
            if not is_ours or os.readlink(b"", dir_fd=descriptor) != target:
                raise OSError(errno.ESTALE, "the link was exchanged while it was made")
            os.chown(_handle(descriptor), state.uid, state.gid)
            os.utime(_handle(descriptor), ns=(state.atime_ns, state.mtime_ns))
        finally:
            os.close(descriptor)

    def set_times(self, atime_ns: int, mtime_ns: int) -> None:
        """Give the folder itself these times."""
        os.utime(b".", ns=(atime_ns, mtime_ns), dir_fd=self.fd)

    def marks(self) -> FolderMarks | None:
        """Return the marks that Windows gave the folder itself; ``None`` where none are kept."""
        fd = self._reopened()
        try:
            return read_marks(fd)
        finally:
            os.close(fd)

    def set_marks(self, marks: FolderMarks) -> None:
        """Give the folder itself these marks; its times of access and change of content stay."""
        fd = self._reopened()
        try:
            before = os.fstat(fd)
            write_marks(fd, marks)
            os.utime(fd, ns=(before.st_atime_ns, before.st_mtime_ns))
        finally:
            os.close(fd)

    @contextmanager
    def unlocked(self, before: FileState) -> Iterator[None]:
        """Let names be changed; afterwards the folder is on disk and has the flags of ``before`` again.

        Recovery enters with the ``before`` of the journal, so that flags that a crash left off come back too. Another
        folder than that of ``before`` gets its own flags again.
        """
        fd = self._reopened()
        try:
            found = os.fstat(fd)
            is_same = (found.st_dev, found.st_ino) == (before.device, before.inode)
            flags = before.flags if is_same else read_flags(fd)
            unlock(fd)
            try:
                yield
                os.fsync(fd)
            finally:
                write_flags(fd, flags)
        finally:
            os.close(fd)

    def _reopened(self, *, quietly: bool = False) -> int:
        """Open the folder itself for reading: its own descriptor is only a place."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        return open_quietly(b".", flags, self.fd) if quietly else os.open(b".", flags, dir_fd=self.fd)


def _handle(descriptor: int) -> str:
    """Return the path that leads to an open file itself, whatever its name means by now (``proc(5)``)."""
    return f"/proc/self/fd/{descriptor}"


def _rename_to_free_name(folder: int, old: bytes, new: bytes) -> bool:
    """Rename a file within a folder unless the new name is taken (``renameat2(2)``); ``False`` if that cannot be."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if not renameat2(folder, old, folder, new, _NOREPLACE):
        return True
    error = ctypes.get_errno()
    if error in _NO_FLAG:
        return False
    raise OSError(error, os.strerror(error))


# Trees reached by descriptors of folders, as POSIX systems have them.

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
