"""What each feed sees of the check-ins of a day: reach, coverage, outages, days of first rows only, delta mode."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from quetsach.core.period import Period
from quetsach.simulate.machines.chance import Bits, Chance, Draw, Floats, Integers, Mask, mix
from quetsach.simulate.machines.checkins import Stretches
from quetsach.simulate.machines.effect import DAY
from quetsach.simulate.machines.infections import Infections
from quetsach.simulate.machines.leases import NO_NETWORK, Leases
from quetsach.simulate.machines.scenario import Country, Coverage, Feed

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
    lower[is_ipv6] = Chance(country.seed).bits(Draw.INTERFACE, hosts[is_ipv6], day)
    return Sources(is_ipv6, upper, lower)


class Sinkhole:
    """One feed at work, day by day."""

    def __init__(self, country: Country, number: int) -> None:
        self._country = country
        self._number = number
        self._feed: Feed = country.feeds[number]
        self._chance = Chance(country.seed)
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
