"""One record at a time: RFC 4180 strictly, then what may be mended (``reject`` has the rules)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from quetsach.feeds.reject import Reason, Repair, excerpt

# Possessive quantifiers: a hostile cell costs one pass.
_STRICT = re.compile(rb'(?:"((?:[^"]++|"")*+)"|([^",]*+))(,|\Z)')
_BACKSLASH = re.compile(rb'(?:"((?:[^"\\]++|\\.|"")*+)"|([^",]*+))(,|\Z)', re.DOTALL)
# An inner quote has no delimiter beside it, or cells might shift. A doubled one is either escaped (first pattern) or an
# inner and then the closing quote (second).
_INNER = re.compile(rb'(?:"((?:[^"]++|""|(?<!,)"(?![,"]|\Z))*+)"(?=,|\Z)|((?!")[^,]*+))(,|\Z)')
_INNER_LAST = re.compile(rb'(?:"((?:[^"]++|(?<!,)"(?!,|\Z))*+)"(?=,|\Z)|((?!")[^,]*+))(,|\Z)')
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record cannot be taken; ``column`` is empty where its form is at fault."""

    reason: Reason
    column: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Form:
    """What a record of one file must look like: its columns and the last of them that it cannot do without."""

    names: tuple[str, ...]
    last_identifying: int


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a record, one for each column, and what was mended to get them."""

    values: tuple[bytes, ...]
    repairs: tuple[Repair, ...] = ()


def split_strictly(record: bytes) -> list[bytes] | None:
    """Return the cells of a record by RFC 4180, or ``None`` if its quotes are wrong."""
    return _split(_STRICT, record, _undouble)


def read_record(record: bytes, form: Form) -> Cells | Fault:
    """Read one record without its line ending, mending what the rules allow."""
    cells = split_strictly(record)
    if cells is None:
        return _resolve_quotes(record, form)
    if fault := _encoding_fault(cells, form):
        return fault
    return _fit(cells, form, record)


def read_joined(record: bytes, form: Form) -> Cells | Fault | None:
    """Read lines that were joined because a quote was open; ``None`` unless they are exactly one record."""
    cells = split_strictly(record)
    if cells is None or len(cells) != len(form.names):
        return None
    return _encoding_fault(cells, form) or Cells(tuple(cells))


def as_csv(cells: tuple[bytes, ...]) -> bytes:
    """Write cells in the one form that the fast path reads."""
    return b",".join(b'"' + cell.replace(b'"', b'""') + b'"' for cell in cells)


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
    for pattern, unescape in (
        (_BACKSLASH, lambda cell: _ESCAPED.sub(rb"\1", cell.replace(b'""', b'"'))),
        (_INNER, _undouble),
        (_INNER_LAST, _undouble),
    ):
        cells = _split(pattern, record, unescape)
        if cells is not None and len(cells) == len(form.names):
            return _encoding_fault(cells, form) or Cells(tuple(cells), (Repair.QUOTES,))
    reason = Reason.BAD_QUOTES if _is_utf8(record) else Reason.BAD_UTF8
    return Fault(reason, "", excerpt(record))


def _fit(cells: list[bytes], form: Form, record: bytes) -> Cells | Fault:
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
    return Fault(Reason.LONG_ROW, "", excerpt(b",".join(cells[missing:])))


def _encoding_fault(cells: list[bytes], form: Form) -> Fault | None:
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
