"""Charts of an evaluation: two lines over time, dots with intervals, the flow of units, shares that fall by steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.web.design import alt
from quetsach.web.design.charts.drawing import drawn

# What was observed beside what was expected, over time: two lines, the band of the second, and where it began.
#
# The lines differ in dashes and not only in colour, and a gap of periods is a gap in both.

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


# Dot plots: a row for each name, a dot for each of its figures, a line through a dot for its interval.
#
# The figures of a plot differ in shape and fill and not only in colour; a thin line joins those of one row.

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


# The flow of units through a roll-out: a box for all that were drawn, and a row of boxes for each step.

_LINE = "#2f4a66"
_WIDTH, _GAP, _ROW_GAP, _TEXT, _PAD = 760, 34, 18, 18, 12
_COLUMNS = ((0, 190), (224, 506), (540, 760))


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A step: the lines of its boxes, from left to right."""

    boxes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FlowChart:
    """What was drawn, and where it went; ``top`` are the lines of the box above the steps."""

    title: str
    description: str
    top: tuple[str, ...]
    rows: Sequence[FlowRow]


def draw_flow(chart: FlowChart, *, language: str) -> str:
    """Return the flow as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw; at most three boxes a row.
        language: ``vi`` or ``en``, for separators.
    """
    boxes, lines, arrows = _laid_out(chart)
    height = max(box["y2"] for box in boxes)
    x, y = (
        alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, _WIDTH], nice=False)),
        alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False)),
    )
    frames = (
        alt.Chart(alt.InlineData(values=boxes))
        .mark_rect(filled=False, stroke=_LINE, strokeWidth=1.2)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    )
    rules = (
        alt.Chart(alt.InlineData(values=arrows))
        .mark_rule(color=_LINE, strokeWidth=1.4)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    )
    texts = [
        alt.Chart(alt.InlineData(values=[line for line in lines if line["bold"] is is_bold]))
        .mark_text(
            align="left",
            baseline="top",
            fontSize=13,
            font="Noto Sans",
            fontWeight="bold" if is_bold else "normal",
        )
        .encode(x=x, y=y, text="text:N")
        for is_bold in (True, False)
    ]
    return drawn(alt.layer(rules, frames, *texts), chart.title, chart.description, language, (_WIDTH, int(height)))


type _Marks = list[dict[str, float]]


def _laid_out(chart: FlowChart) -> tuple[_Marks, list[dict[str, object]], _Marks]:
    """Return boxes, lines of text and arrows, in pixels from the top left."""
    boxes: _Marks = []
    lines: list[dict[str, object]] = []
    arrows: _Marks = []

    def box(left: float, right: float, top: float, height: float, texts: tuple[str, ...]) -> None:
        boxes.append({"x": left, "x2": right, "y": top, "y2": top + height})
        for number, text in enumerate(texts):
            place = {"x": left + _PAD, "y": top + _PAD + _TEXT * number}
            lines.append({**place, "text": text, "bold": number == 0})

    top = _tall(chart.top)
    box(_COLUMNS[0][0], _COLUMNS[-1][1], 0, top, chart.top)
    trunk, at = _COLUMNS[0][0] + _GAP, float(top)
    for row in chart.rows:
        height = max(_tall(texts) for texts in row.boxes)
        arrows.append({"x": trunk, "x2": trunk, "y": at, "y2": at + _ROW_GAP})
        at += _ROW_GAP
        for number, texts in enumerate(row.boxes):
            left, right = _COLUMNS[number]
            box(left, right, at, height, texts)
            if number:
                arrows.append({"x": _COLUMNS[number - 1][1], "x2": left, "y": at + height / 2, "y2": at + height / 2})
        at += height
    return boxes, lines, arrows


def _tall(texts: tuple[str, ...]) -> int:
    return 2 * _PAD + _TEXT * len(texts) - (_TEXT - 13)


# Small panels of shares that fall step by step, each with the band of its interval, all on the same axes.


@dataclass(frozen=True, slots=True)
class Step:
    """What holds from a time on: a share with its interval, in percent."""

    at: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StepPanels:
    """A panel a group, in their order; ``time`` and ``share`` name the axes."""

    title: str
    description: str
    time: str
    share: str
    panels: Sequence[tuple[str, Sequence[Step]]]


def draw_steps(plot: StepPanels, *, language: str) -> str:
    """Return the panels as one ``<svg>`` element that can stand inside a page.

    Args:
        plot: what to draw.
        language: ``vi`` or ``en``, for separators.
    """
    names = [name for name, _ in plot.panels]
    rows = [
        {"panel": name, "at": s.at, "share": s.share, "low": s.low, "high": s.high}
        for name, steps in plot.panels
        for s in steps
    ]
    x = alt.X("at:Q", title=plot.time, axis=alt.Axis(tickCount=3, grid=False, format="d"))
    y = alt.Y(
        "low:Q",
        title=plot.share,
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(values=[0, 50, 100], format="d"),
    )
    base = alt.Chart().encode(x=x)
    band = base.mark_area(interpolate="step-after", fill="#8fa3b8", opacity=0.45).encode(y=y, y2="high:Q")
    line = base.mark_line(interpolate="step-after", stroke="#2f4a66", strokeWidth=1.8).encode(y="share:Q")
    columns = min(3, len(names))
    panels = (
        alt.layer(band, line, data=alt.InlineData(values=rows))
        .properties(width=620 // columns, height=130)
        .facet(
            alt.Facet(
                "panel:N",
                sort=names,
                title=None,
                header=alt.Header(labelFontSize=13, labelFontWeight=600, labelAnchor="start", labelLimit=200),
            ),
            columns=columns,
        )
    )
    return drawn(panels, plot.title, plot.description, language, None)
