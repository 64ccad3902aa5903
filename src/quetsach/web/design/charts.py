"""Charts as SVG text, drawn on the server when figures are published.

A chart never stands alone: the page has a table of the same figures beside it. Axes start at zero, the series differ
in more than colour, and words and separators are those of the page's language. The stylesheet gives ink and lines
their colour, in dark mode too, so the picture itself names only one.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import vl_convert

from quetsach.core.number import number_text
from quetsach.core.period import Period

if TYPE_CHECKING:
    import altair as alt

_STRONG = "#2f4a66"
_SOFT = "#8fa3b8"
_LEVEL = "#8a4b00"
_WIDTH, _HEIGHT = 760, 300
_BAR = 0.62
"""Share of its place that a column takes."""
_LABELS = 40
"""Height of the lines under the columns."""
_ABOVE, _HANGS = 1.2, 24
"""How much higher the plot is than its highest column where marks hang in it, and how far these hang down."""
_LINE = 100
"""Letters of a line below a plot."""
_VIETNAMESE_NUMBERS: dict[str, Any] = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]}
_ENGLISH_NUMBERS: dict[str, Any] = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", " ₫"]}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its label (lines under the axis), its value, and whether it is the baseline; the days it is of."""

    label: tuple[str, ...]
    value: float
    is_baseline: bool
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Columns in their order, with one dashed level to compare with, and marks on days of a column or between two."""

    title: str
    description: str
    unit: str
    columns: Sequence[Column]
    level: float | None
    marks: Sequence["Mark"] = ()


def draw_columns(chart: ColumnChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw; values at least 0.
        language: ``vi`` or ``en``, for separators.
    """
    import altair as alt  # noqa: PLC0415 - half a second of the web's start

    order = [str(n) for n in range(len(chart.columns))]
    labels = {n: list(c.label) for n, c in zip(order, chart.columns, strict=True)}
    rows = [
        {"n": n, "value": c.value, "kind": "baseline" if c.is_baseline else "window"}
        for n, c in zip(order, chart.columns, strict=True)
    ]
    x = alt.X(
        "n:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelExpr=_label_expression(labels), ticks=False)
    )
    placed = [(left, mark) for mark in chart.marks if (left := _place(mark.day, chart.columns)) is not None]
    highest = max((*(c.value for c in chart.columns), chart.level or 0.0))
    # a mark hangs above all columns and their figures, and crosses none of them
    scale = alt.Scale(domain=[0, _ABOVE * highest], nice=False) if placed and highest else alt.Scale(zero=True)
    y = alt.Y("value:Q", title=chart.unit, scale=scale, axis=alt.Axis(format=",d", tickCount=5))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    columns = base.mark_bar(width={"band": _BAR}).encode(
        fill=alt.condition("datum.kind == 'baseline'", alt.value(_STRONG), alt.value(_SOFT)),
        stroke=alt.value(_STRONG),
    )
    values = base.mark_text(dy=-8, fontSize=13, fontWeight=600).encode(text=alt.Text("value:Q", format=",d"))
    level = (
        alt.Chart(alt.InlineData(values=[] if chart.level is None else [{"level": chart.level}]))
        .mark_rule(strokeDash=[6, 4], strokeWidth=1.5, color=_LEVEL)
        .encode(y="level:Q")
    )
    form = "%Y-%m-%d" if language == "en" else "%d/%m/%Y"
    words = [f"{n}. {mark.day:{form}}: {mark.words}" for n, (_, mark) in enumerate(placed, 1)]
    marks = [layer for n, (left, _) in enumerate(placed, 1) for layer in _at(left, n)]
    layers = (columns, level, values, *marks, *([_below(words)] if words else []))
    return drawn(
        alt.layer(*layers), chart.title, " ".join((chart.description, *(f"{text}." for text in words))), language
    )


def _at(x: float, number: int) -> "tuple[alt.Chart, ...]":
    """Return the upright line of a mark so far from the left edge, above the columns, and its number over it."""
    import altair as alt  # noqa: PLC0415

    at = alt.Chart(alt.InlineData(values=[{}])).encode(x=alt.value(x))
    return (
        at.mark_rule(strokeWidth=1.8, color=_LEVEL).encode(y=alt.value(0), y2=alt.value(_HANGS)),
        at.mark_text(fontSize=13, fontWeight=600, text=str(number)).encode(y=alt.value(-12)),
    )


def _below(words: Sequence[str]) -> "alt.Chart":
    """Return the words of all marks, one under the other below the columns; long ones take several lines."""
    import altair as alt  # noqa: PLC0415

    lines = [line for text in words for line in textwrap.wrap(text, _LINE, subsequent_indent="    ")]
    rows: list[dict[str, object]] = [
        {"words": line, "y": _HEIGHT + _LABELS + 20 * n} for n, line in enumerate(lines, 1)
    ]
    told = alt.Chart(alt.InlineData(values=rows)).mark_text(align="left", fontSize=13, baseline="top")
    made: alt.Chart = told.encode(text="words:N", x=alt.value(0), y=alt.Y("y:Q", scale=None, axis=None))
    return made


def _place(day: date, columns: Sequence[Column]) -> float | None:
    """Return how far from the left edge a day lies: in the column that is of it, or between two.

    ``None`` where it lies before the first or after the last, or columns are of no days.
    """
    wide = _WIDTH / max(len(columns), 1)
    for n, column in enumerate(columns):
        if column.period is None or (n == 0 and day < column.period.first):
            return None
        if day < column.period.first:
            return wide * n
        if day in column.period:
            return wide * (n + 0.5 + _BAR * (((day - column.period.first).days + 0.5) / column.period.days - 0.5))
    return None


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line on a day, with a number whose words stand below the plot."""

    day: date
    words: str


@dataclass(frozen=True, slots=True)
class CurveChart:
    """A value a day, in order of time, with marks on some days; a gap of days is a gap in the line."""

    title: str
    description: str
    unit: str
    points: Sequence[tuple[date, float]]
    marks: Sequence[Mark] = ()


def draw_curve(chart: CurveChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw; values at least 0.
        language: ``vi`` or ``en``, for separators and days.
    """
    import altair as alt  # noqa: PLC0415

    rows: list[dict[str, object]] = []
    run = 0
    for n, (day, value) in enumerate(chart.points):
        run += n > 0 and (day - chart.points[n - 1][0]).days > 1
        rows.append({"day": day.isoformat(), "value": value, "run": str(run)})
    form = "%Y-%m-%d" if language == "en" else "%d/%m/%Y"
    x = alt.X("day:T", title=None, axis=alt.Axis(format=form, tickCount=6, labelAngle=0, grid=False))
    y = alt.Y("value:Q", title=chart.unit, scale=alt.Scale(zero=True), axis=alt.Axis(format=",d", tickCount=5))
    line = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(color=_STRONG, strokeWidth=1.8)
        .encode(x=x, y=y, detail="run:N")
    )
    layers = [line, *(layer for n, mark in enumerate(chart.marks, 1) for layer in _mark(mark, n, form))]
    return drawn(alt.layer(*layers), chart.title, chart.description, language)


@dataclass(frozen=True, slots=True)
class Span:
    """A value of a window of whole days, what it is called, and whether it is the baseline."""

    first: date
    last: date
    value: float
    name: str
    is_baseline: bool


@dataclass(frozen=True, slots=True)
class SpanChart:
    """Values of windows in order of time, each as wide as its window is long; days of no window are empty."""

    title: str
    description: str
    unit: str
    spans: Sequence[Span]


def draw_spans(chart: SpanChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page; the words stand below it, by number.

    Args:
        chart: what to draw; values at least 0.
        language: ``vi`` or ``en``, for separators and days.
    """
    import altair as alt  # noqa: PLC0415

    form = "%Y-%m-%d" if language == "en" else "%d/%m/%Y"
    rows = [
        {
            "first": span.first.isoformat(),
            "last": (span.last + timedelta(days=1)).isoformat(),
            "middle": (span.first + (span.last - span.first) / 2).isoformat(),
            "value": span.value,
            "kind": "baseline" if span.is_baseline else "window",
            "n": str(n),
        }
        for n, span in enumerate(chart.spans, 1)
    ]
    axis = alt.Axis(format=form, tickCount=6, labelAngle=0, grid=False)
    y = alt.Y("value:Q", title=chart.unit, scale=alt.Scale(zero=True), axis=alt.Axis(format=",d", tickCount=5))
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=y)
    bars = base.mark_bar().encode(
        x=alt.X("first:T", title=None, axis=axis),
        x2="last:T",
        y2=alt.value(_HEIGHT),
        fill=alt.condition("datum.kind == 'baseline'", alt.value(_STRONG), alt.value(_SOFT)),
        stroke=alt.value(_STRONG),
    )
    numbers = base.mark_text(dy=-8, fontSize=13, fontWeight=600).encode(x="middle:T", text="n:N")
    told = [
        _told(n, f"{n}. {span.first:{form}} – {span.last:{form}}, {span.name}: {number_text(span.value, language)}")
        for n, span in enumerate(chart.spans, 1)
    ]
    return drawn(alt.layer(bars, numbers, *told), chart.title, chart.description, language)


def _mark(mark: Mark, number: int, form: str) -> "tuple[alt.Chart, ...]":
    """Return the line, its number above the plot, and the words of the number below it: no text crosses a line."""
    import altair as alt  # noqa: PLC0415

    marked = alt.Chart(alt.InlineData(values=[{"day": mark.day.isoformat()}])).encode(x="day:T")
    return (
        marked.mark_rule(strokeDash=[6, 4], strokeWidth=1.2, color=_LEVEL),
        marked.mark_text(fontSize=13, fontWeight=600, text=str(number)).encode(y=alt.value(-10)),
        _told(number, f"{number}. {mark.day:{form}}: {mark.words}"),
    )


def _told(number: int, words: str) -> "alt.Chart":
    """Return the words of a number, in the line below the plot that is its own."""
    import altair as alt  # noqa: PLC0415

    told = alt.Chart(alt.InlineData(values=[{"words": words}])).mark_text(align="left", fontSize=13, baseline="top")
    made: alt.Chart = told.encode(text="words:N", x=alt.value(0), y=alt.value(_HEIGHT + 18 + 20 * number))
    return made


def drawn(
    chart: "alt.LayerChart | alt.FacetChart",
    title: str,
    description: str,
    language: str,
    size: tuple[int, int] | None = (_WIDTH, _HEIGHT),
) -> str:
    """Return what Altair describes as one ``<svg>`` element that names and describes itself.

    Args:
        chart: the picture.
        title: its name.
        description: what else somebody who does not see it must know.
        language: ``vi`` or ``en``, for separators.
        size: width and height of the plotting area in pixels; ``None`` where the chart has its own.
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
    svg = vl_convert.vegalite_to_svg(
        specification, format_locale=_ENGLISH_NUMBERS if language == "en" else _VIETNAMESE_NUMBERS
    )
    return _embed(svg, title, description)


def _label_expression(labels: dict[str, list[str]]) -> str:
    """Vega writes only what it is told: no month names of its own."""
    cases = "".join(f"datum.value == '{n}' ? {_literal(lines)} : " for n, lines in labels.items())
    return f"{cases}''"


def _literal(lines: list[str]) -> str:
    return "[" + ", ".join("'" + re.sub(r"[\\']", "’", line) + "'" for line in lines) + "]"


def _embed(svg: str, title: str, description: str) -> str:
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
        ("desc", "chart-description", description),
        ("title", "chart-title", title),
    ):
        element = ET.Element(f"{space}{tag}", {"id": identifier})
        element.text = text
        root.insert(0, element)
    return ET.tostring(root, encoding="unicode")
