"""Bars from left to right, longest names and all: a row for each name, its figure behind its bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.web.design import alt
from quetsach.web.design.charts.drawing import drawn

_ROW, _PLOT = 30, 430
_WIDEST_NAME = 300
_ROOM = 1.18
"""How much longer the axis is than the longest bar, so that its figure has a place behind it."""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Rows from the top: name, value of at least 0, and the value as text."""

    title: str
    description: str
    unit: str
    rows: Sequence[tuple[str, float, str]]


def draw_bars(chart: BarChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw, with a row at least.
        language: for separators.
    """
    rows = [{"n": str(n), "value": value, "text": text} for n, (_name, value, text) in enumerate(chart.rows)]
    order = [str(n) for n in range(len(rows))]
    names = " : ".join(f"datum.value == '{n}' ? {_quoted(name)}" for n, (name, *_rest) in enumerate(chart.rows))
    axis = alt.Axis(labelExpr=f"{names} : ''", labelLimit=_WIDEST_NAME, ticks=False, labelPadding=8)
    y = alt.Y("n:N", sort=order, scale=alt.Scale(domain=order, paddingInner=0.35), title=None, axis=axis)
    longest = max(value for _name, value, _text in chart.rows)
    scale = alt.Scale(domain=[0, _ROOM * longest or 1], nice=False)
    x = alt.X("value:Q", title=chart.unit, scale=scale, axis=alt.Axis(format=",d", tickCount=4))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    bars = base.mark_bar(color="#8fa3b8", stroke="#2f4a66")
    figures = base.mark_text(align="left", dx=6, fontSize=13, fontWeight=600).encode(text="text:N")
    size = (_PLOT, _ROW * len(rows))
    return drawn(alt.layer(bars, figures), chart.title, chart.description, language, size)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "’").replace("'", "’") + "'"
