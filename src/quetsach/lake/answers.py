"""The questions that portal and command ask of the lake: roll-ups in, the pure rules of ``assess``, records out."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from quetsach.assess import (
    AssessError,
    Basis,
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
from quetsach.assess.events import NOTHING_KNOWN, Calendar
from quetsach.campaign import Campaign, Measure, Window
from quetsach.core.family import FamilyNames
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.core.place import Places
from quetsach.core.small_cell import SMALLEST_CELL
from quetsach.lake.view import LakeView
from quetsach.network import NetworkTables

ASKED = LocalText("Kỳ được hỏi", "The window asked for")


def basis_of(view: LakeView, period: Period) -> Basis:
    """Return how figures of a period are counted in this lake."""
    seen = view.days_with_data(period).to_pylist()
    deliveries = view.deliveries()
    versions = {
        delivery.versions.get("network", "") for delivery in deliveries if any(day in period for day in delivery.days)
    }
    last_ingest = max((delivery.ingested_at.date() for delivery in deliveries), default=None)
    return Basis(
        window=period,
        feeds=tuple(sorted({f"{row['feed']}/{row['report']}" for row in seen})),
        days_with_data=len({row["day"] for row in seen}),
        as_of=view.newest_day(until=last_ingest) or view.newest_day(),
        network_versions=tuple(sorted(versions - {""})),
    )


def families(view: LakeView, period: Period, names: FamilyNames) -> Ranking:
    """Rank the families of a period by mean daily addresses.

    Raises:
        AssessError: the period has no data, or the lake does not count by this table and has a name that nobody placed.
    """

    def name(family: str) -> LocalText:
        if (known := names.families.get(family)) is None:
            raise AssessError(
                "the lake does not count by this table of families: names that nobody placed would be shown",
                where=family,
            )
        return LocalText(known.name, known.name)

    return rank_families(
        view.daily_addresses(period, ("family",)),
        view.daily_addresses(period, ()),
        view.distinct_addresses(period, ("family",)),
        basis_of(view, period),
        name,
    )


def isps(view: LakeView, period: Period, tables: NetworkTables) -> Ranking:
    """Rank the providers of a period by mean daily addresses, with the rate per 1,000 announced ones.

    Raises:
        AssessError: the period has no data.
    """
    basis = basis_of(view, period)
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
    return rank_places(
        view.daily_addresses(period, ("province",)),
        view.daily_addresses(period, ()),
        basis_of(view, period),
        provinces,
    )


def sectors(view: LakeView, period: Period) -> Ranking:
    """Rank the sectors of a period by mean daily addresses, as far as feeds tell them.

    Raises:
        AssessError: the period has no data.
    """
    daily = view.daily_addresses(period, ("sector",))
    return rank_sectors(daily, view.daily_addresses(period, ()), basis_of(view, period))


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
        feed_days = Counter(f"{row['feed']}/{row['report']}" for row in view.days_with_data(window.period).to_pylist())
        return WindowCount(window.id, window.name, addresses, basis_of(view, window.period), published, feed_days)

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
        text = LocalText(
            "Mốc so sánh tạm thời: chưa có quyết định chốt mốc, nên số liệu của mốc và mức thay đổi còn có thể đổi.",
            "Provisional baseline: no decision has frozen it yet, so it and the changes against it may still move.",
        )
        return counted, "", (Notice("baseline-provisional", text),)
    notices = compare_again(frozen, counted.addresses, counted.basis)
    return replace(counted, addresses=frozen.addresses, basis=frozen.basis), frozen.digest, notices
