"""The uptime clock of a sensor, and whether it is one: a feed that falls silent, or sends differences, is none."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.estimate import NotEstimableReason
from quetsach.core.country import WEEKEND

# The uptime clock of a sensor: time runs only while the sensor was alive.
#
# An outage takes sightings away and is no cure. It is taken out of the gaps and out of the hours that are divided by. A
# silence on one day is only a candidate: at night nobody may be on line. It is an outage if the same hours of other
# days had sightings, and only as far as they had: an outage that runs into a night ends there. Else the night would be
# taken out of the gap between two working days, and they would look like one session.

DAY_MINUTES = 1440
SHORTEST_MINUTES = 15
UNLIKELY = 100
"""A silence is a candidate when so many sightings were to be expected in it by the rate of the whole day."""
EXPECTED = 20
"""A candidate is an outage when so many are missing in its hours by what the same hours of other days had."""
QUIET = 0.05
"""An hour of the day with less than this share of the mean hour is one in which nobody is on line."""
SAME_KIND = 2
"""How many other days of the same kind are needed to compare with those alone."""

type Hours = NDArray[np.float64]
"""A number for each day and each hour of it."""

type Stretch = tuple[int, int]
"""Minutes of a day (UTC), the end excluded."""


@dataclass(frozen=True, slots=True)
class DayRecord:
    """What a day's roll-up keeps of a sensor: sightings in each of the 24 hours, and its candidate silences."""

    hourly: tuple[int, ...]
    silences: tuple[Stretch, ...] = ()

    @property
    def events(self) -> int:
        """Sightings of the day."""
        return sum(self.hourly)


def record_day(minutes: NDArray[np.int64]) -> DayRecord:
    """Sum up a day.

    Args:
        minutes: sightings of the whole sensor, wherever they came from, in each of the ``DAY_MINUTES`` minutes (UTC).
    """
    events = int(minutes.sum())
    hourly = tuple(minutes.reshape(24, 60).sum(axis=1).tolist())
    edges = np.flatnonzero(np.diff(np.concatenate(([0], minutes == 0, [0])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    shortest = max(SHORTEST_MINUTES, UNLIKELY * DAY_MINUTES / max(events, 1))
    is_silence = ends - starts >= shortest
    return DayRecord(hourly, tuple(zip(starts[is_silence].tolist(), ends[is_silence].tolist(), strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """The uptime clock of a sensor over a period.

    ``outages`` of each day with sightings; ``uptime_hours`` in which it was alive, each hour counted by how much
    usually happens in it: an outage at noon takes more away than one at night. ``hours_alive`` by hour of the day.
    ``unsure`` hours for each of these are not among them, and nothing tells whether they should be. ``moved`` are days
    on which a family that keeps hours was seen so many hours late (``moved_days``).
    """

    outages: Mapping[date, tuple[Stretch, ...]]
    uptime_hours: float
    hours_alive: NDArray[np.float64]
    unsure: float = 0.0
    moved: Mapping[date, int] = field(default_factory=dict)

    @property
    def breaks(self) -> int:
        """How many silences there are: an outage that runs through midnight is one."""
        known, found = sorted(self.outages), 0
        for day in known:
            before = self.outages.get(day - timedelta(days=1), ((0, DAY_MINUTES),))
            runs_on = day == known[0] or bool(before and before[-1][1] == DAY_MINUTES)
            found += sum(start > 0 or not runs_on for start, _ in self.outages[day])
            found += day > known[0] and day - timedelta(days=1) not in self.outages
        return found


def read_clock(days: Mapping[date, DayRecord], rest_days: Collection[int] = WEEKEND) -> Clock:
    """Tell outages from hours in which nobody is on line, and count the hours of the clock.

    Where there is no other day to compare with, each candidate is an outage.

    Args:
        days: the days on which the sensor had sightings, of one period; a day without any is one long outage.
        rest_days: of the week in the country, Monday being 0.
    """
    order = sorted(days)
    hourly = np.array([days[day].hourly for day in order], dtype=np.float64).reshape(len(order), 24)
    kinds = np.array([day_kind(day, rest_days) for day in order])
    alike = kinds[:, None] == kinds[None, :]
    outages: dict[date, tuple[Stretch, ...]] = {}
    alive = np.ones_like(hourly)
    for at, day in enumerate(order):
        others = np.delete(hourly, at, axis=0)
        same = others[np.delete(alike[at], at)]
        usual = np.median(same if len(same) >= SAME_KIND else others, axis=0) if len(others) else np.zeros(24)
        missing = np.maximum(0, usual - hourly[at])
        is_busy = usual >= QUIET * usual.mean()
        outages[day] = tuple(
            part
            for silence in days[day].silences
            if not len(others) or np.minimum(missing, usual * covered(silence)).sum() >= EXPECTED
            for part in _within(silence, is_busy)
        )
        alive[at] -= sum((covered(s) for s in outages[day]), np.zeros(24))
    weight = weights_of(hourly, alive, alike)
    uptime = hourly.size * (alive * weight).sum() / weight.sum() if order else 0.0
    return Clock(outages, float(uptime), alive.sum(axis=0))


def day_kind(day: date, rest_days: Collection[int]) -> int:
    """Return which days a day is like: 0 for all working days, another number for each day of rest of the week."""
    return 1 + day.weekday() if day.weekday() in rest_days else 0


def weights_of(hourly: Hours, alive: Hours, alike: NDArray[np.bool_]) -> Hours:
    """Return how much usually happens in each hour of each day: the mean over days alike, while alive.

    What was never seen alive is as busy as the same hour of any day, or else as any hour.
    """
    weight = np.full_like(hourly, hourly.sum() / max(alive.sum(), 1.0))
    for days in (np.ones_like(alike), alike):
        hours = days @ alive
        np.divide(days @ hourly, hours, out=weight, where=hours > 0)
    return weight if weight.sum() else np.ones_like(weight)


def _within(stretch: Stretch, hours: NDArray[np.bool_]) -> Iterator[Stretch]:
    """Yield what of a stretch lies in some hours of the day."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], hours, [0])).astype(np.int8))) * 60
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        start, end = max(stretch[0], first), min(stretch[1], last)
        if start < end:
            yield start, end


def covered(stretch: Stretch) -> NDArray[np.float64]:
    """Return what part of each hour of the day a stretch covers."""
    start, end = stretch
    hours = np.arange(24) * 60
    part: NDArray[np.float64] = np.clip(np.minimum(hours + 60, end) - np.maximum(hours, start), 0, None) / 60
    return part


def uptime_minutes(outages: tuple[Stretch, ...]) -> int:
    """Return the minutes of a day in which the sensor was alive."""
    return DAY_MINUTES - sum(end - start for start, end in outages)


# Whether an instrument is one: a feed that keeps one row a day, sends differences or falls silent measures nothing.

FEWEST_ROWS = 100
"""Rows of (family, address, day) below which nothing is said about a feed's mode, or about a family's machines."""
FEWEST_HOURS = 100
"""Addresses of all hours of a day together below which a day without any says nothing about machines or domains."""
DEDUPLICATED_SHARE = 0.995
SUNDAY_TIMES = 2.0
FEWEST_SUNDAYS = 2
CUT_MINUTES = 5
CUT_SHARE = 0.5

LARGEST_DENSITY = 0.03
"""Share of an AS's announced IPv4 addresses that may be infected at once."""

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class SensorDays:
    """A sensor through a period: rows of (family, address) by day.

    Of all rows ``single`` have one sighting, and of ``cut`` the first and the last are at a multiple of
    ``CUT_MINUTES``.
    """

    rows: Mapping[date, int]
    single: int
    cut: int = 0


def feed_mode(sensor: SensorDays) -> NotEstimableReason | None:
    """Return what makes a feed unfit for counting machines, if anything.

    De-duplicated: hardly any address is seen twice on a day. Differences: Sundays have at least twice the addresses of
    other days, again and again; no machines do that. Cut stamps: half of the rows begin and end on the five minutes.
    """
    total = sum(sensor.rows.values())
    if total < FEWEST_ROWS:
        return None
    sundays = [rows for day, rows in sensor.rows.items() if day.weekday() == _SUNDAY]
    others = [rows for day, rows in sensor.rows.items() if day.weekday() != _SUNDAY]
    if (
        len(sundays) >= FEWEST_SUNDAYS
        and len(others) >= FEWEST_SUNDAYS
        and min(sundays) >= SUNDAY_TIMES * median(others)
    ):
        return NotEstimableReason.DELTA_MODE
    if sensor.single >= DEDUPLICATED_SHARE * total:
        return NotEstimableReason.DEDUPLICATED
    if sensor.cut >= CUT_SHARE * total:
        return NotEstimableReason.STAMPS_CUT
    return None


def is_dense(machines: float, announced: int) -> bool:
    """Whether more of an AS's addresses are infected at once than the session-hours can tell apart."""
    return announced > 0 and machines > LARGEST_DENSITY * announced
