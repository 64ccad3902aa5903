"""The two windows by family, provider, province and sector: addresses, and machines where they are estimated."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from quetsach.assess import Ranking
from quetsach.assess.comparison import Daily, count_change, sides
from quetsach.assess.estimate import SMALLEST_CELL, Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.grades import shrunk_rates
from quetsach.assess.hosts.calibration import StandsOn
from quetsach.assess.hosts.measure import Watch
from quetsach.assess.privacy import folded_beside
from quetsach.centre import answers
from quetsach.centre.evaluation.inputs import Change, Dimension, MachineChange, ProvinceRate
from quetsach.centre.evaluation.sources import Sources
from quetsach.core.country import UNKNOWN_PLACE, Place, Places
from quetsach.core.period import Period
from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.core.text import LocalText, Number, Text
from quetsach.lake.hosts import HostRow, hosts

OTHERS = "others"
"""The row of those that are too small to stand alone."""
_COLUMNS = {
    Dimension.FAMILY: "family",
    Dimension.PROVIDER: "isp",
    Dimension.PROVINCE: "province",
    Dimension.SECTOR: "sector",
}
"""What the lake divides counts by."""

_PUBLISHED = {
    Dimension.FAMILY: "families",
    Dimension.PROVIDER: "isps",
    Dimension.PROVINCE: "places",
    Dimension.SECTOR: "sectors",
}
"""The tables of the portal that a dimension's windows are published in, too."""


def rankings_changed(
    sources: Sources, base: Period, last: Period
) -> Mapping[Dimension, tuple[Change, ...] | NotEstimable]:
    """Return the rows of each dimension in mean daily addresses; no sectors where no feed tells any.

    A refusal stands where a window would give a small row away beside what was published before.

    Raises:
        AssessError: a window has no data.
    """
    lake = sources.lake
    asked: dict[Dimension, Callable[[Period], Ranking]] = {
        Dimension.FAMILY: lambda period: answers.families(lake, period, sources.families),
        Dimension.PROVIDER: lambda period: answers.isps(lake, period, sources.network),
        Dimension.PROVINCE: lambda period: answers.places(lake, period, sources.places),
        Dimension.SECTOR: lambda period: answers.sectors(lake, period),
    }
    found = {dimension: (ask(base), ask(last)) for dimension, ask in asked.items()}
    told = {row.id for ranking in found[Dimension.SECTOR] for row in ranking.rows} - {UNKNOWN_SECTOR}
    becomes = _standing(sources.places, last.last)
    made: dict[Dimension, tuple[Change, ...] | NotEstimable] = {}
    for dimension, rankings in found.items():
        if dimension is Dimension.SECTOR and not told:
            continue
        kept_back: set[str] = set()
        for ranking, window in zip(rankings, (base, last), strict=True):
            chosen = sources.record.kept_back(_PUBLISHED[dimension], window, _means(ranking, lambda id_: id_))
            if isinstance(chosen, NotEstimable):
                made[dimension] = chosen
                break
            kept_back |= chosen
        else:
            daily = _daily(sources, dimension, (base, last), becomes)
            made[dimension] = changes(*rankings, kept_back=kept_back, becomes=becomes, daily=daily)
    return made


def _daily(
    sources: Sources, dimension: Dimension, windows: tuple[Period, Period], becomes: Callable[[str], str]
) -> Mapping[str, tuple[Daily, Daily]]:
    """Return the counts of each row on the days of both windows that had data, by the row's id in rankings."""
    column = _COLUMNS[dimension]
    found: list[dict[str, dict[date, float]]] = []
    for window in windows:
        counts: defaultdict[str, dict[date, float]] = defaultdict(dict)
        for row in sources.lake.daily_addresses(window, (column,)).to_pylist():
            id_ = becomes(_place(sources.places, row) if dimension is Dimension.PROVINCE else row[column])
            counts[id_][row["day"]] = counts[id_].get(row["day"], 0.0) + row["addresses"]
        found.append(counts)
    before, after = (_in_order(counts) for counts in found)
    return {id_: (before(id_), after(id_)) for id_ in {**found[0], **found[1]}}


def _in_order(counts: Mapping[str, Mapping[date, float]]) -> Callable[[str], Daily]:
    """Return what gives the counts of a row on the days that had data; a row that was not seen was there zero times."""
    days = sorted({day for row in counts.values() for day in row})
    return lambda id_: [counts.get(id_, {}).get(day, 0.0) for day in days]


def _place(places: Places, row: Mapping[str, Any]) -> str:
    place = places.on(row["province"], row["day"])
    return f"{place.code}@{place.valid_from}" if place else UNKNOWN_PLACE


def family_means(sources: Sources, window: Period) -> Mapping[str, float]:
    """Return the mean daily addresses of each family, as they are published of a window.

    Raises:
        LakeError: the lake cannot be read.
    """
    return _means(answers.families(sources.lake, window, sources.families), lambda id_: id_)


def changes(
    before: Ranking,
    after: Ranking,
    *,
    kept_back: Collection[str],
    becomes: Callable[[str], str] = lambda id_: id_,
    daily: Mapping[str, tuple[Daily, Daily]] | None = None,
) -> tuple[Change, ...]:
    """Set two rankings side by side, the largest of the first first; what either keeps back is put together.

    What is unknown comes last: it is no family, provider, province or sector.

    Args:
        before: of the baseline window.
        after: of the last window.
        kept_back: the rows of which only the sum is published in one of the windows.
        becomes: what a row has become by now: provinces that were merged are one.
        daily: the counts behind them by what rows have become, for intervals; ``None`` gives none.
    """
    was, now = _means(before, becomes), _means(after, becomes)
    rows = (*before.rows, *after.rows)
    names, unranked = {becomes(row.id): row.name for row in rows}, {becomes(r.id) for r in rows if r.rank is None}
    order = sorted(names, key=lambda name: (-was.get(name, 0.0), name))
    small = sorted(folded_beside((was, now), {becomes(row) for row in kept_back}))
    ranked = [name for name in order if name not in unranked and name not in small]
    counts = daily or {}
    apart = sides(counts, [name for name in ranked if name in counts]) if len(names) > 1 else {}
    shown = [Change(n, names[n], was[n], now[n], _interval(counts, (n,)), apart.get(n)) for n in ranked]
    if small:
        together = _others(before.subject, len(set(small) - unranked))
        shown.append(Change(OTHERS, together, _sum(was, small), _sum(now, small), _interval(counts, small)))
    alone = [name for name in order if name in unranked and name not in small]
    return (*shown, *(Change(n, names[n], was[n], now[n], _interval(counts, (n,))) for n in alone))


def _others(subject: str, count: int) -> LocalText:
    """Name the row of those that are put together, with how many they are."""
    number = Number(count)
    told = {
        "families": Text("{count} other family", many="{count} other families", count=number),
        "isps": Text("{count} other provider", many="{count} other providers", count=number),
        "places": Text("{count} other province", many="{count} other provinces", count=number),
        "sectors": Text("{count} other sector", many="{count} other sectors", count=number),
    }
    return told[subject] if count else Text("Others")


def _interval(daily: Mapping[str, tuple[Daily, Daily]], ids: Collection[str]) -> Estimate | None:
    """Return the change in percent of rows taken together."""
    found = [daily[id_] for id_ in ids if id_ in daily]
    if not found:
        return None
    change = count_change(*([sum(day) for day in zip(*(row[at] for row in found), strict=True)] for at in (0, 1)))
    return change.percent if change else None


@dataclass(frozen=True, slots=True)
class MachinesDivided:
    """The machines of families and providers in both windows, and whose are not told in the baseline window."""

    changes: Mapping[Dimension, tuple[MachineChange, ...]]
    kept_back: Mapping[Dimension, frozenset[str]]


def machines_changed(
    sources: Sources,
    base: Period,
    last: Period,
    *,
    divided: Mapping[Dimension, tuple[Change, ...] | NotEstimable],
    panel: Collection[str],
    calibrated: Collection[Watch],
) -> MachinesDivided:
    """Return the machines of each family and provider in both windows, most machines first; none too small to show.

    Args:
        sources: where to read.
        base: the baseline window.
        last: the last window.
        divided: the addresses; only of who stands alone in them the machines are told.
        panel: the families that the total of machines adds up.
        calibrated: the watches whose machines the comparison of the windows calibrates.

    Raises:
        LakeError: the lake cannot be read.
    """
    named: dict[Dimension, tuple[str, Callable[[str], LocalText]]] = {
        Dimension.FAMILY: ("family", sources.family_name),
        Dimension.PROVIDER: ("isp", sources.provider_name),
    }
    made: dict[Dimension, tuple[MachineChange, ...]] = {}
    kept_back: dict[Dimension, frozenset[str]] = {}
    for dimension, (by, name) in named.items():
        counted = [
            {row.id: row for row in found.rows}
            for period in (base, last)
            for found in [hosts(sources.lake, period, by=by, announced=sources.announced, calibrated_for=calibrated)]
        ]
        windows = [{id_: row.machines for id_, row in rows.items()} for rows in counted]
        table = f"machines-{_PUBLISHED[dimension]}"
        kept_back[dimension], of_last = (
            sources.kept_back(table, period, _estimates(rows))
            for period, rows in zip((base, last), windows, strict=True)
        )
        changed = divided.get(dimension, ())
        alone = frozenset[str]() if isinstance(changed, NotEstimable) else {change.id for change in changed} - {OTHERS}
        if dimension is Dimension.FAMILY:
            alone = {id_ for id_ in alone if sources.is_placed(id_)}
        summed = frozenset(panel) if dimension is Dimension.FAMILY else frozenset(windows[0].keys())
        told = machines_told(windows, alone=alone, kept_back=kept_back[dimension] | of_last, summed=summed)
        changes = [_machine_change(id_, name(id_), *(window.get(id_) for window in counted)) for id_ in told]
        made[dimension] = tuple(sorted(changes, key=lambda change: (-_size(change), change.id)))
    return MachinesDivided(made, kept_back)


def machines_told(
    windows: Sequence[Mapping[str, Answer]],
    *,
    alone: Collection[str],
    kept_back: Collection[str],
    summed: Collection[str],
) -> frozenset[str]:
    """Return the rows whose machines may be told.

    A total stands beside them: what it has more than the rows that are told is never one alone nor few.

    Args:
        windows: the machines of each row, window by window.
        alone: the rows whose addresses are told.
        kept_back: the rows that are not told in one of the windows.
        summed: the rows that the total adds up, if they have an estimate in each window.
    """
    estimates = [_estimates(window) for window in windows]
    both = set.intersection(*(set(window) for window in estimates)) & set(summed)
    apart = (both - set(alone)) | (both & set(kept_back))
    hidden = folded_beside([{id_: window[id_] for id_ in both} for window in estimates], apart) | set(kept_back)
    every = {id_ for window in windows for id_ in window}
    small = {id_ for window in estimates for id_, value in window.items() if value < SMALLEST_CELL}
    return frozenset((every & set(alone)) - hidden - small)


def _estimates(window: Mapping[str, Answer]) -> dict[str, float]:
    return {id_: answer.value for id_, answer in window.items() if isinstance(answer, Estimate)}


def province_told(sources: Sources, last: Period) -> tuple[Text, ...]:
    """Return of which quarters the subscribers of provinces are."""
    if not sources.province_subscribers:
        return ()
    places = sources.places

    def name_of(code: str) -> LocalText:
        place = places.on(code, last.last)
        return place.name if place else LocalText(code, code)

    return sources.province_subscribers.on(last.last).told(name_of)


def province_rates(sources: Sources, last: Period) -> tuple[ProvinceRate, ...] | NotEstimable | None:
    """Return the rates of provinces per 1,000 subscribers, drawn toward what all have in common, by code.

    Returns:
        The rates without those too small to show; a refusal with too few provinces; ``None`` without subscribers.

    Raises:
        LakeError: the lake cannot be read.
    """
    if not sources.province_subscribers:
        return None
    subscribers = sources.province_subscribers.on(last.last).numbers
    machines = {
        row.id: row.machines for row in hosts(sources.lake, last, by="province", announced=sources.announced).rows
    }
    counted = {code: answer.value for code, answer in machines.items() if isinstance(answer, Estimate)}
    known = {code: number for code, number in subscribers.items() if not isinstance(machines.get(code), NotEstimable)}
    rates = shrunk_rates(counted, known)
    if isinstance(rates, NotEstimable):
        return rates
    small = sources.kept_back("machines-places", last, {code: counted.get(code, 0.0) for code in known})
    found = ((code, sources.places.on(code, last.last)) for code in sorted(subscribers.keys() - small))
    return tuple(
        ProvinceRate(
            f"{code}@{place.valid_from}",
            LocalText(place.name_vi, place.name_en),
            subscribers[code],
            machines.get(code, NotEstimable(NotEstimableReason.NO_DATA)),
            rates.get(code),
        )
        for code, place in found
        if place
    )


def _machine_change(id_: str, name: LocalText, *windows: HostRow | None) -> MachineChange:
    """Return the line of one family or provider; its intervals are calibrated where those of both windows are."""
    before, after = (row.machines if row else NotEstimable(NotEstimableReason.NO_DATA) for row in windows)
    stands_on = {row.stands_on for row in windows if row and isinstance(row.machines, Estimate)}
    least = next((kind for kind in (StandsOn.ASSUMED, StandsOn.CALIBRATED) if kind in stands_on), None)
    return MachineChange(id_, name, before, after, least)


def _size(row: MachineChange) -> float:
    return row.before.value if isinstance(row.before, Estimate) else 0.0


def _means(ranking: Ranking, becomes: Callable[[str], str]) -> dict[str, float]:
    at = [column.id for column in ranking.columns].index("mean-daily-addresses")
    means: defaultdict[str, float] = defaultdict(float)
    for row in ranking.rows:
        if (figure := row.figures[at]) is not None:
            means[becomes(row.id)] += figure.value
    return dict(means)


def _standing(places: Places, day: date) -> Callable[[str], str]:
    """Return what tells which province of a day an earlier one belongs to; other rows stay what they are."""
    keys: dict[str, str] = {}
    for place in (place for found in places.by_code.values() for place in found):
        heir: Place | None = place
        while heir and heir.valid_to and heir.valid_to < day:
            heir = places.on(heir.successor, heir.valid_to + timedelta(days=1))
        if heir:
            keys[f"{place.code}@{place.valid_from}"] = f"{heir.code}@{heir.valid_from}"
    return lambda id_: keys.get(id_, id_)


def _sum(values: dict[str, float], names: Sequence[str]) -> float:
    return round(sum(values.get(name, 0.0) for name in names), 1)
