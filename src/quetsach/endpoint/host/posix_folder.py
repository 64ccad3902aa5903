"""Folders by descriptor, as POSIX systems have them: what happens in one happens there, whatever its path says."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

from quetsach.endpoint.host.change import FileState, open_quietly, read_state, unlock, write_flags
from quetsach.endpoint.host.folder import Entry, Folder
from quetsach.endpoint.host.folder_marks import FolderMarks, read_marks, write_marks

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


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
        """Yield what the folder holds, in no order; names that vanish are left out, others added to ``unseen``."""
        fd = self._reopened(quietly=True)
        try:
            with os.scandir(fd) as found:
                for item in found:
                    try:
                        state = item.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    except OSError as error:
                        if unseen is None:
                            raise
                        unseen.append((os.fsencode(item.name), error))
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

    def create(self, name: bytes) -> int:
        """Make an empty file that only we can read and open it; ``FileExistsError`` when the name is taken."""
        return os.open(name, _NEW, 0o600, dir_fd=self.fd)

    def remove(self, name: bytes) -> None:
        """Remove a file or a link."""
        os.unlink(name, dir_fd=self.fd)

    def replace(self, temporary: bytes, name: bytes) -> None:
        """Give a file another name in one step, in place of the file that has it."""
        os.rename(temporary, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def place(self, temporary: bytes, name: bytes) -> None:
        """Give a file its name, never over another one: ``FileExistsError`` when the name is taken."""
        try:
            self.link(self, temporary, name)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with suppress(FileNotFoundError):  # a file system without hard links
                self.lstat(name)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
            self.replace(temporary, name)
            return
        self.remove(temporary)

    def link(self, source: Folder, name: bytes, temporary: bytes) -> None:
        """Give a file of another folder a further name in this one (a hard link)."""
        if not isinstance(source, PosixFolder):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        os.link(name, temporary, src_dir_fd=source.fd, dst_dir_fd=self.fd, follow_symlinks=False)

    def symlink(self, name: bytes, target: bytes, state: FileState) -> None:
        """Make a symbolic link with owner and times, or give them to the one that is there."""
        try:
            os.symlink(target, name, dir_fd=self.fd)
        except FileExistsError:
            if self.readlink(name) != target:
                raise
        os.chown(name, state.uid, state.gid, dir_fd=self.fd, follow_symlinks=False)
        os.utime(name, ns=(state.atime_ns, state.mtime_ns), dir_fd=self.fd, follow_symlinks=False)

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

        Recovery enters with the ``before`` of the journal, so that flags that a crash left off come back too.
        """
        fd = self._reopened()
        try:
            unlock(fd)
            try:
                yield
                os.fsync(fd)
            finally:
                write_flags(fd, before.flags)
        finally:
            os.close(fd)

    def _reopened(self, *, quietly: bool = False) -> int:
        """Open the folder itself for reading: its own descriptor is only a place."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        return open_quietly(b".", flags, self.fd) if quietly else os.open(b".", flags, dir_fd=self.fd)
