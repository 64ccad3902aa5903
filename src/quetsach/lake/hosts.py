"""The question "how many machines": roll-ups in, the pure rules of ``assess.hosts``, records out."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from statistics import mode
from typing import Any

from quetsach.assess import Basis
from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.events import NOTHING_KNOWN, Calendar
from quetsach.assess.hosts.breaks import DaySeen
from quetsach.assess.hosts.calibration import Calibration, StandsOn
from quetsach.assess.hosts.clock import Clock
from quetsach.assess.hosts.comparison import Comparison, WindowMeasured, compare
from quetsach.assess.hosts.estimators import addresses_per_machine, bot_ids, chapman, clock_difference
from quetsach.assess.hosts.measure import (
    REFUSED_SHARE,
    Measured,
    Watch,
    add_up,
    best_watches,
    measure_part,
    of_both_versions,
)
from quetsach.assess.hosts.schedule import GapLadder
from quetsach.core.period import Period
from quetsach.lake.host_rows import HostRows, watch_of
from quetsach.lake.host_windows import (
    LaidOut,
    calibrated,
    dense_pools,
    ladders_of,
    laid_out,
    measure_window,
    modes_of,
    part_of,
    without_dense,
)
from quetsach.lake.reach import Seen
from quetsach.lake.view import LakeView

GROUPS = ("family", "isp", "province", "sector")
"""What machines can be counted by."""

WINDOW_DAYS = 28
"""Four whole weeks: as many of each weekday in every window."""


@dataclass(frozen=True, slots=True)
class HostRow:
    """A line: machines on line by each measure, mean daily and all addresses of the period, addresses a machine.

    Where several ``families`` are added up, these are infections: a machine with two families is two. ``stands_on`` is
    that of the interval of ``machines``: calibrated where all that is added up is.
    """

    id: str
    machines: Answer
    by_events: Answer
    by_growth: Answer
    by_bot_ids: Answer
    daily_addresses: float
    addresses: int
    families: int
    stands_on: StandsOn | None

    @property
    def addresses_per_machine(self) -> float | None:
        """How many addresses of the period stand for one machine."""
        return addresses_per_machine(self.addresses, self.machines)

    def as_json(self) -> dict[str, object]:
        """Return the line for machines, refusals with their texts."""
        factor = self.addresses_per_machine
        return {
            "id": self.id,
            "families_added": self.families,
            "machines_online": self.machines.as_json(),
            "interval_stands_on": self.stands_on,
            "machines_by_events": self.by_events.as_json(),
            "machines_by_growth": self.by_growth.as_json(),
            "machines_by_bot_ids": self.by_bot_ids.as_json(),
            "mean_daily_addresses": self.daily_addresses,
            "window_addresses": self.addresses,
            "addresses_per_machine": factor,
        }


@dataclass(frozen=True, slots=True)
class SensorState:
    """How an instrument was: hours alive of those of the period, days with data, and what makes it unfit."""

    feed: str
    report: str
    days: int
    uptime_hours: float
    outages: int
    mode: NotEstimableReason | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Two sensors of one family: the (address, hour) pairs that each saw, and the least that there were."""

    first: Watch
    second: Watch
    pairs: tuple[int, int, int]
    at_least: Answer


@dataclass(frozen=True, slots=True)
class HostReport:
    """The answer. ``rows`` from most to fewest daily addresses; ``abroad`` are daily addresses of other countries.

    The ``total`` adds families up; ``of_any_family`` are the machines that have at least one. ``calibrations`` are of
    the families whose intervals were learned in networks with bot IDs; of all others they are assumptions.
    """

    basis: Basis
    by: str
    rows: tuple[HostRow, ...]
    total: HostRow
    of_any_family: Answer
    sensors: tuple[SensorState, ...]
    coverage: tuple[Coverage, ...]
    abroad: float
    calibrations: Mapping[Watch, Calibration] = field(default_factory=dict)

    @property
    def assumed(self) -> tuple[str, ...]:
        """The lines whose number of machines stands on one machine behind each address, as ``ASSUMED`` says."""
        assumed = (row for row in self.rows if row.stands_on is StandsOn.ASSUMED)
        return tuple(row.id for row in assumed if isinstance(row.machines, Estimate))


def hosts(
    view: LakeView,
    period: Period,
    *,
    by: str = "family",
    families: Sequence[str] | None = None,
    rates: Mapping[str, float] | None = None,
    announced: Mapping[int, int] | None = None,
    reports: Collection[str] | None = None,
    calibrated_for: Collection[Watch] | None = None,
) -> HostReport:
    """Count the infected machines that were on line, on the average of a period.

    Args:
        view: the sightings.
        period: whole UTC days.
        by: of ``GROUPS``.
        families: only these; ``None`` for all.
        rates: check-ins an hour on line by family, where the malware's analysis tells.
        announced: IPv4 addresses that each AS announces, for the refusal of dense pools.
        reports: only these sensors, as ``feed/report``; ``None`` for all.
        calibrated_for: the watches whose machines are told by what networks with bot IDs teach; ``None`` for all of
            which these teach enough. Beside ``compare_windows`` those that it calibrates in both windows.

    Raises:
        LakeError: the lake cannot be read.
    """
    with laid_out(view, period, families, reports) as laid:
        rows, clocks = laid.count((by,), by_network=bool(announced) or bool(laid.bots)), laid.clocks
        window = measure_window(laid, rows, period, rates or {})
        best = set(best_watches(window.measured).values())
        dense = dense_pools(rows, window, best, announced or {})
        group = () if by == "family" else (by,)
        crowded = _crowded(rows, best, dense, group)
        counts = {_id(row, by): row for row in rows.distinct((by,))}
        [whole] = rows.distinct() or [{"daily": 0.0, "addresses": 0}]
        named = _bots(laid, rows, by)
        taught = calibrated(laid, rows, window) if calibrated_for is None or calibrated_for else {}
        asked = best if calibrated_for is None else best & set(calibrated_for)
        known = {watch: made for watch, made in taught.items() if watch in asked}
        counted = replace(window, calibrated=known).by_calibration(known).measured
        everything = [(watch, counted[watch]) for watch in best]
        parts = _parts(rows, window, best, clocks, group) if group else _by_family(everything)
        of_parts = () if group else known
        made = [
            _row(id_, parts[id_], counts[id_], named.get(id_), known=of_parts, is_crowded=id_ in crowded)
            for id_ in sorted(parts, key=lambda id_: (-counts[id_]["daily"], id_))
        ]
        national = _row("", everything, whole, _all_bots(laid, window), known=known, is_crowded="" in crowded)
        return HostReport(
            view.basis(period),
            by,
            tuple(made),
            national,
            _of_any_family(national.machines, everything, rows),
            _sensors(laid, window),
            _coverage(laid, window),
            rows.abroad(),
            {watch: made.by for watch, made in sorted(known.items())},
        )


def _sensors(laid: LaidOut, window: WindowMeasured) -> tuple[SensorState, ...]:
    return tuple(
        SensorState(*sensor, len(clock.outages), clock.uptime_hours, sum(map(len, clock.outages.values())), mode)
        for sensor, clock in sorted(laid.sensors.items())
        for mode in [modes_of(window).get(sensor)]
    )


def compare_windows(
    view: LakeView,
    before: Period,
    after: Period,
    *,
    families: Sequence[str] | None = None,
    rates: Mapping[str, float] | None = None,
    announced: Mapping[int, int] | None = None,
    calendar: Calendar = NOTHING_KNOWN,
) -> Comparison:
    """Set two windows side by side on the panel that both have; the arguments are those of ``hosts``.

    ``calendar`` is what happened around the country: what touches the windows is told beside the change.

    Raises:
        LakeError: the lake cannot be read.
    """
    measured = []
    for period in (before, after):
        with laid_out(view, period, families) as laid:
            rows = laid.count(by_network=bool(announced) or bool(laid.bots))
            window = laid.of_reach(measure_window(laid, rows, period, rates or {}))
            window = replace(window, days=rows.by_day(), names=view.family_names)
            window = replace(window, calibrated=calibrated(laid, rows, window))
            measured.append(
                without_dense(rows, window, dense_pools(rows, window, set(window.measured), announced or {}))
            )
    return compare(*measured, calendar=calendar, between=_days_between(view, before, after, families))


def compare_latest(
    view: LakeView,
    newest: date,
    *,
    announced: Mapping[int, int] | None = None,
    calendar: Calendar = NOTHING_KNOWN,
) -> Comparison | None:
    """Compare the ``WINDOW_DAYS`` up to ``newest`` with those before; ``None`` where either has no sightings."""
    after = Period(newest - timedelta(days=WINDOW_DAYS - 1), newest)
    before = Period(after.first - timedelta(days=WINDOW_DAYS), after.first - timedelta(days=1))
    if not (view.sightings_count(before) and view.sightings_count(after)):
        return None
    return compare_windows(view, before, after, announced=announced, calendar=calendar)


def _days_between(
    view: LakeView, before: Period, after: Period, families: Sequence[str] | None
) -> dict[Watch, dict[date, DaySeen]]:
    """Return the days between two windows by watch, read a few weeks at a time."""
    made: defaultdict[Watch, dict[date, DaySeen]] = defaultdict(dict)
    first, last = min(before, after).last + timedelta(days=1), max(before, after).first - timedelta(days=1)
    while first <= last:
        part = Period(first, min(last, first + timedelta(days=WINDOW_DAYS - 1)))
        first = part.last + timedelta(days=1)
        if view.sightings_count(part):
            with laid_out(view, part, families) as laid:
                for watch, days in laid.count_days().items():
                    made[watch] |= days
    return dict(made)


def _by_family(everything: Iterable[tuple[Watch, Measured]]) -> dict[str, list[tuple[Watch, Measured]]]:
    """Return what the line of each family consists of: its versions of IP."""
    made: defaultdict[str, list[tuple[Watch, Measured]]] = defaultdict(list)
    for watch, measured in everything:
        made[watch.family].append((watch, measured))
    return made


def _parts(
    rows: HostRows, window: WindowMeasured, best: set[Watch], clocks: Mapping[Seen, Clock], group: tuple[str, ...]
) -> dict[str, list[tuple[Watch, Measured]]]:
    """Return what the line of each place consists of: its families."""
    made: defaultdict[str, list[tuple[Watch, Measured]]] = defaultdict(list)
    ladders = ladders_of(rows.ladder(group), group)
    for row in rows.totals(group):
        watch = watch_of(row)
        if watch in best:
            ladder = ladders.get((watch, row[group[0]]), GapLadder.empty())
            uptime = clocks[watch.feed, watch.report, watch.family].uptime_hours
            part = part_of(row, ladder, uptime)
            made[_id(row, group[0])].append((watch, measure_part(part, window.measured[watch])))
    return made


def _crowded(rows: HostRows, best: set[Watch], dense: set[int], group: tuple[str, ...]) -> set[str]:
    """Return the lines, and ``""`` for the country, of which dense pools have too large a part."""
    if not dense:
        return set()
    every: defaultdict[str, int] = defaultdict(int)
    within: defaultdict[str, int] = defaultdict(int)
    for row in rows.totals(("asn", *group)):
        if watch_of(row) in best:
            for id_ in ("", _id(row, group[0] if group else "family")):
                every[id_] += row["rows"]
                within[id_] += row["rows"] if row["asn"] in dense else 0
    return {id_ for id_, count in every.items() if within[id_] > REFUSED_SHARE * count}


def _of_any_family(infections: Answer, parts: Iterable[tuple[Watch, Measured]], rows: HostRows) -> Answer:
    """Tell machines from infections by the addresses that had several families on one day.

    At least as many as have the commonest family, at most as many as there are infections.
    """
    if isinstance(infections, NotEstimable):
        return infections
    of_family: defaultdict[str, float] = defaultdict(float)
    for watch, measured in parts:
        low = measured.machines.low if isinstance(measured.machines, Estimate) else 0.0
        of_family[watch.family] = max(of_family[watch.family], low)
    added = sum(row["daily"] for row in rows.distinct(("family",)))
    shared = rows.distinct()[0]["daily"] / added if added else 1.0
    low = max(*of_family.values(), infections.low * shared)
    return Estimate(infections.value * shared, low, infections.high, {"addresses_each": 1 / shared if shared else 1.0})


def _coverage(laid: LaidOut, window: WindowMeasured) -> tuple[Coverage, ...]:
    """Set the two sensors that see most of a family side by side."""
    made = []
    by_kind: defaultdict[tuple[str, int], list[Watch]] = defaultdict(list)
    for watch in sorted(window.observed, key=lambda w: (-window.observed[w].rows, w)):
        by_kind[watch.family, watch.ip_version].append(watch)
    for watches in by_kind.values():
        if len(watches) > 1:
            pairs, days = laid.overlap(*watches[:2])
            ahead = [clock_difference(both) for both in days]
            wrong = [hours for hours in ahead if hours]
            at_least: Answer = chapman(*pairs)
            if wrong:
                at_least = NotEstimable(NotEstimableReason.CLOCKS_DIFFER, {"days": len(wrong), "hours": mode(wrong)})
            made.append(Coverage(watches[0], watches[1], pairs, at_least))
    return tuple(made)


def _row(
    id_: str,
    parts: Iterable[tuple[Watch, Measured]],
    counts: Mapping[str, Any],
    bots: Answer | None,
    *,
    known: Collection[Watch],
    is_crowded: bool,
) -> HostRow:
    """Return the line of some parts; ``known`` are the watches whose machines are calibrated."""
    parts = list(parts)
    of_family: defaultdict[str, list[Measured]] = defaultdict(list)
    for watch, measured in parts:
        of_family[watch.family].append(measured)
    machines, by_events, by_growth = (
        add_up(
            (of_both_versions((getattr(m, name), m.rows) for m in versions), sum(m.rows for m in versions))
            for versions in of_family.values()
        )
        for name in ("machines", "by_events", "by_growth")
    )
    if is_crowded and isinstance(machines, Estimate):
        machines = NotEstimable(NotEstimableReason.DENSE_POOL, {"machines": machines.value})
    named = bots or NotEstimable(NotEstimableReason.NO_BOT_IDS)
    return HostRow(
        id_,
        machines,
        by_events,
        by_growth,
        named,
        counts["daily"],
        counts["addresses"],
        len(of_family),
        _stands_on(machines, parts, known),
    )


def _stands_on(machines: Answer, parts: Sequence[tuple[Watch, Measured]], known: Collection[Watch]) -> StandsOn | None:
    """Say what the interval of a line stands on; None where it has none."""
    if isinstance(machines, NotEstimable) and not machines.measured.keys() & {"low", "high"}:
        return None
    counted = [watch for watch, measured in parts if isinstance(measured.machines, Estimate)]
    is_known = all(watch in known for watch in counted or [watch for watch, _ in parts])
    return StandsOn.CALIBRATED if is_known else StandsOn.ASSUMED


def _bots(laid: LaidOut, rows: HostRows, by: str) -> dict[str, Answer]:
    group = () if by == "family" else (by,)
    events: defaultdict[str, float] = defaultdict(float)
    for row in rows.totals(group):
        events[_id(row, by)] += row["events"]
    daily: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in laid.count_bots(group):
        daily[_id(row, by)][0] += row["daily"]
        daily[_id(row, by)][1] += row["sightings"]
    # an installation is of one group on a day, with the sightings that others have of it: no more than all are named
    shares = {id_: min(1.0, named / events[id_]) for id_, (_, named) in daily.items() if events[id_]}
    return {id_: bot_ids(daily[id_][0], share) for id_, share in shares.items()}


def _all_bots(laid: LaidOut, window: WindowMeasured) -> Answer | None:
    found = laid.count_bots()
    events = sum(seen.events for seen in window.observed.values())
    if not found or not events:
        return None
    return bot_ids(sum(row["daily"] for row in found), sum(row["sightings"] for row in found) / events)


def _id(row: Mapping[str, Any], by: str) -> str:
    return str(row[by])
