"""The published figures: one file, written whole at publication and only read by pages.

A page view asks no database of sightings. The file is replaced by a rename, so a reader sees one publication or the
next and never a mixture; charts are inside it for the same reason. What was counted lies as a candidate first
(:mod:`quetsach.centre.publication.candidates`): by itself or by two people, exactly that file goes out.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Text
from quetsach.storage import LastRead

FORMAT = "quetsach-figures/3"
_FORMATS = (FORMAT, "quetsach-figures/2")  # the older one had one campaign
SIZE_LIMIT_BYTES = 8_000_000


class PublicationError(QuetsachError):
    """The published figures cannot be made, kept or read."""


@dataclass(frozen=True, slots=True)
class WindowFigure:
    """Unique addresses of one window of whole UTC days; ``change_percent`` is against the baseline.

    ``feeds`` had data in it; empty in figures that were counted before that was kept. ``reports_with_gaps`` of them
    lack days of it, and ``level_breaks`` is how often the level of one changed at one stroke; ``None`` where that was
    not kept.
    """

    id: str
    first: date
    last: date
    title: LocalText
    addresses: int
    days: int
    days_with_data: int
    change_percent: float | None
    published_addresses: int | None
    feeds: tuple[str, ...] = ()
    reports_with_gaps: int | None = None
    level_breaks: int | None = None


@dataclass(frozen=True, slots=True)
class RankedRow:
    """One line of a ranking: mean daily unique addresses, the rate where there is one, the part of the whole."""

    rank: int | None
    id: str
    name: LocalText
    mean_daily: float
    per_thousand: float | None
    share_percent: float


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """A campaign's windows beside its baseline, in order of time; ``seal`` is empty while that is provisional.

    ``decision`` is the number of the decision that froze the baseline and ``decided_on`` its day (UTC); ``charts``
    holds one SVG a language; ``is_final`` says that the campaign is closed: its figures do not change any more.
    """

    id: str
    name: LocalText
    summary: LocalText
    baseline: str
    seal: str
    goals: tuple[LocalText, ...]
    windows: tuple[WindowFigure, ...]
    warnings: tuple[LocalText, ...]
    charts: Mapping[str, str] = field(default_factory=dict)
    decision: int = 0
    decided_on: date | None = None
    is_final: bool = False

    @property
    def baseline_window(self) -> WindowFigure | None:
        """The window that the others are set beside."""
        return next((window for window in self.windows if window.id == self.baseline), None)

    @property
    def last_change(self) -> WindowFigure | None:
        """The newest window that has a change."""
        changed = [window for window in self.windows if window.change_percent is not None]
        return max(changed, key=lambda window: window.last, default=None)


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What figures that are not real were made from: its text, and the scale 1:``scale``."""

    text: LocalText
    scale: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the portal shows about the country, as of one day.

    ``counted_at`` is when it was counted (UTC), ``lake`` the state of the lake that was, ``inputs`` all that went
    into it. ``family_names`` names every family in it, ``families_version`` the table of their names, ``feeds`` the
    sources, ``network_versions`` the address tables that told providers apart, ``listed`` is the SHA-256 of the look-up
    that goes out with it. ``campaigns`` are all that have figures, first the one that the start page shows.
    ``blocked`` says why the figures do not go out by themselves, where they do not, and ``withheld`` why they never do:
    a table of theirs would give a small row away beside what was published before, and is empty here.
    """

    counted_at: datetime
    as_of: date
    lake: str
    demonstration: Demonstration | None
    feeds: tuple[str, ...]
    network_versions: tuple[str, ...]
    latest: WindowFigure
    families: tuple[RankedRow, ...]
    isps: tuple[RankedRow, ...]
    places: tuple[RankedRow, ...]
    campaigns: tuple[CampaignFigures, ...]
    family_names: Mapping[str, str]
    blocked: tuple[LocalText, ...] = ()
    withheld: tuple[LocalText, ...] = ()
    sectors: tuple[RankedRow, ...] = ()
    inputs: str = ""
    families_version: str = ""
    listed: str = ""

    @property
    def campaign(self) -> CampaignFigures | None:
        """The campaign that the start page shows."""
        return next(iter(self.campaigns), None)

    def campaign_of(self, key: str) -> CampaignFigures | None:
        """Return the figures of one campaign."""
        return next((campaign for campaign in self.campaigns if campaign.id == key), None)

    @property
    def scale(self) -> int:
        """1, or how many real addresses one of the demonstration stands for."""
        return self.demonstration.scale if self.demonstration else 1

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"format": FORMAT, **dataclasses.asdict(self)}


def snapshot_bytes(snapshot: Snapshot) -> bytes:
    """Return the file of a snapshot."""
    return json.dumps(snapshot.as_json(), ensure_ascii=False, indent=1, default=str).encode()


def read_snapshot(data: Path | None) -> Snapshot | None:
    """Return the published figures, or ``None`` where there are none. They are parsed once.

    Raises:
        PublicationError: the file is damaged.
    """
    if data is None:
        return None
    path = figures_path(data)
    try:
        return _kept.of(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PublicationError(
            Text("the published figures cannot be read"), where=str(path), hint=str(error)
        ) from error


def read_snapshot_file(path: Path) -> Snapshot:
    """Read published figures from a file.

    Raises:
        PublicationError: it is damaged.
        OSError: it cannot be read.
    """
    if path.stat().st_size > SIZE_LIMIT_BYTES:
        raise PublicationError(Text("the published figures are too large"), where=str(path))
    return parse_snapshot(path.read_bytes(), where=str(path))


_kept = LastRead(read_snapshot_file)


def listed_path(data: Path) -> Path:
    """Return where the look-up of lately reported addresses lies; it is published together with the figures."""
    return data / "published" / "listed.bin"


def figures_path(data: Path) -> Path:
    """Return where the published figures lie."""
    return data / "published" / "figures.json"


def parse_snapshot(content: bytes, *, where: str) -> Snapshot:
    """Read the file of a snapshot.

    Raises:
        PublicationError: it is damaged, or of a format that this version does not know.
    """
    try:
        document = json.loads(content)
        if document["format"] not in _FORMATS:
            raise PublicationError(
                Text("unknown format {text}", text=repr(str(document["format"])[:40])),
                where=where,
                hint=Text("publish the figures again"),
            )
        return _snapshot(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PublicationError(
            Text("the published figures are damaged"),
            where=where,
            hint=Text("remove the file; the centre publishes it again when it starts"),
        ) from error


def _snapshot(document: dict[str, Any]) -> Snapshot:
    demonstration = document["demonstration"]
    return Snapshot(
        counted_at=datetime.fromisoformat(document.get("counted_at") or document["published_at"]),  # its earlier name
        as_of=date.fromisoformat(document["as_of"]),
        lake=document["lake"],
        demonstration=Demonstration(LocalText(**demonstration["text"]), demonstration["scale"])
        if demonstration
        else None,
        feeds=tuple(document["feeds"]),
        network_versions=tuple(document["network_versions"]),
        latest=_window(document["latest"]),
        families=_rows(document["families"]),
        isps=_rows(document["isps"]),
        places=_rows(document["places"]),
        campaigns=_campaigns(document),
        family_names=dict(document["family_names"]),
        blocked=tuple(LocalText(**text) for text in document.get("blocked", ())),
        withheld=tuple(LocalText(**text) for text in document.get("withheld", ())),
        sectors=_rows(document.get("sectors", [])),  # not in figures of an earlier version
        **{name: str(document.get(name, "")) for name in ("inputs", "families_version", "listed")},
    )


def _campaigns(document: dict[str, Any]) -> tuple[CampaignFigures, ...]:
    """Return all campaigns; the older format had one or none, with its charts beside it."""
    if "campaigns" in document:
        return tuple(_campaign(campaign) for campaign in document["campaigns"])
    only = document["campaign"]
    return (_campaign(only | {"charts": document["charts"]}),) if only else ()


def _campaign(document: dict[str, Any]) -> CampaignFigures:
    return CampaignFigures(
        **{
            **{name: value for name, value in document.items() if name != "level"},  # in files of earlier versions
            **{name: LocalText(**document[name]) for name in ("name", "summary")},
            **{name: tuple(LocalText(**text) for text in document[name]) for name in ("goals", "warnings")},
            "windows": tuple(_window(window) for window in document["windows"]),
            "charts": dict(document["charts"]),
            "decided_on": date.fromisoformat(document["decided_on"]) if document.get("decided_on") else None,
        }
    )


def _rows(documents: list[dict[str, Any]]) -> tuple[RankedRow, ...]:
    return tuple(RankedRow(**{**row, "name": LocalText(**row["name"])}) for row in documents)


def _window(document: dict[str, Any]) -> WindowFigure:
    days = {name: date.fromisoformat(document[name]) for name in ("first", "last")}
    feeds = tuple(document.get("feeds", ()))
    return WindowFigure(**{**document, **days, "title": LocalText(**document["title"]), "feeds": feeds})
