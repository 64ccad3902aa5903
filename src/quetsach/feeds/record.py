"""One record at a time: RFC 4180 strictly, then what may be mended; why a record is set aside, and what is repaired."""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# Why a record is set aside, and what may be repaired with a flag.
#
# The rules, in the order in which they apply to a record:
#
# 1. A line longer than ``MAX_RECORD_BYTES`` is ``too_long``.
# 2. A cell that is not UTF-8 makes the record ``bad_utf8``: nothing is re-encoded by guess.
# 3. Quotes follow RFC 4180. A line that ends inside an open quote is joined with the lines after it, up to
# ``MAX_RECORD_LINES``, only if the whole then has exactly the header's columns and none of those lines is a
# good record by itself: a row cut inside a quote never swallows its neighbour. Quotes that RFC 4180 does not allow
# (unescaped inside a cell with no delimiter beside them, or escaped by a backslash) are resolved if that gives
# exactly the header's columns (repair ``quotes``), else ``bad_quotes``.
# 4. Too few cells: if every column that says what was seen (``Layout.needed_names``) is there and closed by a
# delimiter, only optional cells at the end are missing and count as empty (repair ``padded``), else ``short_row``. Too
# many: if all surplus cells are empty they are dropped (repair ``trimmed``), else ``long_row``.
# 5. A record that repeats the header is ``repeated_header``; where its columns are others, what follows is read by it.
# 6. A record that its layout does not read, such as one of no malware, is ``other_kind``. Then values, in the order of
# ``values.TYPED``: ``bad_timestamp``, ``empty_ip``, ``bad_ip``, ``bad_port``, ``bad_destination_ip``,
# ``bad_destination_port``; a range of addresses is ``ip_range``: somebody in it was seen, nothing says who. The first
# fault names the record.
# 7. What cannot be: a time more than ``AHEAD_AT_MOST`` after that of the ingest is ``future``; an address that no
# machine on the public internet can have (``core.address``) is ``reserved_ip``.
#
# 8. What is no object of JSON where one should be is ``bad_json``; a document of YAML with anything but lines of names
# and values is ``bad_yaml``.
#
# A blank line is not a record, nor is a comment. A claimed AS number that is none stays in ``extra`` as written.

MAX_RECORD_BYTES = 1 << 20
MAX_RECORD_LINES = 64
AHEAD_AT_MOST = timedelta(days=1)
"""No time zone and no clock that is merely off is further ahead; what is, is a wrong date."""
_EXCERPT_CHARACTERS = 80


class Reason(StrEnum):
    """Why a record was set aside. The codes are part of the interface."""

    BAD_IP = "bad_ip"
    EMPTY_IP = "empty_ip"
    BAD_TIMESTAMP = "bad_timestamp"
    BAD_PORT = "bad_port"
    BAD_DESTINATION_IP = "bad_destination_ip"
    BAD_DESTINATION_PORT = "bad_destination_port"
    SHORT_ROW = "short_row"
    LONG_ROW = "long_row"
    BAD_QUOTES = "bad_quotes"
    BAD_UTF8 = "bad_utf8"
    REPEATED_HEADER = "repeated_header"
    TOO_LONG = "too_long"
    FUTURE = "future"
    RESERVED_IP = "reserved_ip"
    IP_RANGE = "ip_range"
    BAD_JSON = "bad_json"
    BAD_YAML = "bad_yaml"
    OTHER_KIND = "other_kind"


class Repair(StrEnum):
    """What was mended in an accepted record."""

    PADDED = "padded"
    TRIMMED = "trimmed"
    QUOTES = "quotes"


@dataclass(frozen=True, slots=True)
class Reject:
    """One record set aside; the columns of ``table.REJECTS``."""

    line: int
    byte_offset: int
    byte_length: int
    reason: Reason
    column: str
    excerpt: str


def excerpt(value: bytes | str) -> str:
    """Show a value of unknown content: printable, one line, at most 80 characters, foreign bytes in hexadecimal."""
    head = value[: 4 * _EXCERPT_CHARACTERS]
    text = head.decode("utf-8", "backslashreplace") if isinstance(head, bytes) else head
    shown = legible(text)
    return shown if len(shown) <= _EXCERPT_CHARACTERS else shown[: _EXCERPT_CHARACTERS - 1] + "…"


def legible(text: str) -> str:
    """Show a text on one line: what is not printable, or no character at all (in a file's name), as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


# One record at a time: RFC 4180 strictly, then what may be mended (``reject`` has the rules).


@dataclass(frozen=True, slots=True)
class _Patterns:
    """What a cell looks like; an inner quote has no delimiter beside it, or cells might shift.

    A doubled quote is either escaped (``inner``) or an inner and then the closing one (``inner_last``). Quantifiers are
    possessive: a hostile cell costs one pass.
    """

    strict: re.Pattern[bytes]
    backslash: re.Pattern[bytes]
    inner: re.Pattern[bytes]
    inner_last: re.Pattern[bytes]


@functools.cache
def _patterns(delimiter: bytes) -> _Patterns:
    def made(pattern: bytes, flags: int = 0) -> re.Pattern[bytes]:
        return re.compile(pattern.replace(b",", re.escape(delimiter)), flags)

    return _Patterns(
        made(rb'(?:"((?:[^"]++|"")*+)"|([^",]*+))(,|\Z)'),
        made(rb'(?:"((?:[^"\\]++|\\.|"")*+)"|([^",]*+))(,|\Z)', re.DOTALL),
        made(rb'(?:"((?:[^"]++|""|(?<!,)"(?![,"]|\Z))*+)"(?=,|\Z)|((?!")[^,]*+))(,|\Z)'),
        made(rb'(?:"((?:[^"]++|(?<!,)"(?!,|\Z))*+)"(?=,|\Z)|((?!")[^,]*+))(,|\Z)'),
    )


_ESCAPED = re.compile(rb"""\\(["\\])""")
"""Other characters keep the backslash before them: paths and line ends are as the malware wrote them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record cannot be taken; ``column`` is empty where its form is at fault."""

    reason: Reason
    column: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a record of one file must look like: its columns and the last of them that it cannot do without.

    ``quotes``: cells may stand in quotes.
    """

    names: tuple[str, ...]
    last_identifying: int
    delimiter: bytes = b","
    quotes: bool = True


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a record, one for each column, and what was mended to get them."""

    values: tuple[bytes, ...]
    repairs: tuple[Repair, ...] = ()


def split_strictly(record: bytes, delimiter: bytes = b",", *, quotes: bool = True) -> list[bytes] | None:
    """Return the cells of a record by RFC 4180, or ``None`` if its quotes are wrong."""
    return _split(_patterns(delimiter).strict, record, _undouble) if quotes else record.split(delimiter)


def read_record(record: bytes, form: Form) -> Cells | Fault:
    """Read one record without its line ending, mending what the rules allow.

    Where cells stand in no quotes, nothing can hold a line end within one: a lone carriage return is bad quoting.
    """
    if not form.quotes and b"\r" in record:
        return Fault(Reason.BAD_QUOTES if _is_utf8(record) else Reason.BAD_UTF8, "", excerpt(record))
    cells = split_strictly(record, form.delimiter, quotes=form.quotes)
    if cells is None:
        return _resolve_quotes(record, form)
    if fault := encoding_fault(cells, form):
        return fault
    return fit(cells, form, record)


def read_joined(record: bytes, form: Form) -> Cells | Fault | None:
    """Read lines that were joined because a quote was open; ``None`` unless they are exactly one record."""
    cells = split_strictly(record, form.delimiter, quotes=form.quotes)
    if cells is None or len(cells) != len(form.names):
        return None
    return encoding_fault(cells, form) or Cells(tuple(cells))


def as_csv(cells: tuple[bytes, ...], delimiter: bytes = b",", *, quotes: bool = True) -> bytes:
    """Write cells in the one form that the fast path reads; without quotes none has the delimiter."""
    if not quotes:
        return delimiter.join(cells)
    return delimiter.join(b'"' + cell.replace(b'"', b'""') + b'"' for cell in cells)


def _split(pattern: re.Pattern[bytes], record: bytes, unescape: Callable[[bytes], bytes]) -> list[bytes] | None:
    cells: list[bytes] = []
    at = 0
    while True:
        found = pattern.match(record, at)
        if found is None:
            return None
        quoted, bare, delimiter = found.groups()
        cells.append(bare if quoted is None else unescape(quoted))
        if not delimiter:
            return cells
        at = found.end()


def _undouble(cell: bytes) -> bytes:
    return cell.replace(b'""', b'"')


def _resolve_quotes(record: bytes, form: Form) -> Cells | Fault:
    for pattern, unescape in _ways(record, form):
        cells = _split(pattern, record, unescape)
        if cells is not None and len(cells) == len(form.names):
            return encoding_fault(cells, form) or Cells(tuple(cells), (Repair.QUOTES,))
    reason = Reason.BAD_QUOTES if _is_utf8(record) else Reason.BAD_UTF8
    return Fault(reason, "", excerpt(record))


def _ways(record: bytes, form: Form) -> Iterator[tuple[re.Pattern[bytes], Callable[[bytes], bytes]]]:
    """Yield how a record with wrong quotes may be read, as far as it can be of all columns."""
    if record.count(form.delimiter) + 1 < len(form.names):
        return
    patterns = _patterns(form.delimiter)
    if b"\\" in record:  # else it is what was tried already
        yield patterns.backslash, lambda cell: _ESCAPED.sub(rb"\1", _undouble(cell))
    yield patterns.inner, _undouble
    yield patterns.inner_last, _undouble


def fit(cells: list[bytes], form: Form, record: bytes) -> Cells | Fault:
    """Give a record as many cells as there are columns, where the rules allow it."""
    missing = len(form.names) - len(cells)
    if missing == 0:
        return Cells(tuple(cells))
    if missing > 0:
        # The last cell present may have been cut: it must not be one that identifies the sighting.
        if len(cells) - 1 > form.last_identifying:
            return Cells((*cells, *[b""] * missing), (Repair.PADDED,))
        return Fault(Reason.SHORT_ROW, "", excerpt(record))
    if not any(cells[missing:]):
        return Cells(tuple(cells[:missing]), (Repair.TRIMMED,))
    return Fault(Reason.LONG_ROW, "", excerpt(form.delimiter.join(cells[missing:])))


def encoding_fault(cells: list[bytes], form: Form) -> Fault | None:
    """Return what is wrong where a cell is not UTF-8."""
    for n, cell in enumerate(cells):
        if not _is_utf8(cell):
            return Fault(Reason.BAD_UTF8, form.names[n] if n < len(form.names) else "", excerpt(cell))
    return None


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
