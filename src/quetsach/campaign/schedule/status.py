"""How a plan stands on a day: phases, gates, what is late, and the boards of the middle phase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.record import Campaign
from quetsach.campaign.schedule.plan import Evidence, Finding, Milestone, Part, Phase, judge
from quetsach.core.text import NO_TEXT, LocalText, Text


class PhaseState(StrEnum):
    """Where a phase is. A phase whose first day has come waits until its gate is opened."""

    AHEAD = "ahead"
    WAITING = "waiting"
    RUNNING = "running"
    OVER = "over"


class MilestoneState(StrEnum):
    """Where a milestone is."""

    AHEAD = "ahead"
    REACHED = "reached"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class PhaseStatus:
    """One phase on a day. ``findings`` are the conditions of its gate as they are now.

    ``days_late`` are counted up to the last day of the plan: what a campaign that is over left undone gets no later.
    """

    phase: Phase
    state: PhaseState
    is_open: bool
    days_late: int
    part: Part | None
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> tuple[Finding, ...]:
        """The conditions that do not hold."""
        return tuple(finding for finding in self.findings if not finding.holds)

    @property
    def may_be_opened(self) -> bool:
        """Whether nothing of its own keeps the gate shut."""
        return not self.is_open and not self.missing


@dataclass(frozen=True, slots=True)
class MilestoneStatus:
    """One milestone on a day."""

    milestone: Milestone
    state: MilestoneState
    days_late: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """A whole plan on a day."""

    day: date
    phases: tuple[PhaseStatus, ...]
    milestones: tuple[MilestoneStatus, ...]

    @property
    def running(self) -> PhaseStatus | None:
        """The newest phase that runs."""
        return next((p for p in reversed(self.phases) if p.state is PhaseState.RUNNING), None)

    @property
    def begins_on(self) -> date | None:
        """The first day of the plan, if it has not come yet."""
        first = self.phases[0].phase.period.first
        return first if self.day < first else None

    @property
    def ended_on(self) -> date | None:
        """The last day of the plan, if it is over; whether the campaign was closed is another matter."""
        last = max(p.phase.period.last for p in self.phases)
        return last if self.day > last else None

    @property
    def next_gate(self) -> PhaseStatus | None:
        """The first phase whose gate is shut: only this one may be opened."""
        return next((p for p in self.phases if not p.is_open), None)

    @property
    def late(self) -> tuple[PhaseStatus | MilestoneStatus, ...]:
        """What should have happened by now."""
        everything: tuple[PhaseStatus | MilestoneStatus, ...] = (*self.phases, *self.milestones)
        return tuple(item for item in everything if item.days_late)

    def phase(self, identifier: str) -> PhaseStatus | None:
        """Return the standing of a phase."""
        return next((p for p in self.phases if p.phase.id == identifier), None)


def plan_status(campaign: Campaign, day: date, evidence: Evidence, *, opened: frozenset[str]) -> PlanStatus:
    """Return how the plan stands on a day of Viet Nam.

    Args:
        campaign: the plan.
        day: the day in Viet Nam.
        evidence: what the centre can show now.
        opened: identifiers of the phases whose gates were opened.
    """
    phases = tuple(_phase(campaign, number, day, evidence, opened) for number in range(len(campaign.phases)))
    until = min(day, campaign.days.last)
    return PlanStatus(day, phases, tuple(_milestone(m, day, until, evidence) for m in campaign.milestones))


def _phase(campaign: Campaign, number: int, day: date, evidence: Evidence, opened: frozenset[str]) -> PhaseStatus:
    phase = campaign.phases[number]
    is_open = phase.id in opened
    later = campaign.phases[number + 1 :]
    if day < phase.period.first:
        state, late = PhaseState.AHEAD, 0
    elif not is_open:
        state, late = PhaseState.WAITING, (min(day, campaign.days.last) - phase.period.first).days
    elif any(p.id in opened and day >= p.period.first for p in later) or day > phase.period.last:
        state, late = PhaseState.OVER, 0
    else:
        state, late = PhaseState.RUNNING, 0
    part = next((p for p in phase.parts if day in p.period), None)
    return PhaseStatus(phase, state, is_open, late, part, judge(phase.conditions, evidence))


def _milestone(milestone: Milestone, day: date, until: date, evidence: Evidence) -> MilestoneStatus:
    findings = judge(milestone.conditions, evidence)
    is_reached = all(f.holds for f in findings) if findings else day >= milestone.on
    if is_reached:
        return MilestoneStatus(milestone, MilestoneState.REACHED, 0, findings)
    late = max(0, (until - milestone.on).days)
    is_missed = day > milestone.on
    return MilestoneStatus(milestone, MilestoneState.MISSED if is_missed else MilestoneState.AHEAD, late, findings)


# The boards of the middle phase: its four work items, each row derived from facts and nothing ticked by hand.


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
