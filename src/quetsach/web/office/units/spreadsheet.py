"""XLSX files with tables of units, in and out. What comes in is bounded before it is unpacked and never calculated."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from quetsach.campaign.units.cells import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Sheet, guarded, sheet_of
from quetsach.campaign.units.errors import UnitsError
from quetsach.core.pack import LocalText

MAX_UNPACKED = 32 << 20
MAX_PARTS = 200
MAX_SHEETS = 8
_FORBIDDEN = (
    "xl/externallinks/",
    "xl/embeddings/",
    "xl/activex/",
    "xl/vbaproject",
    "xl/connections",
    "xl/querytables/",
)
_DAMAGED = LocalText("không phải tệp XLSX, hoặc tệp bị hỏng", "not an XLSX file, or a damaged one")
_TOO_LARGE = LocalText("tệp quá lớn khi giải nén", "the file is too large when it is unpacked")
_ACTIVE = LocalText(
    "có liên kết ngoài, macro hoặc đối tượng nhúng", "holds links to other files, macros or embedded objects"
)
_ENTITIES = LocalText("có khai báo thực thể XML", "declares XML entities")
_AGAIN = LocalText("lưu lại ở dạng XLSX thường", "save it again as a plain XLSX file")
_PARTS = LocalText("chia bảng thành nhiều tệp", "import the table in parts")
_ROOT_AT_ONCE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<[A-Za-z]")
"""How our XML begins: a document type, which could declare entities, would stand before the first element."""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    OSError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    RecursionError,
)
"""What openpyxl raises on files that are not what they say."""


def read_xlsx(content: bytes, *, name: str) -> list[Sheet]:
    """Read every sheet that holds something; a formula comes in as its text and is told as a fault by whoever reads it.

    Raises:
        UnitsError: not a plain XLSX file, or too large in any way.
    """
    try:
        _inspect(content, name)
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        if len(workbook.worksheets) > MAX_SHEETS:
            raise UnitsError(_TOO_LARGE, where=name, advice=_PARTS)
        sheets = [
            sheet_of(f"{name}: {sheet.title}", _rows(sheet.iter_rows(values_only=True), name))
            for sheet in workbook.worksheets
        ]
    except _BROKEN as error:
        raise UnitsError(_DAMAGED, where=name, advice=_AGAIN) from error
    return [sheet for sheet in sheets if sheet.header]


def write_xlsx(sheets: Mapping[str, Iterable[Sequence[str]]]) -> bytes:
    """Return a workbook of one sheet a table; every cell is text and none a formula."""
    workbook = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        sheet.freeze_panes = "A2"
        for number in range(1, MAX_COLUMNS + 1):  # codes keep their leading zeros, also in rows that people add
            column = sheet.column_dimensions[get_column_letter(number)]
            column.number_format, column.width = "@", 22
        for row in rows:
            sheet.append([guarded(cell) for cell in row])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _inspect(content: bytes, name: str) -> None:
    """Refuse by the table of contents, before anything is unpacked into memory as a whole."""
    if len(content) > MAX_BYTES:
        raise UnitsError(_TOO_LARGE, where=name, advice=_PARTS)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise UnitsError(_TOO_LARGE, where=name, advice=_PARTS)
        if any(part.filename.lower().startswith(_FORBIDDEN) for part in parts):
            raise UnitsError(_ACTIVE, where=name, advice=_AGAIN)
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                with archive.open(part) as file:
                    head = file.read(4096)
                if not _ROOT_AT_ONCE.match(head) or b"\0" in head:
                    raise UnitsError(_ENTITIES, where=name, advice=_AGAIN)


def _rows(rows: Iterable[tuple[object, ...]], name: str) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(rows, 1):
        if number > MAX_ROWS + 1:
            raise UnitsError(_TOO_LARGE, where=name, advice=_PARTS)
        yield number, [_text(cell) for cell in cells[: MAX_COLUMNS + 1]]


def _text(cell: object) -> str:
    """Write a cell as one writes it: a day without its midnight, a whole number without a point."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return str(cell.date())
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell) if isinstance(cell, str | int | float | date) else repr(cell)[:50]
