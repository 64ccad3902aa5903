"""The two windows by family, provider, province and sector: addresses, and machines where they are estimated."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta

from quetsach.assess import Ranking
from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.grades import shrunk_rates
from quetsach.assess.privacy import folded_beside
from quetsach.assess.refusal import Refusal, RefusalReason
from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.core.place import Place, Places
from quetsach.core.sector import UNKNOWN_SECTOR
from quetsach.core.small_cell import SMALLEST_CELL
from quetsach.lake import answers
from quetsach.lake.hosts import HostRow, hosts
from quetsach.web.evaluation.inputs import Change, Dimension, MachineChange, ProvinceRate
from quetsach.web.evaluation.sources import Sources

OTHERS = "others"
"""The row of those that are too small to stand alone."""
_OTHERS = LocalText("Còn lại (gộp vì số nhỏ)", "Others (small, put together)")


_PUBLISHED = {
    Dimension.FAMILY: "families",
    Dimension.PROVIDER: "isps",
    Dimension.PROVINCE: "places",
    Dimension.SECTOR: "sectors",
}
"""The tables of the portal that a dimension's windows are published in, too."""


def rankings_changed(sources: Sources, base: Period, last: Period) -> Mapping[Dimension, tuple[Change, ...] | Refusal]:
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
    made: dict[Dimension, tuple[Change, ...] | Refusal] = {}
    for dimension, rankings in found.items():
        if dimension is Dimension.SECTOR and not told:
            continue
        kept_back: set[str] = set()
        for ranking, window in zip(rankings, (base, last), strict=True):
            chosen = sources.record.kept_back(_PUBLISHED[dimension], window, _means(ranking, lambda id_: id_))
            if isinstance(chosen, Refusal):
                made[dimension] = chosen
                break
            kept_back |= chosen
        else:
            made[dimension] = changes(*rankings, kept_back=kept_back, becomes=becomes)
    return made


def changes(
    before: Ranking,
    after: Ranking,
    *,
    kept_back: Collection[str],
    becomes: Callable[[str], str] = lambda id_: id_,
) -> tuple[Change, ...]:
    """Set two rankings side by side, the largest of the first first; what either keeps back is put together.

    Args:
        before: of the baseline window.
        after: of the last window.
        kept_back: the rows of which only the sum is published in one of the windows.
        becomes: what a row has become by now: provinces that were merged are one.
    """
    was, now = _means(before, becomes), _means(after, becomes)
    names = {becomes(row.id): row.name for row in (*before.rows, *after.rows)}
    order = sorted(names, key=lambda name: (-was.get(name, 0.0), name))
    small = sorted(folded_beside((was, now), {becomes(row) for row in kept_back}))
    shown = [Change(n, names[n], was[n], now[n]) for n in order if n not in small]
    if small:
        shown.append(Change(OTHERS, _OTHERS, _sum(was, small), _sum(now, small)))
    return tuple(shown)


def machines_changed(
    sources: Sources, base: Period, last: Period, *, divided: Mapping[Dimension, tuple[Change, ...] | Refusal]
) -> Mapping[Dimension, tuple[MachineChange, ...]]:
    """Return the machines of each family and provider in both windows, most machines first; none too small to show.

    Args:
        sources: where to read.
        base: the baseline window.
        last: the last window.
        divided: the addresses; only of who stands alone in them the machines are told.

    Raises:
        LakeError: the lake cannot be read.
    """
    named: dict[Dimension, tuple[str, Callable[[str], LocalText]]] = {
        Dimension.FAMILY: ("family", sources.family_name),
        Dimension.PROVIDER: ("isp", sources.provider_name),
    }
    made = {}
    for dimension, (by, name) in named.items():
        was, now = (
            {row.id: row for row in hosts(sources.lake, period, by=by, announced=sources.announced).rows}
            for period in (base, last)
        )
        changed = divided.get(dimension, ())
        alone = frozenset[str]() if isinstance(changed, Refusal) else {change.id for change in changed} - {OTHERS}
        rows = [
            MachineChange(id_, name(id_), _machines(was.get(id_)), _machines(now.get(id_)))
            for id_ in {**was, **now}
            if id_ in alone and (dimension is not Dimension.FAMILY or sources.is_placed(id_))
        ]
        shown = [row for row in rows if not (_is_small(row.before) or _is_small(row.after))]
        made[dimension] = tuple(sorted(shown, key=lambda row: (-_size(row), row.id)))
    return made


def province_rates(sources: Sources, last: Period) -> tuple[ProvinceRate, ...] | Refusal | None:
    """Return the rates of provinces per 1,000 subscribers, drawn toward what all have in common, by code.

    Returns:
        The rates without those too small to show; a refusal with too few provinces; ``None`` without subscribers.

    Raises:
        LakeError: the lake cannot be read.
    """
    subscribers = sources.province_subscribers
    if not subscribers:
        return None
    machines = {
        row.id: row.machines for row in hosts(sources.lake, last, by="province", announced=sources.announced).rows
    }
    counted = {code: answer.value for code, answer in machines.items() if isinstance(answer, Estimate)}
    known = {code: number for code, number in subscribers.items() if not isinstance(machines.get(code), Refusal)}
    rates = shrunk_rates(counted, known)
    if isinstance(rates, Refusal):
        return rates
    small = sources.kept_back("machines-places", last, {code: counted.get(code, 0.0) for code in known})
    found = ((code, sources.places.on(code, last.last)) for code in sorted(subscribers.keys() - small))
    return tuple(
        ProvinceRate(
            f"{code}@{place.valid_from}",
            LocalText(place.name_vi, place.name_en),
            subscribers[code],
            machines.get(code, Refusal(RefusalReason.NO_DATA)),
            rates.get(code),
        )
        for code, place in found
        if place
    )


def _machines(row: HostRow | None) -> Answer:
    return row.machines if row else Refusal(RefusalReason.NO_DATA)


def _is_small(answer: Answer) -> bool:
    return isinstance(answer, Estimate) and answer.value < SMALLEST_CELL


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
