"""Wires publication: this build's tables and the centre's campaign go into the portal's figures.

What belongs to Django is imported inside: its settings are read from the environment at the first import.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.core.pack import LocalText
    from quetsach.lake.lake import Lake
    from quetsach.lake.view import LakeView
    from quetsach.network import NetworkTables
    from quetsach.web.portal.snapshot import Snapshot

CAMPAIGN = "viet-nam-2020"
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
        temporary = path.with_suffix(".new")
        temporary.write_text(
            json.dumps({"scenario": self.scenario, "scale": self.scale, "is_complete": self.is_complete}) + "\n"
        )
        temporary.replace(path)

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
    """Publish the figures of a centre that was prepared, if its lake has changed since; ``None`` if nothing was to do.

    Call this after an ingest: it does nothing for a folder in which no centre was laid out.

    Args:
        data: the centre's data folder.
        now: the time of publication (UTC).
        lake: the lake, if it is open already.
        progress: told after each step.

    Raises:
        QuetsachError: the lake cannot be counted or the result cannot be written.
    """
    from quetsach.cli.center.tables import (  # noqa: PLC0415
        load_campaign,
        load_families,
        load_network_tables,
        load_places,
        load_scenario,
        open_lake,
    )

    if not (data / "secret.key").exists():
        return None
    configure_web(data)
    from django.conf import settings  # noqa: PLC0415

    from quetsach.web.portal.publication import Tables, figures_are_current, figures_publish  # noqa: PLC0415
    from quetsach.web.portal.snapshot import Demonstration, Stage, read_snapshot  # noqa: PLC0415

    view = (lake or open_lake(data)).view()
    measured = _measured_campaign()
    if figures_are_current(data=data, lake=view, campaign=measured):
        return None
    marker = DemonstrationMarker.read(data)
    network = load_network_tables(data)
    # The first figures go out by themselves: there is nothing yet that they could replace.
    is_first = read_snapshot(data) is None
    blocked = () if is_first or marker else _reasons_to_wait(view, network, now)
    waits = not is_first and (settings.CENTER.publication == "two-people" or bool(blocked))
    return figures_publish(
        data=data,
        lake=view,
        tables=Tables(load_families(data), network, load_places(), load_campaign(measured, data)),
        demonstration=Demonstration(load_scenario(marker.scenario).note, marker.scale) if marker else None,
        now=now,
        stage=Stage.CANDIDATE if waits else Stage.PUBLISHED,
        blocked=blocked,
        progress=progress,
    )


def _reasons_to_wait(view: "LakeView", network: "NetworkTables", now: datetime) -> "tuple[LocalText, ...]":
    """Return why figures must not go out by themselves: an instrument changed or fell out in the last four weeks."""
    from quetsach.assess.hosts.comparison import BLOCKING  # noqa: PLC0415
    from quetsach.lake.hosts import compare_latest  # noqa: PLC0415

    newest = view.newest_day(until=now.astimezone(UTC).date())
    comparison = compare_latest(view, newest, announced=network.ranges.announced_ipv4()) if newest else None
    return tuple(n.text for n in comparison.notices if n.code in BLOCKING) if comparison else ()


def _measured_campaign() -> str:
    """Return the campaign that the office runs; the one of this build while it runs none, or has no tables yet."""
    from django.db import DatabaseError  # noqa: PLC0415

    from quetsach.web.office.campaigns.selectors.campaign import measured_campaign  # noqa: PLC0415

    try:
        return measured_campaign() or CAMPAIGN
    except DatabaseError:
        return CAMPAIGN
