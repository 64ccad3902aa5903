"""Annotates committed sightings again, by the address tables of today; all of it becomes visible in one step.

What is written lies in files of other names, which no record lists, until ``compacted.json`` is replaced: a kill leaves
the lake as it was or as it shall be. Roll-ups have other names, too, so that none can be of another annotation than the
sightings that it stands for; a view that is open keeps what it began with.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from quetsach import storage
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.feeds.table import ANNOTATED
from quetsach.lake import LakeError, compacted, rollups
from quetsach.lake.buckets import divisions_for
from quetsach.lake.changes import Change
from quetsach.lake.compacted import COMPACTED, Compacted
from quetsach.lake.ingestion import Annotate
from quetsach.lake.lake import Lake
from quetsach.lake.records import Catalog
from quetsach.lake.rollups import RollUp

_VERSION = "network_version"
_PLACED = ("asn", "isp", "province", "province_source")
_GIVEN = [name for name in ANNOTATED.names if name not in (*_PLACED, _VERSION)]


@dataclass(frozen=True, slots=True)
class Reannotated:
    """What an annotation came to.

    Attributes:
        sightings: how many were looked at, of ``sets`` days of reports.
        moved: of how many the AS, provider or province is another now.
        renamed: of how many nothing but the version of the tables is.
        revised_sets: days of reports that were written anew: because a sighting changed, or because a delivery of many
            days names tables of which this day has none.
        expired_sets: days of reports whose sightings have expired: their roll-ups stay as they were.
        is_written: whether it was more than a dry run.
    """

    sets: int
    sightings: int
    moved: int
    renamed: int
    revised_sets: int
    expired_sets: int
    is_written: bool


class _Again:
    """One day of a report, annotated again."""

    def __init__(self, annotate: Annotate) -> None:
        self._annotate = annotate
        self.sightings = self.moved = self.renamed = 0
        self.versions: set[str] = set()

    def batches(self, sightings: list[Path]) -> Iterator[pa.Table]:
        """Yield the rows of files, in order, with new annotations.

        Raises:
            LakeError: a file is damaged, or ``annotate`` gave something else.
        """
        for before in compacted.batches_of(sightings):
            after = self._annotate(before.select(_GIVEN))
            if after.num_rows != before.num_rows or set(after.schema.names) != set(ANNOTATED.names):
                raise LakeError(Text("annotation changed more than it may: rows or columns differ"))
            after = after.append_column("delivery", before["delivery"]).select(COMPACTED.names).cast(COMPACTED)
            is_moved = _differs(before, after, _PLACED)
            is_renamed = pc.and_not(_differs(before, after, (_VERSION,)), is_moved)
            self.sightings += before.num_rows
            self.moved += pc.sum(is_moved, min_count=0).as_py()
            self.renamed += pc.sum(is_renamed, min_count=0).as_py()
            self.versions.update(pc.unique(after[_VERSION]).to_pylist())
            yield after

    @property
    def is_changed(self) -> bool:
        """Whether any sighting has another annotation now."""
        return bool(self.moved or self.renamed)


def _differs(before: pa.Table, after: pa.Table, names: tuple[str, ...]) -> pa.ChunkedArray:
    """Return for each row whether any of these columns has another value; no value is a value of its own."""
    found = pa.chunked_array([pa.repeat(pa.scalar(value=False), before.num_rows)])
    for name in names:
        old, new = before[name], after[name]
        is_same = pc.or_kleene(
            pc.and_(pc.is_null(old), pc.is_null(new)), pc.fill_null(pc.equal(old, new), fill_value=False)
        )
        found = pc.or_(found, pc.invert(is_same))
    return found


def reannotate(
    lake: Lake,
    annotate: Annotate,
    *,
    period: Period | None = None,
    is_dry_run: bool = False,
    progress: Callable[[int], None] = lambda _sets: None,
) -> Reannotated:
    """Annotate the sightings of a period again, or all that have not expired; sightings and their counts stay.

    Days of reports of which nothing changes are left as they are. Until the end the lake needs room for both.

    Args:
        lake: the sightings.
        annotate: as for an ingest.
        period: UTC days, both included.
        is_dry_run: say what would change.
        progress: told after each day of a report.

    Raises:
        LakeError: the lake cannot be read or written; nothing was changed.
    """
    total, made, expired, sets = _Again(annotate), list[Compacted](), 0, 0
    gone, files = list[str](), list[str]()
    with lake.writers.all() as (tmp, catalog):
        for roll_up in catalog.sets():
            if period is not None and roll_up.day not in period:
                continue
            sets += 1
            staged: list[Path] = []
            again = _Again(annotate)
            sightings = catalog.sightings_for(roll_up)
            catalog.fetch(sightings or ())
            if sightings is None:
                expired += 1
            elif is_dry_run:
                for _ in again.batches(sightings):
                    pass
            else:
                staged = compacted.stage(again.batches(sightings), _divisions(catalog, roll_up), tmp=tmp)
            if sightings is not None and (again.is_changed or again.versions != catalog.versions_of(roll_up)):
                made.append(_entry(roll_up, _divisions(catalog, roll_up), again.versions))
                gone += [str(path.relative_to(lake.folder)) for path in sightings]
                if not is_dry_run:
                    replaced, there = _publish(lake, catalog, roll_up, made[-1], staged)
                    gone += replaced
                    files += there
            total.sightings += again.sightings
            total.moved += again.moved
            total.renamed += again.renamed
            progress(1)
        if made and not is_dry_run:
            placed = [(lake.folder / path, path) for path in files]
            lake.put(Change(None, files=placed, moved=made, gone=gone), catalog.entries, tmp)
            lake.writers.discard(gone)
    return Reannotated(sets, total.sightings, total.moved, total.renamed, len(made), expired, not is_dry_run)


def _divisions(catalog: Catalog, roll_up: RollUp) -> int:
    return divisions_for(catalog.rows_of(roll_up))


def _entry(roll_up: RollUp, divisions: int, versions: set[str]) -> Compacted:
    return Compacted(
        roll_up.day,
        roll_up.feed,
        roll_up.report,
        roll_up.deliveries,
        divisions,
        revision=roll_up.revision + 1,
        network=tuple(sorted(versions)),
        revised=roll_up.deliveries,
    )


def _publish(
    lake: Lake, catalog: Catalog, roll_up: RollUp, made: Compacted, staged: list[Path]
) -> tuple[list[str], list[str]]:
    """Put the sightings that were written, and their roll-up, in their places, where no record lists them yet.

    Return the roll-up files that this replaces, and all that were put.
    """
    places = [lake.folder / path for path in made.paths]
    storage.publish(zip(staged, places, strict=True))
    if not catalog.by_id[roll_up.deliveries[0]].is_counted:
        return [], list(made.paths)
    revised = replace(roll_up, revision=made.revision)
    files = rollups.build(lake.engine(), revised, places, staged[0].parent, home=lake.home)
    rollups.publish_changed(files, lake.folder)
    return roll_up.paths(), [*made.paths, *(path for _, path in files)]
