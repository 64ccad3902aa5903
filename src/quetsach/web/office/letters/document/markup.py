r"""The little markup of a letter's body: every line is a paragraph, as Decree 30/2020 sets them.

``**bold**``, ``*italic*``, ``***both***``; a line that begins with ``# `` is a heading; lines that begin with ``|`` are
a table whose first row is its header. A second row of dashes alone, which other programs want there, is not printed;
colons in it (``:---``, ``:---:``, ``---:``) say where the words of a column stand. A backslash before ``*``, ``|``,
``#`` or ``\`` prints the sign itself. Numbers of clauses ("1.", "a)", "-") are typed as they are to be read.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from quetsach.web.office.letters.document.letter import DocumentError, Line

MOST_COLUMNS = 12
MOST_LINES = 2_000
MOST_RUNS = 10_000
"""Of a whole body, cells of tables included: more takes a word processor minutes."""
_TOKEN = re.compile(r"\\([\\*|#])|(\*{1,3})|([^\\*]+|\\)")
_CELL = re.compile(r"((?:\\.|[^\\|])*)\|")
_MARKED = re.compile(r"([\\*|#])")
_SEPARATOR = re.compile(r":?-{2,}:?")
_FIGURE = re.compile(r"[+\-\u2212\u2013]?\d[\d.,\s]*%?")
_ROW_NUMBERS = {"stt", "tt", "số tt", "số thứ tự", "no"}
_NOTHING = {"", "-", "\u2013", "\u2014"}
_LEAST_WEIGHT, _MOST_WEIGHT = 4, 40


@dataclass(frozen=True, slots=True)
class Run:
    """Letters in one cut."""

    text: str
    bold: bool = False
    italic: bool = False


type Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, or a heading of its own line."""

    runs: Runs
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells each as the header.

    ``weights`` are the columns' shares of the width, ``aligns`` where the words of each stand: ``left``, ``center`` or
    ``right``.
    """

    header: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]
    weights: tuple[float, ...]
    aligns: tuple[str, ...]


type Block = Paragraph | Table


def escape(text: str) -> str:
    """Return markup that prints the text as it is: for names that are put into a template."""
    return _MARKED.sub(r"\\\1", text)


def parse(body: str, *, where: object = _("text of the letter")) -> tuple[Block, ...]:
    """Read a body; ``where`` names it.

    Raises:
        DocumentError: emphasis that is not closed, a row of another length than its header, or too much of anything.
    """
    lines = ((Line(where, number), line.strip()) for number, line in enumerate(_lines(body), 1))
    written = [(at, line) for at, line in lines if line]
    if len(written) > MOST_LINES:
        raise DocumentError(_("more than %(most)s lines") % {"most": MOST_LINES}, where=where)
    blocks: list[Block] = []
    for is_table, group in groupby(written, key=lambda item: item[1].startswith("|")):
        lines_of_kind = list(group)
        blocks += [_table(lines_of_kind)] if is_table else [_paragraph(at, line) for at, line in lines_of_kind]
    if sum(map(_run_count, blocks)) > MOST_RUNS:
        raise DocumentError(
            _("more than %(most)s cells of tables and bold or italic words") % {"most": MOST_RUNS}, where=where
        )
    return tuple(blocks)


def plain(runs: Runs) -> str:
    """Return what is read, without its cut."""
    return "".join(run.text for run in runs)


def _lines(body: str) -> list[str]:
    return unicodedata.normalize("NFC", body).replace("\r\n", "\n").replace("\t", " ").split("\n")


def _paragraph(at: Line, line: str) -> Paragraph:
    if line.startswith("# "):
        return Paragraph(tuple(_runs(at, line[2:].strip())), is_heading=True)
    return Paragraph(tuple(_runs(at, line)))


def _table(lines: list[tuple[Line, str]]) -> Table:
    rows = [_row(at, line) for at, line in lines]
    header, at = rows[0], lines[0][0]
    if len(header) > MOST_COLUMNS:
        raise DocumentError(_("a table has at most %(most)s columns") % {"most": MOST_COLUMNS}, where=at)
    for (place, _line), row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise DocumentError(
                _("%(found)s cells where the first row has %(wanted)s") % {"found": len(row), "wanted": len(header)},
                where=place,
            )
    marks = ["" for _cell in header]
    if len(rows) > 1 and all(_SEPARATOR.fullmatch(plain(cell)) for cell in rows[1]):
        marks = [plain(cell) for cell in rows.pop(1)]
    columns = list(zip(*rows, strict=True))
    aligns = tuple(_align(mark, column) for mark, column in zip(marks, columns, strict=True))
    return Table(header, tuple(rows[1:]), tuple(_weight(column) for column in columns), aligns)


def _run_count(block: Block) -> int:
    if isinstance(block, Paragraph):
        return len(block.runs)
    return sum(max(1, len(cell)) for row in (block.header, *block.rows) for cell in row)


def _row(at: Line, line: str) -> tuple[Runs, ...]:
    cells, end = [], 1
    while cell := _CELL.match(line, end):
        cells.append(tuple(_runs(at, cell[1].strip())))
        end = cell.end()
    if not cells or end != len(line):
        raise DocumentError(_("a row of a table ends with |"), where=at)
    return tuple(cells)


def _weight(column: tuple[Runs, ...]) -> int:
    """Between the longest cell and the typical one, so that one long remark does not starve the other columns."""
    lengths = sorted(len(plain(cell)) for cell in column)
    return min(max((lengths[-1] + lengths[len(lengths) // 2]) // 2, _LEAST_WEIGHT), _MOST_WEIGHT)


def _align(mark: str, column: tuple[Runs, ...]) -> str:
    """Return what the mark says; without one, figures stand right and the numbers of rows in the middle."""
    if ":" in mark:
        return {":-": "left", "::": "center", "-:": "right"}[mark[0] + mark[-1]]
    header, *cells = (plain(cell).strip() for cell in column)
    if header.casefold().rstrip(".") in _ROW_NUMBERS:
        return "center"
    figures = [cell for cell in cells if cell not in _NOTHING]
    return "right" if figures and all(_FIGURE.fullmatch(cell) for cell in figures) else "left"


def _runs(at: Line, text: str) -> Iterator[Run]:
    pieces, bold, italic = [], False, False
    for token in _TOKEN.finditer(text):
        escaped, stars, letters = token.groups()
        if stars:
            bold ^= len(stars) >= 2
            italic ^= len(stars) != 2
        else:
            pieces.append(Run(escaped or letters, bold, italic))
    if bold or italic:
        mark = "*" * (2 * bold + italic)
        raise DocumentError(
            _("%(mark)s is opened and not closed") % {"mark": mark},
            where=at,
            hint=_("put a backslash before a star that is to be read"),
        )
    for (is_bold, is_italic), same in groupby(pieces, key=lambda run: (run.bold, run.italic)):
        yield Run("".join(run.text for run in same), is_bold, is_italic)
