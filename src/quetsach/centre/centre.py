"""A centre: its data folder, and whatever of tables, campaigns and sightings is read from there."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.assess import FrozenBaseline
from quetsach.assess.events import Calendar
from quetsach.campaign import Campaign
from quetsach.campaign.record import PublishedRecord
from quetsach.centre import tables
from quetsach.centre.baseline import baseline_history, baseline_in_force
from quetsach.centre.publication_record import PublicationRecord
from quetsach.core.country import Country, Places
from quetsach.core.family import FamilyNames
from quetsach.core.tile import TileLayouts
from quetsach.network import NetworkHistory, NetworkTables

if TYPE_CHECKING:
    from quetsach.feeds.layout_files import Layouts
    from quetsach.lake.lake import Lake
    from quetsach.lake.view import LakeView
    from quetsach.simulate import Scenario


@dataclass(frozen=True)
class Centre:
    """The centre whose data lie in ``data``: each table is read at the first use and is of one moment from then on.

    Make one for each piece of work: what an operator imports or an analyst places meanwhile is seen by the next one.
    """

    data: Path

    @property
    def is_laid_out(self) -> bool:
        """Whether a centre was prepared in the folder."""
        return (self.data / "secret.key").exists()

    @property
    def has_lake(self) -> bool:
        """Whether anything was ever taken in, here or perhaps into an object store by others."""
        return (self.data / "lake").is_dir() or (self.data / tables.STORE_FILE).exists()

    @cached_property
    def country(self) -> Country:
        """Its country."""
        return tables.load_country(self.data)

    @cached_property
    def families(self) -> FamilyNames:
        """The names of families, with what its analysts placed."""
        return tables.load_families(self.data)

    @cached_property
    def network(self) -> NetworkTables:
        """The newest address tables."""
        return self.network_history.newest

    @cached_property
    def network_history(self) -> NetworkHistory:
        """The address tables, each from the day on from which it is valid."""
        return tables.load_network_history(self.data)

    @cached_property
    def layouts(self) -> "Layouts":
        """The reports that it can read: those of this build, and its own."""
        return tables.load_layouts(self.data)

    @cached_property
    def places(self) -> Places:
        """The provinces and cities of its country."""
        return tables.load_places(self.data)

    @cached_property
    def tiles(self) -> TileLayouts:
        """Where the square of each province lies on the maps."""
        return tables.load_tiles(self.data)

    @property
    def calendar(self) -> Calendar:
        """The known events and holidays of its country."""
        return tables.load_calendar(self.data)

    @property
    def record(self) -> PublicationRecord:
        """Which rows were put together in what was published."""
        return PublicationRecord(self.data)

    @cached_property
    def lake(self) -> "Lake":
        """Its lake, which counts by the families of this moment."""
        from quetsach.centre.cluster import load_placement  # noqa: PLC0415  (the engine takes time to load)
        from quetsach.centre.store import load_shared  # noqa: PLC0415  (likewise)
        from quetsach.lake.lake import Lake  # noqa: PLC0415  (likewise)

        shared = load_shared(self.data)
        return Lake(
            self.data / "lake",
            self.families,
            country=self.country,
            layouts=self.layouts,
            placement=load_placement(self.data, shared),
            shared=shared,
        )

    def view(self) -> "LakeView":
        """Open a view of its sightings; whatever belongs together is asked of one.

        Raises:
            LakeError: the lake cannot be read.
        """
        return self.lake.view()

    def campaign(self, identifier: str) -> Campaign:
        """Return a campaign, of its own or of its country.

        Raises:
            QuetsachError: there is none of that name, or its file is damaged.
        """
        return tables.load_campaign(identifier, self.data)

    def campaign_folder(self, identifier: str) -> Path:
        """Return where it keeps what belongs to a campaign; it may not be there yet."""
        return self.data / "campaigns" / identifier

    def published_by_others(self, campaign: str) -> PublishedRecord:
        """Return what others published about a campaign; empty where nothing is on record."""
        return tables.load_published(campaign, self.data)

    def scenario(self, named: str) -> "Scenario":
        """Return a scenario by its name, else that of a file.

        Raises:
            QuetsachError: there is none, or its file is damaged.
        """
        return tables.load_scenario(named, self.data)

    def baseline(self, campaign: str) -> FrozenBaseline | None:
        """Return the baseline in force of a campaign; ``None`` until one is frozen.

        Raises:
            AssessError: it is damaged.
        """
        return baseline_in_force(self.data, campaign)

    def baselines(self, campaign: str) -> Sequence[FrozenBaseline]:
        """Return every decision about the baseline of a campaign, the oldest first.

        Raises:
            AssessError: one is damaged.
        """
        return baseline_history(self.data, campaign)
