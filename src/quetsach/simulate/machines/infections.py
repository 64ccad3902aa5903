"""Infections from day to day: who is infected, from when to when, and what ended it.

Only those at work and those that will come back are kept, so memory does not grow with the days. Played twice, with
the campaign and without, on the same random numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import gamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quetsach.simulate.machines.population import DAY, NEVER, Effect, Population
from quetsach.simulate.machines.random_streams import Draw, Floats, Integers, RandomStreams
from quetsach.simulate.machines.scenario import Country, Family

OPEN, CLEANED = -2, -1
"""In place of the measure that ended an infection: none did yet; it ended of itself."""

_ARRIVALS, _WANDERING = 1, 7
_GRID = 4096
_LONGEST = 40.0
"""Ages are drawn up to this many times the scale of an infection's length."""


@dataclass(frozen=True, slots=True, eq=False)
class Infections:
    """Infections, one a position in each array.

    ``hosts``, ``lines`` numbers; ``families``, ``isps``, ``provinces``, ``duties`` positions in the scenario's tables;
    ``origins`` the family that each began with;
    ``episodes`` the how-manieth infection of the machine, from 0; ``begins``, ``ends`` seconds, the end ``NEVER`` while
    it is not known; ``causes`` what ended it: ``OPEN``, ``CLEANED`` or the position of a measure; ``freed`` the second
    from which on the machine cannot be infected, and ``freed_by`` the measure; ``left``: hazard that it still bears.
    """

    hosts: Integers
    episodes: Integers
    lines: Integers
    origins: Integers
    families: Integers
    isps: Integers
    provinces: Integers
    duties: Integers
    begins: Integers
    ends: Integers
    causes: Integers
    freed: Integers
    freed_by: Integers
    left: Floats

    def __len__(self) -> int:
        return len(self.hosts)

    def __getitem__(self, chosen: NDArray[Any]) -> "Infections":
        return Infections(*(getattr(self, column.name)[chosen] for column in fields(self)))

    @classmethod
    def joined(cls, parts: "Sequence[Infections]") -> "Infections":
        """Return all infections of several."""
        return cls(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(cls)))


class Epidemic:
    """Plays the infections of a country, day by day."""

    def __init__(self, country: Country, effect: Effect) -> None:
        self._country = country
        self._effect = effect
        self._chance = RandomStreams(country.seed)
        self._people = Population(country, self._chance)
        self._cleaning = cleaning_of(country)
        self._scales = np.array([_scale(family) for family in country.families])
        self._shapes = np.array([family.shape for family in country.families])
        self._spellings = [family.spelling for family in country.families]
        self._next_host = 0
        levels = _levels(country)
        self._rates = np.stack(
            [_rates(family, level, self._cleaning) for family, level in zip(country.families, levels, strict=True)]
        )
        self._shocks = _shocks(country)
        self._growth = np.array([family.growth for family in country.families])
        self._active = self._appear(np.floor(levels.sum(axis=1) + 0.5).astype(np.int64), levels, begins=None)
        self._waiting = self._active[np.zeros(0, dtype=np.int64)]

    @property
    def waiting(self) -> Infections:
        """What machines that are clean now will have again."""
        return self._waiting

    def advance(self, day: int) -> Infections:
        """Play the next day; return every infection that had a second of it, with its end if it ended."""
        start, stop = day * DAY, (day + 1) * DAY
        due = self._waiting.begins < stop
        today = Infections.joined([self._active, self._arrivals(day), self._waiting[due]])
        self._waiting = self._waiting[~due]
        today = today[today.begins < today.freed]
        self._migrate(today, day)
        self._clean(today, day, start, stop)
        ended = today.causes != OPEN
        self._active = today[~ended]
        self._waiting = Infections.joined([self._waiting, self._return(today[today.causes == CLEANED], stop)])
        return today

    def _migrate(self, today: Infections, day: int) -> None:
        """Let machines go over to another botnet, in the first second of the day."""
        for number, migration in enumerate(self._country.migrations):
            since = day + 1 - self._country.day(migration.first)
            before, after = (self._spellings.index(name) for name in (migration.before, migration.after))
            share = migration.share * min(1.0, max(0, since) / migration.days)
            moves = self._chance.uniform(Draw.MIGRATES + number, today.hosts) < share
            today.families[moves & (today.families == before)] = after

    def _arrivals(self, day: int) -> Infections:
        rng = np.random.default_rng([self._country.seed, _ARRIVALS, day])
        rates = self._rates * np.exp(self._growth[:, None] * day + self._shocks[day])
        return self._appear(rng.poisson(rates.sum(axis=1)), rates, begins=day * DAY)

    def _appear(self, counts: Integers, weights: Floats, *, begins: int | None) -> Infections:
        """Give new machines their numbers, family by family, and say who they are.

        Args:
            counts: new machines of each family.
            weights: of families by providers, where they are.
            begins: second from which on their day runs; ``None`` for those infected before the start.
        """
        families = np.repeat(np.arange(len(counts)), counts)
        hosts = np.arange(self._next_host, self._next_host + len(families), dtype=np.int64)
        self._next_host += len(hosts)
        lines = self._people.lines(hosts, families)
        isps = self._people.isps(lines, families, weights)
        provinces = self._people.provinces(lines, isps)
        freed, freed_by = self._effect.freed(self._chance, hosts, families=families, isps=isps, provinces=provinces)
        if begins is None:
            starts = -1 - (self._ages(hosts, families, isps) * DAY).astype(np.int64)
        else:
            starts = begins + (self._chance.uniform(Draw.STARTS, hosts) * DAY).astype(np.int64)
        return Infections(
            hosts,
            np.zeros(len(hosts), dtype=np.int64),
            lines,
            families,
            families.copy(),
            isps,
            provinces,
            self._people.duties(hosts, families),
            starts,
            np.full(len(hosts), NEVER, dtype=np.int64),
            np.full(len(hosts), OPEN, dtype=np.int64),
            freed,
            freed_by,
            self._chance.exponential(Draw.CLEANED, hosts),
        )

    def _ages(self, hosts: Integers, families: Integers, isps: Integers) -> Floats:
        """Draw how long infections of the first day have lasted, in days, as in a level that grows evenly."""
        ages, drawn = np.zeros(len(hosts)), self._chance.uniform(Draw.AGE, hosts)
        for family in range(len(self._growth)):
            of = families == family
            grid, density = _survival(self._shapes[family], self._growth[family] * self._scales[family])
            ages[of] = np.interp(drawn[of], np.cumsum(density) / density.sum(), grid)
        ages *= self._scales[families] * self._cleaning[isps] ** (-1 / self._shapes[families])
        return ages

    def _clean(self, today: Infections, day: int, start: int, stop: int) -> None:
        """Let the hazard of a day work: ends and causes are filled in where an infection ends in it."""
        shapes, scales = self._shapes[today.families], self._scales[today.families]
        hazard = self._cleaning[today.isps]
        factors = self._effect.factors(day)
        if factors is not None:
            hazard = hazard * factors[today.families, today.isps, today.provinces]
        from_ = np.maximum(today.begins, start)
        before = ((from_ - today.begins) / DAY / scales) ** shapes
        after = ((stop - today.begins) / DAY / scales) ** shapes
        borne = hazard * (after - before)
        ends = np.flatnonzero(borne >= today.left)
        age = scales[ends] * (before[ends] + today.left[ends] / hazard[ends]) ** (1 / shapes[ends])
        today.left[:] -= borne
        moment = today.begins[ends] + np.floor(age * DAY).astype(np.int64)
        today.ends[ends] = np.clip(moment, from_[ends] + 1, stop)
        today.causes[ends] = CLEANED
        freed = np.flatnonzero((today.freed < stop) & (today.freed < today.ends))
        today.ends[freed], today.causes[freed] = today.freed[freed], today.freed_by[freed]

    def _return(self, cleaned: Infections, stop: int) -> Infections:
        """Return the infections that machines will have again, not before the day after."""
        shares = np.array([family.reinfection for family in self._country.families])[cleaned.families]
        means = np.array([family.reinfection_days for family in self._country.families])[cleaned.families]
        returns = self._chance.uniform(Draw.REINFECTED, cleaned.hosts, cleaned.episodes) < shares
        back = cleaned[returns]
        wait = means[returns] * DAY * self._chance.exponential(Draw.REINFECTED_AFTER, back.hosts, back.episodes)
        back.begins[:] = np.maximum(back.ends + wait.astype(np.int64), stop)
        back.ends[:], back.causes[:] = NEVER, OPEN
        back.episodes[:] += 1
        back.origins[:] = back.families
        back.left[:] = self._chance.exponential(Draw.CLEANED, back.hosts, back.episodes)
        return back[(back.begins < self._country.days * DAY) & (back.begins < back.freed)]


def cleaning_of(country: Country) -> Floats:
    """Return the factor of each provider's clean-up hazard: its own, else one drawn from the country's frailty."""
    rng = np.random.default_rng([country.seed, 0])
    shape = country.frailty
    drawn = [rng.gamma(shape, 1 / shape) if shape else 1.0 for _ in country.isps]
    return np.array([d if isp.cleaning is None else isp.cleaning for d, isp in zip(drawn, country.isps, strict=True)])


def _scale(family: Family) -> float:
    """Return the scale of an infection's Weibull length in days."""
    return family.mean_days / gamma(1 + 1 / family.shape)


def _survival(shape: float, tilt: float) -> tuple[Floats, Floats]:
    """Return a grid of ages, in scales, and the density of ages of a level whose logarithm grows by ``tilt`` a scale.

    The grid is finer at short ages, where a falling hazard bends.
    """
    grid = np.linspace(0, 1, _GRID) ** 3 * _LONGEST ** max(1.0, 1 / shape)
    density = np.exp(-(grid**shape) - tilt * grid) * np.gradient(grid)
    return grid, density


def _levels(country: Country) -> Floats:
    """Return infected machines at the start by family and provider."""
    families = np.array([family.weight for family in country.families])
    isps = np.array([isp.weight for isp in country.isps])
    home = sum(isp.weight for isp in country.isps if isp.country == country.code)
    return np.outer(families / families.sum(), isps / home) * country.hosts


def _rates(of: Family, levels: Floats, cleaning: Floats) -> Floats:
    """Return how many machines a provider must have infected anew on day 0 for its level to grow as it should."""
    scales = _scale(of) * cleaning ** (-1 / of.shape)
    lasting = np.array([scale * _survival(of.shape, of.growth * scale)[1].sum() for scale in scales])
    rates: Floats = levels / lasting * (1 - of.reinfection)
    return rates


def _shocks(country: Country) -> Floats:
    """Return by how much the logarithm of new infections is off on each day, by provider: walks that begin at 0."""
    rng = np.random.default_rng([country.seed, _WANDERING])
    codes = list(country.countries)
    steps = country.own_shock * rng.normal(size=(country.days, len(codes)))
    steps += country.common_shock * rng.normal(size=(country.days, 1))
    steps[0] = 0
    return np.cumsum(steps, axis=0)[:, [codes.index(isp.country) for isp in country.isps]]
