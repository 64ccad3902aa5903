"""Acts of the feeds: names are placed among the families; a file is received on a page and taken in behind it.

A page only writes the file down. The work behind the pages takes it in by the use case of ``quetsach center ingest``
and notes what it came to. Killed anywhere, it begins again with the same file: the lake knows what it has, and what it
took in at the time of the first beginning is counted as of this file.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import translation

from quetsach import storage
from quetsach.campaign.authority import Permission
from quetsach.centre.centre import Centre
from quetsach.centre.ingest import ingest_files
from quetsach.centre.placing import Decided, checked_placing, keep_placing, taken_back
from quetsach.centre.publication import due
from quetsach.core.errors import QuetsachError
from quetsach.core.family import UNPLACED_FAMILY, Placing
from quetsach.core.family_list import read_family_list
from quetsach.core.text import LocalError, Text
from quetsach.feeds.layout import NAME
from quetsach.lake.delivery import Delivery
from quetsach.lake.lake import IngestResult
from quetsach.web.limits import FEED_FILE_BYTES, UPLOADS
from quetsach.web.office.feeds.models import COUNTS, FeedFile
from quetsach.web.office.feeds.selectors import family_list_path, layouts_here
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import refusal_text
from quetsach.web.office.tree.selectors import root_unit

# Placing names of malware: the decision stands in the office's log and in the centre's table, or in neither.


@transaction.atomic
def spelling_place(*, centre: Centre, placing: Placing, now: datetime, by: Person | None = None) -> None:
    """Log a placing, or that one is taken back, and write it into the table, both or neither.

    ``by`` is who did it in the office; ``None`` for whoever typed the command, whom the placing names.

    Raises:
        DatabaseError: it cannot be logged.
        QuetsachError: it cannot be written.
    """
    log_append(
        by=by,
        act="family-undo" if placing.family == UNPLACED_FAMILY else "family-place",
        subject=f"family:{placing.family}",
        unit=root_unit() if by else None,
        detail={"spelling": placing.spelling, "by": placing.by, "reason": placing.reason},
        now=now,
    )
    keep_placing(centre, placing)


def name_place(*, decided: Decided, by: Person, now: datetime) -> Placing:
    """Place a name that feeds write in a family; what is in the lake counts with it, and figures are counted anew.

    Raises:
        InputError: it cannot be placed so.
        AccessError: not this person's to do.
    """
    require(by, Permission.HANDLE_FEEDS, root_unit(), day=today(now))
    centre = Centre(_data())
    placing = checked_placing(centre.families, decided, by=_signed(by), now=now)
    spelling_place(centre=centre, placing=placing, now=now, by=by)
    due.note_change(centre.data)
    return placing


def name_take_back(*, spelling: str, reason: str, by: Person, now: datetime) -> Placing:
    """Take back what was decided about a name: the table alone decides again.

    Raises:
        InputError: nobody placed it.
        AccessError: not this person's to do.
    """
    require(by, Permission.HANDLE_FEEDS, root_unit(), day=today(now))
    centre = Centre(_data())
    placing = taken_back(centre.families, spelling, reason, by=_signed(by), now=now)
    spelling_place(centre=centre, placing=placing, now=now, by=by)
    due.note_change(centre.data)
    return placing


def family_list_keep(*, form: str, name: str, content: bytes, by: Person, now: datetime) -> None:
    """Keep a list of others, in the place of the last one of its form: it proposes, and places nothing.

    Raises:
        InputError: it is too large, damaged, or not of this form.
        AccessError: not this person's to do.
    """
    require(by, Permission.HANDLE_FEEDS, root_unit(), day=today(now))
    read_family_list(content, form=form)
    path = family_list_path(_data(), form)
    with transaction.atomic():
        detail = {"name": _shown(name), "sha256": hashlib.sha256(content).hexdigest()}
        log_append(by=by, act="family-list", subject="family:list", unit=root_unit(), detail=detail, now=now)
        storage.make_folder(path.parent)
        storage.write(path, content)


def _signed(by: Person) -> str:
    return f"{by.name} <{by.email}>"


def _data() -> Path:
    data: Path | None = settings.CENTER.data
    if data is None:
        raise FeedFileError(Text("the centre has no data folder"))
    return data


# Receiving a file: whole on the disk, and asked for, before the person is answered.

MOST_WAITING = 20
"""Files that may wait at once: whoever uploads without end must not fill the disk."""
MOST_ATTEMPTS = 3
"""How often a file is begun: one that ends the process each time must not keep the centre from starting."""
_LEFT_SECONDS = 86_400
_LONGEST_NAME = 120
_logger = logging.getLogger("quetsach.web.office.feeds")


class FeedFileError(LocalError):
    """A file is not received, or cannot be taken in."""

    def __init__(self, text: Text, *, field: str = "file", advice: Text | None = None) -> None:
        super().__init__(text, advice=advice)
        self.field = field


def file_receive(
    *, feed: str, report: str, name: str, chunks: Iterable[bytes], by: Person, now: datetime
) -> tuple[FeedFile, bool]:
    """Write a file down and ask for its intake; return it, and whether it is new.

    Args:
        feed: a feed that can be read.
        report: which report of it; empty to find it out.
        name: what the person's machine calls the file. It names nothing on our disk.
        chunks: its bytes.
        by: who uploads it.
        now: the time (UTC).

    Raises:
        FeedFileError: no such feed or report, an empty or too large file, too many wait, or it cannot be kept.
        AccessError: not this person's to do.
    """
    require(by, Permission.HANDLE_FEEDS, root_unit(), day=today(now))
    _check_report(feed, report)
    if FeedFile.objects.filter(ended_at=None).count() >= MOST_WAITING:
        raise FeedFileError(
            Text("{most} files wait already", most=MOST_WAITING), advice=Text("upload this one when they are taken in")
        )
    file = FeedFile(feed=feed, report=report, name=_shown(name), place=uuid4().hex, by=by, received_at=now)
    path, is_kept = _folder() / file.place, False
    try:
        file.sha256, file.size_bytes = _written(chunks, path)
        known = _kept(file, now)
        is_kept = known is None
    except OSError as error:
        raise FeedFileError(
            Text("the file could not be kept: {why}", why=error.strerror or str(error)),
            advice=Text("look at the disk of the centre"),
        ) from error
    finally:
        if not is_kept:
            path.unlink(missing_ok=True)
    return known or file, is_kept


@transaction.atomic
def _kept(file: FeedFile, now: datetime) -> FeedFile | None:
    """Save a file and log it, or return the same one where it waits already."""
    known: FeedFile | None = FeedFile.objects.filter(
        sha256=file.sha256, feed=file.feed, report=file.report, ended_at=None
    ).first()
    if known is None:
        file.save()
        _log(file, "feed-upload", {}, now)
    return known


def _check_report(feed: str, report: str) -> None:
    """Refuse what can be known to be wrong before a byte is read."""
    of_feed = layouts_here().of_feed(feed)
    if not of_feed:
        raise FeedFileError(Text("there is no such feed"), field="feed")
    if report and not NAME.fullmatch(report):
        raise FeedFileError(
            Text("this is no name of a report"),
            field="report",
            advice=Text("use small letters without marks, digits, '_' and '-', at most 48"),
        )
    if report and not any(layout.open_report or layout.report == report for layout in of_feed):
        known = ", ".join(layout.report for layout in of_feed)
        raise FeedFileError(
            Text("{feed} has no such report", feed=feed),
            field="report",
            advice=Text("leave it empty, or write one of these: {known}", known=known),
        )


def _written(chunks: Iterable[bytes], path: Path) -> tuple[str, int]:
    """Write a file piece by piece; return its SHA-256 in hex and how many bytes it has. Refused, nothing is left."""
    digest, size = hashlib.sha256(), 0
    with storage.replacing(path, once=True) as file:
        for chunk in chunks:
            size += len(chunk)
            if size > FEED_FILE_BYTES:
                raise FeedFileError(
                    Text("the file is larger than {most} MiB", most=FEED_FILE_BYTES >> 20),
                    advice=Text("pack it with gzip or zip, or upload it in parts"),
                )
            digest.update(chunk)
            file.write(chunk)
        if not size:
            raise FeedFileError(Text("the file is empty"), advice=Text("have it sent again"))
    return digest.hexdigest(), size


def _log(file: FeedFile, act: str, detail: Mapping[str, object], now: datetime) -> None:
    known = {"number": file.pk, "sha256": file.sha256, "report": file.report}
    subject, unit = f"feed:{file.feed}", root_unit()
    log_append(by=file.by, act=act, subject=subject, unit=unit, detail={**known, **detail}, now=now)


def _shown(name: str) -> str:
    """Return what people read, and what tells the report: without folders, as short as a name is."""
    return "".join(c for c in name.replace("\\", "/").rpartition("/")[2] if c.isprintable())[-_LONGEST_NAME:] or "-"


def _folder() -> Path:
    data = _data()
    storage.make_folder(data / UPLOADS)
    return data / UPLOADS


# Taking in what waits, for the work behind the pages.


def files_work(*, clock: Callable[[], datetime], is_stopped: Callable[[], bool] = lambda: False) -> int:
    """Take in all files that wait, the oldest first; return how many were finished. Another worker is left alone.

    Args:
        clock: the time (UTC).
        is_stopped: asked between two files, and between two of an archive; what is left goes on the next time.

    Raises:
        FeedFileError: the centre has no data folder.
    """
    folder, finished = _folder(), 0
    with ExitStack() as held:
        try:
            held.enter_context(storage.locked(folder / ".lock", waits=False))
        except BlockingIOError:
            return 0
        _sweep(folder, now=clock())
        while not is_stopped() and (file := _begun(clock())):
            finished += _take_in(file, folder / file.place, clock, is_stopped)
    return finished


def _sweep(folder: Path, *, now: datetime) -> None:
    """Remove what a break-off left behind a day ago: files that nobody waits for."""
    waiting = set(FeedFile.objects.filter(ended_at=None).values_list("place", flat=True))
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            is_left = path.name not in waiting and path.name != ".lock"
            if is_left and now.timestamp() - path.stat().st_mtime > _LEFT_SECONDS:
                path.unlink()


@transaction.atomic
def _begun(now: datetime) -> FeedFile | None:
    """Take up the file that waits longest; one whose work broke off goes on."""
    file = FeedFile.objects.select_for_update(of=("self",)).filter(ended_at=None).order_by("pk").first()
    if file is not None:
        file.begun_at = file.begun_at or now
        file.attempts += 1
        file.save(update_fields=["begun_at", "attempts"])
    return file


def _take_in(file: FeedFile, path: Path, clock: Callable[[], datetime], is_stopped: Callable[[], bool]) -> bool:
    """Take in one file and note what it came to; ``False`` if it was stopped before its end."""
    outcomes: list[dict[str, Any]] = []
    try:
        if file.attempts > MOST_ATTEMPTS:
            raise FeedFileError(
                Text("the work on this file broke off {times} times", times=MOST_ATTEMPTS),
                advice=Text("whoever runs the centre's computer finds out why; then upload it again"),
            )
        for outcome in _outcomes(file, path):
            outcomes.append(outcome)
            if is_stopped():
                FeedFile.objects.filter(pk=file.pk).update(attempts=file.attempts - 1)
                return False
    except QuetsachError as error:  # of the centre, not of one file of an archive
        outcomes.append(_refused(file.name, error))
    if any(one.get("accepted") for one in outcomes):
        due.note_change(path.parents[1])
    _end(file, outcomes, clock())
    path.unlink(missing_ok=True)
    return True


def _outcomes(file: FeedFile, path: Path) -> Iterator[dict[str, Any]]:
    """Take in; yield what became of each CSV file. What an earlier attempt took in has the counts that it had then."""
    assert file.begun_at is not None  # noqa: S101  (it was begun)
    begun_at, centre, before = file.begun_at, Centre(path.parents[1]), dict[str, Delivery]()
    if centre.has_lake:
        with centre.view() as view:
            before = {one.id: one for one in view.deliveries() if one.ingested_at == begun_at}
    taken = ingest_files(
        centre, [path], feed=file.feed, report=file.report or None, clock=lambda: begun_at, name=file.name
    )
    for name, outcome in taken:
        if isinstance(outcome, QuetsachError):
            yield _refused(name, outcome)
        else:
            counted: IngestResult | Delivery = before.pop(outcome.delivery, outcome)
            counts = {count: getattr(counted, count) for count in COUNTS}
            yield {"name": outcome.file, "report": outcome.report, "delivery": outcome.delivery, **counts}


def _refused(name: str, error: QuetsachError) -> dict[str, Any]:
    """Return why a file was not taken in, in every language of the office; its name stands before it already."""
    if error.where == name:
        error.where = ""
    told = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            told[language] = refusal_text(error)
    return {"name": name, "refused": told}


@transaction.atomic
def _end(file: FeedFile, outcomes: list[dict[str, Any]], now: datetime) -> None:
    file.outcomes, file.ended_at = outcomes, now
    file.save(update_fields=["outcomes", "ended_at"])
    act = "feed-take-in" if file.taken else "feed-refuse"
    totals = {count: file.totals[count] for count in ("records", "accepted", "duplicates", "quarantined")}
    _log(file, act, {**totals, "refused": len(file.refused)}, now)
    _logger.info("feed file %s: %s of %s files taken in", file.pk, len(file.taken), len(outcomes))
