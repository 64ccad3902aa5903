"""Files that lie embedded in documents: objects of RTF, files of OneNote, packages of other programs."""

import re
import struct
from collections.abc import Iterator

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.member import Budget, ClosedError, Flow, Member, Source

# Files that lie embedded in documents: objects of RTF, written as hexadecimal digits, and files of OneNote.
#
# Sources: Rich Text Format 1.9.1, "Objects"; [MS-OLEDS] 2.2.4 and 2.2.5; [MS-ONESTORE] 2.6.13.

_OBJECT_DATA = re.compile(rb"\\(?:objdata|datastore)")
_WINDOW_BYTES, _LONGEST_TOKEN = 64 << 10, 64
_TOKEN = re.compile(rb"(?i)\{\s{0,30}\\\*|[{}]|\\(?:bin(\d{0,10}+)(?![a-z\d]) ?|[a-z]++-?\d*+ ?|'[0-9a-f]{0,2}|[^a-z])")
_REST_OF_WORD = re.compile(rb"(?i)[a-z]*+-?\d*+ ?")
_PARAMETER = re.compile(rb"-?\d*+ ?")
_TOKEN_START = re.compile(rb"[{\\]")
_NO_WORD = re.compile(rb"")
_WORD_AT_END = re.compile(rb"(?i)\\[a-z]+\Z")
_NOT_DIGITS = re.compile(rb"[^0-9a-fA-F]+")

_FILE_DATA = bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac")
"""{BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}, before each file; its size stands behind it, the file 20 bytes further."""
_FILE_HEAD = struct.Struct("<16sQ12x")


def rtf_members(flow: Flow, budget: Budget) -> Iterator[Member]:
    """Yield the objects of an RTF document: the digits behind the word ``objdata``, up to the end of its group."""
    while ahead := flow.peek(_WINDOW_BYTES):
        budget.tick()
        found = _OBJECT_DATA.search(ahead)
        if found is None:
            flow.skip(max(1, len(ahead) - _LONGEST_TOKEN))
            continue
        flow.skip(found.end())
        yield Member(b"objdata", _Digits(flow, budget).content())


class _Digits:
    """The bytes that digits stand for, without the words of control and groups that hide them from readers."""

    def __init__(self, flow: Flow, budget: Budget) -> None:
        self._flow = flow
        self._budget = budget
        self._depth = 0
        self._passed_depth = 0
        """How deep the group lies that is passed over; 0 outside of one."""
        self._rest = b""
        self._is_hidden = False
        self._is_over = False

    def content(self) -> Iterator[bytes]:
        """Yield the bytes up to the end of the group.

        Raises:
            ClosedError: there were digits in a group that only some readers pass over.
        """
        flow, start = self._flow, _PARAMETER
        while (ahead := flow.peek(_WINDOW_BYTES)) and not self._is_over:
            self._budget.tick()
            begun = start.match(ahead)
            at = begun.end() if begun else 0
            if len(ahead) == _WINDOW_BYTES and (late := _TOKEN_START.search(ahead, _WINDOW_BYTES - _LONGEST_TOKEN)):
                ahead = ahead[: late.start()]  # what begins so late is not taken apart
            digits, end, binary = self._digits(ahead, at)
            start = _REST_OF_WORD if ahead[end - 1 : end].isalpha() and self._ends_in_word(ahead, end) else _NO_WORD
            flow.skip(end)
            yield self._bytes(digits)
            for piece in flow.pieces(binary):
                self._budget.spend(len(piece))
                yield b"" if self._passed_depth else piece
        if self._is_hidden:
            raise ClosedError("a group within the digits that readers take differently", Reason.DAMAGED)

    @staticmethod
    def _ends_in_word(ahead: bytes, end: int) -> bool:
        return end == len(ahead) and _WORD_AT_END.search(ahead) is not None

    def _digits(self, ahead: bytes, at: int) -> tuple[bytes, int, int]:
        """Return what stands for bytes in a window, where it was left, and how many bytes follow there as they are."""
        digits = bytearray()
        for token in _TOKEN.finditer(ahead, at):
            self._take(ahead[at : token.start()], digits)
            at = token.end()
            match ahead[token.start()]:
                case 0x7B:  # {
                    self._depth += 1
                    if len(token[0]) > 1 and not self._passed_depth:
                        self._passed_depth = self._depth
                case 0x7D:  # }
                    self._depth -= 1
                    if self._depth < self._passed_depth:
                        self._passed_depth = 0
                    if self._depth < 0:
                        self._is_over = True
                        return bytes(digits), token.start(), 0
                case _ if token[1] is not None and int(token[1] or 0):
                    return bytes(digits), at, int(token[1])
        self._take(ahead[at:], digits)
        return bytes(digits), len(ahead), 0

    def _take(self, text: bytes, digits: bytearray) -> None:
        text = _NOT_DIGITS.sub(b"", text)
        if self._passed_depth:
            self._is_hidden |= bool(text)
        else:
            digits += text

    def _bytes(self, digits: bytes) -> bytes:
        digits = self._rest + digits
        whole = len(digits) // 2 * 2
        self._rest = digits[whole:]
        self._budget.spend(whole // 2)
        return bytes.fromhex(digits[:whole].decode())


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
        yield Member(b"file", _file(source, at, size, budget))  # a further one may lie within: a size proves nothing


def _file(source: Source, at: int, size: int, budget: Budget) -> Iterator[bytes]:
    end = at + size
    while at < min(end, source.size_bytes):
        content = source.read(at, min(_WINDOW_BYTES, end - at))
        budget.spend(len(content))
        yield content
        at += len(content)
    if end > source.size_bytes:
        raise ClosedError("an embedded file is cut off", Reason.DAMAGED)


# What an embedded object carries: the file in a package, or the data of another program, behind names and sizes.
#
# Objects of RTF begin with the header of OLE 1; the stream ``Ole10Native`` of a compound file begins with a size.
#
# Sources: [MS-OLEDS] 2.2.4, 2.2.5 and 2.3.6; of what a package holds there is no public specification.

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
        start, end = _packed_file(source, *data) or data
        yield Member(b"object", _pieces(source, start, end, budget))


def _native_data(source: Source) -> tuple[int, int] | None:
    """Return where the native data of an object starts and ends; ``None`` when there is none."""
    total = _number(source, 0)
    if total != source.size_bytes - 4 and source.read(4, 2) != _PACKAGE:  # as nearly every file; objects begin alike
        return None
    if (
        total is not None
        and 0 < total <= source.size_bytes - 4
        and _packed_file(source, 4, source.size_bytes) is not None
    ):
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


def _packed_file(source: Source, start: int, end: int) -> tuple[int, int] | None:
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
