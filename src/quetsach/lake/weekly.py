"""Numbers of every week by place: what an analysis of effect stands on.

A panel has one measure for all its cells: machines where every cell has an estimate, else mean daily addresses. Mixed,
a cell whose estimate was refused would look like a change.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from quetsach.assess.estimate import Estimate
from quetsach.core.period import Period
from quetsach.lake.hosts import hosts
from quetsach.lake.lake import Lake

WEEK_DAYS = 7


class WeekMeasure(StrEnum):
    """What is counted in a week."""

    MACHINES = "machines"
    ADDRESSES = "addresses"


@dataclass(frozen=True, slots=True)
class WeekCount:
    """A unit in the week that begins on ``first`` (UTC): machines on line, None where refused; mean daily addresses."""

    unit: str
    first: date
    machines: float | None
    addresses: float


def weeks(first: date, last: date, *, anchor: date) -> tuple[date, ...]:
    """Return the first days of the whole weeks of a span; weeks begin on the weekday of ``anchor``."""
    start = first + timedelta(days=(anchor - first).days % WEEK_DAYS)
    count = ((last - start).days + 1) // WEEK_DAYS
    return tuple(start + timedelta(days=WEEK_DAYS * n) for n in range(max(0, count)))


def weekly(
    lake: Lake,
    starts: Sequence[date],
    *,
    by: str = "province",
    families: Sequence[str] | None = None,
    announced: Mapping[int, int] | None = None,
    progress: Callable[[int], None] = lambda _weeks: None,
) -> tuple[WeekCount, ...]:
    """Count each week by ``lake.hosts.GROUPS``.

    Args:
        lake: the sightings.
        starts: first days of the weeks.
        by: what to count by.
        families: only these; ``None`` for all.
        announced: IPv4 addresses that each AS announces, for the refusal of dense pools.
        progress: told after each week.

    Raises:
        LakeError: the lake cannot be read.
    """
    counts = []
    for first in starts:
        period = Period(first, first + timedelta(days=WEEK_DAYS - 1))
        for row in hosts(lake, period, by=by, families=families, announced=announced).rows:
            machines = row.machines.value if isinstance(row.machines, Estimate) else None
            counts.append(WeekCount(row.id, first, machines, row.daily_addresses))
        progress(1)
    return tuple(counts)


def common_measure(counts: Sequence[WeekCount], units: Sequence[str], starts: Sequence[date]) -> WeekMeasure:
    """Return the measure that all cells of these units and weeks have."""
    known = {(c.unit, c.first) for c in counts if c.machines is not None}
    is_whole = all((unit, first) in known for unit in units for first in starts)
    return WeekMeasure.MACHINES if is_whole else WeekMeasure.ADDRESSES
