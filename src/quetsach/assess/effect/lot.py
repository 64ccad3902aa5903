"""Inference from the lot itself: the same starts, drawn for other units, and what an effect looks like then.

Who begins when was drawn, of all units or within strata. So an effect is told from chance by drawing again, within the
same: a hypothesis is taken away from the
outcome, and what is left gives an "effect" under each other draw. The interval holds every effect that does not look
unusual among them (inversion of the test). The effects at other times since the start are not part of the hypothesis:
their estimates are taken away, and with them some of the noise. What a draw gives is therefore enlarged, by how much
less it varies than without them if rows err alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from quetsach.assess.effect.contrast import inverted, other_draws, rank_of
from quetsach.assess.effect.panel import Bools, Floats, Ints

_DRAWN_AT_MOST: Final = 2_000_000
"""Rows times draws that are kept."""
_ENLARGED_AT_MOST: Final = 4.0
"""Of variances: a draw that is nearly the true order tells nothing, enlarged or not."""
_KINDS_TO_COMPARE: Final = 2
_ALMOST: Final = 1 - 1e-9


@dataclass(frozen=True)
class Lot:
    """Who begins when: ``kind`` (rows), other draws of it (draws x rows), how much each row counts."""

    kind: Ints
    drawn: Ints
    weights: Floats

    @property
    def sizes(self) -> Floats:
        """How much the rows of each kind count together (kinds)."""
        return np.bincount(self.kind, self.weights)

    @cached_property
    def counts(self) -> Floats:
        """How much each row counts (draws x rows) in each draw."""
        return self.counted(self.drawn)

    def counted(self, kinds: Ints) -> Floats:
        """Return how much each row counts (draws x rows) when rows are of these kinds: kinds keep their sizes."""
        if self.weights.std() == 0:
            return np.full(kinds.shape, self.weights[0])
        made = np.empty(kinds.shape)
        for kind, size in enumerate(self.sizes):
            of = (kinds == kind) * self.weights
            np.copyto(made, size * of / of.sum(axis=-1, keepdims=True), where=of > 0)
        return made


def lot_of(kind: Ints, weights: Floats, generator: np.random.Generator, *, strata: Sequence[str] = ()) -> Lot:
    """Return the lot of rows of these kinds.

    ``strata`` (rows) are those that it was drawn within; each keeps its kinds. Empty where all were drawn together.
    """
    return Lot(kind, other_draws(kind, generator, strata=strata, cells_at_most=_DRAWN_AT_MOST), weights)


@dataclass(frozen=True, slots=True)
class Told:
    """An effect with the interval of all that are not unusual, and how often chance gives as much (p value)."""

    value: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class Drawing:
    """What a panel tells of its effects under a lot.

    ``left`` (rows x periods) is the outcome without effects of rows, periods and times since the start; ``effects``
    (times) are those, ``weights`` (times x kinds x periods) of what sums they are, ``cells`` (times x kinds x periods)
    where they are. The kinds are those of the lot.
    """

    lot: Lot
    left: Floats
    effects: Floats
    weights: Floats
    cells: Floats

    def whole(self, combination: Floats) -> Floats:
        """Return the weights (kinds x periods) of a weighted sum (times) of effects."""
        return np.asarray(np.einsum("c,ckt->kt", combination, self.weights))

    def told(self, combination: Floats) -> Told | None:
        """Return a weighted sum (times) of the effects; None where chance is no bound, or nothing varies."""
        value, whole, along = float(combination @ self.effects), self.whole(combination), self._along(combination)
        met = self._met(whole)
        enlarged = self._enlarged(whole, met, self.weights - along[:, None, None] * whole)
        of_one, chance = enlarged * (met @ along), enlarged * self._drawn(whole)
        if not chance.std() > 1e-12 * max(abs(value), 1e-12):
            return None
        rank = rank_of(len(chance))[0]
        low, high = inverted(value, 1.0, chance + value * of_one, of_one, rank)
        if not np.isfinite([low, high]).all():
            return None
        return Told(value, low, high, _share(np.abs(chance + value * of_one) >= abs(value) * _ALMOST))

    def by_chance(self, whole: Floats) -> Floats:
        """Return what a sum (kinds x periods) comes to by chance (draws)."""
        return self._enlarged(whole, self._met(whole), self.weights) * self._drawn(whole)

    def p_value_of(self, whole: Floats) -> float:
        """Return how often chance alone gives as much of a sum (kinds x periods) that no effect is in."""
        own = float((self.lot.weights[:, None] * self.left * whole[self.lot.kind]).sum())
        return _share(np.abs(self.by_chance(whole)) >= abs(own) * _ALMOST)

    def p_value_without(self, combination: Floats, outcome: Floats) -> float:
        """Return how often chance alone gives as much, if nothing did anything: of the plain outcome (rows x periods).

        No estimate is taken away, so that this is exact.
        """
        plain = Drawing(self.lot, outcome, self.effects, self.weights, self.cells)
        chance = plain._drawn(self.whole(combination))
        return _share(np.abs(chance) >= abs(float(combination @ self.effects)) * _ALMOST)

    def p_value_together(self) -> float:
        """Return how often rows that begin together err together as much, or more, by chance alone.

        1 where fewer than two kinds have several rows: what one kind has in common is what all others lack.
        """
        several = np.flatnonzero(np.bincount(self.lot.kind) > 1)
        if len(several) < _KINDS_TO_COMPARE:
            return 1.0

        def together(kinds: Ints, counts: Floats) -> Floats:
            made = np.zeros(len(kinds))
            for kind in several:
                made += (((kinds == kind) * counts @ self.left) ** 2).sum(axis=1) / self.lot.sizes[kind]
            return made

        own = together(self.lot.kind[None], self.lot.weights[None])[0]
        return _share(together(self.lot.drawn, self.lot.counts) >= own * _ALMOST)

    def _drawn(self, whole: Floats) -> Floats:
        """Return what a sum (kinds x periods) of what is left gives under each draw."""
        pairs, rows = self.left @ whole.T, np.arange(len(self.left))
        return np.asarray((self.lot.counts * pairs[rows, self.lot.drawn]).sum(axis=1))

    def _met(self, whole: Floats) -> Floats:
        """Return how much of the cells of each time a sum (kinds x periods) meets under each draw (draws x times)."""
        return np.tensordot(self._crossed[0], np.einsum("cat,bt->abc", self.cells, whole), axes=2)

    def _enlarged(self, whole: Floats, met: Floats, estimated: Floats) -> Floats:
        """Return by how much the noise in each draw (draws) is too small.

        ``whole`` (kinds x periods) is the sum that is drawn, ``met`` (draws x times) what it meets of each time, whose
        effect was estimated by ``estimated`` (times x kinds x periods). Rows err as those of what is left do.
        """
        errors = self.left.T @ self.left
        of_whole, times = whole @ errors, len(estimated)
        of_one = (of_whole * whole).sum(axis=1)
        shared = (estimated @ of_whole.T).transpose(1, 2, 0)  # true kinds x drawn kinds x times
        squares = np.bincount(self.lot.kind, self.lot.weights**2)
        squared = (estimated @ errors) * squares[:, None]
        own = squared.reshape(times, -1) @ estimated.reshape(times, -1).T
        full = np.einsum("dab,b->d", self._crossed[2], of_one)
        less = np.einsum("dc,dc->d", met, np.tensordot(self._crossed[1], shared, axes=2))
        left = full - 2 * less + ((met @ own) * met).sum(axis=1)
        is_noise = full > 0  # figures so small that their squares are none have no noise to enlarge
        enlarged = np.divide(full, np.maximum(left, full / _ENLARGED_AT_MOST), out=np.ones_like(full), where=is_noise)
        return np.asarray(np.sqrt(enlarged))

    @cached_property
    def _crossed(self) -> tuple[Floats, Floats, Floats]:
        """Sums by kind in truth and kind drawn (draws x kinds x kinds): of counts, counts x weights, counts squared."""
        counts, weights, kind = self.lot.counts, self.lot.weights, self.lot.kind
        draws, kinds = len(counts), len(self.lot.sizes)
        at = (np.arange(draws)[:, None] * kinds**2 + kind * kinds + self.lot.drawn).ravel()
        values = (counts, counts * weights, counts**2)
        one, other, third = (np.bincount(at, value.ravel(), minlength=draws * kinds**2) for value in values)
        shape = (draws, kinds, kinds)
        return one.reshape(shape), other.reshape(shape), third.reshape(shape)

    def _along(self, combination: Floats) -> Floats:
        """Return how all effects (times) move with a sum of them, by errors that are alike and independent."""
        flat = self.weights.reshape(len(self.weights), -1)
        sizes = np.repeat(self.lot.sizes, self.weights.shape[-1])
        moves = (flat * sizes) @ flat.T @ combination
        return np.asarray(moves / (combination @ moves))


def _share(is_as_much: Bools) -> float:
    return float((1 + is_as_much.sum()) / (1 + is_as_much.size))
