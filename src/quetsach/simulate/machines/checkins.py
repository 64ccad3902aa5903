"""When bots check in: the events of a day, drawn stretch by stretch of time on line under one address."""

from dataclasses import dataclass

import numpy as np

from quetsach.simulate.machines.chance import Chance, Draw, Floats, Integers
from quetsach.simulate.machines.effect import DAY
from quetsach.simulate.machines.infections import Infections
from quetsach.simulate.machines.leases import Leases
from quetsach.simulate.machines.presence import ALWAYS
from quetsach.simulate.machines.scenario import CheckIns, Country, Schedule

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
    chance: Chance

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
