"""How the feeds are: what came of each report, how often, until which day, what changed, and what was set aside."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import median
from typing import Any

from quetsach.assess.feed_levels import FEWEST_DAYS, level_breaks, sends_differences
from quetsach.assess.hosts.breaks import Break
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

    ``cadence_days`` is how many days usually lie from one day with data to the next. Of ``wrong_days``
    ``future_days`` lie after today. ``breaks`` are days of another level of sightings, ``level_times`` is how the
    newest four weeks with data compare with the four before, as times their median day. ``sends_differences``: on
    Sundays there is at least twice as much as on other days, which no machines do. Each is ``None``, or there is
    none, where too few days tell.
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
    cadence_days: float | None = None
    future_days: tuple[date, ...] = ()
    breaks: tuple[Break, ...] = ()
    level_times: float | None = None
    sends_differences: bool | None = None

    @property
    def quarantined_share(self) -> float | None:
        """The part of all records that was set aside; ``None`` without records."""
        return round(self.quarantined / self.records, 6) if self.records else None

    def age_days(self, today: date) -> int | None:
        """Return how many days old the newest data are; ``None`` without any."""
        return (today - self.newest_day).days if self.newest_day else None

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        days = {name: [str(day) for day in getattr(self, name)] for name in _DAYS}
        breaks = [{"day": str(b.day), "times": round(b.times, 3), "is_sure": b.is_sure} for b in self.breaks]
        return asdict(self) | days | {"breaks": breaks, "quarantined_share": self.quarantined_share}


_DAYS = ("days_without_data", "wrong_days", "future_days")


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
    of_days = {day: sightings[day] for day in days}
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
        cadence_days=_cadence(days),
        future_days=tuple(sorted(day for day in wrong if day > today)),
        breaks=level_breaks(of_days),
        level_times=_level_times([count for _, count in sorted(of_days.items())]),
        sends_differences=sends_differences(of_days),
    )


def _cadence(days: set[date]) -> float | None:
    apart = [(after - day).days for day, after in pairwise(sorted(days))]
    return float(median(apart)) if apart else None


def _level_times(counts: Sequence[int]) -> float | None:
    """Return the median of the newest four weeks with data as times that of the four before."""
    if len(counts) < 2 * FEWEST_DAYS:
        return None
    before, after = median(counts[-2 * FEWEST_DAYS : -FEWEST_DAYS]), median(counts[-FEWEST_DAYS:])
    return round(after / before, 3) if before else None


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
