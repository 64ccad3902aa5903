"""Text files that collectors read: their lines, each with the anchor by which it is found again."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from quetsach.endpoint.artefact import FileAnchor, LineAnchor, anchor_of
from quetsach.endpoint.host.disk import fstat
from quetsach.endpoint.host.tree import Tree, join
from quetsach.endpoint.trouble import Reason, Trouble, reason_of

TEXT_LIMIT_BYTES = 1 << 20
"""Larger files of settings are reported, not read."""

MOST_LINES = 10_000
"""Files with more lines are reported, not read."""

MOST_NAMES = 100_000
"""So many names of one folder are looked at."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file as it was read; ``anchor.path`` has no symbolic link in it."""

    anchor: FileAnchor
    content: bytes

    @property
    def is_program(self) -> bool:
        """Whether it is a program and no text (``elf(5)``)."""
        return self.content.startswith(b"\x7fELF")

    def lines(self) -> Iterator[LineAnchor]:
        """Yield its lines."""
        for number, line in enumerate(self.content.split(b"\n"), 1):
            yield LineAnchor(self.anchor, number, line)


def read_text(tree: Tree, path: bytes) -> TextFile | Trouble | None:
    """Read a file of settings; ``None`` if there is none of that name."""
    try:
        real = tree.resolve(path)
        descriptor = tree.open_read(real)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return Trouble(path, reason_of(error))
    try:
        return _read(descriptor, real)
    except OSError as error:
        return Trouble(path, reason_of(error))
    finally:
        os.close(descriptor)


def _read(descriptor: int, real: bytes) -> TextFile | Trouble:
    before = fstat(descriptor)
    if before.st_size > TEXT_LIMIT_BYTES:
        return Trouble(real, Reason.OVERFULL)
    content = b""
    while len(content) <= TEXT_LIMIT_BYTES and (part := os.read(descriptor, TEXT_LIMIT_BYTES + 1 - len(content))):
        content += part
    after = fstat(descriptor)
    if (after.st_size, after.st_mtime_ns) != (len(content), before.st_mtime_ns):
        return Trouble(real, Reason.CHANGED)
    if content.count(b"\n") > MOST_LINES:
        return Trouble(real, Reason.OVERFULL)
    return TextFile(anchor_of(real, after, hashlib.sha256(content).hexdigest()), content)


def read_texts(tree: Tree, *paths: bytes) -> Iterator[TextFile | Trouble]:
    """Yield those files that exist, each once even if two paths lead to it."""
    seen: set[bytes] = set()
    for path in paths:
        file = read_text(tree, path)
        if isinstance(file, TextFile):
            if file.anchor.path in seen:
                continue
            seen.add(file.anchor.path)
        if file is not None:
            yield file


def names_in(tree: Tree, folder: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the paths of the files (and links) and of the folders in a folder, sorted; ``MOST_NAMES`` at most.

    Raises:
        OSError: it cannot be read.
    """
    files: list[bytes] = []
    folders: list[bytes] = []
    for entry in islice(tree.scandir(folder), MOST_NAMES):
        (folders if stat.S_ISDIR(entry.stat.st_mode) else files).append(join(folder, entry.name))
    return sorted(files), sorted(folders)
