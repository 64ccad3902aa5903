"""Takes feed files in, each exactly once, told apart by the centre's tables; and keeps them as long as they may be."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.lake import intake, keeping
from quetsach.lake.ingestion import Annotate
from quetsach.lake.intake import Outcome
from quetsach.lake.keeping import Expired
from quetsach.lake.lake import IngestResult
from quetsach.lake.reannotation import Reannotated, reannotate
from quetsach.lake.retry import Retried, retry
from quetsach.network import annotate_by_day

LIFETIME_DAYS = 90
"""How long sightings are kept where nobody says otherwise."""


def ingest_files(
    centre: Centre,
    files: Iterable[Path],
    *,
    feed: str,
    report: str | None,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _bytes: None,
    name: str = "",
) -> Iterator[Outcome]:
    """Take files in, packed or not; yield what became of each. One that is refused does not keep the others back.

    Args:
        centre: where to.
        files: as they were delivered.
        feed: where they came from, a feed of ``Centre.layouts``.
        report: which report; by a file's name or header if ``None``.
        clock: the time at which each was taken in (aware).
        progress: told how many more bytes were read.
        name: what a file is called that lies under another name, as one does that was sent to a page.

    Raises:
        QuetsachError: a table of the centre is damaged.
    """
    yield from intake.ingest_files(
        centre.lake,
        files,
        feed=feed,
        report=report,
        families=centre.families,
        annotate=_annotate(centre),
        clock=clock,
        progress=progress,
        name=name,
    )


def ingest_bytes(
    centre: Centre, content: bytes, *, name: str, feed: str, report: str | None, now: datetime
) -> IngestResult:
    """Take one file in by its bytes.

    Raises:
        QuetsachError: it cannot be read, or the lake cannot be written; nothing was taken in.
    """
    return centre.lake.ingest(
        content,
        name=name,
        feed=feed,
        report=report,
        families=centre.families,
        annotate=_annotate(centre),
        now=now,
    )


def retry_set_aside(
    centre: Centre,
    deliveries: Iterable[str] | None = None,
    *,
    reason: str = "",
    clock: Callable[[], datetime],
    is_dry_run: bool = False,
) -> Iterator[tuple[str, Retried | QuetsachError]]:
    """Read again what was set aside (``lake.retry``); yield what became of each delivery, by its file.

    Args:
        centre: whose lake.
        deliveries: identifiers, or at least the first 8 characters of each; all of which something is set aside if
            ``None``.
        reason: only deliveries of which a record was set aside for this reason (``feeds.record.Reason``).
        clock: the time at which each was taken in (aware).
        is_dry_run: say what would be taken in.

    Raises:
        QuetsachError: there is no such delivery, or a table of the centre is damaged.
    """
    names, explain = centre.families, _annotate(centre)
    with centre.lake.view() as view:
        given = [None] if deliveries is None else list(deliveries)
        chosen = {one.id: one for name in given for one in view.deliveries_set_aside(name)}
        if reason:
            reasons = view.reasons_set_aside(chosen.values())
            chosen = {id_: one for id_, one in chosen.items() if reasons[id_][reason]}
    for id_, one in chosen.items():
        try:
            yield (
                one.file,
                retry(centre.lake, id_, families=names, annotate=explain, now=clock(), is_dry_run=is_dry_run),
            )
        except QuetsachError as error:
            yield one.file, error


def _annotate(centre: Centre) -> Annotate:
    history = centre.network_history
    return lambda sightings: annotate_by_day(sightings, history)


def expire_sightings(centre: Centre, *, days: int = LIFETIME_DAYS, now: datetime, is_dry_run: bool = False) -> Expired:
    """Delete the sightings of all days (UTC) but the last ``days`` before today; roll-ups and counts stay.

    Args:
        centre: whose sightings.
        days: how many days are kept.
        now: the time (UTC).
        is_dry_run: say what would go.

    Raises:
        InputError: nothing would be kept.
        LakeError: the lake cannot be read or written.
    """
    if days < 1:
        raise InputError(Text("sightings are kept for a day at least"), hint=f"--days {LIFETIME_DAYS}")
    return keeping.expire(centre.lake, before=now.date() - timedelta(days=days), is_dry_run=is_dry_run)


def tend_lake(centre: Centre) -> None:
    """Make roll-ups of an older making again, and put the small files of a day together; nothing without a lake.

    Raises:
        LakeError: the lake cannot be read or written.
    """
    if centre.has_lake:
        keeping.renew(centre.lake)
        keeping.compact(centre.lake)


def reannotate_sightings(
    centre: Centre,
    *,
    period: Period | None = None,
    is_dry_run: bool = False,
    progress: Callable[[int], None] = lambda _sets: None,
) -> Reannotated:
    """Annotate committed sightings again by the address tables of today (``lake.reannotation.reannotate``).

    Raises:
        QuetsachError: a table of the centre is damaged, or the lake cannot be read or written.
    """
    return reannotate(centre.lake, _annotate(centre), period=period, is_dry_run=is_dry_run, progress=progress)
