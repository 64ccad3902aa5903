"""Files that lie embedded in documents: objects of RTF, written as hexadecimal digits, and files of OneNote.

Sources: Rich Text Format 1.9.1, "Objects"; [MS-OLEDS] 2.2.4 and 2.2.5; [MS-ONESTORE] 2.6.13.
"""

import re
import struct
from collections.abc import Iterator

from quetsach.endpoint.look.archive.limits import Budget, ClosedError
from quetsach.endpoint.look.archive.member import Member
from quetsach.endpoint.look.archive.source import Flow, Source
from quetsach.endpoint.trouble import Reason

_OBJECT_DATA = b"\\objdata"
_WINDOW_BYTES, _LONGEST_WORD = 64 << 10, 64
_CONTROL = re.compile(rb"\\(?:[a-z]+-?\d* ?|'[0-9a-f]{0,2}|[^a-z])|[^0-9a-fA-F{}\\]", re.IGNORECASE)

_FILE_DATA = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
"""{BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}, before each file; its size stands behind it, the file 20 bytes further."""
_FILE_HEAD = struct.Struct("<16sQ12x")


def rtf_members(flow: Flow, budget: Budget) -> Iterator[Member]:
    """Yield the objects of an RTF document: the digits behind the word ``objdata``, up to the end of its group."""
    while ahead := flow.peek(_WINDOW_BYTES):
        budget.tick()
        at = ahead.find(_OBJECT_DATA)
        if at < 0:
            flow.skip(max(1, len(ahead) - len(_OBJECT_DATA)))
            continue
        flow.skip(at + len(_OBJECT_DATA))
        yield Member(b"objdata", _digits(flow, budget))


def _digits(flow: Flow, budget: Budget) -> Iterator[bytes]:
    """Yield the bytes that digits stand for, without the words of control that hide them from readers."""
    depth, rest = 0, b""
    while ahead := flow.peek(_WINDOW_BYTES):
        budget.tick()
        if len(ahead) == _WINDOW_BYTES and (word := ahead.rfind(b"\\", -_LONGEST_WORD)) > 0:
            ahead = ahead[:word]  # a word of control is not taken apart
        end, depth = _end_of_group(ahead, depth)
        piece = flow.read(len(ahead) if end is None else end)
        digits = rest + _CONTROL.sub(b"", piece).replace(b"{", b"").replace(b"}", b"")
        whole = len(digits) // 2 * 2
        content, rest = bytes.fromhex(digits[:whole].decode()), digits[whole:]
        budget.spend(len(content))
        yield content
        if end is not None:
            return


def _end_of_group(piece: bytes, depth: int) -> tuple[int | None, int]:
    """Return where the group ends that was open at the start of a piece, and how many are open at its end."""
    for match in re.finditer(rb"[{}]", piece):
        depth += 1 if match[0] == b"{" else -1
        if depth < 0:
            return match.start(), depth
    return None, depth


def onenote_members(source: Source, budget: Budget) -> Iterator[Member]:
    """Yield the files that a section of OneNote holds."""
    at = 0
    while len(window := source.read(at, _WINDOW_BYTES)) > _FILE_HEAD.size:
        budget.tick()
        found = window.find(_FILE_DATA)
        if found < 0:
            at += len(window) - _FILE_HEAD.size
            continue
        at += found
        head = source.read(at, _FILE_HEAD.size)
        if len(head) < _FILE_HEAD.size:
            return
        (_, size), at = _FILE_HEAD.unpack(head), at + _FILE_HEAD.size
        yield Member(b"file", _file(source, at, size, budget))
        at += min(size, source.size_bytes - at)


def _file(source: Source, at: int, size: int, budget: Budget) -> Iterator[bytes]:
    end = at + size
    while at < min(end, source.size_bytes):
        content = source.read(at, min(_WINDOW_BYTES, end - at))
        budget.spend(len(content))
        yield content
        at += len(content)
    if end > source.size_bytes:
        raise ClosedError("an embedded file is cut off", Reason.DAMAGED)
