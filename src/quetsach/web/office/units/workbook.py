"""Reads the cells of an XLSX file (ECMA-376) as a stream: nothing is made before it is known that there is room for it.

Run as a program it reads a file from standard input and writes its sheets as JSON: that is how the centre reads what
people send, in a process of its own with hard limits (see ``spreadsheet``). Standard library only, so that it starts
fast and stays small.
"""

import io
import json
import posixpath
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO
from xml.parsers import expat

MAX_PARTS = 200
MAX_INDEX_BYTES = (1 << 16) + 22
"""As much as the end of an archive with its comment, which is read in one piece as well."""
MAX_UNPACKED_BYTES = 16 << 20
MAX_ELEMENTS = 400_000
MAX_DEPTH = 32
MAX_SHEETS = 8
MAX_CELLS = 200_000
MAX_TEXT_CHARACTERS = 6 << 20
MAX_CELL_CHARACTERS = 10_000
_CHUNK_BYTES = 1 << 16
_FORBIDDEN = (
    "xl/externallinks/",
    "xl/embeddings/",
    "xl/activex/",
    "xl/vbaproject",
    "xl/connections",
    "xl/querytables/",
)
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Numbers of the built-in formats of dates and times (ECMA-376 part 1, 18.8.30)."""
_NO_LETTERS = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CPU_SECONDS, _MEMORY_BYTES = 3, 192 << 20
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, OSError, EOFError, ValueError, LookupError, ArithmeticError),
    RuntimeError,  # an unknown way of packing, or elements within elements
)
"""What readers raise on files that are not what they say."""


class WorkbookError(Exception):
    """The file is not taken; the text is ``damaged``, ``large``, ``active`` or ``entities``."""


type Rows = Iterator[tuple[int, list[str]]]


@dataclass(slots=True)
class Budget:
    """What is left of the bounds that hold for a file as a whole."""

    unpacked: int = MAX_UNPACKED_BYTES
    elements: int = MAX_ELEMENTS
    cells: int = MAX_CELLS
    characters: int = MAX_TEXT_CHARACTERS

    def text(self, text: str) -> str:
        """Return a cell's text, cut where no cell is as long."""
        text = text[:MAX_CELL_CHARACTERS]
        self.characters -= len(text)
        if self.characters < 0:
            raise WorkbookError("large")
        return text


def read_workbook(content: bytes, *, columns: int, rows: int) -> list[tuple[str, list[tuple[int, list[str]]]]]:
    """Return each sheet's title and the rows that hold something, with their numbers.

    Args:
        content: the file.
        columns: cells further right than one beyond this are passed over.
        rows: a sheet with a cell further down than one beyond this is refused.

    Raises:
        WorkbookError: not a plain XLSX file, or too large in any way.
    """
    try:
        return _read(content, columns, rows)
    except _DAMAGED as error:
        raise WorkbookError("damaged") from error


def _read(content: bytes, columns: int, rows: int) -> list[tuple[str, list[tuple[int, list[str]]]]]:
    budget = Budget()
    with zipfile.ZipFile(Content(content)) as archive:
        names = {name.lower(): name for name in archive.namelist()}
        if len(archive.namelist()) > MAX_PARTS:
            raise WorkbookError("large")
        if any(name.startswith(_FORBIDDEN) for name in names):
            raise WorkbookError("active")

        def parse(path: str, reader: "Reader") -> None:
            if (name := names.get(path.lower())) is not None:
                with archive.open(name) as part:
                    _parse(part, reader, budget)

        book, links = Book(), Links()
        parse("xl/workbook.xml", book)
        parse("xl/_rels/workbook.xml.rels", links)
        if not book.sheets:
            raise WorkbookError("damaged")
        if len(book.sheets) > MAX_SHEETS:
            raise WorkbookError("large")
        strings, styles = Strings(budget), Styles()
        parse(links.of_kind("sharedStrings"), strings)
        parse(links.of_kind("styles"), styles)
        found, dates = [], styles.dates()
        for title, relation in book.sheets:
            cells = Cells(budget, strings.found, dates, columns, rows, is_1904=book.is_1904)
            parse(links.targets.get(relation, ("", ""))[1], cells)
            found.append((budget.text(title), cells.rows))
        return found


class Content(io.BytesIO):
    """A file whose table of contents, which is read in one piece, is short: each of its entries becomes an object."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Read; what asks for a long piece is refused, wherever the archive says that it lies."""
        if size is not None and size > MAX_INDEX_BYTES:
            raise WorkbookError("large")
        return super().read(size)


class Reader:
    """What is told of the elements of one part; names come without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """A piece of text."""


def _parse(part: IO[bytes], reader: Reader, budget: Budget) -> None:
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        budget.elements -= 1
        if depth > MAX_DEPTH or budget.elements < 0:
            raise WorkbookError("large")
        reader.start(name.rpartition(":")[2], attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        reader.end(name.rpartition(":")[2])

    def refuse(*_: object) -> None:
        raise WorkbookError("entities")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, reader.text
    parser.StartDoctypeDeclHandler = refuse
    while chunk := part.read(_CHUNK_BYTES):
        budget.unpacked -= len(chunk)
        if budget.unpacked < 0:
            raise WorkbookError("large")
        if b"\0" in chunk:  # spreadsheet programs write UTF-8
            raise WorkbookError("entities")
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


@dataclass(slots=True)
class Book(Reader):
    """``xl/workbook.xml``: the sheets in order, and whether days are counted from 1904."""

    sheets: list[tuple[str, str]] = field(default_factory=list)
    is_1904: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a sheet."""
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.sheets.append((attributes.get("name", ""), relation))
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ("1", "true")


@dataclass(slots=True)
class Links(Reader):
    """``workbook.xml.rels``: which part stands for which relation: its kind and its path."""

    targets: dict[str, tuple[str, str]] = field(default_factory=dict)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a relation."""
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            self.targets[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], path)

    def of_kind(self, kind: str) -> str:
        """Return the path of the first part of a kind; empty if there is none."""
        return next((path for found, path in self.targets.values() if found == kind), "")


@dataclass(slots=True)
class Strings(Reader):
    """``sharedStrings.xml``: texts by number; what is read aloud (``rPh``) is no text of the cell."""

    budget: Budget
    found: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    is_text: bool = False
    aloud: int = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        """Begin a text."""
        if name == "si":
            self.pieces = []
        self.aloud += name == "rPh"
        self.is_text = name == "t" and not self.aloud

    def end(self, name: str) -> None:
        """Keep a text."""
        self.is_text = False
        self.aloud -= name == "rPh"
        if name == "si":
            self.found.append(self.budget.text("".join(self.pieces)))

    def text(self, text: str) -> None:
        """Gather its pieces."""
        if self.is_text:
            self.pieces.append(text)


@dataclass(slots=True)
class Styles(Reader):
    """``styles.xml``: which styles of cells show a number as a day."""

    formats: dict[str, str] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    is_in_cells: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Note a format, or a style that uses one."""
        if name == "numFmt":
            self.formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:300]
        elif name == "cellXfs":
            self.is_in_cells = True
        elif name == "xf" and self.is_in_cells:
            self.used.append(attributes.get("numFmtId", ""))

    def end(self, name: str) -> None:
        """Leave the styles of cells."""
        self.is_in_cells = self.is_in_cells and name != "cellXfs"

    def dates(self) -> frozenset[str]:
        """Return the numbers of styles that show days."""
        of_dates = {used for used in set(self.used) if self._is_date(used)}
        return frozenset(str(number) for number, used in enumerate(self.used) if used in of_dates)

    def _is_date(self, number: str) -> bool:
        if (code := self.formats.get(number)) is not None:
            return bool(re.search(r"[dmyhs]", _NO_LETTERS.sub("", code.lower().partition(";")[0])))
        return number.isdecimal() and int(number) in _DATE_FORMATS


@dataclass(slots=True)
class Cells(Reader):
    """A sheet: the rows that hold something, each with the cells up to its last one."""

    budget: Budget
    strings: list[str]
    dates: frozenset[str]
    most_columns: int
    most_rows: int
    is_1904: bool
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    row: list[str] = field(default_factory=list)
    number: int = 0
    column: int = 0
    kind: str = ""
    style: str = ""
    formula: str | None = None
    value: list[str] = field(default_factory=list)
    taken: str = ""
    aloud: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell, or what is in it."""
        if name == "c":
            self._begin_cell(attributes)
        elif name == "row":
            above, self.row, self.column = self.number, [], 0
            self.number = int(attributes.get("r", above + 1))
            if self.number <= above:
                raise WorkbookError("damaged")
            if self.number > self.most_rows + 1:
                raise WorkbookError("large")
        elif name in ("v", "t", "f"):
            self.taken = "" if self.aloud else name
            if name == "f":
                self.formula = ""
        elif name == "rPh":
            self.aloud += 1

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self.budget.cells -= 1
        if self.budget.cells < 0:
            raise WorkbookError("large")
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "0")
        self.formula, self.value, self.column = None, [], self.column + 1
        if reference := attributes.get("r"):
            found = _REFERENCE.fullmatch(reference)
            if found is None or int(found[2]) != self.number:
                raise WorkbookError("damaged")
            self.column = 0
            for letter in found[1]:
                self.column = self.column * 26 + ord(letter) - 64

    def text(self, text: str) -> None:
        """Gather a value or a formula."""
        if self.taken == "f":
            self.formula = (self.formula or "") + text[:MAX_CELL_CHARACTERS]
        elif self.taken:
            self.value.append(text)

    def end(self, name: str) -> None:
        """Keep a cell, or a row that holds something."""
        if name in ("v", "t", "f"):
            self.taken = ""
        elif name == "rPh":
            self.aloud -= 1
        elif name == "c":
            text = self.budget.text(self._cell())
            if text and self.column <= self.most_columns + 1:
                self.row += [""] * (self.column - len(self.row))
                self.row[self.column - 1] = text
        elif name == "row" and self.row:
            self.rows.append((self.number, self.row))

    def _cell(self) -> str:
        """Write a cell as one writes it: a day without its midnight, a whole number without a point."""
        if self.formula is not None:
            return f"={self.formula}"
        value = "".join(self.value)
        if self.kind == "s":
            return self._shared(int(value)) if value else ""
        if self.kind == "b":
            return "yes" if value.strip() in ("1", "true") else "no"
        if self.kind == "d":
            return value.partition("T")[0]
        return _number(value, is_date=self.style in self.dates, is_1904=self.is_1904) if self.kind == "n" else value

    def _shared(self, number: int) -> str:
        if number < 0:
            raise WorkbookError("damaged")
        return self.strings[number]


def _number(text: str, *, is_date: bool, is_1904: bool) -> str:
    if not text.strip():
        return ""
    number = float(text)
    if is_date and abs(number) < 3_000_000:
        first = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30)  # noqa: DTZ001  (days have no zone)
        return str((first + timedelta(days=number)).date())
    if number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    return repr(number)


def main() -> None:
    """Read a file from standard input within the limits of this process; write its sheets, or why not."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    columns, rows = int(sys.argv[1]), int(sys.argv[2])
    try:
        answer = _written({"sheets": read_workbook(sys.stdin.buffer.read(), columns=columns, rows=rows)})
    except WorkbookError as error:
        answer = _written({"refused": str(error)})
    except MemoryError:
        answer = _written({"refused": "large"})
    sys.stdout.buffer.write(answer)


def _written(answer: dict[str, object]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")


if __name__ == "__main__":
    main()
