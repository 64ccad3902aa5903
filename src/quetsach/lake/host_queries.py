"""The SQL over roll-ups that machines are counted from: gaps on the uptime clock, and plain counts."""

# ruff: noqa: S608  (only names that this module lists are put into queries; every value is a parameter)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from quetsach.assess.hosts.clock import Clock, uptime_minutes
from quetsach.assess.hosts.ladder import STEPS
from quetsach.assess.hosts.measure import Watch
from quetsach.assess.hosts.sightings import CLOCK_HOURS
from quetsach.lake.queries import by_day, explained

type Sensor = tuple[str, str]
"""Feed and report."""

_MINUTE = 60_000_000
_DAY = 86_400_000_000
_CLOCK = pa.schema(
    [
        ("feed", pa.string()),
        ("report", pa.string()),
        ("day", pa.date32()),
        ("uptime_us", pa.int64()),  # of the clock at midnight
        ("starts", pa.list_(pa.int64())),  # of the day's outages
        ("ends", pa.list_(pa.int64())),
    ]
)
_STEP = "greatest(0, ceil(4 * log2(gap_ms / 60000)))::smallint"
"""The step of ``assess.hosts.ladder`` that a gap in milliseconds belongs to."""

_KEYS = "feed, report, family, ip_version"
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


_ROWS = f"""
    create or replace temp table rows as
    with placed as (
        select a.*, {_on_clock("first_us")} as first_up, {_on_clock("last_us")} as last_up, len(starts) = 0 as is_whole
        from {by_day("addresses")} a
        join clock using (feed, report, day)
        where $families::varchar[] is null or list_contains($families::varchar[], family)
    )
    select feed, report, family, ip_version, asn, isp, province, sector, is_abroad, address, day, sightings, hours,
           last_us - first_us as span_us, longest_gap_us, is_whole,
           (first_up - lag(last_up) over before) // 1000 as gap_ms,
           lag(day) over before = day - 1 and lag(is_whole) over before and is_whole as is_next
    from placed window before as (partition by feed, report, family, address order by day)
"""
_GAPS = f"""
    create or replace temp table gaps as
    with inner_gaps as (
        select * exclude (step, first_us, last_us), step,
               {_on_clock("last_us")} - ({_on_clock("first_us")}) as gap_us
        from {by_day("gaps")}
        join clock using (feed, report, day)
        where $families::varchar[] is null or list_contains($families::varchar[], family)
    ), all_gaps as (
        select {_KEYS}, asn, isp, province, sector, is_abroad, step, count, hours, squares from inner_gaps
        where step is not null
        union all
        select {_KEYS}, asn, isp, province, sector, is_abroad, {_STEP}, count, count * gap_ms / 3600000.0,
               count * (gap_ms / 3600000.0) ** 2
        from (select *, gap_us // 1000 as gap_ms from inner_gaps where step is null)
        union all
        select {_KEYS}, asn, isp, province, sector, is_abroad, {_STEP}, 1, gap_ms / 3600000.0, (gap_ms / 3600000.0) ** 2
        from rows where gap_ms is not null
    )
    select {_KEYS}, asn, isp, province, sector, step, sum(count) as count, sum(hours) as hours, sum(squares) as squares
    from all_gaps where step < {STEPS} and not is_abroad group by all
"""


@dataclass(frozen=True, slots=True)
class RolledFiles:
    """The files of the roll-ups of a period, complete: each day of each report that has sightings."""

    addresses: list[Path]
    gaps: list[Path]
    bots: list[Path]


class HostRows:
    """What roll-ups hold of a period, laid out once for several questions; a context that frees it.

    Args:
        engine: of ``lake.engine``.
        files: the roll-ups of the period.
        clocks: the uptime clock of each sensor over the period.
        families: only these; ``None`` for all.

    Raises:
        LakeError: a roll-up is damaged.
    """

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        files: RolledFiles,
        clocks: Mapping[Sensor, Clock],
        families: Sequence[str] | None = None,
    ) -> None:
        self._bots = [str(path) for path in files.bots]
        self._families = list(families) if families is not None else None
        self._cursor = engine.cursor()
        with explained():
            self._cursor.register("clock", _clock_table(clocks))
            self._cursor.execute(_ROWS, {"addresses": [str(p) for p in files.addresses], "families": self._families})
            self._cursor.execute(_GAPS, {"gaps": [str(p) for p in files.gaps], "families": self._families})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cursor.execute("drop table if exists rows; drop table if exists gaps")
        self._cursor.close()

    def ladder(self, by: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return the gaps at home by sensor, family, version, the columns ``by`` and step."""
        columns = _columns(by)
        return self._fetch(
            f"select {_KEYS}{columns}, step, sum(count)::double as count, sum(hours) as hours, sum(squares) as squares "
            "from gaps group by all order by all"
        )

    def totals(self, by: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return ``events`` and ``rows`` (address-days) of the period at home, by the same keys."""
        return self._fetch(
            f"select {_KEYS}{_columns(by)}, sum(sightings)::double as events, count(*) as rows "
            "from rows where not is_abroad group by all order by all"
        )

    def hourly(self) -> list[dict[str, Any]]:
        """Return in how many (address, day) each of the 24 hours is set, by sensor, family and version."""
        hours = ", ".join(f"sum((hours >> {hour}) & 1)::double as h{hour}" for hour in range(24))
        return self._fetch(f"select {_KEYS}, {hours} from rows where not is_abroad group by all order by all")

    def sensor_days(self) -> list[dict[str, Any]]:
        """Return ``rows`` and those with a ``single`` sighting, by sensor and day, abroad included."""
        return self._fetch(
            "select feed, report, day, count(*) as rows, count_if(sightings = 1)::bigint as single "
            "from rows group by all order by all"
        )

    def windows(self) -> list[dict[str, Any]]:
        """Return mean addresses of windows by length, by sensor, family and version, over days without outages."""
        blocks = ", ".join(f"sum({how}) / (count(distinct day) * {24 // w}) as w{w}" for w, how in _BLOCKS.items())
        return self._fetch(
            f"select {_KEYS}, {blocks}, count(*) / count(distinct day) as w24, "
            "count_if(is_next)::bigint as both, "
            "len(list_intersect(list(distinct day), list(distinct day + 1))) as pairs "
            "from rows where not is_abroad and is_whole group by all order by all"
        )

    def distinct(self, by: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return mean ``daily`` addresses and those of the ``window``, of all sensors together, by ``by``."""
        columns = "".join(f"{name}, " for name in _known(by))
        return self._fetch(
            f"with seen as (select {columns}address, count(distinct day) as days from rows where not is_abroad "
            f"group by {columns}address) "
            f"select {columns}coalesce(sum(days), 0)::double / "
            "(select greatest(1, count(distinct day)) from rows) as daily, "
            "count(*) as addresses from seen group by all order by all"
        )

    def abroad(self) -> float:
        """Return the mean daily addresses that are not of the country."""
        found = self._fetch(
            "select count(*) / greatest(1, (select count(distinct day) from rows)) as daily "
            "from (select distinct day, address from rows where is_abroad)"
        )
        return float(found[0]["daily"])

    def bots(self, by: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return mean ``daily`` installations and the ``sightings`` that name one, by family and ``by``."""
        if not self._bots:
            return []
        return self._fetch(
            f"select family{_columns(by)}, count(distinct (day, bot_id)) / count(distinct day) as daily, "
            "sum(sightings)::double as sightings "
            f"from {by_day('bots')} "
            "where not is_abroad and ($families::varchar[] is null or list_contains($families::varchar[], family)) "
            "group by all order by all",
            {"bots": self._bots, "families": self._families},
        )

    def overlap(self, first: Watch, second: Watch) -> tuple[int, int, int]:
        """Return the (address, hour) pairs that each of two sensors of one family saw, and both."""
        [found] = self._fetch(
            f"with {_PAIR} select (select sum(bit_count(hours))::bigint from a) as first, "
            "(select sum(bit_count(hours))::bigint from b) as second, "
            "(select sum(bit_count(a.hours & b.hours))::bigint from a join b using (address, day)) as both",
            _names_of(first, second),
        )
        return int(found["first"] or 0), int(found["second"] or 0), int(found["both"] or 0)

    def shifted_overlaps(self, first: Watch, second: Watch) -> list[dict[int, int]]:
        """Return for each day the pairs that both saw, by the hours that the second sensor is taken to be ahead."""
        shifts = range(-CLOCK_HOURS, CLOCK_HOURS + 1)
        moved = (f"b.hours >> {s}" if s >= 0 else f"((b.hours::bigint << {-s}) & {_ALL_HOURS})::int" for s in shifts)
        sums = ", ".join(f"sum(bit_count(a.hours & ({how})))::bigint" for how in moved)
        rows = self._fetch(
            f"with {_PAIR} select [{sums}] as pairs from a join b using (address, day) group by day order by day",
            _names_of(first, second),
        )
        return [dict(zip(shifts, row["pairs"], strict=True)) for row in rows]

    def _fetch(self, query: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        with explained():
            rows: list[dict[str, Any]] = (
                self._cursor.sql(query, params=dict(parameters) if parameters else None).to_arrow_table().to_pylist()
            )
            return rows


_ALL_HOURS = (1 << 24) - 1
_SEEN_BY = (
    "select address, day, hours from rows "
    "where feed = {} and report = {} and family = $family and ip_version = $version and not is_abroad"
)
_PAIR = f"a as ({_SEEN_BY.format('$feed', '$report')}), b as ({_SEEN_BY.format('$feed2', '$report2')})"


def _names_of(first: Watch, second: Watch) -> dict[str, object]:
    return {
        "feed": first.feed,
        "report": first.report,
        "feed2": second.feed,
        "report2": second.report,
        "family": first.family,
        "version": first.ip_version,
    }


def _known(by: Sequence[str]) -> Sequence[str]:
    if not set(by) <= {"family", "asn", "isp", "province", "sector"}:
        raise ValueError(by)
    return by


def _columns(by: Sequence[str]) -> str:
    return "".join(f", {name}" for name in _known(by) if name != "family")


def _clock_table(clocks: Mapping[Sensor, Clock]) -> pa.Table:
    made = []
    for (feed, report), clock in clocks.items():
        uptime = 0
        for day, outages in sorted(clock.outages.items()):
            starts, ends = ([stretch[n] * _MINUTE for stretch in outages] for n in (0, 1))
            made.append((feed, report, day, uptime, starts, ends))
            uptime += uptime_minutes(outages) * _MINUTE
    columns = zip(*made, strict=True) if made else [()] * len(_CLOCK)
    return pa.table([pa.array(list(c), f.type) for c, f in zip(columns, _CLOCK, strict=True)], schema=_CLOCK)
