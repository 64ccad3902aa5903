"""The picture that other sites show beside a link to this one: 1200 by 630, what nearly all of them take."""

from dataclasses import dataclass
from importlib import resources
from xml.etree import ElementTree as ET

from quetsach.web.design.charts.stand_alone import lines_of

_SPACE = "{http://www.w3.org/2000/svg}"
WIDTH, HEIGHT = 1200, 630
_MARGIN = 80
_INK, _QUIET, _BRAND = "#1b2733", "#4c5a68", "#da251d"


@dataclass(frozen=True, slots=True)
class ShareCard:
    """What the card says: a sentence, a figure and what it is (both may be empty), and the site's name."""

    asks: str
    figure: str
    told: str
    site: str


def draw_share_card(card: ShareCard, *, language: str) -> bytes:
    """Return the card as a file of SVG.

    Args:
        card: what it says; what does not fit its place is left out from the end.
        language: of its words.
    """
    root = ET.Element(
        f"{_SPACE}svg",
        {"font-family": "'Noto Sans', Arial, sans-serif", "lang": language, "viewBox": f"0 0 {WIDTH} {HEIGHT}"}
        | {"width": str(WIDTH), "height": str(HEIGHT)},
    )
    ET.SubElement(root, f"{_SPACE}rect", {"width": str(WIDTH), "height": str(HEIGHT), "fill": "#fff"})
    ET.SubElement(root, f"{_SPACE}rect", {"y": str(HEIGHT - 14), "width": str(WIDTH), "height": "14", "fill": _BRAND})
    wordmark = ET.SubElement(root, f"{_SPACE}g", {"transform": f"translate({_MARGIN} 60) scale(.72) translate(0 -8)"})
    for path in _wordmark():
        wordmark.append(path)
    y = 254.0
    for line in lines_of(card.asks, 46, WIDTH - 2 * _MARGIN)[:3]:
        _write(root, line, y, 46, fill=_INK)
        y += 58
    if card.figure:
        _write(root, card.figure, 456, 64, fill=_BRAND)
    for n, line in enumerate(lines_of(card.told, 24, WIDTH - 2 * _MARGIN)[:2]):
        _write(root, line, 496 + 32 * n, 24, fill=_QUIET, weight="400")
    _write(root, card.site, 588, 28, fill=_INK)
    ET.register_namespace("", _SPACE.strip("{}"))
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _write(root: ET.Element, text: str, y: float, size: int, *, fill: str, weight: str = "700") -> None:
    place = {"x": str(_MARGIN), "y": f"{y:g}", "font-size": str(size), "fill": fill, "font-weight": weight}
    ET.SubElement(root, f"{_SPACE}text", place).text = text


def _wordmark() -> list[ET.Element]:
    """Return the paths of the wordmark as pages have it, in their two colours."""
    file = resources.files("quetsach.web.design").joinpath("templates/design/wordmark.html")
    paths = list(ET.fromstring(file.read_text("utf-8")).iter(f"{_SPACE}path"))  # noqa: S314  (our own)
    for path in paths:
        path.set("fill", _BRAND if path.attrib.pop("class", "") == "stroke" else _INK)
    return paths
