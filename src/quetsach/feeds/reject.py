"""Why a record is set aside, and what may be repaired with a flag.

The rules, in the order in which they apply to a record:

1. A line longer than ``MAX_RECORD_BYTES`` is ``too_long``.
2. A cell that is not UTF-8 makes the record ``bad_utf8``: nothing is re-encoded by guess.
3. Quotes follow RFC 4180. A line that ends inside an open quote is joined with the lines after it, up to
   ``MAX_RECORD_LINES``, only if the whole then has exactly the header's columns and none of those lines is a
   good record by itself: a row cut inside a quote never swallows its neighbour. Quotes that RFC 4180 does not allow
   (unescaped inside a cell with no delimiter beside them, or escaped by a backslash) are resolved if that gives
   exactly the header's columns (repair ``quotes``), else ``bad_quotes``.
4. Too few cells: if every identifying column is there and closed by a delimiter, only optional cells at the end are
   missing and count as empty (repair ``padded``), else ``short_row``. Too many: if all surplus cells are empty they
   are dropped (repair ``trimmed``), else ``long_row``.
5. A record that repeats the header is ``repeated_header``.
6. Values, in the order of ``values.TYPED``: ``bad_timestamp``, ``empty_ip``, ``bad_ip``, ``bad_port``,
   ``bad_destination_ip``, ``bad_destination_port``. The first fault names the record.
7. What cannot be: a time more than ``AHEAD_AT_MOST`` after that of the ingest is ``future``; an address that no machine
   on the public internet can have (``core.reserved``) is ``reserved_ip``.

A blank line is not a record. A claimed AS number that is not a number stays in ``extra`` as written.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

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
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
