"""What was true, as tables and their columns: levels by hour and day, infections, measures, feeds, the reduction."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.simulate.machines.checkins import comes_late
from quetsach.simulate.machines.days import Day, Levels
from quetsach.simulate.machines.infections import CLEANED, OPEN
from quetsach.simulate.machines.population import DAY, DUTIES, NEVER, Effect, Population
from quetsach.simulate.machines.random_streams import Bits, Integers, RandomStreams
from quetsach.simulate.machines.scenario import Country

# The tables of a country's truth and their columns.
#
# Levels are seconds: of an hour or day that machines spent infected, or infected and on line. So they add up exactly
# over hours, families, providers and places; divided by the seconds of the hour or day they are mean numbers of
# machines.

CAMPAIGN, NO_CAMPAIGN = "campaign", "no-campaign"
"""The two plays of a country."""

WINDOW_DAYS = 28
"""The reduction is that of the last so many days."""

WORD = pa.dictionary(pa.int32(), pa.string())
MOMENT = pa.timestamp("s", tz="UTC")
_NUMBER, _DAY, _SHARE = pa.int64(), pa.date32(), pa.float64()
_CELL = dict.fromkeys(("family", "isp", "country", "province"), WORD)
_LEVEL = dict.fromkeys(("infected_seconds", "online_seconds", "active_hosts"), _NUMBER)

HOURS = pa.schema({"hour": MOMENT, **_CELL, **_LEVEL})
"""Levels of the campaign by hour; cells without an infected second are left out. ``active_hosts``: on line in it."""

DAYS = pa.schema({"day": _DAY, "play": WORD, **_CELL, **_LEVEL, "begun": _NUMBER, "cleaned": _NUMBER, "freed": _NUMBER})
"""Levels of both plays by day, with infections that began, that ended of themselves and that a measure ended."""

INFECTIONS = pa.schema(
    {
        "play": WORD,
        "host": _NUMBER,
        "episode": _NUMBER,
        "line": _NUMBER,
        "bot_id": pa.string(),
        **_CELL,
        "sector": WORD,
        "began_as": WORD,
        "on_line": WORD,
        "begin": MOMENT,
        "end": MOMENT,
        "cause": WORD,
    }
)
"""Every infection of both plays; ``end`` is null and ``cause`` open where it outlasts the last day. ``family`` is the
last and ``began_as`` the first, which differ after a migration."""

LEASES = pa.schema(
    {
        "line": _NUMBER,
        "isp": WORD,
        "begin": MOMENT,
        "end": MOMENT,
        "address": _NUMBER,
        "first_port": _NUMBER,
        "ports": _NUMBER,
    }
)
"""Leases of the lines with infected machines, cut at midnight; ``address`` is the 32-bit number."""

FEEDS = pa.schema(
    {
        "day": _DAY,
        "feed": WORD,
        "rows": _NUMBER,
        "uptime_seconds": _NUMBER,
        "clock_error_seconds": _NUMBER,
        "comes_late": pa.bool_(),
    }
)
"""What each feed reported of a day's check-ins at home, before rows come late or again, and how long it was up; by how
much its stamps were ahead of UTC, and whether the day's file came after all others."""

MEASURES = pa.schema(
    {
        "measure": WORD,
        "kind": WORD,
        "families": pa.string(),
        "isp": WORD,
        "province": WORD,
        "begin": MOMENT,
        "last": _DAY,
        "ramp_days": _SHARE,
        "reduction": _SHARE,
        "cleaning_factor": _SHARE,
    }
)
"""Where and when each measure begins, and its effect by design; ``families`` joined by ``;``, empty for all."""

REDUCTION = pa.schema(
    {
        "first": _DAY,
        "last": _DAY,
        "by": WORD,
        "name": WORD,
        "level": WORD,
        "with_seconds": _NUMBER,
        "without_seconds": _NUMBER,
        "reduction": _SHARE,
    }
)
"""One less the campaign's level by that without it, over the last ``WINDOW_DAYS``; null where that is nothing."""


# What was true, as tables: levels by hour and day, infections, measures, feeds, the reduction.
#
# Levels are seconds: of an hour or day that machines spent infected, or infected and on line. So they add up exactly
# over hours, families, providers and places; divided by the seconds of the hour or day they are mean numbers of
# machines.

_HOUR = 3600


class Truth:
    """Makes the tables of a country, a day at a time; keeps of the past only what the reduction needs."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self._provinces = len(country.provinces) + 1
        self._cells = len(country.families) * len(country.isps) * self._provinces
        self._midnight = datetime.combine(country.period.first, time(), UTC)
        self._names = [
            pa.array([family.spelling for family in country.families]),
            pa.array([isp.id for isp in country.isps]),
            pa.array([isp.country for isp in country.isps]),
            pa.array([*country.provinces, ""]),
        ]
        self._sectors = list(country.sectors) or [UNKNOWN_SECTOR]
        self._people = Population(country, RandomStreams(country.seed))
        self._window = np.zeros((2, 2, self._cells), dtype=np.int64)  # play, level, cell
        self._sector_window = np.zeros((2, 2, len(self._sectors)), dtype=np.int64)

    def hours(self, day: Day) -> pa.Table:
        """Return the rows of ``HOURS``."""
        levels, cells = day.levels, self._cell(day.levels)
        infected, _ = by_hour(levels.begins, levels.ends, cells, self._cells)
        online, active = by_hour(levels.on, levels.off, cells, self._cells)
        hour, cell = np.nonzero(infected)
        moments = self._moments(day.number * DAY + hour * _HOUR)
        return self._table(HOURS, [moments, *self._words(cell), *(t[hour, cell] for t in (infected, online, active))])

    def days(self, day: Day) -> pa.Table:
        """Return the rows of ``DAYS``."""
        parts = []
        for play, (name, levels) in enumerate(((CAMPAIGN, day.levels), (NO_CAMPAIGN, day.without))):
            cells, infections = self._cell(levels), levels.infections
            infected = _sum(cells, levels.ends - levels.begins, self._cells)
            online = _sum(cells, levels.off - levels.on, self._cells)
            if day.number >= self._country.days - WINDOW_DAYS:
                self._window[play] += (infected, online)
                self._sector_window[play] += self._by_sector(levels)
            counts = [
                np.bincount(cells[chosen], minlength=self._cells)
                for chosen in (
                    levels.off > levels.on,
                    infections.begins >= day.number * DAY,
                    infections.causes == CLEANED,
                    infections.causes >= 0,
                )
            ]
            some = np.flatnonzero((infected > 0) | np.sum(counts, axis=0).astype(np.bool_))
            heads = [pa.repeat(pa.scalar(day.date), len(some)), pa.repeat(name, len(some)), *self._words(some)]
            parts.append(self._table(DAYS, heads + [column[some] for column in (infected, online, *counts)]))
        return pa.concat_tables(parts)

    def infections(self, day: Day) -> pa.Table:
        """Return the rows of ``INFECTIONS`` that are known: those that ended, and on the last day all others."""
        parts = []
        is_last = day.number == self._country.days - 1
        causes = pa.array(["open", "cleaned", *(measure.id for measure in self._country.measures)])
        for name, levels, bots in ((CAMPAIGN, day.levels, day.bots), (NO_CAMPAIGN, day.without, day.bots_without)):
            chosen = np.flatnonzero((levels.infections.causes != OPEN) | is_last)
            of = levels.infections[chosen]
            is_open = of.causes == OPEN
            ends = pa.array(np.where(is_open, 0, of.ends) + int(self._midnight.timestamp()), mask=is_open)
            columns = [pa.repeat(name, len(of)), of.hosts, of.episodes, of.lines, hex_texts(bots[chosen])]
            columns += self._words(self._cell(levels)[chosen])
            sectors = self._people.sectors(of.lines).astype(np.int32)
            columns += [pa.DictionaryArray.from_arrays(pa.array(sectors), self._sectors)]
            columns += [self._names[0].take(pa.array(of.origins))]
            columns += [pa.array([duty.value for duty in DUTIES]).take(pa.array(of.duties))]
            columns += [self._moments(of.begins), ends.cast(MOMENT), causes.take(pa.array(of.causes - OPEN))]
            parts.append(self._table(INFECTIONS, columns))
        return pa.concat_tables(parts)

    def leases(self, day: Day) -> pa.Table:
        """Return the rows of ``LEASES``."""
        leases = day.leases
        some = leases.ends > leases.begins
        line = leases.lines[some]
        columns: list[Any] = [leases.of.numbers[line], self._names[1].take(pa.array(leases.of.isps[line]))]
        columns += [self._moments(day.number * DAY + seconds[some]) for seconds in (leases.begins, leases.ends)]
        return self._table(LEASES, columns + [c[some] for c in (leases.addresses, leases.first_ports, leases.ports)])

    def feeds(self, day: Day) -> pa.Table:
        """Return the rows of ``FEEDS``."""
        at_home = is_home(self._country)[day.levels.infections.isps]
        rows = [int(at_home[day.stretches.infections[day.events.stretches[seen]]].sum()) for seen in day.seen.values()]
        days = pa.repeat(pa.scalar(day.date), len(rows))
        errors = [feed.clock_error(day.date) for feed in self._country.feeds]
        late = [
            comes_late(self._country, number, day.number - day.number % feed.days_a_file)
            for number, feed in enumerate(self._country.feeds)
        ]
        return self._table(FEEDS, [days, pa.array(list(day.seen)), rows, list(day.uptime.values()), errors, late])

    def measures(self) -> pa.Table:
        """Return the rows of ``MEASURES``."""
        effect = Effect.of(self._country)
        parts = []
        for measure, starts in zip(effect.measures, effect.starts, strict=True):
            isp, province = np.nonzero(starts < NEVER)
            texts = [
                pa.repeat(pa.scalar(text, pa.string()), len(isp))
                for text in (measure.id, measure.kind, ";".join(measure.families))
            ]
            last = pa.repeat(pa.scalar(measure.last, pa.date32()), len(isp))
            numbers = [np.full(len(isp), n) for n in (measure.ramp_days, measure.reduction, measure.cleaning)]
            names = [self._names[1].take(pa.array(isp)), self._names[3].take(pa.array(province))]
            parts.append(self._table(MEASURES, [*texts, *names, self._moments(starts[isp, province]), last, *numbers]))
        return pa.concat_tables(parts) if parts else MEASURES.empty_table()

    def reduction(self) -> pa.Table:
        """Return the rows of ``REDUCTION``, after the last day."""
        shape = (2, 2, len(self._country.families), len(self._country.isps), self._provinces)
        home = self._window.reshape(shape)[:, :, :, is_home(self._country), :-1]
        isps = [isp.id for isp in self._country.isps if isp.country == self._country.code]
        by = [("country", [self._country.code], home.sum(axis=(2, 3, 4))[:, :, None])]
        by += [("family", self._names[0].to_pylist(), home.sum(axis=(3, 4))), ("isp", isps, home.sum(axis=(2, 4)))]
        by += [("province", list(self._country.provinces), home.sum(axis=(2, 3)))]
        by += [("sector", self._sectors, self._sector_window)]
        last = self._country.period.last
        first = max(self._country.period.first, last - timedelta(days=WINDOW_DAYS - 1))
        rows = [
            (first, last, kind, name, level, int(sums[0, n, at]), int(sums[1, n, at]))
            for kind, names, sums in by
            for n, level in enumerate(("infected", "online"))
            for at, name in enumerate(names)
        ]
        shares = [1 - row[5] / row[6] if row[6] else None for row in rows]
        return self._table(REDUCTION, [*(list(column) for column in zip(*rows, strict=True)), shares])

    def _by_sector(self, levels: Levels) -> tuple[Integers, Integers]:
        """Return seconds infected and on line at home, by sector."""
        home = np.flatnonzero(is_home(self._country)[levels.infections.isps])
        sectors = self._people.sectors(levels.infections.lines[home])
        infected, online = levels.ends - levels.begins, levels.off - levels.on
        return _sum(sectors, infected[home], len(self._sectors)), _sum(sectors, online[home], len(self._sectors))

    def _cell(self, levels: Levels) -> Integers:
        of = levels.infections
        province = np.where(of.provinces < 0, self._provinces - 1, of.provinces)
        return (of.families * len(self._country.isps) + of.isps) * self._provinces + province

    def _words(self, cells: Integers) -> list[pa.Array]:
        """Return family, provider, country and province of cells, as dictionaries."""
        isps = cells // self._provinces % len(self._country.isps)
        at = (cells // self._provinces // len(self._country.isps), isps, isps, cells % self._provinces)
        codes = [pa.array(positions.astype(np.int32)) for positions in at]
        return [pa.DictionaryArray.from_arrays(c, names) for c, names in zip(codes, self._names, strict=True)]

    def _moments(self, seconds: Integers) -> pa.Array:
        return pa.array(seconds + int(self._midnight.timestamp())).cast(MOMENT)

    @staticmethod
    def _table(schema: pa.Schema, columns: list[Any]) -> pa.Table:
        made = [
            c if isinstance(c, pa.Array) else pa.array(c, field.type) for c, field in zip(columns, schema, strict=False)
        ]
        return pa.table([column.cast(field.type) for column, field in zip(made, schema, strict=True)], schema=schema)


def is_home(country: Country) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Return for each provider whether it is of the country itself."""
    return np.array([isp.country == country.code for isp in country.isps])


def by_hour(begins: Integers, ends: Integers, cells: Integers, count: int) -> tuple[Integers, Integers]:
    """Return seconds and number of stretches in each hour of a day by cell: tables of 24 by ``count``.

    Args:
        begins: seconds of the day.
        ends: not before them.
        cells: of each stretch.
        count: of cells.
    """
    seconds = np.zeros((24, count), dtype=np.int64)
    present = np.zeros((24, count), dtype=np.int64)
    whole = (begins == 0) & (ends == DAY)
    all_day = np.bincount(cells[whole], minlength=count)
    seconds += all_day * _HOUR
    present += all_day
    begins, ends, cells = begins[~whole], ends[~whole], cells[~whole]
    for hour in range(24):
        inside = np.minimum(ends, (hour + 1) * _HOUR) - np.maximum(begins, hour * _HOUR)
        some = np.flatnonzero(inside > 0)
        seconds[hour] += _sum(cells[some], inside[some], count)
        present[hour] += np.bincount(cells[some], minlength=count)
    return seconds, present


def hex_texts(numbers: Bits) -> pa.Array:
    """Return 64-bit numbers as 16 hexadecimal digits."""
    pairs = np.array([f"{n:02x}".encode() for n in range(256)], dtype="S2")
    digits = pairs[numbers.astype(">u8").view(np.uint8)].tobytes()
    return (
        pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(numbers), [None, pa.py_buffer(digits)])
        .cast(pa.binary())
        .cast(pa.string())
    )


def _sum(cells: Integers, seconds: Integers, count: int) -> Integers:
    """Add up whole seconds by cell; exact, since sums of a day stay far below 2^53."""
    return np.bincount(cells, weights=seconds, minlength=count).astype(np.int64)
