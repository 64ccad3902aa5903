"""The report on cases: time to clean by family or provider, who is quicker, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from quetsach.assess.cases.comparison import LogRank, log_rank
from quetsach.assess.cases.episode import Codes, Flags, Floats, SubjectKind, Watch, episodes_of
from quetsach.assess.cases.hazard import hazard_ratio
from quetsach.assess.cases.spell import Spells, spells_of
from quetsach.assess.cases.summary import FEWEST_EVENTS, TimeToClean, reinfection, time_to_clean
from quetsach.assess.estimate import Answer
from quetsach.assess.refusal import Refusal


class Group(StrEnum):
    """What cases are told apart by."""

    FAMILY = "family"
    ISP = "isp"


@dataclass(frozen=True, slots=True)
class History:
    """Sightings of subjects in columns; days are on the uptime clock, codes are indices of the names.

    ``midnights`` is that clock at the beginning of each day (UTC) from ``first_day`` on.
    ``observed_from`` is when the watch on each family began. ``notified_days`` (NaN for none) and ``treated`` are of
    the subjects; ``is_static`` of the sightings.
    """

    kind: SubjectKind
    subject: Codes
    family: Codes
    provider: Codes
    seen_days: Floats
    families: tuple[str, ...]
    providers: tuple[str, ...]
    watch: Watch
    observed_from: Floats
    first_day: date
    midnights: Floats
    notified_days: Floats | None = None
    treated: Flags | None = None
    is_static: Flags | None = None

    def beginning_of(self, day: date) -> float | None:
        """Return the clock at the beginning of a day; ``None`` outside the observation."""
        at = (day - self.first_day).days
        return float(self.midnights[at]) if 0 <= at < len(self.midnights) else None


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What is told of cases. ``comparison`` is between groups of enough clean-ups, ``treatment`` inside providers."""

    kind: SubjectKind
    by: Group
    episodes: int
    whole: TimeToClean | Refusal
    groups: Mapping[str, TimeToClean | Refusal]
    comparison: LogRank | Refusal
    treatment: Answer | None
    reinfection: Mapping[int, Answer]

    def as_json(self) -> dict[str, object]:
        """Return the report for machines."""
        return {
            "subjects": self.kind.value,
            "by": self.by.value,
            "episodes": self.episodes,
            "whole": self.whole.as_json(),
            "groups": {name: group.as_json() for name, group in self.groups.items()},
            "comparison": self.comparison.as_json(),
            "treatment": self.treatment.as_json() if self.treatment else None,
            "reinfection": {str(days): answer.as_json() for days, answer in self.reinfection.items()},
        }


def case_report(
    history: History, *, by: Group, started_days: float | None = None, rng: np.random.Generator
) -> CaseReport | Refusal:
    """Report on cases.

    Args:
        history: who was seen when.
        by: what groups are made by.
        started_days: start of the campaign, the origin of cases that were there before it.
        rng: draws the providers of the interval of the treatment.

    Returns:
        The report; a refusal where subjects are addresses that change hands, or nothing was seen.
    """
    episodes = episodes_of(
        history.subject,
        history.family,
        history.seen_days,
        history.watch,
        kind=history.kind,
        is_static=history.is_static,
    )
    if isinstance(episodes, Refusal):
        return episodes
    notified = history.notified_days[episodes.subject] if history.notified_days is not None else None
    spells = spells_of(
        episodes,
        observed_from=history.observed_from[episodes.family],
        notified_days=notified,
        started_days=started_days,
    )
    provider = history.provider[episodes.source][spells.source]
    family = episodes.family[spells.source]
    code, names = (family, history.families) if by is Group.FAMILY else (provider, history.providers)
    treated = history.treated[episodes.subject][spells.source] if history.treated is not None else None
    return CaseReport(
        kind=history.kind,
        by=by,
        episodes=len(episodes),
        whole=time_to_clean(spells),
        groups={name: time_to_clean(spells.where(code == n)) for n, name in enumerate(names) if (code == n).any()},
        comparison=_compared(spells, code, provider if by is Group.FAMILY else family),
        treatment=hazard_ratio(spells, treated, provider, rng=rng) if treated is not None and len(spells) else None,
        reinfection=reinfection(episodes),
    )


def _compared(spells: Spells, code: Codes, strata: Codes) -> LogRank | Refusal:
    """Compare the groups that are published, inside the other division."""
    events = np.bincount(code[spells.event]) if len(code) else np.empty(0, dtype=np.int64)
    large = np.flatnonzero(events >= FEWEST_EVENTS)
    chosen = np.isin(code, large)
    return log_rank(spells.where(chosen), np.searchsorted(large, code[chosen]), strata[chosen])
