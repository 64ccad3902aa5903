"""Visits by unit and day: a number and nothing else.

A visit adds one in the server's memory; the sums are written after an answer has gone out, at most once in
``FLUSH_SECONDS``. So a burst costs one write, and nobody waits for the database. A server that is killed loses what was
counted since: a few seconds of an approximate figure.
"""

import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest

from quetsach.web.client_address import client_address
from quetsach.web.office.publicity.models import Visit
from quetsach.web.office.tree.models import Unit
from quetsach.web.source_limit import SourceLimit, Width

FLUSH_SECONDS = 5.0
_MAX_WAITING = 20_000
_MAX_KEY_LENGTH = 40
_log = logging.getLogger(__name__)

# Programs that fetch an address to show a preview of it, or to index it. They say so themselves; whoever hides is
# counted, as the definition of a visit says.
_PROGRAM = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|skype|zalo.*(?:share|scrap)|curl/|wget/"
    r"|python|java/|okhttp|go-http|libwww|httpclient|monitor|headless|lighthouse",
    re.IGNORECASE,
)

type Waiting = Mapping[tuple[str, date], int]


@dataclass(slots=True)
class VisitTally:
    """Visits that are not written yet, by unit's key and day (UTC)."""

    _waiting: Counter[tuple[str, date]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)
    _flushed: float = float("-inf")

    def add(self, key: str, day: date, count: int = 1) -> None:
        """Count. Invented keys cannot fill the memory: beyond a bound, new ones are let go."""
        with self._lock:
            if len(self._waiting) < _MAX_WAITING or (key, day) in self._waiting:
                self._waiting[key, day] += count

    def take(self, *, at: float) -> Waiting:
        """Take out what waits, if the last time was long enough ago; ``at`` in seconds of a steady clock."""
        if not self._waiting or at - self._flushed < FLUSH_SECONDS:
            return {}
        with self._lock:
            waiting, self._waiting, self._flushed = self._waiting, Counter(), at
        return waiting


TALLY = VisitTally()
VISIT_LIMIT = SourceLimit(
    (
        Width(ipv4=32, ipv6=64, burst=250, per_minute=250 / 24 / 60),
        Width(ipv4=24, ipv6=48, burst=2_500, per_minute=2_500 / 24 / 60),
    )
)
"""Visits of one network that count: 500 a day, half of them at once, for thousands of telephones share an address."""


def visit_count(*, key: str, request: HttpRequest, now: datetime) -> None:
    """Count a visit through a unit's code, unless a program says that it is none or its network had its share."""
    if len(key) > _MAX_KEY_LENGTH or not is_person(request):
        return
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    if VISIT_LIMIT.take(address, now=now) == 0:
        TALLY.add(key, now.astimezone(UTC).date())


def is_person(request: HttpRequest) -> bool:
    """Whether a request may come from somebody who opens the page: no prefetch, no preview, no crawler."""
    headers = request.headers
    purpose = " ".join(headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")).lower()
    agent = headers.get("User-Agent", "")[:400]
    is_early = "prefetch" in purpose or "preview" in purpose or "prerender" in purpose
    return request.method == "GET" and not is_early and bool(agent) and not _PROGRAM.search(agent)


def visits_flush(**_signal: object) -> None:
    """Write what waits. Connected to the end of every request; what cannot be written waits for the next time."""
    waiting = TALLY.take(at=monotonic())
    if not waiting:
        return
    try:
        visits_store(waiting)
    except DatabaseError as error:
        _log.warning("visits could not be written and wait: %s", type(error).__name__)
        for (key, day), count in waiting.items():
            TALLY.add(key, day, count)


@transaction.atomic
def visits_store(waiting: Waiting) -> None:
    """Add counts to the days of the units; keys that are no unit's are let go."""
    units = dict(Unit.objects.filter(key__in={key for key, _ in waiting}).values_list("key", "pk"))
    for (key, day), count in sorted(waiting.items()):
        if key in units:
            row, _ = Visit.objects.get_or_create(unit_id=units[key], day=day)
            Visit.objects.filter(pk=row.pk).update(count=F("count") + count)
