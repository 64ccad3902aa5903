"""What is known of one family when botnets are chosen."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

GROWTH_DAYS: Final = 84
"""Twelve weeks."""
_FEWEST_WEEKS: Final = 6


@dataclass(frozen=True, slots=True)
class Observation:
    """The values of one family by criterion; a criterion that is not there was not measured."""

    family: str
    values: dict[str, float]


def growth_of(daily: npt.NDArray[np.float64]) -> float | None:
    """Return the change over 12 weeks as a share, by the slope of the logarithm of weekly means.

    Args:
        daily: figures of ``GROWTH_DAYS`` days in a row, NaN for days without data.

    Returns:
        The change: 1.0 is doubled; ``None`` with fewer than six weeks that have data.
    """
    weeks = daily.reshape(-1, 7)
    seen = ~np.isnan(weeks).all(axis=1)
    if seen.sum() < _FEWEST_WEEKS:
        return None
    means = np.log(np.nanmean(weeks[seen], axis=1) + 0.5)
    slope = np.polyfit(np.flatnonzero(seen), means, 1)[0]
    return float(np.expm1(slope * len(weeks)))
