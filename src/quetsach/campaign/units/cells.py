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

from quetsach.campaign.units.errors import UnitsError
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day

MAX_BYTES = 8 << 20
MAX_ROWS = 50_000
MAX_COLUMNS = 20
MAX_CELL = 300
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, order=True)
class CellFault:
    """What is wrong with one cell, and what to do: the row as the spreadsheet counts it, 0 if it is of no one row."""

    sheet: str
    row: int
    column: str
    what: str
    hint: str


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
            raise UnitsError(f"more than {MAX_COLUMNS} columns", where=f"{name}, row {number}")
        if not header:
            header = tuple(cell.strip().lower() for cell in filled)
        elif filled:
            kept.append((number, filled))
            if len(kept) > MAX_ROWS:
                raise UnitsError(f"more than {MAX_ROWS:,} rows", where=name, hint="import the table in parts")
    return Sheet(name, header, tuple(kept))


def read_csv(content: bytes, *, name: str) -> Sheet:
    """Read a CSV file, UTF-8 with or without a byte order mark, cells parted by commas or semicolons.

    Raises:
        UnitsError: too large, not UTF-8, broken quoting, too many rows or columns.
    """
    if len(content) > MAX_BYTES:
        raise UnitsError(f"larger than {MAX_BYTES >> 20} MiB", where=name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "save the file as CSV UTF-8"
        raise UnitsError(f"not UTF-8 at byte {error.start}", where=name, hint=hint) from error
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",", strict=True
    )
    try:
        return sheet_of(name, ((reader.line_num, cells) for cells in reader))
    except csv.Error as error:
        raise UnitsError(f"not a CSV row: {error}", where=f"{name}, line {reader.line_num}") from error


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file that spreadsheet programs open as UTF-8 and in which no cell is a formula."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def guarded(cell: str) -> str:
    """Return a cell so that no spreadsheet program takes it for a formula; ``unguarded`` is the inverse."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def unguarded(cell: str) -> str:
    """Return what a guarded cell holds."""
    return cell.removeprefix("'")


class RowReader:
    """Reads the cells of one row by column and notes what is wrong with them instead of stopping."""

    def __init__(self, sheet: str, number: int, cells: Mapping[str, str], faults: list[CellFault]) -> None:
        self.number = number
        self._sheet = sheet
        self._cells = cells
        self._faults = faults
        self.is_sound = True

    def fault(self, column: str, what: str, hint: str) -> None:
        """Note a fault of this row."""
        self.is_sound = False
        self._faults.append(CellFault(self._sheet, self.number, column, what, hint))

    def text(self, column: str, *, most: int = 200, is_required: bool = True) -> str:
        """Return a cell as composed text without blanks around it."""
        cell = unicodedata.normalize("NFC", unguarded(self._cells.get(column, "")).strip())
        if not cell and is_required:
            self.fault(column, "is empty", "fill the cell")
        elif len(cell) > most:
            self.fault(column, f"is longer than {most} characters", "shorten it")
            cell = cell[:most]
        elif _CONTROL.search(cell):
            self.fault(column, "holds a line break or a control character", "write it on one line")
        return cell

    def matching(
        self, column: str, pattern: re.Pattern[str], *, hint: str, most: int = 40, is_required: bool = True
    ) -> str:
        """Return a cell of a fixed form."""
        cell = self.text(column, most=most, is_required=is_required)
        if cell and self.is_sound and not pattern.fullmatch(cell):
            self.fault(column, f"is not of the form it must have: {cell[:40]!r}", hint)
        return cell

    def one_of[T](self, column: str, known: Mapping[str, T]) -> T | None:
        """Return what a word of a list stands for."""
        cell = self.text(column, most=40)
        if cell and cell.lower() not in known:
            self.fault(column, f"is none of the words it may be: {cell!r}", f"one of {', '.join(known)}")
        return known.get(cell.lower())

    def day(self, column: str, *, is_required: bool = True) -> date | None:
        """Return a day."""
        cell = self.text(column, most=40, is_required=is_required)
        return self.parsed(column, parse_day, cell) if cell else None

    def parsed[T](self, column: str, parse: Callable[[str], T], cell: str) -> T | None:
        """Return what a parser makes of a text; what it refuses is noted."""
        try:
            return parse(cell)
        except InputError as error:
            self.fault(column, error.what, error.hint or "correct the cell")
            return None


def readers(sheet: Sheet, columns: Sequence[str], faults: list[CellFault]) -> Iterator[RowReader]:
    """Yield a reader for each row; a row of too many cells is noted and passed over."""
    for number, cells in sheet.rows:
        if len(cells) > len(sheet.header):
            what = f"the row has {len(cells)} cells, the header {len(sheet.header)}"
            faults.append(CellFault(sheet.name, number, "", what, "take away what stands beside the table"))
        elif any(len(cell) > MAX_CELL for cell in cells):
            at = next(column for column, cell in zip(sheet.header, cells, strict=False) if len(cell) > MAX_CELL)
            faults.append(CellFault(sheet.name, number, at, f"is longer than {MAX_CELL} characters", "shorten it"))
        else:
            by_name = dict(zip(sheet.header, cells, strict=False))
            yield RowReader(sheet.name, number, {column: by_name.get(column, "") for column in columns}, faults)
