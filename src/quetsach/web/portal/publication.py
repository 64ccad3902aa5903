"""Publication: the lake is counted once, and pages read what was written until something of it has changed."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.assess import NO_VERDICT, Ranking, TargetReport, WindowChange, WindowCount
from quetsach.assess.events import NOTHING_KNOWN, Calendar
from quetsach.assess.refusal import Refusal
from quetsach.campaign import Campaign, Measure
from quetsach.campaign.schedule.document import campaign_digest
from quetsach.campaign.schedule.outcome import AddressFacts, WindowFact
from quetsach.centre.baseline import baseline_in_force
from quetsach.centre.publication_record import PublicationRecord
from quetsach.core.family import FamilyNames
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.core.place import Places
from quetsach.core.small_cell import SMALLEST_CELL
from quetsach.lake import answers, listed
from quetsach.lake.access import Access
from quetsach.lake.view import LakeView
from quetsach.network import NetworkTables
from quetsach.web.design.charts import Column, ColumnChart, draw_columns
from quetsach.web.design.templatetags.words import window_label
from quetsach.web.portal.candidates import Candidate, candidates, lay_candidate, read_published
from quetsach.web.portal.snapshot import (
    CampaignFigures,
    Demonstration,
    RankedRow,
    Snapshot,
    WindowFigure,
    listed_path,
)

WINDOW_DAYS = 30
"""Length of the window that rankings are made over."""
LISTED_DAYS = 14
"""How far back a visitor's address is looked up: longer, and ever more addresses have changed hands."""

_RANKINGS = {
    "families": LocalText("Bảng theo họ mã độc", "The table by family"),
    "isps": LocalText("Bảng theo nhà mạng", "The table by provider"),
    "places": LocalText("Bảng theo tỉnh, thành phố", "The table by province"),
    "sectors": LocalText("Bảng theo lĩnh vực", "The table by sector"),
}
_OTHERS = LocalText("Các dòng còn lại, gộp lại vì quá nhỏ", "All others, put together because they are small")


@dataclass(frozen=True, slots=True)
class MeasuredCampaign:
    """A campaign whose windows are published. ``sealed`` are its final figures once it was closed with any."""

    plan: Campaign
    sealed: AddressFacts | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """What figures are explained with: names, address tables, provinces, campaigns.

    The first campaign whose baseline is frozen is the one that the start page shows.
    """

    families: FamilyNames
    network: NetworkTables
    places: Places
    campaigns: tuple[MeasuredCampaign, ...] = ()
    calendar: Calendar = NOTHING_KNOWN


def publication_inputs(view: LakeView, tables: Tables, demonstration: Demonstration | None, *, data: Path) -> str:
    """Return one digest (SHA-256, hex) of all that figures are made of: the same gives the same figures.

    Raises:
        LakeError: the lake cannot be read.
        AssessError: a frozen baseline was changed.
    """
    network = tables.network
    parts = [view.state, tables.families.version, network.version, repr(sorted(network.ranges.names.items()))]
    parts += [repr(network.home.announced_bounds()), repr(tables.places), repr(demonstration), repr(tables.calendar)]
    for campaign in tables.campaigns:
        frozen = baseline_in_force(data, campaign.plan.id)
        parts += [campaign_digest(campaign.plan), frozen.digest if frozen else "", repr(campaign.sealed)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def figures_are_current(*, data: Path, inputs: str) -> bool:
    """Whether the published figures were made of exactly this; damaged ones were not."""
    published = read_published(data)
    return published is not None and published.inputs == inputs and listed_path(data).exists()


def figures_laid(*, data: Path, inputs: str) -> Candidate | None:
    """Return the newest candidate if it was made of exactly this: it waits, or did not get out."""
    newest = next(iter(candidates(data)), None)
    return newest if newest is not None and newest.figures.inputs == inputs else None


def figures_count(
    *,
    data: Path,
    view: LakeView,
    tables: Tables,
    demonstration: Demonstration | None,
    now: datetime,
    blocked: Sequence[LocalText] = (),
    progress: Callable[[int], None] = lambda _steps: None,
) -> Candidate | None:
    """Count the lake and lay the figures out as a candidate; ``None`` where the lake holds nothing.

    Args:
        data: the centre's data folder; frozen baselines and candidates lie in it.
        view: the sightings.
        tables: names, address tables, provinces, campaigns.
        demonstration: what the data are, where they are not real.
        now: when they are counted (UTC).
        blocked: why they must wait, if it is for what they show.
        progress: told after each step.

    Raises:
        QuetsachError: the lake cannot be counted or the result cannot be written.
    """
    newest = view.newest_day(until=now.astimezone(UTC).date())
    if newest is None:
        return None
    inputs = publication_inputs(view, tables, demonstration, data=data)
    window = Period(newest - timedelta(days=WINDOW_DAYS - 1), newest)
    basis = answers.basis_of(view, window)
    latest = WindowCount("latest", LocalText("30 ngày gần nhất", "Latest 30 days"), view.count_addresses(window), basis)
    progress(1)
    counted = (_campaign(view, campaign, data, tables.calendar, progress) for campaign in tables.campaigns)
    campaigns = sorted((campaign for campaign in counted if campaign), key=lambda campaign: not campaign.seal)
    families = answers.families(view, window, tables.families)
    progress(1)
    isps = answers.isps(view, window, tables.network)
    progress(1)
    places = answers.places(view, window, tables.places)
    progress(1)
    rankings = {"families": families, "isps": isps, "places": places, "sectors": answers.sectors(view, window)}
    record = PublicationRecord(data)
    rows = {name: _rows(ranking, record, table=name, window=window) for name, ranking in rankings.items()}
    told = {name: () if isinstance(found, Refusal) else found for name, found in rows.items()}
    snapshot = Snapshot(
        counted_at=now,
        as_of=newest,
        lake=view.state,
        demonstration=demonstration,
        feeds=basis.feeds,
        network_versions=isps.basis.network_versions,
        latest=_window(latest, None),
        families=told["families"],
        isps=_without_telling_rates(told["isps"], tables.network.announced_by_isp(window.last)),
        places=told["places"],
        campaigns=tuple(campaigns),
        family_names={row.id: row.name.en for row in families.rows},
        blocked=tuple(blocked),
        sectors=told["sectors"],
        withheld=tuple(_why(name, found) for name, found in rows.items() if isinstance(found, Refusal)),
        inputs=inputs,
        families_version=tables.families.version,
    )

    def write_listed(path: Path) -> object:
        coverage = tables.network.home.announced_bounds()
        return listed.build(view, path, as_of=newest, days=LISTED_DAYS, coverage=coverage, by=_self(now))

    candidate = lay_candidate(data, snapshot, write_listed)
    progress(1)
    return candidate


def _self(now: datetime) -> Access:
    """Who reads the addresses of the look-up: no person."""
    return Access("quetsach", "publish", now)


def _campaign(
    view: LakeView, measured: MeasuredCampaign, data: Path, calendar: Calendar, progress: Callable[[int], None]
) -> CampaignFigures | None:
    """Return the campaign's windows: of a closed one the sealed; ``None`` where its baseline has no data at all."""
    plan = measured.plan
    if measured.sealed is not None:
        return _with_charts(_sealed(plan, measured.sealed, data, read_published(data)))
    frozen = baseline_in_force(data, plan.id)
    if frozen is None and not view.days_with_data(plan.window(plan.baseline).period).num_rows:
        return None
    report = answers.targets(view, plan, frozen=frozen, calendar=calendar, progress=progress)
    windows = [_window(report.baseline, None), *(_window(w.count, w) for w in report.windows)]
    if report.previous_year:
        windows.append(_window(report.previous_year, None))
    return _with_charts(
        CampaignFigures(
            id=plan.id,
            name=plan.name,
            summary=plan.summary,
            baseline=plan.baseline,
            seal=report.seal,
            goals=_goals(plan),
            windows=tuple(sorted((w for w in windows if w.days_with_data), key=lambda w: w.first)),
            warnings=_warnings(report),
            decision=frozen.number if frozen else 0,
            decided_on=frozen.frozen_at.date() if frozen else None,
        )
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
        goals=_goals(plan),
        windows=tuple(sorted(windows, key=lambda w: w.first)),
        warnings=tuple(warning for warning in facts.warnings if warning != NO_VERDICT),
        decision=frozen.number if frozen and is_of_it else 0,
        decided_on=frozen.frozen_at.date() if frozen and is_of_it else None,
        is_final=True,
    )


def _with_charts(campaign: CampaignFigures) -> CampaignFigures:
    return replace(campaign, charts={language: _chart(campaign, language) for language in ("vi", "en")})


def _goals(plan: Campaign) -> tuple[LocalText, ...]:
    return tuple(target.text for target in plan.targets if target.measure is Measure.WINDOW_ADDRESSES)


def _warnings(report: TargetReport) -> tuple[LocalText, ...]:
    notices = [*report.notices, *(n for w in report.windows if w.change is not None for n in w.notices)]
    return tuple(dict.fromkeys(notice.text for notice in notices))


def _window(count: WindowCount, change: WindowChange | None) -> WindowFigure:
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
    )


def _why(table: str, refusal: Refusal) -> LocalText:
    title = _RANKINGS[table]
    return LocalText(f"{title.vi}: {refusal.text.vi}", f"{title.en}: {refusal.text.en}")


def _rows(
    ranking: Ranking, record: PublicationRecord, *, table: str, window: Period
) -> tuple[RankedRow, ...] | Refusal:
    ids = [column.id for column in ranking.columns]
    rows = []
    for row in ranking.rows:
        values = {name: figure.value for name, figure in zip(ids, row.figures, strict=True) if figure}
        rows.append(
            RankedRow(
                rank=row.rank,
                id=row.id,
                name=row.name,
                mean_daily=values["mean-daily-addresses"],
                per_thousand=values.get("addresses-per-thousand-announced"),
                share_percent=values["share"],
            )
        )
    small = record.kept_back(table, window, {row.id: row.mean_daily for row in rows})
    return small if isinstance(small, Refusal) else protect(rows, small)


def protect(rows: Sequence[RankedRow], small: Collection[str]) -> tuple[RankedRow, ...]:
    """Put the rows that were chosen together in one."""
    hidden = [row for row in rows if row.id in small]
    if not hidden:
        return tuple(rows)
    others = RankedRow(
        rank=None,
        id="others",
        name=_OTHERS,
        mean_daily=round(sum(row.mean_daily for row in hidden), 1),
        per_thousand=None,
        share_percent=round(sum(row.share_percent for row in hidden), 1),
    )
    return (*(row for row in rows if row.id not in small), others)


def _without_telling_rates(rows: Sequence[RankedRow], announced: Mapping[str, int]) -> tuple[RankedRow, ...]:
    """Leave out rates that tell how few of a provider's addresses are IPv6: a rate counts IPv4, the row both."""

    def is_telling(row: RankedRow) -> bool:
        if row.per_thousand is None:
            return False
        unit = announced[row.id] / 1000
        slack = 0.05 + 0.0005 * unit  # both figures are rounded
        return slack < row.mean_daily - row.per_thousand * unit < SMALLEST_CELL + slack

    return tuple(replace(row, per_thousand=None) if is_telling(row) else row for row in rows)


def _chart(campaign: CampaignFigures, language: str) -> str:
    with override(language):
        return draw_columns(
            ColumnChart(
                title=campaign.name.in_language(language),
                description=_("Columns: unique addresses in each window. They judge no target."),
                unit=_("unique addresses in 30 days"),
                columns=tuple(
                    Column(window_label(Period(w.first, w.last)), w.addresses, w.id == campaign.baseline)
                    for w in campaign.windows
                ),
                level=None,  # a line of the target would judge figures that give no verdict
            ),
            language=language,
        )
