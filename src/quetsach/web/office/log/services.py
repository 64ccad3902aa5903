"""Writing the log."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from quetsach.web.office.log.head import Head, head_note
from quetsach.web.office.log.models import LogEntry

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
