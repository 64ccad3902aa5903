"""Three grades against the middle, and intervals of ranks, from draws of what the true values may be.

A share of draws is a little off, so that a rank or a grade near the edge would be otherwise with other draws: the wider
interval, and no grade, are taken then.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy

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
_NODES_AT_MOST, _REACH, _WIDTH = 2_000, 6.5, 0.25
_ALMOST_NEVER = 1e-15
_AT_ONCE = 250
"""Nodes of the integral at most, where it ends, its widest step; what counts as none; draws looked at together."""


def uniform_draws(names: int, *, stream: int = 0) -> npt.NDArray[np.float64]:
    """Return numbers between 0 and 1 (draws x names): ``DRAWS`` of each name, fewer where there are very many names.

    ``stream`` numbers what is to be independent.
    """
    draws = min(DRAWS, _CELLS_AT_MOST // names)
    bits = np.random.PCG64(_SEED + stream).random_raw(draws * names)
    return np.asarray(((bits >> np.uint64(11)) + 0.5) * 2.0**-53).reshape(draws, names)


def normal_draws(names: int, *, stream: int = 0) -> npt.NDArray[np.float64]:
    """Return standard normal numbers (draws x names)."""
    return np.asarray(scipy.special.ndtri(uniform_draws(names, stream=stream)))


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


class Method(StrEnum):
    """How the critical value is found."""

    BOOTSTRAP = "bootstrap"
    """The quantile of the largest difference between independent normal errors (a parametric bootstrap)."""
    BONFERRONI = "bonferroni"
    """From the normal distribution, with the error shared among what is left (Holm): wider, and quick."""


@dataclass(frozen=True, slots=True)
class RankSets:
    """The lowest and highest rank of each name."""

    low: Ranks
    high: Ranks


def rank_sets(
    estimates: Floats,
    errors: Floats,
    *,
    is_simultaneous: bool = False,
    method: Method = Method.BOOTSTRAP,
    confidence: float = CONFIDENCE,
    progress: Callable[[int], None] = lambda _names: None,
) -> RankSets:
    """Return where each name may stand; rank 1 is the highest value.

    Args:
        estimates: one a name, independent of each other.
        errors: their standard errors.
        is_simultaneous: whether all sets are to hold together.
        method: how the critical value is found.
        confidence: of the sets.
        progress: told how many more names are done.
    """
    names = len(estimates)
    scale = np.hypot(errors[:, None], errors)
    np.fill_diagonal(scale, 1.0)  # a name beside itself, whose error may be nothing
    distance = (estimates[:, None] - estimates) / scale
    if is_simultaneous:
        noise = (normal_draws(names) * errors).T if method is Method.BOOTSTRAP else None
        above = _told_apart(distance, scale, noise, confidence)
        progress(names)
        return RankSets(1 + above.sum(axis=0), names - above.sum(axis=1))
    low, high = np.empty(names, dtype=np.int64), np.empty(names, dtype=np.int64)
    for name in range(names):
        error = _LargestDifference(name, errors, scale[name]) if method is Method.BOOTSTRAP else None
        higher, lower = _told_from(name, distance[name], error, confidence)
        low[name], high[name] = 1 + higher, names - lower
        progress(1)
    return RankSets(low, high)


def _told_apart(distance: Floats, scale: Floats, noise: Floats | None, confidence: float) -> Flags:
    """Return, for each ordered pair, whether the first is told to be higher."""
    told = np.zeros(distance.shape, dtype=np.bool_)
    ordered_pairs = ~np.eye(len(distance), dtype=np.bool_)
    while True:
        open_ = ordered_pairs & ~told
        if not open_.any():
            return told
        if noise is None:
            critical = float(-scipy.special.ndtri((1 - confidence) / open_.sum()))
        else:
            largest = np.concatenate(
                [_largest(noise[:, at : at + _AT_ONCE], scale, open_) for at in range(0, noise.shape[1], _AT_ONCE)]
            )
            share = min(1.0, confidence + caution(confidence, len(largest)))
            critical = float(np.quantile(largest, share, method="higher"))
        more = open_ & (distance > critical)
        if not more.any():
            return told
        told |= more


def _largest(noise: Floats, scale: Floats, open_: Flags) -> Floats:
    """Return the largest difference over open ordered pairs in each draw (names x draws)."""
    largest = np.full(noise.shape[1], -np.inf)
    for name in range(len(noise) - 1):
        gaps = (noise[name] - noise[name + 1 :]) / scale[name, name + 1 :, None]
        np.maximum(largest, gaps[open_[name, name + 1 :]].max(axis=0, initial=-np.inf), out=largest)
        np.maximum(largest, -gaps[open_[name + 1 :, name]].min(axis=0, initial=np.inf), out=largest)
    return largest


class _LargestDifference:
    """The distribution of the largest difference of one name's error to those of others, over their errors."""

    def __init__(self, name: int, errors: Floats, scale: Floats) -> None:
        others = np.arange(len(errors)) != name
        sharpest = float(errors[others].min() / errors[name])  # how narrow an edge the integrand has
        nodes = min(_NODES_AT_MOST, int(2 * _REACH / min(_WIDTH, sharpest / 2)) + 1)
        self._at = np.linspace(-_REACH, _REACH, nodes)
        self._weights = np.exp(-(self._at**2) / 2) / np.sqrt(2 * np.pi) * (self._at[1] - self._at[0])
        self._middle = self._at[:, None] * (errors[name] / errors)
        self._width = scale / errors

    def critical(self, lower: Flags, higher: Flags, confidence: float) -> float:
        """Return what it does not exceed with this confidence, over those not told to be lower (or higher) yet."""
        is_open = ~(lower & higher)
        middle, width, lower, higher = self._middle[:, is_open], self._width[is_open], lower[is_open], higher[is_open]

        def inside(value: float) -> float:
            reach = value * width
            shares = np.where(higher, 1.0, scipy.special.ndtr(middle + reach)) - np.where(
                lower, 0.0, scipy.special.ndtr(middle - reach)
            )
            near = shares.prod(axis=1)
            share = float(np.clip(self._weights @ near, _ALMOST_NEVER, 1 - _ALMOST_NEVER))
            return math.log(-math.log(share)) - math.log(-math.log(confidence))  # nearly a line in the value

        pairs = int((~lower).sum() + (~higher).sum())
        ends = -scipy.special.ndtri(1 - confidence) - 1e-6, -scipy.special.ndtri((1 - confidence) / pairs) + 1e-6
        return float(scipy.optimize.brentq(inside, *ends, xtol=1e-6))


def _told_from(name: int, ahead: Floats, error: _LargestDifference | None, confidence: float) -> tuple[int, int]:
    """Return how many are told to be higher than a name, and how many lower; ``ahead`` is how far it is before each."""
    itself = np.arange(len(ahead)) == name
    lower = higher = itself
    while not (lower & higher).all():
        if error is None:
            critical = float(-scipy.special.ndtri((1 - confidence) / ((~lower).sum() + (~higher).sum())))
        else:
            critical = error.critical(lower, higher, confidence)
        found = (lower | (ahead > critical), higher | (-ahead > critical))
        if (found[0] == lower).all() and (found[1] == higher).all():
            break
        lower, higher = found
    return int(higher.sum()) - 1, int(lower.sum()) - 1
