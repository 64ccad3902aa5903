"""Turns what Altair describes into one SVG element that a page can hold: named, described, without script or style.

A chart never stands alone: the page has a table of the same figures beside it. Axes start at zero, the series differ
in more than colour, and words and separators are those of the page's language. The stylesheet gives ink and lines
their colour, in dark mode too.
"""

from typing import Any
from xml.etree import ElementTree as ET

import vl_convert

from quetsach.core.text import separators
from quetsach.web.design import alt

WIDTH, HEIGHT = 760, 300
NARROW = "is-narrow"
"""The class of the form for phones, where a page has a chart in two forms; the other's is ``is-wide``."""


def _numbers_form(language: str) -> dict[str, Any]:
    thousands, decimal = separators(language)
    return {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}


def drawn(
    chart: "alt.LayerChart | alt.FacetChart",
    title: str,
    description: str,
    language: str,
    size: tuple[int, int] | None = (WIDTH, HEIGHT),
    *,
    name: str = "",
) -> str:
    """Return what Altair describes as one ``<svg>`` element that names and describes itself.

    Args:
        chart: the picture.
        title: its name.
        description: what else somebody who does not see it must know.
        language: for separators.
        size: width and height of the plotting area in pixels; ``None`` where the chart has its own.
        name: the class of the element, where a page has the chart in several forms.
    """
    if size:
        chart = chart.properties(width=size[0], height=size[1])
    specification = (
        chart.properties(background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=13, titleFontSize=13, titleFontWeight="normal", domain=False, labelFont="Noto Sans"
        )
        .to_dict()
    )
    svg = vl_convert.vegalite_to_svg(specification, format_locale=_numbers_form(language))
    return _embed(svg, title, description, name)


def _embed(svg: str, title: str, description: str, name: str) -> str:
    """Give the picture a name and a description, and leave out what a page may not hold inside."""
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    root = ET.fromstring(svg)  # noqa: S314  (written by our own renderer a moment ago)
    space = "{http://www.w3.org/2000/svg}"
    for element in root.iter():
        for attribute in ("aria-label", "aria-roledescription", "role", "aria-hidden", "style", "font-family"):
            element.attrib.pop(attribute, None)
        for attribute in [n for n in element.attrib if n.startswith("on")]:
            del element.attrib[attribute]
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.set("role", "img")
    own = f"-{name}" if name == NARROW else ""  # two forms on a page have names of their own
    root.set("aria-labelledby", f"chart-title{own} chart-description{own}")
    if name:
        root.set("class", name)
    for tag, identifier, text in (
        ("desc", f"chart-description{own}", description),
        ("title", f"chart-title{own}", title),
    ):
        element = ET.Element(f"{space}{tag}", {"id": identifier})
        element.text = text
        root.insert(0, element)
    return ET.tostring(root, encoding="unicode")
