"""When bots check in, drawn stretch by stretch of time on line, and what each feed sees of it."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from quetsach.core.period import Period
from quetsach.simulate.machines.infections import Infections
from quetsach.simulate.machines.leases import NO_NETWORK, Leases
from quetsach.simulate.machines.population import ALWAYS, DAY
from quetsach.simulate.machines.random_streams import Bits, Draw, Floats, Integers, Mask, RandomStreams, mix
from quetsach.simulate.machines.scenario import CheckIns, Country, Coverage, Feed, Schedule

# When bots check in: the events of a day, drawn stretch by stretch of time on line under one address.

ON_FOR_EVER = -1
"""In place of the second at which a machine is switched on."""

_EVENTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Stretches of a day in which a machine is infected, on line and under one lease.

    ``infections`` and ``leases`` are positions in the day's; ``begins`` and ``ends`` seconds of the day.
    """

    infections: Integers
    leases: Integers
    begins: Integers
    ends: Integers

    def __len__(self) -> int:
        return len(self.begins)


def stretches(infected: Infections, begins: Integers, ends: Integers, leases: Leases) -> Stretches:
    """Cut the time on line of infected machines at the changes of their addresses.

    Args:
        infected: the infections of a day.
        begins: the second of the day from which on each is infected and on line.
        ends: the second before which that ends.
        leases: of the same day, with every line of those machines.
    """
    on = np.flatnonzero(ends > begins)
    line = np.searchsorted(leases.of.numbers, infected.lines[on])
    counts = leases.first[line + 1] - leases.first[line]
    which = np.repeat(on, counts)
    lease = (
        np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(leases.first[line], counts)
    )
    start = np.maximum(begins[which], leases.begins[lease])
    stop = np.minimum(ends[which], leases.ends[lease])
    some = stop > start
    return Stretches(which[some], lease[some], start[some], stop[some])


@dataclass(frozen=True, slots=True, eq=False)
class CheckInTimes:
    """Draws the check-ins of a country's bots."""

    country: Country
    chance: RandomStreams

    def of(self, day: int, infected: Infections, switched_on: Integers, parts: Stretches) -> tuple[Integers, Integers]:
        """Return for each check-in of a day the stretch that it lies in and its second, by time.

        ``switched_on`` is the second of the day at which each infected machine went on line.
        """
        found = []
        rng = np.random.default_rng([self.country.seed, _EVENTS, day])
        families = infected.families[parts.infections]
        for number, family in enumerate(self.country.families):
            chosen = np.flatnonzero(families == number)
            check_ins = [c for c in family.check_ins if self.country.day(c.first) <= day][-1]
            if check_ins.schedule is Schedule.POISSON:
                at, second = _poisson(parts, chosen, check_ins, rng)
            else:
                of = parts.infections[chosen]
                on = np.where(infected.duties[of] == ALWAYS, ON_FOR_EVER, switched_on[of])
                at, second = self._periodic(
                    day, check_ins, hosts=infected.hosts[of], on=on, stretch=chosen, parts=parts
                )
            found.append(at << 17 | second)  # a day has fewer seconds than 2^17
        keys = np.concatenate(found)
        keys = np.sort((keys & 0x1FFFF) << 40 | keys >> 17)
        return keys & ((1 << 40) - 1), keys >> 40

    def _periodic(
        self, day: int, check_ins: CheckIns, *, hosts: Integers, on: Integers, stretch: Integers, parts: Stretches
    ) -> tuple[Integers, Integers]:
        """Every bot has a grid of moments, and jitter about each; machines that are always on keep it for ever."""
        period, start = check_ins.interval, day * DAY
        is_always = on == ON_FOR_EVER
        turn = np.where(is_always, 0, day + 1)
        phase: Floats = self.chance.uniform(Draw.PHASE, hosts, turn)
        if check_ins.at_start:
            phase *= is_always
        anchor = np.where(is_always, 0, start + on) + phase * period
        begins, ends = start + parts.begins[stretch], start + parts.ends[stretch]
        reach = check_ins.jitter / 2
        first = np.ceil((begins - anchor) / period - reach).astype(np.int64)
        counts = np.maximum(np.floor((ends - anchor) / period + reach).astype(np.int64) - first + 1, 0)
        at = np.repeat(np.arange(len(stretch)), counts)
        beat = first[at] + np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        moment = anchor[at] + beat * period
        if check_ins.jitter:
            turns = beat + (turn[at] << 24)
            moment += check_ins.jitter * period * (self.chance.uniform(Draw.JITTER, hosts[at], turns) - 0.5)
        seconds = np.floor(moment).astype(np.int64)
        inside = (seconds >= begins[at]) & (seconds < ends[at])
        return stretch[at[inside]], seconds[inside] - start


def _poisson(
    parts: Stretches, chosen: Integers, check_ins: CheckIns, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    lengths = parts.ends[chosen] - parts.begins[chosen]
    counts = rng.poisson(lengths / check_ins.interval)
    at = np.repeat(chosen, counts)
    seconds = parts.begins[at] + (rng.random(len(at)) * (parts.ends[at] - parts.begins[at])).astype(np.int64)
    return at, seconds


# What each feed sees of the check-ins of a day: reach, coverage, outages, days of first rows only, delta mode.

_SEEN, _LATE = 4, 8
_SUNDAY = 6


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """The address from which each stretch's check-ins come.

    ``upper``: the upper half of an IPv6 address, or the number of an IPv4 one; ``lower``: the lower half, or 0.
    """

    is_ipv6: Mask
    upper: Bits
    lower: Bits

    def keys(self) -> Bits:
        """Return 64 bits that tell addresses apart."""
        return mix(self.upper + mix(self.lower))


def sources(country: Country, day: int, infected: Infections, *, parts: Stretches, leases: Leases) -> Sources:
    """Say from where machines check in: by IPv6 where the bot can and the line has it, under that day's address."""
    able = np.array([family.uses_ipv6 for family in country.families])[infected.families[parts.infections]]
    networks = leases.of.networks[leases.lines[parts.leases]]
    is_ipv6 = able & (networks != NO_NETWORK)
    hosts = infected.hosts[parts.infections]
    upper = np.where(is_ipv6, networks, leases.addresses[parts.leases].astype(np.uint64))
    lower = np.zeros(len(parts), dtype=np.uint64)
    lower[is_ipv6] = RandomStreams(country.seed).bits(Draw.INTERFACE, hosts[is_ipv6], day)
    return Sources(is_ipv6, upper, lower)


class Sinkhole:
    """One feed at work, day by day."""

    def __init__(self, country: Country, number: int) -> None:
        self._country = country
        self._number = number
        self._feed: Feed = country.feeds[number]
        self._chance = RandomStreams(country.seed)
        self._sent: Bits | None = None

    def take(
        self, day: int, infected: Infections, parts: Stretches, source: Sources, events: tuple[Integers, Integers]
    ) -> Integers:
        """Return the positions of the check-ins that the feed reports, by time.

        Args:
            day: one after the day before.
            infected: the infections of the day.
            parts: the stretches of the day.
            source: from where each stretch's check-ins come.
            events: the stretch and second of each check-in, by time.
        """
        part, second = events
        rng = np.random.default_rng([self._country.seed, _SEEN, self._number, day])
        keep = self._keep(day, infected)
        seen = rng.random(len(part)) < keep[parts.infections][part]
        for outage in self._feed.outages:
            seen &= (second < outage.begin - day * DAY) | (second >= outage.end - day * DAY)
        at = np.flatnonzero(seen)
        families = infected.families[parts.infections].astype(np.uint64)
        return self._mode(day, at, mix(source.keys() + families)[part[at]])

    def uptime(self, day: int) -> int:
        """Return the seconds of a day in which the sinkhole took what came."""
        up = np.ones(DAY, dtype=np.bool_)
        for outage in self._feed.outages:
            up[max(outage.begin - day * DAY, 0) : max(outage.end - day * DAY, 0)] = False
        return int(up.sum())

    def _keep(self, day: int, infected: Infections) -> Floats:
        """Return for each infection the share of its check-ins that come through: none of a machine out of reach."""
        in_force = [c for c in self._feed.coverage if self._country.day(c.first) <= day]
        by_family = [_coverage(in_force, family.spelling) for family in self._country.families]
        reach = np.array([c.reach if c else 0.0 for c in by_family])[infected.families]
        keep = np.array([c.keep if c else 0.0 for c in by_family])[infected.families]
        common = self._chance.uniform(Draw.REACHED, infected.hosts)
        own = self._chance.uniform(Draw.REACHED + 1 + self._number, infected.hosts)
        shares = self._chance.uniform(Draw.TASTE, infected.hosts) < self._feed.shared_taste
        return np.where(np.where(shares, common, own) < reach, keep, 0.0)

    def _mode(self, day: int, at: Integers, keys: Bits) -> Integers:
        moment = self._country.period.first + timedelta(days=day)
        if _holds(self._feed.first_only, moment):
            return at[np.sort(np.unique(keys, return_index=True)[1])]
        if not _holds(self._feed.delta, moment):
            self._sent = None
            return at
        if self._sent is None or moment.weekday() == _SUNDAY:
            self._sent = np.unique(keys)
            return at
        new, first = np.unique(keys, return_index=True)
        fresh = ~np.isin(new, self._sent)
        self._sent = np.union1d(self._sent, new[fresh])
        return at[np.sort(first[fresh])]


def comes_late(country: Country, number: int, day: int) -> bool:
    """Return whether the file that begins with a day comes after all others; ``number`` is that of the feed."""
    share = country.feeds[number].late_files
    return bool(np.random.default_rng([country.seed, _LATE, number, day]).random() < share)


def _coverage(in_force: list[Coverage], family: str) -> Coverage | None:
    """Return the latest coverage of a family, else the latest of all families."""
    own = [coverage for coverage in in_force if coverage.family == family]
    general = [coverage for coverage in in_force if not coverage.family]
    return next(reversed(own or general), None)


def _holds(period: Period | None, moment: date) -> bool:
    return period is not None and moment in period
