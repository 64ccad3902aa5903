"""Reads a panel from CSV: ``unit,period,outcome,treated``, ``region`` and covariates, nothing trusted."""

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from quetsach.assess.effect.panel import Floats, Ints, Panel, Step, parse_period, periods_of
from quetsach.assess.estimate import AssessError
from quetsach.core.errors import InputError
from quetsach.core.text import LocalText, Text

COLUMNS: Final = ("unit", "period", "outcome", "treated")
REGION: Final = "region"
"""Column of what was drawn by lot, where that was whole regions."""
MAX_BYTES: Final = 64 << 20
MAX_CELLS: Final = 2_000_000
"""Units times periods: what stays within memory when every method has made its copies."""
_MAX_LABEL: Final = 200
_ABSENT: Final = frozenset({"", "na", "nan", "n/a", "null", "none", ".", "-"})
_TREATED: Final = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes"), True),
    **dict.fromkeys(("0", "0.0", "false", "f", "no"), False),
}
_REGION_HINT: Final = "name regions only where whole regions were drawn by lot; else leave the column out"
_FORM_HINT: Final = Text("one line a unit and period, with the header unit,period,outcome,treated")


@dataclass(slots=True)
class _Table:
    """What was read so far: the value and treatment of each cell by (unit, place in time), and its covariates."""

    where: str
    is_comma_decimal: bool
    covariates: tuple[str, ...] = ()
    line: int = 1
    step: Step | None = None
    units: dict[str, int] = field(default_factory=dict)
    periods: dict[str, int] = field(default_factory=dict)
    places: dict[int, str] = field(default_factory=dict)
    cells: dict[tuple[int, int], tuple[float, bool]] = field(default_factory=dict)
    known: dict[tuple[int, int], list[float]] = field(default_factory=dict)
    regions: dict[int, str] = field(default_factory=dict)

    def error(self, what: str | LocalText, *, column: str = "", hint: str | LocalText = _FORM_HINT) -> AssessError:
        """Return the error that names line and column."""
        at = f"{self.where}:{self.line}"
        return AssessError(what, where=f"{at} ({column})" if column else at, hint=hint)


def read_panel(content: bytes, *, where: str, covariates: tuple[str, ...] = ()) -> Panel:
    """Read a panel from CSV in UTF-8, with or without a byte order mark.

    Columns may stand in any order, others are ignored; ``;`` or a tab may stand for the comma, and then a decimal comma
    for the point. An empty or ``NA`` outcome is a missing cell, as is a line that is not there.

    Args:
        content: the file.
        where: its name, for errors.
        covariates: columns of numbers that are known of each unit; the mean before the first start is taken.

    Raises:
        AssessError: it is no such table; the error names line and column.
    """
    if len(content) > MAX_BYTES:
        raise AssessError(
            Text("the panel is larger than {size} MiB", size=MAX_BYTES >> 20),
            where=where,
            hint=Text("leave columns out"),
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise AssessError(
            Text("this is not UTF-8"), where=f"{where}:{line}", hint=Text("save it as CSV UTF-8")
        ) from error
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    table = _Table(where, delimiter != ",", covariates)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        columns = _columns(next(lines, []), (*COLUMNS, *covariates), where)
        for values in lines:
            table.line = lines.line_num
            if any(values):
                _take(table, [values[column].strip() for column in columns if column < len(values)])
    except csv.Error as error:
        raise AssessError(Text("this is not CSV: {reason}", reason=error), where=f"{where}:{lines.line_num}") from error
    return replace(_panel(table, where), sha256=hashlib.sha256(content).hexdigest())


def _columns(header: list[str], wanted: tuple[str, ...], where: str) -> list[int]:
    """Return where unit, period, outcome, treated and the covariates stand, and region where there is such a column."""
    names = [name.strip().casefold() for name in header]
    wanted = tuple(name.strip().casefold() for name in wanted)
    for column in wanted:
        if names.count(column) != 1:
            twice, missing = Text("the column {name} is there twice"), Text("the column {name} is missing")
            what = (twice if column in names else missing).with_values(name=column)
            raise AssessError(what, where=f"{where}:1", hint=_FORM_HINT)
    if names.count(REGION) > 1:
        raise AssessError(Text("the column {name} is there twice", name=REGION), where=f"{where}:1", hint=_FORM_HINT)
    return [names.index(column) for column in (*wanted, *((REGION,) if REGION in names else ()))]


def _take(table: _Table, values: list[str]) -> None:
    if len(values) < len(COLUMNS) + len(table.covariates):
        raise table.error(Text("the line has too few columns"))
    unit, period, outcome, treated, *known = values
    number = table.units.get(unit)
    if number is None:
        if not unit or len(unit) > _MAX_LABEL or not unit.isprintable():
            raise table.error(Text("no name that can be printed"), column="unit")
        number = table.units[unit] = len(table.units)
    place = table.periods.get(period)
    if place is None:
        place = _new_period(table, period)
    if len(table.units) * len(table.places) > MAX_CELLS:
        raise table.error(
            Text("more than {number} cells", number=f"{MAX_CELLS:,}"), hint=Text("merge units or periods")
        )
    is_treated = _TREATED.get(treated.casefold())
    if is_treated is None:
        raise table.error(
            Text("neither 0 nor 1: {text}", text=repr(treated[:40])), column="treated", hint=Text("0 before, 1 after")
        )
    if (number, place) in table.cells:
        raise table.error(Text("{unit} has {period} already", unit=repr(unit), period=repr(period[:40])))
    table.cells[number, place] = (_number(table, outcome, "outcome"), is_treated)
    names = table.covariates
    if names:
        table.known[number, place] = [_number(table, text, name) for text, name in zip(known, names, strict=False)]
    region = known[len(names)] if len(known) > len(names) else table.regions.get(number, "")
    if table.regions.setdefault(number, region) != region:
        raise table.error(
            Text("{unit} lies in {region} above", unit=repr(unit), region=repr(table.regions[number][:40])),
            column=REGION,
        )


def _new_period(table: _Table, period: str) -> int:
    try:
        step, place = parse_period(period)
    except InputError as error:
        raise table.error(error.text or error.what, column="period", hint=error.advice or error.hint) from error
    if table.step not in (None, step):
        raise table.error(
            Text("{period} is a {step}, those above are not", period=repr(period[:40]), step=step), column="period"
        )
    table.step = step
    table.periods[period] = place
    table.places.setdefault(place, period)
    return place


def _number(table: _Table, text: str, column: str) -> float:
    if text.casefold() in _ABSENT:
        return math.nan
    plain = text.replace(",", ".") if table.is_comma_decimal and text.count(",") == 1 and "." not in text else text
    try:
        number = float(plain) if plain.isascii() and "_" not in plain else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        hint = Text("a plain number such as 1234.5, without separators between thousands")
        raise table.error(Text("not a number: {text}", text=repr(text[:40])), column=column, hint=hint)
    return number


def _panel(table: _Table, where: str) -> Panel:
    if table.step is None:
        raise AssessError(Text("the panel has no lines"), where=where, hint=_FORM_HINT)
    periods = periods_of(table.step, table.places.items())
    column = {place: index for index, place in enumerate(sorted(table.places))}
    outcome = np.full((len(table.units), len(column)), np.nan)
    starts = np.full(len(table.units), len(column), dtype=np.int64)
    for (unit, place), (value, is_treated) in table.cells.items():
        outcome[unit, column[place]] = value
        if is_treated:
            starts[unit] = min(starts[unit], column[place])
    ended = {u for (u, place), (_, is_treated) in _later(table, starts, column) if not is_treated}
    units = tuple(table.units)
    made = Panel(units, periods, outcome, starts, tuple(units[index] for index in sorted(ended)))
    made = replace(made, regions=_regions(table, starts))
    return replace(made, covariates=_covariates(table, made, column)) if table.covariates else made


def _regions(table: _Table, starts: Ints) -> tuple[str, ...]:
    """Return the region of each unit, empty where none is named."""
    if not any(table.regions.values()):
        return ()
    began: dict[str, int] = {}
    for unit, region, start in zip(table.units, table.regions.values(), starts.tolist(), strict=True):
        if not region:
            raise AssessError(
                Text("the unit {unit} has no region", unit=repr(unit)), where=table.where, hint=_REGION_HINT
            )
        if began.setdefault(region, start) != start:
            what = Text("the units of {region} do not begin together", region=repr(region[:40]))
            raise AssessError(what, where=table.where, hint=_REGION_HINT)
    return tuple(table.regions.values())


def _covariates(table: _Table, panel: Panel, column: Mapping[int, int]) -> Floats:
    """Return the mean of each covariate by unit (units x k) before anybody began.

    What was measured later may be an effect of the treatment, and is not looked at.
    """
    first = min(panel.cohorts, default=panel.shape[1])
    values = np.full((*panel.shape, len(table.covariates)), np.nan)
    for (unit, place), known in table.known.items():
        values[unit, column[place]] = known
    before = values[:, :first]
    count = (~np.isnan(before)).sum(axis=1)
    for unit, index in np.argwhere(count == 0).tolist():
        raise AssessError(
            Text(
                "{unit} has no {covariate} before the first start",
                unit=repr(panel.units[unit]),
                covariate=table.covariates[index],
            ),
            where=table.where,
            hint=Text("a covariate is compared as it was before the start, so each unit needs one figure there"),
        )
    return np.asarray(np.nansum(before, axis=1) / count)


def _later(
    table: _Table, starts: Ints, column: Mapping[int, int]
) -> Iterator[tuple[tuple[int, int], tuple[float, bool]]]:
    """Yield the cells after the start of their unit."""
    return (item for item in table.cells.items() if column[item[0][1]] > starts[item[0][0]])
