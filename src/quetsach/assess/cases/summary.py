"""What is published of cases: half clean after how long, how many still infected after two weeks and a month."""

from dataclasses import dataclass
from typing import Final

from quetsach.assess.cases.episode import Episodes
from quetsach.assess.cases.spell import Spells, returns_of
from quetsach.assess.cases.survival import Curve, survival_curve
from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.refusal import Refusal, RefusalReason

FEWEST_EVENTS: Final = 50
"""Clean-ups that a group must have for its figures to be published (metric M7)."""
STILL_INFECTED_DAYS: Final = (14, 30)
RETURN_DAYS: Final = (30, 90, 150)


@dataclass(frozen=True, slots=True)
class TimeToClean:
    """Metric M7 of one group: median days, and the share still infected after each of ``STILL_INFECTED_DAYS``.

    ``curve`` is what both are read off.
    """

    spells: int
    events: int
    curve: Curve
    median: Answer
    still_infected: dict[int, Answer]

    def as_json(self) -> dict[str, object]:
        """Return the figures for machines."""
        return {
            "spells": self.spells,
            "events": self.events,
            "median_days": self.median.as_json(),
            "still_infected": {str(days): answer.as_json() for days, answer in self.still_infected.items()},
        }


def time_to_clean(spells: Spells) -> TimeToClean | Refusal:
    """Return the figures of a group, refused under ``FEWEST_EVENTS`` clean-ups."""
    events = int(spells.event.sum())
    if events < FEWEST_EVENTS:
        return Refusal(RefusalReason.FEW_EVENTS, {"events": float(events), "needed": float(FEWEST_EVENTS)})
    curve = survival_curve(spells)
    if isinstance(curve, Refusal):
        return curve
    still_infected = {days: curve.at(days) for days in STILL_INFECTED_DAYS}
    return TimeToClean(len(spells), events, curve, curve.median(), still_infected)


def reinfection(episodes: Episodes) -> dict[int, Answer]:
    """Return the share that was infected again 30, 90 and 150 days after the end of the first episode."""
    spells = returns_of(episodes)
    return {days: returned(spells, days) for days in RETURN_DAYS}


def returned(spells: Spells, days: int) -> Answer:
    """Return the share of the cleaned (spells from being clean to being infected again) that is back within days."""
    cleaned = float(len(spells))
    if cleaned < FEWEST_EVENTS:
        return Refusal(RefusalReason.FEW_EVENTS, {"events": cleaned, "needed": float(FEWEST_EVENTS)})
    if not spells.event.any():
        return _none_returned(spells, days)
    curve = survival_curve(spells)
    return curve if isinstance(curve, Refusal) else _complement(curve.at(days))


def _complement(share: Answer) -> Answer:
    if isinstance(share, Refusal):
        return share
    return Estimate(1 - share.value, 1 - share.high, 1 - share.low, share.measured)


def _none_returned(spells: Spells, days: int) -> Answer:
    """Return zero, with the upper end that none among those watched for so long allows (one-sided, exact)."""
    watched = int((spells.exit >= days).sum())
    if not watched:
        longest = float(spells.exit.max(initial=0.0))
        return Refusal(RefusalReason.NOT_WATCHED_FOR_LONG_ENOUGH, {"days": float(days), "longest_days": longest})
    return Estimate(0.0, 0.0, 1 - 0.025 ** (1 / watched), {"watched": float(watched)})
