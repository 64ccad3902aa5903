"""Rankings: families, providers and places by their mean daily addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from quetsach.assess.definitions import MEAN_DAILY, PER_THOUSAND, SHARE, WINDOW, Basis, Definition, Figure
from quetsach.assess.estimate import AssessError
from quetsach.core.country import UNKNOWN_PLACE, Places
from quetsach.core.family import UNPLACED_FAMILY
from quetsach.core.sighting import SECTORS
from quetsach.core.text import LocalText, Text

UNKNOWN = Text("Unknown")
UNPLACED = Text("Unplaced")
"""Names that feeds write and no analyst has placed among the families."""
_UNKNOWN_ID = "unknown"
_UNRANKED = {_UNKNOWN_ID: UNKNOWN, UNPLACED_FAMILY: UNPLACED}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its figures in the order of the ranking's columns, ``None`` where there is no such figure.

    ``rank`` is ``None`` for what is unknown: that is counted, and ranked never.
    """

    rank: int | None
    id: str
    name: LocalText
    figures: tuple[Figure | None, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows from most to least; ``total`` is of the whole country, counted on its own and not by adding rows."""

    subject: str
    columns: tuple[Definition, ...]
    rows: tuple[Row, ...]
    total: Figure
    basis: Basis

    def as_json(self) -> dict[str, object]:
        """Return the ranking for machines: values by column, the basis and the definitions once."""
        return {
            "subject": self.subject,
            "basis": self.basis.as_json(),
            "total": {MEAN_DAILY.id: self.total.value},
            "rows": [
                {
                    "rank": row.rank,
                    "id": row.id,
                    "name": {"vi": row.name.vi, "en": row.name.en},
                    **{c.id: f.value if f else None for c, f in zip(self.columns, row.figures, strict=True)},
                }
                for row in self.rows
            ],
            "definitions": {c.id: c.as_json() for c in self.columns},
        }


def rank_families(
    daily: pa.Table, total: pa.Table, window: pa.Table, basis: Basis, name: Callable[[str], LocalText]
) -> Ranking:
    """Rank families.

    Args:
        daily: ``day``, ``family``, ``addresses``: distinct addresses of each day.
        total: ``day``, ``addresses`` of the whole country.
        window: ``family``, ``addresses``: distinct addresses of the whole period.
        basis: how they were counted.
        name: a family's name for people.

    Raises:
        AssessError: the period has no data.
    """
    means = mean_daily(daily, "family", basis)
    in_window = _sums(window, "family")
    whole = _total(total, basis)
    made = {
        family: (
            Figure.of(mean, MEAN_DAILY, basis),
            Figure.of(in_window.get(family, 0), WINDOW, basis),
            Figure.of(_percent(mean, whole), SHARE, basis),
        )
        for family, mean in means.items()
    }
    return _ranking(
        "families", columns=(MEAN_DAILY, WINDOW, SHARE), made=made, means=means, whole=whole, basis=basis, name=name
    )


def rank_isps(
    daily: pa.Table,
    total: pa.Table,
    announced: Mapping[str, int],
    basis: Basis,
    name: Callable[[str], LocalText],
) -> Ranking:
    """Rank providers.

    Args:
        daily: ``day``, ``isp``, ``ip_version``, ``addresses``: distinct addresses of each day.
        total: ``day``, ``addresses`` of the whole country.
        announced: announced IPv4 addresses by provider; a provider without any gets no rate.
        basis: how they were counted.
        name: a provider's name for people.

    Raises:
        AssessError: the period has no data.
    """
    means = mean_daily(daily, "isp", basis)
    version = daily.column("ip_version").to_numpy()
    ipv4 = mean_daily(daily.filter(pa.array(version == 4)), "isp", basis)
    whole = _total(total, basis)
    made: dict[str, tuple[Figure | None, ...]] = {
        isp: (
            Figure.of(mean, MEAN_DAILY, basis),
            Figure.of(1000 * ipv4.get(isp, 0.0) / announced[isp], PER_THOUSAND, basis) if announced.get(isp) else None,
            Figure.of(_percent(mean, whole), SHARE, basis),
        )
        for isp, mean in means.items()
    }
    return _ranking(
        "isps", columns=(MEAN_DAILY, PER_THOUSAND, SHARE), made=made, means=means, whole=whole, basis=basis, name=name
    )


def rank_places(daily: pa.Table, total: pa.Table, basis: Basis, places: Places) -> Ranking:
    """Rank provinces; the key is (code, valid from), for a code can change its meaning inside a period.

    Args:
        daily: ``day``, ``province``, ``addresses``: distinct addresses of each day.
        total: ``day``, ``addresses`` of the whole country.
        basis: how they were counted.
        places: the provinces through time.

    Raises:
        AssessError: the period has no data.
    """
    sums: dict[str, int] = {}
    names: dict[str, LocalText] = {}
    for row in daily.to_pylist():
        place = places.on(row["province"], row["day"])
        key = f"{place.code}@{place.valid_from}" if place else UNKNOWN_PLACE
        sums[key] = sums.get(key, 0) + row["addresses"]
        if place:
            names[key] = LocalText(place.name_vi, place.name_en)
    means = {key: addresses / _days(basis) for key, addresses in sums.items()}
    return _by_share("places", means, _total(total, basis), basis, name=lambda key: names.get(key, UNKNOWN))


def rank_sectors(daily: pa.Table, total: pa.Table, basis: Basis) -> Ranking:
    """Rank sectors; an address that one feed places and another does not is in two rows, and once in the total.

    Args:
        daily: ``day``, ``sector``, ``addresses``: distinct addresses of each day.
        total: ``day``, ``addresses`` of the whole country.
        basis: how they were counted.

    Raises:
        AssessError: the period has no data.
    """
    means = mean_daily(daily, "sector", basis)
    return _by_share("sectors", means, _total(total, basis), basis, name=SECTORS.__getitem__)


def mean_daily(daily: pa.Table, group: str, basis: Basis) -> dict[str, float]:
    """Return the mean daily addresses of each group over the days that had data.

    A group that was not seen on a day with data was there zero times on that day.

    Raises:
        AssessError: no day had data.
    """
    return {value: addresses / _days(basis) for value, addresses in _sums(daily, group).items()}


def _sums(table: pa.Table, group: str) -> dict[str, int]:
    summed = table.group_by(group).aggregate([("addresses", "sum")])
    return {str(row[group]): int(row["addresses_sum"]) for row in summed.to_pylist()}


def _days(basis: Basis) -> int:
    if not basis.days_with_data:
        raise AssessError(
            Text("no sightings from {period}", period=str(basis.window)),
            hint=Text("ingest the feed files of these days first"),
        )
    return basis.days_with_data


def _total(total: pa.Table, basis: Basis) -> float:
    return sum(int(row["addresses"]) for row in total.to_pylist()) / _days(basis)


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def _by_share(
    subject: str, means: Mapping[str, float], whole: float, basis: Basis, *, name: Callable[[str], LocalText]
) -> Ranking:
    """Rank by mean daily addresses, with the share of the whole country beside them."""
    made = {
        key: (Figure.of(mean, MEAN_DAILY, basis), Figure.of(_percent(mean, whole), SHARE, basis))
        for key, mean in means.items()
    }
    return _ranking(subject, columns=(MEAN_DAILY, SHARE), made=made, means=means, whole=whole, basis=basis, name=name)


def _ranking[F: Figure | None](
    subject: str,
    *,
    columns: tuple[Definition, ...],
    made: Mapping[str, tuple[F, ...]],
    means: Mapping[str, float],
    whole: float,
    basis: Basis,
    name: Callable[[str], LocalText],
) -> Ranking:
    order = sorted(made, key=lambda key: (key in _UNRANKED, -means[key], key))
    rows: list[Row] = []
    for position, key in enumerate(order, 1):
        tied = bool(rows) and means[rows[-1].id] == means[key]
        rank = None if key in _UNRANKED else rows[-1].rank if tied else position
        rows.append(Row(rank, key, _UNRANKED.get(key) or name(key), made[key]))
    return Ranking(subject, columns, tuple(rows), Figure.of(whole, MEAN_DAILY, basis), basis)
