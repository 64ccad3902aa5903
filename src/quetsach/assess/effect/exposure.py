"""For which times since the start an effect can be told, and by which weighted sums of cells.

An effect is the outcome less what there would have been. That is told from units that have not begun: least squares on
effects of units and of periods, over the cells before each start alone (Borusyak, Jaravel and Spiess 2024), so that
nobody who has begun is compared with. In periods by which all have begun there is nothing to tell it from, whatever a
model may extrapolate: such cells are left out, and with them the times since the start that only they have.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quetsach.assess.effect.panel import Bools, Floats, Ints
from quetsach.assess.effect.periods import Periods, Step

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
        free = self._columns * self._free[:, :, None]
        return np.linalg.pinv(np.einsum("kti,ktj,k->ij", free, free, self.sizes, optimize=True), hermitian=True)

    def _predicted(self, outcome: Floats) -> Floats:
        """Return what the cells that have not begun tell of all cells (kinds x periods)."""
        sums = np.einsum("kti,kt,k->i", self._columns, outcome * self._free, self.sizes, optimize=True)
        return np.asarray(self._columns @ (self._bread @ sums))

    def _less_what_would_have_been(self, cells: Floats) -> Floats:
        """Return cells (… x kinds x periods) less the weights of what would have been in them."""
        sums = np.einsum("...kt,kti,k->...i", cells, self._columns, self.sizes, optimize=True)
        expected = np.einsum("kti,...i->...kt", self._columns, sums @ self._bread, optimize=True)
        return np.asarray(cells - np.where(self._free, expected, 0.0))
