"""An effect as a weighted sum of cells, and what chance alone makes of such a sum.

Units that begin together have the same weights, so that giving the starts to other units is an exchange of weights:
every other one where there are few, else random ones, within what was drawn. Two intervals follow, of which neither
may be narrower than what is printed: by permutation, inverted (the effects that would not look unusual among other
draws of the starts), and by t with the spread between units that began together (of two groups Welch's test, which is
CR2 with the degrees of Bell and McCaffrey 2002).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from math import comb, floor, prod
from typing import Final

import numpy as np

from quetsach.assess.effect.finding import Spread, is_nothing
from quetsach.assess.effect.panel import Bools, Floats, Ints, Panel
from quetsach.assess.estimate import CONFIDENCE, Estimate, NotEstimable, NotEstimableReason

DRAWS: Final = 999
DRAWS_AT_LEAST: Final = 15
"""Fewer other draws cannot give an interval of more than 93 %: chance alone gives the largest effect in one of 15."""
_DRAWS_OF_MANY: Final = 199
"""Fewest draws of very many rows."""
_ENUMERATED_AT_MOST: Final = 2_000
_DRAWN_AT_MOST, _AT_ONCE = 50_000_000, 4_000_000
"""Cells of the draws that are kept, and cells that are summed at once."""
_PERIODS_FOR_NOISE: Final = 4
_NOISY_UNDER: Final = 0.25
"""Share of controls as noisy before the start, under which a unit is taken to be noisier than they are."""


def other_draws(kind: Ints, generator: np.random.Generator, *, strata: Sequence[str] = (), cells_at_most: int) -> Ints:
    """Return other ways to give the kinds to the rows (draws x rows): every other one of few, else random ones.

    Args:
        kind: which start each row has (rows).
        generator: draws them where there are many.
        strata: (rows) what the starts are exchanged within; empty where all rows are exchanged.
        cells_at_most: rows times draws that are kept.
    """
    within = _within(strata or ("",) * len(kind))
    if prod(_arrangements(kind[rows]) for rows in within) <= _ENUMERATED_AT_MOST:
        made = [one for one in _every(kind, within) if (one != kind).any()]
        return np.array(made, dtype=np.int64).reshape(-1, len(kind))
    draws = min(DRAWS, max(_DRAWS_OF_MANY, cells_at_most // len(kind)))
    drawn = np.empty((draws, len(kind)), dtype=np.min_scalar_type(int(kind.max())))
    for one in drawn:
        for rows in within:
            one[rows] = generator.permutation(kind[rows])
    return drawn


def _within(strata: Sequence[str]) -> list[Ints]:
    """Return the rows of each stratum."""
    numbers = np.unique(strata, return_inverse=True)[1]
    return [np.flatnonzero(numbers == number) for number in range(int(numbers.max()) + 1)]


def _arrangements(kind: Ints) -> int:
    left, made = len(kind), 1
    for count in np.bincount(kind):
        made *= comb(left, int(count))
        left -= int(count)
    return made


def _every(kind: Ints, within: Sequence[Ints]) -> Iterator[Ints]:
    """Yield every way to give the rows of each stratum its kinds."""
    for parts in product(*(list(_every_in(np.bincount(kind[rows]))) for rows in within)):
        made = np.empty_like(kind)
        for rows, part in zip(within, parts, strict=True):
            made[rows] = part
        yield made


def _every_in(counts: Ints) -> Iterator[Ints]:
    """Yield every way to give kinds, each to so many of the rows."""

    def fill(made: Ints, kind: int) -> Iterator[Ints]:
        if kind == len(counts):
            yield made
            return
        for chosen in combinations(np.flatnonzero(made < 0).tolist(), int(counts[kind])):
            one = made.copy()
            one[list(chosen)] = kind
            yield from fill(one, kind + 1)

    yield from islice(fill(np.full(int(counts.sum()), -1), 0), _ENUMERATED_AT_MOST)


@dataclass(frozen=True, slots=True)
class Groups:
    """Units by the period in which they begin: ``starts`` (kinds), ``kind`` (units), ``drawn`` (draws x units).

    ``noisier`` (units) is how many times as much as a control a unit moved before anybody began, at least 1, which is
    told with ``noise_degrees`` of freedom; ``weights`` (units) is how much each counts among those that begin with it.
    ``blocks`` (units) are what the starts were drawn within; None where all were drawn together.
    """

    starts: Ints
    kind: Ints
    drawn: Ints
    noisier: Floats
    weights: Floats
    noise_degrees: float
    blocks: Ints | None = None

    @property
    def sizes(self) -> Floats:
        """How much the units of each kind count together; how many they are, where all count alike."""
        return np.bincount(self.kind, self.weights)

    def sums(self, pairs: Floats, kinds: Ints) -> Floats:
        """Return what a contrast gives (draws) when units are of these kinds (draws x units).

        ``pairs`` (units x kinds) is what each unit gives with the weights of each kind. A kind counts as much as it
        does in truth, whoever is of it.
        """
        if self.weights.std() == 0:
            units, width = np.arange(pairs.shape[0]), max(1, _AT_ONCE // pairs.shape[0])
            parts = [kinds[at : at + width] for at in range(0, len(kinds), width)]
            return self.weights.max() * np.concatenate([pairs[units, part].sum(axis=-1) for part in parts])
        total = np.zeros(kinds.shape[0])
        for kind, size in enumerate(self.sizes):
            of = (kinds == kind) * self.weights
            total += size * (of @ pairs[:, kind]) / of.sum(axis=-1)
        return total


def groups_of(panel: Panel, generator: np.random.Generator) -> Groups | NotEstimable:
    """Return the groups of a complete panel and other draws of them, or why no interval can be told from them."""
    starts, kind = np.unique(panel.starts, return_inverse=True)
    strata = panel.strata if all(panel.strata) else ()  # who was in no draw is no lot of it
    drawn = other_draws(kind, generator, strata=strata, cells_at_most=_DRAWN_AT_MOST)
    if len(drawn) < DRAWS_AT_LEAST:
        measured = {"units_control": float((~panel.treated).sum()), "draws": float(len(drawn))}
        return NotEstimable(NotEstimableReason.TOO_FEW_CONTROLS, measured | {"needed_draws": float(DRAWS_AT_LEAST)})
    first = panel.cohorts[0]
    is_single = bool((np.bincount(kind)[kind[panel.treated]] == 1).any())
    if is_single and first < _PERIODS_FOR_NOISE:
        measured = {"periods_before": float(first), "needed": float(_PERIODS_FOR_NOISE)}
        return NotEstimable(NotEstimableReason.TOO_SHORT, measured)
    noisier = np.ones(len(kind)) if first < _PERIODS_FOR_NOISE else _noisier(panel.outcome[:, :first], panel.treated)
    blocks = np.unique(strata, return_inverse=True)[1] if strata else None
    return Groups(starts, kind, drawn, noisier, panel.weight, float(max(1, first - 2)), blocks)


def _noisier(before: Floats, is_treated: Bools) -> Floats:
    """Return the noise of each unit about its own line, less what all controls share, in that of the controls."""
    time = np.arange(float(before.shape[1]))
    line = np.column_stack([np.ones_like(time), time])
    others = before[~is_treated] if (~is_treated).any() else before
    gap = before - others.mean(axis=0)
    left = gap - gap @ np.linalg.pinv(line).T @ line.T
    noise = np.sqrt((left**2).mean(axis=1))
    return noise_ratios(noise, noise[~is_treated] if (~is_treated).any() else noise)


def noise_ratios(own: Floats, others: Floats) -> Floats:
    """Return how many times as noisy units are as the others; 1 where a quarter of those are as noisy."""
    usual = float(np.sqrt((others**2).mean()))
    if not usual:
        return np.ones(len(own))
    share = (1 + (others >= own[:, None]).sum(axis=1)) / (1 + len(others))
    return np.asarray(np.where(share < _NOISY_UNDER, np.maximum(1.0, own / usual), 1.0))


@dataclass(frozen=True, slots=True)
class Told:
    """A contrast with its interval, and the share of draws by chance with an effect as large (p value)."""

    spread: Spread
    interval: Estimate
    by_chance: Floats
    p_value: float
    confidence: float


def told(outcome: Floats, under: Floats | None, groups: Groups, weights: Floats) -> Told | NotEstimable:
    """Return what a contrast says.

    Args:
        outcome: (units x periods), on the scale.
        under: 1 in cells under treatment (units x periods); the contrast of it is what a unit of effect gives. None of
            a contrast that no effect touches, such as one of the time before: it is nothing but chance.
        groups: who begins together.
        weights: (kinds x periods) of a unit of each kind.
    """
    spread = contrast_spread(outcome, groups, weights)
    if isinstance(spread, NotEstimable):
        return spread
    chance = groups.sums(outcome @ weights.T, groups.drawn)
    rank, confidence = rank_of(len(chance))
    if under is None:
        of_one, reach = np.zeros(len(chance)), float(np.sort(np.abs(chance))[-rank])
        low, high = spread.value - reach, spread.value + reach
    else:
        ones = under @ weights.T
        of_one, unit = groups.sums(ones, groups.drawn), float(groups.sums(ones, groups.kind[None])[0])
        low, high = inverted(spread.value, unit, chance, of_one, rank)
    if not np.isfinite([low, high]).all():
        return NotEstimable(NotEstimableReason.TOO_FEW_CONTROLS, {"draws": float(len(chance))})
    by_t = spread.interval()
    interval = Estimate(spread.value, min(low, by_t.low), max(high, by_t.high), by_t.measured)
    return Told(spread, interval, chance - spread.value * of_one, _share(spread.value, chance), confidence)


def differs(outcome: Floats, groups: Groups, weights: Floats) -> tuple[float, float]:
    """Return how often chance alone gives as much as a contrast that is nothing: by permutation, and by t."""
    spread = contrast_spread(outcome, groups, weights)
    if isinstance(spread, NotEstimable):
        return 1.0, 1.0
    return _share(spread.value, groups.sums(outcome @ weights.T, groups.drawn)), spread.p_value


def _share(value: float, chance: Floats) -> float:
    return float((1 + (np.abs(chance) >= abs(value) * (1 - 1e-12)).sum()) / (1 + len(chance)))


_SAME = 1e-9
"""A draw whose unit of effect is as near as this to that of the true starts crosses them nowhere."""


def inverted(value: float, unit: float, chance: Floats, of_one: Floats, rank: int) -> tuple[float, float]:
    """Return the effects that are not unusual among the draws, lowest and highest.

    With an effect e everywhere under treatment, a draw gives ``chance - e of_one`` and the true starts
    ``value - e unit``: a draw is as large for all e between two crossings, on both sides of the estimate. So the ends
    of the interval are order statistics of the crossings, and no grid is searched.
    """
    apart = np.stack([unit - of_one, unit + of_one])
    apart[np.abs(apart) <= _SAME * (abs(unit) + np.abs(of_one))] = 0.0  # what rounding leaves of nothing is nothing
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = np.stack([value - chance, value + chance]) / apart
    infinite = ~np.isfinite(crossings)
    high = np.sort(np.where(infinite, np.inf, crossings).max(axis=0))[::-1]
    low = np.sort(np.where(infinite, -np.inf, crossings).min(axis=0))
    return float(low[rank - 1]), float(high[rank - 1])


def rank_of(draws: int) -> tuple[int, float]:
    """Return which of so many draws, from the largest on, ends an interval, and its confidence.

    That is 95 %, or as much as few draws can give.
    """
    rank = max(1, floor((1 - CONFIDENCE) * (1 + draws) + 1e-9))
    return rank, min(CONFIDENCE, 1 - rank / (1 + draws))


def contrast_spread(outcome: Floats, groups: Groups, weights: Floats) -> Spread | NotEstimable:
    """Return a contrast with its error: of each kind by its own units, of single ones by what all others show.

    Degrees of freedom by Satterthwaite.
    """
    pairs, counts = outcome @ weights.T, np.bincount(groups.kind)
    value = float(groups.sums(pairs, groups.kind[None])[0])
    parts = list(_variances(pairs, groups, counts))
    variance = sum(part for part, _ in parts)
    if is_nothing(float(np.sqrt(variance)), pairs):
        return NotEstimable(NotEstimableReason.NO_SPREAD, {"effect": value})
    degrees = 1 / sum((part / variance) ** 2 / free for part, free in parts)
    if counts.min() == 1:  # the error of single units comes from the same residuals as that of the others
        degrees = min(degrees, float(len(groups.kind) - len(counts)))
    return Spread(value, float(np.sqrt(variance)), float(degrees))


def _variances(pairs: Floats, groups: Groups, counts: Ints) -> Iterator[tuple[float, float]]:
    """Yield the variance that each kind adds, and its degrees of freedom; in blocks that of all kinds together."""
    if groups.blocks is not None and counts.min() > 1:
        yield _variance_in_blocks(pairs, groups, groups.blocks)
        return
    several = np.flatnonzero(counts > 1)
    for kind, (count, size) in enumerate(zip(counts, groups.sizes, strict=True)):
        own = groups.kind == kind
        if count > 1:
            shares = groups.weights[own] / size
            left = pairs[own, kind] - shares @ pairs[own, kind]
            concentrated = float((shares**2).sum())  # 1 / n where all count alike
            yield float(size**2 * (shares**2 @ left**2) / (1 - concentrated)), 1 / concentrated - 1
        elif len(several):
            others = [pairs[groups.kind == other, kind] for other in several]
            free = float(sum(len(part) - 1 for part in others))
            pooled = sum(float(((part - part.mean()) ** 2).sum()) for part in others) / free
            times = float(groups.noisier[own][0])
            yield float(size**2) * pooled * times**2, free if times == 1 else min(free, groups.noise_degrees)


def _variance_in_blocks(pairs: Floats, groups: Groups, blocks: Ints) -> tuple[float, float]:
    """Return the variance of a contrast by how it differs from block to block, and its degrees of freedom.

    What the units of a block have in common falls out, as in differences of pairs.
    """
    own = pairs[np.arange(len(groups.kind)), groups.kind]
    means = np.bincount(groups.kind, groups.weights * own) / groups.sizes
    left = np.bincount(blocks, groups.weights * (own - means[groups.kind]))
    share = np.bincount(blocks, groups.weights / groups.sizes[groups.kind]) / len(groups.sizes)
    concentrated = float((share**2).sum())  # 1 / n of as many blocks, all alike
    return float((left**2).sum() / (1 - concentrated)), 1 / concentrated - 1
