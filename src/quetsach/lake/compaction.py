"""Compaction: the sightings that many deliveries brought of one report and day are gathered in one file.

A feed that delivers every hour leaves 24 small files a day, which cost more to open than to read. Compaction changes
where sightings lie and nothing else: which deliveries there are, what they counted and every roll-up stay as they are.
What was gathered is deleted once nobody reads.
"""

from collections.abc import Callable
from dataclasses import dataclass

from quetsach.lake import compacted
from quetsach.lake.compacted import Compacted
from quetsach.lake.lake import Lake

LEAST_FILES = 4
"""Fewer files of a day are left as they are."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a compaction came to: ``days`` of reports whose ``files`` files are one each now."""

    days: int
    files: int


def compact(
    lake: Lake, *, least_files: int = LEAST_FILES, progress: Callable[[int], None] = lambda _days: None
) -> Gathered:
    """Gather the sightings of every report and day that lie in ``least_files`` files or more.

    Args:
        lake: the sightings.
        least_files: at least 2.
        progress: told after each report and day.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    days, gathered = 0, list[str]()
    with lake.writer() as (tmp, catalog):
        for roll_up in catalog.roll_ups():
            sightings = catalog.sightings_for(roll_up)
            if sightings is not None and len(sightings) >= least_files:
                made = Compacted(roll_up.day, roll_up.feed, roll_up.report, roll_up.deliveries)
                compacted.gather(lake.folder, made, sightings, tmp=tmp)
                days += 1
                gathered += [str(path.relative_to(lake.folder)) for path in sightings]
            progress(1)
        lake.discard(gathered)
    return Gathered(days, len(gathered))
