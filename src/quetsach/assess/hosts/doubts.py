"""Why a change between two windows may be the instrument's: what is told beside it, or keeps it from going out."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from quetsach.assess.estimate import SMALLEST_CELL, Answer, Estimate, NotEstimable, NotEstimableReason, Notice
from quetsach.assess.hosts.measure import Watch, best_watches
from quetsach.core.text import Joined, LocalText, Number, Text

if TYPE_CHECKING:
    from quetsach.assess.hosts.comparison import Gone, WindowMeasured

type Kind = tuple[str, int]
"""A family in one version of IP."""

LARGEST_DISAGREEMENT: Final = 5.0
"""Points by which the measures may differ before the instrument is doubted rather than believed."""

LARGEST_SILENT: Final = 3.0
"""Percent of the first window's machines that may come or go by one doubt before figures wait for somebody to look."""

SAME_INTERVAL: Final = 1.25
"""Times by which the interval between check-ins may differ before the schedule is said to have changed."""


def disagreement(machines: Answer, events: Answer, addresses: Answer) -> list[Notice]:
    """Say that the measures of one change differ."""
    values = [answer.value for answer in (machines, events, addresses) if isinstance(answer, Estimate)]
    if len(values) < 2 or max(values) - min(values) <= LARGEST_DISAGREEMENT:
        return []
    apart = _points(max(values) - min(values))
    told = [a.percent_text() if isinstance(a, Estimate) else Text("–") for a in (machines, events, addresses)]
    text = Text(
        "The measures of the reduction differ by {apart} points (infections on line {machines}, events "
        "{events}, daily addresses {addresses}): the instrument changed, and the figures wait.",
        apart=apart,
        machines=told[0],
        events=told[1],
        addresses=told[2],
    )
    return [Notice("measures-disagree", text, round(max(values) - min(values), 1))]


def dropped(before: "WindowMeasured", after: "WindowMeasured") -> list[Notice]:
    """Say which reports were there in one window and not in enough of the other."""
    notices = []
    for here, there in ((before, after), (after, before)):
        sensors = {(w.feed, w.report) for w in here.observed if here.covers(w)}
        alive = {(w.feed, w.report) for w in there.observed if there.covers(w)}
        for feed, report in sorted(sensors - alive):
            period = there.period
            text = Text(
                "{feed}/{report} does not have enough data from {first} to {last}; a change can come from the "
                "feed and not from infections.",
                feed=feed,
                report=report,
                first=period.first,
                last=period.last,
            )
            notices.append(Notice("feed-dropped-out", text))
    return notices


def modes(before: "WindowMeasured", after: "WindowMeasured") -> list[Notice]:
    """Say which reports began or ceased to keep one row a day or to send differences."""
    modes = [{(w.feed, w.report): seen.mode for w, seen in window.observed.items()} for window in (before, after)]
    changed = sorted(s for s in modes[0].keys() & modes[1].keys() if modes[0][s] != modes[1][s])
    return [
        Notice(
            "feed-mode",
            Text(
                "{feed}/{report} changed between the windows how it sends data (one row a day, or differences only).",
                feed=feed,
                report=report,
            ),
        )
        for feed, report in changed
    ]


def schedules(before: "WindowMeasured", after: "WindowMeasured", panel: tuple[Watch, ...]) -> list[Notice]:
    """Say which families check in more or less often than before."""
    notices = []
    for watch in panel:
        first, second = before.measured[watch].schedule, after.measured[watch].schedule
        if first is None or second is None:
            continue
        times = second.interval_hours / first.interval_hours
        if not 1 / SAME_INTERVAL <= times <= SAME_INTERVAL:
            name, sensor = before.name_of(watch.family), f"{watch.feed}/{watch.report}"
            text = Text(
                "The interval between check-ins of {name} ({sensor}) is {times} times what it was.",
                name=name,
                sensor=sensor,
                times=Number(times, decimals=2),
            )
            notices.append(Notice("schedule-changed", text))
    return notices


def may_be_named(daily_addresses: float) -> bool:
    """Whether a family has enough addresses a day to be named in public."""
    return daily_addresses >= SMALLEST_CELL


def gone(before: "WindowMeasured", found: Sequence["Gone"]) -> list[Notice]:
    """Say which families are no longer seen by sensors that are alive."""
    told = _told(before, [g.watch for g in found])
    if told is None:
        return []
    text = Text(
        "{names}: gone, although the sensor is alive: cleaned, or no longer seen. They had {share} of "
        "the infections of the first window and are not part of the total reduction.",
        names=told.names,
        share=told.share,
    )
    return [told.notice("families-gone" if told.percent > LARGEST_SILENT else "few-machines-gone", text)]


def new(after: "WindowMeasured", found: Sequence["Gone"]) -> list[Notice]:
    """Say which families are seen that were not in the first window, by sensors that were alive in it."""
    told = _told(after, [g.watch for g in found])
    if told is None:
        return []
    text = Text(
        "{names}: not seen in the first window: new infections, newly seen by the sensor, or a family "
        "renamed. They have {share} of the infections of the second window and are not part of the total "
        "reduction.",
        names=told.names,
        share=told.share,
    )
    return [told.notice("families-new", text)]


def counted_once(before: "WindowMeasured", after: "WindowMeasured", compared: Collection[Kind]) -> list[Notice]:
    """Say which families have machines in one window alone, and why: they changed how they look, or data are missing.

    Args:
        before: the first window.
        after: the second.
        compared: the families of which it is told otherwise what became of them.
    """
    notices = []
    for is_first, counted, other in ((True, before, after), (False, after, before)):
        by_reason: defaultdict[NotEstimableReason | None, list[Watch]] = defaultdict(list)
        for kind, watch in sorted(best_watches(counted.measured).items()):
            answer = other.measured[watch].machines if other.covers(watch) else None
            if kind not in compared and isinstance(counted.measured[watch].machines, Estimate):
                by_reason[answer.reason if isinstance(answer, NotEstimable) else None].append(watch)
        for reason, watches in by_reason.items():
            told = _told(counted, watches)
            if told is not None and (reason is not None or is_first):
                notices.append(_one_window(told, reason, is_first=is_first))
    return notices


def _one_window(told: "_Told", reason: NotEstimableReason | None, *, is_first: bool) -> Notice:
    window = Text("the first window") if is_first else Text("the second window")
    why = NotEstimable(reason).text if reason else Text("The sensor does not have enough data.")
    text = Text(
        "{names}: machines can be counted in {window} only ({share} of its infections) and are not part "
        "of the total reduction. In the other: {why}",
        names=told.names,
        window=window,
        share=told.share,
        why=why,
    )
    if reason is None:
        return told.notice("families-left-out", text)
    return told.notice("refused-in-one-window" if told.percent > LARGEST_SILENT else "few-machines-refused", text)


def sensors(before: "WindowMeasured", reductions: Mapping[Watch, Answer]) -> list[Notice]:
    """Say for which families two sensors see changes that their bands do not bring together."""
    by_kind: defaultdict[Kind, dict[Watch, Estimate]] = defaultdict(dict)
    for watch, answer in reductions.items():
        if isinstance(answer, Estimate) and may_be_named(before.daily_addresses(watch)):
            by_kind[watch.family, watch.ip_version][watch] = answer
    notices = []
    for (family, _), found in sorted(by_kind.items()):
        least, most = (pick(found, key=lambda w: found[w].value) for pick in (min, max))
        apart = found[most].value - found[least].value
        if apart <= LARGEST_DISAGREEMENT or found[most].low <= found[least].high:
            continue
        shown = [(f"{w.feed}/{w.report}", found[w].percent_text()) for w in (least, most)]
        (one, less), (other, more) = shown
        name = before.name_of(family)
        text = Text(
            "Two sensors of {name} see different reductions: {one} {less}, {other} {more}. The reach of one "
            "of them changed.",
            name=name,
            one=one,
            less=less,
            other=other,
            more=more,
        )
        notices.append(Notice("sensors-disagree", text, round(apart, 1)))
    return notices


@dataclass(frozen=True, slots=True)
class _Told:
    """Families as they may be named, and the share of a window's machines that they have."""

    names: LocalText
    percent: float

    @property
    def share(self) -> LocalText:
        """The share without decimals, which would tell how many machines a small family has."""
        if self.percent < 1:
            return Text("under 1 %")
        return Text("{share} %", share=Number(self.percent))

    def notice(self, code: str, text: LocalText) -> Notice:
        """Return a notice about the share."""
        return Notice(code, text, round(self.percent))


def _told(window: "WindowMeasured", watches: Sequence[Watch]) -> _Told | None:
    """Return how families are told; those that are too small to be named by their number. ``None`` of no machines."""
    percent = share_of(window, watches)
    if not percent:
        return None
    named = sorted({w.family for w in watches if may_be_named(window.daily_addresses(w))})
    small = len({w.family for w in watches} - set(named))
    names = [*(window.name_of(family) for family in named), *([small_families(small)] if small else [])]
    return _Told(Joined(names), percent)


def share_of(window: "WindowMeasured", watches: Sequence[Watch]) -> float:
    """Return the share of a window's machines that watches have, in percent; each family by its best sensor."""
    best: dict[Kind, float] = {}
    for watch in window.observed:
        kind = watch.family, watch.ip_version
        best[kind] = max(best.get(kind, 0.0), window.machines(watch))
    whole = sum(best.values())
    return 100 * sum(window.machines(w) for w in watches) / whole if whole else 0.0


def small_families(count: int) -> LocalText:
    """Write how many families are too small to be named."""
    return Text("{count} small family", many="{count} small families", count=count)


def _points(value: float) -> Number:
    return Number(value, decimals=1)


def percent_text(value: float) -> LocalText:
    """Write a share with one decimal."""
    return Text("{share} %", share=Number(value, decimals=1))
