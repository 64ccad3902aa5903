"""Keeping a lake: sightings go at the end of their lifetime, roll-ups stay, and small files of a day become one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from quetsach import storage
from quetsach.core.period import Period
from quetsach.lake import compacted, rollups
from quetsach.lake.buckets import divisions_for
from quetsach.lake.compacted import Compacted
from quetsach.lake.delivery import Delivery
from quetsach.lake.lake import Lake
from quetsach.lake.records import Catalog

LEAST_FILES = 4
"""Fewer files of a day are left as they are."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many roll-ups were made again and mended among these; of how many the sightings have expired."""

    made: int
    mended: int
    expired: int


@dataclass(frozen=True, slots=True)
class Expired:
    """What has expired: sightings of ``days`` days, in ``files`` files of ``size_bytes``, delivered bytes among them.

    The files are not deleted yet while somebody reads, and in a dry run.
    """

    days: int
    sightings: int
    files: int
    size_bytes: int
    is_deleted: bool


def rebuild(lake: Lake, *, progress: Callable[[int], None] = lambda _steps: None) -> Rebuilt:
    """Make every roll-up again from its sightings and replace those that are missing or differ.

    Args:
        lake: the sightings.
        progress: told after each.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    made = mended = expired = 0
    with lake.writers.all() as (tmp, catalog):
        for roll_up in catalog.roll_ups():
            sightings = catalog.sightings_for(roll_up)
            if sightings is None:
                expired += 1
            else:
                files = rollups.build(lake.engine(), roll_up, sightings, tmp, home=lake.home)
                made += 1
                mended += rollups.publish_changed(files, lake.folder)
            progress(1)
    return Rebuilt(made, mended, expired)


def renew(lake: Lake) -> Rebuilt | None:
    """Make the roll-ups of an older making again; ``None`` where that was done before.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    mark = lake.folder / rollups.MAKING_FILE
    if not mark.parent.exists() or rollups.read_making(lake.folder) == rollups.MAKING:
        return None
    rebuilt = rebuild(lake)
    storage.write(mark, rollups.MAKING)
    return rebuilt


def expire(lake: Lake, *, before: date, is_dry_run: bool = False) -> Expired:
    """Delete the sightings of every day before ``before``, and what was delivered once none of its days is left.

    The roll-ups of these days are made first where they are missing. Commit records keep their counts and say which
    days have expired; a file that a record does not list any more is swept if the deletion is interrupted.

    Args:
        lake: the sightings.
        before: the first day (UTC) that stays.
        is_dry_run: say what would go.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    with lake.writers.all() as (tmp, catalog):
        over = {d.id for d in catalog.deliveries if _is_over(d, before)}
        after_of = [(d, _after(d, before, over)) for d in catalog.commits]
        changed = [(d, after) for d, after in after_of if after != d]
        stays = catalog.paths(after for _, after in after_of)
        days = {day for d, after in changed for day in set(after.expired) - set(d.expired)}
        seen = {one.path("seen") for one in catalog.roll_ups() if one.day in days}
        gone = sorted((catalog.paths(d for d, _ in changed) - stays) | seen)
        sightings = sum(d.days[day] for d, after in changed for day in set(after.expired) - set(d.expired))
        size, is_deleted = sum(_size(lake.folder / path) for path in gone), not is_dry_run
        files = len(gone) - sum(not (lake.folder / path).exists() for path in seen)
        if not is_dry_run and changed:
            _keep_roll_ups(lake, catalog, days, tmp)
            for delivery, after in changed:
                record = lake.folder / "deliveries" / f"{delivery.id}.json"
                storage.write(tmp / "delivery.json", after.to_json())
                storage.publish([(tmp / "delivery.json", record)])
            is_deleted = lake.writers.discard(gone)
            compacted.forget(lake.folder, before=before, tmp=tmp)
    return Expired(len(days), sightings, files, size, is_deleted)


def _is_over(delivery: Delivery, before: date) -> bool:
    """Say whether nothing is left of a delivery with its retries: they end together, for they share a file."""
    if delivery.days:
        return all(day < before or day in delivery.expired for day in delivery.days)
    return delivery.ingested_at.date() < before


def _after(commit: Delivery, before: date, over: set[str]) -> Delivery:
    expired = tuple(sorted({*commit.expired, *(day for day in commit.days if day < before)}))
    is_over = (commit.retry_of or commit.id) in over
    return replace(commit, expired=expired, has_landed=commit.has_landed and not is_over)


def _keep_roll_ups(lake: Lake, catalog: Catalog, days: set[date], tmp: Path) -> None:
    for roll_up in (r for day in sorted(days) for r in catalog.roll_ups(Period(day, day))):
        sightings = catalog.sightings_for(roll_up)
        if sightings is not None and not (lake.folder / roll_up.path("clock")).exists():
            rollups.publish_changed(rollups.build(lake.engine(), roll_up, sightings, tmp, home=lake.home), lake.folder)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a compaction came to: ``days`` of reports whose ``files`` files were put together, and divided if large."""

    days: int
    files: int


def compact(
    lake: Lake, *, least_files: int = LEAST_FILES, progress: Callable[[int], None] = lambda _days: None
) -> Gathered:
    """Gather the sightings of every report and day that lie in ``least_files`` pieces or more, or in too large ones.

    Args:
        lake: the sightings.
        least_files: at least 2.
        progress: told after each report and day.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    days, gathered = 0, list[str]()
    with lake.writers.all() as (tmp, catalog):
        for roll_up in catalog.sets():
            sightings = catalog.sightings_for(roll_up)
            pieces, divided = catalog.layout_of(roll_up)
            divisions = divisions_for(catalog.rows_of(roll_up))
            if sightings is not None and (pieces >= least_files or divisions > divided):
                made = Compacted(roll_up.day, roll_up.feed, roll_up.report, roll_up.deliveries, divisions)
                compacted.gather(lake.folder, made, sightings, tmp=tmp)
                days += 1
                gathered += [str(path.relative_to(lake.folder)) for path in sightings]
            progress(1)
        lake.writers.discard(gathered)
    return Gathered(days, len(gathered))
