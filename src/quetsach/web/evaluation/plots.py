"""Plots and maps of a report's tables, drawn by the one renderer of charts."""

from dataclasses import replace
from datetime import date

from quetsach.assess.effect.panel import parse_period
from quetsach.core.text import LocalText
from quetsach.web.design.charts import over_time, plots
from quetsach.web.design.charts.tile_map import Shade, TileMap, draw_tile_map, square_of
from quetsach.web.evaluation.document import (
    Against,
    Boxes,
    Cell,
    Column,
    Curve,
    Dots,
    Evaluation,
    Form,
    Map,
    Plot,
    Series,
    Spans,
    Steps,
    Table,
    plot_name,
)


def draw(plot: Plot, evaluation: Evaluation, language: str) -> str:
    """Return a plot as one ``<svg>`` element whose names are its own; empty where its table has no value to draw."""
    svg = _drawn(plot, evaluation.table(plot.table), language)
    for name in ("chart-title", "chart-description"):  # a report has several charts
        svg = svg.replace(name, f"{name}-{plot_name(plot)}")
    return svg


def _drawn(plot: Plot, table: Table, language: str) -> str:
    match plot:
        case Spans():
            svg = _spans(plot, table, language)
        case Against():
            svg = _against(plot, table, language)
        case Boxes():
            svg = _boxes(plot, table, language)
        case Curve():
            svg = _curve(plot, table, language)
        case Dots():
            svg = _dots(plot, table, language)
        case Steps():
            svg = _steps(plot, table, language)
        case _:
            svg = draw_map(plot, table, language)
    return svg


def _curve(plot: Curve, table: Table, language: str) -> str:
    days, values = table.cells(plot.day), table.cells(plot.value)
    points = [
        (day, float(value))
        for day, value in zip(days, values, strict=True)
        if isinstance(day, date) and isinstance(value, int | float)
    ]
    if not points:
        return ""
    first, last = points[0][0], points[-1][0]
    marks = [over_time.Mark(day, name.in_language(language)) for day, name in plot.begins if first <= day <= last]
    return over_time.draw_curve(over_time.CurveChart(*_words(plot, language), points, marks), language=language)


def _spans(plot: Spans, table: Table, language: str) -> str:
    label = table.column(plot.label)
    columns = (plot.label, plot.first, plot.last, plot.value)
    spans = [
        over_time.Span(first, last, float(value), label.text(name, language), label.text(name, "en") == plot.mark)
        for name, first, last, value in zip(*(table.cells(column) for column in columns), strict=True)
        if isinstance(value, int | float) and isinstance(first, date) and isinstance(last, date)
    ]
    if not spans:
        return ""
    marks = [over_time.Mark(day, name.in_language(language)) for day, name in plot.begins]
    return over_time.draw_spans(over_time.SpanChart(*_words(plot, language), spans, marks), language=language)


def _against(plot: Against, table: Table, language: str) -> str:
    ends = (plot.expected.value, plot.expected.low, plot.expected.high)
    columns = zip(*(table.cells(name) for name in (plot.period, plot.observed.value, *ends)), strict=True)
    moments = [
        plots.Moment(
            parse_period(str(period))[1],
            str(period),
            float(observed) if isinstance(observed, int | float) else None,
            _three(*expected),
        )
        for period, observed, *expected in columns
    ]
    if not moments:
        return ""
    names = (plot.observed.name.in_language(language), plot.expected.name.in_language(language))
    begins = parse_period(plot.begins)[1]
    chart = plots.CourseChart(*_words(plot, language), names, moments, begins)
    return plots.draw_course(chart, language=language)


def _three(value: Cell, low: Cell, high: Cell) -> tuple[float, float, float] | None:
    if isinstance(value, int | float) and isinstance(low, int | float) and isinstance(high, int | float):
        return float(value), float(low), float(high)
    return None


def _dots(plot: Dots, table: Table, language: str) -> str:
    label = table.column(plot.label)
    figures = zip(*(_figures(table, series) for series in plot.series), strict=True)
    rows = [
        (label.text(name, language), shown)
        for name, shown in zip(table.cells(plot.label), figures, strict=True)
        if any(shown)
    ]
    if not rows:
        return ""
    names = tuple(series.name.in_language(language) for series in plot.series)
    made = plots.DotPlot(*_words(plot, language), names, rows[: plot.most], plot.level, plot.decimals)
    return plots.draw_dots(made, language=language)


def _figures(table: Table, series: Series) -> list[plots.Dot | None]:
    values = table.cells(series.value)
    ends = [table.cells(name) if name else [None] * len(values) for name in (series.low, series.high)]
    return [
        plots.Dot(float(value), *_interval(low, high)) if isinstance(value, int | float) else None
        for value, low, high in zip(values, *ends, strict=True)
    ]


def _interval(low: Cell, high: Cell) -> tuple[float | None, float | None]:
    if isinstance(low, int | float) and isinstance(high, int | float):
        return float(low), float(high)
    return None, None


def _boxes(plot: Boxes, table: Table, language: str) -> str:
    """Draw a row of boxes for each step: its day and units, how they began, and what could be analysed."""
    ids = [column.id for column in table.columns]
    began, ends = ids[ids.index("units") + 1 : ids.index("analysed")], ids[ids.index("analysed") :]

    def told(row: dict[str, Cell], names: list[str]) -> tuple[str, ...]:
        counts = ((table.column(name).text(row[name], language), name) for name in names if row[name])
        return tuple(f"{count} {_head(table, name, language).lower()}" for count, name in counts)

    rows = []
    for cells in table.rows:
        row = dict(zip(ids, cells, strict=True))
        day = table.column("first").text(row["first"], language)
        step = (f"{_head(table, 'step', language)} {row['step']}", day, *told(row, ["units"]))
        rows.append(plots.FlowRow(tuple(box for box in (step, told(row, began), told(row, ends)) if box)))
    title, description, top = (text.in_language(language) for text in (plot.title, plot.description, plot.top))
    return plots.draw_flow(plots.FlowChart(title, description, (top,), rows), language=language) if rows else ""


def _head(table: Table, name: str, language: str) -> str:
    return table.column(name).title.in_language(language)


def _steps(plot: Steps, table: Table, language: str) -> str:
    label: Column = table.column(plot.panel)
    panels: dict[str, list[plots.Step]] = {}
    columns = (plot.at, plot.share.value, plot.share.low, plot.share.high)
    for name, *cells in zip(table.cells(plot.panel), *(table.cells(c) for c in columns), strict=True):
        numbers = [float(cell) for cell in cells if isinstance(cell, int | float)]
        if len(numbers) == len(columns):
            panels.setdefault(label.text(name, language), []).append(plots.Step(*numbers))
    if not panels:
        return ""
    title, description, time, share = (
        text.in_language(language) for text in (plot.title, plot.description, plot.time, plot.share.name)
    )
    shown = list(panels.items())[: plot.most]
    return plots.draw_steps(plots.StepPanels(title, description, time, share, shown), language=language)


def _words(plot: Spans | Against | Curve | Dots, language: str) -> tuple[str, str, str]:
    return (
        plot.title.in_language(language),
        plot.description.in_language(language),
        plot.unit.in_language(language),
    )


# Maps of a report: which shade a province has, and what the legend says of it.


def draw_map(plot: Map, table: Table, language: str) -> str:
    """Return a map as one ``<svg>`` element; empty where there is no layout, or no province has a figure."""
    column = table.column(plot.value)
    figures = {
        str(id_): _figure(float(value), column, language)
        for id_, value in zip(table.cells("id"), table.cells(plot.value), strict=True)
        if isinstance(value, int | float)
    }
    if not any(tile.id in figures for tile in plot.tiles):
        return ""
    looks = {meaning: shade for shade, meaning in plot.shades}
    shades = {
        str(id_): looks.get(meaning, Shade.EMPTY)
        for id_, meaning in zip(table.cells("id"), table.cells(plot.side), strict=True)
        if isinstance(meaning, LocalText)
    }
    none = column.text(None, language)
    squares = [
        square_of(tile, figures.get(tile.id, none), shades.get(tile.id, Shade.EMPTY), language) for tile in plot.tiles
    ]
    top = min((tile.row for tile in plot.tiles if tile.islands), default=0)
    legend = [(shade, text.in_language(language)) for shade, text in plot.shades]
    title, description = plot.title.in_language(language), plot.description.in_language(language)
    return draw_tile_map(
        TileMap(title, description, squares, legend, column.title.in_language(language), (0, top)),
        language=language,
    )


def _figure(value: float, column: Column, language: str) -> str:
    """Write a figure so that it fits a square: changes without decimals."""
    return (
        replace(column, decimals=0).text(value, language)
        if column.form is Form.CHANGE
        else column.text(value, language)
    )
