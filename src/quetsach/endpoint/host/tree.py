"""Files of a machine, never reached outside their root, and the places at which file systems are seen."""

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from quetsach import storage
from quetsach.endpoint.host.files import Entry, Folder

# Files of a machine, never reached outside their root.
#
# A path is bytes, absolute inside the root. Symbolic links are resolved here, one component after another: an absolute
# target starts again at the root, ``..`` stops there, and no link can lead out, whatever runs on the machine meanwhile.
# Every method raises ``OSError`` as the system call does, with the whole path as its ``filename``.

__all__ = ["MAX_LINKS", "Entry", "Folder", "Tree", "components", "join", "naming"]

MAX_LINKS = 40
"""Symbolic links followed for one path, as Linux itself allows."""


class Tree(ABC):
    """The files below ``root``. Safe to use from several processes; a copy sent to another one opens the root anew.

    Each kind of machine has its own ``parent``, which everything else goes through.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Path]]:
        return (type(self), (self.root,))

    def other_drives(self) -> tuple[bytes, ...]:
        """Return the tops of the drives besides that of ``/``, as ``/D:``: sticks and disks, nothing of the network."""
        return ()

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
        with self.folder(path) as folder, naming(path):
            yield from folder.entries()

    def open_read(self, path: bytes) -> int:
        """Open a regular file for reading, links followed inside the root; the caller closes the descriptor."""
        with self.parent(path, follow=True) as (folder, name):
            return folder.open_read(name)

    def read(self, path: bytes, limit: int) -> bytes:
        """Return the whole content of a regular file; ``EFBIG`` if it holds more than ``limit`` bytes."""
        with open(self.open_read(path), "rb") as file:
            content = storage.read_up_to(file, limit)
        if len(content) > limit:
            raise OSError(errno.EFBIG, "larger than what is read of such a file", path)
        return content

    @abstractmethod
    def parent(self, path: bytes, *, follow: bool) -> AbstractContextManager[tuple[Folder, bytes]]:
        """Open the folder that holds the path and give it with the last name.

        Links before the last name are followed inside the root; the last one only if ``follow``. The name is ``b"."``
        when the path leads to the root or ends in ``..``.
        """


def join(folder: bytes, name: bytes) -> bytes:
    """Return the path of a name in a folder."""
    return folder.rstrip(b"/") + b"/" + name


def components(path: bytes) -> list[bytes]:
    """Return the names of a path, last first, without empty ones and dots."""
    return [name for name in reversed(path.split(b"/")) if name not in (b"", b".")]


@contextmanager
def naming(path: bytes) -> Iterator[None]:
    """Name the whole path in every ``OSError`` from within."""
    try:
        yield
    except OSError as error:
        error.filename = path
        raise


# Places at which a file system is seen, and by which other paths a file is reached.


class Mount(NamedTuple):
    """A folder ``top`` of the file system on ``device`` (``major:minor``), to be seen at ``place``."""

    device: bytes
    top: bytes
    place: bytes


def other_paths(path: bytes, mounts: Iterable[Mount]) -> Iterator[bytes]:
    """Yield the other paths that lead to the file at an absolute path without links, through other mounts."""
    known = tuple(mounts)
    holding = [mount for mount in known if _below(path, mount.place) is not None]
    if not holding:
        return
    own = max(reversed(holding), key=lambda mount: len(mount.place))
    inner = own.top + path[len(own.place) :]
    for mount in known:
        rest = _below(inner, mount.top) if mount.device == own.device else None
        if rest is not None and mount.place + rest != path:
            yield mount.place + rest


def _below(path: bytes, folder: bytes) -> bytes | None:
    """Return what follows a folder in a path, with its slash; ``None`` when the path is not in the folder."""
    rest = path[len(folder) :]
    return rest if path.startswith(folder) and rest[:1] in (b"", b"/") else None
