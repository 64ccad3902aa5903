"""Roll-ups of a window, laid out and measured: what every question about machines begins with."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.agreement import NamedHours, Stays, Traces
from quetsach.assess.hosts.breaks import DaySeen
from quetsach.assess.hosts.calibration import Calibrated, NetworkPart, calibrate
from quetsach.assess.hosts.clock import Clock, DayRecord, SensorDays, feed_mode, is_dense, read_clock
from quetsach.assess.hosts.comparison import WindowMeasured
from quetsach.assess.hosts.estimators import Rate
from quetsach.assess.hosts.measure import REFUSED_SHARE, Observed, Watch, measure, measure_part
from quetsach.assess.hosts.schedule import STEPS, GapLadder
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.lake import rollups
from quetsach.lake.host_queries import Bots, HostWindow, Overlap, Sensor
from quetsach.lake.host_rows import SQUARE_PARTS, HostRows, watch_of
from quetsach.lake.reach import Contacted, FamilyHours, InstallationDays, InstallationHours, Seen, family_clocks
from quetsach.lake.rollups import RollUp
from quetsach.lake.view import LakeView

MOSTLY_NAMED = 0.8
"""Share of a family's sightings that name their installation, from which these tell the reach of the sensor."""


MS_AN_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Named:
    """What ``NamedHours`` are told from, with ``sightings`` that carry a name in place of their share."""

    hours: float
    watched: float
    sightings: float
    gaps: float
    days: float
    once: float

    def __add__(self, other: "Named") -> "Named":
        """Return both together, of one watch."""
        return Named(
            self.hours + other.hours,
            self.watched,
            self.sightings + other.sightings,
            self.gaps + other.gaps,
            self.days + other.days,
            self.once + other.once,
        )

    def of(self, events: float) -> NamedHours | None:
        """Return the hours, where there were so many sightings with and without a name."""
        if not events:
            return None
        share = min(1.0, self.sightings / events)
        return NamedHours(self.hours, self.watched, share, self.gaps, self.days, self.once)


@dataclass(frozen=True, eq=False)
class LaidOut:
    """The roll-ups of a period, to be asked: complete, each day of each report that has sightings.

    ``clocks`` are those of each family at each of the ``sensors``.
    """

    view: LakeView
    sensors: Mapping[Sensor, Clock]
    clocks: Mapping[Seen, Clock]
    families: tuple[str, ...] | None
    addresses: tuple[Path, ...]
    gaps: tuple[Path, ...]
    bots: tuple[Path, ...]
    reach: tuple[Path, ...] = ()

    def count(self, by: tuple[str, ...] | None = None, *, by_network: bool) -> HostRows:
        """Count everything at once.

        Args:
            by: what sightings and gaps are counted by beside sensor and family; ``None`` leaves addresses out.
            by_network: count by AS too.
        """
        group = () if by in (None, ("family",)) else by or ()
        ways = dict.fromkeys(((), group, ("asn",)) if by_network else ((), group))
        totals = ways | dict.fromkeys([("asn", *group)] if by_network else [])
        distinct = () if by is None else tuple(dict.fromkeys(((), ("family",), by)))
        question = HostWindow(self.clocks, tuple(ways), tuple(totals), distinct, self.families, self.view.names)
        return self.view.ask(question, self.view.parts_of(self.addresses, once=self.gaps))

    def count_days(self) -> dict[Watch, dict[date, DaySeen]]:
        """Return the days of each watch, without gaps and what hangs on them."""
        question = HostWindow(self.clocks, (), (), (), self.families, self.view.names)
        return self.view.ask(question, self.view.parts_of(self.addresses)).by_day()

    def overlap(self, first: Watch, second: Watch) -> tuple[tuple[int, int, int], list[dict[int, int]]]:
        """Return what two sensors of one family saw: see ``Overlap``."""
        return self.view.ask(Overlap(first, second, self.view.names), self.view.parts_of(self.addresses))

    def count_bots(self, by: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return mean ``daily`` installations and the ``sightings`` that name one, by family and ``by``."""
        return (
            self.view.ask(Bots(by, self.families, self.view.names), self.view.parts_of(self.bots)) if self.bots else []
        )

    @cached_property
    def named_hours(self) -> dict[Watch, dict[int | None, Named]]:
        """What installations tell of each watch, by AS; hours are those of days without outages."""
        if not self.bots:
            return {}
        found: defaultdict[Watch, dict[int | None, Named]] = defaultdict(dict)
        for row in self.view.ask(InstallationHours(self.families, self.view.names), self.view.parts_of(self.bots)):
            watch = watch_of(row)
            outages = self.clocks[watch.feed, watch.report, watch.family].outages
            watched = 24.0 * sum(down == () for down in outages.values())
            is_whole = outages.get(row["day"]) == ()
            more = Named(
                row["ms"] / MS_AN_HOUR if is_whole else 0.0,
                watched,
                row["sightings"],
                row["gap_ms"] / MS_AN_HOUR if is_whole else 0.0,
                row["bots"] if is_whole else 0,
                row["once"] if is_whole else 0,
            )
            of_watch = found[watch]
            of_watch[row["asn"]] = of_watch[row["asn"]] + more if row["asn"] in of_watch else more
        return dict(found)

    def of_reach(self, window: WindowMeasured) -> WindowMeasured:
        """Return a window with the installations and destinations of days without outages, where feeds tell them."""
        asked = self.families, self.view.names
        contacted = self.view.ask(Contacted(*asked), self.view.parts_of(self.reach)) if self.reach else {}
        named = self.view.ask(InstallationDays(*asked), self.view.parts_of(self.bots)) if self.bots else {}
        installations = {
            watch: self._whole(watch, days)
            for watch, (days, sightings) in named.items()
            if watch in window.observed and sightings >= MOSTLY_NAMED * window.observed[watch].events
        }
        destinations = {watch: self._whole(watch, days) for watch, days in contacted.items()}
        return replace(window, installations=installations, destinations=destinations)

    def _whole[Found](self, watch: Watch, days: Mapping[date, Found]) -> dict[date, Found]:
        outages = self.clocks[watch.feed, watch.report, watch.family].outages
        return {day: found for day, found in days.items() if outages.get(day) == ()}


@contextmanager
def laid_out(
    view: LakeView, period: Period, families: Sequence[str] | None, reports: Collection[str] | None = None
) -> Iterator[LaidOut]:
    """Lay out the roll-ups of a period, of all reports or some; missing ones are made in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="quetsach-") as folder:
        records: defaultdict[Sensor, dict[date, DayRecord]] = defaultdict(dict)
        addresses, gaps, bots, reach = list[Path](), list[Path](), list[Path](), list[Path]()
        parts = [part for part in rollups.PARTS if part != "seen"]
        view.catalog.fetch(one.path(part) for one in view.roll_ups(period) for part in parts)
        for roll_up in view.roll_ups(period):
            if reports is not None and f"{roll_up.feed}/{roll_up.report}" not in reports:
                continue
            place = _place(view, roll_up, Path(folder))
            records[roll_up.feed, roll_up.report][roll_up.day] = rollups.read_record(place / roll_up.path("clock"))
            addresses.append(place / roll_up.path("addresses"))
            gaps.append(place / roll_up.path("gaps"))
            for part, files in (("bots", bots), ("reach", reach)):
                if (place / roll_up.path(part)).exists():
                    files.append(place / roll_up.path(part))
        if not records:
            raise AssessError(
                Text("no sightings from {period}", period=period),
                hint=Text("ingest the feed files of these days first"),
            )
        sensors = {sensor: read_clock(days, view.rest_days) for sensor, days in records.items()}
        only = None if families is None else tuple(families)
        hours = view.ask(FamilyHours(only, view.names), view.parts_of(addresses))
        clocks = family_clocks(sensors, hours, period, view.offices)
        yield LaidOut(view, sensors, clocks, only, tuple(addresses), tuple(gaps), tuple(bots), tuple(reach))


def _place(view: LakeView, roll_up: RollUp, folder: Path) -> Path:
    """Return the folder that a roll-up lies in: the lake, or ``folder`` where it was missing and could be made."""
    sightings = view.sightings_for(roll_up)
    if sightings is None or (view.folder / roll_up.path("clock")).exists():
        return view.folder
    view.catalog.fetch(sightings)
    rollups.publish_changed(rollups.build(view.engine(), roll_up, sightings, folder, home=view.home), folder)
    return folder


def measure_window(laid: LaidOut, rows: HostRows, period: Period, rates: Mapping[str, float]) -> WindowMeasured:
    """Measure every watch of a window; ``rows`` are what was counted of it."""
    clocks, named = laid.clocks, laid.named_hours
    hourly = {watch_of(row): np.array([row[f"h{h}"] for h in range(24)]) for row in rows.hourly()}
    windows = {watch_of(row): _windows(row) for row in rows.windows()}
    days: defaultdict[Sensor, dict[date, int]] = defaultdict(dict)
    odd: Counter[tuple[Sensor, str]] = Counter()
    for row in rows.sensor_days():
        sensor = row["feed"], row["report"]
        days[sensor][row["day"]] = row["rows"]
        odd.update({(sensor, name): row[name] for name in ("single", "cut")})
    modes = {s: feed_mode(SensorDays(by_day, odd[s, "single"], odd[s, "cut"])) for s, by_day in days.items()}
    ladders, islands = ladders_of(rows.ladder(), ()), _islands(rows)
    observed = {}
    for row in rows.totals():
        watch = watch_of(row)
        clock = clocks[watch.feed, watch.report, watch.family]
        observed[watch] = Observed(
            ladders.get((watch,), GapLadder.empty()),
            row["events"],
            row["rows"],
            clock.uptime_hours,
            hourly[watch],
            clock.hours_alive,
            windows.get(watch, {}),
            modes[watch.feed, watch.report],
            row["mixed"],
            Traces(
                _stays_of(row),
                islands[watch],
                clock.breaks,
                tuple(clock.moved.values()),
                clock.unsure,
                reduce(add, named[watch].values()).of(row["events"]) if watch in named else None,
                row["again"],
                _stays_of(row, "day_"),
            ),
        )
    known = {family: Rate(per_hour, is_known=True) for family, per_hour in rates.items()}
    measured = {watch: measure(seen, known.get(watch.family)) for watch, seen in observed.items()}
    return WindowMeasured(period, observed, measured)


def dense_pools(rows: HostRows, window: WindowMeasured, best: set[Watch], announced: Mapping[int, int]) -> set[int]:
    """Return the AS numbers of which too many addresses are infected at once."""
    if not announced:
        return set()
    machines: defaultdict[int, float] = defaultdict(float)
    ladders = ladders_of(rows.ladder(("asn",)), ("asn",))
    for row in rows.totals(("asn",)):
        watch = watch_of(row)
        if watch in best and watch.ip_version == 4 and row["asn"] is not None:
            ladder = ladders.get((watch, row["asn"]), GapLadder.empty())
            uptime = window.observed[watch].uptime_hours
            part = part_of(row, ladder, uptime)
            answer = measure_part(part, window.measured[watch]).machines
            machines[row["asn"]] += answer.value if isinstance(answer, Estimate) else 0.0
    return {asn for asn, count in machines.items() if is_dense(count, announced.get(asn, 0))}


def calibrated(laid: LaidOut, rows: HostRows, window: WindowMeasured) -> dict[Watch, Calibrated]:
    """Return the watches whose machines can be told by what was learned in networks with bot IDs."""
    named = laid.named_hours
    ladders = ladders_of(rows.ladder(("asn",)), ("asn",)) if named else {}
    parts: defaultdict[Watch, list[NetworkPart]] = defaultdict(list)
    for row in rows.totals(("asn",)) if named else ():
        watch, asn = watch_of(row), row["asn"]
        hours = named[watch][asn].of(row["events"]) if asn in named.get(watch, {}) else None
        parts[watch].append(NetworkPart(asn, ladders.get((watch, asn), GapLadder.empty()), row["events"], hours))
    found = {w: calibrate(window.observed[w], window.measured[w], of_watch) for w, of_watch in parts.items()}
    return {watch: made for watch, made in found.items() if made}


def without_dense(rows: HostRows, window: WindowMeasured, dense: set[int]) -> WindowMeasured:
    """Refuse the machines of watches of which dense pools have too large a part."""
    if not dense:
        return window
    within: defaultdict[Watch, int] = defaultdict(int)
    for row in rows.totals(("asn",)):
        within[watch_of(row)] += row["rows"] if row["asn"] in dense else 0
    refused = NotEstimable(NotEstimableReason.DENSE_POOL)
    measured = {
        watch: replace(m, machines=refused) if within[watch] > REFUSED_SHARE * m.rows else m
        for watch, m in window.measured.items()
    }
    known = {watch: made for watch, made in window.calibrated.items() if measured[watch].machines is not refused}
    return replace(window, measured=measured, calibrated=known)


def part_of(row: Mapping[str, Any], ladder: GapLadder, uptime_hours: float) -> Observed:
    """Return what a watch saw of a part of the country, from a row of totals."""
    traces = Traces(_stays_of(row), day_stays=_stays_of(row, "day_"))
    return Observed(ladder, row["events"], row["rows"], uptime_hours, mixed=row["mixed"], traces=traces)


def _stays_of(row: Mapping[str, Any], kind: str = "") -> Stays:
    """Return the stays of a row of totals, all or those of a kind."""
    count, intervals, minutes, squares = (row[f"{kind}{name}"] for name in ("stays", "intervals", "minutes", "squares"))
    return Stays(count, intervals, minutes / 60, squares / SQUARE_PARTS)


def _islands(rows: HostRows) -> defaultdict[Watch, NDArray[np.float64]]:
    made: defaultdict[Watch, NDArray[np.float64]] = defaultdict(lambda: np.zeros((STEPS + 1, STEPS + 1)))
    for row in rows.islands():
        made[watch_of(row)][row["span"], row["alone"]] += row["islands"]
    return made


def modes_of(window: WindowMeasured) -> dict[Sensor, NotEstimableReason | None]:
    """Return what makes each sensor unfit, if anything."""
    return {(watch.feed, watch.report): seen.mode for watch, seen in window.observed.items()}


def _windows(row: Mapping[str, Any]) -> dict[int, float]:
    """Return mean addresses by the window's hours; two days where any follow each other."""
    made = {w: float(row[f"w{w}"]) for w in (1, 2, 3, 4, 6, 8, 12, 24)}
    pairs = row["pairs"]
    if pairs:
        made[48] = 2 * made[24] - (row["both"] or 0) / pairs
    return made


def ladders_of(rows: Iterable[Mapping[str, Any]], group: tuple[str, ...]) -> dict[tuple[Any, ...], GapLadder]:
    """Return ladders by watch and the columns of ``group``."""
    made: dict[tuple[Any, ...], GapLadder] = {}
    for row in rows:
        ladder = made.setdefault((watch_of(row), *(row[name] for name in group)), GapLadder.empty())
        for name in ("count", "hours", "squares"):
            getattr(ladder, name)[row["step"]] += row[name]
    return made
