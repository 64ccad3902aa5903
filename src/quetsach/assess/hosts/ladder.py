"""Gaps between sightings of one address, counted by length: all that the session-hours estimator needs.

A gap is the time on the uptime clock between two consecutive sightings of one family at one address. The steps grow by
a quarter of an octave from one minute to four days; what is longer is no gap inside a session, whatever the schedule.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

STEPS = 51
"""How many steps there are: step ``k`` ends at ``STEP_HOURS[k]``, included, and begins where the one before ends."""

STEP_HOURS: NDArray[np.float64] = np.minimum(2 ** (np.arange(STEPS) / 4) / 60, 96.0)
"""The upper ends, in hours; the first is one minute and the last is four days."""

_HALF_A_MS = 0.5 / 3_600_000


def step_of(gap_hours: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the step that each gap belongs to; ``STEPS`` for those over four days."""
    return np.searchsorted(STEP_HOURS + _HALF_A_MS, gap_hours, side="left").astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class GapLadder:
    """How many gaps each step has, the sum of their hours, and the sum of their squared hours (``STEPS`` each)."""

    count: NDArray[np.float64]
    hours: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(cls, gap_hours: NDArray[np.float64]) -> Self:
        """Count gaps; those over four days are left out."""
        step = step_of(gap_hours)
        inside = gap_hours[step < STEPS]
        step = step[step < STEPS]
        return cls(*(np.bincount(step, weights, STEPS) for weights in (np.ones(len(step)), inside, inside**2)))

    @classmethod
    def empty(cls) -> Self:
        """Return a ladder without gaps."""
        return cls(*np.zeros((3, STEPS)))

    def __add__(self, other: "GapLadder") -> "GapLadder":
        return GapLadder(self.count + other.count, self.hours + other.hours, self.squares + other.squares)

    def up_to(self, step: int) -> tuple[float, float, float]:
        """Return count, hours and squared hours of the gaps of the steps up to ``step``, that one included."""
        last = step + 1
        return float(self.count[:last].sum()), float(self.hours[:last].sum()), float(self.squares[:last].sum())
