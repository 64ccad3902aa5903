"""The lines of a delivered file: its header, where lines are, which are well formed, and the bytes not yet read."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quetsach.core.text import Text
from quetsach.feeds.layout import FeedError, Framing, Layout, Syntax
from quetsach.feeds.record import MAX_RECORD_BYTES, split_strictly

# The header line: what a delivered file says its columns are.

MAX_HEADER_BYTES = 1 << 16
MAX_COLUMNS = 512
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_TEXT = (
    (b"\x1f\x8b", Text("the file is compressed with gzip"), Text("unpack it first")),
    (b"BZh91AY&SY", Text("the file is compressed with bzip2"), Text("unpack it first")),
    (b"\xfd7zXZ\0", Text("the file is compressed with xz"), Text("unpack it first")),
    (b"\x28\xb5\x2f\xfd", Text("the file is compressed with zstd"), Text("unpack it first")),
    (b"PK\x03\x04", Text("the file is a zip archive or a spreadsheet"), Text("unpack it, or save the sheet as CSV")),
    (b"\xff\xfe", Text("the file is in UTF-16"), Text("save it as UTF-8")),
    (b"\xfe\xff", Text("the file is in UTF-16"), Text("save it as UTF-8")),
)
_NO_HEADER = (
    (b"\0", Text("the first line has zero bytes"), Text("is this a CSV file in UTF-8?")),
    # such a file has one line: all its records would pass for names of columns
    (
        b"\r",
        Text("lines end with a carriage return alone"),
        Text("save the file with the line ends of Windows or Unix"),
    ),
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one file, and what of its beginning is no record.

    ``byte_length`` counts a byte-order mark, comments before the header, and the line's ending; ``lines`` its lines.
    """

    names: tuple[str, ...]
    byte_length: int
    lines: int = 1

    @classmethod
    def parse(cls, head: bytes) -> "Header":
        """Read the first line of a file as a header of CSV (``of``)."""
        return cls.of(head, Framing())

    @classmethod
    def of(cls, head: bytes, framing: Framing) -> "Header":
        """Read the header of a file from its first bytes (``MAX_HEADER_BYTES`` are enough).

        Names are compared without case and outer spaces. A byte-order mark is skipped. A file whose layout names the
        columns in order has none.

        Raises:
            FeedError: there is no readable header.
        """
        mark = refuse_no_text(head)
        if framing.names:
            return cls(framing.names, mark, 0)
        comment = framing.comment.encode()
        start, lines, commented = mark, 0, b""
        while True:
            lines += 1
            end = head.find(b"\n", start, MAX_HEADER_BYTES)
            if end < 0 and len(head) >= MAX_HEADER_BYTES:
                raise FeedError(Text("the first line is too long for a header"), hint=Text("is this a CSV file?"))
            line = head[start : end if end >= 0 else len(head)].removesuffix(b"\r")
            if comment and line.startswith(comment) and end >= 0:
                start, commented = end + 1, line.removeprefix(comment)
                continue
            break
        if framing.commented_header:
            end, line, lines = start - 1, commented, lines - 1
        for byte, what, hint in _NO_HEADER:
            if byte in line:
                raise FeedError(what, hint=hint)
        return cls(_names(line, framing), end + 1 if end >= 0 else len(head), lines)

    def check(self, layout: Layout) -> None:
        """Refuse a file that lacks what the layout must have.

        Raises:
            FeedError: a required column is missing.
        """
        if missing := layout.lacking(frozenset(self.names)):
            raise FeedError(
                Text(
                    "the header lacks {columns}, which {feed} {report} must have",
                    columns=", ".join(missing),
                    feed=layout.feed,
                    report=layout.report,
                ),
                hint=Text("is this another report? then name that one")
                if len(self.names) > 1
                else Text("are its columns separated by commas?"),
            )

    def last_identifying(self, layout: Layout) -> int:
        """Return the position of the last column that a record cannot do without."""
        needed = layout.needed_names()
        return max(n for n, name in enumerate(self.names) if name in needed)


def refuse_no_text(head: bytes) -> int:
    """Refuse what is no text, by its first bytes; return how many of them are a byte-order mark.

    Raises:
        FeedError: the file is packed, or in UTF-16.
    """
    for magic, what, hint in _NO_TEXT:
        if head.startswith(magic):
            raise FeedError(what, hint=hint)
    return len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0


def _names(line: bytes, framing: Framing) -> tuple[str, ...]:
    if not line.strip():
        raise FeedError(Text("the file has no header"), hint=Text("its first line must name the columns"))
    if framing.syntax is Syntax.WORDS:
        cells: list[bytes] | None = line.split()
    else:
        cells = split_strictly(line, framing.delimiter.encode(), quotes=framing.quotes)
    if cells is None or len(cells) > MAX_COLUMNS:
        raise FeedError(Text("the first line is not a readable header"), hint=Text("is this a CSV file?"))
    try:
        names = tuple(cell.decode("utf-8").strip().casefold() for cell in cells)
    except UnicodeDecodeError as error:
        raise FeedError(Text("the header is not UTF-8"), hint=Text("save the file as UTF-8")) from error
    seen: set[str] = set()
    for name in names:
        if not name:
            raise FeedError(Text("the header has a column without a name"))
        if name in seen:
            raise FeedError(Text("the header names the column {column} twice", column=repr(name[:60])))
        seen.add(name)
    return names


# The bytes of a file that were delivered and not yet read.

_SHOWN_BYTES = 400


class Pending:
    """A window over delivered chunks; its last line always gets a newline, so that every line is a whole one."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.data = b""
        self.is_final = False

    def head(self) -> bytes:
        """Return the first bytes of the file, as many as a header may have."""
        self.fill(MAX_HEADER_BYTES)
        return self.data[:MAX_HEADER_BYTES]

    def fill(self, size: int) -> None:
        """Hold at least ``size`` bytes, or all that are left."""
        held, size_bytes = [self.data], len(self.data)
        while not self.is_final and size_bytes < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.is_final = True
                if size_bytes and not held[-1].endswith(b"\n"):
                    held.append(b"\n")
            elif chunk:
                held.append(chunk)
                size_bytes += len(chunk)
        self.data = b"".join(held)

    def drop(self, size: int) -> None:
        """Forget bytes that were read."""
        self.data = self.data[size:]

    def skip_line(self) -> tuple[bytes, int, int]:
        """Forget a line without holding it; return its beginning and its length without and with its ending."""
        shown, length, last = self.data[:_SHOWN_BYTES], 0, b""
        while (end := self.data.find(b"\n")) < 0:
            length += len(self.data)
            last = self.data[-1:] or last
            self.data = b""
            self.fill(1)
            if not self.data:  # the file ends within the line
                return shown, length - (last == b"\r"), length
        last = self.data[end - 1 : end] if end else last
        self.drop(end + 1)
        return shown, length + end - (last == b"\r"), length + end + 1


# Where the lines of a file are and which of them are plainly well formed, found for millions at a time.

_NEWLINE, _RETURN = b"\n\r"


@dataclass(frozen=True, slots=True)
class Lines:
    """The complete lines of a buffer; all arrays have one element a line.

    ``blank`` marks those that hold nothing, or a comment. ``starts`` and ``ends`` are positions in the buffer; ``ends``
    is that of the newline. ``lengths`` leave out the line ending. ``regular`` marks lines that are by themselves one
    record of the expected number of cells by RFC 4180, in UTF-8 and of bearable length.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    lengths: NDArray[np.int64]
    blank: NDArray[np.bool_]
    regular: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.starts)


def survey(buffer: bytes, columns: int, framing: Framing = Framing()) -> Lines:  # noqa: B008  (it never changes)
    """Find the lines of a buffer; bytes after its last newline are left out."""
    data = np.frombuffer(buffer, dtype=np.uint8)
    ends = np.flatnonzero(data == _NEWLINE)
    edges = np.concatenate(([0], ends + 1))
    starts = edges[:-1]
    lengths = ends - starts
    lengths -= (lengths > 0) & (data[ends - 1] == _RETURN) if len(ends) else 0
    whole = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(ends), [None, pa.py_buffer(edges), pa.py_buffer(buffer)]
    )
    is_row = pc.match_substring_regex(whole, _row_pattern(columns, framing)).to_numpy(zero_copy_only=False)
    regular = is_row & (lengths > 0) & (lengths <= MAX_RECORD_BYTES)
    if not _is_utf8(buffer):
        _strike_foreign(regular, buffer, data, starts, ends)
    blank = lengths == 0
    if framing.comment:
        blank |= _begins_with(framing.comment.encode(), data, starts, lengths)
        regular &= ~blank
    return Lines(starts, ends, lengths, blank, regular)


@functools.cache
def _row_pattern(columns: int, framing: Framing) -> bytes:
    """Return what a line with its ending looks like that is a record; a finite automaton passes over it once."""
    delimiter = b"\\x%02x" % ord(framing.delimiter)
    bare = rb"[^%b\r\n]*" % delimiter
    cell = rb'(?:"(?:[^"\r\n]|"")*"|[^"%b\r\n]*)' % delimiter if framing.quotes else bare
    return rb"\A%b(?:%b%b){%d}\r?\n\z" % (cell, delimiter, cell, columns - 1)


def _begins_with(
    prefix: bytes, data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.bool_]:
    found = lengths >= len(prefix)
    for n, byte in enumerate(prefix):
        found[found] = data[starts[found] + n] == byte
    return found


def _strike_foreign(
    regular: NDArray[np.bool_],
    buffer: bytes,
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> None:
    """Strike the lines that are not UTF-8; only lines beyond ASCII are looked at."""
    high = np.flatnonzero(data >= 0x80)
    suspects = np.unique(np.searchsorted(ends, high))
    for n in suspects[suspects < len(ends)].tolist():
        if not _is_utf8(buffer[starts[n] : ends[n]]):
            regular[n] = False


def _is_utf8(value: bytes) -> bool:
    if value.isascii():
        return True
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
