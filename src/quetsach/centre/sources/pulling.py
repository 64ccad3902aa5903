"""Pulls what is due: each file lands as it was delivered, is taken into the lake, and only then is known as taken."""

import hashlib
import json
import os
import random
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from quetsach import storage
from quetsach.centre.centre import Centre
from quetsach.centre.ingest import ingest_files
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.clients import Client, Marks, Offer, client_of
from quetsach.centre.sources.source import Faults, Kind, Source, load_sources
from quetsach.centre.sources.transport import Line, Progress, StatusError
from quetsach.core.errors import QuetsachError
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import SystemText, Text
from quetsach.lake import LakeError
from quetsach.lake.intake import Outcome
from quetsach.lake.lake import IngestResult

PULLED = "pulled"
"""The folder of what is remembered of each source, and of what has landed, below a centre's data."""
_ASKED_FOR = "asked-for"
_MOST_NAME_BYTES = 200
_FIRST_WAIT_SECONDS, _MOST_WAIT_SECONDS = 60, 6 * 3600


class Status(StrEnum):
    """What became of a file, or of a source."""

    TAKEN = "taken"
    REFUSED = "refused"
    UNCHANGED = "unchanged"
    UNREAD = "unread"
    OFFERED = "offered"
    FAILED = "failed"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of one file of a source; of the source itself where ``name`` is empty."""

    source: str
    status: Status
    name: str = ""
    outcomes: tuple[Outcome, ...] = ()
    error: QuetsachError | None = None

    @property
    def accepted(self) -> int:
        """How many sightings are new."""
        return sum(result.accepted for _, result in self.outcomes if isinstance(result, IngestResult))


@dataclass(slots=True)
class State:
    """What is remembered of a source: ``marks`` are its server's; moments are ISO 8601 in UTC, empty for never."""

    marks: Marks = field(default_factory=dict)
    tried_at: str = ""
    succeeded_at: str = ""
    failures: int = 0
    not_before: str = ""
    error: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, room: Path) -> "State":
        """Return what is kept in a source's room; nothing where it was never asked.

        Raises:
            SourceError: it is damaged.
        """
        path = room / "state.json"
        if not path.exists():
            return cls()
        try:
            state = cls(**json.loads(storage.read_input(path, most_bytes=64 << 20)))
            for moment in (state.succeeded_at, state.not_before):
                _moment(moment)
        except (ValueError, TypeError) as error:
            hint = Text("remove it: what it knew is asked for again, and nothing is taken in twice")
            raise SourceError(
                Text("what is remembered of the source is damaged"), where=str(path), hint=hint
            ) from error
        return state

    def save(self, room: Path) -> None:
        """Write it whole."""
        storage.write(room / "state.json", json.dumps(asdict(self), ensure_ascii=False))

    def due_at(self, source: Source, centre: Centre) -> datetime:
        """Return when the source is due (UTC)."""
        if self.failures:
            return _moment(self.not_before) or datetime.fromtimestamp(0, UTC)
        return source.schedule.due_at(_moment(self.succeeded_at), centre.country.zone)

    def succeed(self, now: datetime) -> None:
        """Note that everything there was is taken."""
        self.succeeded_at, self.failures, self.not_before, self.error = now.isoformat(), 0, "", {}

    @classmethod
    def read_or_told(cls, room: Path) -> "State":
        """Return what is kept in a source's room; where that is damaged, nothing but that it is."""
        try:
            return cls.read(room)
        except QuetsachError as error:
            return cls(error=_told(error))

    def fail(self, error: QuetsachError, now: datetime, jitter: Callable[[], float]) -> None:
        """Note an error and wait: twice as long each time, a little apart from others, as long as a server asks."""
        asked = error.wait_seconds if isinstance(error, StatusError) else 0
        wait = min(_FIRST_WAIT_SECONDS * 2 ** min(self.failures, 20), _MOST_WAIT_SECONDS) * (0.5 + jitter())
        self.failures += 1
        self.not_before = (now + timedelta(seconds=max(asked, wait))).isoformat()
        self.error = _told(error)


def _told(error: QuetsachError) -> dict[str, str]:
    return {language: error.in_language(language) for language in DATA_LANGUAGES}


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def states(centre: Centre) -> tuple[list[tuple[Source, State]], Faults]:
    """Return the sources of a centre with what is remembered of each, and what is wrong with files that are none."""
    sources, faults = load_sources(centre.data)
    return [(source, State.read_or_told(centre.data / PULLED / source.name)) for source in sources], faults


def due_sources(centre: Centre, now: datetime) -> tuple[list[Source], Faults]:
    """Return the sources that are to be asked now, and what is wrong with files that are none.

    A source whose state is damaged is asked: its pull tells of it. So is one that somebody asked for, paused or not.
    """
    found, faults = states(centre)
    return [
        one
        for one, state in found
        if is_asked_for(centre, one) or (not one.is_paused and state.due_at(one, centre) <= now)
    ], faults


def ask_for(centre: Centre, source: Source) -> None:
    """Have a source asked as soon as the work behind the pages comes to it.

    Raises:
        OSError: it cannot be noted.
    """
    room = centre.data / PULLED / source.name
    storage.make_folder(room)
    storage.write(room / _ASKED_FOR, b"")


def is_asked_for(centre: Centre, source: Source) -> bool:
    """Whether somebody has asked for a source, and its pull has not ended since."""
    return (centre.data / PULLED / source.name / _ASKED_FOR).exists()


def waiting(centre: Centre, source: Source) -> int:
    """Return how many files have landed and are not in the lake yet; those that are still written to count, too."""
    if source.folder is None:
        return int((centre.data / PULLED / source.name / "landed.json").exists())
    found = 0
    for folder in (source.folder, source.folder / "taking"):
        with suppress(OSError):  # the pull tells of it
            found += sum(not path.name.startswith(".") and path.is_file() for path in folder.iterdir())
    return found


def pull(
    centre: Centre,
    source: Source,
    *,
    clock: Callable[[], datetime],
    progress: Progress = lambda _bytes: None,
    is_dry_run: bool = False,
    is_stopped: Callable[[], bool] = lambda: False,
    jitter: Callable[[], float] = random.random,
) -> Iterator[Pulled]:
    """Fetch what a source has and take it in; yield what became of each file, and of the source where it failed.

    A pull that was killed goes on where it was: what has landed is taken in first, and nothing is fetched twice.

    Args:
        centre: whose source.
        source: which.
        clock: the time (UTC).
        progress: told how many more bytes came.
        is_dry_run: say what there is; take nothing and remember nothing.
        is_stopped: asked between two files.
        jitter: from 0 to 1, how far waits of several centres lie apart.
    """
    room = centre.data / PULLED / source.name
    try:
        if is_dry_run:
            yield from (Pulled(source.name, status, name) for status, name in _offered(centre, source, room, clock))
            return
        storage.make_folder(room)
        with storage.locked(room / ".lock", waits=False):
            yield from _pull(_Work(centre, source, room, State.read(room), clock, progress, is_stopped), jitter)
    except BlockingIOError:
        yield Pulled(source.name, Status.BUSY)
    except OSError as error:
        named = SourceError(SystemText(os.strerror(error.errno) if error.errno else error), where=str(room))
        yield Pulled(source.name, Status.FAILED, error=named)
    except QuetsachError as error:
        yield Pulled(source.name, Status.FAILED, error=error)


@dataclass(frozen=True, slots=True)
class _Work:
    centre: Centre
    source: Source
    room: Path
    state: State
    clock: Callable[[], datetime]
    progress: Progress
    is_stopped: Callable[[], bool]


def _pull(work: _Work, jitter: Callable[[], float]) -> Iterator[Pulled]:
    work.state.tried_at = work.clock().isoformat()
    try:
        _require_feed(work.centre, work.source)
        yield from _from_folder(work) if work.source.kind is Kind.FOLDER else _from_server(work)
    except OSError as error:  # a full disk stops what lands here; the lake is as it was
        failed = SourceError(SystemText(os.strerror(error.errno) if error.errno else error), where=str(work.room))
        work.state.fail(failed, work.clock(), jitter)
        yield Pulled(work.source.name, Status.FAILED, error=failed)
    except QuetsachError as error:
        work.state.fail(error, work.clock(), jitter)
        yield Pulled(work.source.name, Status.FAILED, error=error)
    else:
        if not work.is_stopped():
            work.state.succeed(work.clock())
    work.state.save(work.room)
    if not work.is_stopped():
        (work.room / _ASKED_FOR).unlink(missing_ok=True)


def _require_feed(centre: Centre, source: Source) -> None:
    if not centre.layouts.of_feed(source.feed):
        hint = Text("known feeds: {known}", known=", ".join(centre.layouts.feeds()))
        raise SourceError(Text("unknown feed {feed}", feed=source.feed), where=source.name, hint=hint)


def _client(centre: Centre, source: Source, clock: Callable[[], datetime]) -> Client:
    layouts = centre.layouts.of_feed(source.feed)
    known = {layout.report for layout in layouts}
    is_open = any(layout.open_report for layout in layouts)
    line = Line(source, now=lambda: clock().timestamp())
    return client_of(source, line, now=clock(), can_read=lambda report: is_open or report in known)


def _offered(centre: Centre, source: Source, room: Path, clock: Callable[[], datetime]) -> Iterator[tuple[Status, str]]:
    _require_feed(centre, source)
    if source.kind is Kind.FOLDER:
        yield from ((Status.OFFERED, path.name) for path in _settled(source, clock()))
        return
    marks = State.read(room).marks
    for offer in _client(centre, source, clock).offers(lambda: {**marks, "more": False}):
        yield (Status.OFFERED if offer.is_readable else Status.UNREAD), offer.name


# From a server: a file lands in ``landed``, and ``landed.json``, which says whole what follows, makes it count.


def _from_server(work: _Work) -> Iterator[Pulled]:
    if (work.room / "landed.json").exists():
        yield from _settle(work)
    client, asked = _client(work.centre, work.source, work.clock), 0
    for offer in client.offers(lambda: work.state.marks):
        if work.is_stopped() or asked >= work.source.bounds.files:
            return
        if not offer.is_readable:
            yield Pulled(work.source.name, Status.UNREAD, offer.name)
            continue
        asked += 1
        if _land(work, client, offer):
            yield from _settle(work)
        else:
            yield Pulled(work.source.name, Status.UNCHANGED, offer.name)


def _land(work: _Work, client: Client, offer: Offer) -> bool:
    """Fetch a file; return whether it has landed, which it has not where nothing has changed."""
    _require_space(work.room, work.source.bounds.kept_free_bytes)
    part = work.room / "part"
    answer = client.land(offer, part, work.progress)
    if answer.is_unchanged:
        return False
    with part.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    marks, has_content = client.advanced(work.state.marks, offer, answer, part, sha256)
    if not has_content or sha256 == work.state.marks.get("sha256"):
        work.state.marks = marks
        work.state.save(work.room)
        part.unlink()
        return False
    storage.publish([(part, work.room / "landed")])
    note = {"name": offer.name, "report": offer.report, "sha256": sha256, "marks": marks}
    storage.write(work.room / "landed.json", json.dumps(note))
    return True


def _settle(work: _Work) -> Iterator[Pulled]:
    """Take in what has landed, then advance the marks: a kill in between takes it in once more, which adds nothing."""
    landed, record = work.room / "landed", work.room / "landed.json"
    note = json.loads(storage.read_input(record, most_bytes=64 << 20))
    if landed.exists():
        pulled = _taken_in(work, landed, note["name"], note["report"])
    else:  # killed when it was put away
        pulled = Pulled(work.source.name, Status.REFUSED, note["name"])
    if pulled.status is Status.REFUSED and landed.exists():
        _put_away(landed, work.room / "refused", note["name"], pulled)
    work.state.marks = note["marks"]
    work.state.save(work.room)
    record.unlink()
    landed.unlink(missing_ok=True)
    yield pulled


def _taken_in(work: _Work, path: Path, name: str, report: str | None) -> Pulled:
    """Take a file in.

    Raises:
        LakeError: the lake could not, for no reason of the file: it stays where it has landed.
    """
    outcomes = tuple(
        ingest_files(work.centre, [path], feed=work.source.feed, report=report, clock=work.clock, name=name)
    )
    for _, outcome in outcomes:
        if isinstance(outcome, LakeError) and outcome.__cause__ is not None:
            raise outcome
    is_refused = any(isinstance(outcome, QuetsachError) for _, outcome in outcomes)
    return Pulled(work.source.name, Status.REFUSED if is_refused else Status.TAKEN, name, outcomes)


def _put_away(path: Path, folder: Path, name: str, pulled: Pulled) -> None:
    """Move a file where it stays, under a name that is free, and write beside it why it was refused."""
    storage.make_folder(folder)
    free, number = folder / name, 1
    while os.path.lexists(free) or os.path.lexists(_reason(free)):  # another file may be called as a reason is
        number += 1
        free = folder / f"{name}~{number}"
    if pulled.status is Status.REFUSED:
        reasons = [f"{where}: {error}\n" for where, error in pulled.outcomes if isinstance(error, QuetsachError)]
        storage.write(_reason(free), "".join(reasons))
    storage.publish([(path, free)])


def _reason(path: Path) -> Path:
    return path.with_name(f"{path.name}.reason.txt")


def _require_space(room: Path, kept_free_bytes: int) -> None:
    if shutil.disk_usage(room).free < kept_free_bytes:
        hint = Text("make room, or lower keep_free_mb under bounds; nothing that has landed is lost")
        raise SourceError(Text("the disk has too little room left for files to land"), where=str(room), hint=hint)


# From a folder: a file is moved into ``taking``, where nobody else writes, then into ``done`` or ``refused``.


def _settled(source: Source, now: datetime) -> list[Path]:
    """Return the files that nobody has written to for a while. Their times of change no writer can set."""
    assert source.folder is not None  # noqa: S101  (the reader requires it)
    before = (now - source.settle).timestamp()
    found = [(path, path.lstat()) for path in sorted(source.folder.iterdir()) if not path.name.startswith(".")]
    return [
        path for path, state in found if stat.S_ISREG(state.st_mode) and max(state.st_ctime, state.st_mtime) <= before
    ]


def _require_own(folder: Path, state: os.stat_result, *, may_share: bool = False) -> None:
    """Refuse a folder that others could swap for a link: files would be moved from or to where the link says."""
    is_open = state.st_mode & 0o022 and not (may_share and state.st_mode & stat.S_ISVTX)
    if os.name == "posix" and (not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or is_open):
        hint = Text("let the folder belong to the account of the centre; if others write into it: chmod 1770")
        raise SourceError(Text("others could swap this folder for another"), where=str(folder), hint=hint)


def _plain_name(name: str) -> str:
    """Return a name that can be written anywhere, with room for what is put behind it."""
    plain = "".join(sign if sign.isprintable() else "_" for sign in name)
    return plain.encode()[:_MOST_NAME_BYTES].decode(errors="ignore")


def _from_folder(work: _Work) -> Iterator[Pulled]:
    folder = work.source.folder
    assert folder is not None  # noqa: S101  (the reader requires it)
    taking, *_ = inner = [folder / name for name in ("taking", "done", "refused")]
    _require_own(folder, folder.stat(), may_share=True)
    for one in inner:  # made before the look: what is the centre's own nobody else can swap after it
        storage.make_folder(one)
        _require_own(one, one.lstat())
    left = sorted(taking.iterdir())  # of a pull that was killed
    for number, path in enumerate([*left, *_settled(work.source, work.clock())]):
        if work.is_stopped() or number >= work.source.bounds.files:
            return
        _require_space(work.centre.data, work.source.bounds.kept_free_bytes)
        mine = path if path.parent == taking else taking / _plain_name(path.name)
        if path != mine:
            storage.publish([(path, mine)])
        if not stat.S_ISREG(mine.lstat().st_mode):
            raise SourceError(Text("this is no file any more"), where=str(mine), hint=Text("remove it"))
        pulled = _taken_in(work, mine, mine.name, work.source.report)
        _put_away(mine, folder / ("refused" if pulled.status is Status.REFUSED else "done"), mine.name, pulled)
        yield pulled


def outcomes_as_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """Return what became of files as JSON has it."""
    return [
        asdict(one) if isinstance(one, IngestResult) else {"file": name, "error": str(one)} for name, one in outcomes
    ]


def as_json(pulled: Pulled) -> dict[str, Any]:
    """Return it as JSON has it."""
    error = {"error": pulled.error.what, "where": pulled.error.where, "hint": pulled.error.hint} if pulled.error else {}
    return {
        "source": pulled.source,
        "status": str(pulled.status),
        "file": pulled.name,
        "files": outcomes_as_json(pulled.outcomes),
        **error,
    }
