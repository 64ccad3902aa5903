"""The choice of botnets by stated criteria: a weighted sum with stated weights, tried with other weights (SMAA)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from quetsach.core.text import InSentence, Joined, LocalText, Number, Text

# The criteria: scales from 0 to 1, weights, and the tables of harm and remediability.


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: what is at ``low`` scores 0, what is at ``high`` 1, between them evenly or by logarithm."""

    id: str
    name: LocalText
    text: LocalText
    weight: float
    low: float = 0.0
    high: float = 1.0
    is_log: bool = False

    def score(self, value: float) -> float:
        """Return where a value stands on the scale, cut at its ends."""
        if self.is_log:
            value = max(value, self.low)
            return min(1.0, math.log(value / self.low) / math.log(self.high / self.low))
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def as_json(self) -> dict[str, object]:
        """Return the criterion for machines."""
        return {
            "name": {"vi": self.name.vi, "en": self.name.en},
            "text": {"vi": self.text.vi, "en": self.text.en},
            "weight": self.weight,
        }


@dataclass(frozen=True, slots=True)
class Harm:
    """One class of the table of harm."""

    id: str
    text: LocalText
    score: float


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything that a choice rests on.

    ``concentration`` is of the Dirichlet distribution from which weights are drawn around the stated ones; a botnet
    that is among the ``seats`` first with a share of at least ``certain`` of these is certain.
    """

    version: str
    seats: int
    concentration: float
    certain: float
    criteria: tuple[Criterion, ...]
    harm: Mapping[str, Harm]
    remediability: Mapping[str, float]


# What is known of one family when botnets are chosen.

GROWTH_DAYS: Final = 84
"""Twelve weeks."""
_FEWEST_WEEKS: Final = 6


@dataclass(frozen=True, slots=True)
class Observation:
    """The values of one family by criterion; a criterion that is not there was not measured."""

    family: str
    values: dict[str, float]


def growth_of(daily: npt.NDArray[np.float64]) -> float | None:
    """Return the change over 12 weeks as a share, by the slope of the logarithm of weekly means.

    Args:
        daily: figures of ``GROWTH_DAYS`` days in a row, NaN for days without data.

    Returns:
        The change: 1.0 is doubled; ``None`` with fewer than six weeks that have data.
    """
    weeks = daily.reshape(-1, 7)
    seen = ~np.isnan(weeks).all(axis=1)
    if seen.sum() < _FEWEST_WEEKS:
        return None
    means = np.log(np.nanmean(weeks[seen], axis=1) + 0.5)
    slope = np.polyfit(np.flatnonzero(seen), means, 1)[0]
    return float(np.expm1(slope * len(weeks)))


# The choice: a weighted sum with stated weights, tried with other weights (SMAA, Lahdelma and Salminen 2001).

type Floats = npt.NDArray[np.float64]

DRAWS = 20_000
PRACTICAL = ("coverage", "remediability")
"""What contested botnets are seated by: those come first of which more can be seen and removed."""


class Standing(StrEnum):
    """Whether a botnet is among the first whatever the weights."""

    CERTAIN = "certain"
    CONTESTED = "contested"
    NEVER = "never"

    @property
    def text(self) -> LocalText:
        """The standing in both languages."""
        return _TEXTS[self]


_TEXTS = {
    Standing.CERTAIN: Text("certain"),
    Standing.CONTESTED: Text("contested"),
    Standing.NEVER: Text("never"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One family: its scores by criterion (``None``: not measured), and how often it is among the first.

    ``acceptability`` is with weights around the stated ones, ``any_weights`` with all weights there are.
    """

    family: str
    scores: dict[str, float | None]
    score: float
    acceptability: float
    any_weights: float
    standing: Standing
    is_chosen: bool

    def as_json(self) -> dict[str, object]:
        """Return the candidate for machines."""
        return {
            "family": self.family,
            "score": round(self.score, 4),
            "scores": {name: None if s is None else round(s, 4) for name, s in self.scores.items()},
            "acceptability": round(self.acceptability, 4),
            "acceptability_any_weights": round(self.any_weights, 4),
            "standing": self.standing.value,
            "chosen": self.is_chosen,
        }

    def reason(self, criteria: Criteria) -> LocalText:
        """Return why it is chosen or not: its standing, and what weighs most in its score."""
        parts = [(c.weight * s, c, s) for c in criteria.criteria if (s := self.scores.get(c.id)) is not None]
        most = sorted(parts, key=lambda part: (-part[0], part[1].id))[:2]
        return Text(
            "{standing}: among the first with {share} % of the weights; {names}",
            standing=self.standing.text,
            share=Number(100 * self.acceptability),
            names=Joined(Joined((InSentence(c.name), Number(s, decimals=2)), " ") for _, c, s in most),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """All families from the highest score down; ``left_out`` are criteria that nothing measured."""

    criteria: Criteria
    left_out: tuple[Criterion, ...]
    candidates: tuple[Candidate, ...]

    @property
    def chosen(self) -> tuple[Candidate, ...]:
        """The botnets that the campaign takes on."""
        return tuple(candidate for candidate in self.candidates if candidate.is_chosen)

    def seated_before(self, candidate: Candidate) -> tuple[Candidate, ...]:
        """Return those that take a seat although they score less: more of them can be seen and removed.

        Empty for whoever has a seat itself, and for one that hardly any weights put among the first.
        """
        if candidate.is_chosen or candidate.standing is not Standing.CONTESTED:
            return ()
        return tuple(one for one in self.chosen if one.score < candidate.score and one.standing is Standing.CONTESTED)

    def reason(self, candidate: Candidate) -> LocalText:
        """Return why a candidate is chosen or not: its standing, what weighs most, and who is seated before it."""
        told = candidate.reason(self.criteria)
        if not (before := self.seated_before(candidate)):
            return told
        names = ", ".join(one.family for one in before)
        return Text("{told}; its seat goes to what can be seen and removed better: {names}", told=told, names=names)

    def as_json(self) -> dict[str, object]:
        """Return the choice for machines."""
        return {
            "version": self.criteria.version,
            "seats": self.criteria.seats,
            "criteria": {c.id: c.as_json() for c in self.criteria.criteria},
            "left_out": [c.id for c in self.left_out],
            "candidates": [candidate.as_json() for candidate in self.candidates],
        }


def choose(observations: Sequence[Observation], criteria: Criteria, *, rng: np.random.Generator) -> Choice:
    """Choose botnets.

    Those that are certain come in; the seats that are left go to contested ones, by what can be seen and removed
    (coverage and remediability), then by score. A criterion that was measured for no family is left out and its weight
    shared by the others; what was not measured for one family counts half in its score, and anything from 0 to 1 when
    weights are tried.

    Args:
        observations: one a family.
        criteria: scales, weights and seats.
        rng: draws the weights.
    """
    used = [c for c in criteria.criteria if any(c.id in o.values for o in observations)]
    left_out = tuple(c for c in criteria.criteria if c not in used)
    if not used:
        return Choice(criteria, left_out, ())
    table = np.array([[c.score(o.values[c.id]) if c.id in o.values else np.nan for c in used] for o in observations])
    weights = np.array([c.weight for c in used])
    weights /= weights.sum()
    scores = np.nan_to_num(table, nan=0.5) @ weights
    stated = _acceptability(table, rng.dirichlet(weights * criteria.concentration, DRAWS), criteria.seats, rng)
    every = _acceptability(table, rng.dirichlet(np.ones(len(used)), DRAWS), criteria.seats, rng)
    standings = [_standing(float(share), criteria) for share in stated]
    chosen = _seated(table, scores, standings, [c.id for c in used], criteria.seats)
    found = [
        Candidate(
            observation.family,
            {c.id: None if np.isnan(s) else float(s) for c, s in zip(used, table[n], strict=True)},
            float(scores[n]),
            float(stated[n]),
            float(every[n]),
            standings[n],
            n in chosen,
        )
        for n, observation in enumerate(observations)
    ]
    return Choice(criteria, left_out, tuple(sorted(found, key=lambda c: (-c.score, c.family))))


def _acceptability(table: Floats, weights: Floats, seats: int, rng: np.random.Generator) -> Floats:
    """Return with what share of the weights each row is among the first."""
    unknown = np.isnan(table)
    scores = weights @ np.nan_to_num(table).T
    for row, column in zip(*np.nonzero(unknown), strict=True):
        scores[:, row] += weights[:, column] * rng.random(len(weights))
    if len(table) <= seats:
        return np.ones(len(table))
    last = np.partition(scores, -seats, axis=1)[:, -seats]
    return np.asarray((scores >= last[:, None]).mean(axis=0))


def _standing(share: float, criteria: Criteria) -> Standing:
    if share >= criteria.certain:
        return Standing.CERTAIN
    return Standing.NEVER if share <= 1 - criteria.certain else Standing.CONTESTED


def _seated(
    table: Floats, scores: Floats, standings: Sequence[Standing], used: Sequence[str], seats: int
) -> frozenset[int]:
    practical = [used.index(name) for name in PRACTICAL if name in used]
    doable = np.nan_to_num(table[:, practical], nan=0.5).sum(axis=1)
    rank = {Standing.CERTAIN: 0, Standing.CONTESTED: 1, Standing.NEVER: 2}
    order = sorted(
        range(len(table)),
        key=lambda n: (rank[standings[n]], -doable[n] if standings[n] is Standing.CONTESTED else 0.0, -scores[n], n),
    )
    return frozenset(order[:seats])
