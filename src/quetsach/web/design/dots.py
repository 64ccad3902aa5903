"""Dot plots: a row for each name, a dot for each of its figures, a line through a dot for its interval.

The figures of a plot differ in shape and fill and not only in colour; a thin line joins those of one row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.web.design.charts import drawn

_ROW = 26
_SHAPES = (("circle", "#8fa3b8"), ("diamond", "#2f4a66"))
_WIDEST = 180


@dataclass(frozen=True, slots=True)
class Dot:
    """One figure of a row, with its interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class DotPlot:
    """Rows in their order, from the top; each has as many figures as ``series`` has names (one or two), some missing.

    ``level`` is a value to compare with. ``decimals`` are those of the axis.
    """

    title: str
    description: str
    unit: str
    series: tuple[str, ...]
    rows: Sequence[tuple[str, tuple[Dot | None, ...]]]
    level: float | None = None
    decimals: int = 0


def draw_dots(plot: DotPlot, *, language: str) -> str:
    """Return the plot as one ``<svg>`` element that can stand inside a page.

    Args:
        plot: what to draw; values at least 0.
        language: ``vi`` or ``en``, for separators.
    """
    import altair as alt  # noqa: PLC0415 - half a second of the web's start

    dots: list[dict[str, object]] = []
    joins: list[dict[str, object]] = []
    for n, (_, figures) in enumerate(plot.rows):
        shown = [(name, dot) for name, dot in zip(plot.series, figures, strict=True) if dot]
        for name, dot in shown:
            dots.append({"n": str(n), "series": name, "value": dot.value, "low": dot.low, "high": dot.high})
        if len(shown) > 1:
            joins.append({"n": str(n), "from": shown[0][1].value, "to": shown[-1][1].value})
    order = [str(n) for n in range(len(plot.rows))]
    names = " : ".join(f"datum.value == '{n}' ? {_quoted(name)}" for n, (name, _) in enumerate(plot.rows))
    y = alt.Y(
        "n:N",
        sort=order,
        scale=alt.Scale(domain=order),
        title=None,
        axis=alt.Axis(labelExpr=f"{names} : ''", labelLimit=_WIDEST, ticks=False, grid=True),
    )
    form = f",.{plot.decimals}f"
    x = alt.X("value:Q", title=plot.unit, scale=alt.Scale(zero=True), axis=alt.Axis(format=form, tickCount=6))
    kinds = _SHAPES[-len(plot.series) :]

    def scale(values: Sequence[str]) -> alt.Scale:
        return alt.Scale(domain=list(plot.series), range=list(values))

    legend = alt.Legend(title=None, orient="top", labelFontSize=13, symbolSize=110) if len(plot.series) > 1 else None
    base = alt.Chart(alt.InlineData(values=dots)).encode(y=y)
    points = base.mark_point(size=90, filled=True, opacity=1, stroke="#2f4a66").encode(
        x=x,
        shape=alt.Shape("series:N", scale=scale([shape for shape, _ in kinds]), legend=legend),
        fill=alt.Fill("series:N", scale=scale([fill for _, fill in kinds]), legend=legend),
    )
    intervals = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.6, stroke="#2f4a66")
    joined = alt.Chart(alt.InlineData(values=joins)).mark_rule(stroke="#8fa3b8", strokeDash=[2, 3])
    level = alt.Chart(alt.InlineData(values=[] if plot.level is None else [{"level": plot.level}])).mark_rule(
        strokeDash=[6, 4], strokeWidth=1.5, stroke="#8a4b00"
    )
    layers = alt.layer(
        joined.encode(x="from:Q", x2="to:Q", y=y), intervals.encode(x="low:Q", x2="high:Q"), points,
        level.encode(x="level:Q"),
    )  # fmt: skip
    return drawn(layers, plot.title, plot.description, language, (560, _ROW * len(plot.rows)))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "’").replace("'", "’") + "'"
