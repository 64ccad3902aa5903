"""The files of a pack folder, read and not yet understood: what a build needs, without a match engine."""

import os
from pathlib import Path

from quetsach import storage
from quetsach.core.indicator_list import ListKind
from quetsach.packs.container import FILES, GUIDANCE_FILES
from quetsach.packs.errors import PackError

FILE_LIMIT_BYTES = 4 << 20

LIST_FILES = tuple(kind.file_name for kind in ListKind)
"""What a pack may have besides ``container.FILES``."""

LIST_LIMIT_BYTES = 16 << 20


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the content of a pack folder: file name -> bytes; which files it must have, its ``pack.toml`` decides.

    Raises:
        PackError: a file is unreadable or too large, or one is missing that every pack has.
    """
    names = [n for n in (*FILES, *LIST_FILES) if n in GUIDANCE_FILES or os.path.lexists(folder / n)]
    return {n: read_file(folder / n, LIST_LIMIT_BYTES if n in LIST_FILES else FILE_LIMIT_BYTES) for n in names}


def read_file(path: Path, limit: int) -> bytes:
    """Return the bytes of a file of a pack.

    Raises:
        PackError: it is unreadable or larger than ``limit`` bytes.
    """
    try:
        with path.open("rb") as file:
            raw = storage.read_up_to(file, limit)
    except OSError as error:
        raise PackError(f"cannot be read: {error.strerror}", where=str(path), hint="a pack needs this file") from None
    if len(raw) > limit:
        raise PackError(f"larger than {limit:,} bytes", where=str(path), hint="a pack's files are small texts")
    return raw
