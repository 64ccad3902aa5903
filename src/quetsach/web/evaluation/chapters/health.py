"""The instrument: which feeds were there, on how many days of each window. A gap is told beside the figures."""

from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.text import Text
from quetsach.web.evaluation.document import Block, Chapter, Column, Form, Gap, Statement, Table, Tone

_TITLE = Text("Health of the feeds")
_NONE = Text("There are no feeds.")
_COLUMNS = (
    Column("feed", Text("Feed")),
    Column("window", Text("Window")),
    Column("days", Text("Days"), Form.NUMBER),
    Column("days_with_data", Text("Days with data"), Form.NUMBER),
    Column("sightings", Text("Sightings"), Form.NUMBER),
)


def health(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    if not inputs.feed_days:
        return Chapter("feeds", _TITLE, (Gap(_TITLE, _NONE),))
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
    return Chapter("feeds", _TITLE, (*blocks, Table("feeds", _TITLE, _COLUMNS, rows)))
