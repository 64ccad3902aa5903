"""What an embedded object carries: the file in a package, or the data of another program, behind names and sizes.

Objects of RTF begin with the header of OLE 1; the stream ``Ole10Native`` of a compound file begins with a size.

Sources: [MS-OLEDS] 2.2.4, 2.2.5 and 2.3.6; of what a package holds there is no public specification.
"""

from collections.abc import Iterator

from quetsach.endpoint.look.archive.limits import Budget
from quetsach.endpoint.look.archive.member import Member
from quetsach.endpoint.look.archive.source import Source

_EMBEDDED = b"\2\0\0\0"
_PACKAGE = b"\2\0"
_MOST_NAME_BYTES = 4096
_PIECE_BYTES = 64 << 10


def is_package(source: Source) -> bool:
    """Say whether a file begins as an embedded object does."""
    return _native_data(source) is not None


def package_members(source: Source, budget: Budget) -> Iterator[Member]:
    """Yield the file of a package, or the data of an object of another kind."""
    data = _native_data(source)
    if data is not None:
        start, end = _file(source, *data) or data
        yield Member(b"object", _pieces(source, start, end, budget))


def _native_data(source: Source) -> tuple[int, int] | None:
    """Return where the native data of an object starts and ends; ``None`` when there is none."""
    total = _number(source, 0)
    if total != source.size_bytes - 4 and source.read(4, 2) != _PACKAGE:  # as nearly every file; objects begin alike
        return None
    if total is not None and 0 < total <= source.size_bytes - 4 and _file(source, 4, source.size_bytes) is not None:
        return 4, source.size_bytes
    if total == source.size_bytes - 4 > 0:
        return 4, source.size_bytes
    if source.read(4, 4) != _EMBEDDED:
        return None
    at = 8
    for _ in range(3):  # of its class, its topic and its item
        size = _number(source, at)
        if size is None or size > _MOST_NAME_BYTES:
            return None
        at += 4 + size
    size = _number(source, at)
    return (at + 4, source.size_bytes) if size else None


def _file(source: Source, start: int, end: int) -> tuple[int, int] | None:
    """Return where the file of a package starts and ends: behind a label, two paths and its size."""
    if source.read(start, 2) != _PACKAGE:
        return None
    names = source.read(start + 2, 2 * _MOST_NAME_BYTES)
    label = names.find(b"\0")
    path = names.find(b"\0", label + 1)
    if label < 0 or path < 0:
        return None
    at = start + 2 + path + 1 + 4
    length = _number(source, at)
    if length is None or length > _MOST_NAME_BYTES:
        return None
    at += 4 + length
    size = _number(source, at)
    return (at + 4, min(at + 4 + size, end)) if size else None


def _number(source: Source, at: int) -> int | None:
    content = source.read(at, 4)
    return int.from_bytes(content, "little") if len(content) == 4 else None


def _pieces(source: Source, start: int, end: int, budget: Budget) -> Iterator[bytes]:
    for at in range(start, end, _PIECE_BYTES):
        content = source.read(at, min(_PIECE_BYTES, end - at))
        budget.spend(len(content))
        yield content
