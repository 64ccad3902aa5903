"""When machines are on line: one stretch a day each, within the day of UTC (07:00 to 07:00 of Viet Nam)."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from quetsach.simulate.machines.chance import Chance, Draw, Floats, Integers
from quetsach.simulate.machines.effect import DAY
from quetsach.simulate.machines.population import DUTIES
from quetsach.simulate.machines.scenario import Country, Duty, Hours

LOCAL_HOURS = 7
"""Viet Nam is ahead of UTC by these."""


@dataclass(frozen=True, slots=True, eq=False)
class Presence:
    """When the machines of a country are on line."""

    country: Country
    chance: Chance

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
        if hours.weekdays_only and (moment.weekday() >= 5 or moment in self.country.holidays):
            return nothing, nothing
        on = self._moment(Draw.SWITCHED_ON, day, hosts, hours.start, hours.spread)
        off = self._moment(Draw.SWITCHED_OFF, day, hosts, hours.until, hours.spread)
        is_on = (self.chance.uniform(Draw.PRESENT, hosts, day) < hours.presence) & (off > on)
        return np.where(is_on, on, 0), np.where(is_on, off, 0)

    def _moment(self, draw: Draw, day: int, hosts: Integers, local: float, spread: float) -> Integers:
        around: Floats = local - LOCAL_HOURS + spread * (2 * self.chance.uniform(draw, hosts, day) - 1)
        return np.clip(np.floor(around * 3600), 0, DAY).astype(np.int64)


ALWAYS = DUTIES.index(Duty.ALWAYS)
