"""Rankings by month: of each month the last figures that went out stay, when newer ones take their place.

A month's file is the published file itself, so nothing is kept that was not for everybody, and small rows are put
together as they were. Figures of a month that is over do not change any more; a month in which nothing was published
has none.
"""

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from quetsach.centre.publication.snapshot import PublicationError, RankedRow, Snapshot, WindowFigure, read_snapshot_file

RANKINGS = ("families", "isps", "places", "sectors")
_NAME = re.compile(r"[0-9]{4}-[0-9]{2}\.json")
_MOST_KEPT = 600
_logger = logging.getLogger("quetsach.center")


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
