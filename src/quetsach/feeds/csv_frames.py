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
MAX_HEADERS = 100
"""How often columns change in what was put together of many days. What stands behind each costs as much as a file."""


@dataclass(slots=True)
class _Part:
    """What is collected from a run of lines: CSV to read, where its records lie, and what was set aside.

    ``line`` and ``offset`` are those of the buffer's beginning in the file.
    """

    line: int
    offset: int
    pieces: list[bytes | memoryview] = field(default_factory=list)
    lines: list[NDArray[np.int64]] = field(default_factory=list)
    lengths: list[NDArray[np.int64]] = field(default_factory=list)
    repairs: list[NDArray[np.object_]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    blank: int = 0


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
        delimiter = layout.framing.delimiter.encode()
        self._form = Form(header.names, header.last_identifying(layout), delimiter, layout.framing.quotes)
        self._offset = header.byte_length
        self._line = header.lines + 1

    def set_aside(self, shown: bytes, length: int, bytes_read: int) -> Frame:
        """Account for a line that was too long to be held."""
        reject = Reject(self._line, self._offset, length, Reason.TOO_LONG, "", excerpt(shown))
        self._line += 1
        self._offset += bytes_read
        return self._frame(_Part(0, 0, rejects=[reject]), bytes_read)

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        """Read the whole lines of a buffer, but for a record at its end that may go on."""
        at = 0
        while (found := self._other_header(buffer, at)) is not None:
            header, start, end = found
            yield from self._rows(buffer[at:start], is_final=True)
            yield self._changed(header, buffer[start:end])
            at = end
        yield from self._rows(buffer[at:] if at else buffer, is_final=is_final)

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
        return self._frame(_Part(0, 0, rejects=[reject]), len(line))

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
            yield self._frame(part, bytes_read)
            at = end

    def _collect(self, buffer: bytes, lines: Lines, first: int, part: _Part, *, is_final: bool) -> int:
        """Collect lines from ``first`` on; return the line to go on with."""
        stop = min(first + SLICE_LINES, len(lines))
        at = first
        for n in _doubtful(lines, first, stop):
            if n < at:
                continue  # taken up by the record before
            self._take_run(buffer, lines, at, n, part)
            at = n + 1
            if lines.blank[n]:
                part.blank += 1
                continue
            outcome = self._read_irregular(buffer, lines, n, is_final=is_final)
            if outcome is None:
                return n
            at = outcome.last + 1
            self._take(lines, n, outcome, part)
        self._take_run(buffer, lines, at, stop, part)
        return max(at, stop)

    def _read_irregular(self, buffer: bytes, lines: Lines, n: int, *, is_final: bool) -> _Outcome | None:
        """Decide about one line; ``None`` if that takes lines beyond the buffer."""
        start, length = int(lines.starts[n]), int(lines.lengths[n])
        if length > MAX_RECORD_BYTES:
            return _Outcome(Fault(Reason.TOO_LONG, "", excerpt(buffer[start : start + 400])), n)
        if lines.quotes[n] & 1:
            for m in range(n + 1, n + MAX_RECORD_LINES):
                end = int(lines.ends[m]) if m < len(lines) else len(buffer)
                if end - start > MAX_RECORD_BYTES or (m < len(lines) and lines.regular[m]):
                    break
                if m >= len(lines):
                    if not is_final:
                        return None
                    break
                if lines.quotes[m] & 1:
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
        part.lines.append(np.array([[part.line + n], [part.offset + start], [length]], dtype=np.int64))
        part.repairs.append(np.array([";".join(result.repairs)], dtype=object))

    def _take_run(self, buffer: bytes, lines: Lines, first: int, stop: int, part: _Part) -> None:
        """Take regular lines as they are."""
        if first >= stop:
            return
        run = slice(first, stop)
        start = int(lines.starts[first])
        part.pieces.append(memoryview(buffer)[start : int(lines.ends[stop - 1]) + 1])
        part.lines.append(
            np.stack((np.arange(first, stop) + part.line, lines.starts[run] + part.offset, lines.lengths[run]))
        )
        part.repairs.append(np.full(stop - first, "", dtype=object))

    def _frame(self, part: _Part, bytes_read: int) -> Frame:
        places = _places(part)
        columns = self._columns(part.pieces, len(places.line))
        return Frame(columns, places, tuple(part.rejects), part.blank, bytes_read)

    def _columns(self, pieces: list[bytes | memoryview], rows: int) -> dict[str, pa.DictionaryArray]:
        """Read CSV of known form into columns whose distinct texts are listed once."""
        text, names = pa.dictionary(pa.int32(), pa.string()), self._form.names
        if not rows:
            return {name: pa.array([], text) for name in names}
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        table = pyarrow.csv.read_csv(
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
                check_utf8=False, strings_can_be_null=False, column_types=dict.fromkeys(names, text)
            ),
        )
        if table.num_rows != rows:
            raise FeedError(
                Text("{rows} records were read as {read}", rows=Number(rows), read=Number(table.num_rows)),
                hint=Text("please report this with the file"),
            )
        return {name: table.column(name).combine_chunks() for name in names}


def _doubtful(lines: Lines, first: int, stop: int) -> list[int]:
    found: list[int] = (np.flatnonzero(~lines.regular[first:stop]) + first).tolist()
    return found


def _places(part: _Part) -> Places:
    if not part.lines:
        nothing = np.zeros(0, dtype=np.int64)
        return Places(nothing, nothing, nothing, np.zeros(0, dtype=object))
    line, offset, length = np.concatenate(part.lines, axis=1)
    return Places(line, offset, length, np.concatenate(part.repairs))
