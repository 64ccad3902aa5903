"""Pools of addresses: every place is held by one line at a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quetsach.core.text import Number, Text
from quetsach.network import AddressRanges
from quetsach.network.ranges import MAPPED_LAST
from quetsach.simulate.fields import SimulateError
from quetsach.simulate.machines.population import DAY, Presence
from quetsach.simulate.machines.random_streams import Bits, Draw, Floats, Integers, Mask, RandomStreams, pick
from quetsach.simulate.machines.scenario import Country, Isp, Lease, LeaseKind

type Places = NDArray[np.int32]

FIRST_PORT, LAST_PORT = 1024, 65_535
_NOBODYS = 28 << 24  # 28.0.0.0/8: of no line that anybody can rent, and in no national table
_NOBODYS_SIZE = 16 << 24
_NOBODYS_POOL = 1 << 20
_NOBODYS_IPV6 = 0x3FFE_0000 << 32  # 3ffe::/32 of the former 6bone, given back (RFC 3701), in /64s
NO_NETWORK = np.uint64(0)
"""In place of a line's /64: it has none."""

KINDS = tuple(LeaseKind)
_FIXED, _DHCP, _PPPOE, _SESSION, _CGNAT = range(len(KINDS))
_TURN, _LONG_TURN = 600, 3600
"""Seconds in which changes are made together: the shorter where a pool is so dense that it may matter."""
_DENSE = 0.01
"""Changes of a day by places that are free, from which on a pool is dense."""
_CHANGES = 2
_ODD = 0x9E37_79B1


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
                Text(
                    "the pool {name} of {numbers} addresses is too small",
                    name=self._name,
                    numbers=Number(len(self._numbers)),
                ),
                hint=Text("give the provider more addresses, or fewer machines"),
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
                raise SimulateError(Text("AS{asn} is of two providers", asn=isp.asn))
            asns.add(isp.asn)
            numbers = _announced(isp, ranges)
        else:
            wanted = (isp.addresses or _NOBODYS_POOL) + isp.cgnat_addresses
            if given + wanted > _NOBODYS_SIZE:
                raise SimulateError(Text("the providers without AS want more than 28.0.0.0/8"))
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
            raise SimulateError(
                Text("AS{asn} announces no IPv6 and {id} is to have it", asn=isp.asn, id=isp.id),
                hint=Text("set ipv6_share = 0"),
            )
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
            Text(
                "AS{asn} announces {announced} IPv4 addresses and {id} wants {wanted} of them",
                asn=isp.asn,
                announced=Number(announced),
                id=isp.id,
                wanted=Number(wanted),
            ),
            hint=Text("give the provider fewer addresses, or take a larger scale"),
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


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines in the order of their numbers: provider, duty of the first machine, pool, place in it and /64."""

    numbers: Integers
    isps: Integers
    duties: Integers
    pools: Integers
    places: Places
    networks: Bits


@dataclass(frozen=True, slots=True, eq=False)
class Leases:
    """The leases of a day, ordered by line and time; ``lines`` are positions in ``of.numbers``.

    ``begins``, ``ends``: seconds of the day; ``addresses``: 32-bit numbers; ``first_ports`` and ``ports``: the block of
    ports of a line behind CGNAT, and all of them otherwise. ``first``: for each line the position of its first lease,
    and after the last line how many there are.
    """

    of: Lines
    lines: Integers
    begins: Integers
    ends: Integers
    pools: Integers
    places: Places
    addresses: Integers
    first_ports: Integers
    ports: Integers
    first: Integers


class Leasing:
    """Gives lines their addresses, day by day."""

    def __init__(self, country: Country, ranges: AddressRanges | None) -> None:
        self._country = country
        self._chance = RandomStreams(country.seed)
        self._presence = Presence(country, self._chance)
        self._networks = networks_of(country.isps, ranges)
        self._given = [0] * len(country.isps)
        self.pools: list[Pool] = []
        for isp, (own, shared) in zip(country.isps, addresses_of(country.isps, ranges), strict=True):
            self.pools += [Pool(own, 1, isp.id), Pool(shared, isp.ratio, f"{isp.id}, CGNAT")]
        nothing = np.zeros(0, dtype=np.int64)
        self._lines = Lines(nothing, nothing, nothing, nothing, nothing.astype(np.int32), nothing.astype(np.uint64))

    def advance(self, day: int, numbers: Integers, isps: Integers, duties: Integers) -> Leases:
        """Return the leases of a day.

        Args:
            day: one after the day before.
            numbers: the lines that are needed, ascending; a line that is left out gives its address back for good.
            isps: the provider of each.
            duties: when its first machine is on.

        Raises:
            SimulateError: a pool is too small.
        """
        rng = np.random.default_rng([self._country.seed, _CHANGES, day])
        kinds, hours = self._policies(day, numbers, isps)
        lines = self._settle(numbers, isps, duties, 2 * isps + (kinds == _CGNAT), rng)
        at, moments = self._renewals(day, lines, kinds, hours, rng)
        places = np.zeros(len(at), dtype=np.int32)
        held = lines.places.copy()
        for pool in _present(lines.pools[at]):
            of = np.flatnonzero(lines.pools[at] == pool)
            places[of] = self._change(self.pools[pool], held, at[of], moments[of], rng)
        self._lines = Lines(lines.numbers, lines.isps, lines.duties, lines.pools, held, lines.networks)
        return self._day(lines, at, moments, places)

    def _policies(self, day: int, numbers: Integers, isps: Integers) -> tuple[Integers, Floats]:
        """Return for each line how it has its address on a day, as a position in ``KINDS``, and the mean hours."""
        kinds, hours = np.zeros(len(numbers), dtype=np.int64), np.zeros(len(numbers))
        share = self._chance.uniform(Draw.LEASE, numbers)
        for number, isp in enumerate(self._country.isps):
            chosen = np.flatnonzero(isps == number)
            leases = in_force(self._country, isp, day)
            which = pick(np.array([lease.share for lease in leases]), share[chosen])
            kinds[chosen] = np.array([KINDS.index(lease.kind) for lease in leases])[which]
            hours[chosen] = np.array([lease.hours for lease in leases])[which]
        return kinds, hours

    def _settle(
        self, numbers: Integers, isps: Integers, duties: Integers, pools: Integers, rng: np.random.Generator
    ) -> Lines:
        """Take back what lines that left or changed pool held; give places to those and to new ones."""
        known = self._lines
        at = np.searchsorted(known.numbers, numbers)
        at = np.minimum(at, max(len(known.numbers) - 1, 0))
        is_known = known.numbers[at] == numbers if len(known.numbers) else np.zeros(len(numbers), dtype=np.bool_)
        stays = is_known.copy()
        stays[is_known] = known.pools[at[is_known]] == pools[is_known]
        gone = np.ones(len(known.numbers), dtype=np.bool_)
        gone[at[stays]] = False
        for pool in _present(known.pools[gone]):
            self.pools[pool].put(known.places[gone & (known.pools == pool)])
        places, networks = np.zeros(len(numbers), dtype=np.int32), np.zeros(len(numbers), dtype=np.uint64)
        places[stays] = known.places[at[stays]]
        for pool in _present(pools[~stays]):
            chosen = np.flatnonzero(~stays & (pools == pool))
            places[chosen] = self.pools[pool].take(len(chosen), rng)
        networks[is_known] = known.networks[at[is_known]]
        for number in _present(isps[~is_known]):
            chosen = np.flatnonzero(~is_known & (isps == number))
            networks[chosen] = self._new_networks(number, numbers[chosen])
        return Lines(numbers, isps, duties, pools, places, networks)

    def _new_networks(self, isp: int, numbers: Integers) -> Bits:
        """Give each new line of a provider that has IPv6 a /64 that no line ever had before."""
        first, bits = self._networks[isp]
        has = self._chance.uniform(Draw.HAS_IPV6, numbers) < self._country.isps[isp].ipv6_share
        order = self._given[isp] + np.cumsum(has)
        self._given[isp] = int(order[-1]) if len(order) else self._given[isp]
        scattered = (order.astype(np.uint64) * np.uint64(_ODD)) & np.uint64((1 << bits) - 1)
        return np.where(has, np.uint64(first) + scattered, NO_NETWORK)

    def _renewals(
        self,
        day: int,
        lines: Lines,
        kinds: Integers,
        hours: Floats,
        rng: np.random.Generator,
    ) -> tuple[Integers, Integers]:
        """Return the changes of address of a day, by line and time: positions of lines, seconds of the day."""
        at: list[Integers] = []
        moments: list[Integers] = []
        random = np.flatnonzero((kinds == _DHCP) | (kinds == _CGNAT))
        changing = np.repeat(random, rng.poisson(24 / hours[random]))
        at.append(changing)
        moments.append(rng.integers(1, DAY, len(changing)))
        fixed = np.flatnonzero(kinds == _PPPOE)
        lines_at, seconds = _periodic(day, fixed, hours, self._chance.uniform(Draw.LEASE_PHASE, lines.numbers))
        at.append(lines_at)
        moments.append(seconds)
        dialled = np.flatnonzero(kinds == _SESSION)
        begins, ends = self._presence.of(day, lines.numbers[dialled], lines.duties[dialled])
        on = (ends > begins) & (begins > 0)
        at.append(dialled[on])
        moments.append(begins[on])
        keys = np.sort(np.concatenate(at) * DAY + np.concatenate(moments))
        keys = keys[np.diff(keys, prepend=-1) > 0]  # twice in one second is once
        return keys // DAY, keys % DAY

    def _change(self, pool: Pool, held: Places, at: Integers, moments: Integers, rng: np.random.Generator) -> Places:
        """Give the lines of one pool their new places, turn by turn; ``held`` is kept up to date."""
        places = np.zeros(len(at), dtype=np.int32)
        length = _TURN if len(at) > _DENSE * pool.free else _LONG_TURN
        turn = (moments // length).astype(np.int16)
        order = np.argsort(turn, kind="stable")  # within a turn by line and time, as they come
        edges = np.searchsorted(turn[order], np.arange(DAY // length + 1))
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if begin == end:
                continue
            now = order[begin:end]
            lines = at[now]
            again = np.concatenate(([False], lines[1:] == lines[:-1]))
            new = pool.swap(held[lines], again, rng)
            places[now] = new
            held[lines] = new  # of a line that changes twice the last one holds
        return places

    def _day(self, lines: Lines, at: Integers, moments: Integers, places: Places) -> Leases:
        """Lay out the leases: of each line the one from midnight, then one from each change."""
        count = len(lines.numbers)
        of = np.concatenate((np.arange(count), at))
        begins = np.concatenate((np.zeros(count, dtype=np.int64), moments))
        order = np.argsort(of * DAY + begins, kind="stable")
        of, begins = of[order], begins[order]
        placed = np.concatenate((lines.places, places))[order]
        ends = np.full(len(of), DAY, dtype=np.int64)
        followed = of[1:] == of[:-1]
        ends[:-1][followed] = begins[1:][followed]
        pools = lines.pools[of]
        addresses, first_ports, ports = (np.zeros(len(of), dtype=np.int64) for _ in range(3))
        for number in _present(pools):
            pool, chosen = self.pools[number], np.flatnonzero(pools == number)
            addresses[chosen] = pool.numbers(placed[chosen])
            first_ports[chosen], ports[chosen] = pool.first_ports(placed[chosen]), pool.ports
        first = np.searchsorted(of, np.arange(count + 1)).astype(np.int64)
        return Leases(lines, of, begins, ends, pools, placed, addresses, first_ports, ports, first)


def _present(positions: Integers) -> list[int]:
    """Return the positions that occur."""
    found: list[int] = np.flatnonzero(np.bincount(positions)).tolist()
    return found


def in_force(country: Country, isp: Isp, day: int) -> tuple[Lease, ...]:
    """Return the leases of a provider on a day: those of the latest date that has come."""
    dates = [lease.first for lease in isp.leases if country.day(lease.first) <= day]
    return tuple(lease for lease in isp.leases if lease.first == max(dates))


def _periodic(day: int, lines: Integers, hours: Floats, phases: Floats) -> tuple[Integers, Integers]:
    """Return the moments of a day at which lines with a fixed period change, each at its own phase."""
    period = np.maximum((hours[lines] * 3600).astype(np.int64), 1)
    phase = (phases[lines] * period).astype(np.int64)
    start = day * DAY
    first = -((phase - start) // period)  # the first change at or after midnight
    counts = np.maximum((start + DAY - 1 - phase) // period - first + 1, 0)
    at = np.repeat(np.arange(len(lines)), counts)
    turn = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
    moments = phase[at] + (first[at] + turn) * period[at] - start
    return lines[at], moments
