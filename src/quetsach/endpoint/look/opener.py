"""Opens one file after another; of several in one folder, only the first takes the way from the root."""

import posixpath
from contextlib import ExitStack
from typing import Self

from quetsach.endpoint.host.folder import Folder
from quetsach.endpoint.host.tree import Tree


class Opener:
    """The files that a walk found, by their paths without links. Close it, or use ``with``.

    The folder of the last file stays open. Should it be moved meanwhile, it is still the one that the walk went
    through, inside the root; whether the file is, is asked when it is opened.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._path = b""
        self._folder: Folder | None = None
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder = None
        self._held.close()

    def open_read(self, path: bytes) -> int:
        """Open a regular file for reading; the caller closes the descriptor. Raises ``OSError`` as ``Tree`` does."""
        parent, name = posixpath.split(path)
        if self._folder is None or parent != self._path:
            self._folder = None
            self._held.close()
            self._folder = self._held.enter_context(self._tree.folder(parent))
            self._path = parent
        return self._folder.open_read(name)
