"""How much lies in an archive, for whoever decides about it as a whole."""

import os
import posixpath
from dataclasses import dataclass

from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.disk import fstat, read_at
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.look.archive.find import find_archives
from quetsach.endpoint.look.archive.inside import look_inside
from quetsach.endpoint.look.archive.source import OpenFile
from quetsach.endpoint.look.kind import HEAD_BYTES, FileKind, kind_of


@dataclass(frozen=True, slots=True)
class Contents:
    """Files inside an archive, also in archives within it; ``is_whole`` is false when there may be more of them."""

    files: int
    is_whole: bool


UNCOUNTED = Contents(0, is_whole=False)


def count_contents(tree: Tree, path: bytes) -> Contents:
    """Count the files inside an archive, within the limits that a scan has; it unpacks, so do it in a worker process.

    Of mail only what is attached is counted: the messages themselves, which go with it, are more.

    Raises:
        OSError: the archive cannot be read.
    """
    descriptor = tree.open_read(path)
    try:
        source = OpenFile(descriptor, fstat(descriptor).st_size)
        kind = kind_of(read_at(descriptor, HEAD_BYTES, 0))
        files = 0

        def count(_content: bytes, _kind: FileKind) -> tuple[Hit, ...]:
            nonlocal files
            files += 1
            return ()

        inside = look_inside(source, kind, count, name=posixpath.basename(path))
        is_mail = any(found.kind is FileKind.MAIL for found in find_archives(source, kind))
        return Contents(files, is_whole=not inside.reasons and not is_mail)
    finally:
        os.close(descriptor)
