"""Two windows in which nobody is cleaned and one thing about the instrument or the calendar changes; and true cuts.

Nothing may move the reduction by more than three points without a word beside it: about the change, or about how
large a change would go unseen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import cache
from hashlib import sha256
from itertools import product

import numpy as np
from bench.leases import Country, Seen, watch
from bench.observation import distinct
from bench.validation.hosts import observe
from bench.validation.table import Row
from numpy.typing import NDArray

from quetsach.assess.estimate import Estimate
from quetsach.assess.events import NOTHING_KNOWN, Calendar, Holiday
from quetsach.assess.hosts.breaks import DaySeen, DestinationSeen
from quetsach.assess.hosts.clock import DAY_MINUTES, read_clock, record_day
from quetsach.assess.hosts.comparison import Comparison, WindowMeasured, compare
from quetsach.assess.hosts.measure import Measured, Observed, Watch, measure
from quetsach.core.period import Period
from quetsach.core.text import LocalText

DAYS = 28
BEFORE = Period(date(2024, 1, 8), date(2024, 2, 4))
AFTER = Period(BEFORE.last + timedelta(days=1), BEFORE.last + timedelta(days=DAYS))
TET = Period(date(2024, 2, 8), date(2024, 2, 14))
LARGEST_SILENT = 3.0
BIG, SMALL = Watch("own", "sinkhole", "big", 4), Watch("own", "sinkhole", "small", 4)
SPAN = Country(days=2 * DAYS, dense=0.02, machines=600)
START = DAYS * 24.0
"""Hour at which the second window begins."""

_LOOKED_AT: dict[tuple[bytes, Period, int], tuple[Observed, Measured, dict[date, DaySeen]]] = {}

type Sightings = dict[Watch, Seen]
type Change = Callable[[Sightings, np.random.Generator], Sightings]


class Tells(Enum):
    """What a feed tells beside address and time: the domain that was contacted, one of ten, or the installation."""

    NOTHING = 0
    DOMAINS = 1
    INSTALLATIONS = 2


@dataclass(frozen=True, slots=True)
class Case:
    """What changes, what the calendar knows of it, and what the feed tells."""

    change: Change
    calendar: Calendar = NOTHING_KNOWN
    country: Country = SPAN
    tells: Tells = Tells.NOTHING


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


def _all(change: Callable[[Seen], Seen]) -> Change:
    return lambda made, _: {w: _sorted(change(s)) for w, s in made.items()}


def _down(first: float, last: float) -> Change:
    """Lose the sensor between two days of the second window."""
    return _all(lambda s: _keep(s, (s.hour < START + 24 * first) | (s.hour >= START + 24 * last)))


def _once_in(hours: float) -> Change:
    """Keep one row for each address and so many hours, from the second window on."""

    def change(seen: Seen) -> Seen:
        block = (seen.hour // hours).astype(np.int64)
        is_new = np.ones(len(block), dtype=np.bool_)
        is_new[1:] = (np.diff(block) != 0) | (np.diff(seen.address) != 0)
        return _keep(seen, is_new | (seen.hour < START))

    return _all(change)


def _cut_to(hours: float) -> Change:
    return _all(lambda s: replace(s, hour=np.where(s.hour < START, s.hour, s.hour // hours * hours)))


def _at_hours(first: float, last: float) -> Change:
    """Let the sensor run between two hours of each day alone."""
    return _all(lambda s: _keep(s, (s.hour < START) | ((s.hour % 24 >= first) & (s.hour % 24 < last))))


def _at_most(share: float) -> Change:
    """Keep the first rows of each day alone, as many as a share of what the mean day of all families had."""

    def change(made: Sightings, _: np.random.Generator) -> Sightings:
        hour = np.concatenate([s.hour for s in made.values()])
        most = int(share * len(hour) / (2 * DAYS))
        end = np.full(2 * DAYS, np.inf)
        for day in range(DAYS, 2 * DAYS):
            of_day = np.sort(hour[(hour // 24).astype(np.int64) == day])
            if len(of_day) > most:
                end[day] = of_day[most]
        return {w: _keep(s, s.hour < end[(s.hour // 24).astype(np.int64)]) for w, s in made.items()}

    return change


def _twice(made: Sightings, _: np.random.Generator) -> Sightings:
    """Deliver each row of the second window a second time, stamped two seconds later."""

    def change(seen: Seen) -> Seen:
        again = _keep(seen, (seen.hour >= START) & (seen.hour < 2 * START - 0.01))
        return replace(
            seen,
            address=np.concatenate((seen.address, again.address)),
            hour=np.concatenate((seen.hour, again.hour + 2 / 3600)),
            machine=np.concatenate((seen.machine, again.machine)),
        )

    return {w: _sorted(change(s)) for w, s in made.items()}


def _slowly(change_of: Callable[[Seen, NDArray[np.bool_]], Seen], share: float = 1.0) -> Callable[[Seen], Seen]:
    """Change a share of the machines, each on a day of the second window of its own."""

    def change(seen: Seen) -> Seen:
        since = START + seen.machine * 6151 % 1009 / 1009 * START
        return change_of(seen, (seen.hour >= since) & (seen.machine * 7919 % 1000 < 1000 * share))

    return change


def _shared(seen: Seen, hit: NDArray[np.bool_]) -> Seen:
    return replace(seen, address=np.where(hit, seen.machine // 8 + 1_000_000, seen.address))


def _other_watch(share: float, **changes: object) -> Change:
    """Tell a share of a family's machines under another watch from the second window on."""

    def change(made: Sightings, _: np.random.Generator) -> Sightings:
        seen = made[BIG]
        hit = (seen.hour >= START) & (seen.machine * 7919 % 1000 < 1000 * share)
        return made | {BIG: _keep(seen, ~hit), replace(BIG, **changes): _keep(seen, hit)}  # type: ignore[arg-type]

    return change


def _visitors(addresses: int, each: int) -> Change:
    """Add addresses that are no bots, seen so many times, in the second window."""

    def change(made: Sightings, rng: np.random.Generator) -> Sightings:
        seen, count = made[BIG], addresses * each
        more = replace(
            seen,
            address=np.concatenate((seen.address, np.repeat(np.arange(addresses) + 2_000_000, each))),
            hour=np.concatenate((seen.hour, START + rng.random(count) * START)),
            machine=np.concatenate((seen.machine, np.repeat(np.arange(addresses) + 200_000, each))),
        )
        return made | {BIG: _sorted(more)}

    return change


def _one_by_one(seen: Seen) -> Seen:
    """Lose three domains of ten in the second window: one every five days."""
    domain = seen.machine * 7919 % 1000 // 100
    return _keep(seen, (domain < 7) | (seen.hour < START + 5 * 24 * (domain - 6)))


def _other_report(made: Sightings, _: np.random.Generator) -> Sightings:
    """Replace the report by one of another name."""
    late = {replace(w, report="sinkhole2"): _keep(s, s.hour >= START) for w, s in made.items()}
    return {w: _keep(s, s.hour < START) for w, s in made.items()} | late


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
    "five days of outage": Case(_down(9, 14)),
    "a family is seen on five weekdays only": Case(_on(BIG, _some_weekdays)),
    "the clock goes 7 h ahead": Case(_on(BIG, lambda s: replace(s, hour=np.where(s.hour < START, s.hour, s.hour + 7)))),
    "a network is renumbered": Case(_on(BIG, _moved(0.5, 0))),
    "a family is renamed": Case(_renamed(1.0)),
    "half a family is called by another name": Case(_renamed(0.5)),
    "a family's tenth is called by another name": Case(_renamed(0.1)),
    "a filter drops one address in twelve": Case(_all(lambda s: _keep(s, (s.hour < START) | (s.address % 12 > 0)))),
    "the last octet of addresses is cut off": Case(
        _all(lambda s: replace(s, address=np.where(s.hour < START, s.address, s.address // 256 + 3_000_000)))
    ),
    "one row an address and hour": Case(_once_in(1.0)),
    "one row an address and six hours": Case(_once_in(6.0)),
    "stamps are cut to the minute": Case(_cut_to(1 / 60)),
    "stamps are cut to the hour": Case(_cut_to(1.0)),
    "the report's days are an hour later": Case(
        _all(lambda s: replace(s, hour=np.where(s.hour < START, s.hour, np.minimum(s.hour + 1, 2 * START - 1e-3))))
    ),
    "a provider goes behind shared addresses, day by day": Case(_on(BIG, _slowly(_shared, 0.5))),
    "three machines in ten get IPv6": Case(_other_watch(0.3, ip_version=6)),
    "a report is replaced": Case(_other_report),
    "half of a family goes to another report": Case(_other_watch(0.5, report="sinkhole2")),
    "sampling 1:2 begins": Case(_thinned(0.5)),
    "sampling 1:10 begins": Case(_thinned(0.1)),
    "the sensor runs by day alone": Case(_at_hours(6, 18)),
    "the sensor is down at week-ends": Case(_all(_some_weekdays)),
    "school holidays of two weeks": Case(_seen_of(BIG, 0.85, START + 7 * 24, START + 21 * 24)),
    "a region has no power for three days": Case(
        _both(
            _seen_of(BIG, 0.75, START + 8 * 24, START + 11 * 24), _seen_of(SMALL, 0.75, START + 8 * 24, START + 11 * 24)
        )
    ),
    "the log of a day ends at so many rows": Case(_at_most(0.85)),
    "the last three days come late": Case(_down(25, 28)),
    "every row comes twice": Case(_twice),
    "a provider blocks the sinkhole": Case(_on(BIG, lambda s: _keep(s, (s.hour < START) | (s.machine % 8 > 0)))),
    "six crawlers visit the sinkhole": Case(_visitors(6, 4000)),
    "scanners are counted as bots": Case(_visitors(3000, 1)),
    "a family's sensor loses a twentieth": Case(_seen_of(BIG, 0.95, START)),
    "a domain in ten, where the feed tells domains": Case(_seen_of(BIG, 0.9, START), tells=Tells.DOMAINS),
    "three domains in ten, one after the other, told": Case(_on(BIG, _one_by_one), tells=Tells.DOMAINS),
    "the same, where it does not": Case(_on(BIG, _one_by_one)),
    "a sensor gains a domain, told": Case(_seen_of(BIG, 0.9, 0.0, START), tells=Tells.DOMAINS),
    "a domain in ten, where the feed names installations": Case(_seen_of(BIG, 0.9, START), tells=Tells.INSTALLATIONS),
    "a domain in ten and half of the leases' length": Case(_both(_replayed(lease=12.0), _seen_of(BIG, 0.9, START))),
}


def rows(short: bool, seed: int) -> list[Row]:  # noqa: FBT001
    """Return the table."""
    return [*_changes(short, seed), _nothing(short, seed), *_cuts(short, seed)]


def _changes(short: bool, seed: int) -> Iterator[Row]:  # noqa: FBT001
    """Hold each change against the same country without it: the difference is the instrument's alone."""
    runs = 1 if short else 8
    for name, case in CASES.items():
        off, told, blocked, silent, open_ = list[float](), 0, 0, 0, 0
        for run in range(runs):
            played, control = _control(case.country, seed, run, case.tells)
            changed = case.change(played, np.random.default_rng([seed, run, 1]))
            found = compare_played(changed, case.calendar, case.tells)
            told += _is_told(found)
            blocked += found.blocks
            if isinstance(found.machines, Estimate) and isinstance(control.machines, Estimate):
                off.append(abs(found.machines.value - control.machines.value))
                is_large = off[-1] > LARGEST_SILENT and not _is_told(found)
                is_open = off[-1] <= _could_go_unseen(found)
                open_ += is_large and is_open
                silent += is_large and not is_open
        moved = f"moved by up to {max(off):.1f} points" if off else "refused"
        within = f", {open_} of less than was said to go unseen" if open_ else ""
        got = f"{silent} silent{within}; {moved}, {told} of {runs} told, {blocked} blocked"
        yield Row(f"silent changes over 3 points: {name}", "0", got, silent == 0)


def _is_told(found: Comparison) -> bool:
    """Whether a change is told, beside what is said of sensors that could not be checked."""
    return any(notice.code != "reach-unchecked" for notice in found.notices)


def _could_go_unseen(found: Comparison) -> float:
    """Return how large a change of reach within a day a comparison itself says that it would not see."""
    return found.unseen_points or 0.0


def _nothing(short: bool, seed: int) -> Row:  # noqa: FBT001
    runs = 2 if short else 12
    countries = (SPAN, SPAN.but(duty="sticky"), SPAN.but(lease=168.0))
    asked = list(product(countries, range(runs), Tells))
    found = [_control(c, seed, 100 + run, tells)[1] for c, run, tells in asked]
    blocked, told, of = sum(c.blocks for c in found), sum(map(_is_told, found)), len(found)
    unseen = [c.unseen_points for c in found if c.unseen_points is not None]
    got = f"{blocked} of {of}, {told} told something; {np.median(unseen):.1f} points could go unseen"
    return Row("nothing changes: held back all the same", "< 5 %", got, blocked < max(1, 0.05 * of))


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
def _control(country: Country, seed: int, run: int, tells: Tells = Tells.NOTHING) -> tuple[Sightings, Comparison]:
    """Return eight weeks in which nothing changes, and what is found in them."""
    played = {
        watched: watch(country.but(machines=int(country.machines * size)), np.random.default_rng([seed, run, number]))
        for number, (watched, size) in enumerate({BIG: 1.0, SMALL: 0.3}.items(), 7)
    }
    return played, compare_played(played, tells=tells)


def compare_played(played: Sightings, calendar: Calendar = NOTHING_KNOWN, tells: Tells = Tells.NOTHING) -> Comparison:
    """Compare the two windows of sightings of eight weeks."""
    halves = [
        {
            w: replace(_keep(s, inside), hour=s.hour[inside] - at * START, days=DAYS)
            for w, s in played.items()
            for inside in [(s.hour >= at * START) & (s.hour < (at + 1) * START)]
        }
        for at in (0, 1)
    ]
    return compare(*(_window(p, h, tells) for p, h in zip((BEFORE, AFTER), halves, strict=True)), calendar=calendar)


def _window(period: Period, seen: Sightings, tells: Tells = Tells.NOTHING) -> WindowMeasured:
    there = {w: s for w, s in seen.items() if len(s.hour)}
    looked = {w: _looked_at(period, s) for w, s in there.items()}
    observed = {w: at[0] for w, at in looked.items()}
    measured = {w: at[1] for w, at in looked.items()}
    made = WindowMeasured(period, observed, measured, {w: at[2] for w, at in looked.items()})
    if tells is Tells.DOMAINS:
        return replace(made, destinations={w: _domains(period, s) for w, s in there.items()})
    if tells is Tells.INSTALLATIONS:
        by_machine = {w: _sorted(replace(s, address=s.machine)) for w, s in there.items()}
        return replace(made, installations={w: _days(period, s) for w, s in by_machine.items()})
    return made


def _looked_at(period: Period, seen: Seen) -> tuple[Observed, Measured, dict[date, DaySeen]]:
    """Sum up and measure a window, once: what a change leaves as it was is that of the control."""
    key = sha256(seen.address.tobytes() + seen.hour.tobytes()).digest(), period, seen.days
    if key not in _LOOKED_AT:
        observed = observe(seen)
        _LOOKED_AT[key] = observed, measure(observed), _days(period, seen)
    return _LOOKED_AT[key]


def _domains(period: Period, seen: Seen) -> dict[date, dict[str, DestinationSeen]]:
    """Return the addresses of each day at each of ten domains, of which a machine knows one."""
    day, domain = (seen.hour // 24).astype(np.int64), seen.machine * 7919 % 1000 // 100
    pairs = np.unique(np.stack((day, seen.address, domain)), axis=1)
    _, of, others = np.unique(pairs[:2], axis=1, return_inverse=True, return_counts=True)
    made: dict[date, dict[str, DestinationSeen]] = {}
    for at, on in enumerate(period):
        for name in range(10):
            hit = (pairs[0] == at) & (pairs[2] == name)
            if hit.any():
                alone = int((others[of[hit]] == 1).sum())
                made.setdefault(on, {})[f"{name}.example"] = DestinationSeen(int(hit.sum()), alone)
    return made


def _days(period: Period, seen: Seen) -> dict[date, DaySeen]:
    """Return the addresses of days without outages."""
    pairs, _ = distinct(seen.address * 10_000 + (seen.hour // 24).astype(np.int64))
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
