"""Members of a tar archive, read forward (tar(5) of libarchive; POSIX.1-2017, pax; GNU tar manual, "Basic Tar Format").

The standard library's reader keeps every member and reads extended headers of any size into memory; this one keeps
nothing. Sparse members are given as they are stored, without their holes.
"""

from collections.abc import Iterator

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.member import Budget, ClosedError, Flow, Member

_BLOCK = 512
_CHECKSUM = slice(148, 156)
_FILES = b"0\x007S"
"""Types with content: regular, regular as of old, contiguous, sparse of GNU."""
_EMPTY = b"123456"
"""Links, devices, folders, pipes: a size they give means nothing."""
_EXTENDED = b"LKxXg"
"""Headers about the header that follows: long names of GNU; pax for one member or all."""
_LONGEST_EXTENDED = 1 << 20


def tar_members(flow: Flow, budget: Budget) -> Iterator[Member]:
    """Yield the regular files of a tar archive.

    Raises:
        ClosedError: a header does not hold, or the archive breaks off.
    """
    name, size = b"", -1
    while header := _header(flow):
        kind, stored = header[156:157], _number(header[124:136])
        if kind in _EXTENDED:
            budget.take_member()
            given_name, given_size = _extended(kind, flow.read(stored) if stored <= _LONGEST_EXTENDED else b"")
            name, size = given_name or name, size if given_size < 0 else given_size
            flow.skip(_padding(stored) if stored <= _LONGEST_EXTENDED else stored + _padding(stored))
            continue
        length = 0 if kind in _EMPTY else stored if size < 0 else size
        if kind == b"S":
            _pass_sparse_map(flow, header)
        content = _Content(flow, length)
        if kind in _FILES or length:  # of a type that nobody knows, tar makes a file
            yield Member(name or _name(header), content.pieces())
        else:
            budget.take_member()
        flow.skip(content.left + _padding(length))
        name, size = b"", -1


class _Content:
    """The content of one member; ``left`` is how much of it was not taken."""

    def __init__(self, flow: Flow, size_bytes: int) -> None:
        self._flow = flow
        self.left = size_bytes

    def pieces(self) -> Iterator[bytes]:
        for piece in self._flow.pieces(self.left):
            self.left -= len(piece)
            yield piece
        if self.left:
            raise ClosedError("the tar archive breaks off", Reason.DAMAGED)


def _header(flow: Flow) -> bytes:
    """Return the next header; nothing at the end of the archive."""
    header = flow.read(_BLOCK)
    if not header.strip(b"\0"):
        return b""
    if len(header) < _BLOCK:
        raise ClosedError("the tar archive breaks off", Reason.DAMAGED)
    blank = header[: _CHECKSUM.start] + b" " * 8 + header[_CHECKSUM.stop :]
    as_signed = sum(blank) - 256 * sum(byte > 127 for byte in blank)  # as some old tars summed
    if _number(header[_CHECKSUM]) not in {sum(blank), as_signed}:
        raise ClosedError("a header of the tar archive does not hold", Reason.DAMAGED)
    return header


def _number(field: bytes) -> int:
    """Return a number of a header: octal digits, or big-endian bytes behind a first byte of 0x80 (GNU)."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:])
    digits = field.partition(b"\0")[0].strip()
    if digits.strip(b"01234567"):
        raise ClosedError("a number in a header of the tar archive is none", Reason.DAMAGED)
    return int(digits or b"0", 8)


def _padding(size_bytes: int) -> int:
    return -size_bytes % _BLOCK


def _name(header: bytes) -> bytes:
    name, prefix = header[:100].partition(b"\0")[0], header[345:500].partition(b"\0")[0]
    is_posix = header[257:263] == b"ustar\0"  # GNU keeps other things where POSIX has the prefix
    return prefix + b"/" + name if prefix and is_posix else name


def _extended(kind: bytes, content: bytes) -> tuple[bytes, int]:
    """Return the name and size that an extended header gives to the next member; nothing, -1 where it does not."""
    if kind == b"L":
        return content.partition(b"\0")[0], -1
    name, size = b"", -1
    if kind == b"x":
        for key, value in _pax_records(content):
            if key == b"path":
                name = value
            elif key == b"size" and value.isdigit() and len(value) < 20:
                size = int(value)
    return name, size


def _pax_records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the records ``LENGTH KEY=VALUE`` of a pax header, as far as they hold."""
    at = 0
    while at < len(content):
        digits = content[at : at + 10].partition(b" ")[0]
        if not digits.isdigit() or not len(digits) + 1 < int(digits) <= len(content) - at:
            return
        key, is_set, value = content[at + len(digits) + 1 : at + int(digits)].partition(b"=")
        if not is_set:
            return
        yield key, value.removesuffix(b"\n")
        at += int(digits)


def _pass_sparse_map(flow: Flow, header: bytes) -> None:
    """Pass the blocks of a map of holes that go on behind the header (GNU, ``isextended``)."""
    is_extended = header[482]
    while is_extended and len(block := flow.read(_BLOCK)) == _BLOCK:
        is_extended = block[504]
