"""Draws that are the same for everybody: no seed that somebody chose can move a rank that is published.

PCG64 promises that its bits stay as they are from one version of numpy to the next; numbers of a distribution are made
of them here, by its inverse, because numpy's own ways to do that do not.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

DRAWS: Final = 10_000
_CELLS_AT_MOST: Final = 16_000_000
_SEED: Final = 20_201_015
_CAUTION: Final = 2.0
"""Standard errors by which a share of draws may be off."""


def uniform_draws(names: int, *, stream: int = 0) -> npt.NDArray[np.float64]:
    """Return numbers between 0 and 1 (draws x names): ``DRAWS`` of each name, fewer where there are very many names.

    ``stream`` numbers what is to be independent.
    """
    draws = min(DRAWS, _CELLS_AT_MOST // names)
    bits = np.random.PCG64(_SEED + stream).random_raw(draws * names)
    return np.asarray(((bits >> np.uint64(11)) + 0.5) * 2.0**-53).reshape(draws, names)


def normal_draws(names: int, *, stream: int = 0) -> npt.NDArray[np.float64]:
    """Return standard normal numbers (draws x names)."""
    return np.asarray(ndtri(uniform_draws(names, stream=stream)))


def caution(share: float, draws: int) -> float:
    """Return by how much a share of so many draws may be off: who decides by it takes the wider side of that."""
    return _CAUTION * math.sqrt(share * (1 - share) / draws)
