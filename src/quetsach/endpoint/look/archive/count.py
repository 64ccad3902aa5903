"""How much lies in an archive, for whoever decides about it as a whole."""

import os
import posixpath
from dataclasses import dataclass

from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.look.archive.inside import look_inside
from quetsach.endpoint.look.archive.source import OpenFile
from quetsach.endpoint.look.kind import HEAD_BYTES, FileKind, kind_of


@dataclass(frozen=True, slots=True)
class Contents:
    """Files inside an archive, also in archives within it; ``is_whole`` is false when there may be more of them."""

    files: int
    is_whole: bool


def count_contents(tree: Tree, path: bytes) -> Contents:
    """Count the files inside an archive, within the limits that a scan has.

    Raises:
        OSError: the archive cannot be read.
    """
    descriptor = tree.open_read(path)
    try:
        source = OpenFile(descriptor, os.fstat(descriptor).st_size)
        kind = kind_of(os.pread(descriptor, HEAD_BYTES, 0))
        files = 0

        def count(_content: bytes, _kind: FileKind) -> tuple[Hit, ...]:
            nonlocal files
            files += 1
            return ()

        inside = look_inside(source, kind, count, name=posixpath.basename(path))
        return Contents(files, is_whole=not inside.reasons)
    finally:
        os.close(descriptor)
