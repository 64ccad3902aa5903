"""Draws the addresses of one span: which, for how many days, with what family and region.

Within a span every address is drawn once and seen on at least one day, so the span's distinct addresses are the
scenario's figure exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quetsach.network import AddressRanges
from quetsach.simulate.errors import SimulateError
from quetsach.simulate.replay.scenario import Scenario, Span

type Numbers = np.ndarray[Any, np.dtype[np.int64]]

_GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Infected:
    """The addresses of one span, one per position in each array.

    ``addresses`` are IPv4 numbers, ``asns`` AS numbers, ``first`` and ``last`` days counted from the span's first,
    ``families`` and ``regions`` positions in the scenario's tables; region -1 is none.
    """

    addresses: Numbers
    asns: Numbers
    first: Numbers
    last: Numbers
    families: Numbers
    regions: Numbers

    def on(self, day: int) -> Numbers:
        """Return the positions of the addresses seen on a day of the span."""
        return np.flatnonzero((self.first <= day) & (day <= self.last))


def infect(scenario: Scenario, span: Span, ranges: AddressRanges, *, scale: int, rng: np.random.Generator) -> Infected:
    """Draw the addresses of a span.

    Raises:
        SimulateError: the scale leaves no address, or a provider has too few.
    """
    count = round(span.addresses / scale)
    if count < 1:
        raise SimulateError(f"at scale 1:{scale} nothing is left of {span.period}", hint="take a smaller scale")
    addresses, asns = _addresses(scenario.providers, count, ranges, rng)
    first, last = _stays(count, span.period.days, scenario.mean_days, rng)
    families = _choose(np.array(list(scenario.families.values())), rng.random(count))
    regions = _choose(np.array(list(scenario.regions.values())), _of_block(addresses, scenario.seed))
    regions[_of_block(addresses, scenario.seed + 1) < scenario.regionless_share] = -1
    return Infected(addresses, asns, first, last, families, regions)


def _addresses(
    providers: Mapping[int, float], count: int, ranges: AddressRanges, rng: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Draw distinct addresses from what the providers announce, in shares that add up to ``count`` exactly."""
    drawn, asns = [], []
    for asn, wanted in zip(providers, _shares(list(providers.values()), count), strict=True):
        spans = np.array(ranges.ipv4_of(asn), dtype=np.int64).reshape(-1, 2)
        sizes = spans[:, 1] - spans[:, 0] + 1
        space = int(sizes.sum())
        if wanted > space:
            raise SimulateError(
                f"AS{asn} announces {space:,} IPv4 addresses and the scenario wants {wanted:,} of them",
                hint="take a larger scale, or the address table of this build",
            )
        offsets = rng.choice(space, wanted, replace=False, shuffle=False) if wanted else np.empty(0, dtype=np.int64)
        ends = np.cumsum(sizes)
        at = np.searchsorted(ends, offsets, side="right")
        drawn.append(spans[at, 0] + offsets - (ends - sizes)[at])
        asns.append(np.full(wanted, asn, dtype=np.int64))
    return np.concatenate(drawn), np.concatenate(asns)


def _shares(weights: list[float], count: int) -> list[int]:
    """Split a count by weight; what rounding leaves goes to the largest remainders."""
    exact = np.array(weights) / sum(weights) * count
    whole = np.floor(exact).astype(int)
    for at in np.argsort(whole - exact, kind="stable")[: count - int(whole.sum())]:
        whole[at] += 1
    return [int(share) for share in whole]


def _stays(count: int, days: int, mean_days: float, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Draw stays of consecutive days, geometric in length, cut at the span's ends; each keeps at least one day."""
    lengths = rng.geometric(1 / mean_days, count)
    first = np.floor(rng.random(count) * (days + lengths - 1)).astype(np.int64) - (lengths - 1)
    return np.maximum(first, 0), np.minimum(first + lengths - 1, days - 1)


def _choose(weights: np.ndarray[Any, np.dtype[np.float64]], at: np.ndarray[Any, np.dtype[np.float64]]) -> Numbers:
    """Return for each number in [0, 1) the position that the weights give it."""
    edges = np.cumsum(weights) / weights.sum()
    return np.minimum(np.searchsorted(edges, at, side="right"), len(weights) - 1).astype(np.int64)


def _of_block(addresses: Numbers, salt: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return a number in [0, 1) that is the same for all addresses of a /24, in every span: blocks do not move."""
    mixed = ((addresses >> 8).astype(np.uint64) + np.uint64(salt)) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)
