"""A sighting: one feed row that says an address behaved as a bot.

Sightings travel in bulk as Arrow tables (``quetsach.feeds.table`` has the columns); this record is one of them, for
code that handles them one at a time.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from quetsach.core.address import Address
from quetsach.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Sighting:
    """At ``observed_at`` (UTC) ``address`` (and ``port``) behaved as a bot of ``family``.

    ``malware`` is the name as the feed wrote it. ``id`` is 128 bits over what makes the sighting itself: never
    enrichment, severity or time of arrival, so that the same row delivered twice is the same sighting.
    """

    id: UUID
    observed_at: datetime
    address: Address
    port: int | None
    family: str
    malware: str
    feed: str
    report: str

    def __post_init__(self) -> None:
        if self.observed_at.tzinfo is not UTC:
            raise InputError("a sighting's time must be in UTC")
        if self.port is not None and not 0 <= self.port <= 65535:
            raise InputError(f"not a port: {self.port}")
