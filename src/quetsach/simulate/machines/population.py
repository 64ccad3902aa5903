"""Who machines and lines are, when they are on line, and what the campaign does to them."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from quetsach.simulate.machines.random_streams import Bits, Draw, Floats, Integers, Mask, RandomStreams, pick
from quetsach.simulate.machines.scenario import NOWHERE, ActivityProfile, Country, Hours, Measure, RollOut

# Who machines and lines are: everything about them that never changes, answered from their numbers.
#
# A machine has the number of its infection among all that ever happen; a line that of its first machine.

DUTIES = tuple(ActivityProfile)
_CLONES = 16
"""Machines that share one cloned bot ID come in this many groups."""


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """The machines of a country."""

    country: Country
    chance: RandomStreams

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


# What the campaign does to machines, by design: when each is freed, and how much sooner infections end.

DAY = 86_400
NEVER = np.iinfo(np.int64).max
NOBODY = -1
"""In place of a measure: none."""


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """The measures of a country, unit by unit.

    ``fights``: for each measure, which families it is against.

    ``starts``: for each measure a table of providers by provinces with the second in which it begins there, ``NEVER``
    where it does not. The last column is that of neighbour countries, which nothing reaches.
    """

    measures: tuple[Measure, ...]
    fights: tuple[Mask, ...]
    starts: tuple[Integers, ...]
    last_days: tuple[int, ...]

    @classmethod
    def of(cls, country: Country) -> "Effect":
        """Lay out the measures of a country."""
        return cls(
            country.measures,
            tuple(
                np.array([f.spelling in (m.families or (f.spelling,)) for f in country.families])
                for m in country.measures
            ),
            tuple(_starts(country, measure) for measure in country.measures),
            tuple(country.days if m.last is None else country.day(m.last) for m in country.measures),
        )

    def freed(
        self, chance: RandomStreams, hosts: Integers, *, families: Integers, isps: Integers, provinces: Integers
    ) -> tuple[Integers, Integers]:
        """Return for each machine the second in which a measure frees it for good, and which measure.

        Over the ramp a share grows evenly from nothing to ``reduction``; a machine is freed when the share passes its
        own number. So the level is that without campaign times one less the share, in expectation, at every moment.
        """
        when, which = np.full(len(hosts), NEVER, dtype=np.int64), np.full(len(hosts), NOBODY, dtype=np.int64)
        for number, (measure, fights, starts) in enumerate(zip(self.measures, self.fights, self.starts, strict=True)):
            if not measure.reduction:
                continue
            own = chance.uniform(Draw.FREED + number, hosts)
            start = starts[isps, provinces]
            reached = np.flatnonzero((own < measure.reduction) & (start < NEVER) & fights[families])
            wait = measure.ramp_days * DAY * own[reached] / measure.reduction
            moment = start[reached] + wait.astype(np.int64)
            sooner = moment < when[reached]
            when[reached[sooner]], which[reached[sooner]] = moment[sooner], number
        return when, which

    def factors(self, day: int) -> Floats | None:
        """Return the factor of the clean-up hazard on a day by family, provider and province; ``None`` if all are 1."""
        product: Floats | None = None
        for measure, fights, starts, last in zip(self.measures, self.fights, self.starts, self.last_days, strict=True):
            if measure.cleaning == 1 or day > last:
                continue
            begun = starts <= day * DAY
            since = np.where(begun, day + 1 - starts / DAY, 0.0)
            ramp = np.minimum(since / measure.ramp_days, 1.0) if measure.ramp_days else begun.astype(np.float64)
            factor = np.where(fights[:, None, None], 1 + (measure.cleaning - 1) * ramp, 1.0)
            product = factor if product is None else product * factor
        return product


def wedge_order(country: Country, measure: Measure) -> list[str]:
    """Return the provinces of a measure in the order in which it reaches them."""
    provinces = list(measure.provinces or country.provinces)
    if measure.roll_out is not RollOut.WEDGE:
        return provinces
    order = np.random.default_rng(measure.order_seed).permutation(len(provinces))
    return [provinces[at] for at in order.tolist()]


def wedge_step(position: int, provinces: int, steps: int) -> int:
    """Return the step, from 0, in which the province at a position of the order is reached: steps of equal size."""
    return position * steps // provinces


def _starts(country: Country, measure: Measure) -> Integers:
    names = list(country.provinces)
    starts = np.full((len(country.isps), len(names) + 1), NEVER, dtype=np.int64)
    rows = [
        at
        for at, isp in enumerate(country.isps)
        if isp.country == country.code and (not measure.isps or isp.id in measure.isps)
    ]
    for position, name in enumerate(wedge_order(country, measure)):
        step = wedge_step(position, len(measure.provinces or names), measure.steps)
        starts[rows, names.index(name)] = (country.day(measure.first) + step * measure.step_days) * DAY
    return starts


# When machines are on line: one stretch a day each, within the day of UTC.


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """When the machines of a country are on line."""

    country: Country
    chance: RandomStreams

    def of(self, day: int, hosts: Integers, duties: Integers) -> tuple[Integers, Integers]:
        """Return the seconds of the day at which each machine goes on line and off; equal if it stays off."""
        begins, ends = np.zeros(len(hosts), dtype=np.int64), np.full(len(hosts), DAY, dtype=np.int64)
        for duty, hours in self.country.hours.items():
            chosen = np.flatnonzero(duties == DUTIES.index(duty))
            begins[chosen], ends[chosen] = self._hours(day, hosts[chosen], hours)
        return begins, ends

    def _hours(self, day: int, hosts: Integers, hours: Hours) -> tuple[Integers, Integers]:
        moment = self.country.period.first + timedelta(days=day)
        nothing = np.zeros(len(hosts), dtype=np.int64)
        resting = moment.weekday() in self.country.rest_days or moment in self.country.holidays
        if hours.weekdays_only and resting:
            return nothing, nothing
        hours = hours.as_utc(self.country.hours_ahead)
        on = self._moment(Draw.SWITCHED_ON, day, hosts, hours.start, hours.spread)
        off = self._moment(Draw.SWITCHED_OFF, day, hosts, hours.until, hours.spread)
        is_on = (self.chance.uniform(Draw.PRESENT, hosts, day) < hours.presence) & (off > on)
        return np.where(is_on, on, 0), np.where(is_on, off, 0)

    def _moment(self, draw: Draw, day: int, hosts: Integers, hour: float, spread: float) -> Integers:
        around: Floats = hour + spread * (2 * self.chance.uniform(draw, hosts, day) - 1)
        return np.clip(np.floor(around * 3600), 0, DAY).astype(np.int64)


ALWAYS = DUTIES.index(ActivityProfile.ALWAYS)
