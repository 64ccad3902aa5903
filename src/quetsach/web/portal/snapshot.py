"""The published figures: one file, written whole at publication and only read by pages.

A page view asks no database of sightings. The file is replaced by a rename, so a reader sees one publication or the
next and never a mixture; charts are inside it for the same reason. Where two people must agree to a publication, the
same files wait beside it as the candidate until they do.
"""

import dataclasses
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.core.pack import LocalText

FORMAT = "quetsach-figures/2"
_SIZE_LIMIT_BYTES = 8_000_000


class Stage(StrEnum):
    """Whether figures are out, or wait for a second person."""

    PUBLISHED = "published"
    CANDIDATE = "candidate"


class PublicationError(QuetsachError):
    """The published figures cannot be made, kept or read."""


@dataclass(frozen=True, slots=True)
class WindowFigure:
    """Unique addresses of one window of whole UTC days; ``change_percent`` is against the baseline."""

    id: str
    first: date
    last: date
    title: LocalText
    addresses: int
    days: int
    days_with_data: int
    change_percent: float | None
    published_addresses: int | None


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
    """A campaign's windows beside its baseline, in order of time; ``seal`` is empty while that is provisional."""

    id: str
    name: LocalText
    summary: LocalText
    baseline: str
    seal: str
    goals: tuple[LocalText, ...]
    level: float
    windows: tuple[WindowFigure, ...]
    warnings: tuple[LocalText, ...]

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

    ``lake`` identifies what was counted, ``family_names`` names every family in it, ``charts`` holds one SVG a
    language, ``feeds`` names the sources, ``network_versions`` the address tables that told providers apart.
    ``blocked`` says why the figures do not go out by themselves, where they do not.
    """

    published_at: datetime
    as_of: date
    lake: str
    demonstration: Demonstration | None
    feeds: tuple[str, ...]
    network_versions: tuple[str, ...]
    latest: WindowFigure
    families: tuple[RankedRow, ...]
    isps: tuple[RankedRow, ...]
    places: tuple[RankedRow, ...]
    campaign: CampaignFigures | None
    family_names: Mapping[str, str]
    charts: Mapping[str, str]
    blocked: tuple[LocalText, ...] = ()
    sectors: tuple[RankedRow, ...] = ()

    @property
    def scale(self) -> int:
        """1, or how many real addresses one of the demonstration stands for."""
        return self.demonstration.scale if self.demonstration else 1

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"format": FORMAT, **dataclasses.asdict(self)}


def write_snapshot(data: Path, snapshot: Snapshot, *, stage: Stage = Stage.PUBLISHED) -> None:
    """Publish, or lay out for the second person: replace the file as a whole.

    Raises:
        PublicationError: it cannot be written.
    """
    path = figures_path(data, stage)
    text = json.dumps(snapshot.as_json(), ensure_ascii=False, indent=1, default=str)
    try:
        storage.make_folder(path.parent)
        storage.write(path, text)
    except OSError as error:
        raise PublicationError("the figures cannot be written", where=str(path), hint=str(error)) from error


def read_snapshot(data: Path | None, *, stage: Stage = Stage.PUBLISHED) -> Snapshot | None:
    """Return the figures of a stage, or ``None`` where there are none. Published ones are parsed once.

    Raises:
        PublicationError: the file is damaged.
    """
    if data is None:
        return None
    path = figures_path(data, stage)
    try:
        state = path.stat()
        if state.st_size > _SIZE_LIMIT_BYTES:
            raise PublicationError("the published figures are too large", where=str(path))
        if stage is Stage.CANDIDATE:
            return _parse(path)
        return _kept.get(path, (state.st_ino, state.st_mtime_ns, state.st_size))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PublicationError("the published figures cannot be read", where=str(path), hint=str(error)) from error


class _Kept:
    """The last snapshot that was read, under the state of its file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entry: tuple[Path, tuple[int, ...], Snapshot] | None = None

    def get(self, path: Path, state: tuple[int, ...]) -> Snapshot:
        with self._lock:
            if self._entry is None or self._entry[:2] != (path, state):
                self._entry = (path, state, _parse(path))
            return self._entry[2]


_kept = _Kept()


def candidate_digest(data: Path) -> str:
    """Return the SHA-256 of what waits for the second person, in hexadecimal digits; empty if nothing waits.

    Raises:
        PublicationError: it cannot be read.
    """
    path = figures_path(data, Stage.CANDIDATE)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise PublicationError("the candidate cannot be read", where=str(path), hint=str(error)) from error


def release_candidate(data: Path, *, digest: str) -> None:
    """Publish the candidate. Killed between the two files, it is simply called again.

    Raises:
        PublicationError: the candidate is not the one of ``digest``, or it cannot be moved.
    """
    if not digest or candidate_digest(data) != digest:
        raise PublicationError("the candidate has changed since it was approved", hint="look at it and ask again")
    try:
        for path in (listed_path, figures_path):  # the figures last: while they wait, the release is not done
            if path(data, Stage.CANDIDATE).exists():
                storage.publish([(path(data, Stage.CANDIDATE), path(data, Stage.PUBLISHED))])
    except OSError as error:
        raise PublicationError("the figures cannot be published", where=str(data), hint=str(error)) from error


def discard_candidate(data: Path) -> None:
    """Throw away what waits: newer figures are out."""
    for path in (figures_path, listed_path):
        path(data, Stage.CANDIDATE).unlink(missing_ok=True)


def listed_path(data: Path, stage: Stage = Stage.PUBLISHED) -> Path:
    """Return where the look-up of lately reported addresses lies; it is published together with the figures."""
    return data / stage / "listed.bin"


def figures_path(data: Path, stage: Stage) -> Path:
    """Return where the figures of a stage lie."""
    return data / stage / "figures.json"


def _parse(path: Path) -> Snapshot:
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["format"] != FORMAT:
            raise PublicationError(
                f"unknown format {str(document['format'])[:40]!r}", where=str(path), hint="publish the figures again"
            )
        return _snapshot(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PublicationError(
            "the published figures are damaged",
            where=str(path),
            hint="remove the file; the centre publishes it again when it starts",
        ) from error


def _snapshot(document: dict[str, Any]) -> Snapshot:
    demonstration = document["demonstration"]
    return Snapshot(
        published_at=datetime.fromisoformat(document["published_at"]),
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
        campaign=_campaign(document["campaign"]) if document["campaign"] else None,
        family_names=dict(document["family_names"]),
        charts=dict(document["charts"]),
        blocked=tuple(LocalText(**text) for text in document.get("blocked", ())),
        sectors=_rows(document.get("sectors", [])),  # not in figures of an earlier version
    )


def _campaign(document: dict[str, Any]) -> CampaignFigures:
    return CampaignFigures(
        **{
            **document,
            **{name: LocalText(**document[name]) for name in ("name", "summary")},
            **{name: tuple(LocalText(**text) for text in document[name]) for name in ("goals", "warnings")},
            "windows": tuple(_window(window) for window in document["windows"]),
        }
    )


def _rows(documents: list[dict[str, Any]]) -> tuple[RankedRow, ...]:
    return tuple(RankedRow(**{**row, "name": LocalText(**row["name"])}) for row in documents)


def _window(document: dict[str, Any]) -> WindowFigure:
    days = {name: date.fromisoformat(document[name]) for name in ("first", "last")}
    return WindowFigure(**{**document, **days, "title": LocalText(**document["title"])})
