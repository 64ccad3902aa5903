"""Two proportions: the difference with its interval, how many it takes, and what can be told from so many."""

from typing import Final

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from quetsach.assess.effect.panel import Floats
from quetsach.assess.estimate import CONFIDENCE

_TAIL: Final = (1 + CONFIDENCE) / 2


def score_difference(treated: Floats, of: Floats, controls: Floats, of_controls: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the interval of a difference of proportions (any shape): Wilson's scores (Newcombe 1998).

    It needs no large numbers and holds with none or all on a side.

    Args:
        treated: successes of the treated.
        of: how many are treated.
        controls: successes of the others.
        of_controls: how many those are.
    """
    first, second = treated / of, controls / of_controls
    low_first, high_first = _wilson(first, of)
    low_second, high_second = _wilson(second, of_controls)
    value = first - second
    low = value - np.sqrt((first - low_first) ** 2 + (high_second - second) ** 2)
    high = value + np.sqrt((high_first - first) ** 2 + (second - low_second) ** 2)
    return low, high


def _wilson(share: Floats, of: Floats) -> tuple[Floats, Floats]:
    z = stats.norm.ppf(_TAIL)
    middle, width = share + z**2 / (2 * of), z * np.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    return (middle - width) / (1 + z**2 / of), (middle + width) / (1 + z**2 / of)


def size_per_arm(control: float, treated: float, *, power: float) -> int:
    """Return how many it takes on each side to tell two shares apart with a power, two-sided at 5 %."""
    spread = control * (1 - control) + treated * (1 - treated)
    z = stats.norm.ppf(_TAIL) + stats.norm.ppf(power)
    return int(np.ceil(spread * (z / (treated - control)) ** 2))


def power_of_difference(
    control: float, difference: float, *, sizes: tuple[float, float], degrees: float = np.inf, design: float = 1.0
) -> float:
    """Return the chance that a difference is told from none.

    Args:
        control: share of the controls.
        difference: what the measure adds to it.
        sizes: how many are followed to the end, treated and controls.
        degrees: of freedom of the error; infinite for single customers.
        design: how many times the variance of single customers that of groups is.
    """
    treated = control + difference
    variance = design * (treated * (1 - treated) / sizes[0] + control * (1 - control) / sizes[1])
    if variance <= 0:
        return 1.0
    return float(stats.norm.cdf(abs(difference) / np.sqrt(variance) - stats.t.ppf(_TAIL, degrees)))


def detectable_difference(
    control: float, *, power: float, sizes: tuple[float, float], degrees: float = np.inf, design: float = 1.0
) -> float | None:
    """Return the smallest difference upward that is told from none with a power; None where none is."""

    def missing(difference: float) -> float:
        return power_of_difference(control, difference, sizes=sizes, degrees=degrees, design=design) - power

    most = 1 - control - 1e-9
    return float(brentq(missing, 1e-9, most)) if missing(most) >= 0 else None
