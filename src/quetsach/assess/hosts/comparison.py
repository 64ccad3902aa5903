"""Two windows on a constant panel: by how much machines became fewer, and whether the instruments stayed the same."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial

from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason, Notice
from quetsach.assess.events import NOTHING_KNOWN, Calendar
from quetsach.assess.hosts import doubts, sudden
from quetsach.assess.hosts.breaks import DaySeen, Destinations
from quetsach.assess.hosts.calibration import ASSUMED, Calibrated, Calibration
from quetsach.assess.hosts.estimators import Rate, event_rate
from quetsach.assess.hosts.measure import Measured, Observed, Watch, best_watches
from quetsach.core.period import Period
from quetsach.core.text import LocalText

SAME_COVERAGE = 0.75
"""Share of the window's hours that a sensor must have been alive to be on the panel."""

GONE_SHARE = 0.05
"""Share of its address-days of the other window under which a family is no longer seen, or was not yet."""

type Days = Mapping[Watch, Mapping[date, DaySeen]]
"""Whole UTC days of each watch."""


@dataclass(frozen=True, slots=True)
class WindowMeasured:
    """Everything that was measured in one window, by watch.

    Where they were asked for: ``days``, the same of ``installations`` where most sightings name one, and the
    ``destinations`` through which families are seen. ``names`` of families are for people. ``calibrated`` are the
    machines of watches by what networks with bot IDs teach, beside those of ``measured``, which are assumed.
    """

    period: Period
    observed: Mapping[Watch, Observed]
    measured: Mapping[Watch, Measured]
    days: Days = field(default_factory=dict)
    installations: Days = field(default_factory=dict)
    destinations: Mapping[Watch, Destinations] = field(default_factory=dict)
    names: Mapping[str, LocalText] = field(default_factory=dict)
    calibrated: Mapping[Watch, Calibrated] = field(default_factory=dict)

    def by_calibration(self, watches: Iterable[Watch]) -> "WindowMeasured":
        """Return the window with the calibrated machines of some watches."""
        known = {w: replace(self.measured[w], machines=self.calibrated[w].machines) for w in watches}
        return replace(self, measured={**self.measured, **known})

    def name_of(self, family: str) -> LocalText:
        """Return the name of a family for people: its identifier where the table has none."""
        return self.names.get(family, LocalText(family, family))

    def covers(self, watch: Watch) -> bool:
        """Whether the watch was alive in enough of the window."""
        seen = self.observed.get(watch)
        return seen is not None and seen.uptime_hours >= SAME_COVERAGE * 24 * self.period.days

    def machines(self, watch: Watch) -> float:
        """Return the machines of a watch; its mean daily addresses where they are refused, 0 where it saw nothing."""
        if watch not in self.measured:
            return 0.0
        answer = self.measured[watch].machines
        return answer.value if isinstance(answer, Estimate) else self.daily_addresses(watch)

    def daily_addresses(self, watch: Watch) -> float:
        """Return the mean daily addresses of a watch."""
        return self.observed[watch].rows / self.period.days


@dataclass(frozen=True, slots=True)
class Gone:
    """A family of the first window that a sensor, though alive, does not see in the second: cleaned, or not seen."""

    watch: Watch
    machines: Answer
    daily_addresses: float

    def as_json(self) -> dict[str, object]:
        """Return it for machines."""
        return asdict(self.watch) | {
            "machines_online": self.machines.as_json(),
            "mean_daily_addresses": self.daily_addresses,
        }


@dataclass(frozen=True, slots=True)
class Covered:
    """What the total is of: families of those in the first window, and the share of that window's machines, in percent.

    A family whose machines are refused weighs as many as it has daily addresses, so that the share is a lower bound.
    """

    families: int
    of: int
    percent: float


_NONE = NotEstimable(NotEstimableReason.NO_DATA)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Reductions in per cent from one window to another: positive means fewer.

    ``panel`` are the watches that both windows have in the same way, for each family the sensor that saw most machines
    in the first. The ends of an interval hold one window's estimate at its lowest against the other's at its highest;
    the errors of one method in two windows are alike more often than opposite, so that the truth is rarely near an end.
    Addresses are counted and have no interval. ``if_gone_are_clean`` is the reduction of machines if every family of
    ``gone`` was cleaned to the last machine; a refusal where none is gone. ``unseen_points`` are the points by which
    the reach of one family's sensor may have changed on one day without a word: intervals of machines are at least as
    wide to either side; ``None`` where no days are known. ``calibrations`` are those of watches that have one in each
    window: their machines are calibrated in both, and all others assumed in both. ``blocks``: the instrument changed,
    or fell out, so nothing is to be published from it before somebody looked.
    """

    before: Period
    after: Period
    panel: tuple[Watch, ...]
    machines: Answer
    by_events: Answer
    by_addresses: Answer
    notices: tuple[Notice, ...]
    gone: tuple[Gone, ...] = ()
    covered: Covered = Covered(0, 0, 0.0)
    if_gone_are_clean: Answer = _NONE
    unseen_points: float | None = None
    calibrations: Mapping[Watch, tuple[Calibration, Calibration]] = field(default_factory=dict)

    @property
    def could_go_unseen(self) -> LocalText:
        """What changes of a sensor's reach would look like cleaning."""
        return sudden.could_go_unseen(self.unseen_points)

    @property
    def calibrated_families(self) -> tuple[str, ...]:
        """The families of the panel of which all machines are calibrated, in both windows."""
        return tuple(sorted({w.family for w in self.panel} - set(self.assumed_families)))

    @property
    def assumed_families(self) -> tuple[str, ...]:
        """The families of the panel of which some machines are as ``ASSUMED`` says."""
        return tuple(sorted({w.family for w in self.panel if w not in self.calibrations}))

    @property
    def blocks(self) -> bool:
        """Whether a notice stands in the way of publication."""
        return any(notice.code in BLOCKING for notice in self.notices)

    def as_json(self) -> dict[str, object]:
        """Return the comparison for machines: reductions in per cent, refusals with their texts."""
        return {
            "before": {"first": str(self.before.first), "last": str(self.before.last)},
            "after": {"first": str(self.after.first), "last": str(self.after.last)},
            "panel": [asdict(watch) for watch in self.panel],
            "covered": asdict(self.covered),
            "unseen_points": self.unseen_points,
            "could_go_unseen": {"vi": self.could_go_unseen.vi, "en": self.could_go_unseen.en},
            "calibrated": [
                asdict(watch) | {"before": first.as_json(), "after": second.as_json()}
                for watch, (first, second) in sorted(self.calibrations.items())
            ],
            "assumed": {"vi": ASSUMED.vi, "en": ASSUMED.en} if self.assumed_families else None,
            "no_longer_seen": [gone.as_json() for gone in self.gone],
            "reduction_percent": {
                "machines_online": self.machines.as_json(),
                "machines_online_if_no_longer_seen_are_clean": self.if_gone_are_clean.as_json(),
                "machines_by_events": self.by_events.as_json(),
                "mean_daily_addresses": self.by_addresses.as_json(),
            },
            "blocks_publication": self.blocks,
            "warnings": [notice.as_json() for notice in self.notices],
        }


BLOCKING = frozenset(
    {
        "measures-disagree",
        "feed-dropped-out",
        "feed-mode",
        "sensors-disagree",
        "sudden-change",
        "reach-changed",
        "families-gone",
        "refused-in-one-window",
    }
)
"""Notices that stand in the way of publication."""


def compare(
    before: WindowMeasured, after: WindowMeasured, *, calendar: Calendar = NOTHING_KNOWN, between: Days | None = None
) -> Comparison:
    """Set two windows side by side on their constant panel, each family counted in one way.

    The rate of each family's check-ins is that of the first window: a schedule that changes makes the events disagree.

    Args:
        before: the first window.
        after: the second.
        calendar: what happened around the country.
        between: the days between the windows, where there are any.
    """
    both = sorted(before.calibrated.keys() & after.calibrated.keys())
    calibrations = {w: (before.calibrated[w].by, after.calibrated[w].by) for w in both}
    before, after = before.by_calibration(both), after.by_calibration(both)
    fit = [w for w in before.observed if before.covers(w) and after.covers(w) and _is_fit(w, before, after)]
    panel = tuple(sorted(best_watches({w: before.measured[w] for w in fit}).values()))
    gone = _gone(before, after, panel)
    begun = _gone(after, before, panel)
    notices = [
        *_of_the_panel(before, after, panel, gone, begun),
        *calendar.of_families(_named(before) | _named(after)).notices(before.period, after.period),
    ]
    compared = partial(Comparison, before.period, after.period, panel, gone=gone, calibrations=calibrations)
    refused = _refused(before, after, panel)
    if refused:
        return compared(refused, refused, refused, tuple(notices))
    searched = sudden.search_days(before, after, between or {}, panel)
    unseen = sudden.unseen(before, searched)
    machines = _at_least(unseen, _machines(before, after, panel))
    events = _reduction(
        [before.measured[w].by_events for w in panel], [_events_now(after, w, before.measured[w].rate) for w in panel]
    )
    was, now = ([_counted(w.observed[watch]) for watch in panel] for w in (before, after))
    addresses = _reduction(was, now)
    notices += [
        *doubts.disagreement(machines, events, addresses),
        *doubts.sensors(before, {w: _machines(before, after, (w,)) for w in fit}),
        *doubts.schedules(before, after, panel),
        *sudden.days(before, after, panel),
        *sudden.breaks(before, searched, panel),
        *sudden.reach(before, after, panel),
        *sudden.unchecked(before, searched, panel),
    ]
    return compared(
        machines,
        events,
        addresses,
        tuple(notices),
        covered=_covered(before, panel),
        if_gone_are_clean=_at_least(unseen, _machines(before, after, panel, gone)) if gone else _NONE,
        unseen_points=unseen,
    )


def _of_the_panel(
    before: WindowMeasured,
    after: WindowMeasured,
    panel: tuple[Watch, ...],
    gone: tuple[Gone, ...],
    begun: tuple[Gone, ...],
) -> Iterator[Notice]:
    """Yield what is to be told of feeds and families, whatever the figures come to."""
    told = {(w.family, w.ip_version) for w in (*panel, *(g.watch for g in (*gone, *begun)))}
    yield from doubts.dropped(before, after)
    yield from doubts.modes(before, after)
    yield from doubts.gone(before, gone)
    yield from doubts.new(after, begun)
    yield from doubts.counted_once(before, after, told)


def _is_fit(watch: Watch, *windows: WindowMeasured) -> bool:
    rows = [w.observed[watch].rows for w in windows]
    estimated = all(isinstance(w.measured[watch].machines, Estimate) for w in windows)
    return estimated and min(rows) > GONE_SHARE * max(rows)


def _gone(one: WindowMeasured, other: WindowMeasured, panel: tuple[Watch, ...]) -> tuple[Gone, ...]:
    """Return the families of one window that sensors which were alive in both do not see in the other."""
    alive = {(w.feed, w.report) for w in other.observed if other.covers(w)}
    compared = {(w.family, w.ip_version) for w in panel}
    there = {w: m for w, m in one.measured.items() if one.covers(w) and (w.feed, w.report) in alive}
    rows = {w: other.observed[w].rows if w in other.observed else 0 for w in there}
    seen = {(w.family, w.ip_version) for w, m in there.items() if rows[w] > GONE_SHARE * m.rows}
    return tuple(
        Gone(watch, there[watch].machines, one.daily_addresses(watch))
        for kind, watch in sorted(best_watches(there).items())
        if kind not in compared | seen
    )


def _named(window: WindowMeasured) -> set[str]:
    return {w.family for w in window.observed if doubts.may_be_named(window.daily_addresses(w))}


def _refused(before: WindowMeasured, after: WindowMeasured, panel: tuple[Watch, ...]) -> NotEstimable | None:
    if before.period.days != after.period.days:
        return NotEstimable(
            NotEstimableReason.UNEQUAL_WINDOWS, {"before": before.period.days, "after": after.period.days}
        )
    return None if panel else _nothing_fit(before, after)


def _nothing_fit(before: WindowMeasured, after: WindowMeasured) -> NotEstimable:
    """Say why no watch is on the panel: what most sightings of those that both windows have were refused for."""
    refused: Counter[NotEstimableReason] = Counter()
    for watch in before.observed:
        if before.covers(watch) and after.covers(watch):
            for measured in (before.measured[watch], after.measured[watch]):
                if isinstance(measured.machines, NotEstimable):
                    refused[measured.machines.reason] += measured.rows
    return NotEstimable(refused.most_common(1)[0][0] if refused else NotEstimableReason.UNEQUAL_PANELS)


def _covered(before: WindowMeasured, panel: tuple[Watch, ...]) -> Covered:
    best = best_watches(before.measured)
    every = sum(before.machines(w) for w in best.values())
    within = sum(before.machines(w) for (family, version), w in best.items() if _is_on(panel, family, version))
    families = {w.family for w in panel}, {w.family for w in before.observed}
    return Covered(len(families[0]), len(families[1]), 100 * within / every if every else 0.0)


def _is_on(panel: tuple[Watch, ...], family: str, version: int) -> bool:
    return any((w.family, w.ip_version) == (family, version) for w in panel)


def _machines(
    before: WindowMeasured, after: WindowMeasured, panel: tuple[Watch, ...], gone: tuple[Gone, ...] = ()
) -> Answer:
    return _reduction(
        [*(before.measured[w].machines for w in panel), *(g.machines for g in gone)],
        [after.measured[w].machines for w in panel],
    )


def _at_least(points: float | None, answer: Answer) -> Answer:
    """Return a reduction whose interval is so many points wide to either side at least."""
    if points is None or isinstance(answer, NotEstimable):
        return answer
    return replace(answer, low=min(answer.low, answer.value - points), high=max(answer.high, answer.value + points))


def _counted(seen: Observed) -> Estimate:
    value = seen.windows.get(24, 0.0)
    return Estimate(value, value, value)


def _events_now(after: WindowMeasured, watch: Watch, rate: Rate | None) -> Answer:
    seen, schedule = after.observed[watch], after.measured[watch].schedule
    bursts = schedule.repeated(seen.ladder) if schedule else 0.0
    return event_rate(seen.events - bursts, rate, seen.uptime_hours)


def _reduction(before: Sequence[Answer], after: Sequence[Answer]) -> Answer:
    """Return the reduction of a sum in per cent, from the ends of the bands of both windows."""
    sums = [
        {end: sum(getattr(a, end) for a in answers if isinstance(a, Estimate)) for end in ("value", "low", "high")}
        for answers in (before, after)
    ]
    was, now = sums
    if was["low"] <= 0:
        return NotEstimable(NotEstimableReason.NO_DATA)
    value, low, high = (100 * (1 - now[a] / was[b]) for a, b in (("value", "value"), ("high", "low"), ("low", "high")))
    return Estimate(value, low, high, {"before": was["value"], "after": now["value"]})
