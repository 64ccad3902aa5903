"""What others published: the series with what it cannot tell, the campaign's own counters, and rankings."""

from quetsach.campaign import Provenance
from quetsach.campaign.record import Activity, Counted, Placing, PublishedFigure
from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.text import Text
from quetsach.web.evaluation.document import Block, Cell, Chapter, Column, Form, Gap, Points, Table

_COUNTED = {
    Counted.MONTH: Text("a month"),
    Counted.QUARTER: Text("a quarter"),
    Counted.YEAR: Text("a year"),
    Counted.UNKNOWN: Text("not published", context="refused"),
}
_PROVENANCE = {
    Provenance.STATED: Text("stated"),
    Provenance.DERIVED: Text("derived"),
}
_NOTHING = Text("No figures of others are on record.")
_SOURCE = Column("source", Text("Source"))
_NOTE = Column("note", Text("Note"))
_FIGURES = (
    Column("first", Text("First day"), Form.DAY),
    Column("last", Text("Last day"), Form.DAY),
    Column("counted", Text("Counted over")),
    Column("addresses", Text("Addresses"), Form.NUMBER),
    Column("provenance", Text("How it is known")),
    _SOURCE,
    _NOTE,
)
_ACTIVITY = (
    Column("on", Text("Day"), Form.DAY),
    Column("reached", Text("Reached"), Form.NUMBER),
    Column("scans", Text("Scans"), Form.NUMBER),
    Column("infected", Text("Found infected"), Form.NUMBER),
    _SOURCE,
    _NOTE,
)
_PLACINGS = (
    Column("by", Text("By")),
    Column("year", Text("Year")),
    Column("measure", Text("Measure", context="content")),
    Column("place", Text("Place"), Form.NUMBER),
    Column("percent", Text("Share"), Form.PERCENT, 1),
    _SOURCE,
    _NOTE,
)


def published(inputs: Inputs) -> Chapter:
    """Return the chapter of the published series."""
    title = Text("What was published, and cannot tell")
    record = inputs.published
    if not record.figures:
        return Chapter("published", title, (Gap(title, _NOTHING),))
    figures = tuple(
        (f.period.first, f.period.last, _COUNTED[f.counted], f.addresses, _PROVENANCE[f.provenance], *_told(f))
        for f in record.figures
    )
    blocks: list[Block] = (
        [Points(Text("What these figures cannot tell"), tuple(record.limits))] if record.limits else []
    )
    blocks.append(Table("published", Text("The series"), _FIGURES, figures))
    if record.activity:
        rows = tuple((a.on, a.reached, a.scans, a.infected, *_told(a)) for a in record.activity)
        note = Text("Turns, and not distinct people or machines.")
        counters = Text("The campaign's own counters")
        blocks.append(Table("activity", counters, _ACTIVITY, rows, note))
    return Chapter("published", title, tuple(blocks))


def _told(one: PublishedFigure | Activity | Placing) -> tuple[Cell, Cell]:
    """Return the cells of where something is from and what is to be known of it."""
    return (one.source or None, one.note)


def placings(inputs: Inputs) -> Chapter:
    """Return the register of rankings by others."""
    title = Text("Rankings by others")
    rows = tuple((p.by, str(p.year), p.measure, p.place, p.percent, *_told(p)) for p in inputs.published.placings)
    note = Text("A place depends on what is counted and on whose customers; it is no result of the campaign.")
    if not rows:
        return Chapter("placings", title, (Gap(title, _NOTHING),))
    return Chapter("placings", title, (Table("placings", title, _PLACINGS, rows, note),))
