"""The effects of a stepped wedge by time since the start, of what was drawn, and which times can be told."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from quetsach.assess.effect.contrast import Groups, contrast_spread
from quetsach.assess.effect.finding import Spread
from quetsach.assess.effect.lot import Drawing, Lot, lot_of
from quetsach.assess.effect.panel import Bools, Floats, Ints, Panel, Periods, Step
from quetsach.assess.estimate import NotEstimable

# For which times since the start an effect can be told, and by which weighted sums of cells.
#
# An effect is the outcome less what there would have been. That is told from units that have not begun: least squares
# on effects of units and of periods, over the cells before each start alone (Borusyak, Jaravel and Spiess 2024), so
# that nobody who has begun is compared with. In periods by which all have begun there is nothing to tell it from,
# whatever a model may extrapolate: such cells are left out, and with them the times since the start that only they
# have.

_DAYS_A_WEEK = 7


def exposure_times(starts: Ints, periods: Periods) -> Ints:
    """Return the time since the start of each cell (units x periods): periods, or weeks of daily ones; -1 before."""
    places = np.append(periods.positions, np.iinfo(np.int64).max // 2)
    since = periods.positions - places[starts][:, None]
    width = _DAYS_A_WEEK if periods.step is Step.DAY and periods.first_weekday is not None else 1
    return np.asarray(np.where(since < 0, -1, since // width))


@dataclass(frozen=True)
class Exposure:
    """Units that begin together as one kind: ``starts`` (kinds), how much each counts (``sizes``), the time axis."""

    starts: Ints
    sizes: Floats
    periods: Periods

    @cached_property
    def times(self) -> Ints:
        """The time since the start (kinds x periods), -1 before it."""
        return exposure_times(self.starts, self.periods)

    @cached_property
    def is_waited(self) -> Bools:
        """In which periods (periods) some unit has not begun."""
        return np.asarray((self.times < 0).any(axis=0))

    @cached_property
    def told(self) -> Ints:
        """The times since the start that an effect can be told for, in order."""
        under = self.times[:, self.is_waited]
        return np.unique(under[under >= 0])

    @property
    def observed(self) -> int:
        """The longest time since the start that the panel has."""
        return int(self.times.max())

    def cells(self, first: int, last: int) -> Floats:
        """Return 1 in the cells (kinds x periods) of times from ``first`` to ``last`` that can be told, else 0."""
        return np.asarray(((self.times >= first) & (self.times <= last) & self.is_waited).astype(np.float64))

    def mean(self, cells: Floats) -> Floats:
        """Return the weights (… x kinds x periods) of the mean effect in cells (the same; 1 or 0), for each unit."""
        totals = np.einsum("...kt,k->...", cells, self.sizes)
        return self._less_what_would_have_been(cells / totals[..., None, None])

    def lead(self, width: int) -> Floats | None:
        """Return the weights of a step in the last ``width`` periods before each start; None where there is none."""
        ahead = self.starts[:, None] - np.arange(len(self.periods.labels))
        begins = self.starts[:, None] < len(self.periods.labels)
        free = self._free
        is_lead = np.asarray((ahead > 0) & (ahead <= width) & begins & free, dtype=np.float64)
        left = np.where(free, is_lead - self._predicted(is_lead), 0.0)
        size = float((left**2 * self.sizes[:, None]).sum())
        return left / size if size > 1e-9 * float((is_lead * self.sizes[:, None]).sum()) else None

    @cached_property
    def _free(self) -> Bools:
        """Which cells (kinds x periods) have not begun."""
        return np.asarray(self.times < 0)

    @cached_property
    def _columns(self) -> Floats:
        """The columns of least squares (kinds x periods x columns): kinds, then periods in which somebody waits."""
        kinds, periods = self.times.shape
        of_kind = np.broadcast_to(np.eye(kinds)[:, None, :], (kinds, periods, kinds))
        of_period = np.broadcast_to(np.eye(periods)[:, self.is_waited], (kinds, periods, int(self.is_waited.sum())))
        return np.concatenate([of_kind, of_period], axis=-1)

    @cached_property
    def _bread(self) -> Floats:
        free = (self._columns * self._free[:, :, None]).reshape(self.times.size, -1)
        sizes = np.repeat(self.sizes, self.times.shape[1])[:, None]
        return np.linalg.pinv((free * sizes).T @ free, hermitian=True)

    def _predicted(self, outcome: Floats) -> Floats:
        """Return what the cells that have not begun tell of all cells (kinds x periods)."""
        sums = (outcome * self._free * self.sizes[:, None]).ravel() @ self._columns.reshape(self.times.size, -1)
        return np.asarray(self._columns @ (self._bread @ sums))

    def _less_what_would_have_been(self, cells: Floats) -> Floats:
        """Return cells (… x kinds x periods) less the weights of what would have been in them."""
        columns = self._columns.reshape(self.times.size, -1)
        sums = (cells * self.sizes[:, None]).reshape(*cells.shape[:-2], -1) @ columns
        expected = (sums @ self._bread @ columns.T).reshape(cells.shape)
        return np.asarray(cells - np.where(self._free, expected, 0.0))


# The effects of a stepped wedge by time since the start, of what was drawn: units, or whole regions.

_TIMES_AT_MOST: Final = 24
"""Times since the start that are taken away one by one; longer ones together."""
_FILLINGS: Final = 200
_ENOUGH: Final = 1e-9


@dataclass(frozen=True)
class WedgeEffects:
    """A panel whose rows are what was drawn, complete where others wait; ``dummies`` times are told one by one.

    ``missing`` is the share of its cells that were filled.
    """

    panel: Panel
    dummies: int
    lot: Lot
    missing: float = 0.0

    @classmethod
    def of(cls, panel: Panel, dummies: int, generator: np.random.Generator, *, missing: float = 0.0) -> "WedgeEffects":
        """Draw again who begins when, and take the effects."""
        kind = np.unique(panel.starts, return_inverse=True)[1]
        return cls(panel, dummies, lot_of(kind, panel.weight, generator, strata=panel.strata), missing)

    @cached_property
    def exposure(self) -> Exposure:
        """What can be told, by kind of row."""
        return Exposure(np.unique(self.panel.starts), self.lot.sizes, self.panel.periods)

    @cached_property
    def times(self) -> Ints:
        """The times since the start that are taken away one by one, the last for that and longer."""
        return self.exposure.told[:_TIMES_AT_MOST]

    @cached_property
    def drawing(self) -> Drawing:
        """Its effects by time, and the lot."""
        exposure, ends = self.exposure, [*(self.times[1:] - 1), self.exposure.told[-1]]
        cells = np.array([exposure.cells(int(a), int(b)) for a, b in zip(self.times, ends, strict=True)])
        weights = exposure.mean(cells)
        counted = self.lot.weights[:, None] * self.outcome
        effects = np.tensordot(weights[:, self.lot.kind], counted, axes=2)
        without = self.outcome - np.einsum("c,ckt->kt", effects, cells)[self.lot.kind]
        # filled cells have no noise of their own, and the estimate has that of the others: both by the square root
        left = self._centred(without) / (1 - self.missing)
        return Drawing(self.lot, left, effects, weights, cells)

    @property
    def outcome(self) -> Floats:
        """The outcome (rows x periods), 0 in periods in which nobody waits."""
        return np.where(self.exposure.is_waited, self.panel.outcome, 0.0)

    @property
    def plain(self) -> Floats:
        """The outcome less its means by row and by period, effects and all."""
        return self._centred(self.outcome)

    @property
    def first(self) -> int:
        """The first of the longest times, which the effect is of."""
        return int(self.times[self.times >= min(self.dummies, self.times[-1])][0])

    @property
    def last(self) -> int:
        """The longest time since the start that can be told."""
        return int(self.exposure.told[-1])

    def mean_from(self, first: float) -> Floats:
        """Return the mean (times) over cells of a time since the start and longer."""
        which = self._counts * (self.times >= first)
        return np.asarray(which / which.sum())

    def slope_from(self, first: int) -> Floats | None:
        """Return the slope (times) of effects from a time on; None where there is but one."""
        counts = self._counts * (self.times >= first)
        apart = self.times - np.average(self.times, weights=counts)
        size = float(counts @ apart**2)
        return counts * apart / size if size else None

    def spread(self, combination: Floats) -> Spread:
        """Return a sum (times) of effects with its error by t."""
        return self._spread(self.drawing.whole(combination))

    def in_period(self, period: int) -> Spread | None:
        """Return the effect on all that ever begin, on the average of one period; None where nothing tells it."""
        times, sizes = self.exposure.times, self.lot.sizes
        has_begun = times[:, period] >= 0
        if not (has_begun.any() and self.exposure.is_waited[period]):
            return None
        cells = np.zeros_like(times, dtype=np.float64)
        cells[has_begun, period] = 1
        share = float(sizes[has_begun].sum() / sizes[self.exposure.starts < times.shape[1]].sum())
        return self._spread(share * self.exposure.mean(cells))

    def _spread(self, weights: Floats) -> Spread:
        """Return a sum (kinds x periods) with its error by t, from rows that begin together or else from draws."""
        lot = self.lot
        groups = Groups(self.exposure.starts, lot.kind, lot.drawn, np.ones(len(lot.kind)), lot.weights, 1.0)
        found = contrast_spread(self.outcome, groups, weights)
        if not isinstance(found, NotEstimable):
            return found
        error = float(self.drawing.by_chance(weights).std())
        value = float((lot.weights[:, None] * self.outcome * weights[lot.kind]).sum())
        return Spread(value, error, len(lot.kind) - 1.0)

    @property
    def _counts(self) -> Floats:
        """How much there is of each time (times)."""
        return np.asarray(np.einsum("ckt,k->c", self.drawing.cells, self.lot.sizes))

    def _centred(self, outcome: Floats) -> Floats:
        is_waited = self.exposure.is_waited
        left = (outcome - outcome[:, is_waited].mean(axis=1, keepdims=True)) * is_waited
        return np.asarray(left - np.average(left, axis=0, weights=self.lot.weights))


def drawn_together(panel: Panel, groups: Ints | NDArray[np.str_]) -> Panel:
    """Return the panel of groups of units that begin together (one number or name a unit), each as their mean.

    Groups that lie within one stratum each keep it; others are drawn together.
    """
    names, rows = np.unique(groups, return_inverse=True)
    member = (rows == np.arange(len(names))[:, None]) * panel.weight
    weights = member.sum(axis=1)
    starts = panel.starts[[int(np.argmax(rows == row)) for row in range(len(names))]]
    outcome = member @ panel.outcome / weights[:, None]
    known = None if panel.covariates is None else member @ panel.covariates / weights[:, None]
    lies = set(zip(rows.tolist(), panel.strata, strict=True)) if panel.strata else set()
    kept = tuple(stratum for _, stratum in sorted(lies)) if len(lies) == len(names) else ()
    grouped = replace(panel, outcome=outcome, starts=starts, weights=weights, regions=(), strata=kept, covariates=known)
    return replace(grouped, units=tuple(map(str, names)))


def by_region(panel: Panel) -> Panel:
    """Return the panel of the regions that it names, else itself: what was drawn, or moves, together is one."""
    return drawn_together(panel, np.array(panel.regions)) if panel.regions else panel


def filled(panel: Panel) -> Panel:
    """Return the panel with missing cells as their unit, their period and their time since the start would have them.

    Repeated until nothing changes: the estimates are then those of the cells that there are (Yates 1933).
    """
    gaps = np.isnan(panel.outcome)
    if not gaps.any():
        return panel
    outcome = np.where(gaps, np.nanmean(panel.outcome, axis=1, keepdims=True), panel.outcome)
    kind = np.unique(panel.starts, return_inverse=True)[1]
    lot = Lot(kind, np.empty((0, len(kind)), dtype=np.int64), panel.weight)
    for _ in range(_FILLINGS):
        drawing = WedgeEffects(panel.with_outcome(outcome), 0, lot).drawing
        change = np.where(gaps, drawing.left, 0.0)
        outcome = outcome - change
        if np.abs(change).max() <= _ENOUGH * np.abs(outcome).max():
            break
    return panel.with_outcome(outcome)
