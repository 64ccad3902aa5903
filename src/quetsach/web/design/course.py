"""What was observed beside what was expected, over time: two lines, the band of the second, and where it began.

The lines differ in dashes and not only in colour, and a gap of periods is a gap in both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.web.design.charts import drawn

_OBSERVED, _EXPECTED = "#2f4a66", "#8a4b00"
_TICKS = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """One period: its place in time (whole steps), its name, what was observed, and what was expected from low to high.

    Either can be missing.
    """

    place: int
    name: str
    observed: float | None
    expected: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class CourseChart:
    """Periods in the order of time; ``names`` are those of the two lines, ``begins`` the place of the upright line."""

    title: str
    description: str
    unit: str
    names: tuple[str, str]
    moments: Sequence[Moment]
    begins: int


def draw_course(chart: CourseChart, *, language: str) -> str:
    """Return the chart as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw.
        language: ``vi`` or ``en``, for separators.
    """
    import altair as alt  # noqa: PLC0415 - half a second of the web's start

    step = min((b.place - a.place for a, b in zip(chart.moments, chart.moments[1:], strict=False)), default=1)
    lines: list[dict[str, object]] = []
    band: list[dict[str, object]] = []
    run = 0
    for n, one in enumerate(chart.moments):
        run += n > 0 and one.place - chart.moments[n - 1].place > step
        if one.observed is not None:
            lines.append({"x": one.place, "y": one.observed, "line": chart.names[0], "run": str(run)})
        if one.expected is not None:
            value, low, high = one.expected
            lines.append({"x": one.place, "y": value, "line": chart.names[1], "run": str(run)})
            band.append({"x": one.place, "low": low, "high": high, "run": str(run)})
    shown = chart.moments[:: max(1, len(chart.moments) // _TICKS)]
    names = " : ".join(f"datum.value == {one.place} ? '{_plain(one.name)}'" for one in shown)
    axis = alt.Axis(values=[one.place for one in shown], labelExpr=f"{names} : ''", grid=False, labelAngle=0)
    first, last = chart.moments[0].place, chart.moments[-1].place
    x = alt.X("x:Q", title=None, axis=axis, scale=alt.Scale(domain=[first, last], nice=False))
    y = alt.Y("y:Q", title=chart.unit, scale=alt.Scale(zero=True), axis=alt.Axis(tickCount=5))
    domain, legend = (
        list(chart.names),
        alt.Legend(title=None, orient="top", labelFontSize=13, labelLimit=0, symbolStrokeWidth=2.4),
    )
    drawn_lines = (
        alt.Chart(alt.InlineData(values=lines))
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            detail="run:N",
            stroke=alt.Stroke("line:N", scale=alt.Scale(domain=domain, range=[_OBSERVED, _EXPECTED]), legend=legend),
            strokeDash=alt.StrokeDash("line:N", scale=alt.Scale(domain=domain, range=[[1, 0], [6, 4]]), legend=legend),
        )
    )
    area = alt.Chart(alt.InlineData(values=band)).mark_area(color=_EXPECTED, opacity=0.18)
    start = alt.Chart(alt.InlineData(values=[{"x": chart.begins}])).mark_rule(
        strokeDash=[2, 3], strokeWidth=1.4, color=_OBSERVED
    )
    layers = alt.layer(area.encode(x=x, y="low:Q", y2="high:Q", detail="run:N"), start.encode(x="x:Q"), drawn_lines)
    return drawn(layers, chart.title, chart.description, language)


def _plain(name: str) -> str:
    return name.replace("\\", "’").replace("'", "’")
