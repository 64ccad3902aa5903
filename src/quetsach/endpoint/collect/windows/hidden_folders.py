"""The reader ``hidden-folders``: folders of the drive's root that are marked as hidden and as the system's own.

Worms of memory sticks mark the owner's folders so and put shortcuts of their names beside them (ATT&CK T1091).
"""

import fnmatch
import posixpath
import re
from collections.abc import Iterator
from functools import cache

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, anchor_of, path_on_drive, printable
from quetsach.endpoint.collect.reading import Reading
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.trouble import Trouble, reason_of


def read_hidden_folders(reading: Reading) -> Iterator[Artefact | Trouble]:
    """Yield folders that Windows shows to nobody, but for its own. Fields: ``place``, ``path``, ``name``."""
    for _, above in reading.paths():
        _, folders = reading.names(above or b"/")
        for path in folders:
            name = posixpath.basename(path)
            if _is_spared(name, reading.place.spared):
                continue
            try:
                if not _is_hidden(reading.tree, path):
                    continue
                anchor = anchor_of(path, reading.tree.lstat(path), "")
            except OSError as error:
                yield Trouble(path, reason_of(error))
                continue
            fields = {"place": reading.place.name, "path": printable(path_on_drive(path)), "name": printable(name)}
            yield Artefact(ArtefactKind.HIDDEN_FOLDER, anchor, fields)


def _is_hidden(tree: Tree, path: bytes) -> bool:
    with tree.parent(path, follow=False) as (above, name), above.folder(name) as folder:
        marks = folder.marks()
        return marks is not None and marks.is_hidden


def _is_spared(name: bytes, patterns: tuple[str, ...]) -> bool:
    text = folded(name.decode("utf-8", "surrogateescape"))
    return any(_pattern(pattern).fullmatch(text) for pattern in patterns)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(folded(pattern)))
