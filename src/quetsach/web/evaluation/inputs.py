"""What a report is made of, as values: gathered once, so that the chapters read neither clock nor database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from quetsach.assess import Basis, TargetReport
from quetsach.assess.comparison import Compared
from quetsach.assess.effect.finding import Finding
from quetsach.assess.effect.verdict import Verdict
from quetsach.assess.hosts.comparison import Comparison
from quetsach.assess.notice import Notice
from quetsach.assess.refusal import Refusal
from quetsach.campaign import Campaign
from quetsach.campaign.published import PublishedRecord
from quetsach.campaign.schedule.outcome import Outcome
from quetsach.core.pack import LocalText


@dataclass(frozen=True, slots=True)
class Daily:
    """Distinct addresses of one day (UTC)."""

    day: date
    addresses: int


@dataclass(frozen=True, slots=True)
class Change:
    """A family, provider or province in the baseline window and in the last one, in mean daily addresses.

    ``after`` is None where the last window lacks the row; small rows are put together under the id ``others``.
    """

    id: str
    name: LocalText
    before: float | None
    after: float | None

    @property
    def percent(self) -> float | None:
        """The change of the mean in percent of the baseline's."""
        if not self.before or self.after is None:
            return None
        return 100 * (self.after / self.before - 1)


@dataclass(frozen=True, slots=True)
class FeedDays:
    """How much of a window a feed was there for: days with data of ``days``, and its sightings."""

    feed: str
    window: LocalText
    days: int
    days_with_data: int
    sightings: int


@dataclass(frozen=True, slots=True)
class Registered:
    """What was registered before the start and whether it still stands: its digest, and what differs now."""

    digest: str
    registered_at: datetime
    differences: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What the analysis against controls found, and the verdict on the target that it can judge."""

    finding: Finding | Refusal
    verdict: Verdict | Refusal
    registered: Registered | None


@dataclass(frozen=True, slots=True)
class CleanedByTool:
    """Voluntary reports of the tool: distinct installations that scanned, found and cleaned, and the families found."""

    installs: int
    with_findings: int
    cleaned: int
    families: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that the chapters need; what is None or empty is told in the report, not left out."""

    campaign: Campaign
    made_at: datetime
    as_of: date | None
    not_real: LocalText | None
    published: PublishedRecord
    targets: TargetReport | None
    compared: tuple[Compared, ...]
    basis: Basis | None
    daily: tuple[Daily, ...]
    families: tuple[Change, ...]
    providers: tuple[Change, ...]
    provinces: tuple[Change, ...]
    feed_days: tuple[FeedDays, ...]
    machines: Comparison | None
    effect: Effect | None
    tool: CleanedByTool | None
    outcome: Outcome | None
