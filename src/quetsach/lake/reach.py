"""What each sensor saw a family through and in which hours, and which installations it saw again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from quetsach.assess.hosts.breaks import DaySeen, DestinationSeen
from quetsach.assess.hosts.clock import Clock
from quetsach.assess.hosts.live_hours import read_live_hours
from quetsach.assess.hosts.measure import Watch
from quetsach.core.country import Offices
from quetsach.core.period import Period
from quetsach.lake.host_rows import watch_of
from quetsach.lake.queries import Names, Part, added, by_day, by_family, in_part, placed_rows, run

# ruff: noqa: S608  (queries are put together from this module's own texts; every value is a parameter)


_ASKED = "($families::varchar[] is null or list_contains($families::varchar[], family))"
_WATCH = "feed, report, family, ip_version"
# ruff: noqa: S608  (queries are put together from this module's own texts; every value is a parameter)


type Seen = tuple[str, str, str]
"""Feed, report and family."""

_HOURS = [f"h{hour}" for hour in range(24)]
_SUMS = ", ".join(
    f"coalesce(sum((hours >> {n}) & 1) filter (where not is_abroad), 0)::bigint as {name}"
    for n, name in enumerate(_HOURS)
)


@dataclass(frozen=True, slots=True)
class Contacted:
    """Addresses at home by sensor, family, version, day and destination; of files of reach."""

    families: tuple[str, ...] | None = None
    names: Names | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part."""
        kept, parameters = by_family(by_day("files"), self.names)
        query = (
            f"select {_WATCH}, day, destination, sum(addresses)::bigint as addresses, sum(alone)::bigint as alone "
            f"from {kept} where {in_part(part, 'destination')} and {_ASKED} group by all"
        )
        families = list(self.families) if self.families is not None else None
        return (run(engine, query, parameters | {"files": list(part.files), "families": families}),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> dict[Watch, dict[date, dict[str, DestinationSeen]]]:
        """Return what was contacted on each day, by watch."""
        found: defaultdict[Watch, dict[date, dict[str, DestinationSeen]]] = defaultdict(dict)
        for row in added((counted for (counted,) in parts), ["addresses", "alone"]).to_pylist():
            of_day = found[watch_of(row)].setdefault(row["day"], {})
            of_day[row["destination"]] = DestinationSeen(row["addresses"], row["alone"])
        return dict(found)


@dataclass(frozen=True, slots=True)
class InstallationDays:
    """Installations at home by sensor, family, version and day, and those seen the day before; of files of bots."""

    families: tuple[str, ...] | None = None
    names: Names | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part."""
        bots, parameters = by_family(by_day("files"), self.names)
        query = (
            f"with seen as (select {_WATCH}, bot_id, day, sum(sightings)::bigint as sightings from {bots} "
            f"where {in_part(part, 'bot_id')} and not is_abroad and {_ASKED} group by all), "
            f"followed as (select *, lag(day) over (partition by {_WATCH}, bot_id order by day) = day - 1 as is_known "
            f"from seen) select {_WATCH}, day, count(*) as bots, count(*) filter (is_known) as known, "
            "sum(sightings)::bigint as sightings from followed group by all"
        )
        families = list(self.families) if self.families is not None else None
        return (run(engine, query, parameters | {"files": list(part.files), "families": families}),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> dict[Watch, tuple[dict[date, DaySeen], int]]:
        """Return the installations of each day, and the sightings that name one, by watch."""
        rows = added((counted for (counted,) in parts), ["bots", "known", "sightings"]).to_pylist()
        days: defaultdict[Watch, dict[date, tuple[int, int]]] = defaultdict(dict)
        named: defaultdict[Watch, int] = defaultdict(int)
        for row in rows:
            days[watch_of(row)][row["day"]] = row["bots"], row["known"]
            named[watch_of(row)] += row["sightings"]
        return {
            watch: (
                {day: DaySeen(bots, of.get(day + timedelta(days=1), (0, 0))[1]) for day, (bots, _) in of.items()},
                named[watch],
            )
            for watch, of in days.items()
        }


@dataclass(frozen=True, slots=True)
class FamilyHours:
    """Addresses at home in each hour of each day, by feed, report and family; of files of addresses.

    A family that was seen abroad alone has a row of zeros.
    """

    families: tuple[str, ...] | None = None
    names: Names | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part."""
        addresses, parameters = placed_rows(part, self.names)
        asked = "($families::varchar[] is null or list_contains($families::varchar[], family))"
        query = f"select feed, report, family, day, {_SUMS} from {addresses} where {asked} group by all"
        families = list(self.families) if self.families is not None else None
        return (run(engine, query, parameters | {"families": families}),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> dict[Seen, dict[date, tuple[int, ...]]]:
        """Return the 24 numbers of each day on which a family was seen."""
        found: defaultdict[Seen, dict[date, tuple[int, ...]]] = defaultdict(dict)
        for row in added((counted for (counted,) in parts), _HOURS).to_pylist():
            found[row["feed"], row["report"], row["family"]][row["day"]] = tuple(row[name] for name in _HOURS)
        return dict(found)


@dataclass(frozen=True, slots=True)
class InstallationHours:
    """How long installations at home were there on each day, by feed, report, family, version and AS; of files of bots.

    ``ms`` and ``gap_ms`` are what ``NamedHours`` calls hours and gaps; ``bots`` installations, ``once`` those that were
    sighted once.
    """

    families: tuple[str, ...] | None = None
    names: Names | None = None

    def of_part(self, engine: duckdb.DuckDBPyConnection, part: Part) -> tuple[pa.Table, ...]:
        """Count a part."""
        bots, parameters = by_family(by_day("files"), self.names)
        asked = "($families::varchar[] is null or list_contains($families::varchar[], family))"
        gap = "// greatest(sightings - 1, 1) // 1000"
        query = (
            "select feed, report, family, ip_version, asn, day, sum(sightings)::bigint as sightings, "
            f"sum((last_us - first_us) * (sightings + 1) {gap})::bigint as ms, "
            f"sum((last_us - first_us) {gap})::bigint as gap_ms, count(*) as bots, "
            "count(*) filter (sightings = 1) as once "
            f"from {bots} where {in_part(part, 'bot_id')} and not is_abroad and {asked} group by all"
        )
        families = list(self.families) if self.families is not None else None
        return (run(engine, query, parameters | {"files": list(part.files), "families": families}),)

    def merged(self, parts: Sequence[tuple[pa.Table, ...]]) -> list[dict[str, Any]]:
        """Return a row for each sensor, family, version, AS and day."""
        sums = ["sightings", "ms", "gap_ms", "bots", "once"]
        rows: list[dict[str, Any]] = added((counted for (counted,) in parts), sums).to_pylist()
        return rows


def family_clocks(
    sensors: Mapping[tuple[str, str], Clock],
    hours: Mapping[Seen, Mapping[date, tuple[int, ...]]],
    period: Period,
    offices: Offices | None,
) -> dict[Seen, Clock]:
    """Return the clock of each family at each sensor that saw it."""
    return {seen: read_live_hours(sensors[seen[0], seen[1]], days, period, offices) for seen, days in hours.items()}
