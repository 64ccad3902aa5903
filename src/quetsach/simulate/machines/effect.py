"""What the campaign does to machines, by design: when each is freed, and how much sooner infections end."""

from dataclasses import dataclass

import numpy as np

from quetsach.simulate.machines.chance import Chance, Draw, Floats, Integers, Mask
from quetsach.simulate.machines.scenario import Country, Measure, RollOut

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
        self, chance: Chance, hosts: Integers, *, families: Integers, isps: Integers, provinces: Integers
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
