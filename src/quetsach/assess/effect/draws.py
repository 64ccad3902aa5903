"""Other ways to say who begins when: every one where there are few, else random ones, within what was drawn."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product
from math import comb, prod
from typing import Final

import numpy as np

from quetsach.assess.effect.panel import Ints

DRAWS: Final = 999
DRAWS_AT_LEAST: Final = 15
"""Fewer other draws cannot give an interval of more than 93 %: chance alone gives the largest effect in one of 15."""
_DRAWS_OF_MANY: Final = 199
"""Fewest draws of very many rows."""
_ENUMERATED_AT_MOST: Final = 2_000


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
