"""Reads of the lake for the office: deliveries, reasons, names that wait; rows only with a line in its log."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import QuerySet

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.centre.feed_states import FeedState, feed_states
from quetsach.centre.placing import Proposal, proposals
from quetsach.centre.tables import load_families, load_placings, load_vendor_words
from quetsach.core.family import UNPLACED_FAMILY, Family, Placing, name_key
from quetsach.core.family_list import FORMS, MOST_BYTES, ListedFamily, read_family_list
from quetsach.core.period import Period
from quetsach.feeds.layout_files import Layouts, bundled_layouts
from quetsach.lake.delivery import Delivery
from quetsach.lake.readers import Access
from quetsach.web.office.feeds.models import FeedFile
from quetsach.web.office.people.models import Person

if TYPE_CHECKING:
    from quetsach.lake.view import LakeView

OLD_DAYS = 7
"""A feed whose newest day is further back is marked."""
MOST_DELIVERIES = 50
MOST_ROWS = 100
NAMES_DAYS = 30
_SHOWN_DIGITS = 16


@dataclass(frozen=True, slots=True)
class FeedHere:
    """A report of a feed, and how many days old its newest data are; ``None`` without any."""

    state: FeedState
    age_days: int | None

    @property
    def is_old(self) -> bool:
        """Whether its newest day is further back than it should be."""
        return self.age_days is None or self.age_days > OLD_DAYS


@dataclass(frozen=True, slots=True)
class SetAside:
    """A delivery of which records were set aside, by reason; ``None`` where these have expired."""

    delivery: Delivery
    reasons: tuple[tuple[str, int], ...] | None

    @property
    def key(self) -> str:
        """What its page is called by: the first digits of its SHA-256."""
        return self.delivery.id[:_SHOWN_DIGITS]


@dataclass(frozen=True, slots=True)
class Quarantine:
    """The newest deliveries with records that were set aside, how many there are in all, and their reasons together."""

    feed: str
    shown: tuple[SetAside, ...]
    total: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RowsSetAside:
    """The first records that were set aside of one delivery, of how many."""

    delivery: Delivery
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Names that wait, from most addresses to fewest, of the sightings of a window; ``None`` without data."""

    window: Period | None
    rows: tuple[dict[str, Any], ...]


def files_uploaded() -> QuerySet[FeedFile]:
    """Return the files that people of the office uploaded, the newest first."""
    return FeedFile.objects.select_related("by")


def reasons_of(file: FeedFile) -> tuple[tuple[str, int], ...]:
    """Return for which reasons how many records of a file were set aside; of those that have expired nothing.

    Raises:
        LakeError: the lake cannot be read.
    """
    of_file = {one["delivery"] for one in file.taken if one["quarantined"]}
    if not of_file:
        return ()
    with _view() as view:
        found = view.reasons_set_aside(d for d in view.deliveries() if d.id in of_file) if view else {}
    return tuple(sum(found.values(), Counter[str]()).most_common())


def feeds_here(*, now: datetime) -> tuple[FeedHere, ...]:
    """Return how each report is.

    Raises:
        LakeError: the lake cannot be read.
    """
    day = _day(now)
    with _view() as view:
        states = feed_states(view.deliveries(), today=day) if view else ()
    return tuple(FeedHere(state, state.age_days(day)) for state in states)


def quarantine_here(*, feed: str = "") -> Quarantine:
    """Return what was set aside, of one feed's report (``feed/report``) or of all, the newest first. No row is read.

    Raises:
        LakeError: the lake cannot be read.
    """
    with _view() as view:
        if view is None:
            return Quarantine(feed, (), 0, ())
        found = [d for d in view.deliveries() if d.quarantined and feed in ("", f"{d.feed}/{d.report}")]
        newest = sorted(found, key=lambda d: d.ingested_at, reverse=True)[:MOST_DELIVERIES]
        reasons = view.reasons_set_aside(newest)
    shown = tuple(SetAside(d, tuple(reasons[d.id].most_common()) if d.id in reasons else None) for d in newest)
    return Quarantine(feed, shown, len(found), tuple(sum(reasons.values(), Counter()).most_common()))


def rows_set_aside(delivery: str, *, by: Person, now: datetime) -> RowsSetAside | None:
    """Return the first records that were set aside of a delivery, and note in the lake's log who read them.

    Args:
        delivery: the first digits of its SHA-256, at least eight.
        by: who reads.
        now: the time (UTC).

    Raises:
        LakeError: there is no such delivery, the lake cannot be read, or the reading cannot be noted.
    """
    with _view() as view:
        if view is None:
            return None
        reading = Access(f"{by.name} <{by.email}>", "office: set aside", now)
        rows = view.quarantined(delivery, by=reading).slice(0, MOST_ROWS).to_pylist()
        found = next(d for d in view.deliveries() if d.id.startswith(delivery))
    return RowsSetAside(found, tuple(rows))


def unplaced_here(*, now: datetime) -> Unplaced:
    """Return the names that no analyst has placed yet, of the last days with data.

    Raises:
        LakeError: the lake cannot be read.
    """
    with _view() as view:
        newest = view.newest_day(until=_day(now)) if view else None
        if view is None or newest is None:
            return Unplaced(None, ())
        window = Period(newest - timedelta(days=NAMES_DAYS - 1), newest)
        return Unplaced(window, tuple(view.unplaced_names(window).to_pylist()))


@dataclass(frozen=True, slots=True)
class NameHere:
    """A name that feeds write: what was seen of it while it waits, what lists say, and every decision about it.

    ``family`` is the one that an analyst placed it in; empty where none did.
    """

    kept: str
    spelling: str
    row: dict[str, Any] | None
    proposed: Proposal | None
    decisions: tuple[Placing, ...]
    family: str


def family_list_path(data: Path, form: str) -> Path:
    """Return where a centre keeps the last list of a form that the office took."""
    return data / "family-lists" / f"{form}.list"


def families_known() -> tuple[Family, ...]:
    """Return the families that a name can be placed in, by name."""
    data: Path | None = settings.CENTER.data
    return tuple(sorted(load_families(data).families.values(), key=lambda family: family.name.casefold()))


def proposed_here(rows: Iterable[Mapping[str, Any]]) -> dict[str, Proposal]:
    """Return what the lists that the office took say about names that wait, by how these are kept.

    Raises:
        InputError: a list is damaged.
    """
    data: Path | None = settings.CENTER.data
    paths = [(form, family_list_path(data, form)) for form in FORMS] if data else []
    listed = [
        replace(entry, where=f"{form}: {entry.where}")
        for form, path in paths
        if path.exists()
        for entry in _LISTS[form].of(path)
    ]
    if not listed:
        return {}
    return {one.kept: one for one in proposals(load_families(data), rows, listed, load_vendor_words())}


def decisions_here() -> tuple[Placing, ...]:
    """Return what analysts decided about names, the newest first."""
    data: Path | None = settings.CENTER.data
    return tuple(reversed(load_placings(data))) if data else ()


def name_here(spelling: str, *, now: datetime) -> NameHere | None:
    """Return a name that waits or was decided about; ``None`` for any other.

    Raises:
        LakeError: the lake cannot be read.
    """
    kept = name_key(spelling)
    row = next((one for one in unplaced_here(now=now).rows if one["kept"] == kept), None)
    decisions = tuple(one for one in decisions_here() if name_key(one.spelling) == kept)
    if row is None and not decisions:
        return None
    proposed = proposed_here([row]).get(kept) if row else None
    spellings = row["spellings"] if row else []
    family = decisions[0].family if decisions and decisions[0].family != UNPLACED_FAMILY else ""
    written = spellings[0] if spellings else decisions[0].spelling if decisions else kept
    return NameHere(kept, written, row, proposed, decisions, family)


def _list_reader(form: str) -> storage.LastRead[tuple[ListedFamily, ...]]:
    return storage.LastRead(
        lambda path: read_family_list(storage.read_input(path, most_bytes=MOST_BYTES), form=form).entries
    )


_LISTS = {form: _list_reader(form) for form in FORMS}


def layouts_here() -> Layouts:
    """Return which reports the centre can read; those of this build where there is no centre."""
    data: Path | None = settings.CENTER.data
    return bundled_layouts() if data is None else Centre(data).layouts


def _day(now: datetime) -> date:
    """Return the day of UTC, as feeds count days."""
    return now.astimezone(UTC).date()


@contextmanager
def _view() -> "Iterator[LakeView | None]":
    """Open the lake as of now; ``None`` where nothing was taken in yet."""
    data: Path | None = settings.CENTER.data
    if data is None or not (data / "lake").is_dir():
        yield None
        return
    with Centre(data).view() as view:
        yield view
