"""Charts that leave the site: on white paper, with title, explanation and source, so that none travels without them.

As SVG their words stay words, which a newspaper can set in its own type; as PNG they have ours.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree as ET

import vl_convert

from quetsach.web.design import FONTS

_SPACE = "{http://www.w3.org/2000/svg}"
_FAMILY = "'Noto Sans', Arial, sans-serif"
_MARGIN, _NARROWEST = 28, 640
_TITLE, _TEXT, _SOURCE = 22, 14, 12
_LINE = 1.45
_LETTER = 0.56
"""Mean width of a letter of Noto Sans, as a part of its size; lines break a little early rather than late."""
_INK, _QUIET = "#1b2733", "#4c5a68"
_PIXELS = 2
"""How many pixels of a PNG a unit of the drawing has."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What stands around a chart: its title, what must be known to read it, where it comes from."""

    title: str
    about: str
    source: str


def stand_alone(svg: str, caption: Caption, *, language: str) -> bytes:
    """Return a chart as a file of SVG that is complete by itself.

    Args:
        svg: the element that one of the charts of this package is; of several, the first is taken.
        caption: what stands around it.
        language: of the words.
    """
    chart = _first(svg)
    _, _, width, height = (float(part) for part in chart.attrib["viewBox"].split())
    whole = max(_NARROWEST, width + 2 * _MARGIN)
    root = ET.Element(f"{_SPACE}svg", {"font-family": _FAMILY, "role": "img", "lang": language})
    said = " ".join(element.text or "" for element in chart.iter(f"{_SPACE}desc"))
    ET.SubElement(root, f"{_SPACE}title").text = caption.title
    ET.SubElement(root, f"{_SPACE}desc").text = " ".join(text for text in (caption.about, said, caption.source) if text)
    paper = ET.SubElement(root, f"{_SPACE}rect", {"width": "100%", "height": "100%", "fill": "#fff"})
    y = _write(root, caption.title, _TITLE, whole, _MARGIN, fill=_INK, weight="700")
    y = _write(root, caption.about, _TEXT, whole, y + 6, fill=_QUIET)
    for child in [one for one in chart if one.tag in (f"{_SPACE}title", f"{_SPACE}desc")]:
        chart.remove(child)
    chart.attrib = {
        "viewBox": chart.attrib["viewBox"], "x": str(_MARGIN), "y": f"{y + 14:g}", "width": f"{width:g}",
        "height": f"{height:g}", "fill": "none",
    }  # fmt: skip
    root.append(chart)
    y = _write(root, caption.source, _SOURCE, whole, y + 14 + height + 12, fill=_QUIET) + _MARGIN / 2
    root.attrib |= {"width": f"{whole:g}", "height": f"{y:g}", "viewBox": f"0 0 {whole:g} {y:g}"}
    paper.attrib |= {"width": f"{whole:g}", "height": f"{y:g}"}
    ET.register_namespace("", _SPACE.strip("{}"))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def png_of(svg: bytes, *, pixels: float = _PIXELS) -> bytes:
    """Return a drawing as PNG, with the fonts of this folder and those of the machine.

    Args:
        svg: a file of ours.
        pixels: how many of them a unit of the drawing has.
    """
    _register_fonts()
    return bytes(vl_convert.svg_to_png(svg.decode(), scale=pixels))


def size_of(svg: bytes) -> tuple[int, int]:
    """Return width and height of a drawing of ours in its own units."""
    root = ET.fromstring(svg)  # noqa: S314  (our own)
    width, height = (round(float(root.attrib[name])) for name in ("width", "height"))
    return width, height


def lines_of(text: str, size: float, width: float) -> Sequence[str]:
    """Break a text into lines that fit a width, both in the same unit as the size of its letters."""
    return textwrap.wrap(text, max(12, int(width / (size * _LETTER))))


@cache
def _register_fonts() -> None:
    vl_convert.register_font_directory(str(FONTS))


def _first(svg: str) -> ET.Element:
    """Return the first of several elements beside each other."""
    return ET.fromstring(f'<all xmlns="http://www.w3.org/2000/svg">{svg}</all>')[0]  # noqa: S314  (our own)


def _write(
    root: ET.Element, text: str, size: int, width: float, top: float, *, fill: str, weight: str = "400"
) -> float:
    """Write a text from ``top`` down; return where it ends."""
    for line in lines_of(text, size, width - 2 * _MARGIN):
        place = {"x": str(_MARGIN), "y": f"{top + size:g}", "font-size": str(size), "fill": fill, "font-weight": weight}
        ET.SubElement(root, f"{_SPACE}text", place).text = line
        top += size * _LINE
    return top
