"""Plots of a report's tables, drawn by the one renderer of charts."""

from datetime import date

from quetsach.web.design import charts, dots, steps
from quetsach.web.evaluation.document import (
    Bars,
    Cell,
    Column,
    Curve,
    Dots,
    Evaluation,
    Plot,
    Series,
    Steps,
    Table,
    plot_name,
)
from quetsach.web.evaluation.maps import draw_map


def draw(plot: Plot, evaluation: Evaluation, language: str) -> str:
    """Return a plot as one ``<svg>`` element whose names are its own; empty where its table has no value to draw."""
    svg = _drawn(plot, evaluation.table(plot.table), language)
    for name in ("chart-title", "chart-description"):  # a report has several charts
        svg = svg.replace(name, f"{name}-{plot_name(plot)}")
    return svg


def _drawn(plot: Plot, table: Table, language: str) -> str:
    if isinstance(plot, Bars):
        return _bars(plot, table, language)
    if isinstance(plot, Curve):
        return _curve(plot, table, language)
    if isinstance(plot, Dots):
        return _dots(plot, table, language)
    if isinstance(plot, Steps):
        return _steps(plot, table, language)
    return draw_map(plot, table, language)


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
    marks = [charts.Mark(day, name.in_language(language)) for day, name in plot.begins if first <= day <= last]
    return charts.draw_curve(charts.CurveChart(*_words(plot, language), points, marks), language=language)


def _bars(plot: Bars, table: Table, language: str) -> str:
    label = table.column(plot.label)
    columns = [
        charts.Column(_lines(label.text(name, language)), float(value), label.text(name, "en") == plot.mark)
        for name, value in zip(table.cells(plot.label), table.cells(plot.value), strict=True)
        if isinstance(value, int | float)
    ]
    if not columns:
        return ""
    return charts.draw_columns(charts.ColumnChart(*_words(plot, language), columns, plot.level), language=language)


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
    made = dots.DotPlot(*_words(plot, language), names, rows[: plot.most], plot.level, plot.decimals)
    return dots.draw_dots(made, language=language)


def _figures(table: Table, series: Series) -> list[dots.Dot | None]:
    values = table.cells(series.value)
    ends = [table.cells(name) if name else [None] * len(values) for name in (series.low, series.high)]
    return [
        dots.Dot(float(value), *_interval(low, high)) if isinstance(value, int | float) else None
        for value, low, high in zip(values, *ends, strict=True)
    ]


def _interval(low: Cell, high: Cell) -> tuple[float | None, float | None]:
    if isinstance(low, int | float) and isinstance(high, int | float):
        return float(low), float(high)
    return None, None


def _steps(plot: Steps, table: Table, language: str) -> str:
    label: Column = table.column(plot.panel)
    panels: dict[str, list[steps.Step]] = {}
    columns = (plot.at, plot.share.value, plot.share.low, plot.share.high)
    for name, *cells in zip(table.cells(plot.panel), *(table.cells(c) for c in columns), strict=True):
        numbers = [float(cell) for cell in cells if isinstance(cell, int | float)]
        if len(numbers) == len(columns):
            panels.setdefault(label.text(name, language), []).append(steps.Step(*numbers))
    if not panels:
        return ""
    title, description, time, share = (
        text.in_language(language) for text in (plot.title, plot.description, plot.time, plot.share.name)
    )
    shown = list(panels.items())[: plot.most]
    return steps.draw_steps(steps.StepPanels(title, description, time, share, shown), language=language)


def _words(plot: Bars | Curve | Dots, language: str) -> tuple[str, str, str]:
    return (
        plot.title.in_language(language),
        plot.description.in_language(language),
        plot.unit.in_language(language),
    )


def _lines(text: str) -> tuple[str, ...]:
    """Break a label in lines of some fifteen letters, between words."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= 16:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(lines)
