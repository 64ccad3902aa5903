"""A Windows drive for the tests of this folder, and what the collectors say of it."""

from pathlib import Path
from typing import Any

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import collect
from quetsach.endpoint.collect.places import places_of
from quetsach.endpoint.collect.reading import Surroundings
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.scan_issue import ScanIssue
from quetsach.packs.specimen.windows import plant


def collected(root: Path, *places: str, **planted: Any) -> list[Artefact]:
    """Return the artefacts of some places of a drive on which something was planted."""
    return [item for item in everything(root, *places, **planted) if isinstance(item, Artefact)]


def everything(root: Path, *places: str, plants: bool = True, **planted: Any) -> list[Artefact | ScanIssue]:
    """Return artefacts and troubles of some places of a drive on which something was planted."""
    if plants:
        plant(root, **planted)
    surroundings = Surroundings(mounted_windows(root))
    return [item for place in places_of("windows") if place.name in places for item in collect(place, surroundings)]
