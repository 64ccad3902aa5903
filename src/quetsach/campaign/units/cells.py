"""Cells of tables that people keep in spreadsheets: text in and out, and what is wrong with which cell.

Everything here is untrusted: it comes from a file that somebody sent.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from quetsach.campaign.errors import UnitsError
from quetsach.core.period import read_day
from quetsach.core.table import csv_text, unguarded
from quetsach.core.text import LocalText, Text

MAX_BYTES = 8 << 20
MAX_ROWS = 50_000
MAX_COLUMNS = 20
MAX_LINES = 4 * MAX_ROWS
"""Of a CSV file, with empty ones and those inside of cells."""
MAX_CELL = 300
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_WIDE = Text("more than {max_columns} columns", max_columns=MAX_COLUMNS)
_LONG = Text("more than {max_rows} rows", max_rows=MAX_ROWS)
_LARGE = Text("larger than {size} MiB", size=MAX_BYTES >> 20)
_IN_PARTS = Text("import the table in parts")
_NO_TEXT = Text("not text in UTF-8")
_NO_ROW = Text("a broken CSV row")
_SAVE_AS_UTF8 = Text("save the file as CSV UTF-8 or XLSX")
_EMPTY = Text("is empty"), Text("fill the cell")
_ON_ONE_LINE = (
    Text("holds a line break or a control character"),
    Text("write it on one line"),
)
_FORMULA_CELL = (
    Text("is a formula"),
    Text("paste its value instead"),
)
_BESIDE = (
    Text("the row is longer than the header"),
    Text("take away what stands beside the table"),
)
_DAY_FORM = Text("write it as 2020-06-16 or 16/06/2020")
_CORRECT = Text("correct the cell")


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell, and what to do: the row as the spreadsheet counts it, 0 if it is of no one row."""

    sheet: str
    row: int
    column: str
    what: LocalText
    hint: LocalText


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table as it was read: its name, its header, its rows with their numbers."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def sheet_of(name: str, rows: Iterable[tuple[int, Sequence[str]]]) -> Sheet:
    """Keep the first row as header and those after it that hold something.

    Raises:
        UnitsError: too many rows or columns, or no header.
    """
    header: tuple[str, ...] = ()
    kept: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in rows:
        filled = tuple(cells)
        while filled and not filled[-1].strip():
            filled = filled[:-1]
        if len(filled) > MAX_COLUMNS:
            raise UnitsError(_WIDE, where=f"{name}, {number}")
        if not header:
            header = tuple(cell.strip().lower() for cell in filled)
        elif filled:
            kept.append((number, filled))
            if len(kept) > MAX_ROWS:
                raise UnitsError(_LONG, where=name, advice=_IN_PARTS)
    return Sheet(name, header, tuple(kept))


def read_csv(content: bytes, *, name: str) -> Sheet:
    """Read a CSV file, UTF-8 with or without a byte order mark, cells parted by commas or semicolons.

    Raises:
        UnitsError: too large, not UTF-8, broken quoting, too many rows or columns.
    """
    if len(content) > MAX_BYTES:
        raise UnitsError(_LARGE, where=name, advice=_IN_PARTS)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = Text("line {line}: {no_text}", line=line, no_text=_NO_TEXT)
        raise UnitsError(what, where=name, advice=_SAVE_AS_UTF8) from error
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    if max(text.count("\n"), text.count("\r")) > MAX_LINES or text.count(delimiter) > MAX_ROWS * MAX_COLUMNS:
        raise UnitsError(_LONG, where=name, advice=_IN_PARTS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return sheet_of(name, ((reader.line_num, cells) for cells in reader))
    except csv.Error as error:
        raise UnitsError(_NO_ROW, where=f"{name}, {reader.line_num}", advice=_SAVE_AS_UTF8) from error


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file that spreadsheet programs open as UTF-8 and in which no cell is a formula."""
    return csv_text(rows, line_end="\r\n").encode("utf-8-sig")


def _too_long(most: int) -> tuple[LocalText, LocalText]:
    return Text("is longer than {most} characters", most=most), Text("shorten it")


class RowReader:
    """Reads the cells of one row by column and notes what is wrong with them instead of stopping."""

    def __init__(self, sheet: str, number: int, cells: Mapping[str, str], faults: list[CellFault]) -> None:
        self.number = number
        self._sheet = sheet
        self._cells = cells
        self._faults = faults
        self.is_sound = True

    def fault(self, column: str, what: LocalText, hint: LocalText) -> None:
        """Note a fault of this row."""
        self.is_sound = False
        self._faults.append(CellFault(self._sheet, self.number, column, what, hint))

    def text(self, column: str, *, most: int = 200, is_required: bool = True) -> str:
        """Return a cell as composed text without blanks around it."""
        raw = self._cells.get(column, "").strip()
        cell = unicodedata.normalize("NFC", unguarded(raw).strip())
        if raw.startswith("="):
            self.fault(column, *_FORMULA_CELL)
        elif not cell and is_required:
            self.fault(column, *_EMPTY)
        elif len(cell) > most:
            self.fault(column, *_too_long(most))
            cell = cell[:most]
        elif _CONTROL.search(cell):
            self.fault(column, *_ON_ONE_LINE)
        return cell

    def matching(
        self, column: str, pattern: re.Pattern[str], *, hint: LocalText, most: int = 40, is_required: bool = True
    ) -> str:
        """Return a cell of a fixed form."""
        cell = self.text(column, most=most, is_required=is_required)
        if cell and self.is_sound and not pattern.fullmatch(cell):
            self.fault(column, Text("is not of its form: {cell}", cell=cell[:40]), hint)
        return cell

    def one_of[T](self, column: str, known: Mapping[str, T]) -> T | None:
        """Return what a word of a list stands for."""
        cell = self.text(column, most=40)
        if cell and cell.lower() not in known:
            words = ", ".join(known)
            what = Text("is none of the words it may be: {cell}", cell=cell)
            self.fault(column, what, Text("one of: {words}", words=words))
        return known.get(cell.lower())

    def day(self, column: str, *, is_required: bool = True) -> date | None:
        """Return a day."""
        cell = self.text(column, most=40, is_required=is_required)
        try:
            return read_day(cell) if cell else None
        except ValueError:
            self.fault(column, Text("is not a day: {cell}", cell=cell), _DAY_FORM)
            return None

    def parsed[T](self, column: str, parse: Callable[[str], T], cell: str) -> T | None:
        """Return what a parser makes of a text; what it refuses is noted."""
        try:
            return parse(cell)
        except UnitsError as error:
            self.fault(column, error.text, error.advice or _CORRECT)
            return None


def readers(sheet: Sheet, columns: Sequence[str], faults: list[CellFault]) -> Iterator[RowReader]:
    """Yield a reader for each row; a row of too many cells is noted and passed over."""
    for number, cells in sheet.rows:
        if len(cells) > len(sheet.header):
            faults.append(CellFault(sheet.name, number, "", *_BESIDE))
        elif any(len(cell) > MAX_CELL for cell in cells):
            at = next(column for column, cell in zip(sheet.header, cells, strict=False) if len(cell) > MAX_CELL)
            faults.append(CellFault(sheet.name, number, at, *_too_long(MAX_CELL)))
        else:
            by_name = dict(zip(sheet.header, cells, strict=False))
            yield RowReader(sheet.name, number, {column: by_name.get(column, "") for column in columns}, faults)
