"""The method note: the definitions of what is in the tables, word for word those that the figures carry."""

from quetsach.assess import DEFINITIONS, Basis
from quetsach.centre.evaluation.inputs import Inputs, Registered
from quetsach.core.text import Text
from quetsach.web.evaluation.document import Block, Cell, Chapter, Column, Paragraph, Table

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
