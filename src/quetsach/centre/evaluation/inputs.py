"""What a report is made of, as values: gathered once, so that the chapters read neither clock nor database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from quetsach.assess import Basis, TargetReport
from quetsach.assess.cases import CaseReport, Group
from quetsach.assess.comparison import Compared, Side
from quetsach.assess.effect.fidelity import Flow
from quetsach.assess.effect.finding import Finding
from quetsach.assess.effect.grounds import Grounds
from quetsach.assess.effect.method_texts import basis_rows
from quetsach.assess.effect.verdict import NotGiven, Verdict, judge
from quetsach.assess.estimate import Answer, Estimate, NotEstimable, Notice
from quetsach.assess.grades import ProviderGrades
from quetsach.assess.grades.provider import Weeks
from quetsach.assess.hosts.calibration import StandsOn
from quetsach.assess.hosts.comparison import Comparison
from quetsach.assess.priority import Choice, Observation
from quetsach.campaign import Campaign
from quetsach.campaign.record import PublishedRecord
from quetsach.campaign.schedule.outcome import Outcome
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.core.tile import Tile


@dataclass(frozen=True, slots=True)
class Daily:
    """Distinct addresses of one day (UTC)."""

    day: date
    addresses: int


class Dimension(StrEnum):
    """What the country is divided by; the value is the name of the table in the annex."""

    FAMILY = "families"
    PROVIDER = "providers"
    PROVINCE = "provinces"
    SECTOR = "sectors"


@dataclass(frozen=True, slots=True)
class Change:
    """A family, provider, province or sector in the baseline window and in the last one, in mean daily addresses.

    ``after`` is None where the last window lacks the row; small rows are put together under the id ``others``.
    ``interval`` is of the change in percent; ``side`` is how that lies to the change of all other rows, None of rows
    that are none of those: what is put together, and what is unknown.
    """

    id: str
    name: LocalText
    before: float | None
    after: float | None
    interval: Estimate | None = None
    side: Side | None = None

    @property
    def percent(self) -> float | None:
        """The change of the mean in percent of the baseline's."""
        if not self.before or self.after is None:
            return None
        return 100 * (self.after / self.before - 1)


@dataclass(frozen=True, slots=True)
class MachineChange:
    """The machines of a family or provider on line in both windows, each an estimate or why there is none.

    ``stands_on`` is that of both intervals; None where neither window has one.
    """

    id: str
    name: LocalText
    before: Answer
    after: Answer
    stands_on: StandsOn | None


@dataclass(frozen=True, slots=True)
class ProvinceRate:
    """Machines on line in a province in the last window, and its rate per 1,000 subscribers where they are known."""

    id: str
    name: LocalText
    subscribers: float
    machines: Answer
    rate: Estimate | None


@dataclass(frozen=True, slots=True)
class FeedDays:
    """How much of a window a feed was there for: days with data of ``days``, its sightings unless they are few."""

    feed: str
    window: LocalText
    days: int
    days_with_data: int
    sightings: int | None


@dataclass(frozen=True, slots=True)
class Registered:
    """What was registered before the start and whether it still stands: its digest, and what differs now."""

    digest: str
    registered_at: datetime
    differences: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What the analysis against controls found, and the verdict on the target that it was registered for, if any.

    ``basis`` are the facts that the finding is of, each with its name; none of a refusal. ``is_counted`` says that the
    centre counted its panel itself, so that small figures of it are not told.
    """

    finding: Finding | NotEstimable
    verdict: Verdict | NotGiven
    registered: Registered | None
    basis: tuple[tuple[LocalText, LocalText], ...] = ()
    is_counted: bool = False
    flow: Flow | None = None

    @classmethod
    def of(cls, grounds: Grounds, flow: Flow | None = None) -> "Effect":
        """Judge an analysis; ``flow`` is that of a registered roll-out."""
        found = grounds.registration
        named = Registered(found.digest, found.registered_at, grounds.departures()) if found else None
        origin, answer = grounds.origin, grounds.answer
        is_refused = isinstance(answer, NotEstimable)
        basis = () if is_refused else basis_rows(grounds.panel, grounds.finding, origin.outcome if origin else "")
        return cls(answer, judge(grounds), named, basis, is_counted=origin is not None, flow=flow)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Distinct installations that reported under the codes of a province's or ministry's units, to the nearest ten.

    ``None`` is hidden.
    """

    id: str
    name: LocalText
    installs: int | None
    with_findings: int | None
    cleaned: int | None


@dataclass(frozen=True, slots=True)
class CleanedByTool:
    """Voluntary reports of the tool: distinct installations that scanned, found and cleaned, and the families found.

    ``names`` are those of families that have one.
    """

    installs: int
    with_findings: int
    cleaned: int
    families: Mapping[str, int]
    names: Mapping[str, LocalText]
    fleets: tuple[Fleet, ...] = ()


@dataclass(frozen=True, slots=True)
class Cases:
    """How long infections lasted in a period, by family and by provider; ``names`` are those of groups.

    ``kept_back`` are the groups whose number is not told.
    """

    period: Period
    started: date | None
    reports: Mapping[Group, CaseReport | NotEstimable]
    names: Mapping[str, LocalText]
    kept_back: Mapping[Group, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Grades:
    """Providers graded in a window and against an earlier one, with the weekly counts that this rests on.

    ``kept_back`` are the providers of which only the grade is told.
    """

    window: Period
    against: Period
    seed: int
    weeks: Weeks
    before: Weeks
    subscribers: Mapping[str, float]
    grades: ProviderGrades | NotEstimable
    names: Mapping[str, LocalText]
    kept_back: frozenset[str]
    told: tuple[LocalText, ...] = ()
    """Of which quarters the subscribers are."""


@dataclass(frozen=True, slots=True)
class Priority:
    """The choice of botnets as the baseline window showed them, with what was measured of each."""

    period: Period
    seed: int
    choice: Choice
    observations: tuple[Observation, ...]
    names: Mapping[str, LocalText]


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """What the office knows of a campaign, whether or not it ran there.

    ``outcome`` is what its letters, returns and phases came to, ``tool`` what the tool reported, ``tree_note`` of which
    day the tree of units truly is.
    """

    outcome: Outcome | None = None
    tool: CleanedByTool | None = None
    tree_note: LocalText | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that the chapters need; what is None or empty is told in the report, not left out.

    ``province_rates`` are None where nobody handed the subscribers of provinces over. ``gone_names`` are the families
    that an analyst has placed, of those that the comparison of machines no longer sees. ``marks`` are the known events
    and holidays of its time axes. ``same_holiday`` is the window that has a holiday, against the same one of another
    year. ``letters_outside`` are letters of the campaign that were issued outside its time, of which nothing else is
    told.
    """

    campaign: Campaign
    made_at: datetime
    as_of: date | None
    not_real: LocalText | None
    published: PublishedRecord
    targets: TargetReport | None
    compared: tuple[Compared, ...]
    basis: Basis | None
    daily: tuple[Daily, ...]
    changes: Mapping[Dimension, tuple[Change, ...] | NotEstimable]
    machine_changes: Mapping[Dimension, tuple[MachineChange, ...]]
    tiles: tuple[Tile, ...]
    province_rates: tuple[ProvinceRate, ...] | NotEstimable | None
    feed_days: tuple[FeedDays, ...]
    machines: Comparison | None
    effect: Effect | None
    cases: Cases | None
    grades: Grades | None
    priority: Priority | None
    tool: CleanedByTool | None
    outcome: Outcome | None
    tree_note: LocalText | None = None
    gone_names: Mapping[str, LocalText] = field(default_factory=dict)
    marks: tuple[tuple[date, LocalText], ...] = ()
    same_holiday: Comparison | None = None
    letters_outside: int = 0
    province_told: tuple[LocalText, ...] = ()

    @property
    def has_two_windows(self) -> bool:
        """Whether a window can be held against the baseline."""
        return self.targets is not None and any(window.change is not None for window in self.targets.windows)
