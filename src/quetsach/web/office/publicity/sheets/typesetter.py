"""Sheets as PDF and PNG. Values go in as JSON and come out as text; nothing of them is ever read as a command."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import segno
import typst

from quetsach.campaign.errors import PublicityError
from quetsach.core.text import LocalText, Text
from quetsach.web.design import FONTS

# QR codes: as runs of dark squares for the sheets, as SVG and PNG for whoever needs one alone.

_QUIET_ZONE = 4
_PNG_SCALE = 24


def qr_values(address: str) -> dict[str, Any]:
    """Return ``size`` and ``runs`` (column, row, length) of a code that survives a torn or soiled tenth of it."""
    rows = [bytes(row) for row in _code(address).matrix]
    return {"size": len(rows), "runs": [run for y, row in enumerate(rows) for run in _runs(y, row)]}


def qr_svg(address: str) -> bytes:
    """Return the code as SVG with its quiet zone, black on white."""
    return _saved(address, kind="svg", xmldecl=False, svgns=True, light="#fff", nl=False)


def qr_png(address: str) -> bytes:
    """Return the code as PNG with its quiet zone, black on white, about 800 pixels wide."""
    return _saved(address, kind="png", scale=_PNG_SCALE)


def _code(address: str) -> segno.QRCode:
    return segno.make_qr(address, error="m", boost_error=True)


def _saved(address: str, **options: Any) -> bytes:
    buffer = BytesIO()
    _code(address).save(buffer, border=_QUIET_ZONE, **options)
    return buffer.getvalue()


def _runs(y: int, row: bytes) -> Iterator[tuple[int, int, int]]:
    x = 0
    for is_dark, squares in groupby(row):
        length = len(list(squares))
        if is_dark:
            yield x, y, length
        x += length


_FOLDER = Path(__file__).parent
_LOCK = threading.Lock()
_PIXEL_IS_POINT = 72.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a kit: for ``print`` in millimetres as PDF with CMYK colours, for ``screen`` in pixels as PNG."""

    title: LocalText
    file: LocalText
    template: str
    medium: Literal["print", "screen"]
    width: int
    height: int
    pages: int = 1


SHEETS = (
    Sheet(
        Text("Poster A3"),
        Text("poster-a3.pdf"),
        "poster",
        "print",
        297,
        420,
    ),
    Sheet(
        Text("Poster A4"),
        Text("poster-a4.pdf"),
        "poster",
        "print",
        210,
        297,
    ),
    Sheet(
        Text("Poster to post online"),
        Text("poster.png"),
        "poster",
        "screen",
        1240,
        1754,
    ),
    Sheet(
        Text("Leaflet A5, two sides"),
        Text("leaflet-a5.pdf"),
        "leaflet",
        "print",
        148,
        210,
        pages=2,
    ),
    Sheet(
        Text("Wide picture"),
        Text("card-1200x630.png"),
        "card",
        "screen",
        1200,
        630,
    ),
    Sheet(
        Text("Square picture"),
        Text("card-1080x1080.png"),
        "card",
        "screen",
        1080,
        1080,
    ),
    Sheet(
        Text("Banner 970 × 250"),
        Text("banner-970x250.png"),
        "banner",
        "screen",
        970,
        250,
    ),
    Sheet(
        Text("Banner 728 × 90"),
        Text("banner-728x90.png"),
        "banner",
        "screen",
        728,
        90,
    ),
    Sheet(
        Text("Banner 300 × 250"),
        Text("banner-300x250.png"),
        "banner",
        "screen",
        300,
        250,
    ),
)


def typeset(sheet: Sheet, values: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """Return a sheet; the same values and time give the same bytes.

    Raises:
        PublicityError: it cannot be set, most often because the fonts lack a letter, or it does not fit its pages.
    """
    inputs = {
        "values": json.dumps(values, ensure_ascii=False),
        "medium": sheet.medium,
        "width": str(sheet.width),
        "height": str(sheet.height),
    }
    with _LOCK:
        compiler = _compiler(sheet.template)
        try:
            content: Any = compiler.compile(
                format="pdf" if sheet.medium == "print" else "png",
                ppi=_PIXEL_IS_POINT,
                sys_inputs=inputs,
                timestamp=made_at.replace(microsecond=0),
            )
            pages: list[int] = json.loads(compiler.query("<pages>", field="value"))
        except RuntimeError as error:  # TypstError of compiling, its parent of querying
            raise PublicityError(
                Text("cannot be set: {reason}", reason=str(error)[:300]), where=sheet.file.vi
            ) from error
    if pages != [sheet.pages]:
        hint = Text("give a shorter name of the campaign or the unit")
        raise PublicityError(Text("there is too much text for the sheet"), where=sheet.file.vi, hint=hint)
    return bytes(content)


@cache
def _compiler(template: str) -> typst.Compiler:
    """Return the warm compiler of a template: our own fonts alone, no packages from anywhere."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FOLDER / "fonts", FONTS])
    return typst.Compiler(_FOLDER / f"{template}.typ", root=_FOLDER, font_paths=fonts)
