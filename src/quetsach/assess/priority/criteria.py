"""The criteria: scales from 0 to 1, weights, and the tables of harm and remediability."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.core.pack import LocalText


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
