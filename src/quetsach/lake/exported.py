"""Sightings that are handed on: rows of a period, batch after batch, written into the access log before the first."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.feeds.export import COLUMNS
from quetsach.feeds.table import ANNOTATED
from quetsach.lake import LakeError, readers
from quetsach.lake.queries import by_day, by_family, explained
from quetsach.lake.readers import Access
from quetsach.lake.rollups import RollUp
from quetsach.lake.view import LakeView

BATCH_ROWS = 20_000
_ROWS = pa.schema([ANNOTATED.field(name) for name in COLUMNS])
_MATCHED = ("family", "isp", "province")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sightings: of a period, each other field ``None`` where it does not matter; ``family`` is one of today."""

    period: Period
    feed: str | None = None
    report: str | None = None
    family: str | None = None
    isp: str | None = None
    province: str | None = None

    def __str__(self) -> str:
        names = ("feed", "report", *_MATCHED)
        chosen = [f"{name}={value}" for name in names if (value := getattr(self, name)) is not None]
        return ", ".join((str(self.period), *chosen))

    def includes(self, roll_up: RollUp) -> bool:
        """Say whether sightings of a day of a report may be among them."""
        is_of_feed = self.feed in (None, roll_up.feed)
        return is_of_feed and self.report in (None, roll_up.report)


def sightings(view: LakeView, asked: Asked, *, by: Access, reason: str) -> Iterator[pa.Table]:
    """Yield the sightings of infected machines that were asked for, by day, with the columns of ``feeds.export``.

    Those of other reports are of no infected machine, and are never handed on as such. What has expired is not there.

    Args:
        view: stays open until the last is read.
        asked: which.
        by: who reads.
        reason: why; logged with who and which, before the first row is read.

    Raises:
        LakeError: no reason was given, the log cannot be written, or a file is damaged.
    """
    if not reason.strip():
        raise LakeError(Text("personal data are handed on for a reason only"), hint=Text("say why: --reason TEXT"))
    files_of: dict[date, list[Path]] = {}
    for roll_up in view.roll_ups(asked.period):
        if asked.includes(roll_up) and (files := view.sightings_for(roll_up)):
            files_of.setdefault(roll_up.day, []).extend(files)
    if files_of:
        told = " ".join(reason.split())[:_LONGEST_REASON]
        readers.record(view.folder, by, what="addresses", of=f"{asked}: {told}")
    for files in files_of.values():
        yield from _of_files(view, files, asked)


_LONGEST_REASON = 400


def expired_days(view: LakeView, asked: Asked) -> int:
    """Return how many days of reports that were asked for have expired: only their counts are left."""
    return sum(view.sightings_for(one) is None for one in view.roll_ups(asked.period) if asked.includes(one))


def _of_files(view: LakeView, files: list[Path], asked: Asked) -> Iterator[pa.Table]:
    table, parameters = by_family(by_day("files"), view.names)
    wanted = {name: value for name in _MATCHED if (value := getattr(asked, name)) is not None}
    only = " and ".join(f"{name} = $only_{name}" for name in wanted) or "true"
    query = f"select {', '.join(COLUMNS)} from {table} where {only}"  # noqa: S608  (names of this module alone)
    parameters |= {"files": [str(file) for file in files]} | {f"only_{name}": value for name, value in wanted.items()}
    with closing(view.engine().cursor()) as cursor, explained():
        for batch in cursor.sql(query, params=parameters).to_arrow_reader(BATCH_ROWS):
            yield pa.Table.from_batches([batch]).cast(_ROWS)
