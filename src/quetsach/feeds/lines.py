"""Where the lines of a file are and which of them are plainly well formed, found for millions at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quetsach.feeds.reject import MAX_RECORD_BYTES

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
