"""Wires publication: this build's tables and the centre's campaign go into the portal's figures.

What belongs to Django is imported inside: its settings are read from the environment at the first import.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach import storage
from quetsach.cli.center.opened import database_error
from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.lake.lake import Lake
    from quetsach.web.portal.campaign_figures import MeasuredCampaign
    from quetsach.web.portal.snapshot import Snapshot

_MARKER = "demonstration.json"


@dataclass(frozen=True, slots=True)
class DemonstrationMarker:
    """That the lake holds a simulation, of which scenario at which scale, and whether all of it was taken in."""

    scenario: str
    scale: int
    is_complete: bool

    def write(self, data: Path) -> None:
        """Keep the marker; replaced as a whole."""
        path = data / _MARKER
        facts = {"scenario": self.scenario, "scale": self.scale, "is_complete": self.is_complete}
        storage.write(path, json.dumps(facts) + "\n")

    @classmethod
    def read(cls, data: Path) -> "DemonstrationMarker | None":
        """Return the marker, or ``None`` where the lake holds no simulation.

        Raises:
            QuetsachError: it is damaged.
        """
        path = data / _MARKER
        try:
            facts = json.loads(path.read_text("utf-8"))
            return cls(str(facts["scenario"]), int(facts["scale"]), facts["is_complete"] is True)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise QuetsachError(
                "the note about the demonstration data is damaged",
                where=str(path),
                hint="start with a new --data folder",
            ) from error


def configure_web(data: Path) -> None:
    """Point Django at one centre's data; once a process, before anything of ``quetsach.web`` reads its settings."""
    import django  # noqa: PLC0415

    os.environ["QUETSACH_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "quetsach.web.settings"
    django.setup()


def publish_figures(
    data: Path, *, now: datetime, lake: "Lake | None" = None, progress: Callable[[int], None] = lambda _steps: None
) -> "Snapshot | None":
    """Publish the figures of a centre that was prepared, or lay them out for two people, if anything of them changed.

    Call this after an ingest: it does nothing for a folder in which no centre was laid out. Figures that were agreed to
    and did not get out are published first; where that fails again, newer ones are counted all the same.

    Args:
        data: the centre's data folder.
        now: the time of publication (UTC).
        lake: the lake, if it is open already.
        progress: told after each step.

    Returns:
        What was counted, published or not; ``None`` if nothing was to do.

    Raises:
        QuetsachError: the lake cannot be counted, the database cannot be used, or the result cannot be written.
    """
    from quetsach.centre.tables import open_lake  # noqa: PLC0415

    if not (data / "secret.key").exists():
        return None
    configure_web(data)
    from django.db import DatabaseError  # noqa: PLC0415

    from quetsach.web.office.figures.services import figures_release_agreed  # noqa: PLC0415

    failed: QuetsachError | None = None
    try:
        try:
            figures_release_agreed(data=data, now=now)
        except QuetsachError as error:
            failed = error
        counted = _count_anew(data, lake or open_lake(data), now, progress)
    except DatabaseError as error:
        raise database_error(error, data) from error
    if failed is not None:
        raise failed
    return counted


def _count_anew(data: Path, lake: "Lake", now: datetime, progress: Callable[[int], None]) -> "Snapshot | None":
    from django.conf import settings  # noqa: PLC0415

    from quetsach.centre.publication import release_of  # noqa: PLC0415
    from quetsach.centre.tables import (  # noqa: PLC0415
        load_calendar,
        load_families,
        load_network_tables,
        load_places,
        load_scenario,
    )
    from quetsach.web.office.figures.services import figures_let_out  # noqa: PLC0415
    from quetsach.web.portal.publication import (  # noqa: PLC0415
        Tables,
        figures_are_current,
        figures_count,
        figures_laid,
        publication_inputs,
    )
    from quetsach.web.portal.snapshot import Demonstration, figures_path  # noqa: PLC0415

    tables = Tables(
        load_families(data), load_network_tables(data), load_places(data), _campaigns(data), load_calendar(data)
    )
    marker = DemonstrationMarker.read(data)
    demonstration = Demonstration(load_scenario(marker.scenario, data).note, marker.scale) if marker else None
    with lake.view() as view:
        inputs = publication_inputs(view, tables, demonstration, data=data)
        if figures_are_current(data=data, inputs=inputs):
            return None
        release = release_of(
            view,
            announced=tables.network.ranges.announced_ipv4,
            needs_two=settings.CENTER.publication == "two-people",
            is_first=not figures_path(data).exists(),  # one that is damaged was published all the same
            is_demonstration=demonstration is not None,
            calendar=tables.calendar,
            now=now,
        )
        laid = figures_laid(data=data, inputs=inputs)
        if laid is not None and release.waits:
            return None
        candidate = laid or figures_count(  # a run was killed, or the disk was full, before they got out
            data=data,
            view=view,
            tables=tables,
            demonstration=demonstration,
            now=now,
            blocked=release.reasons,
            progress=progress,
        )
    if candidate is None:
        return None
    figures_let_out(data=data, candidate=candidate, waits=release.waits, now=now)
    return candidate.figures


def _campaigns(data: Path) -> "tuple[MeasuredCampaign, ...]":
    """Return the campaigns that figures are published for; none while the office has none, or no tables yet.

    Raises:
        DatabaseError: the database cannot be used.
        QuetsachError: it is empty, and was not when figures were published.
    """
    from quetsach.web.office.campaigns.selectors.published import published_campaigns  # noqa: PLC0415
    from quetsach.web.office.figures.selectors import has_tables  # noqa: PLC0415
    from quetsach.web.portal.candidates import read_published  # noqa: PLC0415

    if has_tables():
        return published_campaigns()
    published = read_published(data)
    if published is not None and published.campaigns:
        raise QuetsachError(
            "the database is empty, and campaigns are published",
            where=str(data),
            hint="put it back from the centre's backup; its address: quetsach center settings show database",
        )
    return ()
