"""Whether the log is whole: no entry changed, taken out, put in or cut off."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from quetsach.web.office.log.head import Head
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.log.services import BEGINNING, digest_of

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
