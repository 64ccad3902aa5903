"""What is known of each botnet when a campaign chooses, over the campaign's own time and no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache

from quetsach.assess.priority import Standing
from quetsach.campaign import Campaign as Plan
from quetsach.campaign.schedule.status import Ranked
from quetsach.centre.centre import Centre
from quetsach.centre.priority import BotnetChoice, choose_botnets
from quetsach.centre.publication.snapshot import RankedRow
from quetsach.centre.tables import load_families
from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY, FamilyNames
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.published.selectors import published_snapshot

_LIFETIME_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class BotnetRow:
    """One botnet: its rank by score, its mean daily addresses, and whether the criteria choose it.

    ``acceptability_percent`` is with how many of the weights that were tried it is among the first. ``gives_way_to``
    names those that are suggested in its place although they score less: more of them can be seen and removed.
    """

    rank: int
    id: str
    name: str
    score: float
    acceptability_percent: float
    standing: Standing
    mean_daily: float
    is_suggested: bool
    gives_way_to: tuple[str, ...] = ()

    @property
    def standing_text(self) -> LocalText:
        """The standing in both languages."""
        return self.standing.text


@dataclass(frozen=True, slots=True)
class BotnetFigures:
    """The botnets in the order of their rank, over ``window``; empty where nothing of it was seen.

    ``newest`` is the last day with data that the centre has of any time; ``scale`` is 1 for figures that are real.
    """

    window: Period
    days_with_data: int
    newest: date | None
    version: str
    seats: int
    scale: int
    rows: tuple[BotnetRow, ...]

    def as_json(self, chosen: frozenset[str]) -> dict[str, Any]:
        """Return what is sealed beside a decision: the chosen ones, and those that come first."""
        return {
            "definition": "priority-score",
            "criteria": self.version,
            "seats": self.seats,
            "first": str(self.window.first),
            "last": str(self.window.last),
            "days_with_data": self.days_with_data,
            "scale": self.scale,
            "rows": [
                {
                    "rank": row.rank,
                    "id": row.id,
                    "name": row.name,
                    "score": round(row.score, 4),
                    "standing": row.standing.value,
                    "acceptability": round(row.acceptability_percent, 2),
                    "mean_daily": row.mean_daily,
                    "suggested": row.is_suggested,
                    "gives_way_to": list(row.gives_way_to),
                }
                for row in self.rows
                if row.id in chosen or row.rank <= max(self.seats, len(chosen))
            ],
        }


def botnet_figures(plan: Plan) -> BotnetFigures:
    """Return what is known of each botnet over the baseline window of a plan, as the evaluation judges them too.

    Raises:
        QuetsachError: the lake or a table cannot be read.
    """
    window = plan.window(plan.baseline).period
    data: Path | None = settings.CENTER.data
    snapshot = published_snapshot()
    scale = snapshot.scale if snapshot else 1
    if data is None:
        return BotnetFigures(window, 0, None, "", 0, scale, ())
    centre = Centre(data)
    with centre.view() as view:
        newest = view.newest_day()
        key = f"botnets:{view.state}:{window.first}:{window.last}"
        found: BotnetChoice | None = cache.get(key)
        if found is None:
            found = choose_botnets(view, window)
            cache.set(key, found, _LIFETIME_SECONDS)
    if found is None:
        return BotnetFigures(window, 0, newest, "", 0, scale, ())
    criteria = found.choice.criteria
    return BotnetFigures(
        window, found.days_with_data, newest, criteria.version, criteria.seats, scale, _rows(found, centre.families)
    )


def families_named(written: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the families that these spellings are of, each once, and the spellings that no table knows."""
    families = load_families(settings.CENTER.data)
    placed = {name: families.family_of(families.resolve(name)) for name in written}
    unknown = [name for name, family in placed.items() if family in (UNKNOWN_FAMILY, UNPLACED_FAMILY)]
    return list(dict.fromkeys(family for name, family in placed.items() if name not in unknown)), unknown


def _rows(found: BotnetChoice, families: FamilyNames) -> tuple[BotnetRow, ...]:
    def name(family: str) -> str:
        return families.families[family].name if family in families.families else family

    sizes = {o.family: o.values["size"] for o in found.observations}
    return tuple(
        BotnetRow(
            rank,
            candidate.family,
            name(candidate.family),
            candidate.score,
            100 * candidate.acceptability,
            candidate.standing,
            sizes[candidate.family],
            candidate.is_chosen,
            tuple(name(one.family) for one in found.choice.seated_before(candidate)),
        )
        for rank, candidate in enumerate(found.choice.candidates, 1)
    )


# The published rankings of families and providers, where they are of a campaign's own time.


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
