"""The hours in which a family could be seen, and days of which the clock was wrong."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.hosts.clock import (
    FEWEST_HOURS,
    QUIET,
    SAME_KIND,
    Clock,
    Hours,
    Stretch,
    covered,
    day_kind,
    weights_of,
)
from quetsach.assess.hosts.estimators import CLOCK_HOURS
from quetsach.core.country import WEEKEND, Offices
from quetsach.core.period import Period

# Days of which the clock was wrong: a family that keeps hours is seen at them, but so many hours early or late.
#
# Machines that are always on look alike at all hours, and a wrong clock moves them from one day to the next: what is
# counted hardly changes. Of machines that are switched off at night a wrong clock makes some that are on by night. The
# days are held against the usual day of their kind, as it stands and moved by each number of hours.

_NEARER: Final = 0.5
"""A day is moved that is at least so much nearer to the usual day when that is moved ..."""
_LARGE: Final = 0.25
"""... by so large a share of the usual day ..."""
_FEWEST_NIGHT_HOURS, _FEWEST_HOURS_OF_COMING, _HARDLY_ANY, _MOST = 6, 2, 0.1, 0.9
"""A family keeps hours if in so many hours of its usual day hardly any machines are on, and in so many some are but not
all: machines come and go one by one. Domains that are live from some hour on come and go at a stroke."""
_SURE: Final = 6.0
"""... and by so many times what chance does."""


def moved_days(
    days: Sequence[date], seen: Hours, alive: Hours, rest_days: Collection[int] = WEEKEND
) -> dict[date, int]:
    """Return the days that are moved, and by how many hours; later is positive.

    Args:
        days: of the window, in order of time.
        seen: addresses of the family in each hour (UTC) of each of these.
        alive: what part of each hour the sensor was alive.
        rest_days: of the week in the country, Monday being 0.
    """
    kinds = np.array([day_kind(day, rest_days) for day in days])
    usual = {kind: _usual_hours(seen[kinds == kind], alive[kinds == kind]) for kind in set(kinds.tolist())}
    rows = np.array([usual[kind] for kind in kinds.tolist()])
    kept = np.pad((alive >= 1).ravel(), 24)
    at_hours, expected = np.pad(seen.ravel(), 24), np.pad(rows.ravel(), 24)
    found: dict[date, int] = {}
    left = {day: at for at, day in enumerate(days) if rows[at].sum() >= FEWEST_HOURS and _keeps_hours(rows[at])}
    while left:
        # the plainest first: a day beside it is then held against what is left
        best = {day: _best(at_hours, expected, kept, rows[at], 24 * (at + 1)) for day, at in left.items()}
        day = max(best, key=lambda day: best[day][1])
        hours, gain = best[day]
        if not gain:
            break
        found[day], first = hours, 24 * (left.pop(day) + 1)
        _move(expected, rows[days.index(day)], first, hours)
    return dict(sorted(found.items()))


def _usual_hours(seen: Hours, alive: Hours) -> NDArray[np.float64]:
    """Return the usual day: the median of the days on which the hour was watched and the family was there in full."""
    of_day = seen.sum(axis=1)
    if not of_day.any():
        return np.zeros(24)
    there = of_day > np.median(of_day[of_day > 0]) / 2
    if there.sum() <= SAME_KIND:
        return np.zeros(24)
    watched = np.ma.masked_array(seen[there], alive[there] < 1)
    made: NDArray[np.float64] = np.ma.filled(np.ma.median(watched, axis=0), 0.0)
    return made


def _keeps_hours(usual: NDArray[np.float64]) -> bool:
    share = usual / usual.max()
    night, coming = (share < _HARDLY_ANY).sum(), ((share >= _HARDLY_ANY) & (share <= _MOST)).sum()
    return bool(night >= _FEWEST_NIGHT_HOURS and coming >= _FEWEST_HOURS_OF_COMING)


def _best(
    seen: NDArray[np.float64],
    expected: NDArray[np.float64],
    kept: NDArray[np.bool_],
    usual: NDArray[np.float64],
    first: int,
) -> tuple[int, float]:
    """Return by how many hours the day that begins at an hour is moved, and by how much nearer that is; or 0 and 0."""
    best, most = 0, 0.0
    around = slice(first - 24, first + 48)
    there, before, watched = seen[around], expected[around], kept[around]
    for hours in (*range(-CLOCK_HOURS, 0), *range(1, CLOCK_HOURS + 1)):
        moved = before.copy()
        _move(moved, usual, 24, hours)
        absent = before.copy()
        absent[24:48] -= usual
        differ = watched & ((moved != before) | (absent != before))
        as_is, away, left = (float(np.abs(there - what)[differ].sum()) for what in (before, absent, moved))
        gain = min(as_is, away) - left  # a day that is not seen at all is no moved day
        is_nearer = left < (1 - _NEARER) * as_is
        if is_nearer and gain > max(most, _LARGE * usual.sum(), _SURE * np.sqrt(usual.sum())):
            best, most = hours, gain
    return best, most


def _move(expected: NDArray[np.float64], usual: NDArray[np.float64], first: int, hours: int) -> None:
    """Move what is usual on the day that begins at an hour."""
    expected[first : first + 24] -= usual
    expected[first + hours : first + hours + 24] += usual


# The hours in which a family could be seen: a sensor that is alive is blind to a family whose domains are not live.
#
# A family that is there in full and then not at all, while the sensor sees others, was not cured overnight and back the
# day after: those hours are no more hours of its clock than an outage is. Machines that are switched off look alike
# only at first sight. They come and leave one by one, not at a stroke, and office machines stay away on days of rest
# alone: such silences are time without infected machines on line, and count. Of days of rest on which nobody at all was
# seen, nothing says whether it was the machines or the domains.

SHORTEST_HOURS = 6
SILENT = 0.03
"""Share of what is usual at this hour below which an hour is silent."""
BUSY = 0.3
"""Share of the mean hour that is usual where a silence that begins or ends is sharp."""
RHYTHM = 0.15
"""First harmonic of the hours of the day from which machines are taken to be switched off."""

MIDDAY = (9.5, 15.5)
"""Hours of the country in which the middle of an office's day lies."""
FREE_HOURS = 8
"""In so many hours of the day nobody is in an office."""
LEFT_ON = 0.25
"""Share of its machines that an office may leave on over days of rest."""
SEEN_AT_REST = 0.5
"""Share of the days of rest between working days on which somebody is seen, from which the domains were live then."""

_FULL = 0.9
"""Share of the busiest hour from which, but for chance, all machines are there."""

type AddressHours = Mapping[date, tuple[int, ...]]
"""Addresses of a family in each of the 24 hours (UTC) of each day on which there were any."""


def read_live_hours(sensor: Clock, seen: AddressHours, period: Period, offices: Offices | None) -> Clock:
    """Return the clock of a family at a sensor: that of the sensor without the hours in which the family was not live.

    Args:
        sensor: its clock over the period.
        seen: of the family.
        period: whole UTC days.
        offices: of the country; without them nobody knows which hours and days are theirs.
    """
    days = list(period)
    hourly = np.array([seen.get(day, (0,) * 24) for day in days], dtype=np.float64)
    alive = np.array([_alive(sensor, day) for day in days])
    blind, open_ = _silences(hourly, alive)
    rest_days = _rest_days(offices)
    is_at_rest = np.array([day.weekday() in rest_days for day in days])
    week = _week(days, hourly, alive, offices)
    if week is Week.WORKING:
        blind[is_at_rest] = False
    watched = alive.copy()
    alive[blind | open_] = 0
    counted = ~is_at_rest if week is Week.WORKING else np.ones(len(days), dtype=np.bool_)
    kinds = np.array([day_kind(day, rest_days) for day in days])
    weight = weights_of(hourly, alive, kinds[:, None] == kinds[None, :])[counted]
    uptime = hourly.size * float((alive[counted] * weight).sum() / weight.sum())
    times = 1 + (watched * open_).sum() / max(alive.sum(), 1.0)
    times *= 7 / (7 - len(rest_days)) if week is Week.UNKNOWN else 1.0
    left_out = zip(days, blind | open_, strict=True)
    stretches = {day: _stretches(sensor.outages[day], hours) for day, hours in left_out if day in sensor.outages}
    return Clock(stretches, uptime, alive.sum(axis=0), float(times - 1), moved_days(days, hourly, watched, rest_days))


def _alive(sensor: Clock, day: date) -> NDArray[np.float64]:
    """Return what part of each hour of a day the sensor was alive."""
    if day not in sensor.outages:
        return np.zeros(24)
    return np.ones(24) - sum((covered(stretch) for stretch in sensor.outages[day]), np.zeros(24))


def _silences(hourly: Hours, alive: Hours) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the hours in which the family could not be seen, and those of which nothing says whether it could.

    Machines are switched on and off one by one, which takes hours; a domain that is live by day is so for all at once.
    What begins or ends sharply in an hour that is busy on other days is a domain's. What begins or ends at a stroke
    though no day has anybody in the next hour may be a shift or a domain; if most nights are such, all are.
    """
    usual = _usual(hourly, alive)
    flat, by_day = hourly.ravel(), np.tile(usual, len(hourly))
    silent = (flat <= SILENT * by_day) | (alive.ravel() <= 0)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], silent, [0])).astype(np.int8)))
    dead = np.zeros(flat.size, dtype=np.bool_)
    nights = at_stroke = 0
    busy = by_day >= QUIET * usual.mean()
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - start < SHORTEST_HOURS:
            continue
        missing = (by_day * alive.ravel())[start:end]
        is_sharp = any(
            by_day[inside] >= BUSY * usual.mean() and flat[outside] >= BUSY * by_day[outside]
            for inside, outside in ((start, start - 1), (end - 1, end))
            if 0 <= outside < flat.size
        )
        is_longer = end - start >= 24 and missing.sum() >= usual.sum() / 2
        if missing.sum() >= FEWEST_HOURS and (is_sharp or is_longer):
            dead[start:end] = True
        else:
            nights += 1
            at_stroke += _is_at_stroke(flat, alive.ravel(), usual, start, end)
    is_open = usual.sum() >= FEWEST_HOURS and at_stroke > nights / 2
    blind = dead if is_open else dead & busy
    return blind.reshape(hourly.shape), (silent & ~dead & is_open).reshape(hourly.shape)


def _is_at_stroke(
    seen: NDArray[np.float64], alive: NDArray[np.float64], usual: NDArray[np.float64], start: int, end: int
) -> bool:
    """Whether a silence begins or ends for all at once, while the sensor was watching."""
    full = max(_FULL * usual.max() - 2 * np.sqrt(usual.max()), usual.max() / 2)
    slopes = []
    for around in (range(start, start - 3, -1), range(end - 1, end + 2)):
        beside = [hour for hour in around if 0 <= hour < seen.size and alive[hour] >= 1]
        if len(beside) == len(around):
            slopes.append(next((at for at, hour in enumerate(beside[1:]) if seen[hour] >= full), len(beside)))
    return bool(slopes) and (min(slopes) == 0 or (len(slopes) > 1 and max(slopes) <= 1))


def _usual(hourly: Hours, alive: Hours) -> NDArray[np.float64]:
    """Return what each hour of the day has on the days on which the family is there."""
    of_day = hourly.sum(axis=1)
    there = (of_day >= 0.25 * np.quantile(of_day[of_day > 0], 0.9)) if of_day.any() else of_day > 0
    if not there.any():
        return np.zeros(24)
    whole = np.where(alive[there] >= 0.25, hourly[there] / np.maximum(alive[there], 0.25), 0.0)
    is_there = whole >= 0.25 * np.quantile(whole, 0.9, axis=0)
    return np.array([np.median(of_hour[kept]) for of_hour, kept in zip(whole.T, is_there.T, strict=True)])


def _rest_days(offices: Offices | None) -> frozenset[int]:
    return offices.rest_days if offices else WEEKEND


class Week(Enum):
    """On which days of the week machines are on line that are switched off at night."""

    WHOLE = 1
    WORKING = 2
    UNKNOWN = 3


def _week(days: list[date], hourly: Hours, alive: Hours, offices: Offices | None) -> Week:
    """Tell office machines, away on days of rest, from domains that are live on some days only.

    Somebody who is seen on days of rest shows that the domains are live on them: an office leaves few machines on.
    Where nobody is seen at all, machines and domains look alike, whatever hours they keep; so they do where working
    days are silent too, one by one.
    """
    usual = _usual(hourly, alive)
    if not usual.sum() or abs(_wave(usual)) / usual.sum() < RHYTHM:
        return Week.WHOLE
    is_by_day = _is_by_day(usual, offices, days[0])
    busy = usual >= BUSY * usual.mean()
    watched_hours = ((alive > 0) & busy).sum(axis=1)
    watched = watched_hours > busy.sum() / 4
    there, in_full = (
        watched & (((hourly > share * usual) & (alive > 0) & busy).sum(axis=1) > watched_hours / 2)
        for share in (SILENT, LEFT_ON)
    )
    rest_days = _rest_days(offices)
    is_at_rest = np.array([day.weekday() in rest_days for day in days])
    worked = np.flatnonzero(there & ~is_at_rest)
    if not len(worked) or (in_full & is_at_rest).any() or not is_at_rest.any():
        return Week.WHOLE
    working_days = 7 - len(rest_days)
    absent = np.diff(np.flatnonzero(there[~is_at_rest] | ~watched[~is_at_rest]))
    is_absent = ((absent > 1) & (absent <= working_days)).any()
    is_office = is_by_day and np.sort(usual)[:FREE_HOURS].sum() <= QUIET * usual.sum()
    if offices is not None and is_office and not is_absent:
        is_between = np.zeros(len(days), dtype=np.bool_)
        for first, last in pairwise(worked.tolist()):
            is_between[first + 1 : last] = last - first <= working_days
        seen = _seen_at_rest(days, hourly, offices)[is_between & is_at_rest & watched]
        if len(seen) and seen.mean() >= SEEN_AT_REST:
            return Week.WORKING
    is_whole = (there & is_at_rest).any() or (is_absent and is_by_day is False)
    return Week.WHOLE if is_whole else Week.UNKNOWN


def _seen_at_rest(days: list[date], hourly: Hours, offices: Offices) -> NDArray[np.bool_]:
    """Return on which days somebody was seen in hours that are of a day of rest in the country."""
    hours = np.floor(np.arange(24) + 0.5 + _hours_ahead(offices, days[0])).astype(np.int64)
    local = np.array([day.weekday() for day in days])[:, None] + hours // 24
    seen: NDArray[np.bool_] = ((hourly > 0) & np.isin(local % 7, list(offices.rest_days))).any(axis=1)
    return seen


def _wave(usual: NDArray[np.float64]) -> complex:
    """Return the first harmonic of a day, for the middles of its hours."""
    return complex(np.exp(2j * np.pi * (np.arange(24) + 0.5) / 24) @ usual)


def _is_by_day(usual: NDArray[np.float64], offices: Offices | None, day: date) -> bool | None:
    """Whether the middle of a usual day is one of office hours and not of an evening; ``None`` of no country."""
    if offices is None:
        return None
    middle = (float(np.angle(_wave(usual))) / (2 * np.pi) * 24 + _hours_ahead(offices, day)) % 24
    return MIDDAY[0] <= middle <= MIDDAY[1]


def _hours_ahead(offices: Offices, day: date) -> float:
    """Return by how many hours the time of offices is ahead of UTC on a day."""
    noon = datetime.combine(day, time(12), UTC).astimezone(offices.zone)
    return (noon.utcoffset() or timedelta()) / timedelta(hours=1)


def _stretches(outages: tuple[Stretch, ...], blind: NDArray[np.bool_]) -> tuple[Stretch, ...]:
    """Return the outages of a day together with its blind hours, in minutes."""
    down = np.repeat(blind, 60)
    for start, end in outages:
        down[start:end] = True
    edges = np.flatnonzero(np.diff(np.concatenate(([0], down, [0])).astype(np.int8)))
    return tuple(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
