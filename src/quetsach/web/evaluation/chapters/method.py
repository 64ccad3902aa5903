"""What the report stands on: definitions and basis, what others published, and the health of the feeds."""

from quetsach.assess import DEFINITIONS, Basis
from quetsach.campaign import Provenance
from quetsach.campaign.record import Activity, Counted, Placing, PublishedFigure
from quetsach.centre.evaluation.inputs import Inputs, Registered
from quetsach.core.text import Text
from quetsach.web.evaluation.document import (
    Block,
    Cell,
    Chapter,
    Column,
    Form,
    Gap,
    Paragraph,
    Points,
    Statement,
    Table,
    Tone,
)

_TITLE = Text("Method", context="chapter")
_COLUMNS = (
    Column("definition", Text("Figure")),
    Column("unit", Text("Unit")),
    Column("text", Text("Definition")),
)
_BASIS_COLUMNS = (
    Column("what", Text("What")),
    Column("value", Text("Value")),
)
_RECOMPUTE = Text(
    "Every table of this report is in the data annex (CSV, JSON, Parquet; licence CC BY 4.0). Shares and changes can "
    "be recomputed from the columns of counts beside them; grades and the choice of botnets from the tables that they "
    "rest on and the settings in the same annex."
)


def method(inputs: Inputs) -> Chapter:
    """Return the chapter: definitions, basis, and what to recompute from."""
    rows = tuple((d.name, d.unit, d.text) for d in DEFINITIONS.values())
    blocks: list[Block] = [Table("definitions", Text("Definitions"), _COLUMNS, rows)]
    if facts := (*_counted_from(inputs.basis), *_seals(inputs)):
        blocks.append(Table("basis", Text("Basis"), _BASIS_COLUMNS, facts))
    return Chapter("method", _TITLE, (*blocks, Paragraph(_RECOMPUTE)))


def _counted_from(basis: Basis | None) -> tuple[tuple[Cell, ...], ...]:
    if basis is None:
        return ()
    return (
        (Text("Feeds"), ", ".join(basis.feeds)),
        (Text("Address tables"), ", ".join(basis.network_versions)),
        (Text("Newest day with data (UTC)"), basis.as_of),
    )


def _seals(inputs: Inputs) -> tuple[tuple[Cell, ...], ...]:
    """Return the digests by which anyone can tell that baseline and registration are the same as then."""
    registered = inputs.effect.registered if inputs.effect else None
    seals = (
        (Text("Frozen baseline (SHA-256)"), _seal_of(inputs)),
        (Text("Registered analysis (SHA-256)"), _digest(registered)),
    )
    return tuple((name, digest) for name, digest in seals if digest)


def _seal_of(inputs: Inputs) -> str:
    return inputs.targets.seal if inputs.targets else ""


def _digest(registered: Registered | None) -> str:
    return registered.digest if registered else ""


# What others published: the series with what it cannot tell, the campaign's own counters, and rankings.


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


# The instrument: which feeds were there, on how many days of each window. A gap is told beside the figures.


_HEALTH_TITLE = Text("Health of the feeds")
_NONE = Text("There are no feeds.")
_HEALTH_COLUMNS = (
    Column("feed", Text("Feed")),
    Column("window", Text("Window")),
    Column("days", Text("Days"), Form.NUMBER),
    Column("days_with_data", Text("Days with data"), Form.NUMBER),
    Column("sightings", Text("Sightings"), Form.NUMBER),
)


def health(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    if not inputs.feed_days:
        return Chapter("feeds", _HEALTH_TITLE, (Gap(_HEALTH_TITLE, _NONE),))
    gaps = sorted({f.feed for f in inputs.feed_days if f.days_with_data < f.days})
    blocks: list[Block] = []
    if gaps:
        names = ", ".join(gaps)
        blocks.append(
            Statement(
                Tone.CAUTION,
                Text("Feeds with gaps"),
                Text("Days without data: {names}. Figures of these windows are too low.", names=names),
            )
        )
    rows = tuple((f.feed, f.window, f.days, f.days_with_data, f.sightings) for f in inputs.feed_days)
    return Chapter("feeds", _HEALTH_TITLE, (*blocks, Table("feeds", _HEALTH_TITLE, _HEALTH_COLUMNS, rows)))
