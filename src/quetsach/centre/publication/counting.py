"""Publication: when figures go out, and the lake counted once for all pages, until something of it has changed."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from quetsach.assess import Ranking, WindowCount
from quetsach.assess.estimate import SMALLEST_CELL, NotEstimable
from quetsach.assess.events import NOTHING_KNOWN, Calendar
from quetsach.assess.hosts.comparison import BLOCKING
from quetsach.campaign.schedule.document import campaign_digest
from quetsach.centre import answers
from quetsach.centre.answers import families_seen
from quetsach.centre.baseline import baseline_in_force
from quetsach.centre.centre import Centre
from quetsach.centre.demonstration import DemonstrationMarker
from quetsach.centre.publication.campaign_figures import DrawCampaign, MeasuredCampaign, campaign_figures, window_figure
from quetsach.centre.publication.candidates import (
    Candidate,
    candidates,
    lay_candidate,
    published_months,
    read_published,
)
from quetsach.centre.publication.snapshot import Demonstration, RankedRow, Snapshot, figures_path, listed_path
from quetsach.centre.publication_record import PublicationRecord
from quetsach.core.country import Places
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.core.text import LocalText, Text
from quetsach.lake import listed
from quetsach.lake.hosts import WINDOW_DAYS, compare_latest
from quetsach.lake.readers import Access
from quetsach.lake.view import LakeView
from quetsach.network import NetworkTables

RANKED_DAYS = 30
"""Length of the window that rankings are made over."""
LISTED_DAYS = 14
"""How far back a visitor's address is looked up: longer, and ever more addresses have changed hands."""

_RANKINGS = {
    "families": Text("The table by family"),
    "isps": Text("The table by provider"),
    "places": Text("The table by province"),
    "sectors": Text("The table by sector"),
}
OTHERS = "others"
"""The row of those that were put together."""
_OTHERS = Text("All others, put together because they are small")


@dataclass(frozen=True, slots=True)
class Release:
    """Whether figures wait for two people, and why if it is for what they show."""

    waits: bool
    reasons: tuple[LocalText, ...] = ()


def release_of(
    view: LakeView,
    *,
    announced: Callable[[], Mapping[int, int]],
    needs_two: bool,
    is_first: bool,
    is_demonstration: bool,
    calendar: Calendar = NOTHING_KNOWN,
    now: datetime,
) -> Release:
    """Return how the figures of a view go out.

    The first figures of a centre go out by themselves, for they replace nothing. All others wait where two people
    publish, and everywhere while an instrument changed or fell out in the last four weeks.

    Args:
        view: what is counted.
        announced: gives the announced IPv4 addresses by AS number, if it comes to that.
        needs_two: the centre publishes by two people.
        is_first: nothing is published yet.
        is_demonstration: the data are simulated; no instrument is behind them.
        calendar: the known changes of instruments.
        now: the time (UTC).

    Raises:
        LakeError: the lake cannot be read.
    """
    if is_first:
        return Release(waits=False)
    reasons = () if is_demonstration else _instrument_changes(view, announced(), calendar, now)
    return Release(needs_two or bool(reasons), reasons)


def _instrument_changes(
    view: LakeView, announced: Mapping[int, int], calendar: Calendar, now: datetime
) -> tuple[LocalText, ...]:
    newest = view.newest_day(until=now.astimezone(UTC).date())
    if newest is None:
        return ()
    comparison = compare_latest(view, newest, announced=announced, calendar=calendar)
    measured = tuple(n.text for n in comparison.notices if n.code in BLOCKING) if comparison else ()
    window = Period(newest - timedelta(days=2 * WINDOW_DAYS - 1), newest)
    known = calendar.of_families(families_seen(view, window)).instrument_changes(since=window.first, until=window.last)
    return (*measured, *(notice.text for notice in known))


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


@dataclass(frozen=True, slots=True)
class Counted:
    """Figures that were counted, and whether they wait for two people before they go out."""

    candidate: Candidate
    waits: bool


def count_changed_figures(
    centre: Centre,
    campaigns: Sequence[MeasuredCampaign],
    *,
    needs_two: bool,
    draw: DrawCampaign,
    now: datetime,
    progress: Callable[[int], None] = lambda _steps: None,
) -> Counted | None:
    """Count the figures of a centre and lay them out, if anything that they are made of has changed.

    Args:
        centre: whose figures.
        campaigns: those that the office publishes figures for.
        needs_two: the centre publishes by two people.
        draw: draws the windows of a campaign.
        now: when they are counted (UTC).
        progress: told after each step.

    Returns:
        What was counted; ``None`` where figures of exactly this are out or wait already, or the lake holds nothing.

    Raises:
        QuetsachError: the lake cannot be counted, or the result cannot be written.
    """
    data = centre.data
    tables = Tables(centre.families, centre.network, centre.places, tuple(campaigns), centre.calendar)
    marker = DemonstrationMarker.read(data)
    demonstration = Demonstration(centre.scenario(marker.scenario).note, marker.scale) if marker else None
    with centre.view() as view:
        inputs = publication_inputs(view, tables, demonstration, data=data)
        if figures_are_current(data=data, inputs=inputs):
            return None
        release = release_of(
            view,
            announced=tables.network.ranges.announced_ipv4,
            needs_two=needs_two,
            is_first=not figures_path(data).exists(),  # one that is damaged was published all the same
            is_demonstration=demonstration is not None,
            calendar=tables.calendar,
            now=now,
        )
        laid = figures_laid(data=data, inputs=inputs)
        if laid is not None and release.waits:
            return None
        candidate = laid or figures_count(  # a run was killed, or the disk was full, before they got out
            data=data,
            view=view,
            tables=tables,
            demonstration=demonstration,
            inputs=inputs,
            now=now,
            draw=draw,
            blocked=release.reasons,
            progress=progress,
        )
    return Counted(candidate, release.waits) if candidate is not None else None


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
    draw: DrawCampaign,
    inputs: str = "",
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
        draw: draws the windows of a campaign.
        inputs: the digest of ``publication_inputs``; worked out where it is empty.
        blocked: why they must wait, if it is for what they show.
        progress: told after each step.

    Raises:
        QuetsachError: the lake cannot be counted or the result cannot be written.
    """
    newest = view.newest_day(until=now.astimezone(UTC).date())
    if newest is None:
        return None
    inputs = inputs or publication_inputs(view, tables, demonstration, data=data)
    window = Period(newest - timedelta(days=RANKED_DAYS - 1), newest)
    basis = view.basis(window)
    view.count_together(window, ((), *chain.from_iterable(answers.COUNTED.values())))
    latest = WindowCount("latest", Text("Latest 30 days"), view.count_addresses(window), basis)
    progress(1)
    figures_of = partial(campaign_figures, view, data=data, calendar=tables.calendar, draw=draw, progress=progress)
    campaigns = sorted(filter(None, map(figures_of, tables.campaigns)), key=lambda campaign: not campaign.seal)
    rankings = _rankings(view, window, tables, progress)
    told, withheld = _protected(rankings, window, data=data)
    snapshot = Snapshot(
        counted_at=now,
        as_of=newest,
        lake=view.state,
        demonstration=demonstration,
        feeds=basis.feeds,
        network_versions=rankings["isps"].basis.network_versions,
        latest=window_figure(latest, None),
        families=told["families"],
        isps=_without_telling_rates(told["isps"], tables.network.announced_by_isp(window.last)),
        places=told["places"],
        campaigns=tuple(campaigns),
        family_names={row.id: row.name.en for row in rankings["families"].rows},
        blocked=tuple(blocked),
        sectors=told["sectors"],
        withheld=withheld,
        inputs=inputs,
        families_version=tables.families.version,
    )
    coverage = tables.network.home.announced_bounds()
    write_listed = partial(listed.build, view, as_of=newest, days=LISTED_DAYS, coverage=coverage, by=_self(now))
    candidate = lay_candidate(data, snapshot, write_listed)
    progress(1)
    return candidate


def _rankings(view: LakeView, window: Period, tables: Tables, progress: Callable[[int], None]) -> dict[str, Ranking]:
    """Count families, providers, provinces and sectors in a window."""
    questions: tuple[tuple[str, Callable[[], Ranking]], ...] = (
        ("families", lambda: answers.families(view, window, tables.families)),
        ("isps", lambda: answers.isps(view, window, tables.network)),
        ("places", lambda: answers.places(view, window, tables.places)),
        ("sectors", lambda: answers.sectors(view, window)),
    )
    rankings = {}
    for name, ask in questions:
        rankings[name] = ask()
        progress(1)
    return rankings


def _self(now: datetime) -> Access:
    """Who reads the addresses of the look-up: no person."""
    return Access("quetsach", "publish", now)


def _why(table: str, refusal: NotEstimable) -> LocalText:
    title = _RANKINGS[table]
    return Text("{title}: {text}", title=title, text=refusal.text)


def _protected(
    rankings: Mapping[str, Ranking], window: Period, *, data: Path
) -> tuple[dict[str, tuple[RankedRow, ...]], tuple[LocalText, ...]]:
    """Return the rows of each ranking by its name, small ones put together, and why some rankings have none."""
    record = PublicationRecord(data)
    _take_over(record, data, rankings)
    rows = {name: _rows(ranking, record, table=name, window=window) for name, ranking in rankings.items()}
    told = {name: () if isinstance(found, NotEstimable) else found for name, found in rows.items()}
    return told, tuple(_why(name, found) for name, found in rows.items() if isinstance(found, NotEstimable))


def _take_over(record: PublicationRecord, data: Path, rankings: Mapping[str, Ranking]) -> None:
    """Hand to the record what is published of windows that it does not know."""
    for month in published_months(data):
        window = Period(month.latest.first, month.latest.last)
        for name, rows in month.rankings:
            printed = {row.id: row.mean_daily for row in rows if row.id != OTHERS}
            together = sum(row.mean_daily for row in rows if row.id == OTHERS)
            if rows:
                known = {row.id for row in rankings[name].rows}
                record.take_over(name, window, printed, together=together, rows=known)


def _rows(
    ranking: Ranking, record: PublicationRecord, *, table: str, window: Period
) -> tuple[RankedRow, ...] | NotEstimable:
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
    return small if isinstance(small, NotEstimable) else protect(rows, small)


def protect(rows: Sequence[RankedRow], small: Collection[str]) -> tuple[RankedRow, ...]:
    """Put the rows that were chosen together in one."""
    hidden = [row for row in rows if row.id in small]
    if not hidden:
        return tuple(rows)
    others = RankedRow(
        rank=None,
        id=OTHERS,
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
