"""The question "how many machines": roll-ups in, the pure rules of ``assess.hosts``, records out."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from quetsach.assess import Basis
from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.hosts.clock import Clock, DayRecord, read_clock
from quetsach.assess.hosts.comparison import Comparison, WindowMeasured, compare
from quetsach.assess.hosts.event_rate import Rate
from quetsach.assess.hosts.health import SensorDays, feed_mode, is_dense
from quetsach.assess.hosts.ladder import GapLadder
from quetsach.assess.hosts.measure import (
    REFUSED_SHARE,
    Measured,
    Observed,
    Watch,
    add_up,
    best_watches,
    measure,
    measure_part,
)
from quetsach.assess.hosts.sightings import addresses_per_machine, bot_ids
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.period import Period
from quetsach.lake import rollups
from quetsach.lake.answers import basis_of
from quetsach.lake.host_queries import HostRows, RolledFiles, Sensor
from quetsach.lake.lake import Lake
from quetsach.lake.rollups import RollUp

GROUPS = ("family", "isp", "province")
"""What machines can be counted by."""

WINDOW_DAYS = 28
"""Four whole weeks: as many of each weekday in every window."""


@dataclass(frozen=True, slots=True)
class HostRow:
    """A line: machines on line by each measure, mean daily and all addresses of the period, addresses a machine."""

    id: str
    machines: Answer
    by_events: Answer
    by_growth: Answer
    by_bot_ids: Answer
    daily_addresses: float
    addresses: int

    @property
    def addresses_per_machine(self) -> float | None:
        """How many addresses of the period stand for one machine."""
        return addresses_per_machine(self.addresses, self.machines)


@dataclass(frozen=True, slots=True)
class SensorState:
    """How an instrument was: hours alive of those of the period, days with data, and what makes it unfit."""

    feed: str
    report: str
    days: int
    uptime_hours: float
    outages: int
    mode: RefusalReason | None


@dataclass(frozen=True, slots=True)
class HostReport:
    """The answer. ``rows`` from most to fewest daily addresses; ``abroad`` are daily addresses of other countries."""

    basis: Basis
    by: str
    rows: tuple[HostRow, ...]
    total: HostRow
    sensors: tuple[SensorState, ...]
    abroad: float


def hosts(
    lake: Lake,
    period: Period,
    *,
    by: str = "family",
    families: Sequence[str] | None = None,
    rates: Mapping[str, float] | None = None,
    announced: Mapping[int, int] | None = None,
) -> HostReport:
    """Count the infected machines that were on line, on the average of a period.

    Args:
        lake: the sightings.
        period: whole UTC days.
        by: of ``GROUPS``.
        families: only these; ``None`` for all.
        rates: check-ins an hour on line by family, where the malware's analysis tells.
        announced: IPv4 addresses that each AS announces, for the refusal of dense pools.

    Raises:
        LakeError: the lake cannot be read.
    """
    with _laid_out(lake, period, families) as (rows, clocks):
        window = _measure(rows, clocks, period, rates or {})
        best = set(best_watches(window.measured).values())
        dense = _dense(rows, window, best, announced or {})
        group = () if by == "family" else (by,)
        parts = _parts(rows, window, best, clocks, group)
        crowded = _crowded(rows, best, dense, group)
        counts = {_id(row, by): row for row in rows.distinct((by,))}
        [whole] = rows.distinct() or [{"daily": 0.0, "addresses": 0}]
        named = _bots(rows, window, best, by)
        made = [
            _row(id_, parts[id_], counts[id_], named.get(id_), is_crowded=id_ in crowded)
            for id_ in sorted(parts, key=lambda id_: (-counts[id_]["daily"], id_))
        ]
        everything = [(w, window.measured[w]) for w in best]
        national = _row("", everything, whole, _all_bots(rows, window, best), is_crowded="" in crowded)
        sensors = tuple(
            SensorState(*sensor, len(clock.outages), clock.uptime_hours, sum(map(len, clock.outages.values())), mode)
            for sensor, clock in sorted(clocks.items())
            for mode in [_modes(window).get(sensor)]
        )
        return HostReport(basis_of(lake, period), by, tuple(made), national, sensors, rows.abroad())


def compare_windows(
    lake: Lake,
    before: Period,
    after: Period,
    *,
    families: Sequence[str] | None = None,
    rates: Mapping[str, float] | None = None,
) -> Comparison:
    """Set two windows side by side on the panel that both have.

    Raises:
        LakeError: the lake cannot be read.
    """
    measured = []
    for period in (before, after):
        with _laid_out(lake, period, families) as (rows, clocks):
            measured.append(_measure(rows, clocks, period, rates or {}))
    return compare(*measured)


def compare_latest(lake: Lake, newest: date) -> Comparison | None:
    """Compare the ``WINDOW_DAYS`` up to ``newest`` with those before; ``None`` where either has no sightings."""
    after = Period(newest - timedelta(days=WINDOW_DAYS - 1), newest)
    before = Period(after.first - timedelta(days=WINDOW_DAYS), after.first - timedelta(days=1))
    if not (lake.sightings_count(before) and lake.sightings_count(after)):
        return None
    return compare_windows(lake, before, after)


@contextmanager
def _laid_out(
    lake: Lake, period: Period, families: Sequence[str] | None
) -> Iterator[tuple[HostRows, dict[Sensor, Clock]]]:
    """Lay out the roll-ups of a period; those that are missing are made in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="quetsach-") as folder:
        records: defaultdict[Sensor, dict[date, DayRecord]] = defaultdict(dict)
        files = RolledFiles([], [], [])
        for roll_up in lake.roll_ups(period):
            place = _place(lake, roll_up, Path(folder))
            records[roll_up.feed, roll_up.report][roll_up.day] = rollups.read_record(place / roll_up.path("clock"))
            files.addresses.append(place / roll_up.path("addresses"))
            files.gaps.append(place / roll_up.path("gaps"))
            if (place / roll_up.path("bots")).exists():
                files.bots.append(place / roll_up.path("bots"))
        clocks = {sensor: read_clock(days) for sensor, days in records.items()}
        with HostRows(lake.engine(), files, clocks, families) as rows:
            yield rows, clocks


def _place(lake: Lake, roll_up: RollUp, folder: Path) -> Path:
    """Return the folder that a roll-up lies in: the lake, or ``folder`` where it was missing and could be made."""
    sightings = lake.sightings_for(roll_up)
    if sightings is None or (lake.folder / roll_up.path("clock")).exists():
        return lake.folder
    rollups.publish_changed(rollups.build(lake.engine(), roll_up, sightings, folder), folder)
    return folder


def _measure(
    rows: HostRows, clocks: Mapping[Sensor, Clock], period: Period, rates: Mapping[str, float]
) -> WindowMeasured:
    hourly = {_watch(row): np.array([row[f"h{h}"] for h in range(24)]) for row in rows.hourly()}
    windows = {_watch(row): _windows(row) for row in rows.windows()}
    days: defaultdict[Sensor, dict[date, int]] = defaultdict(dict)
    single: defaultdict[Sensor, int] = defaultdict(int)
    for row in rows.sensor_days():
        days[row["feed"], row["report"]][row["day"]] = row["rows"]
        single[row["feed"], row["report"]] += row["single"]
    modes = {sensor: feed_mode(SensorDays(by_day, single[sensor])) for sensor, by_day in days.items()}
    ladders = _ladders(rows.ladder(), ())
    observed = {}
    for row in rows.totals():
        watch = _watch(row)
        clock = clocks[watch.feed, watch.report]
        observed[watch] = Observed(
            ladders.get((watch,), GapLadder.empty()),
            row["events"],
            row["rows"],
            clock.uptime_hours,
            hourly[watch],
            clock.hours_alive,
            windows.get(watch, {}),
            modes[watch.feed, watch.report],
        )
    known = {family: Rate(per_hour, is_known=True) for family, per_hour in rates.items()}
    measured = {watch: measure(seen, known.get(watch.family)) for watch, seen in observed.items()}
    return WindowMeasured(period, observed, measured)


def _parts(
    rows: HostRows, window: WindowMeasured, best: set[Watch], clocks: Mapping[Sensor, Clock], group: tuple[str, ...]
) -> dict[str, list[tuple[Watch, Measured]]]:
    """Return what each line consists of: a family's versions of IP, or a place's families."""
    made: defaultdict[str, list[tuple[Watch, Measured]]] = defaultdict(list)
    if not group:
        for watch in best:
            made[watch.family].append((watch, window.measured[watch]))
        return made
    ladders = _ladders(rows.ladder(group), group)
    for row in rows.totals(group):
        watch = _watch(row)
        if watch in best:
            ladder = ladders.get((watch, row[group[0]]), GapLadder.empty())
            uptime = clocks[watch.feed, watch.report].uptime_hours
            part = Observed(ladder, row["events"], row["rows"], uptime)
            made[_id(row, group[0])].append((watch, measure_part(part, window.measured[watch])))
    return made


def _dense(rows: HostRows, window: WindowMeasured, best: set[Watch], announced: Mapping[int, int]) -> set[int]:
    """Return the AS numbers of which too many addresses are infected at once."""
    if not announced:
        return set()
    machines: defaultdict[int, float] = defaultdict(float)
    ladders = _ladders(rows.ladder(("asn",)), ("asn",))
    for row in rows.totals(("asn",)):
        watch = _watch(row)
        if watch in best and watch.ip_version == 4 and row["asn"] is not None:
            ladder = ladders.get((watch, row["asn"]), GapLadder.empty())
            part = Observed(ladder, row["events"], row["rows"], window.observed[watch].uptime_hours)
            answer = measure_part(part, window.measured[watch]).machines
            machines[row["asn"]] += answer.value if isinstance(answer, Estimate) else 0.0
    return {asn for asn, count in machines.items() if is_dense(count, announced.get(asn, 0))}


def _crowded(rows: HostRows, best: set[Watch], dense: set[int], group: tuple[str, ...]) -> set[str]:
    """Return the lines, and ``""`` for the country, of which dense pools have too large a part."""
    if not dense:
        return set()
    every: defaultdict[str, int] = defaultdict(int)
    within: defaultdict[str, int] = defaultdict(int)
    for row in rows.totals(("asn", *group)):
        if _watch(row) in best:
            for id_ in ("", _id(row, group[0] if group else "family")):
                every[id_] += row["rows"]
                within[id_] += row["rows"] if row["asn"] in dense else 0
    return {id_ for id_, count in every.items() if within[id_] > REFUSED_SHARE * count}


def _row(
    id_: str,
    parts: Iterable[tuple[Watch, Measured]],
    counts: Mapping[str, Any],
    bots: Answer | None,
    *,
    is_crowded: bool,
) -> HostRow:
    answers = [m for _, m in parts]
    machines, by_events, by_growth = (
        add_up((getattr(m, name), m.rows) for m in answers) for name in ("machines", "by_events", "by_growth")
    )
    if is_crowded and isinstance(machines, Estimate):
        machines = Refusal(RefusalReason.DENSE_POOL, {"machines": machines.value})
    named = bots or Refusal(RefusalReason.NO_BOT_IDS)
    return HostRow(id_, machines, by_events, by_growth, named, counts["daily"], counts["addresses"])


def _bots(rows: HostRows, window: WindowMeasured, best: set[Watch], by: str) -> dict[str, Answer]:
    group = () if by == "family" else (by,)
    events: defaultdict[str, float] = defaultdict(float)
    for row in rows.totals(group):
        events[_id(row, by)] += row["events"]
    daily: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in rows.bots(group):
        daily[_id(row, by)][0] += row["daily"]
        daily[_id(row, by)][1] += row["sightings"]
    return {id_: bot_ids(ids, named / events[id_]) for id_, (ids, named) in daily.items() if events[id_]}


def _all_bots(rows: HostRows, window: WindowMeasured, best: set[Watch]) -> Answer | None:
    found = rows.bots()
    events = sum(seen.events for seen in window.observed.values())
    if not found or not events:
        return None
    return bot_ids(sum(row["daily"] for row in found), sum(row["sightings"] for row in found) / events)


def _modes(window: WindowMeasured) -> dict[Sensor, RefusalReason | None]:
    return {(watch.feed, watch.report): seen.mode for watch, seen in window.observed.items()}


def _watch(row: Mapping[str, Any]) -> Watch:
    return Watch(row["feed"], row["report"], row["family"], row["ip_version"])


def _id(row: Mapping[str, Any], by: str) -> str:
    return str(row[by])


def _windows(row: Mapping[str, Any]) -> dict[int, float]:
    """Return mean addresses by the window's hours; two days where any follow each other."""
    made = {w: float(row[f"w{w}"]) for w in (1, 2, 3, 4, 6, 8, 12, 24)}
    pairs = row["pairs"]
    if pairs:
        made[48] = 2 * made[24] - row["both"] / pairs
    return made


def _ladders(rows: Iterable[Mapping[str, Any]], group: tuple[str, ...]) -> dict[tuple[Any, ...], GapLadder]:
    made: dict[tuple[Any, ...], GapLadder] = {}
    for row in rows:
        ladder = made.setdefault((_watch(row), *(row[name] for name in group)), GapLadder.empty())
        for name in ("count", "hours", "squares"):
            getattr(ladder, name)[row["step"]] += row[name]
    return made
