"""What a campaign came to: the facts that its close seals, its archive shows and a comparison sets side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from quetsach.campaign.record import Campaign
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.campaign.schedule.plan import Stage
from quetsach.campaign.schedule.status import MilestoneState, PlanStatus
from quetsach.core.text import LocalText, Text


@dataclass(frozen=True, slots=True)
class PhaseFact:
    """A phase as planned at last, and the day its gate was opened."""

    id: str
    name: LocalText
    stage: Stage
    first: date
    last: date
    opened_on: date | None

    @property
    def days(self) -> int:
        """How many days the phase was planned for."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class WindowFact:
    """Unique addresses of a window of whole UTC days; ``change_percent`` is against the baseline.

    ``reports_with_gaps`` of its feeds lacked days of it, and ``level_breaks`` is how often the level of one changed at
    one stroke; ``None`` where that was not kept.
    """

    id: str
    name: LocalText
    first: date
    last: date
    days_with_data: int
    addresses: int
    change_percent: float | None
    reports_with_gaps: int | None = None
    level_breaks: int | None = None

    @property
    def days(self) -> int:
        """Length of the window."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """What was counted of addresses: by which definition and from which feeds; ``seal`` is the frozen baseline's.

    ``warnings`` are what a reader must know beside the figures; ``not_real`` says what they are if not real.
    """

    definition: str
    feeds: tuple[str, ...]
    scale: int
    baseline: WindowFact
    seal: str
    windows: tuple[WindowFact, ...]
    warnings: tuple[LocalText, ...] = ()
    not_real: LocalText | None = None

    @property
    def last(self) -> WindowFact | None:
        """The newest window that has a change."""
        changed = [w for w in self.windows if w.change_percent is not None]
        return max(changed, key=lambda w: w.last, default=None)


@dataclass(frozen=True, slots=True)
class LetterFact:
    """What anyone may know of an issued letter: number and sign, day, subject, how many units had it and read it."""

    number: str
    issued_on: date
    issuer: str
    subject: str
    addressed: int
    acknowledged: int


@dataclass(frozen=True, slots=True)
class LevelFact:
    """One level of the tree: units written to, how many acknowledged, after what time half of all had and the slowest.

    ``half`` is ``None`` while fewer than half have. Nobody is named: who was slow is between the unit and the centre.
    """

    level: int
    total: int
    acknowledged: int
    half: timedelta | None
    slowest: timedelta | None


@dataclass(frozen=True, slots=True)
class ChainFact:
    """How a letter of the centre went down the levels, by itself and by the covering letters that passed it on."""

    number: str
    issued_on: date
    issuer: str
    levels: tuple[LevelFact, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """One published total of the returns, exact for the country, and how many returns gave it.

    ``definition`` and ``given`` are ``None`` in facts that were sealed before totals carried them.
    """

    id: str
    name: LocalText
    value: int
    definition: LocalText | None = None
    given: int | None = None


@dataclass(frozen=True, slots=True)
class TotalsRow:
    """The totals of one province or ministry, by the totals' identifiers, with how many of its returns are approved.

    A value is ``None`` where it is small or would give a small one away; what no return gave is not among them.
    """

    name: LocalText
    expected: int
    approved: int
    values: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Divided:
    """A total and those that it falls into; ``rest`` is what units did not say the fate of."""

    whole: Total
    parts: tuple[Total, ...]
    rest: int


def divide(totals: Iterable[Total], sums: Iterable[tuple[str, Sequence[str]]]) -> tuple[Divided, ...]:
    """Return what totals fell into, where all parts were given and are together no more than the whole.

    Args:
        totals: of one time and the same units.
        sums: the identifiers of totals, each with those that make it up.
    """
    by_id = {total.id: total for total in totals}
    found = []
    for whole, parts in sums:
        if whole not in by_id or not by_id[whole].value or not by_id.keys() >= set(parts):
            continue
        rest = by_id[whole].value - sum(by_id[part].value for part in parts)
        if rest >= 0:
            found.append(Divided(by_id[whole], tuple(by_id[part] for part in parts), rest))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class KindFact:
    """How complete the returns of one kind of unit are: expected units, those in approved returns, those on time."""

    name: LocalText
    expected: int
    approved: int
    on_time: int

    @property
    def complete_percent(self) -> float:
        """Approved of expected."""
        return 100 * self.approved / self.expected if self.expected else 0.0


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    """Published totals of the units' returns with their completeness: reports expected, approved and on time.

    ``sums`` names totals and those that make them up, as the form has them. Facts sealed earlier have none, and tell
    the completeness of each kind of unit in their ``note``.
    """

    totals: tuple[Total, ...]
    expected: int
    approved: int
    on_time: int
    note: LocalText
    rows: tuple[TotalsRow, ...] = ()
    sha256: str = ""
    sums: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kinds: tuple[KindFact, ...] = ()

    @property
    def divided(self) -> tuple[Divided, ...]:
        """What its totals fell into."""
        return divide(self.totals, self.sums)

    @property
    def is_hiding(self) -> bool:
        """Whether any figure of a row is hidden."""
        return any(value is None for row in self.rows for value in row.values.values())

    @property
    def complete_percent(self) -> float:
        """Approved of expected."""
        return 100 * self.approved / self.expected if self.expected else 0.0


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """Voluntary reports of the tool: runs, and distinct installations."""

    reports: int
    installs: int
    with_findings: int
    cleaned: int


@dataclass(frozen=True, slots=True)
class DecisionFact:
    """A decision as the public may read it, with the digest over all of it."""

    number: int
    kind: DecisionKind
    title: str
    grounds: str
    decided_on: date
    subjects: tuple[str, ...]
    supersedes: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything. ``is_final`` once the campaign was closed on these facts.

    ``chains`` is counted for the seal and the archive alone; facts that were sealed earlier have none.
    """

    campaign: str
    name: LocalText
    summary: LocalText
    as_of: date
    is_final: bool
    plan_sha256: str
    targets: tuple[LocalText, ...]
    phases: tuple[PhaseFact, ...]
    addresses: AddressFacts | None
    letters: tuple[LetterFact, ...]
    returns: ReturnFacts | None
    tool: ToolFacts | None
    decisions: tuple[DecisionFact, ...]
    open_points: tuple[LocalText, ...]
    chains: tuple[ChainFact, ...] = ()


def open_points(
    campaign: Campaign, standing: PlanStatus, addresses: AddressFacts | None, returns: ReturnFacts | None
) -> tuple[LocalText, ...]:
    """Return what is still open when a campaign is to be closed, each in a sentence for those who decide."""
    points: list[LocalText] = []
    points += (
        Text("A phase was never opened: {phase}", phase=phase.phase.name)
        for phase in standing.phases
        if not phase.is_open
    )
    points += (
        Text("A milestone is not reached: {milestone}", milestone=item.milestone.name)
        for item in standing.milestones
        if item.state is not MilestoneState.REACHED
    )
    if standing.day <= campaign.phases[-1].period.last:
        last = campaign.phases[-1].period.last
        points.append(Text("The plan still runs until {day}", day=last))
    points += _open_figures(campaign, addresses)
    if returns is None:
        points.append(Text("Totals of the units' returns are not published"))
    elif returns.approved < returns.expected:
        missing = returns.expected - returns.approved
        points.append(
            Text(
                "{missing} of {expected} units have no figures in an approved return",
                missing=missing,
                expected=returns.expected,
            )
        )
    return tuple(points)


def _open_figures(campaign: Campaign, addresses: AddressFacts | None) -> list[LocalText]:
    if addresses is None:
        return [Text("There are no figures of addresses")]
    points: list[LocalText] = []
    if not addresses.seal:
        points.append(Text("The baseline is not frozen"))
    counted = {w.id for w in addresses.windows}
    points += (
        Text("A window has no data: {window}", window=window.name)
        for window in campaign.measured_windows
        if window.id not in counted
    )
    return points
