"""Sources as the pages show them: files of TOML, and what is remembered of each. No secret is read."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.keeping import edition_of, file_of, values_of
from quetsach.centre.sources.pulling import PULLED, State, is_asked_for, states, waiting
from quetsach.centre.sources.source import SOURCES, Source, read_source
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text


@dataclass(frozen=True, slots=True)
class SourceHere:
    """A source and how it stands. Moments are UTC; ``due_at`` is ``None`` where it is not asked by itself."""

    file: str
    source: Source
    state: State
    due_at: datetime | None
    is_due: bool
    is_asked_for: bool
    waiting: int
    refused: int

    @property
    def address(self) -> str:
        """Where it comes from; what stands in a query may be a secret and is left out."""
        if self.source.folder is not None:
            return str(self.source.folder)
        parts = urlsplit(self.source.url)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "…" if parts.query else "", ""))

    @property
    def tried_at(self) -> datetime | None:
        """When it was asked last."""
        return _moment(self.state.tried_at)

    @property
    def succeeded_at(self) -> datetime | None:
        """When everything there was had been taken."""
        return _moment(self.state.succeeded_at)


@dataclass(frozen=True, slots=True)
class FaultHere:
    """A file that is no source, and what is wrong with it."""

    file: str
    error: QuetsachError
    edition: str


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file of a source as a form changes it; ``source`` is ``None`` where it is damaged, ``error`` says how."""

    file: str
    edition: str
    source: Source | None
    values: dict[str, Any]
    error: QuetsachError | None
    has_remarks: bool


def centre_here() -> Centre:
    """Return the centre of this office.

    Raises:
        SourceError: it has no data folder.
    """
    data: Path | None = settings.CENTER.data
    if data is None:
        raise SourceError(Text("the centre has no data folder"))
    return Centre(data)


def sources_here(*, now: datetime) -> tuple[tuple[SourceHere, ...], tuple[FaultHere, ...]]:
    """Return all sources by name, and the files that are none.

    Raises:
        SourceError: the centre has no data folder.
    """
    centre = centre_here()
    found, faults = states(centre)
    files = _files(centre.data)
    here = tuple(
        _here(centre, files[source.name], source, state, now) for source, state in found if source.name in files
    )
    damaged = (FaultHere(file, error, _edition(centre.data / SOURCES / file)) for file, error in faults.items())
    return here, tuple(damaged)


def source_here(file: str, *, now: datetime) -> tuple[SourceFile, SourceHere | None]:
    """Return the file of a source, and how the source stands unless the file is damaged.

    Raises:
        SourceError: there is none.
    """
    centre = centre_here()
    path, raw = file_of(centre.data, file), b""
    try:
        raw = storage.read_input(path)
        source = read_source(raw, where=f"{SOURCES}/{file}")
    except QuetsachError as error:
        return SourceFile(file, edition_of(raw), None, {}, error, has_remarks=False), None
    kept = SourceFile(file, edition_of(raw), source, values_of(raw), None, has_remarks=b"#" in raw)
    return kept, _here(centre, file, source, State.read_or_told(centre.data / PULLED / source.name), now)


def _here(centre: Centre, file: str, source: Source, state: State, now: datetime) -> SourceHere:
    due = None if source.is_paused else state.due_at(source, centre)
    refused = (source.folder or centre.data / PULLED / source.name) / "refused"
    return SourceHere(
        file,
        source,
        state,
        due,
        due is not None and due <= now,
        is_asked_for(centre, source),
        waiting(centre, source),
        _refused(refused),
    )


def _refused(folder: Path) -> int:
    try:
        return sum(not path.name.endswith(".reason.txt") for path in folder.iterdir())
    except OSError:  # nothing was refused yet
        return 0


def _files(data: Path) -> dict[str, str]:
    """Return the file of each source by the source's name."""
    found = {}
    for path in (data / SOURCES).glob("[!.]*.toml"):
        try:
            found[read_source(storage.read_input(path), where=path.name).name] = path.name
        except QuetsachError:
            continue
    return found


def _edition(path: Path) -> str:
    try:
        return edition_of(storage.read_input(path))
    except QuetsachError:
        return ""


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
