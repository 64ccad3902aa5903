"""Where the sections of a program of Windows lie in its file (Microsoft, "PE Format")."""

import struct
from collections.abc import Iterator

from quetsach.endpoint.look.archive.source import Source

_MOST_SECTIONS = 96  # what Windows loads


def sections_of(program: Source) -> Iterator[tuple[int, int]]:
    """Yield where in the file each section starts, and its size; nothing where there is no header."""
    at = int.from_bytes(program.read(60, 4), "little")
    head = program.read(at, 24)
    if head[:4] != b"PE\0\0" or len(head) < 24:
        return
    count, optional_bytes = (int.from_bytes(head[place : place + 2], "little") for place in (6, 20))
    table = program.read(at + 24 + optional_bytes, 40 * min(count, _MOST_SECTIONS))
    for place in range(0, len(table) - 39, 40):
        size, start = struct.unpack_from("<II", table, place + 16)
        yield start, size
