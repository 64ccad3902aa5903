"""Publication: one view of the lake is counted once, and pages read what was written until the lake has changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import override

from quetsach.assess import Ranking, TargetReport, WindowChange, WindowCount
from quetsach.assess.privacy import folded_rows
from quetsach.campaign import Campaign
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
from quetsach.web.design.templatetags.words import short_day
from quetsach.web.portal.snapshot import (
    CampaignFigures,
    Demonstration,
    PublicationError,
    RankedRow,
    Snapshot,
    Stage,
    WindowFigure,
    discard_candidate,
    listed_path,
    read_snapshot,
    write_snapshot,
)

WINDOW_DAYS = 30
"""Length of the window that rankings are made over."""
LISTED_DAYS = 14
"""How far back a visitor's address is looked up: longer, and ever more addresses have changed hands."""

_OTHERS = LocalText("Các dòng còn lại, gộp lại vì quá nhỏ", "All others, put together because they are small")


@dataclass(frozen=True, slots=True)
class Tables:
    """What figures are explained with: names, address tables, provinces and the campaign, if there is one."""

    families: FamilyNames
    network: NetworkTables
    places: Places
    campaign: Campaign | None


def figures_are_current(*, data: Path, lake: LakeView, campaign: str = "") -> bool:
    """Whether the published figures, or a candidate, count exactly what the lake holds; damaged or older ones do not.

    Args:
        data: the centre's data folder.
        lake: the sightings.
        campaign: figures of another campaign are not current either; empty where that does not matter.

    Raises:
        LakeError: the lake cannot be read.
    """
    return any(_counts(data, stage, lake.state, campaign) for stage in Stage)


def _counts(data: Path, stage: Stage, state: str, campaign: str) -> bool:
    try:
        snapshot = read_snapshot(data, stage=stage)
    except PublicationError:
        return False
    if snapshot is None or snapshot.lake != state or not listed_path(data, stage).exists():
        return False
    return not campaign or snapshot.campaign is None or snapshot.campaign.id == campaign


def figures_publish(
    *,
    data: Path,
    lake: LakeView,
    tables: Tables,
    demonstration: Demonstration | None,
    now: datetime,
    stage: Stage = Stage.PUBLISHED,
    blocked: Sequence[LocalText] = (),
    progress: Callable[[int], None] = lambda _steps: None,
) -> Snapshot | None:
    """Count the lake and replace what the portal shows; ``None`` where the lake holds nothing.

    Args:
        data: the centre's data folder; frozen baselines and publications lie in it.
        lake: the sightings.
        tables: names, address tables, provinces, campaign.
        demonstration: what the data are, where they are not real.
        now: the time of publication (UTC).
        stage: whether the figures go out at once or wait for a second person.
        blocked: why they must wait, if it is for what they show.
        progress: told after each step.

    Raises:
        QuetsachError: the lake cannot be counted or the result cannot be written.
    """
    newest = lake.newest_day(until=now.astimezone(UTC).date())
    if newest is None:
        return None
    window = Period(newest - timedelta(days=WINDOW_DAYS - 1), newest)
    basis = answers.basis_of(lake, window)
    latest = WindowCount("latest", LocalText("30 ngày gần nhất", "Latest 30 days"), lake.count_addresses(window), basis)
    progress(1)
    campaign = _campaign(lake, tables.campaign, data / "campaigns", now, progress) if tables.campaign else None
    families = answers.families(lake, window, tables.families)
    progress(1)
    isps = answers.isps(lake, window, tables.network)
    progress(1)
    places = answers.places(lake, window, tables.places)
    progress(1)
    listed.build(
        lake,
        listed_path(data, stage),
        as_of=newest,
        days=LISTED_DAYS,
        coverage=tables.network.home.announced_bounds(),
        by=_self(now),
    )
    snapshot = Snapshot(
        published_at=now,
        as_of=newest,
        lake=lake.state,
        demonstration=demonstration,
        feeds=basis.feeds,
        network_versions=isps.basis.network_versions,
        latest=_window(latest, None),
        families=_rows(families),
        isps=_without_telling_rates(_rows(isps), tables.network.announced_by_isp(window.last)),
        places=_rows(places),
        campaign=campaign,
        family_names={row.id: row.name.en for row in families.rows},
        charts={language: _chart(campaign, language) for language in ("vi", "en")} if campaign else {},
        blocked=tuple(blocked),
        sectors=_rows(answers.sectors(lake, window)),
    )
    write_snapshot(data, snapshot, stage=stage)
    if stage is Stage.PUBLISHED:
        discard_candidate(data)
    progress(1)
    return snapshot


def _self(now: datetime) -> Access:
    """Who reads the addresses of the look-up: no person."""
    return Access("quetsach", "publish", now)


def _campaign(
    lake: LakeView, campaign: Campaign, baselines: Path, now: datetime, progress: Callable[[int], None]
) -> CampaignFigures | None:
    """Return the campaign's windows, or ``None`` where nothing of its baseline was taken in."""
    if not lake.days_with_data(campaign.window(campaign.baseline).period).num_rows:
        return None
    report = answers.targets(lake, campaign, baselines=baselines, now=now, progress=progress)
    windows = [_window(report.baseline, None), *(_window(w.count, w) for w in report.windows)]
    if report.previous_year:
        windows.append(_window(report.previous_year, None))
    return CampaignFigures(
        id=campaign.id,
        name=campaign.name,
        summary=campaign.summary,
        baseline=campaign.baseline,
        seal=report.seal,
        goals=tuple(goal.text for goal in report.goals if goal.is_measured),
        level=_level(report),
        windows=tuple(sorted((w for w in windows if w.days_with_data), key=lambda w: w.first)),
        warnings=_warnings(report),
    )


def _level(report: TargetReport) -> float:
    """Where the measured target would be met."""
    wanted = next((goal.change_percent for goal in report.goals if goal.is_measured), 0.0)
    return report.baseline.addresses * (1 + wanted / 100)


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
    )


def _rows(ranking: Ranking) -> tuple[RankedRow, ...]:
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
    return protect(rows)


def protect(rows: Sequence[RankedRow]) -> tuple[RankedRow, ...]:
    """Put small rows together in one: never one alone, nor such as are few together."""
    small = folded_rows({row.id: row.mean_daily for row in rows})
    if not small:
        return tuple(rows)
    hidden = [row for row in rows if row.id in small]
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
                description=_("Columns: unique addresses in each window. Dashed line: the target."),
                unit=_("unique addresses in 30 days"),
                columns=tuple(
                    Column((short_day(w.first), f"– {short_day(w.last)}"), w.addresses, w.id == campaign.baseline)
                    for w in campaign.windows
                ),
                level=campaign.level,
            ),
            language=language,
        )
