"""Through what each sensor saw a family, and which installations it saw again: questions of the reach of sensors."""

# ruff: noqa: S608  (queries are put together from this module's own texts; every value is a parameter)

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from quetsach.assess.hosts.breaks import DaySeen, DestinationSeen
from quetsach.assess.hosts.measure import Watch
from quetsach.lake.host_rows import watch_of
from quetsach.lake.queries import Names, by_day, by_family, run
from quetsach.lake.question import Part, added, in_part

_ASKED = "($families::varchar[] is null or list_contains($families::varchar[], family))"
_WATCH = "feed, report, family, ip_version"


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
