"""The published figures: one file, written whole at publication and only read by pages.

A page view asks no database of sightings. The file is replaced by a rename, so a reader sees one publication or the
next and never a mixture; charts are inside it for the same reason.
"""

import dataclasses
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import LocalText

FORMAT = "quetsach-figures/1"
_SIZE_LIMIT_BYTES = 8_000_000


class PublicationError(QuetsachError):
    """The published figures cannot be made, kept or read."""


@dataclass(frozen=True, slots=True)
class WindowFigure:
    """Unique addresses of one window of whole UTC days; ``change`` is against the baseline (0.5 is +50 %)."""

    first: date
    last: date
    title: LocalText
    addresses: int
    days: int
    days_with_data: int
    change: float | None
    is_baseline: bool


@dataclass(frozen=True, slots=True)
class FamilyFigure:
    """Mean daily unique addresses of one family over the latest window."""

    id: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class IspFigure:
    """Unique addresses of one provider over the latest window, also per 1,000 addresses that it announces."""

    id: str
    name: LocalText
    addresses: int
    per_thousand: float | None
    share: float


@dataclass(frozen=True, slots=True)
class CampaignText:
    """The campaign whose targets are shown."""

    id: str
    name: LocalText
    summary: LocalText


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the portal shows about the country, as of one day.

    ``scale`` is above 1 where the data are a sample 1:scale; ``demonstration`` says what they are if they are not
    real; ``charts`` holds one SVG a language; ``lake`` identifies the deliveries that were counted.
    """

    published_at: datetime
    as_of: date
    lake: str
    scale: int
    demonstration: LocalText | None
    campaign: CampaignText
    windows: tuple[WindowFigure, ...]
    families: tuple[FamilyFigure, ...]
    isps: tuple[IspFigure, ...]
    warnings: tuple[LocalText, ...]
    charts: Mapping[str, str]

    @property
    def latest(self) -> WindowFigure:
        """The window that ends last."""
        return max(self.windows, key=lambda window: window.last)

    @property
    def largest_family(self) -> float:
        """The greatest of the families' figures, to draw bars against."""
        return max((family.value for family in self.families), default=0.0)

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"format": FORMAT, **dataclasses.asdict(self)}


def write_snapshot(data: Path, snapshot: Snapshot) -> None:
    """Publish: replace the file as a whole.

    Raises:
        PublicationError: it cannot be written.
    """
    path = _path(data)
    text = json.dumps(snapshot.as_json(), ensure_ascii=False, indent=1, default=str)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise PublicationError("the figures cannot be written", where=str(path), hint=str(error)) from error


def read_snapshot(data: Path | None) -> Snapshot | None:
    """Return the published figures, or ``None`` before the first publication. Parsed once for each publication.

    Raises:
        PublicationError: the file is damaged.
    """
    if data is None:
        return None
    path = _path(data)
    try:
        state = path.stat()
        if state.st_size > _SIZE_LIMIT_BYTES:
            raise PublicationError("the published figures are too large", where=str(path))
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


def _path(data: Path) -> Path:
    return data / "published" / "figures.json"


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
    text = document["demonstration"]
    return Snapshot(
        published_at=datetime.fromisoformat(document["published_at"]),
        as_of=date.fromisoformat(document["as_of"]),
        lake=document["lake"],
        scale=document["scale"],
        demonstration=LocalText(**text) if text else None,
        campaign=CampaignText(
            document["campaign"]["id"],
            LocalText(**document["campaign"]["name"]),
            LocalText(**document["campaign"]["summary"]),
        ),
        windows=tuple(_window(w) for w in document["windows"]),
        families=tuple(FamilyFigure(**f) for f in document["families"]),
        isps=tuple(IspFigure(**{**i, "name": LocalText(**i["name"])}) for i in document["isps"]),
        warnings=tuple(LocalText(**w) for w in document["warnings"]),
        charts=dict(document["charts"]),
    )


def _window(document: dict[str, Any]) -> WindowFigure:
    days = {name: date.fromisoformat(document[name]) for name in ("first", "last")}
    return WindowFigure(**{**document, **days, "title": LocalText(**document["title"])})
