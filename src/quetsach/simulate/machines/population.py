"""Who machines and lines are: everything about them that never changes, answered from their numbers.

A machine has the number of its infection among all that ever happen; a line that of its first machine.
"""

from dataclasses import dataclass

import numpy as np

from quetsach.simulate.machines.chance import Bits, Chance, Draw, Floats, Integers, Mask, pick
from quetsach.simulate.machines.scenario import NOWHERE, Country, Duty

DUTIES = tuple(Duty)
_CLONES = 16
"""Machines that share one cloned bot ID come in this many groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """The machines of a country."""

    country: Country
    chance: Chance

    def lines(self, hosts: Integers, families: Integers) -> Integers:
        """Return the line of each of ``hosts``: consecutive numbers that appear together, family by family."""
        joins = self.chance.uniform(Draw.SHARES_LINE, hosts) < self.country.shared_lines
        joins &= np.diff(families, prepend=-1) == 0
        return np.maximum.accumulate(np.where(joins, 0, hosts))

    def isps(self, lines: Integers, families: Integers, weights: Floats) -> Integers:
        """Return the position of each line's provider, drawn by the weights of its family."""
        drawn, isps = self.chance.uniform(Draw.PROVIDER, lines), np.zeros(len(lines), dtype=np.int64)
        for family, of_family in enumerate(weights):
            chosen = np.flatnonzero(families == family)
            isps[chosen] = pick(of_family, drawn[chosen])
        return isps

    def provinces(self, lines: Integers, isps: Integers) -> Integers:
        """Return the position of each line's province; ``NOWHERE`` abroad."""
        weights = np.array(list(self.country.provinces.values()))
        at_home = np.array([isp.country == self.country.code for isp in self.country.isps])
        drawn = pick(weights, self.chance.uniform(Draw.PROVINCE, lines))
        return np.where(at_home[isps], drawn, NOWHERE)

    def sectors(self, lines: Integers) -> Integers:
        """Return the position of each line's sector; 0 where the country has none."""
        weights = np.array(list(self.country.sectors.values()) or [1.0])
        return pick(weights, self.chance.uniform(Draw.SECTOR, lines))

    def duties(self, hosts: Integers, families: Integers) -> Integers:
        """Return for each machine the position in ``DUTIES`` of when it is on; ``families`` are those that have it."""
        shares = np.array([[f.duties.get(duty, 0.0) for duty in DUTIES] for f in self.country.families])
        edges = np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True)
        duties: Integers = (self.chance.uniform(Draw.DUTY, hosts)[:, None] >= edges[families, :-1]).sum(axis=1)
        return duties

    def regionless(self, lines: Integers) -> Mask:
        """Return whether the feed places the line in no province."""
        return self.chance.uniform(Draw.REGIONLESS, lines) < self.country.regionless

    def installs(self, hosts: Integers, episodes: Integers) -> Integers:
        """Return how often a machine was installed anew before its given infection, counted from 0."""
        count = np.zeros(len(hosts), dtype=np.int64)
        for turn in range(1, int(episodes.max(initial=0)) + 1):
            new = self.chance.uniform(Draw.REINSTALLED, hosts, turn) < self.country.reinstalled
            count += (episodes >= turn) & new
        return count

    def bots(self, hosts: Integers, episodes: Integers) -> Bits:
        """Return the bot ID of each machine during an infection: clones have one of few, an installation a new one."""
        own = self.chance.bits(Draw.BOT, hosts, self.installs(hosts, episodes))
        is_clone = self.chance.uniform(Draw.CLONED, hosts) < self.country.cloned
        shared = self.chance.bits(Draw.CLONED, hosts % _CLONES, 1)
        return np.where(is_clone, shared, own)
