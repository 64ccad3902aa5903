"""XLSX files with tables of units, in and out. What comes in is read by a process of its own and never calculated.

A file of some kilobytes can ask for gigabytes or minutes. ``workbook`` bounds what it makes of a file; around it stand
hard limits of the system on processor time and memory, a deadline, and a bound on how many files are read at once, so
that whatever a file does, pages are answered meanwhile.
"""

import io
import json
import logging
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Buffer, Iterable, Iterator, Mapping, Sequence
from itertools import batched
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, Sheet, sheet_of
from quetsach.core.table import guarded
from quetsach.core.text import Text

DEADLINE_SECONDS = 15
_MOST_TOLD_BYTES = 2000
_LETTERS = tuple(get_column_letter(number) for number in range(1, MAX_COLUMNS + 1))
_ROWS_A_PIECE = 1000
_ROOM = re.compile(r"<sheetData ?/>|<sheetData></sheetData>")
_DIMENSION = re.compile(r"<dimension [^>]*/>")
_AT_ONCE = threading.BoundedSemaphore(2)
_COMMAND = (sys.executable, "-I", "-m", "quetsach.web.office.units.workbook", str(MAX_COLUMNS), str(MAX_ROWS))
_DAMAGED = Text("not an XLSX file, or a damaged one")
_TOO_LARGE = Text("the file is too large when it is unpacked")
_ACTIVE = Text("holds links to other files, macros or embedded objects")
_ENTITIES = Text("declares XML entities")
_BUSY = Text("the centre is reading other spreadsheets")
_AGAIN = Text("save it again as a plain XLSX file")
_PARTS = Text("import the table in parts")
_UNREAD = Text("the centre could not read this spreadsheet")
_TELL = Text("send it again in a few minutes; if that does not help, tell who runs the centre")
_LATER = Text("wait a minute and send it again")
_REFUSALS = {
    "damaged": (_DAMAGED, _AGAIN),
    "large": (_TOO_LARGE, _PARTS),
    "active": (_ACTIVE, _AGAIN),
    "entities": (_ENTITIES, _AGAIN),
}

_logger = logging.getLogger("quetsach.web.office")


def read_xlsx(content: bytes, *, name: str) -> list[Sheet]:
    """Read every sheet that holds something; a formula comes in as its text and is told as a fault by whoever reads it.

    Raises:
        UnitsError: not a plain XLSX file, or too large in any way, or others are being read.
    """
    if len(content) > MAX_BYTES:
        raise UnitsError(_TOO_LARGE, where=name, advice=_PARTS)
    sheets = [sheet_of(f"{name}: {title}", rows) for title, rows in _read_apart(content, name)]
    return [sheet for sheet in sheets if sheet.header]


def _read_apart(content: bytes, name: str) -> list[tuple[str, list[tuple[int, list[str]]]]]:
    """Have a process of its own read the file.

    What it does beyond its limits ends it by a signal, and is the file's fault; whatever else it fails of is ours.
    """
    if not _AT_ONCE.acquire(blocking=False):
        raise UnitsError(_BUSY, where=name, advice=_LATER)
    try:
        done = subprocess.run(  # noqa: S603  (our own program; what was sent is only its input)
            _COMMAND, input=content, capture_output=True, timeout=DEADLINE_SECONDS, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise UnitsError(_TOO_LARGE, where=name, advice=_PARTS) from error
    except OSError as error:
        _logger.exception("the reader of spreadsheets could not be started")
        raise UnitsError(_UNREAD, where=name, advice=_TELL) from error
    finally:
        _AT_ONCE.release()
    if done.returncode < 0:
        raise UnitsError(_TOO_LARGE, where=name, advice=_PARTS)
    if done.returncode:
        _logger.error("the reader of spreadsheets failed: %r", done.stderr[-_MOST_TOLD_BYTES:])
        raise UnitsError(_UNREAD, where=name, advice=_TELL)
    answer = json.loads(done.stdout)
    if refused := answer.get("refused"):
        what, advice = _REFUSALS[refused]
        raise UnitsError(what, where=name, advice=advice)
    return [(title, [(number, cells) for number, cells in rows]) for title, rows in answer["sheets"]]


def write_xlsx(sheets: Mapping[str, Iterable[Sequence[str]]]) -> bytes:
    """Return a workbook of one sheet a table; every cell is text and none a formula."""
    return b"".join(stream_xlsx(sheets))


def stream_xlsx(sheets: Mapping[str, Iterable[Sequence[str]]]) -> Iterator[bytes]:
    """Yield the same workbook in pieces as its rows are written, so that a large tree is on its way at once.

    The library makes the workbook without its rows; it could hand it out only when the last of them is written, after
    seconds. Rows are put where it left room for them (ECMA-376, part 1, 18.3.1.73 and 18.3.1.4).
    """
    sink = _Sink()
    form = _empty_workbook(list(sheets))
    rows = {f"xl/worksheets/sheet{number}.xml": found for number, found in enumerate(sheets.values(), start=1)}
    with zipfile.ZipFile(form) as made, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in made.namelist():
            if name not in rows:
                archive.writestr(name, made.read(name))
                continue
            before, after = _ROOM.split(_DIMENSION.sub("", made.read(name).decode()), maxsplit=1)
            with archive.open(name, "w") as part:
                part.write(f"{before}<sheetData>".encode())
                for some in batched(enumerate(rows[name], start=1), _ROWS_A_PIECE, strict=False):
                    part.write("".join(_row(number, cells) for number, cells in some).encode())
                    yield sink.take()
                part.write(f"</sheetData>{after}".encode())
    yield sink.take()


class _Sink(io.RawIOBase):
    """What is written and not yet handed on. It cannot seek, so the archive is written from front to end."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Buffer) -> int:
        self._held += (part := memoryview(content))
        return part.nbytes

    def take(self) -> bytes:
        content = bytes(self._held)
        self._held.clear()
        return content


def sheet_title(text: str) -> str:
    """Return a text as the name of a sheet, which is short and lacks some signs."""
    return re.sub(r"[\[\]:*?/\\]", " ", text).strip()[:31]


def _empty_workbook(titles: Sequence[str]) -> io.BytesIO:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title in titles:
        sheet = workbook.create_sheet(title)
        sheet.freeze_panes = "A2"
        for letter in _LETTERS:  # codes keep their leading zeros, also in rows that people add
            column = sheet.column_dimensions[letter]
            column.number_format, column.width = "@", 22
    out = io.BytesIO()
    workbook.save(out)
    return out


def _row(number: int, cells: Sequence[str]) -> str:
    """Return a row of texts in the format of their columns, which is the first that the workbook names."""
    texts = (
        f'<c r="{letter}{number}" s="1" t="inlineStr"><is><t xml:space="preserve">{_xml(guarded(cell))}</t></is></c>'
        for letter, cell in zip(_LETTERS, cells, strict=False)
        if cell
    )
    return f'<row r="{number}">{"".join(texts)}</row>'


def _xml(text: str) -> str:
    return escape(ILLEGAL_CHARACTERS_RE.sub("\ufffd", text))
