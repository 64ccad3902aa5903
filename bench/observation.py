"""Sightings of one family summed up as the lake does it, in memory: what the validation asks the estimators about."""

from dataclasses import replace
from datetime import date, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.hosts.agreement import LONE_MINUTES, LONGER_STAY_HOURS, NIGHT_HOURS, NamedHours, Stays, Traces
from quetsach.assess.hosts.clock import CUT_MINUTES, DAY_MINUTES, Clock, SensorDays, feed_mode, read_clock, record_day
from quetsach.assess.hosts.estimators import WINDOW_HOURS
from quetsach.assess.hosts.live_hours import read_live_hours
from quetsach.assess.hosts.measure import Observed
from quetsach.assess.hosts.schedule import STEPS, GapLadder, step_of
from quetsach.core.country import WEEKEND, Offices
from quetsach.core.period import Period

MONDAY = date(2020, 6, 1)

OFFICES = Offices(timezone(timedelta(hours=7)), WEEKEND)
"""The offices of all worlds."""

MS_AN_HOUR = 3_600_000

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]


def observe(
    address: Integers, hour: Floats, days: int, others: Floats | None = None, bot: Integers | None = None
) -> Observed:
    """Sum up what a sensor saw of a family, sorted by address and time.

    Args:
        address: numbers below ``10**9``.
        hour: since the beginning, ``days`` ago.
        days: of the window.
        others: hours at which the sensor saw other families.
        bot: the installation of each sighting; negative where it carries no name.
    """
    period = Period(MONDAY, MONDAY + timedelta(days=days - 1))
    everything = hour if others is None else np.concatenate((hour, others))
    minutes = np.bincount((everything * 60).astype(np.int64), minlength=days * DAY_MINUTES).reshape(-1, DAY_MINUTES)
    sensor = read_clock({day: record_day(row) for day, row in zip(period, minutes, strict=True) if row.any()})
    hourly = np.bincount(_slots(address, hour, 1)[0], minlength=days * 24).reshape(days, 24)
    seen = {day: tuple(row.tolist()) for day, row in zip(period, hourly, strict=True) if row.any()}
    clock = read_live_hours(sensor, seen, period, OFFICES)
    up = _on_clock(clock, hour, period)
    whole = [at for at, day in enumerate(period) if clock.outages.get(day) == ()]
    days_of, counts = _slots(address, hour, 24)
    rows = np.bincount(days_of, minlength=days)
    start, end = _day_edges(address, hour)
    cut = np.isclose((hour[start] * 60) % CUT_MINUTES, 0) & np.isclose((hour[end] * 60) % CUT_MINUTES, 0)
    sensor_days = SensorDays(
        {day: int(n) for day, n in zip(period, rows, strict=True) if n}, int((counts == 1).sum()), int(cut.sum())
    )
    return Observed(
        GapLadder.of(_whole_ms(np.diff(up)[address[1:] == address[:-1]])),
        float(len(hour)),
        len(counts),
        clock.uptime_hours,
        hourly.sum(axis=0).astype(np.float64),
        clock.hours_alive,
        _windows(address, hour, whole),
        feed_mode(sensor_days),
        traces=replace(
            _traces(address, hour, up, start, end),
            breaks=clock.breaks,
            moved=tuple(clock.moved.values()),
            unsure=clock.unsure,
            named=_named(bot, hour, whole),
            again=float((counts > _slots_of_days(address, hour)).sum()),
        ),
    )


def _on_clock(clock: Clock, hour: Floats, period: Period) -> Floats:
    up = np.zeros(period.days * DAY_MINUTES, dtype=np.bool_)
    for at, day in enumerate(period):
        down = np.zeros(DAY_MINUTES, dtype=np.bool_)
        for first, last in clock.outages.get(day, ((0, DAY_MINUTES),)):
            down[first:last] = True
        up[at * DAY_MINUTES : (at + 1) * DAY_MINUTES] = ~down
    minute = hour * 60
    whole = minute.astype(np.int64)
    found: Floats = (np.concatenate(([0], up.cumsum()))[whole] + np.where(up[whole], minute - whole, 0)) / 60
    return found


def _whole_ms(gap_hours: Floats) -> Floats:
    """Return gaps as the lake has them, in whole milliseconds."""
    found: Floats = np.round(gap_hours * MS_AN_HOUR) / MS_AN_HOUR
    return found


def _day_edges(address: Integers, hour: Floats) -> tuple[Integers, Integers]:
    """Return the first and the last sighting of each (address, day)."""
    key = address * 1000 + (hour // 24).astype(np.int64)
    start = np.flatnonzero(np.diff(key, prepend=-1))
    return start, np.append(start[1:], len(key)) - 1


def _traces(address: Integers, hour: Floats, up: Floats, start: Integers, end: Integers) -> Traces:
    intervals, hours = (end - start).astype(np.float64), up[end] - up[start]
    stay = hours >= LONGER_STAY_HOURS
    stays, day_stays = (
        Stays(
            float(which.sum()),
            float(intervals[which].sum()),
            float(hours[which].sum()),
            float((intervals[which] ** 2 / hours[which]).sum()),
        )
        for which in (stay, stay & ~_has_night(hour, start, end))
    )
    same = np.diff(address[start]) == 0
    between = np.where(same, up[start][1:] - up[end][:-1], np.inf)
    alone = step_of(np.minimum(np.append(np.inf, between), np.append(between, np.inf)))
    minutes = np.floor(hours * 60)
    span = np.where(minutes < LONE_MINUTES, 0, step_of(minutes / 60))
    cells = np.bincount(span * (STEPS + 1) + alone, minlength=(STEPS + 1) ** 2)
    return Traces(stays, cells.reshape(STEPS + 1, STEPS + 1).astype(np.float64), day_stays=day_stays)


def _has_night(hour: Floats, start: Integers, end: Integers) -> NDArray[np.bool_]:
    """Return which address-days, of sightings from ``start`` to ``end``, have ``NIGHT_HOURS`` inside without any."""
    empty = np.diff(hour.astype(np.int64)) - 1 >= NIGHT_HOURS
    before = np.concatenate(([0], empty.cumsum()))
    found: NDArray[np.bool_] = before[end] > before[start]
    return found


def _named(bot: Integers | None, hour: Floats, whole: list[int]) -> NamedHours | None:
    if bot is None or not (bot >= 0).any():
        return None
    share = float((bot >= 0).mean())
    kept = np.flatnonzero((bot >= 0) & np.isin((hour // 24).astype(np.int64), whole))
    if not len(kept):
        return None
    kept = kept[np.lexsort((hour[kept], bot[kept]))]
    start, end = _day_edges(bot[kept], hour[kept])
    times = end - start + 1
    gap = (hour[kept][end] - hour[kept][start]) / np.maximum(times - 1, 1)
    once = float((times == 1).sum())
    return NamedHours(
        float((gap * (times + 1)).sum()), 24.0 * len(whole), share, float(gap.sum()), float(len(times)), once
    )


def _windows(address: Integers, hour: Floats, whole: list[int]) -> dict[int, float]:
    """Return mean addresses of windows over days without outages; two days where any follow each other."""
    if not whole:
        return {}
    made = {}
    for length in WINDOW_HOURS[:-1]:
        slots, _ = _slots(address, hour, length)
        made[length] = float(np.isin(slots * length // 24, whole).sum() / (len(whole) * 24 / length))
    followed = [day for day in whole if day + 1 in whole]
    if followed:
        seen, _ = distinct(address * 1000 + (hour // 24).astype(np.int64))
        both = np.isin(seen + 1, seen) & np.isin(seen % 1000, followed)
        made[48] = 2 * made[24] - float(both.sum()) / len(followed)
    return made


def _slots_of_days(address: Integers, hour: Floats) -> Integers:
    """Return how many hours each (address, day) pair has, in the order of ``_slots`` of days."""
    hours, _ = distinct(address * 10_000 + hour.astype(np.int64))
    return distinct(hours // 10_000 * 10_000 + hours % 10_000 // 24)[1]


def _slots(address: Integers, hour: Floats, hours: int) -> tuple[Integers, Integers]:
    """Return the window's number of each (address, window) pair, and its sightings."""
    keys, counts = distinct(address * 10_000 + (hour // hours).astype(np.int64))
    return keys % 10_000, counts


def distinct(keys: Integers) -> tuple[Integers, Integers]:
    """Return each of the keys once, and how many there are of it; they stand in order."""
    change = keys[1:] != keys[:-1]
    assert (keys[1:][change] > keys[:-1][change]).all(), "out of order"
    first = np.flatnonzero(np.append(True, change)) if len(keys) else np.empty(0, dtype=np.int64)
    return keys[first], np.diff(first, append=len(keys))
