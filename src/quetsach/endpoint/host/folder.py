"""An open folder and what is recorded of files: the part of the host port that acts are made of.

Every method raises ``OSError`` as the system call does. Open files are descriptors of the C library (``os.read``,
``os.fstat``, ``os.fsync``), which Windows has too; what it lacks, acts by descriptors of folders, is behind ``Folder``.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol, Self

from quetsach.endpoint.host.file_state import FileState
from quetsach.endpoint.host.folder_marks import FolderMarks


class Entry(NamedTuple):
    """One name in a folder and its state, the link's own when it is one; a plain tuple, for there are millions."""

    name: bytes
    stat: os.stat_result


class Folder(Protocol):
    """An open folder: names in it cannot be led astray by a change of its path. Close it, or use ``with``."""

    path: bytes

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def join(self, name: bytes) -> bytes:
        """Return the path of a name in this folder."""

    def entries(self, unseen: list[tuple[bytes, OSError]] | None = None) -> Iterator[Entry]:
        """Yield what the folder holds, in no order.

        A name whose state cannot be had, such as where someone else's file system is mounted, hides no other: it is
        added to ``unseen``. Without such a list it is an error, unless it vanished meanwhile.
        """

    def lstat(self, name: bytes) -> os.stat_result:
        """Return the state of a name, of the link itself when it is one."""

    def readlink(self, name: bytes) -> bytes:
        """Return the target of a symbolic link as it is written."""

    def folder(self, name: bytes) -> "Folder":
        """Open a folder in this one, itself for ``.``; a symbolic link is refused (``ENOTDIR`` or ``ELOOP``)."""

    def open_read(self, name: bytes) -> int:
        """Open a regular file for reading, following no link and leaving its time of access alone."""

    def state(self) -> FileState:
        """Return the state of the folder itself."""

    def create(self, temporary: bytes) -> int:
        """Make an empty file that only we can read and open it, without a name where there can be such files.

        Else it is called ``temporary``; ``FileExistsError`` when that is taken.
        """

    def remove(self, name: bytes, descriptor: int | None = None) -> None:
        """Remove a file or a link; with an open file given, only if the name is that file (``ESTALE``)."""

    def replace(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name in one step, in place of the file that has it."""

    def settle(self, temporary: bytes, name: bytes, is_former: Callable[[int], bool]) -> None:
        """Bring a ``replace`` to an end that took two steps when the machine stopped between them.

        The file that had the name gets it back, or goes if another has it by now; only one that ``is_former`` knows by
        its content. Nothing to do where names are exchanged in one step.
        """

    def place(self, descriptor: int, temporary: bytes, name: bytes) -> None:
        """Give a file that ``create`` made its name, never over another one: ``FileExistsError`` when it is taken.

        Its temporary name may be left, to be removed once the file is closed.
        """

    def link(self, descriptor: int, name: bytes) -> None:
        """Give an open file, whichever folder it is in, a further name in this one (a hard link)."""

    def symlink(self, name: bytes, target: bytes, state: FileState) -> None:
        """Make a symbolic link with owner and times, or give them to the one that is there; to no other file."""

    def set_times(self, atime_ns: int, mtime_ns: int) -> None:
        """Give the folder itself these times."""

    def marks(self) -> FolderMarks | None:
        """Return the marks that Windows gave the folder itself; ``None`` where none are kept."""

    def set_marks(self, marks: FolderMarks) -> None:
        """Give the folder itself these marks; its times of access and change of content stay."""

    def unlocked(self, before: FileState) -> AbstractContextManager[None]:
        """Let names be changed; afterwards the folder is on disk and has the flags of ``before``, its state, again."""


class Files(Protocol):
    """What is recorded of an open file and given back to one."""

    def state(self, descriptor: int) -> FileState:
        """Return all that is put back with a file besides its content."""

    def can_give(self, state: FileState) -> bool:
        """Return whether this user could give a file its owner, group and attributes back."""

    def give_state(self, descriptor: int, state: FileState, *, with_times: bool) -> None:
        """Give an open file owner, mode, attributes and, if asked, times, where they differ; ``lock`` gives flags."""

    def unlock(self, descriptor: int) -> None:
        """Take the flags off that keep a file from being changed or removed."""

    def lock(self, descriptor: int, state: FileState) -> None:
        """Give an open file the flags of a state."""
