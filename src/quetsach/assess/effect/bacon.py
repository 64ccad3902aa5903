"""What a regression with one coefficient would be made of (Goodman-Bacon 2021), for those who expected one.

With several starts, its coefficient is a weighted mean of comparisons of two groups over two spans of time. Some of
them compare with units already treated, whose own effect may still be growing: those are what ``did`` does without.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quetsach.assess.effect.panel import Floats, Panel


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of two groups: its weight (all add up to 1), its estimate, and whether the others were treated."""

    weight: float
    estimate: float
    is_forbidden: bool


def bacon(panel: Panel) -> list[Comparison]:
    """Return the comparisons that a two-way regression of a complete panel would average."""
    found = list(_comparisons(panel))
    total = sum(comparison.weight for comparison in found)
    return [Comparison(one.weight / total, one.estimate, one.is_forbidden) for one in found]


def _comparisons(panel: Panel) -> Iterator[Comparison]:
    periods = panel.shape[1]
    starts, sizes = np.unique(panel.starts, return_counts=True)
    means = {int(start): panel.outcome[panel.starts == start].mean(axis=0) for start in starts}
    count = dict(zip(starts.tolist(), sizes.tolist(), strict=True))
    under = {start: 1 - start / periods for start in count}  # share of the time under treatment
    for early, size in count.items():
        for late in (start for start in count if start > early):
            together = size * count[late]
            share = under[early] - under[late]
            weight = together * share * (1 - under[early])
            yield Comparison(weight, _two_by_two(means[early], means[late], (0, early), (early, late)), False)
            if late < periods:
                weight = together * share * under[late]
                estimate = _two_by_two(means[late], means[early], (early, late), (late, periods))
                yield Comparison(weight, estimate, True)


def _two_by_two(own: Floats, others: Floats, before: tuple[int, int], after: tuple[int, int]) -> float:
    gap = own - others
    return float(gap[slice(*after)].mean() - gap[slice(*before)].mean())
