"""Where a report comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from quetsach.assess import UNKNOWN, UNPLACED
from quetsach.assess.events import NOTHING_KNOWN, Calendar
from quetsach.assess.priority import Criteria
from quetsach.assess.refusal import Refusal
from quetsach.campaign.published import PublishedRecord
from quetsach.centre.publication_record import PublicationRecord
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, FamilyNames
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.core.place import Places
from quetsach.core.tile import TileLayouts
from quetsach.lake.view import LakeView
from quetsach.network import NetworkTables
from quetsach.web.evaluation.inputs import Effect


@dataclass(frozen=True)
class Sources:
    """The lake, the tables that explain it, and what is brought by hand.

    ``criteria`` are those of the choice of botnets; ``subscribers`` are of providers,
    ``province_subscribers`` of provinces by their codes; ``None`` where nobody handed them over.
    """

    data: Path
    lake: LakeView
    families: FamilyNames
    network: NetworkTables
    places: Places
    tiles: TileLayouts
    published: PublishedRecord
    criteria: Criteria
    subscribers: Mapping[str, float] | None = None
    province_subscribers: Mapping[str, float] | None = None
    not_real: LocalText | None = None
    effect: Effect | None = None
    calendar: Calendar = NOTHING_KNOWN

    @property
    def record(self) -> PublicationRecord:
        """Which rows are put together in tables that are published."""
        return PublicationRecord(self.data)

    def kept_back(self, table: str, window: Period, values: Mapping[str, float]) -> frozenset[str]:
        """Return the rows of a table whose figures are left out; all, where they would give one away."""
        found = self.record.kept_back(table, window, values)
        return frozenset(values) if isinstance(found, Refusal) else found

    @cached_property
    def announced(self) -> Mapping[int, int]:
        """How many IPv4 addresses each AS announces."""
        return self.network.ranges.announced_ipv4()

    def family_name(self, family: str) -> LocalText:
        """Return a family's name; that it is not placed where no analyst has placed what feeds write."""
        known = self.families.families.get(self.families.family_of(family))
        return LocalText(known.name, known.name) if known else UNKNOWN if family == UNKNOWN_FAMILY else UNPLACED

    def is_placed(self, family: str) -> bool:
        """Say whether a kept name may be shown: it is a family, or known to be of none."""
        return self.families.family_of(family) != UNPLACED_FAMILY

    def provider_name(self, isp: str) -> LocalText:
        """Return a provider's name."""
        return LocalText(self.network.isp_name(isp, "vi"), self.network.isp_name(isp, "en"))
