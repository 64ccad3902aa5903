"""What judgements stand on: machines of each provider week by week, and what was seen of each botnet."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import numpy as np

from quetsach.assess.estimate import Answer
from quetsach.assess.priority import GROWTH_DAYS, Observation, growth_of
from quetsach.core.errors import InputError
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY
from quetsach.core.period import Period
from quetsach.lake.hosts import hosts
from quetsach.lake.view import LakeView
from quetsach.lake.weekly import WEEK_DAYS

GRADED_DAYS = 28
"""Four whole weeks: what grades and choices are usually made over."""
_NO_BOTNETS = (UNKNOWN_FAMILY, UNPLACED_FAMILY, "eicar")


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
        raise InputError("grades need whole weeks, two at least", where=str(period), hint=f"{GRADED_DAYS} days")
    weeks: list[Mapping[str, Answer]] = []
    for day in (period.first + timedelta(days=n) for n in range(0, period.days, WEEK_DAYS)):
        report = hosts(view, Period(day, day + timedelta(days=WEEK_DAYS - 1)), by="isp", announced=announced)
        weeks.append({row.id: row.machines for row in report.rows})
        progress(1)
    return weeks


def observed(view: LakeView, period: Period, judged: Mapping[str, dict[str, float]]) -> list[Observation]:
    """Measure size, growth and coverage of each family that was seen in the period, and join what is judged of it.

    Args:
        view: the sightings.
        period: days to measure size and coverage over; growth is of the twelve weeks up to its last day.
        judged: values of other criteria by family.

    Raises:
        LakeError: the lake cannot be read.
    """
    longer = Period(period.last - timedelta(days=GROWTH_DAYS - 1), period.last)
    watched = {row["day"] for row in view.daily_addresses(longer, ()).to_pylist()}
    empty = np.array([0.0 if day in watched else np.nan for day in longer])
    series: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for row in view.daily_addresses(longer).to_pylist():
        series.setdefault(row["family"], empty.copy())[(row["day"] - longer.first).days] = row["addresses"]
    days = len({row["day"] for row in view.daily_addresses(period, ()).to_pylist()})
    addresses: dict[str, list[int]] = {}
    for row in view.daily_addresses(period).to_pylist():
        addresses.setdefault(row["family"], []).append(row["addresses"])
    found = []
    for family, counts in sorted(addresses.items()):
        if family in _NO_BOTNETS:
            continue
        values = {**judged.get(family, {}), "size": sum(counts) / days, "coverage": len(counts) / period.days}
        growth = growth_of(series[family]) if family in series else None
        found.append(Observation(family, values if growth is None else {**values, "growth": growth}))
    return found
