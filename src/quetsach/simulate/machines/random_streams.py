"""Random numbers by name: the same question about the same machine has the same answer, whatever else is drawn.

So a campaign and the same country without it share every random number, and their difference is the campaign's. The
numbers are SplitMix64 (Steele, Lea, Flood 2014) over a key of seed, question, machine and turn.
"""

from dataclasses import dataclass
from enum import IntEnum, auto
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Integers = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Bits = NDArray[np.uint64]
type Mask = NDArray[np.bool_]

_GOLDEN = 0x9E37_79B9_7F4A_7C15
_ALL = (1 << 64) - 1


class Draw(IntEnum):
    """What is asked."""

    SHARES_LINE = auto()
    PROVIDER = auto()
    PROVINCE = auto()
    REGIONLESS = auto()
    DUTY = auto()
    AGE = auto()
    STARTS = auto()
    CLEANED = auto()
    REINFECTED = auto()
    REINFECTED_AFTER = auto()
    REINSTALLED = auto()
    BOT = auto()
    CLONED = auto()
    PRESENT = auto()
    SWITCHED_ON = auto()
    SWITCHED_OFF = auto()
    PHASE = auto()
    JITTER = auto()
    LEASE = auto()
    LEASE_PHASE = auto()
    HAS_IPV6 = auto()
    INTERFACE = auto()
    TASTE = auto()
    SECTOR = auto()
    FREED = 100  # and one more for each measure
    REACHED = 10_000  # and one more for each feed
    MIGRATES = 20_000  # and one more for each migration


@lru_cache(maxsize=4096)
def _salt(seed: int, draw: int) -> np.uint64:
    start = np.array([(seed * 0x2545_F491_4F6C_DD1D + (draw + 1) * _GOLDEN) & _ALL], dtype=np.uint64)
    salt: np.uint64 = mix(start)[0]
    return salt


def mix(values: Bits) -> Bits:
    """Scatter 64-bit numbers, one to one."""
    mixed = values ^ (values >> np.uint64(30))
    mixed *= np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D0_49BB_1331_11EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


@dataclass(frozen=True, slots=True)
class RandomStreams:
    """The random numbers of one seed."""

    seed: int

    def bits(self, draw: int, who: NDArray[Any], turn: NDArray[Any] | int = 0) -> Bits:
        """Return 64 random bits for each of ``who`` (whole numbers), the ``turn``-th time that it is asked."""
        keys = mix(who.astype(np.uint64) + _salt(self.seed, draw))
        if isinstance(turn, int):
            return mix(keys + np.uint64((turn + 1) * _GOLDEN & _ALL))
        return mix(keys + (turn.astype(np.uint64) + np.uint64(1)) * np.uint64(_GOLDEN))

    def uniform(self, draw: int, who: NDArray[Any], turn: NDArray[Any] | int = 0) -> Floats:
        """Return numbers in [0, 1)."""
        return (self.bits(draw, who, turn) >> np.uint64(11)).astype(np.float64) / float(1 << 53)

    def exponential(self, draw: int, who: NDArray[Any], turn: NDArray[Any] | int = 0) -> Floats:
        """Return exponential numbers with mean 1."""
        exponential: Floats = -np.log1p(-self.uniform(draw, who, turn))
        return exponential


def distinct(positions: Integers, count: int) -> tuple[Integers, Integers]:
    """Return which positions below ``count`` occur, in order, and where in those each one is."""
    occurs = np.zeros(count, dtype=np.bool_)
    occurs[positions] = True
    found = np.flatnonzero(occurs)
    place = np.zeros(count, dtype=np.int64)
    place[found] = np.arange(len(found))
    return found, place[positions]


def number_distinct(values: NDArray[Any]) -> int:
    """Return how many different values there are."""
    ordered = np.sort(values)
    return int(np.count_nonzero(ordered[1:] != ordered[:-1])) + (len(ordered) > 0)


def pick(weights: NDArray[np.float64], at: Floats) -> Integers:
    """Return for each number in [0, 1) the position that the weights give it."""
    edges = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(edges, at, side="right"), len(weights) - 1).astype(np.int64)
