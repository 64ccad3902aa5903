"""The report as values: sections of statements, paragraphs, tables and plots of those tables, in every language."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from quetsach.assess.estimate import Answer, Estimate, NotEstimable
from quetsach.core.period import TABLE_DAY, day_in
from quetsach.core.text import Joined, LocalText, Number, Text, number_text, percent_text
from quetsach.core.tile import Tile
from quetsach.web.design.charts.tile_map import Shade

type Cell = str | int | float | date | LocalText | None
"""What a cell holds; None is "not known", which is never zero."""


class Form(StrEnum):
    """How the cells of a column are written."""

    TEXT = "text"
    NUMBER = "number"
    CHANGE = "change"
    PERCENT = "percent"
    DAY = "day"
    CODE = "code"


class Tone(StrEnum):
    """What a statement is, told by word and shape first and by colour last."""

    ACHIEVED = "achieved"
    NOT_ACHIEVED = "not-achieved"
    NOT_DECIDED = "not-decided"
    CAUTION = "caution"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name for machines, its title, how it is written, and the definition of what it holds, if any.

    A code is for machines alone: it is in the annex and not in what people read.
    """

    id: str
    title: LocalText
    form: Form = Form.TEXT
    decimals: int = 0
    definition: str = ""

    def text(self, cell: Cell, language: str) -> str:
        """Return a cell as people read it."""
        if cell is None:
            return "–"
        if isinstance(cell, LocalText):
            return cell.in_language(language)
        if isinstance(cell, date):
            return day_in(TABLE_DAY, cell, language)
        if isinstance(cell, str):
            return cell
        decimals = 0 if isinstance(cell, int) else self.decimals  # what was counted is whole
        text = number_text(cell, language, decimals=decimals, signed=self.form is Form.CHANGE)
        return percent_text(text, language) if self.form in (Form.CHANGE, Form.PERCENT) else text

    @property
    def is_number(self) -> bool:
        """Whether the column is set to the right, so that digits stand under digits."""
        return self.form in (Form.NUMBER, Form.CHANGE, Form.PERCENT)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of equal columns under a title; ``id`` is also the name of its file in the annex.

    A long table is folded on the page and only in the annex of what is printed.
    """

    id: str
    title: LocalText
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: LocalText | None = None
    is_long: bool = False

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of table {self.id} has another number of cells than the table has columns")

    def column(self, name: str) -> Column:
        """Return the column of that identifier."""
        return next(column for column in self.columns if column.id == name)

    def cells(self, name: str) -> list[Cell]:
        """Return the cells of a column, from the top."""
        at = [column.id for column in self.columns].index(name)
        return [row[at] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing said and meant: a verdict, a caution, or a fact with its figure."""

    tone: Tone
    title: LocalText
    text: LocalText


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be computed, and why; all gaps of a report stand in one table."""

    what: LocalText
    why: LocalText


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: LocalText


@dataclass(frozen=True, slots=True)
class Points:
    """Sentences that stand for themselves, one under the other, with what they have in common above them."""

    title: LocalText
    texts: tuple[LocalText, ...]


@dataclass(frozen=True, slots=True)
class Spans:
    """A plot of the values of windows, each from its ``first`` to its ``last`` day; ``mark`` names the baseline.

    ``begins`` are the days of events and holidays that are marked on its time axis.
    """

    table: str
    label: str
    first: str
    last: str
    value: str
    title: LocalText
    description: LocalText
    unit: LocalText
    mark: str = ""
    begins: tuple[tuple[date, LocalText], ...] = ()


@dataclass(frozen=True, slots=True)
class Against:
    """A plot of what was observed against what was expected, with its interval, by period from ``begins`` on."""

    table: str
    period: str
    observed: "Series"
    expected: "Series"
    begins: str
    title: LocalText
    description: LocalText
    unit: LocalText


@dataclass(frozen=True, slots=True)
class Curve:
    """A plot of daily values of a table, with the days on which a phase of the campaign began."""

    table: str
    day: str
    value: str
    title: LocalText
    description: LocalText
    unit: LocalText
    begins: tuple[tuple[date, LocalText], ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of each row of a dot plot: its name, its column, and the columns of its interval, if it has one."""

    name: LocalText
    value: str
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Dots:
    """A plot of the first ``most`` rows of a table, a dot for each series; rows without any of them are left out."""

    table: str
    label: str
    series: tuple[Series, ...]
    title: LocalText
    description: LocalText
    unit: LocalText
    level: float | None = None
    decimals: int = 0
    most: int = 20


@dataclass(frozen=True, slots=True)
class Steps:
    """Panels of shares in percent that fall with time, one for each value of the column ``panel``."""

    table: str
    panel: str
    at: str
    share: Series
    title: LocalText
    description: LocalText
    time: LocalText
    most: int = 9


@dataclass(frozen=True, slots=True)
class Map:
    """A map of the figures of column ``value`` of a table whose column ``id`` names the provinces of the tiles.

    The column ``side`` says what a figure means, and ``shades`` how a square of each meaning looks, in the order of the
    legend; what has none of these meanings is left white.
    """

    table: str
    value: str
    side: str
    shades: tuple[tuple[Shade, LocalText], ...]
    title: LocalText
    description: LocalText
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Boxes:
    """A drawing of the flow of units through the rows of a table, under a box that says what was drawn."""

    table: str
    title: LocalText
    description: LocalText
    top: LocalText


type Plot = Spans | Against | Boxes | Curve | Dots | Steps | Map
type Block = Statement | Paragraph | Points | Table | Plot
type Content = Block | Gap
"""What a chapter is made of before its gaps are put with those of the others."""


def plot_words(plot: Plot, language: str) -> dict[str, str]:
    """Return the title and the description of a plot."""
    return {"title": plot.title.in_language(language), "description": plot.description.in_language(language)}


def plot_name(plot: Plot) -> str:
    """Return a name that only this plot has: its table, its kind and what it shows of it."""
    shown = f"-{plot.value}" if isinstance(plot, Map) else ""
    return f"{plot.table}-{type(plot).__name__.lower()}{shown}"


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter; what ``is_technical`` comes after everything that a reader in a hurry wants."""

    id: str
    title: LocalText
    blocks: tuple[Block, ...]
    is_technical: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter as it was written, with its gaps."""

    id: str
    title: LocalText
    content: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole report of one campaign.

    ``made_at`` (UTC) is when it was made, ``as_of`` the newest day (UTC) of sightings that it counts; ``not_real`` says
    what the data are where they are not real. ``facts`` are settings that recomputing its figures takes.
    """

    campaign: str
    name: LocalText
    summary: LocalText
    made_at: datetime
    as_of: date | None
    not_real: LocalText | None
    sections: tuple[Section, ...]
    facts: dict[str, object] = field(default_factory=dict)

    def tables(self) -> Iterator[Table]:
        """Yield every table, in the order of the report."""
        for section in self.sections:
            yield from (block for block in section.blocks if isinstance(block, Table))

    def table(self, identifier: str) -> Table:
        """Return the table that a plot is drawn from."""
        return next(table for table in self.tables() if table.id == identifier)


def answer_cells(answer: Answer) -> tuple[float | None, float | None, float | None]:
    """Return value, low and high of an answer; nothing where it was refused."""
    if isinstance(answer, NotEstimable):
        return (None, None, None)
    return (answer.value, answer.low, answer.high)


# Shapes that several chapters share.


LOW, HIGH = Text("Low"), Text("High")
"""The ends of an interval, as heads of columns."""
STANDS_ON = Column("interval_stands_on", Text("Interval stands on"), Form.CODE)
"""Whether an interval of machines is calibrated or an assumption, for machines; people read it beside the table."""


def refused(what: LocalText, *refusals: NotEstimable) -> Gap:
    """Say what is not given, and every reason why, each once."""
    return Gap(what, sentences(*dict.fromkeys(refusal.text for refusal in refusals)))


def why_not(answer: Answer) -> LocalText | None:
    """Return the reason for a table's cell where a number is not given."""
    return answer.text if isinstance(answer, NotEstimable) else None


def percents(share: Estimate, confidence: float) -> LocalText:
    """Write a share with its interval, and how sure that is, as percentages."""
    middle, lower, upper = (Number(100 * x, decimals=1) for x in (share.value, share.low, share.high))
    return Text(
        "{middle} % ({sure} % interval {lower} to {upper} %)",
        middle=middle,
        sure=Number(100 * confidence),
        lower=lower,
        upper=upper,
    )


def for_show(title: LocalText, *, is_real: bool) -> LocalText:
    """Return a title that says that its figures are for show, where they are not real."""
    return title if is_real else Text("{title} (for show)", title=title)


def sentences(*parts: LocalText) -> Joined:
    """Put sentences one after the other."""
    return Joined(parts, " ")
