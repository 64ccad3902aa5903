"""Confidence sets of ranks after Mogstad, Romano, Shaikh and Wilhelm (Review of Economic Studies 2024).

The rank of a name is 1 + the number of names whose true value is higher. A pair is told apart if the difference of its
estimates, over its standard error, exceeds a critical value; the set of a name runs from 1 + the number of names told
to be higher to the number of all names less those told to be lower.

*Marginal*: the critical value covers the differences of one name to all others, in both directions; the set holds the
true rank of this name with the stated confidence. *Simultaneous*: it covers all pairs; all sets hold together. Step
down: what was told apart is taken out and the critical value is found anew, until nothing more is told apart.

No draw that somebody may choose is in it. The marginal critical value is exact: given the error of one name, those of
all others are independent, so that the probability is an integral over one error. The simultaneous one is found from
draws that are the same for everybody, and where these leave it open it is the larger.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import norm

from quetsach.assess.estimate import CONFIDENCE
from quetsach.assess.grades.grade import Flags, Floats, Ranks, caution, normal_draws

_NODES_AT_MOST, _REACH, _WIDTH = 2_000, 6.5, 0.25
_ALMOST_NEVER = 1e-15
_AT_ONCE = 250
"""Nodes of the integral at most, where it ends, its widest step; what counts as none; draws looked at together."""


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
    np.fill_diagonal(scale, 1.0)
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
            critical = float(norm.isf((1 - confidence) / open_.sum()))
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
        self._weights = norm.pdf(self._at) * (self._at[1] - self._at[0])
        self._middle = self._at[:, None] * (errors[name] / errors)
        self._width = scale / errors

    def critical(self, lower: Flags, higher: Flags, confidence: float) -> float:
        """Return what it does not exceed with this confidence, over those not told to be lower (or higher) yet."""
        is_open = ~(lower & higher)
        middle, width, lower, higher = self._middle[:, is_open], self._width[is_open], lower[is_open], higher[is_open]

        def inside(value: float) -> float:
            reach = value * width
            shares = np.where(higher, 1.0, ndtr(middle + reach)) - np.where(lower, 0.0, ndtr(middle - reach))
            near = shares.prod(axis=1)
            share = float(np.clip(self._weights @ near, _ALMOST_NEVER, 1 - _ALMOST_NEVER))
            return math.log(-math.log(share)) - math.log(-math.log(confidence))  # nearly a line in the value

        pairs = int((~lower).sum() + (~higher).sum())
        ends = norm.isf(1 - confidence) - 1e-6, norm.isf((1 - confidence) / pairs) + 1e-6
        return float(brentq(inside, *ends, xtol=1e-6))


def _told_from(name: int, ahead: Floats, error: _LargestDifference | None, confidence: float) -> tuple[int, int]:
    """Return how many are told to be higher than a name, and how many lower; ``ahead`` is how far it is before each."""
    itself = np.arange(len(ahead)) == name
    lower = higher = itself
    while not (lower & higher).all():
        if error is None:
            critical = float(norm.isf((1 - confidence) / ((~lower).sum() + (~higher).sum())))
        else:
            critical = error.critical(lower, higher, confidence)
        found = (lower | (ahead > critical), higher | (-ahead > critical))
        if (found[0] == lower).all() and (found[1] == higher).all():
            break
        lower, higher = found
    return int(higher.sum()) - 1, int(lower.sum()) - 1
