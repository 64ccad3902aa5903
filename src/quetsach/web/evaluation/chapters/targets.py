"""The windows beside the frozen baseline, and the last of them against four baselines."""

from dataclasses import replace

from quetsach.assess import TargetReport, WindowCount
from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.text import Text
from quetsach.web.evaluation.document import (
    Block,
    Cell,
    Chapter,
    Column,
    Curve,
    Form,
    Gap,
    Paragraph,
    Spans,
    Statement,
    Table,
    Tone,
    answer_cells,
    for_show,
    sentences,
    why_not,
)

_TITLE = Text("Targets and four baselines")
_NO_SIGHTINGS = Text("No sightings of the baseline window are held. What others published is further below.")
_COUNTED = Text("Addresses of the windows, counted here")
_WINDOW_COLUMNS = (
    Column("window", Text("Window")),
    Column("first", Text("First day"), Form.DAY),
    Column("last", Text("Last day"), Form.DAY),
    Column("days_with_data", Text("Days with data"), Form.NUMBER),
    Column("addresses", Text("Addresses", context="of a window"), Form.NUMBER, 0, "window-addresses"),
    Column("change", Text("Against baseline"), Form.CHANGE, 1, "change-against-baseline"),
    Column("published", Text("Published"), Form.NUMBER),
    Column(
        "published_change",
        Text("Against baseline, as published"),
        Form.CHANGE,
        1,
    ),
)
_FOUR_COLUMNS = (
    Column("against", Text("Baseline", context="short")),
    Column("value", Text("Addresses"), Form.NUMBER),
    Column("change", Text("Change"), Form.CHANGE, 1),
    Column("low", Text("Low"), Form.CHANGE, 1),
    Column("high", Text("High"), Form.CHANGE, 1),
    Column("why_not", Text("Why there is none")),
)
_DAILY_COLUMNS = (
    Column("day", Text("Day (UTC)"), Form.DAY),
    Column("addresses", Text("Addresses that day"), Form.NUMBER),
)


def targets(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    if inputs.targets is None:
        return Chapter("targets", _TITLE, (Gap(_COUNTED, _NO_SIGHTINGS), *_four(inputs)))
    blocks: list[Block] = [*_windows(inputs, inputs.targets), *_four(inputs), *_daily(inputs)]
    blocks += [Statement(Tone.CAUTION, Text("Caution"), notice.text) for notice in inputs.targets.notices]
    return Chapter("targets", _TITLE, tuple(blocks))


def _windows(inputs: Inputs, report: TargetReport) -> list[Block]:
    base = report.baseline.published
    rows: list[tuple[Cell, ...]] = [_row(report.baseline, None, base)]
    if report.previous_year:
        rows.insert(0, _row(report.previous_year, None, base))
    rows += [_row(w.count, w.change.value if w.change else None, base) for w in report.windows]
    seal = Text("The baseline is frozen.") if report.seal else Text("The baseline is provisional.")
    note = sentences(_NOT_REAL, seal) if inputs.not_real else seal
    table = Table("windows", Text("Windows"), _columns(is_real=not inputs.not_real), tuple(rows), note)
    spans = Spans(
        "windows",
        "window",
        "first",
        "last",
        "addresses",
        for_show(Text("Addresses in each window"), is_real=not inputs.not_real),
        Text("Addresses in a whole window are for continuity with 2020 and judge no target."),
        Text("addresses"),
        mark=report.baseline.name.en,
        begins=inputs.marks,
    )
    return [spans, table]


def _columns(*, is_real: bool) -> tuple[Column, ...]:
    """Return the columns; where the centre's own figures are not real, their titles say so."""
    if is_real:
        return _WINDOW_COLUMNS
    titles = {
        "addresses": Text("Addresses for show (counted here)"),
        "change": Text("Against baseline (for show)"),
        "published": Text("Real figure, as published"),
        "published_change": Text("Against baseline (real)"),
    }
    return tuple(replace(column, title=titles.get(column.id, column.title)) for column in _WINDOW_COLUMNS)


def _row(count: WindowCount, change: float | None, base: int | None) -> tuple[Cell, ...]:
    window = count.basis.window
    days = count.basis.days_with_data
    addresses = count.addresses if days else None
    published = 100 * (count.published / base - 1) if base and count.published and change is not None else None
    return (count.name, window.first, window.last, days, addresses, change, count.published, published)


_NOT_REAL = Text("What was counted here is for show; the real figures are those that the campaign published.")


def _four(inputs: Inputs) -> list[Block]:
    if not inputs.compared:
        return []
    rows: list[tuple[Cell, ...]] = []
    for compared in inputs.compared:
        change, low, high = answer_cells(compared.change)
        exact = change is not None and low == high
        rows.append(
            (
                compared.name,
                answer_cells(compared.baseline)[0],
                change,
                None if exact else low,
                None if exact else high,
                why_not(compared.change),
            )
        )
    told = Text(
        "The same last figure gives different results with another baseline. No line says how much of the change the "
        "campaign caused."
    )
    title = for_show(
        Text("The last window against four baselines"),
        is_real=not inputs.not_real or inputs.targets is None,  # then these are figures that were published
    )
    return [Table("four-baselines", title, _FOUR_COLUMNS, tuple(rows)), Paragraph(told)]


def _daily(inputs: Inputs) -> list[Block]:
    if not inputs.daily:
        return []
    title = for_show(Text("Addresses of each day"), is_real=not inputs.not_real)
    table = Table(
        "daily",
        title,
        _DAILY_COLUMNS,
        tuple((d.day, d.addresses) for d in inputs.daily),
        Text("A day that is not in the table had no data; it is not zero."),
        is_long=True,
    )
    phases = ((p.period.first, p.name) for p in inputs.campaign.phases)
    curve = Curve(
        "daily",
        "day",
        "addresses",
        title,
        Text("Upright lines: the first days of the phases, of holidays and of events that change counts."),
        Text("addresses"),
        tuple(sorted((*phases, *inputs.marks), key=lambda mark: mark[0])),
    )
    return [curve, table]
