"""Three grades against the middle, and intervals of ranks, from draws of what the true values may be.

A share of draws is a little off, so that a rank or a grade near the edge would be otherwise with other draws: the wider
interval, and no grade, are taken then.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from quetsach.assess.estimate import CONFIDENCE, Estimate
from quetsach.core.text import LocalText, Text

# Draws that are the same for everybody: no seed that somebody chose can move a rank that is published.
#
# PCG64 promises that its bits stay as they are from one version of numpy to the next; numbers of a distribution are
# made of them here, by its inverse, because numpy's own ways to do that do not.

DRAWS: Final = 10_000
_CELLS_AT_MOST: Final = 16_000_000
_SEED: Final = 20_201_015
_CAUTION: Final = 2.0
"""Standard errors by which a share of draws may be off."""


def uniform_draws(names: int, *, stream: int = 0) -> npt.NDArray[np.float64]:
    """Return numbers between 0 and 1 (draws x names): ``DRAWS`` of each name, fewer where there are very many names.

    ``stream`` numbers what is to be independent.
    """
    draws = min(DRAWS, _CELLS_AT_MOST // names)
    bits = np.random.PCG64(_SEED + stream).random_raw(draws * names)
    return np.asarray(((bits >> np.uint64(11)) + 0.5) * 2.0**-53).reshape(draws, names)


def normal_draws(names: int, *, stream: int = 0) -> npt.NDArray[np.float64]:
    """Return standard normal numbers (draws x names)."""
    return np.asarray(ndtri(uniform_draws(names, stream=stream)))


def caution(share: float, draws: int) -> float:
    """Return by how much a share of so many draws may be off: who decides by it takes the wider side of that."""
    return _CAUTION * math.sqrt(share * (1 - share) / draws)


type Floats = npt.NDArray[np.float64]
type Flags = npt.NDArray[np.bool_]
type Ranks = npt.NDArray[np.int64]

CERTAINTY: Final = 0.95
"""Probability of being above or below the median that a grade takes."""
FEWEST: Final = 5
"""Names that a table must have: fewer do not tell how much they differ."""


class Grade(StrEnum):
    """Where a name stands against the median of all."""

    BETTER = "better"
    NOT_DISTINGUISHABLE = "not-distinguishable"
    WORSE = "worse"

    @property
    def text(self) -> LocalText:
        """The grade in both languages."""
        return _TEXTS[self]


_TEXTS = {
    Grade.BETTER: Text("better than the middle"),
    Grade.NOT_DISTINGUISHABLE: Text("not distinguishable"),
    Grade.WORSE: Text("worse than the middle"),
}


@dataclass(frozen=True, slots=True)
class GradedRow:
    """One name: its shrunk value, where it may stand (1 is first), and its grade.

    ``rank`` holds with ``CONFIDENCE`` for this name; ``rank_of_all`` for all names at once. ``above`` is the
    probability that its value lies over the median.
    """

    shrunk: Estimate
    rank: tuple[int, int]
    rank_of_all: tuple[int, int]
    above: float
    grade: Grade

    def as_json(self) -> dict[str, object]:
        """Return the row for machines."""
        return {
            "shrunk": self.shrunk.as_json(),
            "rank_low": self.rank[0],
            "rank_high": self.rank[1],
            "rank_low_of_all": self.rank_of_all[0],
            "rank_high_of_all": self.rank_of_all[1],
            "probability_above_median": round(self.above, 4),
            "grade": self.grade.value,
        }


def graded(drawn: Floats, shrunk: list[Estimate], *, low_is_good: bool) -> tuple[GradedRow, ...]:
    """Grade names.

    Args:
        drawn: what the true values may be, a row a draw, a column a name.
        shrunk: the value of each name with its interval.
        low_is_good: whether the lowest value comes first and is the best.
    """
    ranks = np.argsort(np.argsort(drawn if low_is_good else -drawn, axis=1), axis=1) + 1
    own, joint = _intervals(ranks)
    median = np.median(drawn, axis=1)[:, None]
    above, below = (drawn > median).mean(axis=0), (drawn < median).mean(axis=0)
    low, high = (Grade.BETTER, Grade.WORSE) if low_is_good else (Grade.WORSE, Grade.BETTER)
    enough = CERTAINTY + caution(CERTAINTY, len(drawn))
    grades = [
        high if over >= enough else low if under >= enough else Grade.NOT_DISTINGUISHABLE
        for over, under in zip(above, below, strict=True)
    ]
    return tuple(
        GradedRow(value, (int(o[0]), int(o[1])), (int(j[0]), int(j[1])), float(a), grade)
        for value, o, j, a, grade in zip(shrunk, own.T, joint.T, above, grades, strict=True)
    )


def _intervals(ranks: Ranks) -> tuple[Ranks, Ranks]:
    """Return lower and upper ranks: of each name by itself, and of all at once.

    For all at once each interval is widened to the same tail, the largest with which ``CONFIDENCE`` of the draws lie
    wholly inside.
    """
    draws, tail = len(ranks), (1 - CONFIDENCE) / 2
    tail -= caution(tail, draws)
    own = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    ordered = np.sort(ranks, axis=0)
    low = np.stack([np.searchsorted(o, r, side="right") for o, r in zip(ordered.T, ranks.T, strict=True)])
    high = np.stack([np.searchsorted(o, r, side="left") for o, r in zip(ordered.T, ranks.T, strict=True)])
    # The share of draws at or beyond each rank, on its rarer side; of a draw, that of its most unusual name.
    outermost = np.minimum(low, draws - high).min(axis=0) / draws
    outside = 1 - CONFIDENCE - caution(CONFIDENCE, draws)
    shared = float(np.quantile(outermost, outside, method="inverted_cdf"))
    inside = ranks[outermost >= shared]
    return own.astype(np.int64), np.stack([inside.min(axis=0), inside.max(axis=0)])
