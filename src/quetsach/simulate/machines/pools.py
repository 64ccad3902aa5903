"""Pools of addresses: every place is held by one line at a time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quetsach.network import AddressRanges
from quetsach.network.ranges import MAPPED_LAST
from quetsach.simulate.fields import SimulateError
from quetsach.simulate.machines.random_streams import Integers, Mask
from quetsach.simulate.machines.scenario import Isp

type Places = NDArray[np.int32]

FIRST_PORT, LAST_PORT = 1024, 65_535
_NOBODYS = 28 << 24  # 28.0.0.0/8: of no line that anybody can rent, and in no national table
_NOBODYS_SIZE = 16 << 24
_NOBODYS_POOL = 1 << 20
_NOBODYS_IPV6 = 0x3FFE_0000 << 32  # 3ffe::/32 of the former 6bone, given back (RFC 3701), in /64s


class Pool:
    """Addresses of a provider, each of which serves ``ratio`` lines at once with a block of ports each."""

    def __init__(self, numbers: Integers, ratio: int, name: str) -> None:
        self.ratio = ratio
        self._numbers = numbers
        self._name = name
        self._free: Places = np.arange(len(numbers) * ratio, dtype=np.int32)

    @property
    def free(self) -> int:
        """How many places no line holds."""
        return len(self._free)

    def numbers(self, places: NDArray[Any]) -> Integers:
        """Return the 32-bit numbers of the addresses of places."""
        numbers: Integers = self._numbers[places // self.ratio]
        return numbers

    @property
    def ports(self) -> int:
        """How many ports a line has."""
        return (LAST_PORT + 1 - FIRST_PORT) // self.ratio

    def first_ports(self, places: NDArray[Any]) -> Integers:
        """Return the first port of each place's block."""
        return (FIRST_PORT + places % self.ratio * self.ports).astype(np.int64)

    def take(self, count: int, rng: np.random.Generator) -> Places:
        """Take places at random.

        Raises:
            SimulateError: fewer are free.
        """
        at = self._choose(count, rng)
        taken = self._free[at]
        keep = np.ones(len(self._free), dtype=np.bool_)
        keep[at] = False
        self._free = self._free[keep]
        return taken

    def swap(self, held: Places, again: Mask, rng: np.random.Generator) -> Places:
        """Take a new place for each that is held, none of those that are given back.

        Where ``again``, the line has just changed: it gives back what it took one position before.

        Raises:
            SimulateError: fewer are free.
        """
        at = self._choose(len(held), rng)
        taken = self._free[at]
        self._free[at] = np.where(again, np.concatenate((taken[:1], taken[:-1])), held)
        return taken

    def put(self, places: Places) -> None:
        """Give places back."""
        self._free = np.concatenate((self._free, places))

    def _choose(self, count: int, rng: np.random.Generator) -> Integers:
        if count > len(self._free):
            raise SimulateError(
                f"the pool {self._name} of {len(self._numbers):,} addresses is too small",
                hint="give the provider more addresses, or fewer machines",
            )
        return rng.choice(len(self._free), count, replace=False, shuffle=False).astype(np.int64)


def addresses_of(isps: tuple[Isp, ...], ranges: AddressRanges | None) -> list[tuple[Integers, Integers]]:
    """Return for each provider the IPv4 numbers of its pool and those of its CGNAT pool, all different.

    Raises:
        SimulateError: an AS announces fewer addresses than its provider wants, or is named twice.
    """
    found, given, asns = [], 0, set()
    for isp in isps:
        if isp.asn and ranges is not None:
            if isp.asn in asns:
                raise SimulateError(f"AS{isp.asn} is of two providers")
            asns.add(isp.asn)
            numbers = _announced(isp, ranges)
        else:
            wanted = (isp.addresses or _NOBODYS_POOL) + isp.cgnat_addresses
            if given + wanted > _NOBODYS_SIZE:
                raise SimulateError("the providers without AS want more than 28.0.0.0/8")
            numbers = np.arange(_NOBODYS + given, _NOBODYS + given + wanted, dtype=np.int64)
            given += wanted
        split = isp.addresses or len(numbers) - isp.cgnat_addresses
        found.append((numbers[:split], numbers[split : split + isp.cgnat_addresses]))
    return found


def networks_of(isps: tuple[Isp, ...], ranges: AddressRanges | None) -> list[tuple[int, int]]:
    """Return for each provider its first /64 (upper half of the address) and how many bits it has to number them.

    Raises:
        SimulateError: a provider is to have IPv6 and its AS announces none.
    """
    found = []
    for number, isp in enumerate(isps):
        if not isp.ipv6_share or not isp.asn or ranges is None:
            found.append((_NOBODYS_IPV6 + (number << 24), 24))
            continue
        spans = _ipv6_of(isp.asn, ranges)
        if not spans:
            raise SimulateError(f"AS{isp.asn} announces no IPv6 and {isp.id} is to have it", hint="set ipv6_share = 0")
        first, last = max(spans, key=lambda span: span[1] - span[0])
        count = (last >> 64) - (first >> 64) + 1
        found.append((first >> 64, min(count.bit_length() - 1, 32)))
    return found


def _announced(isp: Isp, ranges: AddressRanges) -> Integers:
    """Return the first addresses of an AS, as many as its provider wants."""
    spans = ranges.ipv4_of(isp.asn)
    announced = sum(last - first + 1 for first, last in spans)
    wanted = isp.addresses + isp.cgnat_addresses if isp.addresses else max(announced, isp.cgnat_addresses + 1)
    if wanted > announced:
        raise SimulateError(
            f"AS{isp.asn} announces {announced:,} IPv4 addresses and {isp.id} wants {wanted:,} of them",
            hint="give the provider fewer addresses, or take a larger scale",
        )
    parts = []
    for first, last in spans:
        parts.append(np.arange(first, min(last + 1, first + wanted), dtype=np.int64))
        wanted -= len(parts[-1])
    return np.concatenate(parts)


def _ipv6_of(asn: int, ranges: AddressRanges) -> list[tuple[int, int]]:
    starts = [int.from_bytes(bytes(start).ljust(16, b"\0"), "big") for start in ranges.starts.tolist()]
    stretches = zip(starts, [*starts[1:], 1 << 128], ranges.asns.tolist(), strict=True)
    return [(first, after - 1) for first, after, owner in stretches if owner == asn and first > MAPPED_LAST]
