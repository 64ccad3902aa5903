"""Charts as SVG text, drawn on the server when figures are published.

A chart never stands alone: the page has a table of the same figures beside it. Axes start at zero, the series differ
in more than colour, and words and separators are those of the page's language. The stylesheet gives ink and lines
their colour, in dark mode too, so the picture itself names only one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert

_STRONG = "#2f4a66"
_SOFT = "#8fa3b8"
_LEVEL = "#8a4b00"
_VIETNAMESE_NUMBERS: dict[str, Any] = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]}
_ENGLISH_NUMBERS: dict[str, Any] = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", " ₫"]}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its label (lines under the axis), its value, and whether it is the baseline."""

    label: tuple[str, ...]
    value: float
    is_baseline: bool


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Columns in their order, with one dashed level to compare with."""

    title: str
    description: str
    unit: str
    columns: Sequence[Column]
    level: float


def draw_columns(chart: ColumnChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw; values at least 0.
        language: ``vi`` or ``en``, for separators.
    """
    order = [str(n) for n in range(len(chart.columns))]
    labels = {n: list(c.label) for n, c in zip(order, chart.columns, strict=True)}
    rows = [
        {"n": n, "value": c.value, "kind": "baseline" if c.is_baseline else "window"}
        for n, c in zip(order, chart.columns, strict=True)
    ]
    x = alt.X(
        "n:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelExpr=_label_expression(labels), ticks=False)
    )
    y = alt.Y("value:Q", title=chart.unit, scale=alt.Scale(zero=True), axis=alt.Axis(format=",d", tickCount=5))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    columns = base.mark_bar(width={"band": 0.62}).encode(
        fill=alt.condition("datum.kind == 'baseline'", alt.value(_STRONG), alt.value(_SOFT)),
        stroke=alt.value(_STRONG),
    )
    values = base.mark_text(dy=-8, fontSize=13, fontWeight=600).encode(text=alt.Text("value:Q", format=",d"))
    level = (
        alt.Chart(alt.InlineData(values=[{"level": chart.level}]))
        .mark_rule(strokeDash=[6, 4], strokeWidth=1.5, color=_LEVEL)
        .encode(y="level:Q")
    )
    specification = (
        alt.layer(columns, level, values)
        .properties(width=760, height=300, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=13, titleFontSize=13, titleFontWeight="normal", domain=False, labelFont="Noto Sans"
        )
        .to_dict()
    )
    svg = vl_convert.vegalite_to_svg(
        specification, format_locale=_ENGLISH_NUMBERS if language == "en" else _VIETNAMESE_NUMBERS
    )
    return _embed(svg, chart)


def _label_expression(labels: dict[str, list[str]]) -> str:
    """Vega writes only what it is told: no month names of its own."""
    cases = "".join(f"datum.value == '{n}' ? {_literal(lines)} : " for n, lines in labels.items())
    return f"{cases}''"


def _literal(lines: list[str]) -> str:
    return "[" + ", ".join("'" + re.sub(r"[\\']", "’", line) + "'" for line in lines) + "]"


def _embed(svg: str, chart: ColumnChart) -> str:
    """Give the picture a name and a description, and leave out what a page may not hold inside."""
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    root = ET.fromstring(svg)  # noqa: S314  (written by our own renderer a moment ago)
    space = "{http://www.w3.org/2000/svg}"
    for element in root.iter():
        for name in ("aria-label", "aria-roledescription", "role", "aria-hidden", "style", "font-family"):
            element.attrib.pop(name, None)
        for name in [n for n in element.attrib if n.startswith("on")]:
            del element.attrib[name]
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.set("role", "img")
    root.set("aria-labelledby", "chart-title chart-description")
    for tag, identifier, text in (
        ("desc", "chart-description", chart.description),
        ("title", "chart-title", chart.title),
    ):
        element = ET.Element(f"{space}{tag}", {"id": identifier})
        element.text = text
        root.insert(0, element)
    return ET.tostring(root, encoding="unicode")
