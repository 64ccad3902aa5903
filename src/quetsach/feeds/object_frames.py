"""Records that are no CSV: objects of JSON, one a line or one after the other in a document, and lines of words.

Of an object only what the layout names becomes a column; the rest stays what it is, an object. So a record with names
of its own costs no column, however many a hostile file thinks of.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, override

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from quetsach.core.text import Text
from quetsach.feeds.frame import Frame, Places
from quetsach.feeds.layout import FeedError, Framing, Layout
from quetsach.feeds.lines import Header
from quetsach.feeds.record import MAX_RECORD_BYTES, Cells, Fault, Form, Reason, Reject, encoding_fault, excerpt, fit

MAX_ITEMS = 10_000
"""Records that one object may be, by the list that ``Framing.each`` names."""
_SLICE_RECORDS = 1 << 16
_NEWLINE, _RETURN, _QUOTE, _BACKSLASH = b'\n\r"\\'
BLANK = b" \t\r\n"
_NEXT_OBJECT = re.compile(rb"[ \t\r\n]*+,[ \t\r\n]*+(?=\{)")
"""Where an object of a damaged list may end and the next begin: within an object a name follows a comma, never that."""


class Found(NamedTuple):
    """One record: the texts of the columns, in their order, and the rest of it."""

    cells: Sequence[str]
    rest: str = "{}"


class Span(NamedTuple):
    """Where a record lies in a buffer, and on which line of it, from 0."""

    start: int
    end: int
    line: int


class Collected:
    """The records of a slice."""

    def __init__(self, line: int, offset: int) -> None:
        self._line, self._offset = line, offset
        self.found: list[Found] = []
        self._places: list[tuple[int, int, int]] = []
        self._repairs: list[str] = []
        self.rejects: list[Reject] = []
        self.blank = self.context = 0

    def take(self, records: Iterable[Found], span: Span, repairs: str = "") -> None:
        """Take records that lie in one place."""
        for record in records:
            self.found.append(record)
            self._places.append((self._line + span.line, self._offset + span.start, span.end - span.start))
            self._repairs.append(repairs)

    def set_aside(self, fault: Fault, span: Span) -> None:
        """Set aside what lies in a place."""
        place = self._line + span.line, self._offset + span.start, span.end - span.start
        self.rejects.append(Reject(*place, fault.reason, fault.column, fault.excerpt))

    def frame(self, names: Sequence[str], bytes_read: int, *, has_rest: bool) -> Frame:
        """Return the records as columns."""
        text = pa.string()
        by_column = zip(*(record.cells for record in self.found), strict=True) if self.found else ((),) * len(names)
        columns = {
            name: pa.array(cells, text).dictionary_encode() for name, cells in zip(names, by_column, strict=True)
        }
        line, offset, length = np.array(self._places, dtype=np.int64).reshape(-1, 3).T
        return Frame(
            columns,
            Places(line, offset, length, np.array(self._repairs, dtype=object)),
            tuple(self.rejects),
            self.blank,
            bytes_read,
            self.context,
            pa.array([record.rest for record in self.found], text) if has_rest else None,
        )


class SliceFrames:
    """The state of one file: how far it was read."""

    has_rest = True

    def __init__(self, names: Sequence[str], line: int, offset: int) -> None:
        self._names = tuple(names)
        self._line, self._offset = line, offset

    def set_aside(self, shown: bytes, length: int, bytes_read: int) -> Frame:
        """Account for a line that was too long to be held."""
        collected = Collected(self._line, self._offset)
        collected.set_aside(Fault(Reason.TOO_LONG, "", excerpt(shown)), Span(0, length, 0))
        return self._frame(collected, bytes_read, lines=1)

    def _frame(self, collected: Collected, bytes_read: int, *, lines: int) -> Frame:
        self._line += lines
        self._offset += bytes_read
        return collected.frame(self._names, bytes_read, has_rest=self.has_rest)


class _LineFrames(SliceFrames, ABC):
    """A line a record."""

    def __init__(self, names: Sequence[str], line: int, offset: int, framing: Framing) -> None:
        super().__init__(names, line, offset)
        self._comment = framing.comment.encode()

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:  # noqa: ARG002  (no record goes on)
        """Read the whole lines of a buffer."""
        start, number, begun = 0, 0, 0
        collected = Collected(self._line, self._offset)
        while (end := buffer.find(b"\n", start)) >= 0:
            line = buffer[start:end].removesuffix(b"\r")
            span = Span(start - begun, start - begun + len(line), number)
            if not line.strip(BLANK) or (self._comment and line.startswith(self._comment)):
                collected.blank += 1
            elif len(line) > MAX_RECORD_BYTES:
                collected.set_aside(Fault(Reason.TOO_LONG, "", excerpt(line[:400])), span)
            else:
                self._read(line, span, collected)
            start, number = end + 1, number + 1
            if len(collected.found) >= _SLICE_RECORDS:
                yield self._frame(collected, start - begun, lines=number)
                collected, begun, number = Collected(self._line, self._offset), start, 0
        if start > begun:
            yield self._frame(collected, start - begun, lines=number)

    @abstractmethod
    def _read(self, line: bytes, span: Span, collected: Collected) -> None:
        """Take one line apart."""


class WordFrames(_LineFrames):
    """Lines of words; the last column of a file without a header takes what is left of the line."""

    has_rest = False

    def __init__(self, layout: Layout, header: Header) -> None:
        super().__init__(header.names, header.lines + 1, header.byte_length, layout.framing)
        self._form = Form(header.names, header.last_identifying(layout))
        self._most = len(header.names) - 1 if layout.framing.names else -1

    @override
    def _read(self, line: bytes, span: Span, collected: Collected) -> None:
        cells = line.split(None, self._most)
        if len(self._form.names) > len(cells) > self._form.last_identifying:  # no word is cut but at the file's end
            cells += [b""] * (len(self._form.names) - len(cells))
        result = encoding_fault(cells, self._form) or fit(cells, self._form, line)
        if isinstance(result, Cells):
            texts = [cell.decode() for cell in result.values]
            collected.take([Found(texts)], span, ";".join(result.repairs))
        else:
            collected.set_aside(result, span)


class Objects:
    """Takes objects of JSON apart: what the layout names, and the rest."""

    def __init__(self, layout: Layout) -> None:
        mapped = layout.mapped()
        others = [name for name in (*layout.only, *layout.identifying, *layout.sector) if name]
        self.names = tuple(dict.fromkeys((*mapped, *others)))
        self._asked = [(name, tuple(name.split(".")) if "." in name else (), name in mapped) for name in self.names]
        self._each = layout.framing.each

    def read(self, content: bytes) -> list[Found] | Fault:
        """Return the records that an object is."""
        try:
            record = orjson.loads(content)
        except orjson.JSONDecodeError:
            return Fault(_reason(content), "", excerpt(content[:400]))
        return self.taken(record, content)

    def taken(self, record: Any, content: bytes) -> list[Found] | Fault:
        """Return the records that a value is; ``content`` is shown of one that is none."""
        if not isinstance(record, dict):
            return Fault(Reason.BAD_JSON, "", excerpt(content[:400]))
        try:
            return [self._found(one) for one in self._each_of(record)]
        except orjson.JSONEncodeError:  # nested too deeply
            return Fault(Reason.BAD_JSON, "", excerpt(content[:400]))

    def _each_of(self, record: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if not self._each:
            yield record
            return
        items = record.pop(self._each, None)
        items = items if isinstance(items, list) else [items]
        for item in items[:MAX_ITEMS] or [None]:
            yield record | {self._each: item}

    def _found(self, record: dict[str, Any]) -> Found:
        cells, take, look = [], record.pop, record.get
        for name, path, is_mapped in self._asked:
            value = take(name, None) if is_mapped else look(name)
            if value is None and path and path[0] in record:
                value = _taken(record, path) if is_mapped else _walked(record, path)
            cells.append(value if type(value) is str else "" if value is None else _text(value))
        rest = {name: value for name, value in record.items() if value or value == 0}
        return Found(cells, orjson.dumps(rest).decode() if rest else "{}")


def _taken(record: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Take out what lies at the end of a path of names; what it lies in may be in other records, and is copied."""
    first, rest = path[0], path[1:]
    holder = record.get(first)
    if type(holder) is not dict or rest[0] not in holder:
        return None
    record[first] = holder = holder.copy()
    return holder.pop(rest[0]) if len(rest) == 1 else _taken(holder, rest)


def _walked(record: dict[str, Any], path: tuple[str, ...]) -> Any:
    """Return what lies at the end of a path of names."""
    holder: Any = record
    for name in path:
        holder = holder.get(name) if type(holder) is dict else None
    return holder


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else orjson.dumps(value).decode()


def _reason(content: bytes) -> Reason:
    try:
        content.decode()
    except UnicodeDecodeError:
        return Reason.BAD_UTF8
    return Reason.BAD_JSON


class JsonLineFrames(_LineFrames):
    """An object of JSON a line."""

    def __init__(self, layout: Layout, offset: int) -> None:
        self._objects = Objects(layout)
        super().__init__(self._objects.names, 1, offset, layout.framing)

    @override
    def _read(self, line: bytes, span: Span, collected: Collected) -> None:
        found = self._objects.read(line)
        if isinstance(found, Fault):
            collected.set_aside(found, span)
        else:
            collected.take(found, span)


class JsonValueFrames(SliceFrames):
    """Objects one after the other: a list, or several documents in one file.

    An object ends where its brackets do. One whose brackets do not match, or do not end within ``MAX_RECORD_BYTES``, is
    set aside up to where another seems to begin, and that one is read as if nothing had been before it.
    """

    def __init__(self, layout: Layout, offset: int) -> None:
        self._objects = Objects(layout)
        super().__init__(self._objects.names, 1, offset)
        self._opened: bool | None = None
        """Whether a list was opened and not closed; ``None`` before the first byte that is no blank."""
        self._looked_at = 0
        self._read_bytes = 0

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        """Read the whole values of a buffer; at the end of the file also one that does not end.

        Raises:
            FeedError: so much of it is damaged that looking for what is not would take without end.
        """
        structure, collected = _Structure(buffer), Collected(self._line, self._offset)
        at = line = 0
        while (begin := self._next(buffer, at)) < len(buffer):
            found_end = structure.end_of(begin)
            if found_end is None and not is_final and len(buffer) - begin <= MAX_RECORD_BYTES:
                break
            line += buffer.count(b"\n", at, begin)
            end, is_whole = found_end or (min(len(buffer), begin + MAX_RECORD_BYTES), False)
            if not is_whole:
                end = _seeming_end(buffer, begin, end)
                fault = Fault(Reason.BAD_JSON, "", excerpt(buffer[begin : begin + 400]))
                collected.set_aside(fault, Span(begin, end, line))
                structure.forget()
            else:
                found = self._objects.read(buffer[begin:end])
                if isinstance(found, Fault):
                    collected.set_aside(found, Span(begin, end, line))
                else:
                    collected.take(found, Span(begin, end, line))
            line += buffer.count(b"\n", begin, end)
            at = end
            if self._looked_at + structure.looked_at > _MOST_LOOKS * (self._read_bytes + end) + _FREE_LOOKS:
                raise FeedError(Text("too many objects of the list do not end"), hint=_COMPLETE)
        else:
            line += buffer.count(b"\n", at)
            at = len(buffer)
        self._looked_at += structure.looked_at
        self._read_bytes += at
        if is_final and self._opened:  # cut off: how much is missing nothing tells
            last = len(buffer.rstrip(BLANK))
            collected.set_aside(Fault(Reason.BAD_JSON, "", ""), Span(last, last, buffer.count(b"\n", 0, last)))
            self._opened = False
        if at:
            yield self._frame(collected, at, lines=line)

    def _next(self, buffer: bytes, at: int) -> int:
        """Return where the next value begins, behind blanks, commas and the brackets of the list."""
        while at < len(buffer):
            byte = buffer[at]
            if byte == ord("[") and self._opened is None:
                self._opened = True
            elif byte == ord("]"):
                self._opened = False
            elif byte not in BLANK and byte != ord(","):
                self._opened = bool(self._opened)
                return at
            at += 1
        return at


_WINDOW, _WINDOW_AFTER_DAMAGE = 1 << 16, 1 << 12
_MOST_LOOKS, _FREE_LOOKS = 64, 256 << 20
"""Each byte is looked at once and a little more; where objects do not end, again for each of them."""


def _seeming_end(buffer: bytes, begin: int, stop: int) -> int:
    """Return where an object that does not end seems to, at the latest where it is known to be damaged."""
    found = _NEXT_OBJECT.search(buffer, begin, stop)
    return found.start() if found else len(buffer[:stop].rstrip(BLANK))


class _Structure:
    """Where brackets and commas stand outside of texts in a buffer, looked for in windows.

    A window begins outside of any text. Texts of JSON go over no line: a quote too many spoils one line.
    """

    def __init__(self, buffer: bytes) -> None:
        self._buffer = buffer
        self.looked_at = 0
        self.forget()
        self._window = _WINDOW

    def forget(self) -> None:
        """Look anew from the next value on."""
        self._first = self._last = 0
        self._at: list[int] = []
        self._kind: list[int] = []
        self._n = 0
        self._window = _WINDOW_AFTER_DAMAGE

    def end_of(self, begin: int) -> tuple[int, bool] | None:
        """Return where the value that begins there ends, and whether it is whole: else its brackets do not match.

        ``None`` unless that is within ``MAX_RECORD_BYTES``.
        """
        size, self._window = self._window, _WINDOW
        if not self._first <= begin < self._last:
            self._look(begin, size)
        while (end := self._closed(begin)) is None:
            if self._last >= len(self._buffer) or self._last - begin > MAX_RECORD_BYTES:
                return None
            size = 4 * max(size, self._last - begin)
            self._look(begin, size)
        return end if end[0] - begin <= MAX_RECORD_BYTES else None

    def _look(self, begin: int, size: int) -> None:
        self._first, self._last = begin, min(len(self._buffer), begin + size)
        self.looked_at += self._last - begin
        places, kinds = marks_of(self._buffer[begin : self._last])
        self._at, self._kind, self._n = (places + begin).tolist(), kinds.tolist(), 0

    def _closed(self, begin: int) -> tuple[int, bool] | None:
        at, kind, n = self._at, self._kind, self._n
        while n < len(at) and at[n] < begin:
            n += 1
        if self._buffer[begin] not in b"{[":  # no object: up to what ends it in its list
            while n < len(at) and (at[n] == begin or kind[n] in b"{["):
                n += 1
            self._n = n
            return (at[n], True) if n < len(at) else None
        opened: list[int] = []
        for m in range(n, len(at)):
            mark = kind[m]
            if mark in b"{[":
                if opened and opened[-1] == ord("{") and self._follows_a_comma(m):
                    return at[m - 1], False
                opened.append(mark)
            elif mark != ord(","):
                if opened.pop() + 2 != mark:  # so far apart are the two brackets of a kind
                    return at[m], False
                if not opened:
                    self._n = m + 1
                    return at[m] + 1, True
        return None

    def _follows_a_comma(self, m: int) -> bool:
        """Whether nothing but blanks is between a mark and a comma before it."""
        between = self._buffer[self._at[m - 1] + 1 : self._at[m]]
        return self._kind[m - 1] == ord(",") and not between.strip(BLANK)


def marks_of(window: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return where brackets and commas stand outside of texts, and which."""
    data = np.frombuffer(window, dtype=np.uint8)
    is_quote = data == _QUOTE
    if b"\\" in window:
        is_back = data == _BACKSLASH
        before = np.maximum.accumulate(np.where(is_back, -1, np.arange(len(data))))
        quotes = np.flatnonzero(is_quote)
        run = quotes - 1 - np.where(quotes > 0, before[quotes - 1], -1)
        is_quote[quotes[run % 2 == 1]] = False
    at = np.flatnonzero(_IS_MARK[data] & (is_quote | (data != _QUOTE)))
    kind = data[at]
    inside = np.cumsum(kind == _QUOTE) & 1
    newlines = np.flatnonzero(kind == _NEWLINE)
    if inside[newlines].any():  # count each line from its own start
        parity = np.concatenate(([0], inside[newlines]))
        inside ^= parity[np.searchsorted(newlines, np.arange(len(kind)))]
    is_structure = (inside == 0) & (kind != _QUOTE) & (kind != _NEWLINE)
    return at[is_structure], kind[is_structure]


_IS_MARK = np.zeros(256, dtype=np.bool_)
_IS_MARK[list(b'"\n{}[],')] = True


_COMPLETE = Text("is it complete?")
