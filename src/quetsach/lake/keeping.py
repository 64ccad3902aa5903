"""Keeping a lake: sightings go at the end of their lifetime, roll-ups stay, and small files of a day become one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from quetsach.core.period import Period
from quetsach.lake import rollups
from quetsach.lake.buckets import divisions_for
from quetsach.lake.changes import Change, gathering
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
        base = catalog.entries
        for roll_up in catalog.roll_ups():
            sightings = catalog.sightings_for(roll_up)
            if sightings is None:
                expired += 1
            else:
                catalog.fetch([*sightings, *roll_up.paths()])
                files = rollups.build(lake.engine(), roll_up, sightings, tmp, home=lake.home)
                made += 1
                if changed := rollups.changed(files, lake.folder):
                    base = lake.put(Change((roll_up.feed, roll_up.report), files=changed), base, tmp)
                    mended += 1
            progress(1)
    return Rebuilt(made, mended, expired)


def renew(lake: Lake) -> Rebuilt | None:
    """Make the roll-ups of an older making again; ``None`` where that was done before.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    is_empty = not (lake.folder / rollups.MAKING_FILE).parent.exists()
    if is_empty or rollups.read_making(lake.folder) == rollups.MAKING:
        return None
    rebuilt = rebuild(lake)
    with lake.writers.all() as (tmp, catalog):
        lake.put(Change(None, making=rollups.MAKING), catalog.entries, tmp)
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
        size, is_deleted = _size(lake, gone), not is_dry_run
        files = len(gone) - len(seen - catalog.there(seen))
        if not is_dry_run and changed:
            records, kept = [after for _, after in changed], _kept_roll_ups(lake, catalog, days, tmp)
            change = Change(None, files=kept, records=records, forget=before, gone=gone)
            lake.put(change, catalog.entries, tmp)
            is_deleted = lake.writers.discard(gone)
    if lake.shared is not None and not is_dry_run:
        lake.shared.sweep()  # what expired a day ago and more
        is_deleted = is_deleted and not gone
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


def _kept_roll_ups(lake: Lake, catalog: Catalog, days: set[date], tmp: Path) -> list[tuple[Path, str]]:
    """Make the roll-ups of days that lack theirs."""
    made: list[tuple[Path, str]] = []
    for roll_up in (r for day in sorted(days) for r in catalog.roll_ups(Period(day, day))):
        sightings = catalog.sightings_for(roll_up)
        catalog.fetch([roll_up.path("clock")])
        if sightings is not None and not (lake.folder / roll_up.path("clock")).exists():
            catalog.fetch(sightings)
            made += rollups.build(lake.engine(), roll_up, sightings, tmp, home=lake.home)
    return made


def _size(lake: Lake, paths: Sequence[str]) -> int:
    if lake.shared is not None:
        return sum(one.size_bytes for one in lake.shared.held(paths))
    places = [lake.folder / path for path in paths]
    return sum(place.stat().st_size for place in places if place.exists())


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
        base = catalog.entries
        for roll_up in catalog.sets():
            sightings = catalog.sightings_for(roll_up)
            pieces, divided = catalog.layout_of(roll_up)
            divisions = divisions_for(catalog.rows_of(roll_up))
            if sightings is not None and (pieces >= least_files or divisions > divided):
                made = Compacted(roll_up.day, roll_up.feed, roll_up.report, roll_up.deliveries, divisions)
                catalog.fetch(sightings)
                change = gathering(lake.folder, made, sightings, tmp=tmp)
                base = lake.put(change, base, tmp)
                days += 1
                gathered += change.gone
            progress(1)
        lake.writers.discard(gathered)
    return Gathered(days, len(gathered))
