"""Days on which a family's addresses, or what a sensor sees it through, change at one stroke: instruments do that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Days on which a family's addresses change at one stroke: instruments do that, cleaning does not.
#
# People clean machines on different days, so a campaign bends a curve. A sinkhole that loses a domain, a feed that is
# thinned out, a control server that is cut off and a holiday break it between two days.
#
# Two ways look for that. The level of the days around is fitted by a slope before and one after it: a curve that bends
# has no step. And of the addresses of the day before, fewer are seen again than usual, or of those of the day itself
# fewer were there before: most addresses stay overnight, so that this wanders less than their number does.

SMALLEST_BREAK: Final = 0.05
"""Logarithm of the change of level that a sure break has at least."""

SURE_TIMES: Final = 6.0
"""How many times its own standard error a sure break is at least."""

TOLD_TIMES: Final = 4.0
"""The same for one that is told, and may be chance: one series of eight weeks in some twenty has that."""

AT_ONCE: Final = 0.65
"""Share of a step that must come within ``_NEAR`` days too; of a slope that is next to nothing."""

FEWEST_ADDRESSES: Final = 100
"""On the mean day: with fewer nothing is sure."""

WEEK: Final = 7
_NEAR: Final = 4
_FAR: Final = 10
_FEWEST_BESIDE: Final = 3
_FEWEST_DAYS: Final = 2 * WEEK
_LOOKS_SMALLER: Final = 3.0
"""By how many of its own deviations a step may look smaller than it is."""
_MAD_TO_DEVIATION: Final = 1.4826
_SMALLEST_NOISE: Final = 1e-3

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DaySeen:
    """Addresses of a whole UTC day, and how many of these were seen on the next day too."""

    addresses: int
    again: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """The first day of another level: ``times`` the old one.

    ``known_seen`` is the share of the addresses of the day before that were seen again, as times the usual share; it
    is the reach that the sensor kept. ``None`` where the days around do not tell. ``is_sure`` if days that differ as
    much as these do, and so few addresses, do not do it by chance either.
    """

    day: date
    times: float
    known_seen: float | None
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Searched:
    """The breaks of a watch in order of time, and the smallest share of its level that could not have gone unseen."""

    breaks: tuple[Break, ...]
    smallest: float


def find_breaks(days: Mapping[date, DaySeen]) -> tuple[Break, ...]:
    """Find the breaks of a watch, in order of time; none where fewer than two weeks are known.

    Args:
        days: the whole days that were seen, of any order; days without data are left out.
    """
    found = search(days)
    return found.breaks if found else ()


def search(days: Mapping[date, DaySeen]) -> Searched | None:
    """Look for breaks, and say how small one may be to be seen; ``None`` where fewer than two weeks are known.

    Args:
        days: those of ``find_breaks``.
    """
    known = {day: seen for day, seen in days.items() if seen.addresses > 0}
    if len(known) < _FEWEST_DAYS:
        return None
    first = min(known)
    addresses, again = (np.full((max(known) - first).days + 1, np.nan) for _ in range(2))
    for day, seen in known.items():
        at = (day - first).days
        addresses[at], again[at] = seen.addresses, seen.again or np.nan
    logs = np.log(addresses)
    steps, errors, is_at_once = _levels(_without_weekdays(logs))
    lost, lost_error = _overnight(np.sign(steps), logs, np.log(again))
    joint = 1 / np.sqrt(errors**-2 + lost_error**-2)
    both = (steps * errors**-2 + lost * lost_error**-2) * joint**2
    # either way that sees far more than the other sees something else, such as a single day
    is_alike = (np.abs(steps) >= AT_ONCE * np.abs(both)) & (both * np.sign(steps) > 0)
    times = np.fmax(np.abs(steps) / errors, np.where(is_alike, np.abs(both) / joint, 0.0))
    times[np.isnan(steps) | ~(is_at_once | (lost * np.sign(steps) >= AT_ONCE * np.abs(steps)))] = 0.0
    found: list[int] = []
    for at in np.argsort(-times, kind="stable").tolist():
        if times[at] < TOLD_TIMES:
            break
        if all(abs(at - other) >= _FAR for other in found):  # nearer, the fits have the other break in them
            found.append(at)
    is_enough = float(np.nanmean(addresses)) >= FEWEST_ADDRESSES
    breaks = tuple(
        Break(
            first + timedelta(days=at),
            float(np.exp(steps[at])),
            _known_seen(known, first + timedelta(days=at)),
            bool(is_enough and times[at] >= SURE_TIMES and abs(steps[at]) >= SMALLEST_BREAK),
        )
        for at in sorted(found)
    )
    return Searched(breaks, 1 - float(np.exp(-_seen_from(steps, errors, found))))


def _seen_from(steps: Floats, errors: Floats, found: Sequence[int]) -> float:
    """Return the step that would not have gone unseen: what is told, and by how much a step may look smaller.

    Leases make days wander, so that steps where nothing happened differ by more than days beside each other do.
    """
    if np.isnan(errors).all():
        return float(np.inf)
    error = float(np.nanmedian(errors))
    apart = np.array([min((abs(at - other) for other in found), default=_FAR) for at in range(len(steps))])
    quiet = steps[~np.isnan(steps) & (apart >= _FAR)]
    return TOLD_TIMES * error + _LOOKS_SMALLER * max(error, _deviation(quiet) if len(quiet) >= WEEK else 0.0)


def _levels(logs: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return the step before each day, its standard error, and whether it is there within few days as well.

    A curve that bends looks like a step from afar alone. NaN where too few days are known beside a day.
    """
    steps, errors = np.full_like(logs, np.nan), np.full_like(logs, np.nan)
    is_at_once = np.zeros(len(logs), dtype=np.bool_)
    moves = np.diff(logs)
    moves = moves[~np.isnan(moves)]
    if len(moves) < WEEK:
        return steps, errors, is_at_once
    noise = max(_deviation(moves) / np.sqrt(2), _SMALLEST_NOISE)
    smooth = _without_single_days(logs)
    for at in range(len(logs)):
        far, near = (_step(smooth, at, reach) for reach in (_FAR, _NEAR))
        if far is not None:
            steps[at], errors[at] = far[0], noise * far[1]
            is_at_once[at] = near is not None and near[0] * np.sign(far[0]) >= AT_ONCE * abs(far[0])
    return steps, errors, is_at_once


def _step(logs: Floats, at: int, reach: int) -> tuple[float, float] | None:
    """Fit the days before ``at`` and those from it by a slope each; return the step, and its error for noise of one."""
    place = np.arange(max(0, at - reach), min(len(logs), at + reach))
    place = place[~np.isnan(logs[place])]
    if min((place < at).sum(), (place >= at).sum()) < _FEWEST_BESIDE:
        return None
    is_after, since = place >= at, place - at + 0.5
    design = np.column_stack((np.ones(len(place)), since, is_after, is_after * since))
    inverse = np.linalg.inv(design.T @ design)
    return float((inverse @ design.T @ logs[place])[2]), float(np.sqrt(inverse[2, 2]))


def _overnight(signs: Floats, logs: Floats, again: Floats) -> tuple[Floats, Floats]:
    """Return the step before each day by the addresses that stayed overnight, in the direction of ``signs``; its error.

    Fewer of the day before that are seen again make a loss, fewer of the day itself that were there before a gain.
    Zero, of an infinite error, where that is not known.
    """
    found, errors = np.zeros_like(logs), np.full_like(logs, np.inf)
    for sign, of in ((-1, logs[:-1]), (1, logs[1:])):
        share = np.full_like(logs, np.nan)
        share[1:] = _without_weekdays(again[:-1] - of)
        if (~np.isnan(share)).sum() < WEEK:
            continue
        usual = float(np.nanmedian(share))
        kept = min(1.0, float(np.exp(usual)))
        by_chance = np.sqrt((1 - kept) / kept / np.exp(np.nanmedian(logs)))
        hit = (signs == sign) & ~np.isnan(share)
        found[hit] = -sign * (share[hit] - usual)
        errors[hit] = max(_deviation(share[~np.isnan(share)]), by_chance, _SMALLEST_NOISE)
    return found, errors


def _deviation(values: Floats) -> float:
    return _MAD_TO_DEVIATION * float(np.median(np.abs(values - np.median(values))))


def _without_single_days(logs: Floats) -> Floats:
    """Return the series with each day the median of itself and its neighbours: a single day is no level."""
    beside = np.stack((np.roll(logs, 1), logs, np.roll(logs, -1)))
    beside[0, 0] = beside[2, -1] = np.nan
    whole = ~np.isnan(beside).any(axis=0)
    made = logs.copy()
    made[whole] = np.median(beside[:, whole], axis=0)
    return made


def _without_weekdays(logs: Floats) -> Floats:
    """Return the series without what each weekday usually has more or less than the week around it."""
    made = logs.copy()
    around = np.full_like(logs, np.nan)
    for at in range(WEEK // 2, len(logs) - WEEK // 2):
        around[at] = logs[at - WEEK // 2 : at + WEEK // 2 + 1].mean()
    for weekday in range(WEEK):
        usual = (logs - around)[weekday::WEEK]
        usual = usual[~np.isnan(usual)]
        made[weekday::WEEK] -= float(np.median(usual)) if len(usual) else 0.0
    return made


def _known_seen(days: Mapping[date, DaySeen], at: date) -> float | None:
    """Return how many of the addresses of the day before a break were seen again, against what is usual."""
    following = timedelta(days=1)
    shares = {day: seen.again / seen.addresses for day, seen in days.items() if day + following in days and seen.again}
    eve = at - following
    usual = [share for day, share in shares.items() if day != eve]
    if eve not in shares or len(usual) < WEEK:
        return None
    return shares[eve] / float(np.median(usual))


# What a sensor's reach is made of: the domains or sinkhole addresses through which it sees a family.
#
# A domain that is not live on a day shows nobody, clean or not; whether it is live does not depend on how many machines
# are infected. So the days on which each destination was live tell a loss of reach from cleaning, however slowly it
# comes.

LIVE: Final = 0.05
"""Share of its usual addresses from which a destination is live on a day."""

FEWEST_DAYS: Final = WEEK
"""Days of a window on which a destination is live at least: domains of a day or two follow each other all the time."""

FEWEST_ADDRESSES_BY_DESTINATION: Final = 20
"""Of a destination on the usual day: with fewer, a day without any is chance."""

SMALLEST_CHANGE: Final = 0.1
"""Share of the days by which a destination is live more or less, to be told."""


@dataclass(frozen=True, slots=True)
class DestinationSeen:
    """Addresses that contacted a destination on a day, and how many of them no other of the family."""

    addresses: int
    alone: int


type Destinations = Mapping[date, Mapping[str, DestinationSeen]]
"""What was contacted on each whole day, by name; the empty name is everything that is not told apart."""


@dataclass(frozen=True, slots=True)
class ChangedReach:
    """How many of a family's destinations are live on fewer days than before, and on more, ``of`` how many.

    ``lost`` and ``gained`` are the addresses that are seen through these alone, as shares of the first window's.
    """

    gone: int
    begun: int
    of: int
    lost: float
    gained: float


def changed_reach(
    before: Destinations, after: Destinations, days_before: Mapping[date, DaySeen], days_after: Mapping[date, DaySeen]
) -> ChangedReach | None:
    """Compare the destinations of two windows; ``None`` where they are not told, or the same.

    Args:
        before: those of the first window.
        after: those of the second.
        days_before: the addresses of the first window's days without outages; other days are left out.
        days_after: the same of the second.
    """
    known = (
        ({day: before[day] for day in before if day in days_before}),
        {day: after[day] for day in after if day in days_after},
    )
    whole = sum(days_before[day].addresses for day in known[0])
    if not whole or not known[1]:
        return None
    names = {name for days in known for found in days.values() for name in found if name}
    gone = begun = steady = 0
    lost = gained = 0.0
    for name in names:
        live = [_live(name, days, known) for days in known]
        if max(len(days) for days in live) < FEWEST_DAYS:
            continue
        steady += 1
        shares = [len(on) / len(days) for on, days in zip(live, known, strict=True)]
        if abs(shares[0] - shares[1]) < SMALLEST_CHANGE:
            continue
        is_gone = shares[0] > shares[1]
        alone = sum(seen.alone for seen in live[0 if is_gone else 1].values()) / max(shares)
        moved = abs(shares[0] - shares[1]) * alone / len(known[0 if is_gone else 1]) / (whole / len(known[0]))
        gone, begun = gone + is_gone, begun + (not is_gone)
        lost, gained = (lost + moved, gained) if is_gone else (lost, gained + moved)
    return ChangedReach(gone, begun, steady, min(1.0, lost), gained) if gone or begun else None


def _live(name: str, days: Destinations, known: tuple[Destinations, Destinations]) -> dict[date, DestinationSeen]:
    """Return the days on which a destination is live, by what it usually has in the window that has more of it."""
    found = [[seen[name].addresses for seen in window.values() if name in seen] for window in known]
    usual = max((median(counts) for counts in found if counts), default=0.0)
    if usual < FEWEST_ADDRESSES_BY_DESTINATION:
        return {}
    return {day: seen[name] for day, seen in days.items() if name in seen and seen[name].addresses >= LIVE * usual}
