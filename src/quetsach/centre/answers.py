"""Answers questions about the lake: counts of one view in, the pure rules of ``assess``, records out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from quetsach.assess import (
    AssessError,
    FrozenBaseline,
    Goal,
    Notice,
    Ranking,
    TargetReport,
    WindowCount,
    change_against,
    compare_again,
    judge_baseline,
    newest_with_data,
    rank_families,
    rank_isps,
    rank_places,
    rank_sectors,
)
from quetsach.assess.estimate import SMALLEST_CELL, Answer
from quetsach.assess.events import NOTHING_KNOWN, SIMILAR_DAYS, Calendar
from quetsach.assess.hosts.comparison import Comparison
from quetsach.campaign import Campaign, Measure, Window
from quetsach.core.country import Places
from quetsach.core.errors import InputError
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text
from quetsach.lake.hosts import compare_windows, hosts
from quetsach.lake.view import LakeView
from quetsach.lake.weekly import WEEK_DAYS
from quetsach.network import NetworkTables

GRADED_DAYS = 28
"""Four whole weeks: what grades and choices are usually made over."""
ASKED = Text("The window asked for")


COUNTED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "families": (("day", "family"), ("day",), ("family",)),
    "isps": (("day", "isp", "ip_version"), ("day",)),
    "places": (("day", "province"), ("day",)),
    "sectors": (("day", "sector"), ("day",)),
}
"""The ways in which each ranking counts the addresses of its period."""


def families(view: LakeView, period: Period, names: FamilyNames) -> Ranking:
    """Rank the families of a period by mean daily addresses.

    Raises:
        AssessError: the period has no data, or the lake does not count by this table and has a name that nobody placed.
    """

    def name(family: str) -> LocalText:
        if (known := names.families.get(family)) is None:
            raise AssessError(
                Text("the lake does not count by this table of families: names that nobody placed would be shown"),
                where=family,
            )
        return LocalText(known.name, known.name)

    view.count_together(period, COUNTED["families"])
    return rank_families(
        view.daily_addresses(period, ("family",)),
        view.daily_addresses(period, ()),
        view.distinct_addresses(period, ("family",)),
        view.basis(period),
        name,
    )


def isps(view: LakeView, period: Period, tables: NetworkTables) -> Ranking:
    """Rank the providers of a period by mean daily addresses, with the rate per 1,000 announced ones.

    Raises:
        AssessError: the period has no data.
    """
    basis = view.basis(period)
    view.count_together(period, COUNTED["isps"])
    return rank_isps(
        view.daily_addresses(period, ("isp", "ip_version")),
        view.daily_addresses(period, ()),
        tables.announced_by_isp(period.last),
        replace(basis, network_versions=tuple(sorted({*basis.network_versions, tables.version}))),
        lambda isp: LocalText(tables.isp_name(isp, "vi"), tables.isp_name(isp, "en")),
    )


def places(view: LakeView, period: Period, provinces: Places) -> Ranking:
    """Rank the provinces of a period by mean daily addresses; what no source places is one row, "unknown".

    Raises:
        AssessError: the period has no data.
    """
    view.count_together(period, COUNTED["places"])
    return rank_places(
        view.daily_addresses(period, ("province",)),
        view.daily_addresses(period, ()),
        view.basis(period),
        provinces,
    )


def sectors(view: LakeView, period: Period) -> Ranking:
    """Rank the sectors of a period by mean daily addresses, as far as feeds tell them.

    Raises:
        AssessError: the period has no data.
    """
    view.count_together(period, COUNTED["sectors"])
    daily = view.daily_addresses(period, ("sector",))
    return rank_sectors(daily, view.daily_addresses(period, ()), view.basis(period))


def targets(
    view: LakeView,
    campaign: Campaign,
    *,
    frozen: FrozenBaseline | None,
    asked: Period | None = None,
    calendar: Calendar = NOTHING_KNOWN,
    progress: Callable[[int], None] = lambda _windows: None,
) -> TargetReport:
    """Set the windows of a campaign beside its baseline in force; until one is frozen, beside a provisional one.

    Args:
        view: the sightings.
        campaign: what to measure.
        frozen: the baseline in force; ``None`` until one is frozen.
        asked: compare this window alone and not the campaign's own.
        calendar: what happened around the country: what lies between the baseline and a window is said.
        progress: told after each window.

    Raises:
        AssessError: the window of the baseline has no data, or windows are unequal.
    """

    def count(window: Window) -> WindowCount:
        published = window.published.addresses if window.published else None
        addresses = view.count_addresses(window.period)
        progress(1)
        return WindowCount(window.id, window.name, addresses, view.basis(window.period), published)

    baseline, seal, notices = _baseline(campaign, count, frozen)
    windows = (Window("asked", ASKED, asked),) if asked else campaign.measured_windows
    changes = tuple(change_against(count(window), baseline) for window in windows)
    previous = count(campaign.window(campaign.previous_year)) if campaign.previous_year else None
    return TargetReport(
        campaign=campaign.id,
        name=campaign.name,
        baseline=baseline,
        seal=seal,
        previous_year=previous if previous and previous.basis.days_with_data else None,
        goals=tuple(
            Goal(t.id, t.text, t.change_percent, t.measure is Measure.WINDOW_ADDRESSES) for t in campaign.targets
        ),
        windows=changes,
        notices=(
            *notices,
            *judge_baseline(baseline, previous, newest_with_data(changes)),
            *_known(view, calendar, baseline, [c.count for c in changes if c.change is not None]),
        ),
    )


def weekly_machines(
    view: LakeView,
    period: Period,
    *,
    announced: Mapping[int, int],
    progress: Callable[[int], None] = lambda _weeks: None,
) -> list[Mapping[str, Answer]]:
    """Count the machines of each provider in each whole week.

    Args:
        view: the sightings.
        period: whole weeks, two at least.
        announced: IPv4 addresses that each AS announces, for the refusal of dense pools.
        progress: told after each week.

    Raises:
        InputError: these are no whole weeks.
        LakeError: the lake cannot be read.
    """
    if period.days % WEEK_DAYS or period.days < 2 * WEEK_DAYS:
        raise InputError(
            Text("grades need whole weeks, two at least"), where=str(period), hint=Text("{days} days", days=GRADED_DAYS)
        )
    weeks: list[Mapping[str, Answer]] = []
    for day in (period.first + timedelta(days=n) for n in range(0, period.days, WEEK_DAYS)):
        report = hosts(view, Period(day, day + timedelta(days=WEEK_DAYS - 1)), by="isp", announced=announced)
        weeks.append({row.id: row.machines for row in report.rows})
        progress(1)
    return weeks


def compare_same_holiday(
    view: LakeView,
    before: Period,
    after: Period,
    *,
    calendar: Calendar,
    announced: Mapping[int, int] | None = None,
) -> Comparison | None:
    """Compare the window that has more days off with the same holiday of another year.

    A holiday of the later window is held against that of the year before; one of the earlier window against that of
    the year after.

    Returns:
        The comparison; ``None`` where both windows have as many days off, or that year has no sightings.

    Raises:
        LakeError: the lake cannot be read.
    """
    off = calendar.days_off(before), calendar.days_off(after)
    if abs(off[0] - off[1]) <= SIMILAR_DAYS:
        return None
    is_later = off[0] > off[1]
    window = before if is_later else after
    other = calendar.same_holiday(window, later=is_later)
    if other is None or not view.sightings_count(other):
        return None
    first, second = sorted((window, other))
    return compare_windows(view, first, second, announced=announced, calendar=calendar)


def _known(
    view: LakeView, calendar: Calendar, baseline: WindowCount, counts: Sequence[WindowCount]
) -> tuple[Notice, ...]:
    """Say what is known to have changed counts between the baseline and a window, of families seen in either."""
    base = baseline.basis.window
    seen = {window: families_seen(view, window) for window in (base, *(count.basis.window for count in counts))}
    found = [
        notice
        for count in counts
        for notice in calendar.of_families(seen[base] | seen[count.basis.window]).notices(base, count.basis.window)
    ]
    return tuple(dict.fromkeys(found))


def families_seen(view: LakeView, period: Period) -> frozenset[str]:
    """Return the families that enough addresses of some day had to be named in public."""
    daily = view.daily_addresses(period, ("family",)).to_pylist()
    return frozenset(row["family"] for row in daily if row["addresses"] >= SMALLEST_CELL)


def _baseline(
    campaign: Campaign, count: Callable[[Window], WindowCount], frozen: FrozenBaseline | None
) -> tuple[WindowCount, str, tuple[Notice, ...]]:
    """Return the baseline, its seal, and what is to be said about it."""
    counted = count(campaign.window(campaign.baseline))
    if frozen is None:
        text = Text(
            "Provisional baseline: no decision has frozen it yet, so it and the changes against it may still move."
        )
        return counted, "", (Notice("baseline-provisional", text),)
    notices = compare_again(frozen, counted.addresses, counted.basis)
    return replace(counted, addresses=frozen.addresses, basis=frozen.basis), frozen.digest, notices
