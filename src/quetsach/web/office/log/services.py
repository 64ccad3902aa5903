"""Writing the log, what it calls things, and whether it is whole: no entry changed, taken out, put in or cut off."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from quetsach import storage
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.web.office.log.models import LogEntry

# What the log calls things: each app says how its own things are called, when the office starts.

type Namer = Callable[[Collection[str]], Mapping[str, str]]
"""Returns what things are called, by what follows the colon of their subjects; a thing that is gone is left out."""

_NAMERS: dict[str, Namer] = {}


def register_namer(kind: str, namer: Namer) -> None:
    """Say how things of one kind are called."""
    _NAMERS[kind] = namer


def names_of(kind: str, keys: Collection[str]) -> Mapping[str, str]:
    """Return what things of a kind are called; of a kind that nobody names, nothing."""
    return _NAMERS[kind](keys) if kind in _NAMERS else {}


# The head of the log, noted beside the database: a log whose last entries were cut off does not reach it any more.

FILE = "log-head.json"
_LONGEST_BYTES = 4096


class LogError(QuetsachError):
    """The log, or the note of its head, cannot be read."""


@dataclass(frozen=True, slots=True)
class Head:
    """Number and digest of the last entry."""

    number: int
    digest: str


def head_note(data: Path, head: Head) -> None:
    """Note the head, unless a later one is noted already; replaced as a whole and on the disk when this returns."""
    path = data / FILE
    with storage.locked(path.with_suffix(".lock")):
        known = head_read(data)
        if known is not None and known.number >= head.number:
            return
        storage.write(path, json.dumps(asdict(head)))


def head_read(data: Path) -> Head | None:
    """Return the noted head; ``None`` if none was ever noted.

    Raises:
        LogError: the note is damaged.
    """
    path = data / FILE
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_LONGEST_BYTES))
        return Head(int(found["number"]), str(found["digest"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LogError(Text("the note of the log's head is damaged"), where=str(path)) from error


# Writing the log.

BEGINNING = "0" * 64
_LOCK = 0x51544C4F47


@transaction.atomic
def log_append(
    *, by: Model | None, act: str, subject: str, unit: Model | None, detail: Mapping[str, Any], now: datetime
) -> LogEntry:
    """Add an entry, in the transaction of what it is about: both are kept or neither.

    Args:
        by: the person who did it, whose text is the name; ``None`` for the centre itself or a link without account.
        act: what was done, such as ``letter-issue``.
        subject: what it was done to, such as ``letter:12``.
        unit: the unit whose subtree may read the entry; ``None`` for the centre alone.
        detail: JSON values; never a secret, never a citizen's data. Kept as JSON gives them back.
        now: the time (UTC).
    """
    if connection.vendor == "postgresql":  # SQLite has one writer at a time by itself
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = LogEntry.objects.order_by("-number").first()
    entry = LogEntry(
        number=last.number + 1 if last else 1,
        at=now.astimezone(UTC),
        person_id=by.pk if by else None,
        person_name=str(by)[:100] if by else "",
        act=act,
        subject=subject,
        unit_id=unit.pk if unit else None,
        detail=json.loads(json.dumps(dict(detail), allow_nan=False)),
        previous=last.digest if last else BEGINNING,
    )
    entry.digest = digest_of(entry)
    entry.save(force_insert=True)
    if (data := settings.CENTER.data) is not None:
        head = Head(entry.number, entry.digest)
        transaction.on_commit(partial(head_note, data, head), robust=True)
    return entry


def digest_of(entry: LogEntry) -> str:
    """Return the SHA-256 of an entry's content and of the digest before it, as hexadecimal digits."""
    content = {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "person": entry.person_id,
        "person_name": entry.person_name,
        "act": entry.act,
        "subject": entry.subject,
        "unit": entry.unit_id,
        "detail": entry.detail,
        "previous": entry.previous,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# Whether the log is whole: no entry changed, taken out, put in or cut off.

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. ``number`` is the first entry that is not as it was written; 0 when all are."""

    entries: int
    head: Head | None
    fault: str = ""
    number: int = 0


def verify(entries: Iterable[LogEntry], *, heads: Iterable[Head] = ()) -> Verdict:
    """Follow the chain from its beginning.

    Args:
        entries: all of them, by number.
        heads: heads that were noted elsewhere; the chain must go through each.

    Returns:
        the verdict; the first fault ends the search.
    """
    noted = {head.number: head.digest for head in heads}
    previous, number = BEGINNING, 0
    for entry in entries:
        if fault := _fault(entry, number + 1, previous, noted.get(entry.number)):
            return Verdict(number, Head(number, previous) if number else None, fault, number + 1)
        previous, number = entry.digest, entry.number
    head = Head(number, previous) if number else None
    if noted and max(noted) > number:
        return Verdict(number, head, "the log is cut off: a later head was noted", number + 1)
    return Verdict(number, head)


def all_entries() -> Iterator[LogEntry]:
    """Yield the log by number; a few thousand entries are in memory at a time."""
    yield from LogEntry.objects.order_by("number").iterator(chunk_size=_CHUNK)


def as_json(entry: LogEntry) -> dict[str, Any]:
    """Return everything that an entry's digest covers, and the digest."""
    return {
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "person": entry.person_id,
        "person_name": entry.person_name,
        "act": entry.act,
        "subject": entry.subject,
        "unit": entry.unit_id,
        "detail": entry.detail,
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _fault(entry: LogEntry, number: int, previous: str, noted: str | None) -> str:
    """Return what is wrong with an entry that should have this number; empty if nothing is."""
    if entry.number != number:
        return "the entry is missing"
    if entry.previous != previous:
        return "the entry does not follow from the one before it"
    if entry.digest != digest_of(entry):
        return "the entry was changed"
    if noted is not None and noted != entry.digest:
        return "the entry is not the one that was noted as head"
    return ""
