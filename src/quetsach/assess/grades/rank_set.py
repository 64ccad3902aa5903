"""Confidence sets of ranks after Mogstad, Romano, Shaikh and Wilhelm (Review of Economic Studies 2024).

The rank of a name is 1 + the number of names whose true value is higher. A pair is told apart if the difference of its
estimates, over its standard error, exceeds a critical value; the set of a name runs from 1 + the number of names told
to be higher to the number of all names less those told to be lower.

*Marginal*: the critical value covers the differences of one name to all others, in both directions; the set holds the
true rank of this name with the stated confidence. *Simultaneous*: it covers all pairs; all sets hold together. Step
down: what was told apart is taken out and the critical value is found anew, until nothing more is told apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import norm

from quetsach.assess.estimate import CONFIDENCE
from quetsach.assess.grades.grade import Flags, Floats, Ranks

REPETITIONS = 1000


class Method(StrEnum):
    """How the critical value is found."""

    BOOTSTRAP = "bootstrap"
    """The quantile of the largest difference in draws of independent normal errors."""
    BONFERRONI = "bonferroni"
    """From the normal distribution, with the error shared among what is left (Holm): wider, no draws."""


@dataclass(frozen=True, slots=True)
class RankSets:
    """The lowest and highest rank of each name."""

    low: Ranks
    high: Ranks


def rank_sets(
    estimates: Floats,
    errors: Floats,
    *,
    rng: np.random.Generator,
    is_simultaneous: bool = False,
    method: Method = Method.BOOTSTRAP,
    confidence: float = CONFIDENCE,
    repetitions: int = REPETITIONS,
    progress: Callable[[int], None] = lambda _names: None,
) -> RankSets:
    """Return where each name may stand; rank 1 is the highest value.

    Args:
        estimates: one a name, independent of each other.
        errors: their standard errors.
        rng: draws of the bootstrap.
        is_simultaneous: whether all sets are to hold together.
        method: how the critical value is found.
        confidence: of the sets.
        repetitions: of the bootstrap.
        progress: told how many more names are done.
    """
    names = len(estimates)
    noise = rng.standard_normal((names, repetitions)) * errors[:, None] if method is Method.BOOTSTRAP else None
    scale = np.hypot(errors[:, None], errors)
    np.fill_diagonal(scale, 1.0)
    distance = (estimates[:, None] - estimates) / scale
    if is_simultaneous:
        above = _told_apart(distance, scale, noise, confidence)
        progress(names)
        return RankSets(1 + above.sum(axis=0), names - above.sum(axis=1))
    low, high = np.empty(names, dtype=np.int64), np.empty(names, dtype=np.int64)
    for name in range(names):
        higher, lower = _told_from(name, distance, scale, noise, confidence)
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
            critical = norm.isf((1 - confidence) / open_.sum())
        else:
            largest = np.full(noise.shape[1], -np.inf)
            for name in np.flatnonzero(open_.any(axis=1)):
                others = open_[name]
                gaps = (noise[name] - noise[others]) / scale[name, others, None]
                np.maximum(largest, gaps.max(axis=0), out=largest)
            critical = np.quantile(largest, confidence)
        more = open_ & (distance > critical)
        if not more.any():
            return told
        told |= more


def _told_from(name: int, distance: Floats, scale: Floats, noise: Floats | None, confidence: float) -> tuple[int, int]:
    """Return how many are told to be higher than a name, and how many lower."""
    ahead = distance[name]  # of each other one; the opposite order is its negative
    gaps = (noise[name] - noise) / scale[name][:, None] if noise is not None else None
    itself = np.arange(len(distance)) == name
    lower = higher = itself
    while not (lower & higher).all():
        if gaps is None:
            critical = norm.isf((1 - confidence) / ((~lower).sum() + (~higher).sum()))
        else:
            most = gaps[~lower].max(axis=0, initial=-np.inf)
            least = gaps[~higher].min(axis=0, initial=np.inf)
            critical = np.quantile(np.maximum(most, -least), confidence)
        found = (lower | (ahead > critical), higher | (-ahead > critical))
        if (found[0] == lower).all() and (found[1] == higher).all():
            break
        lower, higher = found
    return int(higher.sum()) - 1, int(lower.sum()) - 1
