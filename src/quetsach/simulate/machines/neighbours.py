"""What public dashboards show of the country and its neighbours: distinct addresses a day, and nothing finer."""

from datetime import date

import numpy as np

from quetsach.simulate.machines.chance import distinct, number_distinct
from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.scenario import Country

HEADER = b"unit,period,outcome,treated\n"


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
