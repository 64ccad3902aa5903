"""Reads what the centre holds about a campaign, once, and hands it to the chapters as values."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from quetsach.assess import Basis, TargetReport
from quetsach.assess.comparison import MONTHS, Compared, Point, compare
from quetsach.assess.estimate import NotEstimable
from quetsach.assess.hosts.comparison import Comparison
from quetsach.campaign import Campaign
from quetsach.campaign.record import Counted, PublishedRecord
from quetsach.campaign.schedule.outcome import Outcome
from quetsach.centre import answers
from quetsach.centre.answers import compare_same_holiday
from quetsach.centre.centre import Centre
from quetsach.centre.evaluation import dividing, judging, withholding
from quetsach.centre.evaluation.dividing import MachinesDivided
from quetsach.centre.evaluation.inputs import Change, Daily, Dimension, FeedDays, Inputs, OfficeFacts
from quetsach.centre.evaluation.judging import analyse_effect
from quetsach.centre.evaluation.sources import HandedOver, Sources
from quetsach.centre.tables import load_subscribers
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.lake.hosts import compare_windows
from quetsach.lake.view import LakeView

_LAST, _DECLARED = "close", "baseline"
"""Identifiers of published figures that stand for the last window and the declared baseline."""


def gather(
    sources: Sources,
    office: OfficeFacts,
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _steps: None,
) -> Inputs:
    """Read everything that the report of a campaign is made of.

    Args:
        sources: of which campaign, and where to read.
        office: what the office knows of it.
        now: when the report is made (UTC).
        progress: told after each step, ``STEPS`` of them.

    Raises:
        QuetsachError: the lake cannot be read, or a frozen baseline was changed.
    """
    lake, campaign = sources.lake, sources.campaign
    targets = _targets(campaign, sources)
    progress(1)
    last = _last_window(targets)
    compared = _compared(lake, targets) if targets else _compared_published(campaign, sources.published)
    progress(1)
    base = campaign.window(campaign.baseline).period
    divided = dividing.rankings_changed(sources, base, last) if last else {}
    compared_machines = _machines(sources, base, last, divided.get(Dimension.FAMILY, ())) if last else None
    machines = _machines_changed(sources, divided, compared_machines)
    progress(1)
    judged = judging.judge(sources, base, last, progress=progress)
    outcome, outside = own_letters(office.outcome, campaign) if office.outcome else (None, 0)
    return Inputs(
        campaign=campaign,
        made_at=now,
        as_of=lake.newest_day(until=now.date()),
        not_real=sources.not_real,
        published=sources.published,
        targets=targets,
        compared=compared,
        basis=_basis(targets),
        daily=_daily(lake, campaign) if targets else (),
        changes=divided,
        machine_changes=machines.changes,
        tiles=sources.tiles.on((last or base).last, sources.places),
        province_rates=dividing.province_rates(sources, last) if last else None,
        province_told=dividing.province_told(sources, last) if last else (),
        feed_days=_feed_days(lake, campaign),
        machines=compared_machines,
        effect=sources.effect,
        cases=judged.cases,
        grades=judged.grades,
        priority=judged.priority,
        tool=office.tool,
        outcome=outcome,
        tree_note=office.tree_note,
        gone_names=_gone_names(sources, compared_machines, machines),
        marks=_marks(sources, campaign, base, last),
        same_holiday=_same_holiday(sources, base, last) if last else None,
        letters_outside=outside,
    )


STEPS = 3 + judging.STEPS
"""How often ``gather`` tells its progress."""


def own_letters(outcome: Outcome, campaign: Campaign) -> tuple[Outcome, int]:
    """Return what a campaign came to with the letters of its own time, and how many others there are."""
    span = campaign.span
    own = tuple(letter for letter in outcome.letters if span.first <= letter.issued_on <= span.last)
    return replace(outcome, letters=own), len(outcome.letters) - len(own)


def _machines(sources: Sources, base: Period, last: Period, families: tuple[Change, ...] | NotEstimable) -> Comparison:
    found = compare_windows(sources.lake, base, last, announced=sources.announced, calendar=sources.calendar)
    return found if isinstance(families, NotEstimable) else withholding.without_small_rest(found, families)


def _machines_changed(
    sources: Sources, divided: Mapping[Dimension, tuple[Change, ...] | NotEstimable], compared: Comparison | None
) -> MachinesDivided:
    if compared is None:
        return MachinesDivided({}, {})
    panel = {watch.family for watch in compared.panel}
    return dividing.machines_changed(
        sources, compared.before, compared.after, divided=divided, panel=panel, calibrated=compared.calibrations.keys()
    )


def _same_holiday(sources: Sources, base: Period, last: Period) -> Comparison | None:
    return compare_same_holiday(sources.lake, base, last, calendar=sources.calendar, announced=sources.announced)


def _marks(
    sources: Sources, campaign: Campaign, base: Period, last: Period | None
) -> tuple[tuple[date, LocalText], ...]:
    """Return the events of families that may be named, and the holidays, of all windows together."""
    if last is None:
        return ()
    families = answers.families_seen(sources.lake, base) | answers.families_seen(sources.lake, last)
    return sources.calendar.of_families(families).marks(_whole(campaign))


def _gone_names(sources: Sources, found: Comparison | None, machines: MachinesDivided) -> dict[str, LocalText]:
    """Return the names of the families that are gone and may be told; the others are counted only."""
    if found is None or not found.gone:
        return {}
    means = dividing.family_means(sources, found.before)
    kept_back = sources.kept_back("families", found.before, means) | machines.kept_back[Dimension.FAMILY]
    gone = withholding.gone_told(found.gone, means, kept_back)
    return {family: sources.family_name(family) for family in gone if sources.is_placed(family)}


def _targets(campaign: Campaign, sources: Sources) -> TargetReport | None:
    if not sources.lake.days_with_data(campaign.window(campaign.baseline).period).num_rows:
        return None
    frozen = sources.centre.baseline(campaign.id)
    return answers.targets(sources.lake, campaign, frozen=frozen, calendar=sources.calendar)


def _basis(targets: TargetReport | None) -> Basis | None:
    return targets.baseline.basis if targets else None


def _last_window(targets: TargetReport | None) -> Period | None:
    seen = [w.count.basis.window for w in targets.windows if w.change is not None] if targets else []
    return max(seen, default=None)


def _compared(lake: LakeView, targets: TargetReport) -> tuple[Compared, ...]:
    last = _last_window(targets)
    if last is None:
        return ()
    base = targets.baseline.basis.window
    months = [
        Period(base.first - timedelta(days=base.days * n), base.first - timedelta(days=base.days * (n - 1) + 1))
        for n in range(MONTHS, 0, -1)
    ]
    counted = [_complete(lake, month) for month in months]
    trend = [Point(_middle(m), n) for m, n in zip(months, counted, strict=True) if n]
    previous = targets.previous_year.addresses if targets.previous_year else None
    return compare(
        _addresses(targets, last),
        at=_middle(last),
        declared=targets.baseline.addresses,
        previous_year=previous,
        months=counted,
        before=[*trend, Point(_middle(base), targets.baseline.addresses)],
    )


def _complete(lake: LakeView, window: Period) -> float | None:
    """Return the addresses of a window of which every day has data."""
    days = set(lake.days_with_data(window).column("day").to_pylist())
    return float(lake.count_addresses(window)) if len(days) == window.days else None


def _addresses(targets: TargetReport, window: Period) -> float:
    return float(next(w.count.addresses for w in targets.windows if w.count.basis.window == window))


def _compared_published(campaign: Campaign, record: PublishedRecord) -> tuple[Compared, ...]:
    """Hold the last published figure against published ones: nothing of it was counted here."""
    last, declared = record.figure(_LAST), record.figure(_DECLARED)
    if last is None or declared is None:
        return ()
    known = {f.period.first: float(f.addresses) for f in record.figures if f.counted is Counted.MONTH and not f.id}
    start = declared.period.first.replace(day=1)
    months = [_months_before(start, n) for n in range(MONTHS, 0, -1)]
    previous = campaign.window(campaign.previous_year).published if campaign.previous_year else None
    before = [f for f in record.figures if f.counted is Counted.MONTH and f.period.last < start and not f.id]
    return compare(
        last.addresses,
        at=_middle(last.period),
        declared=declared.addresses,
        previous_year=previous.addresses if previous else None,
        months=[known.get(month) for month in months],
        before=[
            *(Point(_middle(f.period), f.addresses) for f in before),
            Point(_middle(declared.period), declared.addresses),
        ],
    )


def _months_before(first: date, count: int) -> date:
    number = first.year * 12 + first.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def _middle(period: Period) -> date:
    return period.first + timedelta(days=period.days // 2)


def _daily(lake: LakeView, campaign: Campaign) -> tuple[Daily, ...]:
    rows = lake.daily_addresses(_whole(campaign), ()).to_pylist()
    return tuple(Daily(row["day"], row["addresses"]) for row in rows)


def _whole(campaign: Campaign) -> Period:
    return Period(min(w.period.first for w in campaign.windows), max(w.period.last for w in campaign.windows))


def _feed_days(lake: LakeView, campaign: Campaign) -> tuple[FeedDays, ...]:
    made = []
    for window in campaign.windows:
        days: Counter[str] = Counter()
        sightings: Counter[str] = Counter()
        for row in lake.days_with_data(window.period).to_pylist():
            feed = f"{row['feed']}/{row['report']}"
            days[feed] += 1
            sightings[feed] += row["sightings"]
        made += [
            FeedDays(f, window.name, window.period.days, days[f], withholding.unless_small(sightings[f]))
            for f in sorted(days)
        ]
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What a report is made of, and the state of the lake that it was read from."""

    inputs: Inputs
    lake: str


def evaluate(
    centre: Centre,
    campaign: Campaign,
    *,
    handed: HandedOver,
    office: OfficeFacts,
    now: datetime,
    progress: Callable[[int], None] = lambda _steps: None,
) -> Evaluated:
    """Read and judge everything that the report of a campaign is made of.

    Args:
        centre: which it is of.
        campaign: its plan.
        handed: what somebody brings to it.
        office: what the office knows of it.
        now: when the report is made (UTC).
        progress: told after each of ``STEPS`` steps.

    Raises:
        QuetsachError: the lake cannot be read, a file is none of its kind, or a frozen baseline was changed.
    """
    with centre.view() as view:
        sources = Sources(
            centre,
            campaign,
            view,
            handed.subscribers or load_subscribers(centre.data),
            handed.province_subscribers,
            analyse_effect(centre, campaign, view, handed),
        )
        return Evaluated(gather(sources, office, now=now, progress=progress), view.state)
