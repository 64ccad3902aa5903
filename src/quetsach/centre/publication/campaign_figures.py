"""The figures of a campaign: its windows beside its baseline, as counted now or as its close sealed them.

How they are drawn is the affair of whoever publishes: the chart of each language comes from a function that is handed
over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from quetsach.assess import NO_VERDICT, TargetReport, WindowChange, WindowCount
from quetsach.assess.events import Calendar
from quetsach.campaign import Campaign, Measure, Target
from quetsach.campaign.schedule.outcome import AddressFacts, WindowFact
from quetsach.centre import answers
from quetsach.centre.baseline import baseline_in_force
from quetsach.centre.publication.candidates import read_published
from quetsach.centre.publication.snapshot import CampaignFigures, Snapshot, WindowFigure
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.lake.view import LakeView

type Marks = Sequence[tuple[date, LocalText]]
"""What is known of days on a chart's axis: what changed counts, and holidays."""
type DrawCampaign = Callable[[CampaignFigures, Sequence[Target], Marks], Mapping[str, str]]
"""Draws a campaign's windows beside its targets of addresses: one SVG by language."""


@dataclass(frozen=True, slots=True)
class MeasuredCampaign:
    """A campaign whose windows are published. ``sealed`` are its final figures once it was closed with any."""

    plan: Campaign
    sealed: AddressFacts | None = None


def campaign_figures(
    view: LakeView,
    measured: MeasuredCampaign,
    data: Path,
    *,
    calendar: Calendar,
    draw: DrawCampaign,
    progress: Callable[[int], None],
) -> CampaignFigures | None:
    """Return a campaign's windows: of a closed one the sealed; ``None`` where its baseline has no data at all."""
    plan = measured.plan
    if measured.sealed is not None:
        return _with_charts(_sealed(plan, measured.sealed, data, read_published(data)), plan, view, calendar, draw)
    frozen = baseline_in_force(data, plan.id)
    if frozen is None and not view.days_with_data(plan.window(plan.baseline).period).num_rows:
        return None
    report = answers.targets(view, plan, frozen=frozen, calendar=calendar, progress=progress)
    windows = [window_figure(report.baseline, None), *(window_figure(w.count, w) for w in report.windows)]
    if report.previous_year:
        windows.append(window_figure(report.previous_year, None))
    return _with_charts(
        CampaignFigures(
            id=plan.id,
            name=plan.name,
            summary=plan.summary,
            baseline=plan.baseline,
            seal=report.seal,
            goals=tuple(target.text for target in measured_targets(plan)),
            windows=tuple(sorted((w for w in windows if w.days_with_data), key=lambda w: w.first)),
            warnings=_warnings(report),
            decision=frozen.number if frozen else 0,
            decided_on=frozen.frozen_at.date() if frozen else None,
        ),
        plan,
        view,
        calendar,
        draw,
    )


def _sealed(plan: Campaign, facts: AddressFacts, data: Path, published: Snapshot | None) -> CampaignFigures:
    """Return the figures that a campaign was closed with, whatever the lake holds today.

    Windows without a change, such as that of the year before, are not among the sealed facts: they stay as published.
    """

    def window(fact: WindowFact) -> WindowFigure:
        others = next((w.published.addresses for w in plan.windows if w.id == fact.id and w.published), None)
        return WindowFigure(
            id=fact.id,
            first=fact.first,
            last=fact.last,
            title=fact.name,
            addresses=fact.addresses,
            days=fact.days,
            days_with_data=fact.days_with_data,
            change_percent=fact.change_percent,
            published_addresses=others,
            feeds=facts.feeds,
            reports_with_gaps=fact.reports_with_gaps,
            level_breaks=fact.level_breaks,
        )

    windows = [window(fact) for fact in (facts.baseline, *facts.windows)]
    known = published.campaign_of(plan.id) if published else None
    sealed = {one.id for one in windows}
    windows += [w for w in known.windows if w.id not in sealed and w.change_percent is None] if known else []
    frozen = baseline_in_force(data, plan.id)
    is_of_it = frozen is not None and frozen.digest == facts.seal
    return CampaignFigures(
        id=plan.id,
        name=plan.name,
        summary=plan.summary,
        baseline=facts.baseline.id,
        seal=facts.seal,
        goals=tuple(target.text for target in measured_targets(plan)),
        windows=tuple(sorted(windows, key=lambda w: w.first)),
        warnings=tuple(warning for warning in facts.warnings if warning != NO_VERDICT),
        decision=frozen.number if frozen and is_of_it else 0,
        decided_on=frozen.frozen_at.date() if frozen and is_of_it else None,
        is_final=True,
    )


def _with_charts(
    campaign: CampaignFigures, plan: Campaign, view: LakeView, calendar: Calendar, draw: DrawCampaign
) -> CampaignFigures:
    """Draw the windows, and mark what is known to have changed counts of families that may be named, and holidays."""
    windows = [Period(w.first, w.last) for w in campaign.windows]
    families = frozenset[str]().union(*(answers.families_seen(view, window) for window in windows))
    whole = Period(min(w.first for w in windows), max(w.last for w in windows)) if windows else None
    marks = calendar.of_families(families).marks(whole) if whole else ()
    return replace(campaign, charts=draw(campaign, measured_targets(plan), marks))


def measured_targets(plan: Campaign) -> tuple[Target, ...]:
    """Return the targets that the windows' addresses are set beside."""
    return tuple(target for target in plan.targets if target.measure is Measure.WINDOW_ADDRESSES)


def _warnings(report: TargetReport) -> tuple[LocalText, ...]:
    notices = [*report.notices, *(n for w in report.windows if w.change is not None for n in w.notices)]
    return tuple(dict.fromkeys(notice.text for notice in notices))


def window_figure(count: WindowCount, change: WindowChange | None) -> WindowFigure:
    """Return a window as it is published, with its change against the baseline where there is one."""
    period = count.basis.window
    return WindowFigure(
        id=count.id,
        first=period.first,
        last=period.last,
        title=count.name,
        addresses=count.addresses,
        days=period.days,
        days_with_data=count.basis.days_with_data,
        change_percent=change.change.value if change and change.change else None,
        published_addresses=count.published,
        feeds=count.basis.feeds,
        reports_with_gaps=count.basis.reports_with_gaps,
        level_breaks=count.basis.level_breaks,
    )
