"""The published tables: what each holds, what its columns mean, and its rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from quetsach.centre.publication.candidates import Month
from quetsach.centre.publication.snapshot import RankedRow, Snapshot, WindowFigure
from quetsach.core.table import csv_text
from quetsach.core.text import LocalText, Text
from quetsach.lake.parquet import table_content

_KINDS = {
    "string": Text("text", context="kind of value"),
    "date": Text("day"),
    "yearmonth": Text("month"),
    "integer": Text("whole number"),
    "number": Text("decimal number"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, in which unit.

    ``type`` is as Table Schema names it (string, date, yearmonth, integer, number). ``may_be_empty`` says that a row
    may have nothing there.
    """

    name: str
    type: str
    text: LocalText
    may_be_empty: bool = False

    @property
    def kind(self) -> LocalText:
        """Its type in words."""
        return _KINDS[self.type]


@dataclass(frozen=True, slots=True)
class Figures:
    """What tables are made of: the published figures, and what makes the rankings of every month when asked."""

    snapshot: Snapshot
    months: Callable[[], Sequence[Month]]


@dataclass(frozen=True, slots=True)
class OpenTable:
    """One table, handed out as CSV and as Parquet: its name, title and columns, what names a row, how rows are made."""

    name: str
    title: LocalText
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Figures], Iterable[Sequence[object]]]

    @property
    def file_name(self) -> str:
        """The last part of the address of the CSV file."""
        return f"{self.name}.csv"

    @property
    def parquet_name(self) -> str:
        """The last part of the address of the Parquet file."""
        return f"{self.name}.parquet"

    def csv(self, figures: Figures | None) -> bytes:
        """Return the file (UTF-8, CRLF, header); the header alone before the first publication."""
        rows = self.rows(figures) if figures else ()
        return csv_text([[column.name for column in self.columns], *rows], line_end="\r\n").encode()

    def parquet(self, figures: Figures | None) -> bytes:
        """Return the same rows as Parquet, days and numbers as such; each column says what it holds."""
        cells = zip(*(self.rows(figures) if figures else ()), strict=True)
        values = [list(column) for column in cells] or [[] for _column in self.columns]
        fields = [
            (column.name, column.type, column.may_be_empty, {"description": column.text.en}) for column in self.columns
        ]
        return table_content(fields, values)


_SCALE = Column(
    "scale",
    "integer",
    Text(
        "The scale. 1 means real figures. More than 1, such as 100, means a demonstration that was made smaller: "
        "multiply every number of addresses in the row by it."
    ),
)
_FIRST = Column("first", "date", Text("First day of the window (a day of UTC)."))
_LAST = Column(
    "last",
    "date",
    Text("Last day of the window (a day of UTC), itself included."),
)
_DAYS_WITH_DATA = Column(
    "days_with_data",
    "integer",
    Text("Days of the window that have data. Fewer than its days means that data are missing."),
)
_HEALTH = (
    Column(
        "reports_with_gaps",
        "integer",
        Text(
            "How many of the reports behind it lack days of the window. Empty where that was not kept: in figures of "
            "an earlier version."
        ),
        may_be_empty=True,
    ),
    Column(
        "level_breaks",
        "integer",
        Text(
            "How often the level of such a report surely changed at one stroke in the window; instruments do that, "
            "cleaning does not. Empty as before."
        ),
        may_be_empty=True,
    ),
)
_WINDOW_COLUMNS = (
    Column("campaign", "string", Text("Code of the campaign.")),
    Column("window", "string", Text("Code of the window within its campaign.")),
    _FIRST,
    _LAST,
    Column(
        "addresses",
        "integer",
        Text("Distinct addresses reported in the whole window, not yet multiplied by scale. An address is no machine."),
    ),
    Column("days", "integer", Text("Days of the window.")),
    _DAYS_WITH_DATA,
    Column(
        "change_percent",
        "number",
        Text(
            "Change against the campaign's baseline window, in percent; below zero is fewer. Empty in the baseline "
            "itself, in the window of the year before, and where the two cannot be compared."
        ),
        may_be_empty=True,
    ),
    _SCALE,
    *_HEALTH,
)


_RANKING_COLUMNS = (
    Column(
        "rank",
        "integer",
        Text(
            "Rank, from 1. Empty in the row of what is unknown (“unknown”) and of small ones put together (“others”)."
        ),
        may_be_empty=True,
    ),
    Column(
        "id",
        "string",
        Text(
            "Code of the family, provider or sector. In places.csv the code of the province and the day since which it "
            "means that one, such as 79@2008-08-01: some codes were used again for another province after mergers, so "
            "a code alone names nothing."
        ),
    ),
    Column("name_vi", "string", Text("Name in Vietnamese.")),
    Column("name_en", "string", Text("Name in English.")),
    Column(
        "mean_daily_addresses",
        "number",
        Text("Distinct addresses a day, the mean over days with data, not yet multiplied by scale."),
    ),
    Column(
        "per_1000_announced",
        "number",
        Text(
            "IPv4 addresses a day for each 1,000 that the provider announces, not yet multiplied by scale. In isps.csv "
            "alone; empty where it cannot be told or would give away fewer than 10 addresses."
        ),
        may_be_empty=True,
    ),
    Column(
        "share_percent",
        "number",
        Text(
            "Percent of the country's addresses a day. One address may belong to several rows, so they may add up to "
            "more than 100."
        ),
    ),
    _FIRST,
    _LAST,
    _DAYS_WITH_DATA,
    _SCALE,
    *_HEALTH,
)


_MONTH_COLUMNS = (
    Column(
        "month",
        "yearmonth",
        Text(
            "Month that the newest day of data is in, such as 2020-11. Figures of a month that is over do not change "
            "any more, those of the month that goes on do. The 30 days are those from first to last, not the month's."
        ),
    ),
    Column(
        "ranking",
        "string",
        Text("Which ranking: families, isps (providers), places (provinces and cities), sectors."),
    ),
)


def _health(window: WindowFigure) -> tuple[int | None, ...]:
    return window.reports_with_gaps, window.level_breaks


def _windows(figures: Figures) -> Iterable[Sequence[object]]:
    scale = figures.snapshot.scale
    return (
        (c.id, w.id, w.first, w.last, w.addresses, w.days, w.days_with_data, w.change_percent, scale, *_health(w))
        for c in figures.snapshot.campaigns
        for w in c.windows
    )


def _ranking(choose: Callable[[Snapshot], Sequence[RankedRow]]) -> Callable[[Figures], Iterable[Sequence[object]]]:
    return lambda figures: _ranked(choose(figures.snapshot), figures.snapshot.latest, figures.snapshot.scale)


def _ranked(rows: Iterable[RankedRow], window: WindowFigure, scale: int) -> Iterable[Sequence[object]]:
    about = (window.first, window.last, window.days_with_data, scale, *_health(window))
    return (
        (row.rank, row.id, row.name.vi, row.name.en, row.mean_daily, row.per_thousand, row.share_percent, *about)
        for row in rows
    )


def _by_month(figures: Figures) -> Iterable[Sequence[object]]:
    return (
        (month.month, name, *cells)
        for month in figures.months()
        for name, rows in month.rankings
        for cells in _ranked(rows, month.latest, month.scale)
    )


TABLES = (
    OpenTable(
        "windows",
        Text("Addresses by window of every campaign, against its baseline, closed campaigns included"),
        _WINDOW_COLUMNS,
        ("campaign", "window"),
        _windows,
    ),
    OpenTable(
        "families",
        Text("Malware families over the latest 30 days"),
        _RANKING_COLUMNS,
        ("id",),
        _ranking(lambda snapshot: snapshot.families),
    ),
    OpenTable(
        "isps",
        Text("Internet providers over the latest 30 days"),
        _RANKING_COLUMNS,
        ("id",),
        _ranking(lambda snapshot: snapshot.isps),
    ),
    OpenTable(
        "places",
        Text("Provinces and cities over the latest 30 days"),
        _RANKING_COLUMNS,
        ("id",),
        _ranking(lambda snapshot: snapshot.places),
    ),
    OpenTable(
        "sectors",
        Text("Sectors over the latest 30 days, as far as sources tell"),
        _RANKING_COLUMNS,
        ("id",),
        _ranking(lambda snapshot: snapshot.sectors),
    ),
    OpenTable(
        "rankings-by-month",
        Text("The four rankings by month: of each month as they were published last"),
        (*_MONTH_COLUMNS, *_RANKING_COLUMNS),
        ("month", "ranking", "id"),
        _by_month,
    ),
)


@dataclass(frozen=True, slots=True)
class ColumnGroup:
    """Tables with the same columns: ``told`` are those that no group before has, ``again`` the others."""

    tables: tuple[OpenTable, ...]
    told: tuple[Column, ...]
    again: tuple[Column, ...]


def tables_by_columns() -> list[ColumnGroup]:
    """Return the tables, those with the same columns together, so that each column is told once."""
    groups: list[ColumnGroup] = []
    for columns, tables in groupby(TABLES, key=lambda table: table.columns):
        before = {column for group in groups for column in group.told}
        told = tuple(column for column in columns if column not in before)
        groups.append(ColumnGroup(tuple(tables), told, tuple(column for column in columns if column in before)))
    return groups
