"""The published rankings of families and providers, where they are of a campaign's own time."""

from dataclasses import dataclass
from datetime import date

from quetsach.campaign import Campaign as Plan
from quetsach.campaign.schedule.board import Ranked
from quetsach.centre.publication.snapshot import RankedRow
from quetsach.core.period import Period
from quetsach.web.portal.selectors import published_snapshot


@dataclass(frozen=True, slots=True)
class Rankings:
    """Rankings from most to least over ``window``; empty where what is published ``is_own`` not: of another time.

    ``as_of`` is the day that the figures are of; ``scale`` is 1 for figures that are real.
    """

    window: Period
    as_of: date
    scale: int
    is_own: bool
    families: tuple[Ranked, ...] = ()
    isps: tuple[Ranked, ...] = ()


def own_rankings(plan: Plan) -> Rankings | None:
    """Return the published rankings for a campaign; ``None`` before anything is published.

    Figures of another time are never shown as if they were of this campaign: they are left out.
    """
    snapshot = published_snapshot()
    if snapshot is None:
        return None
    window = Period(snapshot.latest.first, snapshot.latest.last)
    if window.first not in plan.span or window.last not in plan.span:
        return Rankings(window, snapshot.as_of, snapshot.scale, is_own=False)
    families, isps = _ranked(snapshot.families), _ranked(snapshot.isps)
    return Rankings(window, snapshot.as_of, snapshot.scale, is_own=True, families=families, isps=isps)


def _ranked(rows: tuple[RankedRow, ...]) -> tuple[Ranked, ...]:
    """Rows without a rank stand for several, or for what is unknown: nothing can be decided about them."""
    return tuple(
        Ranked(row.id, row.name, row.mean_daily, row.share_percent, row.per_thousand)
        for row in rows
        if row.rank is not None
    )
