"""Units of one group that changed so differently that they fall into clumps, as where some of them lost a feed.

Effects differ from unit to unit, and that spreads the changes of the treated evenly around their mean. A feed that is
lost, an office that moves to another provider or a takedown befalls some units and not others: their changes fall into
two heaps with nothing in between. Then the mean of the group is the effect on no unit, and the noise of the time before
says nothing of it. The panel cannot tell which heap is the campaign's, so the interval holds the effect by each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from quetsach.assess.effect.finding import Finding
from quetsach.assess.effect.panel import Block, Floats, Ints
from quetsach.assess.estimate import Estimate, Notice
from quetsach.core.text import Number, Text

_FEW: Final = 8
"""Fewer units show no shape: whatever parts them beyond noise may be something else that befell some."""
_LOOKED_THROUGH: Final = 4
"""Units of a clump that is looked through again."""
UNLIKELY: Final = 0.05
"""Of a panel whose effects differ from unit to unit, how often clumps are seen in it, at most."""
_APART_AT_LEAST: Final = 5.0
"""Times the noise of a change that two clumps lie apart: nearer ones are no other thing that befell some."""
_OWN_SHARE: Final = 0.25
"""Of groups that are looked at together, those fall apart in which chance alone makes as much less often than this."""
_DRAWS_FOR_ONE, _CELLS_AT_MOST = 20, 2_000_000
"""Draws as unlikely as the level that are expected, and cells of the draws that are kept."""
_PERIODS_FOR_NOISE: Final = 4
_MEMORY_AT_MOST: Final = 0.95
_NAMED: Final = 5
FELL_APART: Final = "units-fell-apart"
LOSS_UNSEEN: Final = "loss_unseen"
"""Of ``measured``: how far some of the treated may lie apart from the others, as each counts, and not be told."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How the units of one group changed, each as it counts in the effect.

    ``noise`` (units) is the standard deviation that the noise of each unit gives its change (``size``, units);
    ``shares`` (units) is how much each counts, ``units`` are their indices in the panel.
    """

    size: Floats
    noise: Floats
    shares: Floats
    units: Ints

    def of(self, some: Ints) -> "Changes":
        """Return the changes of some of its units."""
        return Changes(self.size[some], self.noise[some], self.shares[some], self.units[some])

    @property
    def floor(self) -> float:
        """The variance that noise gives a change."""
        return float((self.noise**2).mean())

    @property
    def mean(self) -> float:
        """The mean change."""
        return float(self.shares @ self.size / self.shares.sum())


@dataclass(frozen=True, slots=True)
class Clumps:
    """The clumps that one group falls into, and how far the mean change of each lies from that of the group."""

    units: tuple[Ints, ...]
    moves: tuple[float, ...]

    @property
    def standing_apart(self) -> Ints:
        """The units that are not of the largest clump, in their order."""
        largest = max(range(len(self.units)), key=lambda at: len(self.units[at]))
        return np.sort(np.concatenate([units for at, units in enumerate(self.units) if at != largest]))


def clumps_of(groups: Iterable[Changes], level: float, generator: np.random.Generator) -> Iterator[Clumps]:
    """Yield the clumps of groups that fall apart, looked at together; none where effects that differ explain them.

    Such effects spread the changes of a group as a normal distribution does. Two heaps are told from it by how much
    better they fit, against groups of as many units that are drawn so, each with the noise of its own. Of few units
    (under eight in all) heaps and effects that differ look alike: those fall apart where noise does not explain it.

    Args:
        groups: units of each began together.
        level: how often clumps may be seen where effects differ.
        generator: draws such groups.
    """
    looked_at = [one for one in groups if len(one.size) > 1]
    if not looked_at:
        return
    is_few = sum(len(one.size) for one in looked_at) < _FEW
    draws = _draws(max(len(one.size) for one in looked_at), level)
    splits = [_split(one, draws, generator) for one in looked_at]
    gain, by_chance = sum(one.gain for one in splits), sum((one.by_chance for one in splits), start=np.zeros((2, 1)))
    if not is_few and _share(gain, by_chance) > level:
        return
    for group, split in zip(looked_at, splits, strict=True):
        if not is_few and len(looked_at) > 1 and _share(split.gain, split.by_chance) > _OWN_SHARE:
            continue
        parts = [last for part in split.parts for last in _parted(part, level, generator)]
        if _gap(split.parts) >= _APART_AT_LEAST * np.sqrt(group.floor):
            moves = tuple(float(group.shares.sum() * (part.mean - group.mean)) for part in parts)
            yield Clumps(tuple(part.units for part in parts), moves)


@dataclass(frozen=True, slots=True)
class _Split:
    """The best parting of a group into two: how much better it fits, and how much better by chance (2 x draws).

    What spreads the units more than their noise is either that effects differ evenly, or that there is more noise than
    was measured, in each unit as much in proportion.
    """

    parts: tuple[Changes, Changes]
    gain: float
    by_chance: Floats


def _draws(units: int, level: float) -> int:
    return max(1, min(int(np.ceil(_DRAWS_FOR_ONE / level)), _CELLS_AT_MOST // units))


def _split(group: Changes, draws: int, generator: np.random.Generator) -> _Split:
    count, floor, by_size = len(group.size), group.floor, np.argsort(group.size)
    gain, first = _best_split(group.size[by_size][None], floor)
    differing = np.sqrt(max(0.0, float(group.size.var(ddof=1)) - floor))
    normal = generator.standard_normal((2, draws, count))
    louder = max(1.0, float(np.sqrt(group.size.var(ddof=1) / floor)))
    explained = (differing * normal[0] + group.noise * normal[1], louder * group.noise * normal[1])
    by_chance = np.array([_best_split(np.sort(one, axis=1), floor)[0] for one in explained])
    return _Split((group.of(by_size[: first[0]]), group.of(by_size[first[0] :])), float(gain[0]), by_chance)


def _parted(group: Changes, level: float, generator: np.random.Generator) -> Iterator[Changes]:
    """Yield the clumps of a part, looked through again."""
    split = _split(group, _draws(len(group.size), level), generator) if len(group.size) >= _LOOKED_THROUGH else None
    if split is None or _share(split.gain, split.by_chance) > level:
        yield group
    else:
        for part in split.parts:
            yield from _parted(part, level, generator)


def _gap(parts: tuple[Changes, Changes]) -> float:
    return abs(parts[1].mean - parts[0].mean)


def _share(gain: float, by_chance: Floats) -> float:
    """Return how often chance gives as much, by the explanation by which it does so most."""
    return float((1 + (by_chance >= gain).sum(axis=1).max()) / (1 + by_chance.shape[1]))


def _best_split(ordered: Floats, floor: float) -> tuple[Floats, Ints]:
    """Return how much better two normal heaps fit than one (rows, of the log-likelihood), and the size of the lower.

    ``ordered`` (rows x units) ascends; no heap is narrower than the noise (``floor``, its variance).
    """
    count = ordered.shape[1]
    lower = np.arange(1, count)
    upper = count - lower
    sums, squares = ordered.cumsum(axis=1), (ordered**2).cumsum(axis=1)
    below = squares[:, :-1] / lower - (sums[:, :-1] / lower) ** 2
    above = (squares[:, -1:] - squares[:, :-1]) / upper - ((sums[:, -1:] - sums[:, :-1]) / upper) ** 2
    whole = squares[:, -1:] / count - (sums[:, -1:] / count) ** 2
    shares = lower * np.log(lower / count) + upper * np.log(upper / count)
    gain = shares + 0.5 * (
        count * np.log(np.maximum(whole, floor))
        - lower * np.log(np.maximum(below, floor))
        - upper * np.log(np.maximum(above, floor))
    )
    return np.asarray(gain.max(axis=1)), np.asarray(1 + gain.argmax(axis=1))


def noise_of_changes(before: Floats, weights: Floats) -> Floats | None:
    """Return the standard deviation (units) of weighted sums over time that the noise of each unit makes.

    Args:
        before: outcome (units x periods) of the time before anybody began.
        weights: of each period in the sum (units x all periods).

    Returns:
        None where the time before is too short, or nothing moves in it. Noise is taken about the line of each unit,
        less what all share, with one memory (autocorrelation) for all units.
    """
    periods = before.shape[1]
    if periods < _PERIODS_FOR_NOISE:
        return None
    line = np.arange(float(periods))[:, None] ** np.arange(2)
    gap = before - before.mean(axis=0)
    left = gap - gap @ np.linalg.pinv(line).T @ line.T
    variance = (left**2).sum(axis=1) / (periods - 2)
    if not variance.mean() > 0:
        return None
    memory = float(np.clip((left[:, 1:] * left[:, :-1]).sum() / (left**2).sum(), 0.0, _MEMORY_AT_MOST))
    time = np.arange(weights.shape[1])
    kept = memory ** np.abs(time[:, None] - time)
    return np.asarray(np.sqrt(variance * ((weights @ kept) * weights).sum(axis=1)))


def changes_of_treated(block: Block, weights: Floats) -> list[Changes]:
    """Return the changes of the treated of a block by a sum over time (``weights``, periods) of each.

    Its controls are no matter: who plays the treated has whatever befell them. None in too short a time before.
    """
    units = np.arange(len(block.treated))
    before = np.vstack([block.treated, block.controls])[:, : block.start]
    noise = noise_of_changes(before, np.tile(weights, (len(before), 1)))
    if noise is None:
        return []
    shares = block.treated_weights / block.treated_weights.sum()
    return [Changes(block.treated @ weights, noise[units], shares, units)]


def with_clumps(
    found: Finding,
    treated: list[Changes],
    units: tuple[str, ...],
    generator: np.random.Generator,
    *,
    others: list[Changes] | None = None,
) -> Finding:
    """Return a finding whose interval, and range to judge by, hold the effect by any clump of each group.

    Args:
        found: what was found as if units of one group changed alike.
        treated: how the treated changed, those that began together as one group.
        units: their names, and those of the others.
        generator: draws groups whose effects differ.
        others: the same of those that the treated are held against, where they are looked at as well.
    """
    looked_at = [side for side in (treated, others) if side is not None]
    clumps = [one for side in looked_at for one in clumps_of(side, UNLIKELY / len(looked_at), generator)]
    if any(len(one.size) > 1 for one in treated):
        unseen = sum(_APART_AT_LEAST * np.sqrt(one.floor) * one.shares.sum() for one in treated)
        measured = {**found.effect.measured, LOSS_UNSEEN: float(unseen)}
        found = replace(found, effect=replace(found.effect, measured=measured))
    if not clumps:
        return found
    down, up = (sum(least(one.moves) for one in clumps) for least in (min, max))
    strict = None if found.strict is None else _moved(found.strict, down, up)
    names = [units[unit] for one in clumps for unit in one.standing_apart]
    moved = replace(found, effect=_moved(found.effect, down, up), strict=strict)
    return moved.telling(_notice(names))


def _moved(one: Estimate, down: float, up: float) -> Estimate:
    return replace(one, low=one.low + down, high=one.high + up)


def _notice(names: list[str]) -> Notice:
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return Notice(
        FELL_APART,
        Text(
            "Units of one group changed very differently and fall into separate clumps. Apart from the majority: "
            "{count} ({shown}). Check whether a feed was lost in some of them. The interval holds the effect by each "
            "clump alone, because the figures do not tell which of them is the campaign's.",
            count=Number(len(names)),
            shown=shown,
        ),
    )
