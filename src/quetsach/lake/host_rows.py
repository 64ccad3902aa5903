"""What roll-ups hold of a period, counted: whole numbers that were added up, and what is divided once at the end."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from quetsach.assess.hosts.breaks import DaySeen
from quetsach.assess.hosts.measure import Watch

LOW_BITS = 26
"""A sum of squared milliseconds is kept in two: ``high`` times 2 to the power of this, and ``low``.

Four days squared are 1.2e17; of ten thousand million such gaps one integer of 64 bits would not hold the sum.
"""

SQUARE_PARTS = 1000
"""Squared intervals an hour are kept in so many parts of one."""

_MS = 3_600_000
_WINDOWS = (1, 2, 3, 4, 6, 8, 12, 24)


@dataclass(frozen=True, slots=True, eq=False)
class HostRows:
    """The answer of ``HostWindow``: tables by the columns that were asked for."""

    ladders: Mapping[tuple[str, ...], pa.Table]
    counts: Mapping[tuple[str, ...], pa.Table]
    addresses: Mapping[tuple[str, ...], pa.Table]
    hours: pa.Table
    alone: pa.Table
    days: pa.Table
    blocks: pa.Table
    foreign: pa.Table

    def ladder(self, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return the gaps at home by sensor, family, version, the columns ``by`` and step."""
        return [
            row
            | {
                "count": float(row["count"]),
                "hours": row["ms"] / _MS,
                "squares": ((row["high"] << LOW_BITS) + row["low"]) / _MS**2,
            }
            for row in self.ladders[by].to_pylist()
        ]

    def totals(self, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return ``events`` and ``rows`` (address-days) of the period at home, by the same keys."""
        return [row | {"events": float(row["events"])} for row in self.counts[by].to_pylist()]

    def hourly(self) -> list[dict[str, Any]]:
        """Return in how many (address, day) each of the 24 hours is set, by sensor, family and version."""
        return [
            {name: float(value) if name.startswith("h") else value for name, value in row.items()}
            for row in self.hours.to_pylist()
        ]

    def islands(self) -> list[dict[str, Any]]:
        """Return ``islands`` by sensor, family, version, the step of their ``span`` and of how long they were alone."""
        rows: list[dict[str, Any]] = self.alone.to_pylist()
        return rows

    def sensor_days(self) -> list[dict[str, Any]]:
        """Return ``rows``, those with a ``single`` sighting or ``cut`` stamps, by sensor and day, abroad included."""
        rows: list[dict[str, Any]] = self.days.to_pylist()
        return rows

    def windows(self) -> list[dict[str, Any]]:
        """Return mean addresses of windows by length, by sensor, family and version, over days without outages."""
        found: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
        keys = ("feed", "report", "family", "ip_version")
        for row in self.blocks.to_pylist():
            found[tuple(row[name] for name in keys)].append(row)
        made = []
        for key, rows in found.items():
            days = {row["day"] for row in rows}
            means = {f"w{w}": sum(row[f"w{w}"] for row in rows) / (len(days) * (24 // w)) for w in _WINDOWS}
            both = sum(row["both"] for row in rows)
            pairs = sum(day + timedelta(days=1) in days for day in days)
            made.append(dict(zip(keys, key, strict=True)) | means | {"both": both, "pairs": pairs})
        return made

    def by_day(self) -> dict[Watch, dict[date, DaySeen]]:
        """Return the addresses of every day without outages, and those of them seen on the next, by watch."""
        made: defaultdict[Watch, dict[date, DaySeen]] = defaultdict(dict)
        rows = {(watch_of(row), row["day"]): row for row in self.blocks.to_pylist()}
        for (watch, day), row in rows.items():
            # a day has those of its addresses that the day before had
            following = rows.get((watch, day + timedelta(days=1)))
            made[watch][day] = DaySeen(row["w24"], following["both"] if following else 0)
        return dict(made)

    def distinct(self, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return mean ``daily`` addresses and those of the window, of all sensors together, by ``by``."""
        days = max(1, len(self._days()))
        return [row | {"daily": row["days"] / days} for row in self.addresses[by].to_pylist()]

    def abroad(self) -> float:
        """Return the mean daily addresses that are not of the country."""
        return int(pc.sum(self.foreign.column("addresses")).as_py() or 0) / max(1, len(self._days()))

    def _days(self) -> set[date]:
        return set(self.foreign.column("day").to_pylist())


def watch_of(row: Mapping[str, Any]) -> Watch:
    """Return the watch that a row is about."""
    return Watch(row["feed"], row["report"], row["family"], row["ip_version"])
