"""What a report leaves out so that its tables, beside each other and beside the portal's, give no small figure back.

The rows of rankings are chosen by the centre's publication record; here is what follows from that for the figures
around them: totals over fewer families, families that are gone, weeks of a provider, sightings of a feed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from quetsach.assess.estimate import SMALLEST_CELL, Estimate
from quetsach.assess.grades.provider import Weeks
from quetsach.assess.hosts.comparison import Comparison, Gone
from quetsach.centre.evaluation.inputs import Change

_ROUNDED = 0.05
"""By how much a printed mean may differ from the true one."""


def without_small_rest(found: Comparison, families: Sequence[Change]) -> Comparison:
    """Leave the sums of daily addresses out where the families that they lack are few, and told by the difference.

    Args:
        found: two windows on the families that both have in the same way.
        families: all that are published of the two windows, the small ones in one row.
    """
    totals = {
        "before": sum(change.before or 0.0 for change in families),
        "after": sum(change.after or 0.0 for change in families),
    }
    of_addresses = found.by_addresses
    if isinstance(of_addresses, Estimate) and any(
        end in of_addresses.measured and _is_small_rest(total - of_addresses.measured[end], rows=len(families))
        for end, total in totals.items()
    ):
        # To a tenth: the quotient itself tells the two numbers that it is made of.
        value = round(of_addresses.value, 1)
        found = replace(found, by_addresses=Estimate(value, value, value))
    return found


def gone_told(gone: Iterable[Gone], means: Mapping[str, float], kept_back: Collection[str]) -> frozenset[str]:
    """Return the families that are gone and may be named with their figures.

    Args:
        gone: what a sensor of the first window no longer sees, by family and version of the address.
        means: the mean daily addresses of each family in that window, as published.
        kept_back: the families that stand alone in no table of that window.
    """
    silent = {
        one.watch.family
        for one in gone
        if one.watch.family in kept_back or _is_small_rest(means.get(one.watch.family, 0.0) - one.daily_addresses)
    }
    return frozenset({one.watch.family for one in gone} - silent)


def weekly_means(providers: Iterable[str], weeks: Weeks) -> Mapping[str, float]:
    """Return the mean weekly machines of providers that could be counted in every week."""
    return {name: sum(_counted(weeks, name)) / len(weeks) for name in providers}


def small_in_a_week(providers: Iterable[str], *windows: Weeks) -> frozenset[str]:
    """Return the providers that have few machines in any week, or none: their weeks are not told."""
    return frozenset(name for name in providers if any(min(_counted(weeks, name)) < SMALLEST_CELL for weeks in windows))


def unless_small(count: int) -> int | None:
    """Return a count that may be told."""
    return count if count >= SMALLEST_CELL else None


def _counted(weeks: Weeks, name: str) -> list[float]:
    """Return the machines of a provider week by week; who is not there had none."""
    return [answer.value if isinstance(answer := week.get(name), Estimate) else 0.0 for week in weeks]


def _is_small_rest(rest: float, *, rows: int = 1) -> bool:
    return _ROUNDED * (rows + 1) < rest < SMALLEST_CELL
