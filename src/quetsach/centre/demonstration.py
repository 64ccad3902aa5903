"""A demonstration: a simulated campaign in the lake, and the note that says so."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.centre.ingest import ingest_bytes
from quetsach.centre.tables import bundled_ranges
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.simulate import simulate

FILE = "demonstration.json"


@dataclass(frozen=True, slots=True)
class DemonstrationMarker:
    """That the lake holds a simulation, of which scenario at which scale, and whether all of it was taken in."""

    scenario: str
    scale: int
    is_complete: bool

    def write(self, data: Path) -> None:
        """Keep the marker; replaced as a whole."""
        facts = {"scenario": self.scenario, "scale": self.scale, "is_complete": self.is_complete}
        storage.write(data / FILE, json.dumps(facts) + "\n")

    @classmethod
    def read(cls, data: Path) -> "DemonstrationMarker | None":
        """Return the marker, or ``None`` where the lake holds no simulation.

        Raises:
            QuetsachError: it is damaged.
        """
        path = data / FILE
        try:
            facts = json.loads(path.read_text("utf-8"))
            return cls(str(facts["scenario"]), int(facts["scale"]), facts["is_complete"] is True)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise QuetsachError(
                Text("the note about the demonstration data is damaged"),
                where=str(path),
                hint=Text("start with a new --data folder"),
            ) from error


def days_to_play(centre: Centre) -> int:
    """Return how many days of its country's demonstration are still to be taken in; 0 where there is nothing to do.

    A lake that holds real sightings is never mixed with a simulation.

    Raises:
        QuetsachError: the marker is damaged, or the lake cannot be read.
    """
    marker = DemonstrationMarker.read(centre.data)
    if (marker and marker.is_complete) or (marker is None and centre.view().deliveries()):
        return 0
    return centre.scenario(centre.country.demonstration).days if centre.country.demonstration else 0


def play_demonstration(
    centre: Centre, *, clock: Callable[[], datetime], progress: Callable[[str], None] = lambda _file: None
) -> None:
    """Simulate and take in the demonstration; days that are there already are known and add nothing.

    Args:
        centre: one of which :func:`days_to_play` has any.
        clock: the time at which each day is taken in (UTC).
        progress: told the file of each day.

    Raises:
        QuetsachError: a table is damaged, or the lake cannot be written.
    """
    campaign = centre.country.demonstration
    scenario = centre.scenario(campaign)
    DemonstrationMarker(campaign, scenario.scale, is_complete=False).write(centre.data)
    known = {delivery.file for delivery in centre.view().deliveries()}
    for name, pieces in simulate(scenario, bundled_ranges(centre.data)):
        if name not in known:
            content = b"".join(pieces)
            ingest_bytes(centre, content, name=name, feed="shadowserver", report=scenario.report, now=clock())
        progress(name)
    DemonstrationMarker(campaign, scenario.scale, is_complete=True).write(centre.data)
