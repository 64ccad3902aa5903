"""A country, day by day: what is true and what the feeds see of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from quetsach.network import AddressRanges
from quetsach.simulate.machines.checkins import CheckInTimes, Sinkhole, Sources, Stretches, sources, stretches
from quetsach.simulate.machines.infections import Epidemic, Infections
from quetsach.simulate.machines.leases import Leases, Leasing
from quetsach.simulate.machines.population import DAY, Effect, Population, Presence
from quetsach.simulate.machines.random_streams import Bits, Integers, RandomStreams, distinct, number_distinct
from quetsach.simulate.machines.scenario import Country

_PORTS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The infections of a day, and the seconds of it from which and before which each was infected and on line."""

    infections: Infections
    begins: Integers
    ends: Integers
    on: Integers
    off: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The check-ins of a day by time: the stretch of each, its second of the day and its source port."""

    stretches: Integers
    seconds: Integers
    ports: Integers

    def __len__(self) -> int:
        return len(self.seconds)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """One day of a country.

    ``levels``: the truth; ``without``: the same on the same random numbers without any measure. ``events`` come from
    ``stretches`` of ``levels.infections`` under ``leases``, from the addresses of ``sources``. ``seen``: for each feed
    the positions of the events that it reports. ``bots``: the bot ID of each infection, and ``bots_without`` in the
    other play.
    """

    number: int
    date: date
    levels: Levels
    without: Levels
    bots: Bits
    bots_without: Bits
    leases: Leases
    stretches: Stretches
    sources: Sources
    events: Events
    seen: Mapping[str, Integers]
    uptime: Mapping[str, int]


def country(scenario: Country, ranges: AddressRanges | None = None) -> Iterator[Day]:
    """Play a country; the same scenario and ranges give the same days.

    Args:
        scenario: what to play.
        ranges: where providers with an AS have their addresses; without it all addresses are of nobody (28.0.0.0/8).

    Raises:
        SimulateError: a provider has too few addresses.
    """
    chance, effect = RandomStreams(scenario.seed), Effect.of(scenario)
    with_, without = Epidemic(scenario, effect), Epidemic(scenario, Effect((), (), (), ()))
    presence, people = Presence(scenario, chance), Population(scenario, chance)
    leasing, times = Leasing(scenario, ranges), CheckInTimes(scenario, chance)
    sinkholes = {feed.id: Sinkhole(scenario, number) for number, feed in enumerate(scenario.feeds)}
    for day in range(scenario.days):
        levels, switched_on = _levels(day, with_.advance(day), presence)
        infected = levels.infections
        other = _levels(day, without.advance(day), presence)[0]
        leases = leasing.advance(day, *_lines(infected, with_.waiting, people))
        parts = stretches(infected, levels.on, levels.off, leases)
        at, seconds = times.of(day, infected, switched_on, parts)
        source = sources(scenario, day, infected, parts=parts, leases=leases)
        rng = np.random.default_rng([scenario.seed, _PORTS, day])
        lease = parts.leases[at]
        ports = leases.first_ports[lease] + (rng.random(len(at)) * leases.ports[lease]).astype(np.int64)
        yield Day(
            number=day,
            date=scenario.period.first + timedelta(days=day),
            levels=levels,
            without=other,
            bots=people.bots(infected.hosts, infected.episodes),
            bots_without=people.bots(other.infections.hosts, other.infections.episodes),
            leases=leases,
            stretches=parts,
            sources=source,
            events=Events(at, seconds, ports),
            seen={name: sink.take(day, infected, parts, source, (at, seconds)) for name, sink in sinkholes.items()},
            uptime={name: sink.uptime(day) for name, sink in sinkholes.items()},
        )


def _levels(day: int, infected: Infections, presence: Presence) -> tuple[Levels, Integers]:
    """Return when in the day each machine was infected and on line, and when it was switched on."""
    begins = np.maximum(infected.begins - day * DAY, 0)
    ends = np.clip(infected.ends - day * DAY, 0, DAY)
    switched_on, switched_off = presence.of(day, infected.hosts, infected.duties)
    on = np.maximum(switched_on, begins)
    off = np.maximum(np.minimum(switched_off, ends), on)
    return Levels(infected, begins, ends, on, off), switched_on


def _lines(infected: Infections, waiting: Infections, people: Population) -> tuple[Integers, Integers, Integers]:
    """Return the lines of machines that are infected, or will be again: number, provider, duty of its first machine."""
    lines = np.concatenate((infected.lines, waiting.lines))
    numbers, first = np.unique(lines, return_index=True)
    isps = np.concatenate((infected.isps, waiting.isps))[first]
    families = np.concatenate((infected.families, waiting.families))[first]  # a line's machines have one family
    return numbers, isps, people.duties(numbers, families)


# What public dashboards show of the country and its neighbours: distinct addresses a day, and nothing finer.

PANEL_HEADER = b"unit,period,outcome,treated\n"


class Dashboard:
    """Counts addresses by country as the first feed sees them.

    The country counts as treated from the first day of its earliest measure on.
    """

    def __init__(self, country: Country) -> None:
        self._country = country
        self._begins: date | None = min((measure.first for measure in country.measures), default=None)
        codes = list(country.countries)
        self._of_isp = np.array([codes.index(isp.country) for isp in country.isps])

    def rows(self, day: Day) -> bytes:
        """Return a line for each country: code, day, distinct addresses, whether a campaign runs in it (1 or 0)."""
        seen = day.events.stretches[next(iter(day.seen.values()))]
        stretches, _ = distinct(seen, len(day.stretches))
        keys = day.sources.keys()[stretches]
        of = self._of_isp[day.levels.infections.isps[day.stretches.infections[stretches]]]
        lines = []
        for at, code in enumerate(self._country.countries):
            is_treated = code == self._country.code and self._begins is not None and day.date >= self._begins
            lines.append(f"{code},{day.date},{number_distinct(keys[of == at])},{int(is_treated)}\n")
        return "".join(lines).encode()
