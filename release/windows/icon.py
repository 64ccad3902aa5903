"""The icon of the programs and the picture of the setup: the broom-stroke, from the drawing that the pages use."""

import io
import re
import struct
from pathlib import Path

import vl_convert
from PIL import Image
from release.windows.wheels import ROOT

DRAWING = ROOT / "src/quetsach/web/design/static/design/icon.svg"
SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
"""Pixels: what Windows asks for at 100, 125, 150 and 200 percent, and for large tiles."""
SIDE = (164, 314)
"""Of the setup's picture, at 100 percent."""
_DRAWN = 32


def write_icon(path: Path) -> None:
    """Write the drawing as an icon of Windows, which holds a PNG for each size."""
    drawing = DRAWING.read_text()
    pictures = [vl_convert.svg_to_png(drawing, scale=size / _DRAWN) for size in SIZES]
    entries, place = b"", 6 + 16 * len(SIZES)
    for size, picture in zip(SIZES, pictures, strict=True):
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    path.write_bytes(struct.pack("<HHH", 0, 1, len(SIZES)) + entries + b"".join(pictures))


def write_side_picture(path: Path) -> None:
    """Write the picture beside the first and the last page of the setup: the stroke on white, for 200 percent."""
    width, height = SIDE
    stroke = re.search(r"<path .*?/>", DRAWING.read_text())
    if stroke is None:
        raise SystemExit(f"there is no stroke in {DRAWING}")
    ground = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    shapes = f'{ground}<g transform="translate(14 96) scale(4.2)">{stroke[0]}</g>'
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{shapes}</svg>'
    picture = vl_convert.svg_to_png(drawing, scale=2)
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, "BMP")
