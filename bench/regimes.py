"""Regimes drawn at random: what can be different about machines, addresses, a family and the sensor that sees it.

Beside ``bench.leases``, whose world is the one that the estimators were made for, this one is wide: tries in bursts,
two variants of one family, domains that are live on some days, machines behind one address, machines that sleep, wrong
clocks, stamps cut to hours. Arrays in, arrays out; ``bench/validation/regimes.py`` judges with it.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAYS = 28
END = 24.0 * DAYS
HALF_LIFE_HOURS = 45 * 24.0

type Floats = NDArray[np.float64]
type Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CheckIns:
    """How one variant checks in; hours.

    ``interval`` from one check-in to the next, ``spread`` its coefficient of variation (1 is chance), ``is_even`` where
    the interval is drawn evenly from a range; each check-in is of ``tries`` tries that are ``spacing`` apart.
    """

    interval: float = 1.0
    spread: float = 1.0
    tries: int = 1
    spacing: float = 0.0
    is_even: bool = False


@dataclass(frozen=True, slots=True)
class Regime:
    """One world; hours everywhere, shares of 1. ``traits`` name what is out of the ordinary, for tables."""

    traits: tuple[str, ...] = ()
    is_plausible: bool = True
    machines: int = 400
    check_ins: CheckIns = field(default_factory=CheckIns)
    second: CheckIns | None = None
    second_share: float = 0.0
    duty: str = "always"  # or "office", "evening", "shop", "comes and goes"
    left_on: float = 0.0  # share of the machines of offices, shops and evenings that nobody switches off
    on_off: tuple[float, float] = (6.0, 12.0)
    lease: float = 24.0
    lease_kind: str = "chance"  # or "fixed", "heavy"
    dense: float = 0.01
    shared: float = 0.0  # share of the machines that are behind a shared address
    per_address: int = 1
    shared_moves: bool = False  # the shared address changes hands like any other
    movers: float = 0.0  # share of the machines that go to and fro between two lines, at two providers
    stay: tuple[float, float] = (12.0, 8.0)  # at the one and at the other
    live_days: tuple[int, ...] = tuple(range(DAYS))
    live_from: int = 0  # the hour at which a live day begins
    live_hours: int = 24  # that it has
    outages: float = 0.0
    kept: float = 1.0
    reach: float = 1.0
    wrong_days: tuple[int, ...] = ()
    wrong_hours: int = 0
    stamps: float = 0.0  # what stamps are cut to
    once_in: float = 0.0  # one row for each address in so many hours
    named: float = 0.0  # share of the sightings that carry a bot ID

    def but(self, **changes: Any) -> "Regime":
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Watched:
    """What a sensor sees of a family, sorted by address and time; and the truth.

    ``online`` are mean machines over all days, ``online_seen`` over the hours in which the sensor could see the family.
    ``others`` are the hours at which it saw other families. ``bot`` is -1 where a sighting carries no bot ID.
    """

    address: Integers
    hour: Floats
    bot: Integers
    others: Floats
    online: float
    online_seen: float
    pool: int


def draw(rng: np.random.Generator, *, is_plausible: bool) -> Regime:
    """Draw a regime: an ordinary one with a trait or none, or two or three traits mixed."""
    few = rng.random() < 0.1 and not is_plausible
    regime = Regime(
        is_plausible=is_plausible,
        machines=int(rng.integers(3, 15) if few else rng.integers(250, 600)),
        traits=("tiny",) if few else (),
        check_ins=CheckIns(float(np.exp(rng.uniform(np.log(0.2), np.log(2.0 if is_plausible else 3.0)))), 1.0),
        lease=float(np.exp(rng.uniform(np.log(20.0 if is_plausible else 4.0), np.log(240.0)))),
        lease_kind=str(rng.choice(["chance", "fixed", "heavy"], p=[0.5, 0.35, 0.15])),
        dense=float(rng.choice([0.002, 0.01, 0.025])),
        outages=float(rng.choice([0.0, 0.0, 0.05, 0.15])),
        kept=float(rng.choice([1.0, 1.0, 0.8, 0.5])),
        reach=float(rng.choice([1.0, 0.7])),
        named=float(rng.choice([0.0, 0.0, 0.0, 1.0, 0.4])),
        duty=str(rng.choice(["always", "office", "evening"], p=[0.7, 0.18, 0.12])),
    )
    if rng.random() < 0.5:
        interval, spread = regime.check_ins.interval, float(rng.choice([0.02, 0.1, 0.3]))
        regime = regime.but(check_ins=CheckIns(interval, spread, is_even=bool(rng.random() < 0.5)))
    names = list(MIDDLE if is_plausible else TRAITS)
    count = rng.choice([0, 1, 2], p=[0.4, 0.5, 0.1]) if is_plausible else rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1])
    for name in rng.choice(names, size=count, replace=False).tolist():
        regime = TRAITS[name](regime, rng)
        regime = regime.but(traits=(*regime.traits, name))
    return _with_hours(regime, rng)


def _with_hours(regime: Regime, rng: np.random.Generator) -> Regime:
    """Draw what only families that keep hours have, and domains that do."""
    if regime.duty == "office" and rng.random() < 0.25:
        regime = regime.but(duty="shop")
    if regime.duty in ("office", "shop", "evening"):
        regime = regime.but(left_on=float(rng.choice([0.0, 0.01, 0.03, 0.1])))
    if regime.duty in ("shop", "evening") and "domains on weekdays" in regime.traits and rng.random() < 0.5:
        regime = regime.but(live_days=tuple(day for day in range(DAYS) if day % 7 < 5), live_from=0)
    if regime.live_days == tuple(range(DAYS)) and rng.random() < (0.03 if regime.is_plausible else 0.1):
        first, length = int(rng.integers(0, 24)), int(rng.integers(6, 19))
        regime = regime.but(live_from=first, live_hours=length, traits=(*regime.traits, "domains by the hour"))
    if not regime.stamps and rng.random() < 0.15:
        regime = regime.but(stamps=1 / 60)
    return regime


def _bursts(regime: Regime, rng: np.random.Generator) -> Regime:
    tries, spacing = int(rng.integers(3, 9)), float(rng.uniform(1, 8)) / 60
    quiet = float(rng.uniform(1.5, 10))
    return regime.but(check_ins=CheckIns(quiet, float(rng.choice([0.05, 0.3, 1.0])), tries, spacing))


def _connections(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(check_ins=replace(regime.check_ins, tries=int(rng.integers(2, 6)), spacing=10 / 3600))


def _two_schedules(regime: Regime, rng: np.random.Generator) -> Regime:
    times = float(rng.choice([3.0, 6.0, 12.0, 24.0]))
    second = CheckIns(regime.check_ins.interval * times, float(rng.choice([0.05, 1.0])))
    return regime.but(second=second, second_share=float(rng.uniform(0.2, 0.8)))


def _rare(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(check_ins=replace(regime.check_ins, interval=float(rng.uniform(4, 24))))


def _weekday_domains(regime: Regime, rng: np.random.Generator) -> Regime:
    weekdays = rng.choice(7, size=rng.integers(2, 6), replace=False)
    days = tuple(day for day in range(DAYS) if day % 7 in weekdays)
    return regime.but(live_days=days, live_from=int(rng.choice([0, 0, 5, 13])))


def _weeks_of_domains(regime: Regime, rng: np.random.Generator) -> Regime:
    first, length = int(rng.integers(0, 14)), int(rng.integers(7, 15))
    return regime.but(live_days=tuple(range(first, first + length)))


def _pairs(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(shared=float(rng.uniform(0.1, 0.5)), per_address=2, shared_moves=bool(rng.random() < 0.7))


def _three(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(shared=float(rng.uniform(0.2, 0.9)), per_address=3, shared_moves=bool(rng.random() < 0.5))


def _eight(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(shared=float(rng.uniform(0.2, 0.9)), per_address=8, shared_moves=bool(rng.random() < 0.3))


def _sleeps(regime: Regime, rng: np.random.Generator) -> Regime:
    on, off = rng.uniform(0.15, 0.8, 2).tolist()
    interval = min(regime.check_ins.interval, float(rng.uniform(0.1, 0.4)))
    return regime.but(duty="comes and goes", on_off=(on, off), check_ins=replace(regime.check_ins, interval=interval))


def _comes_and_goes(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(duty="comes and goes", on_off=(float(rng.uniform(1, 12)), float(rng.uniform(1, 24))))


def _slow_office(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(duty="office", check_ins=replace(regime.check_ins, interval=float(rng.uniform(1, 3))))


def _wrong_clock(regime: Regime, rng: np.random.Generator) -> Regime:
    days = rng.choice(DAYS - 1, size=rng.integers(2, 10), replace=False)
    return regime.but(wrong_days=tuple(sorted(days.tolist())), wrong_hours=int(rng.choice([-12, -7, -1, 7, 12])))


def _moves(regime: Regime, rng: np.random.Generator) -> Regime:
    stay = (float(rng.uniform(3, 16)), float(rng.uniform(1, 12)))
    most = 0.3 if regime.is_plausible else 0.9
    return regime.but(movers=float(rng.uniform(0.05, most)), stay=stay)


def _short_leases(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(lease=float(rng.uniform(1.0, 6.0)), lease_kind="heavy")


def _stamps(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(stamps=float(rng.choice([1.0, 24.0, 0.25])))


def _once(regime: Regime, rng: np.random.Generator) -> Regime:
    return regime.but(once_in=float(rng.choice([1.0, 24.0])))


TRAITS = {
    "bursts": _bursts,
    "connections": _connections,
    "two schedules": _two_schedules,
    "rare": _rare,
    "domains on weekdays": _weekday_domains,
    "domains for weeks": _weeks_of_domains,
    "pairs": _pairs,
    "3 to 1": _three,
    "8 to 1": _eight,
    "sleeps": _sleeps,
    "comes and goes": _comes_and_goes,
    "slow office": _slow_office,
    "moves": _moves,
    "wrong clock": _wrong_clock,
    "short leases": _short_leases,
    "cut stamps": _stamps,
    "once": _once,
}
"""What may be out of the ordinary."""

MIDDLE = (
    "bursts", "connections", "domains on weekdays", "domains for weeks", "moves", "pairs", "slow office",
    "two schedules",
)  # fmt: skip
"""What a national centre meets any week: the plausible middle has one of these, or none, seldom two."""


def play(regime: Regime, rng: np.random.Generator) -> Watched:
    """Play a regime and return what a sensor sees."""
    machine, begun, cured = _infections(regime, rng)
    who, start, stop = _on_line(regime, begun, cured, rng)
    hour, at = _sighted(regime, who, start, stop, rng)
    address, pool = _addresses(regime, begun, cured, who[at], hour, rng)
    live = _is_live(regime, hour)
    reached = rng.random(len(machine)) < regime.reach
    keep = live & (rng.random(len(hour)) < regime.kept) & reached[who[at]]
    down = _down(regime, rng)
    keep &= ~down[hour.astype(np.int64)]
    others = rng.random(rng.integers(20_000, 60_000)) * END
    others = others[~down[others.astype(np.int64)]]
    bot = np.where(rng.random(len(hour)) < regime.named, who[at], -1)
    address, hour, bot = _recorded(regime, address[keep], hour[keep], bot[keep])
    start, stop = start[reached[who]], stop[reached[who]]
    seen = float(_live_hours(regime, start, stop).sum() / _live_hours(regime, np.zeros(1), np.full(1, END))[0])
    return Watched(address, hour, bot, others, float((stop - start).sum() / END), seen, pool)


def _infections(regime: Regime, rng: np.random.Generator) -> tuple[Integers, Floats, Floats]:
    mean = HALF_LIFE_HOURS / np.log(2)
    arrivals = rng.poisson(regime.machines * END / mean)
    begun = np.concatenate((np.zeros(regime.machines), rng.random(arrivals) * END))
    return np.arange(len(begun)), begun, np.minimum(begun + rng.exponential(mean, len(begun)), END)


def _on_line(regime: Regime, begun: Floats, cured: Floats, rng: np.random.Generator) -> tuple[Integers, Floats, Floats]:
    """Return (machine, start, stop) of every stretch in which an infected machine is on line."""
    machine = np.arange(len(begun))
    if regime.duty == "always":
        return machine, begun, cured
    if regime.duty == "comes and goes":
        on, off = regime.on_off
        count = int(END / (on + off) * 1.5 + 20)
        steps = np.stack((rng.exponential(on, (len(machine), count)), rng.exponential(off, (len(machine), count))), 2)
        edges = steps.reshape(len(machine), -1).cumsum(1) - rng.random((len(machine), 1)) * (on + off)
        start, stop = edges[:, 1:-1:2], edges[:, 2::2]
    else:
        days = np.array([day for day in range(DAYS) if regime.duty != "office" or day % 7 < 5])
        first, hours = (11.0, 5.0) if regime.duty == "evening" else (1.0, 8.5)
        start = 24 * days[None, :] + first + rng.normal(0, 0.7, (len(machine), len(days))).clip(-0.9, 3)
        stop = start + hours + rng.normal(0, 0.7, start.shape).clip(-2, 2)
    start, stop = np.maximum(start, begun[:, None]), np.minimum(stop, cured[:, None])
    stays = rng.random(len(machine)) < regime.left_on if regime.left_on else np.zeros(len(machine), dtype=bool)
    start[stays], stop[stays] = begun[stays, None], begun[stays, None]
    stop[stays, 0] = cured[stays]
    there = stop > start
    return np.repeat(machine, there.sum(1)), start[there], stop[there]


def _sighted(
    regime: Regime, who: Integers, start: Floats, stop: Floats, rng: np.random.Generator
) -> tuple[Floats, Integers]:
    """Return the hour and the stretch of every connection."""
    is_second = rng.random(int(who.max()) + 1) < regime.second_share if regime.second else np.zeros(who.max() + 1, bool)
    hours, stretches = [], []
    for variant, of in ((regime.check_ins, ~is_second[who]), (regime.second, is_second[who])):
        if variant is None or not of.any():
            continue
        at = np.flatnonzero(of)
        hour, nth = _renewals(variant, start[at], stop[at], rng)
        if variant.tries > 1:
            later = np.arange(variant.tries) * variant.spacing
            hour = (hour[:, None] + later * rng.uniform(0.9, 1.1, (len(hour), variant.tries))).ravel()
            nth = np.repeat(nth, variant.tries)
            inside = hour < stop[at][nth]
            hour, nth = hour[inside], nth[inside]
        hours.append(hour)
        stretches.append(at[nth])
    return np.concatenate(hours), np.concatenate(stretches)


def _renewals(variant: CheckIns, start: Floats, stop: Floats, rng: np.random.Generator) -> tuple[Floats, Integers]:
    """Return the hour of every check-in of stretches, and which stretch it is of."""
    mean = variant.interval + (variant.tries - 1) * variant.spacing
    length = stop - start
    if variant.spread == 1.0 and variant.tries == 1:
        nth = np.repeat(np.arange(len(start)), rng.poisson(length / mean))
        return start[nth] + rng.random(len(nth)) * length[nth], nth
    count = (length / mean * 1.3 + 12 * (1 + variant.spread)).astype(np.int64)
    nth = np.repeat(np.arange(len(start)), count)
    shape = 1 / variant.spread**2
    if variant.is_even:
        gaps = variant.interval * (1 + np.sqrt(3) * variant.spread * rng.uniform(-1, 1, len(nth)))
    else:
        gaps = rng.gamma(shape, variant.interval / shape, len(nth))
    gaps += (variant.tries - 1) * variant.spacing
    first = count.cumsum() - count
    gaps[first] *= rng.random(len(first))  # the first stretch of time is a part of an interval
    hour = gaps.cumsum()
    hour += np.repeat(start - np.concatenate(([0.0], hour))[first], count)
    inside = hour < stop[nth]
    return hour[inside], nth[inside]


def _addresses(  # noqa: PLR0917
    regime: Regime, begun: Floats, cured: Floats, machine: Integers, hour: Floats, rng: np.random.Generator
) -> tuple[Integers, int]:
    """Return the address of every sighting; no address of the pool has two lines at once."""
    line = np.arange(len(begun))
    hidden = np.flatnonzero(rng.random(len(begun)) < regime.shared) if regime.per_address > 1 else line[:0]
    line[rng.permutation(hidden)] = len(begun) + np.arange(len(hidden)) // regime.per_address
    own = int(line.max()) + 1
    at, other = line[machine], own + np.arange(len(begun))
    away = _is_away(regime, machine, hour, len(begun), rng)
    at[away] = other[machine[away]]
    first, last = np.full(own + len(other), END), np.zeros(own + len(other))
    np.minimum.at(first, line, begun)
    np.maximum.at(last, line, cured)
    movers = np.unique(machine[away])
    first[other[movers]], last[other[movers]] = begun[movers], cured[movers]
    pool = int(regime.machines / regime.dense)
    owner, lease_start, lease_stop = _leases(regime, first, last, len(begun), rng)
    free_at = np.zeros(pool)
    given = np.empty(len(owner), dtype=np.int64)
    offers = rng.integers(pool, size=4 * len(owner) + 100).tolist()
    for n in np.argsort(lease_start, kind="stable").tolist():
        address = offers.pop()
        while free_at[address] > lease_start[n]:
            address = offers.pop()
        given[n], free_at[address] = address, lease_stop[n]
    found = np.searchsorted(owner * (END + 1) + lease_start, at * (END + 1) + hour, side="right") - 1
    return given[found], pool


def _is_away(
    regime: Regime, machine: Integers, hour: Floats, machines: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return which sightings are at the second of a machine's two lines."""
    if not regime.movers:
        return np.zeros(len(hour), dtype=bool)
    count = int(END / sum(regime.stay) * 1.6 + 12)
    stays = np.stack([rng.exponential(mean, (machines, count)) for mean in regime.stay], 2).reshape(machines, -1)
    edges = stays.cumsum(1) - rng.random((machines, 1)) * sum(regime.stay)
    keys = (edges.clip(-1, END) + np.arange(machines)[:, None] * (END + 2)).ravel()
    nth = np.searchsorted(keys, hour + machine * (END + 2)) - machine * edges.shape[1]
    is_mover = rng.random(machines) < regime.movers
    found: NDArray[np.bool_] = is_mover[machine] & (nth % 2 == 1)
    return found


def _leases(
    regime: Regime, first: Floats, last: Floats, own: int, rng: np.random.Generator
) -> tuple[Integers, Floats, Floats]:
    """Return (line, start, stop) of every lease, line by line in order of time."""
    most = int(END / regime.lease * 1.6 + 12)
    steps = np.full((len(first), most), regime.lease)
    if regime.lease_kind == "chance":
        steps = rng.exponential(regime.lease, steps.shape)
    elif regime.lease_kind == "heavy":
        steps = (rng.pareto(1.6, steps.shape) + 1) * regime.lease * 0.6 / 1.6
    steps[:, 0] *= rng.random(len(first))
    if not regime.shared_moves:
        steps[own:] = END
    edges = first[:, None] + np.concatenate((np.zeros((len(first), 1)), steps.cumsum(1)), axis=1)
    edges[:, -1] = np.maximum(edges[:, -1], last)
    there = edges[:, :-1] < last[:, None]
    owner = np.repeat(np.arange(len(first)), there.sum(1))
    return owner, edges[:, :-1][there], np.minimum(edges[:, 1:], last[:, None])[there]


def _is_live(regime: Regime, hour: Floats) -> NDArray[np.bool_]:
    live = np.zeros(DAYS + 1, dtype=bool)
    live[list(regime.live_days)] = True
    if regime.live_hours < 24:
        since = hour - regime.live_from
        return (since >= 0) & (since % 24 < regime.live_hours) & live[np.maximum(0, since // 24).astype(np.int64)]
    return live[np.maximum(0, (hour - regime.live_from) // 24).astype(np.int64)]


def _live_hours(regime: Regime, start: Floats, stop: Floats) -> Floats:
    found = np.zeros(len(start))
    for day in regime.live_days:
        first = 24.0 * day + (regime.live_from if day or regime.live_hours < 24 else 0)
        last = min(END, 24.0 * day + regime.live_from + regime.live_hours)
        found += np.clip(np.minimum(stop, last) - np.maximum(start, first), 0, None)
    return found


def _down(regime: Regime, rng: np.random.Generator) -> NDArray[np.bool_]:
    down = np.zeros(int(END) + 1, dtype=bool)
    while down.mean() < regime.outages:
        first = rng.integers(len(down))
        down[first : first + rng.integers(2, 12)] = True
    return down


def _recorded(regime: Regime, address: Integers, hour: Floats, bot: Integers) -> tuple[Integers, Floats, Integers]:
    """Return what the feed makes of it: wrong clocks, stamps cut short, one row in so many hours."""
    if regime.wrong_days:
        wrong = np.isin((hour // 24).astype(np.int64), regime.wrong_days)
        hour = np.clip(hour + np.where(wrong, regime.wrong_hours, 0), 0, END - 1e-6)
    order = np.lexsort((hour, address))
    address, hour, bot = address[order], hour[order], bot[order]
    if regime.once_in:
        slot = (hour // regime.once_in).astype(np.int64)
        _, first = np.unique(address * 10_000 + slot, return_index=True)
        address, hour, bot = address[first], hour[first], bot[first]
    if regime.stamps:
        hour = hour // regime.stamps * regime.stamps
    return address, hour, bot
