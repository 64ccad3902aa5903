"""Rankings by month: of each month the last figures that went out stay, when newer ones take their place.

A month's file is the published file itself, so nothing is kept that was not for everybody, and small rows are put
together as they were. Figures of a month that is over do not change any more; a month in which nothing was published
has none.
"""

import hashlib
import logging
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from quetsach import storage
from quetsach.centre.publication.snapshot import (
    SIZE_LIMIT_BYTES,
    PublicationError,
    RankedRow,
    Snapshot,
    WindowFigure,
    figures_path,
    listed_path,
    parse_snapshot,
    read_snapshot,
    read_snapshot_file,
    snapshot_bytes,
)
from quetsach.core.text import Text

RANKINGS = ("families", "isps", "places", "sectors")
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}\.json")
_MOST_KEPT = 600
_logger = logging.getLogger("quetsach.center")
UNASKED_AGE = timedelta(days=1)
"""How much older than the newest a candidate stays that nobody asked for: who looks at one has time to ask."""
UNASKED = 50
"""How many of these stay at most: where data keep arriving one is counted each minute."""
_FIGURES, _LISTED = "figures.json", "listed.bin"
_LEFT_SECONDS = 86_400
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Month:
    """The rankings that were published last in a month (``month`` as 2020-11), over the 30 days of ``latest``."""

    month: str
    counted_at: datetime
    latest: WindowFigure
    scale: int
    rankings: tuple[tuple[str, tuple[RankedRow, ...]], ...]


def month_path(data: Path, snapshot: Snapshot) -> Path:
    """Return where figures stay for the month that their newest day is in."""
    return _folder(data) / f"{snapshot.as_of:%Y-%m}.json"


def published_months(data: Path | None) -> tuple[Month, ...]:
    """Return the months that are kept, the earliest first; one that is damaged is left out, which the log says."""
    return tuple(_readable(sorted(_folder(data).glob("*.json")))) if data else ()


def _readable(paths: Iterable[Path]) -> Iterable[Month]:
    for path in paths:
        if not _NAME.fullmatch(path.name):
            continue
        try:
            yield _read(path, path.stat().st_mtime_ns)
        except (PublicationError, OSError) as error:
            _logger.error("figures of a month: %s", error)  # noqa: TRY400  (the error says all)


@lru_cache(maxsize=_MOST_KEPT)
def _read(path: Path, _changed: int) -> Month:
    return month_of(read_snapshot_file(path))


def month_of(snapshot: Snapshot) -> Month:
    """Return what of some figures stays for their month."""
    return Month(
        month=f"{snapshot.as_of:%Y-%m}",
        counted_at=snapshot.counted_at,
        latest=snapshot.latest,
        scale=snapshot.scale,
        rankings=tuple((name, getattr(snapshot, name)) for name in RANKINGS),
    )


def _folder(data: Path) -> Path:
    return data / "published" / "months"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Figures that wait. ``digest`` is the SHA-256 (hex) of their file, which names that of their look-up."""

    digest: str
    figures: Snapshot


class OutdatedError(PublicationError):
    """Newer figures are published already."""


class WithheldError(PublicationError):
    """A table of the figures would give a small row away, so they are not published by anybody."""


def lay_candidate(data: Path, snapshot: Snapshot, write_listed: Callable[[Path], object]) -> Candidate:
    """Lay figures out as they were counted; all files or none.

    Args:
        data: the centre's data folder.
        snapshot: what was counted.
        write_listed: writes the look-up of addresses that belongs to it.

    Raises:
        PublicationError: they cannot be written.
    """
    folder = data / "candidates"
    staged = folder / f".{uuid4().hex}"
    try:
        storage.make_folder(staged)
        write_listed(staged / _LISTED)
        snapshot = replace(snapshot, listed=_digest(staged / _LISTED))
        content = snapshot_bytes(snapshot)
        digest = hashlib.sha256(content).hexdigest()
        storage.write(staged / _FIGURES, content)
        for path in (staged / _LISTED, staged):
            storage.sync(path)
        if not (folder / digest).exists():
            storage.publish([(staged, folder / digest)])
    except OSError as error:
        raise PublicationError(Text("the figures cannot be written"), where=str(folder), hint=str(error)) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return Candidate(digest, snapshot)


def candidates(data: Path | None) -> tuple[Candidate, ...]:
    """Return what waits, the newest first; one that is damaged is left out."""
    found = []
    for path in (data / "candidates").glob("*") if data else ():
        try:
            if data and _DIGEST.fullmatch(path.name):
                found.append(read_candidate(data, path.name))
        except PublicationError:
            continue
    return tuple(sorted(found, key=lambda candidate: candidate.figures.counted_at, reverse=True))


def read_candidate(data: Path, digest: str) -> Candidate:
    """Return one candidate.

    Raises:
        PublicationError: there is none, or it is not what its name says.
    """
    if not _DIGEST.fullmatch(digest):
        raise PublicationError(Text("there are no such figures"), where=digest[:70])
    path = data / "candidates" / digest / _FIGURES
    try:
        if path.stat().st_size > SIZE_LIMIT_BYTES:
            raise PublicationError(Text("the candidate is too large"), where=str(path))
        content = path.read_bytes()
    except OSError as error:
        raise PublicationError(Text("the candidate cannot be read"), where=str(path), hint=str(error)) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise PublicationError(Text("the candidate was changed after it was counted"), where=str(path))
    return Candidate(digest, parse_snapshot(content, where=str(path)))


def publish_candidate(data: Path, digest: str) -> Snapshot:
    """Let a candidate out, and drop what is older than it. Killed in between, it is simply called again.

    Raises:
        OutdatedError: newer figures are published.
        WithheldError: they must not be published.
        PublicationError: there is no such candidate, it was changed, or it cannot be copied.
    """
    candidate = read_candidate(data, digest)
    if candidate.figures.withheld:
        raise WithheldError(candidate.figures.withheld[0], hint=Text("count again when newer days are there"))
    folder = data / "candidates" / digest
    try:
        with _publishing(data):
            _refuse_older(read_published(data), candidate.figures)
            _copy(
                [
                    (folder / _LISTED, listed_path(data), candidate.figures.listed),
                    (folder / _FIGURES, month_path(data, candidate.figures), digest),
                    (folder / _FIGURES, figures_path(data), digest),  # the figures last
                ]
            )
    except OSError as error:
        raise PublicationError(Text("the figures cannot be published"), where=str(data), hint=str(error)) from error
    for older in candidates(data):
        if older.figures.counted_at <= candidate.figures.counted_at:
            shutil.rmtree(data / "candidates" / older.digest, ignore_errors=True)
    return candidate.figures


def thin_candidates(data: Path, *, asked: Collection[str]) -> None:
    """Drop, of what nobody asked for, the old and the many; and what a killed run or an earlier version left behind.

    Args:
        data: the centre's data folder.
        asked: digests that somebody asked for; they stay until something newer is published.
    """
    found = candidates(data)
    unasked = [one for one in found if one.digest not in asked]
    old = [one for one in unasked if one.figures.counted_at < found[0].figures.counted_at - UNASKED_AGE]
    twins = [one for n, one in enumerate(found) if one.figures.inputs in {c.figures.inputs for c in found[:n]} - {""}]
    left = [path for path in (data / "candidates").glob(".*") if path.stat().st_mtime < time.time() - _LEFT_SECONDS]
    gone = {one.digest for one in (*unasked[UNASKED:], *old, *twins)} - set(asked)
    for path in (*(data / "candidates" / digest for digest in gone), *left, data / "candidate"):
        shutil.rmtree(path, ignore_errors=True)


def read_published(data: Path) -> Snapshot | None:
    """Return the published figures; ``None`` where there are none, or none that can be read: anything is better."""
    try:
        return read_snapshot(data)
    except PublicationError:
        return None


def _refuse_older(published: Snapshot | None, figures: Snapshot) -> None:
    if published is not None and figures.counted_at < published.counted_at:
        raise OutdatedError(
            Text(
                "newer figures, counted at {time} UTC, are published already",
                time=f"{published.counted_at:%Y-%m-%d %H:%M}",
            ),
            hint=Text("look at the newest candidate"),
        )


@contextmanager
def _publishing(data: Path) -> Iterator[None]:
    """Hold the published files: of two that publish at once the one with the newer figures stands."""
    for folder in (data / "published", data / "published" / "months"):
        storage.make_folder(folder)
    with storage.locked(data / "published" / ".lock"):
        yield


def _copy(files: Sequence[tuple[Path, Path, str]]) -> None:
    """Copy files to their names, the first of them first: a full disk is met before any is replaced.

    Each comes with its SHA-256 (hex), which is held against the bytes that are copied and not read before.

    Raises:
        PublicationError: one is another by now; none is replaced.
    """
    with ExitStack() as placed:
        for source, final, digest in reversed(files):
            content = placed.enter_context(source.open("rb"))
            copied = _Hashed(placed.enter_context(storage.replacing(final)))
            shutil.copyfileobj(content, copied)
            if copied.hash.hexdigest() != digest:
                raise PublicationError(Text("the candidate was changed after it was counted"), where=str(source))


class _Hashed:
    """A file that is written to, and the SHA-256 of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def write(self, content: bytes) -> int:
        """Write some of it."""
        self.hash.update(content)
        return self._file.write(content)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
