"""What a sensor's reach is made of: the domains or sinkhole addresses through which it sees a family.

A domain that is not live on a day shows nobody, clean or not; whether it is live does not depend on how many machines
are infected. So the days on which each destination was live tell a loss of reach from cleaning, however slowly it
comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Final

from quetsach.assess.hosts.breaks import WEEK, DaySeen

LIVE: Final = 0.05
"""Share of its usual addresses from which a destination is live on a day."""

FEWEST_DAYS: Final = WEEK
"""Days of a window on which a destination is live at least: domains of a day or two follow each other all the time."""

FEWEST_ADDRESSES: Final = 20
"""Of a destination on the usual day: with fewer, a day without any is chance."""

SMALLEST_CHANGE: Final = 0.1
"""Share of the days by which a destination is live more or less, to be told."""


@dataclass(frozen=True, slots=True)
class DestinationSeen:
    """Addresses that contacted a destination on a day, and how many of them no other of the family."""

    addresses: int
    alone: int


type Destinations = Mapping[date, Mapping[str, DestinationSeen]]
"""What was contacted on each whole day, by name; the empty name is everything that is not told apart."""


@dataclass(frozen=True, slots=True)
class ChangedReach:
    """How many of a family's destinations are live on fewer days than before, and on more, ``of`` how many.

    ``lost`` and ``gained`` are the addresses that are seen through these alone, as shares of the first window's.
    """

    gone: int
    begun: int
    of: int
    lost: float
    gained: float


def changed_reach(
    before: Destinations, after: Destinations, days_before: Mapping[date, DaySeen], days_after: Mapping[date, DaySeen]
) -> ChangedReach | None:
    """Compare the destinations of two windows; ``None`` where they are not told, or the same.

    Args:
        before: those of the first window.
        after: those of the second.
        days_before: the addresses of the first window's days without outages; other days are left out.
        days_after: the same of the second.
    """
    known = (
        ({day: before[day] for day in before if day in days_before}),
        {day: after[day] for day in after if day in days_after},
    )
    whole = sum(days_before[day].addresses for day in known[0])
    if not whole or not known[1]:
        return None
    names = {name for days in known for found in days.values() for name in found if name}
    gone = begun = steady = 0
    lost = gained = 0.0
    for name in names:
        live = [_live(name, days, known) for days in known]
        if max(len(days) for days in live) < FEWEST_DAYS:
            continue
        steady += 1
        shares = [len(on) / len(days) for on, days in zip(live, known, strict=True)]
        if abs(shares[0] - shares[1]) < SMALLEST_CHANGE:
            continue
        is_gone = shares[0] > shares[1]
        alone = sum(seen.alone for seen in live[0 if is_gone else 1].values()) / max(shares)
        moved = abs(shares[0] - shares[1]) * alone / len(known[0 if is_gone else 1]) / (whole / len(known[0]))
        gone, begun = gone + is_gone, begun + (not is_gone)
        lost, gained = (lost + moved, gained) if is_gone else (lost, gained + moved)
    return ChangedReach(gone, begun, steady, min(1.0, lost), gained) if gone or begun else None


def _live(name: str, days: Destinations, known: tuple[Destinations, Destinations]) -> dict[date, DestinationSeen]:
    """Return the days on which a destination is live, by what it usually has in the window that has more of it."""
    found = [[seen[name].addresses for seen in window.values() if name in seen] for window in known]
    usual = max((median(counts) for counts in found if counts), default=0.0)
    if usual < FEWEST_ADDRESSES:
        return {}
    return {day: seen[name] for day, seen in days.items() if name in seen and seen[name].addresses >= LIVE * usual}
