"""Which line has which address when: the leases of a day, without two lines on one place at one time.

Lines that change their address within the same ten minutes (an hour where the pool is sparse) draw from what was free
when those began; what they give back is free afterwards. So no address is held twice at any second.
"""

from dataclasses import dataclass

import numpy as np

from quetsach.network import AddressRanges
from quetsach.simulate.machines.pools import Places, Pool, addresses_of, networks_of
from quetsach.simulate.machines.population import DAY, Presence
from quetsach.simulate.machines.random_streams import Bits, Draw, Floats, Integers, RandomStreams, pick
from quetsach.simulate.machines.scenario import Country, Isp, Lease, LeaseKind

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
