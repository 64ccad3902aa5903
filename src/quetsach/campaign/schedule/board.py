"""The boards of the middle phase: its four work items, each row derived from facts and nothing ticked by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from quetsach.core.text import NO_TEXT, LocalText, Text

BOTNETS_WANTED = 10
"""How many botnets a campaign sets out to assess."""


class WorkItem(StrEnum):
    """The four work items of the middle phase."""

    BOTNETS = "botnets"
    ISPS = "isps"
    TOOLS = "tools"
    DEPLOYMENT = "deployment"


class RowState(StrEnum):
    """Where one row of a board is."""

    OPEN = "open"
    BEGUN = "begun"
    DONE = "done"
    ASIDE = "aside"
    """Shown, and not part of the work."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One line of a published ranking; the rate per 1,000 announced addresses only where there is one."""

    id: str
    name: LocalText
    mean_daily: float
    share_percent: float
    per_thousand: float | None = None


@dataclass(frozen=True, slots=True)
class Shelved:
    """A published pack. ``removes`` is how many of its ``traces`` it removes; 0 traces is guidance only."""

    name: str
    traces: int
    removes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """One channel of deployment: how many of how many, ``expected`` 0 while nothing is.

    What comes by itself, such as voluntary reports, is no work that could be done.
    """

    id: str
    name: LocalText
    count: int
    expected: int
    note: LocalText = NO_TEXT
    is_work: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``figures`` under the board's columns, ``None`` where there is none; ``note`` says why it is so."""

    id: str
    name: LocalText
    figures: tuple[float | None, ...]
    state: RowState
    note: LocalText = NO_TEXT


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures and how many decimals they have."""

    name: LocalText
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """One work item with its rows."""

    item: WorkItem
    name: LocalText
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def done(self) -> int:
        """How many rows are done."""
        return sum(row.state is RowState.DONE for row in self.rows)

    @property
    def total(self) -> int:
        """How many rows are work."""
        return sum(row.state is not RowState.ASIDE for row in self.rows)

    @property
    def state(self) -> RowState:
        """Done where every row is, open where none was begun; an empty board is open."""
        states = {row.state for row in self.rows} - {RowState.ASIDE}
        if states == {RowState.DONE}:
            return RowState.DONE
        return RowState.OPEN if states <= {RowState.OPEN} else RowState.BEGUN


_MEAN = Column(Text("Mean daily addresses", context="short"))
_SHARE = Column(Text("Share (%)", context="part of a whole"), 1)
_RATE = Column(Text("Per 1,000 announced"), 2)


def botnets_board(ranking: Sequence[Ranked], decided: Sequence[str], names: Mapping[str, LocalText]) -> Board:
    """Return the board of the ten botnets: those decided, then those of the ten largest that are not.

    Args:
        ranking: families from most to least, without rows that stand for several; empty where none is of its time.
        decided: families of the decision in force.
        names: what families are called.
    """
    places = {ranked.id: number for number, ranked in enumerate(ranking, 1)}
    known = {ranked.id: ranked for ranked in ranking}
    rows = []
    for family in decided:
        ranked = known.get(family)
        place = places.get(family)
        if ranked is None or place is None:
            unseen = Text("decided; not seen in this window")
            note = unseen if ranking else Text("decided")
            rows.append(Row(family, names.get(family, LocalText(family, family)), (None, None), RowState.DONE, note))
            continue
        note = Text("decided; ranks {place}", place=place)
        rows.append(Row(family, ranked.name, (ranked.mean_daily, ranked.share_percent), RowState.DONE, note))
    if len(decided) < BOTNETS_WANTED:
        state, note = RowState.OPEN, Text("among the largest, not decided")
    else:
        state, note = RowState.ASIDE, Text("among the largest, not chosen")
    chosen = set(decided)
    rows += [
        Row(r.id, r.name, (r.mean_daily, r.share_percent), state, note)
        for r in ranking[:BOTNETS_WANTED]
        if r.id not in chosen
    ]
    name = Text("Assess ten botnets")
    return Board(WorkItem.BOTNETS, name, (_MEAN, _SHARE), tuple(rows))


def isps_board(ranking: Sequence[Ranked], decided: Sequence[str]) -> Board:
    """Return the board of Internet providers: assessed where a rate could be made, done where a decision names them."""
    chosen = set(decided)
    rows = []
    for r in ranking:
        if r.id in chosen:
            state, note = RowState.DONE, Text("concluded")
        elif r.per_thousand is not None:
            state, note = RowState.BEGUN, Text("has its rate, awaits a conclusion")
        else:
            state = RowState.OPEN
            note = Text("no rate: announced addresses unknown")
        rows.append(Row(r.id, r.name, (r.mean_daily, r.per_thousand, r.share_percent), state, note))
    name = Text("Assess Internet providers")
    return Board(WorkItem.ISPS, name, (_MEAN, _RATE, _SHARE), tuple(rows))


def tools_board(decided: Sequence[str], names: Mapping[str, LocalText], packs: Mapping[str, Shelved]) -> Board:
    """Return the board of tools: one row a decided botnet, with what its published pack can do."""
    rows = []
    for family in decided:
        pack = packs.get(family)
        if pack is None:
            state, note = RowState.OPEN, Text("no pack yet")
        elif not pack.removes:
            state = RowState.BEGUN
            note = Text("pack {name}: does not remove yet", name=pack.name)
        else:
            state, note = RowState.DONE, Text("pack {name}", name=pack.name)
        figures = (pack.traces, pack.removes) if pack else (None, None)
        rows.append(Row(family, names.get(family, LocalText(family, family)), figures, state, note))
    columns = (
        Column(Text("Traces recognised")),
        Column(Text("Of these removed")),
    )
    return Board(WorkItem.TOOLS, Text("Build the tools"), columns, tuple(rows))


def deployment_board(channels: Sequence[Progress]) -> Board:
    """Return the board of deployment: one row a channel, done where all that was expected is there."""
    rows = []
    for channel in channels:
        if not channel.is_work:
            state = RowState.ASIDE
        elif channel.expected and channel.count >= channel.expected:
            state = RowState.DONE
        else:
            state = RowState.BEGUN if channel.count else RowState.OPEN
        expected = channel.expected or None
        percent = 100 * channel.count / channel.expected if channel.expected else None
        rows.append(Row(channel.id, channel.name, (channel.count, expected, percent), state, channel.note))
    columns = (
        Column(Text("Count")),
        Column(Text("Expected")),
        Column(Text("Share (%)"), 1),
    )
    return Board(WorkItem.DEPLOYMENT, Text("Deploy widely"), columns, tuple(rows))
