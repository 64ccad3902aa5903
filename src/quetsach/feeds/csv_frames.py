"""CSV into columns: lines that are plainly well formed go through Arrow's reader in one piece, the others one by one.

Those that can be taken join the others in the one form.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from quetsach.core.text import Number, Text
from quetsach.feeds.frame import Frame, Places
from quetsach.feeds.layout import FeedError, Layout
from quetsach.feeds.lines import Header, Lines, survey
from quetsach.feeds.record import (
    MAX_RECORD_BYTES,
    MAX_RECORD_LINES,
    Cells,
    Fault,
    Form,
    Reason,
    Reject,
    as_csv,
    excerpt,
    read_joined,
    read_record,
)

SLICE_LINES = 1 << 18
_LISTED = pa.dictionary(pa.int32(), pa.string())
_TELLING_ROWS = 1000
"""So many say how a column is best read."""
MAX_HEADERS = 100
"""How often columns change in what was put together of many days. What stands behind each costs as much as a file."""


@dataclass(slots=True)
class _Part:
    """What is collected from a run of lines: CSV to read, where its records lie, and what was set aside.

    ``line`` and ``offset`` are those of the buffer's beginning in the file. ``mended`` are the records that are no
    regular line, by the line at which each begins: how long it is in the file, and what was repaired.
    """

    line: int
    offset: int
    pieces: list[bytes | memoryview] = field(default_factory=list)
    mended: dict[int, tuple[int, str]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0

    def places(self, lines: Lines, first: int, stop: int) -> Places:
        """Return where the records lie that were collected from lines ``first`` to ``stop``."""
        is_taken = lines.regular[first:stop].copy()
        mended = np.array(list(self.mended), dtype=np.int64)
        is_taken[mended - first] = True
        at = np.flatnonzero(is_taken) + first
        length, repairs = lines.lengths[at], np.full(len(at), "", dtype=object)
        rows = np.searchsorted(at, mended)
        length[rows] = [length for length, _ in self.mended.values()]
        repairs[rows] = [repair for _, repair in self.mended.values()]
        return Places(at + self.line, lines.starts[at] + self.offset, length, repairs)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of an irregular line; ``last`` is the last line that it took up."""

    result: Cells | Fault
    last: int


class CsvFrames:
    """The state of one file of CSV: its form, and how far it was read."""

    def __init__(self, layout: Layout, header: Header) -> None:
        self._layout = layout
        self._framing = layout.framing
        needed = [layout.columns[field] for field in layout.required if field in layout.columns]
        told = ([name.encode() for name in names if name in header.names] for names in needed)
        self._telling = [names[0] for names in told if names]
        self._changes = 0
        self._types: dict[str, pa.DataType] = {}
        self._may_be_empty = True
        delimiter = layout.framing.delimiter.encode()
        self._form = Form(header.names, header.last_identifying(layout), delimiter, layout.framing.quotes)
        self._offset = header.byte_length
        self._line = header.lines + 1

    def set_aside(self, shown: bytes, length: int, bytes_read: int) -> Frame:
        """Account for a line that was too long to be held."""
        reject = Reject(self._line, self._offset, length, Reason.TOO_LONG, "", excerpt(shown))
        self._line += 1
        self._offset += bytes_read
        return self._frame([], _NOWHERE, (reject,), 0, bytes_read)

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        """Read the whole lines of a buffer, but for a record at its end that may go on."""
        at = 0
        while (found := self._other_header(buffer, at)) is not None:
            header, start, end = found
            yield from self._rows(buffer[at:start], is_final=True)
            yield self._changed(header, buffer[start:end])
            at = end
        yield from self._rows(buffer[at:] if at else buffer, is_final=is_final)

    def is_of_one_header(self, buffer: bytes) -> bool:
        """Whether all whole lines of a buffer are read by the header in force."""
        return self._other_header(buffer, 0) is None

    def _other_header(self, buffer: bytes, at: int) -> tuple[Header, int, int] | None:
        """Return the next header that is not the one in force, and where its line begins and ends.

        Files of several days that were put together have one for each, and columns change their places.
        """
        if self._framing.names or self._framing.commented_header or not self._telling:
            return None
        while (hit := buffer.find(self._telling[0], at)) >= 0 and (end := buffer.find(b"\n", hit) + 1):
            start = max(buffer.rfind(b"\n", at, hit) + 1, at)
            line = buffer[start:end]
            if all(name in line for name in self._telling) and (header := self._header(line)) is not None:
                return header, start, end
            at = end
        return None

    def _header(self, line: bytes) -> Header | None:
        """Return the header that a line is, unless it is none or that in force."""
        try:
            header = Header.of(line, self._framing)
        except FeedError:
            return None
        is_other = header.names != self._form.names and not self._layout.lacking(frozenset(header.names))
        return header if is_other else None

    def _changed(self, header: Header, line: bytes) -> Frame:
        """Read by another header from here on; the line itself is set aside."""
        self._changes += 1
        if self._changes > MAX_HEADERS:
            raise FeedError(
                Text("its header changes more than {most} times", most=Number(MAX_HEADERS)),
                hint=Text("take in one by one the files that it was put together from"),
            )
        shown = line.removesuffix(b"\n").removesuffix(b"\r")
        last = header.last_identifying(self._layout)
        self._form = Form(header.names, last, self._form.delimiter, self._form.quotes)
        reject = Reject(self._line, self._offset, len(shown), Reason.REPEATED_HEADER, "", excerpt(shown))
        self._line += 1
        self._offset += len(line)
        return self._frame([], _NOWHERE, (reject,), 0, len(line))

    def _rows(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        lines = survey(buffer, len(self._form.names), self._framing)
        line, offset, at = self._line, self._offset, 0
        while at < len(lines):
            part = _Part(line, offset)
            end = self._collect(buffer, lines, at, part, is_final=is_final)
            if end == at:
                return
            bytes_read = int(lines.ends[end - 1] - lines.starts[at]) + 1
            self._line += end - at
            self._offset += bytes_read
            yield self._frame(part.pieces, part.places(lines, at, end), tuple(part.rejects), part.blank, bytes_read)
            at = end

    def _collect(self, buffer: bytes, lines: Lines, first: int, part: _Part, *, is_final: bool) -> int:
        """Collect lines from ``first`` on; return the line to go on with."""
        stop = min(first + SLICE_LINES, len(lines))
        at = first
        for n in _doubtful(lines, first, stop):
            if n < at:
                continue  # taken up by the record before
            _take_run(buffer, lines, at, n, part)
            at = n + 1
            if lines.blank[n]:
                part.blank += 1
                continue
            outcome = self._read_irregular(buffer, lines, n, is_final=is_final)
            if outcome is None:
                return n
            at = outcome.last + 1
            self._take(lines, n, outcome, part)
        _take_run(buffer, lines, at, stop, part)
        return max(at, stop)

    def _read_irregular(self, buffer: bytes, lines: Lines, n: int, *, is_final: bool) -> _Outcome | None:
        """Decide about one line; ``None`` if that takes lines beyond the buffer."""
        start, length = int(lines.starts[n]), int(lines.lengths[n])
        if length > MAX_RECORD_BYTES:
            return _Outcome(Fault(Reason.TOO_LONG, "", excerpt(buffer[start : start + 400])), n)
        if self._framing.quotes and _quotes_are_odd(buffer, lines, n):
            for m in range(n + 1, n + MAX_RECORD_LINES):
                end = int(lines.ends[m]) if m < len(lines) else len(buffer)
                if end - start > MAX_RECORD_BYTES or (m < len(lines) and lines.regular[m]):
                    break
                if m >= len(lines):
                    if not is_final:
                        return None
                    break
                if _quotes_are_odd(buffer, lines, m):
                    record = buffer[start : int(lines.starts[m] + lines.lengths[m])]
                    if joined := read_joined(record, self._form):
                        return _Outcome(joined, m)
                    break
        return _Outcome(read_record(buffer[start : start + length], self._form), n)

    def _take(self, lines: Lines, n: int, outcome: _Outcome, part: _Part) -> None:
        """Account for an irregular line."""
        start = int(lines.starts[n])
        length = int(lines.starts[outcome.last] + lines.lengths[outcome.last]) - start
        result = outcome.result
        if isinstance(result, Fault):
            part.rejects.append(
                Reject(part.line + n, part.offset + start, length, result.reason, result.column, result.excerpt)
            )
            return
        form = self._form
        part.pieces.append(as_csv(result.values, form.delimiter, quotes=form.quotes) + b"\n")
        part.mended[n] = (length, ";".join(result.repairs))

    def _frame(
        self, pieces: list[bytes | memoryview], places: Places, rejects: tuple[Reject, ...], blank: int, bytes_read: int
    ) -> Frame:
        return Frame(self._columns(pieces, len(places.line)), places, rejects, blank, bytes_read)

    def _columns(self, pieces: list[bytes | memoryview], rows: int) -> dict[str, pa.DictionaryArray]:
        """Read CSV of known form into columns whose distinct texts are listed once, but where hardly any comes twice.

        How a column is read follows from what it held before: that costs less, and says the same.
        """
        names = self._form.names
        if not rows:
            return {name: pa.array([], _LISTED) for name in names}
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        try:
            table = self._table(body)
        except pa.ArrowInvalid:  # a column that was empty so far is not
            self._types = {name: kind for name, kind in self._types.items() if kind != pa.null()}
            self._may_be_empty = False
            table = self._table(body)
        if table.num_rows != rows:
            raise FeedError(
                Text("{rows} records were read as {read}", rows=Number(rows), read=Number(table.num_rows)),
                hint=Text("please report this with the file"),
            )
        return {name: self._listed(name, table.column(name).combine_chunks()) for name in names}

    def _table(self, body: bytes | memoryview) -> pa.Table:
        names = self._form.names
        return pyarrow.csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            # one block: no row can lie across its border
            pyarrow.csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=list(names)),
            pyarrow.csv.ParseOptions(
                delimiter=self._framing.delimiter,
                quote_char='"' if self._framing.quotes else False,
                newlines_in_values=self._framing.quotes,
                ignore_empty_lines=False,
            ),
            pyarrow.csv.ConvertOptions(
                check_utf8=False,
                null_values=[""],
                strings_can_be_null=False,
                column_types={name: self._types.get(name, _LISTED) for name in names},
            ),
        )

    def _listed(self, name: str, column: pa.Array) -> pa.DictionaryArray:
        """Return a column with its texts listed, and note how it is read from here on."""
        rows = len(column)
        if isinstance(column, pa.NullArray):
            return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([""]))
        if not isinstance(column, pa.DictionaryArray):
            return pa.DictionaryArray.from_arrays(pa.array(np.arange(rows, dtype=np.int32)), column)
        texts = column.dictionary
        if rows >= _TELLING_ROWS and 2 * len(texts) > rows:
            self._types[name] = pa.string()
        elif rows >= _TELLING_ROWS and self._may_be_empty and len(texts) == 1 and not texts[0].as_py():
            self._types[name] = pa.null()
        return column


def _doubtful(lines: Lines, first: int, stop: int) -> list[int]:
    found: list[int] = (np.flatnonzero(~lines.regular[first:stop]) + first).tolist()
    return found


def _take_run(buffer: bytes, lines: Lines, first: int, stop: int, part: _Part) -> None:
    """Take regular lines as they are."""
    if first < stop:
        part.pieces.append(memoryview(buffer)[int(lines.starts[first]) : int(lines.ends[stop - 1]) + 1])


def _quotes_are_odd(buffer: bytes, lines: Lines, n: int) -> bool:
    return buffer.count(b'"', int(lines.starts[n]), int(lines.ends[n])) % 2 == 1


_NOTHING: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
_NOWHERE = Places(_NOTHING, _NOTHING, _NOTHING, np.zeros(0, dtype=object))
