"""How the feeds are: what came of each report, until which day, and what was set aside."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import Any

from quetsach.core.period import Period
from quetsach.feeds.layout import Subject
from quetsach.lake.delivery import Delivery

_STRAY_GAP_DAYS = 30
_STRAY_SHARE = 0.01
"""A first day with less than this share of a usual day, so long before the next one, is a wrong date."""


@dataclass(frozen=True, slots=True)
class FeedState:
    """One report of one feed. ``records`` = ``accepted`` + ``duplicates`` + ``quarantined``; days are UTC.

    A day without data between its first and its newest day is a gap, not a zero. ``wrong_days`` lie after today, or
    stray long before the feed began: they are no days of it, and make no gaps. ``last_at`` is the last intake (UTC).
    ``subject`` says what its addresses are: only those of hosts are counted.
    """

    feed: str
    report: str
    deliveries: int
    last_at: datetime
    first_day: date | None
    newest_day: date | None
    days_without_data: tuple[date, ...]
    wrong_days: tuple[date, ...]
    records: int
    accepted: int
    duplicates: int
    quarantined: int
    subject: Subject = Subject.HOST

    @property
    def quarantined_share(self) -> float | None:
        """The part of all records that was set aside; ``None`` without records."""
        return round(self.quarantined / self.records, 6) if self.records else None

    def age_days(self, today: date) -> int | None:
        """Return how many days old the newest data are; ``None`` without any."""
        return (today - self.newest_day).days if self.newest_day else None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        days = {name: [str(day) for day in getattr(self, name)] for name in ("days_without_data", "wrong_days")}
        return asdict(self) | days | {"quarantined_share": self.quarantined_share}


def feed_states(deliveries: Iterable[Delivery], *, today: date) -> tuple[FeedState, ...]:
    """Return how each report is, by feed and report; ``today`` is the day of UTC."""
    of_report: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        of_report[delivery.feed, delivery.report].append(delivery)
    return tuple(_state(*name, given, today) for name, given in sorted(of_report.items()))


def _state(feed: str, report: str, given: list[Delivery], today: date) -> FeedState:
    sightings: Counter[date] = Counter()
    for delivery in given:
        sightings.update(delivery.days)
    wrong = {day for day in sightings if day > today} | _stray(sightings, today)
    days = set(sightings) - wrong
    return FeedState(
        feed,
        report,
        len(given),
        max(delivery.ingested_at for delivery in given),
        min(days, default=None),
        max(days, default=None),
        _gaps(days),
        tuple(sorted(wrong)),
        records=sum(delivery.records for delivery in given),
        accepted=sum(delivery.accepted for delivery in given),
        duplicates=sum(delivery.duplicates for delivery in given),
        quarantined=sum(delivery.quarantined for delivery in given),
        subject=Subject(given[0].subject),
    )


def _stray(sightings: Mapping[date, int], today: date) -> set[date]:
    """Return the first days that hold next to nothing and lie long before the next."""
    known = sorted(day for day in sightings if day <= today)
    if not known:
        return set()
    usual = median(sightings[day] for day in known)
    stray: set[date] = set()
    for day, following in pairwise(known):
        if (following - day).days <= _STRAY_GAP_DAYS or sightings[day] >= _STRAY_SHARE * usual:
            break
        stray.add(day)
    return stray


def _gaps(days: set[date]) -> tuple[date, ...]:
    return tuple(day for day in Period(min(days), max(days)) if day not in days) if days else ()
