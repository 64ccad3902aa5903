"""QR codes: as runs of dark squares for the sheets, as SVG and PNG for whoever needs one alone."""

from collections.abc import Iterator
from io import BytesIO
from itertools import groupby
from typing import Any

import segno

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
