"""Numbers of every week by place: what an analysis of effect stands on.

A panel is constant: one sensor counts a family in all weeks, so that a feed that comes later is no epidemic. It has one
measure for all its cells: machines where every cell has an estimate, else mean daily addresses. Mixed, a cell whose
estimate was refused would look like a change.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from quetsach.assess.estimate import Estimate, Notice
from quetsach.assess.hosts.comparison import SAME_COVERAGE, WindowMeasured, compare
from quetsach.assess.hosts.measure import best_watches
from quetsach.core.period import Period
from quetsach.lake.host_queries import Sensor
from quetsach.lake.host_windows import laid_out, measure_window
from quetsach.lake.hosts import HostReport, hosts
from quetsach.lake.view import LakeView

WEEK_DAYS = 7
_CHANGED_INSTRUMENT = frozenset({"feed-dropped-out", "feed-mode"})


class WeekMeasure(StrEnum):
    """What is counted in a week."""

    MACHINES = "machines"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class Cell:
    """A unit in a week: machines on line, ``None`` where refused; mean daily addresses."""

    machines: float | None
    addresses: float

    def of(self, measure: WeekMeasure) -> float | None:
        """Return the figure of a measure."""
        return self.machines if measure is WeekMeasure.MACHINES else self.addresses


@dataclass(frozen=True, slots=True)
class Sensors:
    """Who counts each family in every week of a panel, and where that is not the same from the first to the last.

    ``unfit`` keep one row a day or send differences: they count addresses and no machines.
    """

    of: Mapping[str, Sensor]
    unfit: frozenset[Sensor]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Weeks:
    """The cells by unit and first day (UTC) in which something was seen; ``healthy`` weeks had every sensor alive."""

    cells: Mapping[tuple[str, date], Cell]
    healthy: frozenset[date]

    def cell(self, unit: str, first: date) -> Cell | None:
        """Return a cell: zero where nothing was seen by sensors that were alive, ``None`` where they were not."""
        return self.cells.get((unit, first)) or (Cell(0.0, 0.0) if first in self.healthy else None)

    def measure(self, units: Collection[str]) -> WeekMeasure:
        """Return the measure that all cells of these units have."""
        refused = any(cell.machines is None for (unit, _), cell in self.cells.items() if unit in units)
        return WeekMeasure.ADDRESSES if refused else WeekMeasure.MACHINES


def weeks(first: date, last: date, *, anchor: date) -> tuple[date, ...]:
    """Return the first days of the whole weeks of a span; weeks begin on the weekday of ``anchor``."""
    start = first + timedelta(days=(anchor - first).days % WEEK_DAYS)
    count = ((last - start).days + 1) // WEEK_DAYS
    return tuple(start + timedelta(days=WEEK_DAYS * n) for n in range(max(0, count)))


def constant_sensors(
    view: LakeView,
    before: Period,
    after: Period,
    *,
    families: Sequence[str] | None = None,
    reports: Collection[str] | None = None,
) -> Sensors:
    """Choose for each family the sensor that sees most of it in the earlier window, of those alive in both.

    While there are no sightings from the later window, the earlier one decides alone.

    Args:
        view: the sightings.
        before: the earlier window.
        after: the later one.
        families: only these; ``None`` for all.
        reports: only these sensors, as ``feed/report``; ``None`` for all.

    Raises:
        QuetsachError: the lake cannot be read, or the earlier window has no sightings.
    """
    windows = []
    for period in (before, after) if view.sightings_count(after) else (before,):
        with laid_out(view, period, families, reports) as laid:
            windows.append(measure_window(laid, laid.count(by_network=False), period, {}))
    chosen: dict[str, Sensor] = {}
    for window in windows[::-1]:  # the earlier one has the last word
        alive = {w: m for w, m in window.measured.items() if _is_alive(w.feed, w.report, windows)}
        for (family, _), watch in sorted(best_watches(alive or window.measured).items(), reverse=True):
            chosen[family] = (watch.feed, watch.report)
    modes = {(w.feed, w.report): seen.mode for window in windows for w, seen in window.observed.items()}
    found = compare(*windows).notices if len(windows) > 1 else ()
    notices = tuple(notice for notice in found if notice.code in _CHANGED_INSTRUMENT)
    return Sensors(chosen, frozenset(s for s, mode in modes.items() if mode), notices)


def weekly(
    view: LakeView,
    starts: Sequence[date],
    sensors: Sensors,
    *,
    weights: Mapping[str, float],
    by: str = "province",
    announced: Mapping[int, int] | None = None,
    progress: Callable[[int], None] = lambda _weeks: None,
) -> Weeks:
    """Count each week by ``lake.hosts.GROUPS``, the weighted sum over families.

    Args:
        view: the sightings.
        starts: first days of the weeks.
        sensors: who counts which family.
        weights: of families; those that are not named have 1.
        by: what to count by.
        announced: IPv4 addresses that each AS announces, for the refusal of dense pools.
        progress: told after each week.

    Raises:
        LakeError: the lake cannot be read.
    """
    groups: defaultdict[tuple[Sensor, float], list[str]] = defaultdict(list)
    for family, sensor in sensors.of.items():
        if weight := weights.get(family, 1.0):
            groups[sensor, weight].append(family)
    cells: dict[tuple[str, date], Cell] = {}
    healthy = []
    for first in starts:
        period = Period(first, first + timedelta(days=WEEK_DAYS - 1))
        counted = [
            (weight, sensor in sensors.unfit, _count(view, period, sensor, names, by=by, announced=announced))
            for (sensor, weight), names in groups.items()
        ]
        is_healthy = all(report is not None and _is_healthy(report) for _, _, report in counted)
        healthy += [first] if is_healthy else []
        for unit in {row.id for _, _, report in counted if report for row in report.rows}:
            if cell := _added(unit, counted, is_healthy=is_healthy):
                cells[unit, first] = cell
        progress(1)
    return Weeks(cells, frozenset(healthy))


def _is_alive(feed: str, report: str, windows: Sequence[WindowMeasured]) -> bool:
    return all(any((w.feed, w.report) == (feed, report) and o.covers(w) for w in o.observed) for o in windows)


def _count(
    view: LakeView,
    period: Period,
    sensor: Sensor,
    families: Sequence[str],
    *,
    by: str,
    announced: Mapping[int, int] | None,
) -> HostReport | None:
    """Count a week of a sensor; ``None`` where it was silent."""
    if not any((roll_up.feed, roll_up.report) == sensor for roll_up in view.roll_ups(period)):
        return None
    return hosts(view, period, by=by, families=families, announced=announced, reports=["/".join(sensor)])


def _is_healthy(report: HostReport) -> bool:
    return all(sensor.uptime_hours >= SAME_COVERAGE * 24 * WEEK_DAYS for sensor in report.sensors)


def _added(unit: str, counted: Sequence[tuple[float, bool, HostReport | None]], *, is_healthy: bool) -> Cell | None:
    """Add the families of a unit up; ``None`` where a sensor that was not alive may have missed some of them."""
    found = [(weight, unfit, row) for weight, unfit, r in counted if r for row in r.rows if row.id == unit]
    if not is_healthy and len(found) < len(counted):
        return None
    machines = [w * row.machines.value for w, unfit, row in found if isinstance(row.machines, Estimate) and not unfit]
    addresses = sum(weight * row.daily_addresses for weight, _, row in found)
    return Cell(sum(machines) if len(machines) == len(found) else None, addresses)
