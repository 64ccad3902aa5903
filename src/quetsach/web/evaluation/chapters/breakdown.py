"""Where it changed: families, providers, provinces and sectors, before and after, in addresses and in machines."""

from statistics import median

from quetsach.assess.comparison import Side
from quetsach.assess.estimate import Estimate, NotEstimable
from quetsach.assess.hosts.calibration import ASSUMED
from quetsach.centre.evaluation.inputs import Change, Dimension, Inputs, MachineChange
from quetsach.core.text import LocalText, Text
from quetsach.web.design.charts.tile_map import Shade
from quetsach.web.evaluation.document import (
    HIGH,
    LOW,
    STANDS_ON,
    Cell,
    Chapter,
    Column,
    Content,
    Dots,
    Form,
    Gap,
    Map,
    Paragraph,
    Series,
    Table,
    answer_cells,
    for_show,
    refused,
    sentences,
    why_not,
)

_TITLE = Text("By family, provider, province and sector")
_SUBJECTS = {
    Dimension.FAMILY: Text("Family"),
    Dimension.PROVIDER: Text("Provider"),
    Dimension.PROVINCE: Text("Province"),
    Dimension.SECTOR: Text("Sector"),
}
_TITLES = {
    Dimension.FAMILY: Text("By family"),
    Dimension.PROVIDER: Text("By provider"),
    Dimension.PROVINCE: Text("By province"),
    Dimension.SECTOR: Text("By sector"),
}
_MACHINES = {
    Dimension.FAMILY: Text("Machines on line by family"),
    Dimension.PROVIDER: Text("Infections on line by provider"),
}
_BASELINE = Text("Baseline")
_LAST = Text("Last window")
_CHANGE = Text("Change")
_SIDE = Text("Against the others")
_ADDRESSES = Text("mean daily addresses")
_NO_SECTORS = Text("The feeds at hand do not say to which sector an address belongs.")
_CAUSES = Text(
    "A row can change because a feed or the way a provider gives out addresses changed. This table is no ranking."
)
_EMPTY = Text("There are no data of both windows.")
_SQUARES = Text(
    "Each square is a province; squares lie about where the provinces do and show neither area nor borders. The figure "
    "is the change of mean daily addresses. A square is coloured only where that differs from the change of all other "
    "provinces by more than chance explains."
)
_RATE_TITLE = Text("Rate by province in the last window")
_RATE_SQUARES = Text(
    "The figure is infections on line for each 1,000 subscribers, drawn to what all provinces have in common. A square "
    "is coloured only where the whole interval lies on one side of the middle."
)
_RATES = (
    Column("id", Text("Code"), Form.CODE),
    Column("name", Text("Province")),
    Column("subscribers", Text("Subscribers"), Form.NUMBER),
    Column("machines", Text("Infections"), Form.NUMBER, 1, "machines-online"),
    Column(
        "rate",
        Text("Per 1,000 subscribers"),
        Form.NUMBER,
        2,
        "machines-per-thousand-subscribers",
    ),
    Column("low", LOW, Form.NUMBER, 2),
    Column("high", HIGH, Form.NUMBER, 2),
    Column("side", Text("Against the middle")),
    Column("why_not", Text("Why there is none")),
)
_DOTS = Text("Each row has two dots: the baseline and the last window. The axis starts at zero.")
_INTERVALS = Text("The line through a dot is the declared error of the estimate.")


_NO_PROVINCE_SUBSCRIBERS = Text("The subscribers of each province are missing.")
_UNITS = {
    Dimension.FAMILY: Text("machines on line"),
    Dimension.PROVIDER: Text("infections on line"),
}
_INFECTIONS = Text("A machine with two families is two infections.")
_ABOVE, _BELOW, _BETWEEN = (
    Text("above the middle"),
    Text("below the middle"),
    Text("not told apart", context="places"),
)


def breakdown(inputs: Inputs) -> Chapter:
    """Return the chapter; a dimension without data is told."""
    sectors = Gap(_TITLES[Dimension.SECTOR], _NO_SECTORS)
    if not inputs.changes:
        return Chapter("breakdown", _TITLE, (Gap(_TITLE, _EMPTY),))
    content: list[Content] = []
    for dimension, rows in inputs.changes.items():
        if isinstance(rows, NotEstimable):
            content.append(refused(_TITLES[dimension], rows))
            continue
        content += [*_plots(dimension, inputs), _table(dimension, rows, inputs)]
        if dimension is Dimension.PROVINCE:
            content += _province_rates(inputs)
        if machines := inputs.machine_changes.get(dimension):
            content += _machines(dimension, machines)
    if any(not isinstance(one, Gap) for one in content):
        content.append(Paragraph(_CAUSES))
    if Dimension.SECTOR not in inputs.changes:
        content.append(sectors)
    return Chapter("breakdown", _TITLE, tuple(content))


def _plots(dimension: Dimension, inputs: Inputs) -> list[Content]:
    name = _TITLES[dimension]
    if dimension is Dimension.PROVINCE:
        title = for_show(Text("Change by province"), is_real=not inputs.not_real)
        return [Map(dimension.value, "change", "side", (*_SHADES, _SAME, _SMALL), title, _SQUARES, inputs.tiles)]
    title = for_show(Text("{name}: before and after", name=name), is_real=not inputs.not_real)
    series = (Series(_BASELINE, "before"), Series(_LAST, "after"))
    return [Dots(dimension.value, "name", series, title, _DOTS, _ADDRESSES)]


_SHADES = ((Shade.STRONG, Side.MORE.value), (Shade.WARM, Side.LESS.value))
_SAME = (Shade.EMPTY, Side.SAME.value)
_SMALL = (Shade.EMPTY, Text("“–”: too small to show"))
_RATE_SHADES = ((Shade.STRONG, _BELOW), (Shade.WARM, _ABOVE))
_NO_RATE = (Shade.EMPTY, Text("“–”: not shown"))


def _table(dimension: Dimension, changes: tuple[Change, ...], inputs: Inputs) -> Table:
    columns = (
        Column("id", Text("Code"), Form.CODE),
        Column("name", _SUBJECTS[dimension]),
        Column("before", _BASELINE, Form.NUMBER, 1, "mean-daily-addresses"),
        Column("after", _LAST, Form.NUMBER, 1, "mean-daily-addresses"),
        Column("change", _CHANGE, Form.CHANGE, 1),
        Column("low", LOW, Form.CHANGE, 1),
        Column("high", HIGH, Form.CHANGE, 1),
        Column("side", _SIDE),
    )
    rows = tuple(_row(change) for change in changes)
    note = Text(
        "Mean daily addresses. Rows of fewer than 10 are put together. Low and high: 95 % interval of the change if "
        "machines are infected independently of each other; what moves all rows alike is not in it."
    )
    title = for_show(_TITLES[dimension], is_real=not inputs.not_real)
    return Table(dimension.value, title, columns, rows, note)


def _row(change: Change) -> tuple[Cell, ...]:
    ends = (None, None) if change.interval is None else (change.interval.low, change.interval.high)
    side = change.side.value if change.side else None
    return (change.id, change.name, change.before, change.after, change.percent, *ends, side)


def _province_rates(inputs: Inputs) -> list[Content]:
    """Return the map of rates with its table, or why there is none."""
    found = inputs.province_rates
    if isinstance(found, NotEstimable):
        return [refused(_RATE_TITLE, found)]
    if not found:
        return [Gap(_RATE_TITLE, _NO_PROVINCE_SUBSCRIBERS)]
    middle = median(p.rate.value for p in found if p.rate) if any(p.rate for p in found) else 0.0
    rows = tuple(
        (
            p.id,
            p.name,
            p.subscribers,
            answer_cells(p.machines)[0],
            *(answer_cells(p.rate) if p.rate else (None, None, None)),
            _beside(p.rate, middle) if p.rate else None,
            why_not(p.machines),
        )
        for p in found
    )
    table = Table("province-rates", _RATE_TITLE, _RATES, rows, _INFECTIONS)
    shades = (*_RATE_SHADES, (Shade.EMPTY, _BETWEEN), _NO_RATE)
    shown: list[Content] = [Map(table.id, "rate", "side", shades, _RATE_TITLE, _RATE_SQUARES, inputs.tiles), table]
    return [*shown, *map(Paragraph, inputs.province_told)]


def _beside(rate: Estimate, middle: float) -> LocalText:
    return _ABOVE if rate.low > middle else _BELOW if rate.high < middle else _BETWEEN


def _machines(dimension: Dimension, changes: tuple[MachineChange, ...]) -> list[Content]:
    title, table = _MACHINES[dimension], f"machines-{dimension.value}"
    answers = [answer for c in changes for answer in (c.before, c.after)]
    if all(isinstance(answer, NotEstimable) for answer in answers):
        return [refused(title, *(answer for answer in answers if isinstance(answer, NotEstimable)))]
    columns = (
        Column("id", Text("Code"), Form.CODE),
        Column("name", _SUBJECTS[dimension]),
        *_measured("before", _BASELINE),
        *_measured("after", _LAST),
        STANDS_ON,
        Column("why_not", Text("Why there is none")),
    )
    rows = tuple(
        (
            c.id,
            c.name,
            *answer_cells(c.before),
            *answer_cells(c.after),
            c.stands_on,
            why_not(c.before) or why_not(c.after),
        )
        for c in changes
    )
    series = (
        Series(_BASELINE, "before", "before_low", "before_high"),
        Series(_LAST, "after", "after_low", "after_high"),
    )
    described = Text("{dots} {intervals}", dots=_DOTS, intervals=_INTERVALS)
    note = ASSUMED if dimension is Dimension.FAMILY else sentences(_INFECTIONS, ASSUMED)
    plot = Dots(table, "name", series, title, described, _UNITS[dimension])
    return [plot, Table(table, title, columns, rows, note)]


def _measured(name: str, title: LocalText) -> tuple[Column, Column, Column]:
    return (
        Column(name, title, Form.NUMBER, 0, "machines-online"),
        Column(f"{name}_low", LOW, Form.NUMBER),
        Column(f"{name}_high", HIGH, Form.NUMBER),
    )
