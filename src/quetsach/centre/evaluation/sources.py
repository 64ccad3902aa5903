"""Where an evaluation comes from: the centre, a view of its lake, and what is brought by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from quetsach.assess import UNKNOWN, UNPLACED
from quetsach.assess.effect import Design
from quetsach.assess.effect.registration import Registration
from quetsach.assess.estimate import NotEstimable
from quetsach.assess.events import Calendar
from quetsach.assess.priority import Criteria
from quetsach.assess.subscribers import Subscribers
from quetsach.campaign import Campaign
from quetsach.campaign.record import PublishedRecord
from quetsach.centre.centre import Centre
from quetsach.centre.demonstration import DemonstrationMarker
from quetsach.centre.evaluation.inputs import Effect
from quetsach.centre.priority import load_criteria
from quetsach.centre.publication_record import PublicationRecord
from quetsach.core.country import Places
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, FamilyNames
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Number, Text
from quetsach.core.tile import TileLayouts
from quetsach.lake.view import LakeView
from quetsach.network import NetworkTables

type File = tuple[str, bytes]
"""The name of a file, for errors, and what it holds."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What somebody brings to an evaluation; without it the centre's own is used, or the report says that it lacks it.

    Attributes:
        design: how a panel is analysed that was not registered.
        panel: a panel, ``unit,period,outcome,treated``.
        negative: the same units and starts, with an outcome that was not aimed at.
        registration: the analysis as it was registered; else the one that lies with the campaign.
        spill_over: share of the effect that may reach the controls, instead of the design's.
        subscribers: of providers, instead of those that the centre keeps.
        province_subscribers: of provinces, by their codes.
    """

    design: Design
    panel: File | None = None
    negative: File | None = None
    registration: Registration | None = None
    spill_over: float | None = None
    subscribers: Subscribers | None = None
    province_subscribers: Subscribers | None = None


@dataclass(frozen=True)
class Sources:
    """A centre and one view of its lake, with what was handed over: all that an evaluation is read from.

    ``subscribers`` are of providers, ``province_subscribers`` of provinces by their codes; ``None`` where nobody handed
    them over. ``effect`` is ``None`` where there was no panel.
    """

    centre: Centre
    campaign: Campaign
    lake: LakeView
    subscribers: Subscribers | None = None
    province_subscribers: Subscribers | None = None
    effect: Effect | None = None

    @property
    def families(self) -> FamilyNames:
        """The names of families."""
        return self.centre.families

    @property
    def network(self) -> NetworkTables:
        """The address tables."""
        return self.centre.network

    @property
    def places(self) -> Places:
        """The provinces."""
        return self.centre.places

    @property
    def tiles(self) -> TileLayouts:
        """The squares of maps."""
        return self.centre.tiles

    @property
    def calendar(self) -> Calendar:
        """The known events and holidays."""
        return self.centre.calendar

    @property
    def record(self) -> PublicationRecord:
        """Which rows are put together in tables that are published."""
        return self.centre.record

    @cached_property
    def published(self) -> PublishedRecord:
        """What others published about the campaign."""
        return self.centre.published_by_others(self.campaign.id)

    @cached_property
    def criteria(self) -> Criteria:
        """The criteria of the choice of botnets."""
        return load_criteria()

    @cached_property
    def not_real(self) -> LocalText | None:
        """What the data are, and what one address of them stands for, where they are simulated."""
        marker = DemonstrationMarker.read(self.centre.data)
        if marker is None:
            return None
        note = self.centre.scenario(marker.scenario).note
        return Text("{note} One address here stands for {scale}.", note=note, scale=Number(marker.scale))

    @cached_property
    def announced(self) -> Mapping[int, int]:
        """How many IPv4 addresses each AS announces."""
        return self.network.ranges.announced_ipv4()

    def kept_back(self, table: str, window: Period, values: Mapping[str, float]) -> frozenset[str]:
        """Return the rows of a table whose figures are left out; all, where they would give one away."""
        found = self.record.kept_back(table, window, values)
        return frozenset(values) if isinstance(found, NotEstimable) else found

    def family_name(self, family: str) -> LocalText:
        """Return a family's name; that it is not placed where no analyst has placed what feeds write."""
        return family_name(self.families, family)

    def is_placed(self, family: str) -> bool:
        """Say whether a kept name may be shown: it is a family, or known to be of none."""
        return self.families.family_of(family) != UNPLACED_FAMILY

    def provider_name(self, isp: str) -> LocalText:
        """Return a provider's name."""
        return LocalText(self.network.isp_name(isp, "vi"), self.network.isp_name(isp, "en"))


def family_name(names: FamilyNames, family: str) -> LocalText:
    """Return a family's name; that it is not placed where no analyst has placed what feeds write."""
    known = names.families.get(names.family_of(family))
    return LocalText(known.name, known.name) if known else UNKNOWN if family == UNKNOWN_FAMILY else UNPLACED
