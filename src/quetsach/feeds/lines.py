"""The lines of a delivered file: its header, where lines are, which are well formed, and the bytes not yet read."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quetsach.core.text import Text
from quetsach.feeds.layout import FeedError, Layout
from quetsach.feeds.record import MAX_RECORD_BYTES, split_strictly

# The header line: what a delivered file says its columns are.

MAX_HEADER_BYTES = 1 << 16
MAX_COLUMNS = 512
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_TEXT = (
    (b"\x1f\x8b", Text("the file is compressed with gzip"), Text("unpack it first")),
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
    """The columns of one file; ``byte_length`` counts a byte-order mark and the line's ending."""

    names: tuple[str, ...]
    byte_length: int

    @classmethod
    def parse(cls, head: bytes) -> "Header":
        """Read the first line of a file from its first bytes (``MAX_HEADER_BYTES`` are enough).

        Names are compared without case and outer spaces. A byte-order mark is skipped.

        Raises:
            FeedError: there is no readable header.
        """
        mark = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
        for magic, what, hint in _NO_TEXT:
            if head.startswith(magic):
                raise FeedError(what, hint=hint)
        end = head.find(b"\n", mark, MAX_HEADER_BYTES)
        if end < 0 and len(head) >= MAX_HEADER_BYTES:
            raise FeedError(Text("the first line is too long for a header"), hint=Text("is this a CSV file?"))
        line = head[mark : end if end >= 0 else len(head)].removesuffix(b"\r")
        for byte, what, hint in _NO_HEADER:
            if byte in line:
                raise FeedError(what, hint=hint)
        return cls(_names(line), end + 1 if end >= 0 else len(head))

    def check(self, layout: Layout) -> None:
        """Refuse a file that lacks what the layout must have.

        Raises:
            FeedError: a required column is missing.
        """
        missing = sorted(layout.required.difference(self.names))
        if missing:
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
        needed = layout.identifying_headers() | layout.required
        return max(n for n, name in enumerate(self.names) if name in needed)


def _names(line: bytes) -> tuple[str, ...]:
    if not line.strip():
        raise FeedError(Text("the file has no header"), hint=Text("its first line must name the columns"))
    cells = split_strictly(line)
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
        self.data = bytearray()
        self.is_final = False

    def head(self) -> bytes:
        """Return the first bytes of the file, as many as a header may have."""
        self.fill(MAX_HEADER_BYTES)
        return bytes(self.data[:MAX_HEADER_BYTES])

    def fill(self, size: int) -> None:
        """Hold at least ``size`` bytes, or all that are left."""
        while not self.is_final and len(self.data) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.is_final = True
                if self.data and not self.data.endswith(b"\n"):
                    self.data += b"\n"
            else:
                self.data += chunk

    def drop(self, size: int) -> None:
        """Forget bytes that were read."""
        del self.data[:size]

    def skip_line(self) -> tuple[bytes, int, int]:
        """Forget a line without holding it; return its beginning and its length without and with its ending."""
        shown, length, last = bytes(self.data[:_SHOWN_BYTES]), 0, b""
        while (end := self.data.find(b"\n")) < 0:
            length += len(self.data)
            last = bytes(self.data[-1:]) or last
            self.data.clear()
            self.fill(1)
            if not self.data:  # the file ends within the line
                return shown, length - (last == b"\r"), length
        last = bytes(self.data[end - 1 : end]) if end else last
        self.drop(end + 1)
        return shown, length + end - (last == b"\r"), length + end + 1


# Where the lines of a file are and which of them are plainly well formed, found for millions at a time.

_QUOTE, _COMMA, _NEWLINE, _RETURN = b'",\n\r'

_BEFORE_OPENING = np.zeros(256, dtype=np.bool_)
_BEFORE_OPENING[[_COMMA, _NEWLINE, _QUOTE]] = True
_AFTER_CLOSING = np.zeros(256, dtype=np.bool_)
_AFTER_CLOSING[[_COMMA, _NEWLINE, _RETURN, _QUOTE]] = True


@dataclass(frozen=True, slots=True)
class Lines:
    """The complete lines of a buffer; all arrays have one element a line.

    ``starts`` and ``ends`` are positions in the buffer; ``ends`` is that of the newline. ``lengths`` leave out the line
    ending. ``regular`` marks lines that are by themselves one record of the expected number of cells by RFC 4180, in
    UTF-8 and of bearable length. ``quotes`` counts quotation marks.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    lengths: NDArray[np.int64]
    blank: NDArray[np.bool_]
    regular: NDArray[np.bool_]
    quotes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)


def survey(buffer: bytes, columns: int) -> Lines:
    """Find the lines of a buffer; bytes after its last newline are left out."""
    data = np.frombuffer(buffer, dtype=np.uint8)
    at = np.flatnonzero((data == _QUOTE) | (data == _COMMA) | (data == _NEWLINE))
    kind = data[at]
    newlines = np.flatnonzero(kind == _NEWLINE)
    if not len(newlines):
        at, kind = at[:0], kind[:0]
    else:
        at, kind = at[: newlines[-1] + 1], kind[: newlines[-1] + 1]
    ends = at[newlines]
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    lengths = ends - starts
    lengths -= (lengths > 0) & (data[ends - 1] == _RETURN) if len(ends) else 0

    is_quote = kind == _QUOTE
    quotes_at = at[is_quote]
    quotes = _per_line(quotes_at, ends)
    odd = (quotes & 1).astype(np.bool_)
    inside = (np.cumsum(is_quote, dtype=np.uint8) & 1).astype(np.bool_)  # only its last bit is used
    if odd.any():  # count each line from its own start
        parity = np.concatenate(([False], inside[newlines][:-1]))
        inside ^= np.repeat(parity, np.diff(newlines, prepend=-1))
    cells = 1 + _per_line(at[(kind == _COMMA) & ~inside], ends)

    regular = (cells == columns) & ~odd & (lengths > 0) & (lengths <= MAX_RECORD_BYTES)
    _strike(regular, ends, _misplaced_quotes(data, quotes_at, inside[is_quote]))
    if b"\r" in buffer:
        returns = np.flatnonzero(data[: ends[-1]] == _RETURN) if len(ends) else ends
        _strike(regular, ends, returns[data[returns + 1] != _NEWLINE])
    if not _is_utf8(buffer):
        _strike_foreign(regular, buffer, data, starts, ends)
    return Lines(starts, ends, lengths, lengths == 0, regular, quotes)


def _per_line(positions: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count positions by the line that they are in."""
    return np.diff(np.searchsorted(positions, ends), prepend=0).astype(np.int64)


def _misplaced_quotes(
    data: NDArray[np.uint8], quotes: NDArray[np.int64], opening: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return the positions of quotes that RFC 4180 does not allow where they are."""
    if not len(quotes):
        return quotes
    opens, closes = quotes[opening], quotes[~opening]
    wrong_open = ~_BEFORE_OPENING[data[opens - 1]] & (opens > 0)
    wrong_close = ~_AFTER_CLOSING[data[closes + 1]]  # a line's newline always follows
    return np.concatenate((opens[wrong_open], closes[wrong_close]))


def _strike(regular: NDArray[np.bool_], ends: NDArray[np.int64], positions: NDArray[np.int64]) -> None:
    if len(positions):
        regular[np.searchsorted(ends, positions)] = False


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
