"""Plots of a report's tables, drawn by the one renderer of charts."""

from collections.abc import Sequence
from datetime import date

from quetsach.web.design.charts import Column as DrawnColumn
from quetsach.web.design.charts import ColumnChart, CurveChart, Mark, draw_columns, draw_curve
from quetsach.web.evaluation.document import Bars, Cell, Curve, Evaluation, Table


def draw(plot: Bars | Curve, evaluation: Evaluation, language: str) -> str:
    """Return a plot as one ``<svg>`` element whose names are its own; empty where its table has no value to draw."""
    svg = _drawn(plot, evaluation, language)
    for name in ("chart-title", "chart-description"):  # a report has several charts
        svg = svg.replace(name, f"{name}-{plot.table}")
    return svg


def _drawn(plot: Bars | Curve, evaluation: Evaluation, language: str) -> str:
    table = evaluation.table(plot.table)
    if isinstance(plot, Bars):
        return _bars(plot, table, language)
    days, values = _column(table, plot.day), _column(table, plot.value)
    points = [
        (day, float(value))
        for day, value in zip(days, values, strict=True)
        if isinstance(day, date) and isinstance(value, int | float)
    ]
    if not points:
        return ""
    first, last = points[0][0], points[-1][0]
    return draw_curve(
        CurveChart(
            plot.title.in_language(language),
            plot.description.in_language(language),
            plot.unit.in_language(language),
            points,
            [Mark(day, name.in_language(language)) for day, name in plot.begins if first <= day <= last],
        ),
        language=language,
    )


def _bars(plot: Bars, table: Table, language: str) -> str:
    labels, values = _column(table, plot.label), _column(table, plot.value)
    label = next(c for c in table.columns if c.id == plot.label)
    columns = [
        DrawnColumn(_lines(label.text(name, language)), float(value), label.text(name, "en") == plot.mark)
        for name, value in zip(labels, values, strict=True)
        if isinstance(value, int | float)
    ]
    if not columns:
        return ""
    return draw_columns(
        ColumnChart(
            plot.title.in_language(language),
            plot.description.in_language(language),
            plot.unit.in_language(language),
            columns,
            plot.level,
        ),
        language=language,
    )


def _column(table: Table, name: str) -> Sequence[Cell]:
    at = [c.id for c in table.columns].index(name)
    return [row[at] for row in table.rows]


def _lines(text: str) -> tuple[str, ...]:
    """Break a label in lines of some fifteen letters, between words."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= 16:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return tuple(lines)
