"""Questions about machines, of roll-ups: gaps on the uptime clock, and plain counts, in whole numbers."""

# ruff: noqa: S608  (only names that this module lists are put into queries; every value is a parameter)

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from quetsach.assess.hosts.agreement import LONE_MINUTES, LONGER_STAY_HOURS, NIGHT_HOURS
from quetsach.assess.hosts.clock import CUT_MINUTES, Clock, uptime_minutes
from quetsach.assess.hosts.estimators import CLOCK_HOURS
from quetsach.assess.hosts.measure import Watch
from quetsach.assess.hosts.schedule import STEPS
from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.lake.host_rows import LOW_BITS, SQUARE_PARTS, HostRows
from quetsach.lake.queries import Names, Part, added, by_day, by_family, explained, in_part, placed_rows, run
from quetsach.lake.reach import Seen

type Sensor = tuple[str, str]
"""Feed and report."""

_MINUTE = 60_000_000
_DAY = 86_400_000_000
_CLOCK = pa.schema(
    [
        ("feed", pa.string()),
        ("report", pa.string()),
        ("family", pa.string()),
        ("day", pa.date32()),
        ("uptime_us", pa.int64()),  # of the clock at midnight
        ("starts", pa.list_(pa.int64())),  # of the day's outages
        ("ends", pa.list_(pa.int64())),
    ]
)
_STEP = "greatest(0, ceil(4 * log2(greatest(gap_ms, 1) / 60000)))::smallint"
"""The step of ``assess.hosts.schedule`` that a gap in milliseconds belongs to."""

_CUT_US = CUT_MINUTES * _MINUTE

_SENSORS = "feed, report, family, ip_version"
_PLACE = "feed, report, family, ip_version, asn, isp, province, sector, is_abroad"
_MERGED = f"""
    feed, report, family, address, day, any_value(ip_version) as ip_version, max(asn) as asn, max(isp) as isp,
    max(province) as province, coalesce(max(nullif(sector, '{UNKNOWN_SECTOR}')), '{UNKNOWN_SECTOR}') as sector,
    bool_and(is_abroad) as is_abroad, sum(sightings)::bigint as sightings, count(*) as spellings,
    bit_or(hours) as hours, min(first_us) as first_us, max(last_us) as last_us
"""
"""A row of several spellings, as a roll-up has it of several sightings."""

_WIDENED = " | ".join(f"(hours << {n})" for n in range(NIGHT_HOURS))
_HOUR_US = 60 * _MINUTE
_HAS_NIGHT = (
    f"bit_count(({_WIDENED}) & ((2 << (last_us // {_HOUR_US})::int) - 1)) "
    f"<= (last_us // {_HOUR_US}) - (first_us // {_HOUR_US})"
)
"""Whether so many hours in a row, between the first and the last, have no sighting: hours that are near to one before
are set, and what is not set is a night."""

_BLOCKS = {
    1: "bit_count(hours)",
    2: "bit_count((hours | (hours >> 1)) & 5592405)",  # bits 0, 2, 4, ...
    3: "bit_count((hours | (hours >> 1) | (hours >> 2)) & 2396745)",  # bits 0, 3, 6, ...
    4: "bit_count((hours | (hours >> 1) | (hours >> 2) | (hours >> 3)) & 1118481)",  # bits 0, 4, 8, ...
    6: "((hours & 63) > 0)::int + ((hours & 4032) > 0)::int + ((hours & 258048) > 0)::int + ((hours >> 18) > 0)::int",
    8: "((hours & 255) > 0)::int + ((hours & 65280) > 0)::int + ((hours >> 16) > 0)::int",
    12: "((hours & 4095) > 0)::int + ((hours >> 12) > 0)::int",
}
"""How many windows of so many hours an address is in, from the hours of its day."""


def _on_clock(us: str) -> str:
    """Return the expression of a time of the day on the uptime clock, in microseconds."""
    down = f"list_sum(list_transform(list_zip(starts, ends), lambda o: greatest(0, least({us}, o[2]) - o[1])))"
    return f"uptime_us + {us} - if(len(starts) = 0, 0, {down})"


_ASKED = "($families::varchar[] is null or list_contains($families::varchar[], family))"


def _rows(names: Names | None, part: Part) -> tuple[str, dict[str, object]]:
    """Return how the rows of a part are laid out: one for each sensor, family, address and day; and its parameters."""
    addresses, parameters = placed_rows(part, names)
    seen = f"select *, 1 as spellings from {addresses} where {_ASKED}"
    if names is not None:
        seen = f"select {_MERGED} from ({seen}) group by feed, report, family, address, day"
    query = f"""
        create or replace temp table rows as
        with seen as ({seen}), placed as (
            select *, {_on_clock("first_us")} as first_up, {_on_clock("last_us")} as last_up,
                   len(starts) = 0 as is_whole, first_us % {_CUT_US} = 0 and last_us % {_CUT_US} = 0 as is_cut
            from seen join clock using (feed, report, family, day)
        )
        select {_PLACE}, address, day, sightings, spellings, hours, is_whole, is_cut,
               {_HAS_NIGHT} as has_night,
               ((last_up - first_up) // {_MINUTE})::bigint as minutes,
               (first_up - lag(last_up) over before) // 1000 as gap_ms,
               (lead(first_up) over before - last_up) // 1000 as next_ms,
               lag(day) over before = day - 1 and lag(is_whole) over before and is_whole as is_next
        from placed window before as (partition by feed, report, family, address order by day)
    """
    return query, parameters


_SQUARE = f"gap_ms * gap_ms >> {LOW_BITS} as high, gap_ms * gap_ms & {(1 << LOW_BITS) - 1} as low"
_MS, _MS2, _HIGH = "hours * 3600000", "round(squares * 3600000 * 3600000)", float(1 << LOW_BITS)
_KEPT = f"""
    select {_PLACE}, step, first_us, last_us, uptime_us, starts, ends, count,
           coalesce(ms, round({_MS})::bigint) as ms,
           coalesce(high, floor({_MS2} / {_HIGH})::bigint) as high,
           coalesce(low, ({_MS2} - floor({_MS2} / {_HIGH}) * {_HIGH})::bigint) as low
    from (
        from {{gaps}}
        union all by name
        select null::bigint as ms, null::bigint as high, null::bigint as low, null::double as hours,
               null::double as squares where false
    ) join clock using (feed, report, family, day)
    where {_ASKED}
"""
"""Gaps inside days. Roll-ups that are older than whole numbers have hours and squared hours as fractions."""


def _gaps(names: Names | None, part: Part) -> tuple[str, dict[str, object]]:
    """Return how gaps are laid out: those between days of the part's rows, and those inside days if it has any."""
    kept, parameters = by_family(by_day("gaps"), names) if part.once else ("", {})
    across = f"select {_PLACE}, 1 as count, gap_ms from rows where gap_ms is not null"
    inside = ""
    if part.once:
        length = f"({_on_clock('last_us')} - ({_on_clock('first_us')})) // 1000"
        across += f" union all select {_PLACE}, count, {length} from kept where step is null"
        inside = f"union all select {_PLACE}, step, count, ms, high, low from kept where step is not null"
    query = f"""
        create or replace temp table gaps as
        with {f"kept as ({_KEPT.replace('{gaps}', kept)})," if part.once else ""} across as ({across}), one_by_one as (
            select *, {_SQUARE} from (select *, {_STEP} as step from across) where step < {STEPS}
        )
        select {_PLACE}, step, count, count * gap_ms as ms, count * high as high, count * low as low from one_by_one
        {inside}
    """
    return query, {**parameters, "gaps": list(part.once)} if part.once else {}


@dataclass(frozen=True, slots=True, eq=False)
class HostWindow:
    """What roll-ups hold of a period; ``files`` of a part are those of addresses, ``once`` those of gaps.

    Args:
        clocks: the uptime clock of each family at each sensor over the period; what has none is not counted.
        ladders: the ways in which gaps are counted, each by some columns; every answer has the sensor and the family.
        totals: the same for sightings.
        distinct: the same for addresses, of all sensors together.
        families: only these; ``None`` for all.
        names: the family that a kept name is of; ``None`` where each is its own (``queries.by_family``).
    """

    clocks: Mapping[Seen, Clock]
    ladders: tuple[tuple[str, ...], ...] = ((),)
    totals: tuple[tuple[str, ...], ...] = ((),)
    distinct: tuple[tuple[str, ...], ...] = ()
    families: tuple[str, ...] | None = None
    names: Names | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Lay the rows of a part out, and count them in every way."""
        asked = {"families": list(self.families) if self.families is not None else None}
        with closing(engine.cursor()) as cursor, explained():
            cursor.register("clock", _clock_table(self.clocks))
            rows, parameters = _rows(self.names, part)
            cursor.execute(rows, parameters | asked)
            gaps, parameters = _gaps(self.names, part)
            cursor.execute(gaps, parameters | asked if part.once else None)
            found = tuple(cursor.sql(query).to_arrow_table() for query, _ in self._counts())
            cursor.execute("drop table rows; drop table gaps")
        return found

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> HostRows:
        """Add the counts of parts up."""
        sums = (sums for _, sums in self._counts())
        found = iter([added(tables, names) for tables, names in zip(zip(*parts, strict=True), sums, strict=True)])
        ladders, totals, distinct = (
            {by: next(found) for by in ways} for ways in (self.ladders, self.totals, self.distinct)
        )
        return HostRows(ladders, totals, distinct, *found)

    def _counts(self) -> list[tuple[str, Sequence[str]]]:
        """Return each query, with its columns that are added up."""
        return [
            *map(_ladder, self.ladders),
            *map(_totals, self.totals),
            *map(_distinct, self.distinct),
            _HOURLY,
            _ISLANDS,
            _SENSOR_DAYS,
            _WINDOWS,
            _ABROAD,
        ]


@dataclass(frozen=True, slots=True)
class Overlap:
    """The (address, hour) pairs that each of two sensors of one family saw at home, and both, day by day.

    Of files of addresses. ``pairs`` of the answer are those of both, by the hours that the second sensor is taken to be
    ahead: from ``-CLOCK_HOURS`` to ``CLOCK_HOURS``.
    """

    first: Watch
    second: Watch
    names: Names | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part."""
        first, second = self.first, self.second
        addresses, parameters = placed_rows(part, self.names)
        parameters |= {"feed": first.feed, "report": first.report, "feed2": second.feed, "report2": second.report}
        parameters |= {"family": first.family, "version": first.ip_version}
        seen = (
            f"select address, day, bit_or(hours) as hours from {addresses} where not is_abroad "
            "and family = $family and ip_version = $version and (feed, report) ="
        )
        pair = ", ".join(
            f"{name} as ({seen} {sensor} group by address, day)"
            for name, sensor in (("a", "($feed, $report)"), ("b", "($feed2, $report2)"))
        )
        alone = (
            f"with {pair}, counted as (select sum(bit_count(hours)) as first, 0 as second from a union all "
            "select 0, sum(bit_count(hours)) from b) "
            "select coalesce(sum(first), 0)::bigint as first, coalesce(sum(second), 0)::bigint as second from counted"
        )
        both = f"with {pair} select day, {_SHIFTED} from a join b using (address, day) group by all order by all"
        return run(engine, alone, parameters), run(engine, both, parameters)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> tuple[tuple[int, int, int], list[dict[int, int]]]:
        """Return what the first saw, the second and both; and for each day what both saw, by hours ahead."""
        names = [f"pairs{shift}" for shift in _SHIFTS]
        [alone] = added((one for one, _ in parts), ["first", "second"]).to_pylist()
        days = added((both for _, both in parts), names).to_pylist()
        together = sum(day["pairs0"] for day in days)
        pairs = (int(alone["first"]), int(alone["second"]), int(together))
        return pairs, [{shift: day[name] for shift, name in zip(_SHIFTS, names, strict=True)} for day in days]


@dataclass(frozen=True, slots=True)
class Bots:
    """Installations by the names that malware gives them, by family and ``by``: mean daily ones, and their sightings.

    Of files of bots.
    """

    by: tuple[str, ...] = ()
    families: tuple[str, ...] | None = None
    names: Names | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part: installations of each day."""
        bots, parameters = by_family(by_day("files"), self.names)
        query = (
            f"select family{_more(self.by)}, day, count(distinct bot_id) as bots, sum(sightings)::bigint as sightings "
            f"from {bots} where {in_part(part, 'bot_id')} and not is_abroad and {_ASKED} group by all"
        )
        families = list(self.families) if self.families is not None else None
        return (run(engine, query, parameters | {"files": list(part.files), "families": families}),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> list[dict[str, object]]:
        """Return a row for each family and group with ``daily`` and ``sightings``, in order."""
        days = added((counted for (counted,) in parts), ["bots", "sightings"])
        keys = ["family", *(name for name in self.by if name != "family")]
        sums = days.group_by(keys).aggregate([("bots", "sum"), ("sightings", "sum"), ("day", "count")])
        return [
            {name: row[name] for name in keys}
            | {"daily": row["bots_sum"] / row["day_count"], "sightings": float(row["sightings_sum"])}
            for row in sums.sort_by([(name, "ascending") for name in keys]).to_pylist()
        ]


_STAYS = {"": f"minutes >= {60 * LONGER_STAY_HOURS}", "day_": f"minutes >= {60 * LONGER_STAY_HOURS} and not has_night"}
"""Which address-days are stays, and which of them are of one day: by the beginning of their columns' names."""
_STAY = {
    "stays": "1",
    "intervals": "sightings - 1",
    "minutes": "minutes",
    "squares": f"(sightings - 1) * (sightings - 1) * {60 * SQUARE_PARTS} // greatest(minutes, 1)",
}
"""What is added up of stays; squared intervals an hour in parts of one."""


def _ladder(by: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Gaps at home by sensor, family, version, the columns ``by`` and step."""
    sums = ("count", "ms", "high", "low")
    columns = ", ".join(f"sum({name})::bigint as {name}" for name in sums)
    return f"select {_SENSORS}{_more(by)}, step, {columns} from gaps where not is_abroad group by all", sums


def _totals(by: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Sightings and address-days at home, by the same keys; ``mixed`` are those of several spellings.

    ``again`` are those with more sightings than hours that have any; ``stays``, ``intervals``, ``minutes`` and
    ``squares`` are of address-days that span ``LONGER_STAY_HOURS``, and those that begin with ``day_`` of those of them
    in which no night is.
    """
    sums = "sum(sightings)::bigint as events, count(*) as rows, count(*) filter (spellings > 1) as mixed"
    sums += ", count(*) filter (sightings > bit_count(hours)) as again"
    for kind, which in _STAYS.items():
        sums += "".join(f", coalesce(sum({how}) filter ({which}), 0)::bigint as {kind}{n}" for n, how in _STAY.items())
    query = f"select {_SENSORS}{_more(by)}, {sums} from rows where not is_abroad group by all"
    return query, ("events", "rows", "mixed", "again", *(f"{kind}{name}" for kind in _STAYS for name in _STAY))


def _distinct(by: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Address-days and addresses of all sensors together, at home."""
    columns = "".join(f"{name}, " for name in by)
    query = (
        f"with seen as (select {columns}address, count(distinct day) as days from rows where not is_abroad "
        f"group by {columns}address) select {columns}coalesce(sum(days), 0)::bigint as days, count(*) as addresses "
        f"from seen {'group by all' if by else ''}"
    )
    return query, ("days", "addresses")


def _more(by: Sequence[str]) -> str:
    return "".join(f", {name}" for name in by if name != "family")


_HOUR_NAMES = [f"h{hour}" for hour in range(24)]
_HOUR_SUMS = ", ".join(f"sum((hours >> {n}) & 1)::bigint as {name}" for n, name in enumerate(_HOUR_NAMES))
_HOURLY = (f"select {_SENSORS}, {_HOUR_SUMS} from rows where not is_abroad group by all", _HOUR_NAMES)
_ALONE = "least(coalesce(gap_ms, next_ms), coalesce(next_ms, gap_ms))"
_ALONE_STEP = f"if({_ALONE} is null, {STEPS}, least({STEPS}, {_STEP.replace('gap_ms', _ALONE)}))::smallint"
_SPAN_STEP = (
    f"if(minutes < {LONE_MINUTES}, 0, least({STEPS}, {_STEP.replace('greatest(gap_ms, 1)', 'minutes * 60000')}))"
)
_ISLANDS = (
    (
        f"select {_SENSORS}, {_SPAN_STEP}::smallint as span, {_ALONE_STEP} as alone, count(*) as islands from rows "
        "where not is_abroad group by all"
    ),
    ("islands",),
)
"""Address-days by what their sightings span, and by how long there was no other before or after."""

_SENSOR_DAYS = (
    (
        "select feed, report, day, count(*) as rows, count(*) filter (sightings = spellings) as single, "
        "count(*) filter (is_cut) as cut from rows group by all"
    ),
    ("rows", "single", "cut"),
)
_BLOCK_SUMS = ", ".join(f"sum({how})::bigint as w{hours}" for hours, how in _BLOCKS.items())
_BLOCK_SUMS += ', count(*) as w24, count(*) filter (is_next) as "both"'
_WINDOWS = (
    f"select {_SENSORS}, day, {_BLOCK_SUMS} from rows where not is_abroad and is_whole group by all",
    [*(f"w{hours}" for hours in _BLOCKS), "w24", "both"],
)
_ABROAD = (
    "select day, count(distinct address) filter (is_abroad) as addresses from rows group by all",
    ("addresses",),
)
"""Each day of any sighting, and its addresses that are not of the country."""

_ALL_HOURS = (1 << 24) - 1
_SHIFTS = range(-CLOCK_HOURS, CLOCK_HOURS + 1)
_SHIFTED = ", ".join(
    f"sum(bit_count(a.hours & ({f'b.hours >> {n}' if n >= 0 else f'((b.hours::bigint << {-n}) & {_ALL_HOURS})::int'})))"
    f'::bigint as "pairs{n}"'
    for n in _SHIFTS
)


def _clock_table(clocks: Mapping[Seen, Clock]) -> pa.Table:
    made = []
    for (feed, report, family), clock in clocks.items():
        uptime = 0
        for day, outages in sorted(clock.outages.items()):
            starts, ends = ([stretch[n] * _MINUTE for stretch in outages] for n in (0, 1))
            made.append((feed, report, family, day, uptime, starts, ends))
            uptime += uptime_minutes(outages) * _MINUTE
    columns = zip(*made, strict=True) if made else [()] * len(_CLOCK)
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, _CLOCK, strict=True)], schema=_CLOCK)
