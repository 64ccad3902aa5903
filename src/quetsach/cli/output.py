"""How the command speaks: JSON on request, aligned tables, and a progress line on a terminal."""

import json
import os
import re
import sys
import textwrap
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from threading import Timer
from types import TracebackType
from typing import Any, Self, TextIO

from quetsach.core.text import LocalText
from quetsach.core.time_left import TimeLeft, rounded_minutes

_STROKE = "▁▂▃▄▅▆▇█"
_QUIET_SECONDS, _LOG_SECONDS = 2.0, 15.0
"""How long work goes on before it is told at all, and how often a log is told how far it is."""
_WIDTH = 24
_WIDEST = 110
"""Columns that text uses at most: longer lines are hard to read."""
_COMMAND = re.compile(r"`[^`]*`")
_NO_BREAK = "\0"
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
"""What a terminal obeys instead of showing it, or what changes the order of what it shows."""
_COLOURED = re.compile("(\x1b\\[[0-9;]+m)(.*)(\x1b\\[0m)")
"""A whole line as ``coloured`` makes it."""


def seen(text: str) -> str:
    """Return a text as a terminal may have it: what it would obey is an escape, also where a feed or a file wrote it.

    Lines and tabs stay. In JSON the escapes mean the same characters.
    """
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def coloured(text: str, code: str) -> str:
    """Return text in a colour, where there is a terminal that shows it."""
    if os.environ.get("NO_COLOR") or not _obeys(sys.stdout):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def print_json(value: Any) -> None:
    """Print one JSON value, readable and in UTF-8."""
    print(_json(value))


def _json(value: Any) -> str:
    return seen(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_json_list(values: Iterable[Any]) -> None:
    """Print what ``print_json`` prints of a list, without holding the list."""
    before = "["
    for value in values:
        print(before, _json(value).replace("\n", "\n  "), sep="\n  ", end="")
        before = ","
    print("[]" if before == "[" else "\n]")


def say(text: str, stream: TextIO | None = None) -> None:
    """Print text for a person: on a terminal each line is broken between words, its indentation kept.

    What goes into a file or a pipe stays one line a line. A command in backquotes is not broken: a copy of it must run.
    What a terminal would obey is told as ``seen`` tells it, but for the colour of a whole line.
    ``stream`` is standard output by default.
    """
    stream = stream or sys.stdout
    columns = min(_columns(stream), _WIDEST) if stream.isatty() else 0
    for line in map(_line_seen, text.split("\n")):
        if len(line) <= columns or not columns:
            print(line, file=stream)
            continue
        indent = " " * (len(line) - len(line.lstrip()))
        told = textwrap.fill(
            _COMMAND.sub(lambda found: found[0].replace(" ", _NO_BREAK), line.strip()),
            max(columns, 2 * len(indent) + 20),
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        print(told.replace(_NO_BREAK, " "), file=stream)


def tell(text: LocalText, language: str, stream: TextIO | None = None) -> None:
    """Print a text for a person in a language, as ``say`` does."""
    say(text.in_language(language), stream)


def _line_seen(line: str) -> str:
    painted = _COLOURED.fullmatch(line)
    return f"{painted[1]}{seen(painted[2])}{painted[3]}" if painted else seen(line)


def width(text: str) -> int:
    """Columns that a terminal gives to a text: marks take none, wide letters two."""
    normal = unicodedata.normalize("NFC", text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in normal)


def _cut(text: str, columns: int) -> str:
    """Return what of a text fits into columns, so that a line never breaks into two."""
    fitting = text[:columns]
    while width(fitting) > columns:
        fitting = fitting[:-1]
    return fitting


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()) -> None:
    """Print rows in columns; columns whose index is in ``right`` hold figures and are set to the right.

    Where a terminal is too narrow for that, each row is told by itself, a line for each of its cells.
    """
    cells = [[seen(str(c)) for c in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(header, *cells, strict=True)]
    if sys.stdout.isatty() and sum(widths) + 2 * (len(widths) - 1) > _columns(sys.stdout):
        for row in cells:
            say("\n  ".join(f"{name}: {cell}" for name, cell in zip(header, row, strict=True)))
        return
    aligned = frozenset(right)
    for row in (list(header), ["─" * w for w in widths], *cells):
        padded = [
            " " * (w - width(c)) + c if n in aligned else c + " " * (w - width(c))
            for n, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(padded).rstrip())


def _shortly(seconds: float) -> str:
    """Return a time roughly, in signs that both languages know."""
    hours, minutes = divmod(rounded_minutes(seconds), 60)
    return f"~{hours} h {minutes:02d}" if hours else f"~{minutes} min" if minutes else "<1 min"


class Progress:
    """One line that a terminal shows while long work goes on; silent where nobody looks, but for a log if asked to.

    The bar is the broom stroke of the wordmark. It appears only after two seconds, so that short work stays quiet.
    A log is told after as long what goes on, and then four times a minute how far it is.

    Args:
        label: what goes on, already in the reader's language.
        total: how many steps there are; 0 if that is not known.
        preface: a line that stands above from when the bar appears, such as which keys there are.
        left: what says how many seconds are left, in words.
        stream: where to write, standard error by default.
        is_logged: whether a file or pipe is told in plain lines.
    """

    def __init__(
        self,
        label: str,
        total: int = 0,
        *,
        preface: str = "",
        left: Callable[[float], str] = _shortly,
        stream: TextIO | None = None,
        is_logged: bool = False,
    ) -> None:
        self._label = label
        self._preface = preface
        self._left = left
        self._total = total
        self._stream = stream or sys.stderr
        self._visible = _obeys(self._stream)
        self._begins = Timer(_QUIET_SECONDS, self._log) if is_logged and not self._stream.isatty() else None
        self._started = time.monotonic()
        self._drawn_at = 0.0
        self._done = 0
        self._time_left = TimeLeft()

    def __enter__(self) -> Self:
        if self._begins:
            self._begins.daemon = True
            self._begins.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._begins:
            self._begins.cancel()
        if self._visible and self._drawn_at:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def advance(self, steps: int = 1, *, note: str = "") -> None:
        """Say that some steps are done; redraws at most ten times a second."""
        self._done += steps
        now = time.monotonic()
        if self._begins and self._total and self._drawn_at and now - self._drawn_at >= _LOG_SECONDS:
            self._log()
        if not self._visible or now - self._started < _QUIET_SECONDS or now - self._drawn_at < 0.1:
            return
        if self._preface and not self._drawn_at:
            say(self._preface, self._stream)
        self._drawn_at = now
        self._draw(f"{self._label} {self._bar(now)} {note}")

    def move_to(self, done: int, total: int = 0, *, note: str = "") -> None:
        """Say how many of how many steps are done; 0 if it is not known of how many."""
        self._done, self._total = done, total
        self.advance(0, note=note)

    def stand_still(self, note: str) -> None:
        """Say that the work stands still, whatever was drawn before."""
        if self._visible:
            self._drawn_at = time.monotonic()
            self._draw(note)

    def go_on(self, seconds: float) -> None:
        """Leave the time that the work stood still out of what is still to come."""
        self._started += seconds

    def _log(self) -> None:
        self._drawn_at = time.monotonic()
        share = f" {min(1.0, self._done / self._total):.0%}" if self._total and self._done else ""
        print(f"{self._label}…{share}", file=self._stream, flush=True)

    def _draw(self, line: str) -> None:
        self._stream.write(f"\r\x1b[K{_cut(line, _columns(self._stream))}")
        self._stream.flush()

    def _bar(self, now: float) -> str:
        if not self._total:
            return f"{self._done:,}"
        share = min(1.0, self._done / self._total)
        filled = int(share * _WIDTH)
        stroke = "".join(_STROKE[min(7, n * 8 // _WIDTH)] for n in range(filled)).ljust(_WIDTH, "·")
        left = self._time_left.seconds(now - self._started, share)
        return f"{stroke} {share:4.0%}  {'' if left is None else self._left(left)} "


def _obeys(stream: TextIO) -> bool:
    """Return whether a terminal shows a stream that obeys colours and erasing."""
    if not stream.isatty():
        return False
    from quetsach.endpoint.host.live import obeys_sequences  # noqa: PLC0415  (a console of Windows has to be asked to)

    return obeys_sequences()


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80  # a serial console says 0
    except OSError:
        return 80
