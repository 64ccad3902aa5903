"""Two windows in which nobody is cleaned and one thing about the instrument or the calendar changes; and true cuts.

Nothing may move the reduction by more than three points without a word beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import numpy as np
from bench.leases import Country, Seen, watch
from bench.validation.hosts import observe
from bench.validation.table import Row
from numpy.typing import NDArray

from quetsach.assess.estimate import Estimate
from quetsach.assess.events import NOTHING_KNOWN, Calendar, Holiday
from quetsach.assess.hosts.breaks import DaySeen
from quetsach.assess.hosts.clock import DAY_MINUTES, read_clock, record_day
from quetsach.assess.hosts.comparison import Comparison, WindowMeasured, compare
from quetsach.assess.hosts.measure import Watch, measure
from quetsach.core.pack import LocalText
from quetsach.core.period import Period

DAYS = 28
BEFORE = Period(date(2024, 1, 8), date(2024, 2, 4))
AFTER = Period(BEFORE.last + timedelta(days=1), BEFORE.last + timedelta(days=DAYS))
TET = Period(date(2024, 2, 8), date(2024, 2, 14))
LARGEST_SILENT = 3.0
BIG, SMALL = Watch("own", "sinkhole", "big", 4), Watch("own", "sinkhole", "small", 4)
SPAN = Country(days=2 * DAYS, dense=0.02, machines=600)
START = DAYS * 24.0
"""Hour at which the second window begins."""

type Sightings = dict[Watch, Seen]
type Change = Callable[[Sightings, np.random.Generator], Sightings]


@dataclass(frozen=True, slots=True)
class Case:
    """What changes, and what the calendar knows of it."""

    change: Change
    calendar: Calendar = NOTHING_KNOWN
    country: Country = SPAN


def _keep(seen: Seen, kept: NDArray[np.bool_]) -> Seen:
    return replace(seen, address=seen.address[kept], hour=seen.hour[kept], machine=seen.machine[kept])


def _sorted(seen: Seen) -> Seen:
    return _keep(seen, np.lexsort((seen.hour, seen.address)))  # type: ignore[arg-type]


def _on(watched: Watch, change: Callable[[Seen], Seen]) -> Change:
    return lambda made, _: made | {watched: _sorted(change(made[watched]))}


def _seen_of(watched: Watch, share: float, since: float, until: float = np.inf) -> Change:
    """Let the sensor see a share of the machines in a span of hours."""
    return _on(
        watched,
        lambda s: _keep(s, (s.hour < since) | (s.hour >= until) | (s.machine * 7919 % 1000 < 1000 * share)),
    )


def _both(first: Change, second: Change) -> Change:
    return lambda made, rng: second(first(made, rng), rng)


def _thinned(share: float) -> Change:
    def change(made: Sightings, rng: np.random.Generator) -> Sightings:
        return {w: _keep(s, (s.hour < START) | (rng.random(len(s.hour)) < share)) for w, s in made.items()}

    return change


def _once_a_day(made: Sightings, _: np.random.Generator) -> Sightings:
    def once(seen: Seen) -> Seen:
        _, first = np.unique(seen.address * 10_000 + (seen.hour // 24).astype(np.int64), return_index=True)
        kept = np.zeros(len(seen.hour), dtype=np.bool_)
        kept[first] = True
        return _keep(seen, kept | (seen.hour < START))

    return {w: once(s) for w, s in made.items()}


def _moved(share: float, per_address: int) -> Callable[[Seen], Seen]:
    """Put a share of the machines behind shared addresses, or, with none an address, at new ones."""

    def change(seen: Seen) -> Seen:
        new = seen.machine // per_address + 1_000_000 if per_address else seen.address + 1_000_000
        hit = (seen.hour >= START) & (seen.machine * 7919 % 1000 < 1000 * share)
        return replace(seen, address=np.where(hit, new, seen.address))

    return change


def _renamed(share: float) -> Change:
    """Call a share of a family by another name from the second window on."""

    def change(made: Sightings, _: np.random.Generator) -> Sightings:
        seen = made[BIG]
        hit = (seen.hour >= START) & (seen.machine * 7919 % 1000 < 1000 * share)
        return made | {BIG: _keep(seen, ~hit), replace(BIG, family="other"): _keep(seen, hit)}

    return change


def _replayed(**changes: object) -> Change:
    """Play the second window of the large family with another country, where it has as many machines."""

    def change(made: Sightings, rng: np.random.Generator) -> Sightings:
        first = made[BIG]
        country = SPAN.but(days=DAYS, **changes)
        second = watch(country, rng)
        kept = _keep(first, first.hour < START)
        address = np.concatenate((kept.address, second.address + 5_000_000))
        hour = np.concatenate((kept.hour, second.hour + START))
        machine = np.concatenate((kept.machine, second.machine + 100_000))
        return made | {BIG: _sorted(replace(first, address=address, hour=hour, machine=machine))}

    return change


def _silent(made: Sightings, _: np.random.Generator) -> Sightings:
    """Lose five days of the sensor."""
    day = 24.0
    return {w: _keep(s, (s.hour < START + 9 * day) | (s.hour >= START + 14 * day)) for w, s in made.items()}


def _some_weekdays(seen: Seen) -> Seen:
    return _keep(seen, (seen.hour < START) | ((seen.hour // 24) % 7 < 5))


_TET_DAYS = (24.0 * (TET.first - BEFORE.first).days, 24.0 * ((TET.last - BEFORE.first).days + 1))
_TET = Calendar(holidays=(Holiday(TET, LocalText("Tết Nguyên đán", "Lunar New Year")),))
_AT_TET = _both(_seen_of(BIG, 0.4, *_TET_DAYS), _seen_of(SMALL, 0.4, *_TET_DAYS))

CASES: dict[str, Case] = {
    "a family's sensor sees half its domains": Case(_seen_of(BIG, 0.5, START)),
    "the same from the middle of the first window": Case(_seen_of(BIG, 0.5, START / 2)),
    "the same in the last week": Case(_seen_of(BIG, 0.5, START * 1.8)),
    "a family's sensor loses a domain in ten": Case(_seen_of(BIG, 0.9, START)),
    "a sensor gains domains": Case(_seen_of(BIG, 0.5, 0.0, START)),
    "office machines, half the domains": Case(_seen_of(BIG, 0.5, START), country=SPAN.but(duty="sticky")),
    "the feed covers 70 %": Case(_thinned(0.7)),
    "a week of holidays, in the table": Case(_AT_TET, _TET),
    "a week of holidays that nobody declared": Case(_AT_TET),
    "the sinkhole of a small family is gone": Case(_seen_of(SMALL, 0.0, START)),
    "the sinkhole of the large family is gone": Case(_seen_of(BIG, 0.0, START)),
    "the feed begins to keep one row a day": Case(_once_a_day),
    "40 % of lines go behind shared addresses": Case(_on(BIG, _moved(0.4, 8))),
    "leases 24 h to 6 h": Case(_replayed(lease=6.0)),
    "the botnet halves its check-ins": Case(_replayed(rate=0.5)),
    "the sensor loses 15 % of its hours": Case(_replayed(outages=0.15)),
    "five days of outage": Case(_silent),
    "a family is seen on five weekdays only": Case(_on(BIG, _some_weekdays)),
    "the clock goes 7 h ahead": Case(_on(BIG, lambda s: replace(s, hour=np.where(s.hour < START, s.hour, s.hour + 7)))),
    "a network is renumbered": Case(_on(BIG, _moved(0.5, 0))),
    "a family is renamed": Case(_renamed(1.0)),
    "half a family is called by another name": Case(_renamed(0.5)),
}


def rows(short: bool, seed: int) -> list[Row]:  # noqa: FBT001
    """Return the table."""
    return [*_changes(short, seed), _nothing(short, seed), *_cuts(short, seed)]


def _changes(short: bool, seed: int) -> Iterator[Row]:  # noqa: FBT001
    """Hold each change against the same country without it: the difference is the instrument's alone."""
    runs = 1 if short else 8
    for name, case in CASES.items():
        off, told, blocked, silent = list[float](), 0, 0, 0
        for run in range(runs):
            played, control = _control(case.country, seed, run)
            found = compare_played(case.change(played, np.random.default_rng([seed, run, 1])), case.calendar)
            told += bool(found.notices)
            blocked += found.blocks
            if isinstance(found.machines, Estimate) and isinstance(control.machines, Estimate):
                off.append(abs(found.machines.value - control.machines.value))
                silent += off[-1] > LARGEST_SILENT and not found.notices
        moved = f"moved by up to {max(off):.1f} points" if off else "refused"
        got = f"{silent} silent; {moved}, {told} of {runs} told, {blocked} blocked"
        yield Row(f"silent changes over 3 points: {name}", "0", got, silent == 0)


def _nothing(short: bool, seed: int) -> Row:  # noqa: FBT001
    runs = 2 if short else 12
    countries = (SPAN, SPAN.but(duty="sticky"), SPAN.but(lease=168.0))
    blocked = sum(_control(c, seed, 100 + run)[1].blocks for c in countries for run in range(runs))
    of = runs * len(countries)
    return Row("nothing changes: held back all the same", "< 5 %", f"{blocked} of {of}", blocked < max(1, 0.05 * of))


def _cuts(short: bool, seed: int) -> Iterator[Row]:  # noqa: FBT001
    runs = 2 if short else 20
    for name, cut in {"none": 1.0, "by a fifth": 0.8, "by half": 0.5}.items():
        held, wide = 0, list[float]()
        for run in range(runs):
            first = SPAN.but(days=DAYS)
            second = first.but(machines=int(first.machines * cut), dense=first.dense * cut)
            made = [watch(c, np.random.default_rng([seed, run, n])) for n, c in enumerate((first, second))]
            found = compare(*(_window(p, {BIG: s}) for p, s in zip((BEFORE, AFTER), made, strict=True)))
            truth = 100 * (1 - made[1].online / made[0].online)
            if isinstance(found.machines, Estimate):
                held += found.machines.low <= truth <= found.machines.high
                wide.append(found.machines.high - found.machines.low)
        got = f"{held} of {runs}, {np.mean(wide):.1f} points wide"
        yield Row(f"interval of the reduction holds a true cut: {name}", ">= 95 %", got, held >= 0.95 * runs)


@cache
def _control(country: Country, seed: int, run: int) -> tuple[Sightings, Comparison]:
    """Return eight weeks in which nothing changes, and what is found in them."""
    played = {
        watched: watch(country.but(machines=int(country.machines * size)), np.random.default_rng([seed, run, number]))
        for number, (watched, size) in enumerate({BIG: 1.0, SMALL: 0.3}.items(), 7)
    }
    return played, compare_played(played)


def compare_played(played: Sightings, calendar: Calendar = NOTHING_KNOWN) -> Comparison:
    """Compare the two windows of sightings of eight weeks."""
    halves = [
        {
            w: replace(_keep(s, inside), hour=s.hour[inside] - at * START, days=DAYS)
            for w, s in played.items()
            for inside in [(s.hour >= at * START) & (s.hour < (at + 1) * START)]
        }
        for at in (0, 1)
    ]
    return compare(*(_window(p, h) for p, h in zip((BEFORE, AFTER), halves, strict=True)), calendar=calendar)


def _window(period: Period, seen: Sightings) -> WindowMeasured:
    there = {w: s for w, s in seen.items() if len(s.hour)}
    observed = {w: observe(s) for w, s in there.items()}
    measured = {w: measure(o) for w, o in observed.items()}
    return WindowMeasured(period, observed, measured, {w: _days(period, s) for w, s in there.items()})


def _days(period: Period, seen: Seen) -> dict[date, DaySeen]:
    """Return the addresses of days without outages."""
    pairs = np.unique(seen.address * 10_000 + (seen.hour // 24).astype(np.int64))
    counts = np.bincount(pairs % 10_000, minlength=seen.days)
    again = np.bincount(pairs[np.isin(pairs + 1, pairs)] % 10_000, minlength=seen.days)
    minutes = np.bincount((seen.hour * 60).astype(np.int64), minlength=seen.days * DAY_MINUTES).reshape(-1, DAY_MINUTES)
    records = {day: record_day(row) for day, row in zip(period, minutes, strict=True) if row.any()}
    outages = read_clock(records).outages
    return {
        day: DaySeen(int(n), int(more))
        for day, n, more in zip(period, counts, again, strict=True)
        if n and not outages.get(day)
    }
