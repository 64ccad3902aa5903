"""A small country in memory whose machines are known: leases, schedules, duty, outages, shared addresses.

What the validation of the host estimators stands on: arrays in, arrays out, a quarter of a million sightings in a
fraction of a second, nothing of files or feeds. It stays beside ``quetsach simulate`` as a second opinion, with no code
in common: the same countries played by the simulation gave the same biases, within 0.2 points where machines are always
on. Office machines told the two apart once, and it was the estimator's fault: nights were taken for outages (ADR 0080).
"""

import heapq
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

HALF_LIFE_HOURS = 45 * 24.0


@dataclass(frozen=True, slots=True)
class Country:
    """What happens in the country; hours everywhere, shares of 1."""

    lease: float = 24.0
    fixed_lease: bool = False
    rate: float = 1.0  # check-ins for each hour on line
    periodic: bool = False
    duty: str = "always"  # or "new" (a new address for each session of a PC), "sticky"
    outages: float = 0.0
    nat: float = 0.0  # share of the machines behind shared addresses
    per_shared_address: int = 4
    dense: float = 0.03  # share of the pool's addresses that are infected at once
    machines: int = 600
    days: int = 28
    kept: float = 1.0  # share of check-ins that reach the feed

    def but(self, **changes: Any) -> "Country":
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Seen:
    """Sightings sorted by address and time, and the truth: mean machines on line, and lines."""

    address: NDArray[np.int64]
    hour: NDArray[np.float64]
    machine: NDArray[np.int64]
    online: float
    pool: int
    days: int


def watch(country: Country, rng: np.random.Generator) -> Seen:
    """Play the country and return what a sensor sees of it."""
    end = country.days * 24.0
    machine, start, stop = _on_line(country, end, rng)
    online = float((stop - start).sum() / end)
    at, hour = _check_ins(country, start, stop, rng)
    address, pool = _addresses(country, machine, start, stop, at, hour, rng)
    keep = np.ones(len(hour), dtype=bool)
    if country.kept < 1:
        keep &= rng.random(len(hour)) < country.kept
    if country.outages:
        down = np.zeros(int(end), dtype=bool)
        while down.mean() < country.outages:
            first = rng.integers(len(down))
            down[first : first + rng.integers(2, 12)] = True
        keep &= ~down[hour.astype(np.int64)]
    address, hour, who = address[keep], hour[keep], machine[at[keep]]
    order = np.lexsort((hour, address))
    return Seen(address[order], hour[order], who[order], online, pool, country.days)


def _on_line(
    country: Country, end: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (machine, start, stop) of every stretch in which an infected machine is on line."""
    mean = HALF_LIFE_HOURS / np.log(2)
    arrivals = rng.poisson(country.machines * end / mean)
    begun = np.concatenate((np.zeros(country.machines), rng.random(arrivals) * end))
    cured = np.minimum(begun + rng.exponential(mean, len(begun)), end)
    machine = np.arange(len(begun))
    if country.duty == "always":
        return machine, begun, cured
    days = np.arange(country.days)
    start = 24 * days[None, :] + 1 + rng.normal(0, 0.7, (len(machine), len(days))).clip(-0.9, 3)
    stop = start + 8 + rng.normal(0, 0.5, start.shape).clip(-2, 2)
    start, stop = np.maximum(start, begun[:, None]), np.minimum(stop, cured[:, None])
    there = stop > start
    return np.repeat(machine, there.sum(1)), start[there], stop[there]


def _check_ins(
    country: Country, start: NDArray[np.float64], stop: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return (stretch, hour) of every check-in."""
    length = stop - start
    if not country.periodic:
        at = np.repeat(np.arange(len(start)), rng.poisson(length * country.rate))
        return at, start[at] + rng.random(len(at)) * length[at]
    period = 1 / country.rate
    phase = rng.random(len(start)) * period
    count = np.maximum(0, np.ceil((length - phase) / period)).astype(np.int64)
    at = np.repeat(np.arange(len(start)), count)
    nth = np.arange(len(at)) - np.repeat(count.cumsum() - count, count)
    jitter = rng.normal(0, 0.03 * period, len(at))
    return at, np.clip(start[at] + phase[at] + nth * period + jitter, start[at], stop[at] - 1e-6)


def _addresses(  # noqa: PLR0917
    country: Country,
    machine: NDArray[np.int64],
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    at: NDArray[np.int64],
    hour: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], int]:
    """Return the address of every check-in; no address of the pool has two infected lines at once."""
    pool = int(country.machines / country.dense * (1 if country.duty == "always" else 0.4))
    hidden = rng.random(int(machine.max()) + 1) < country.nat
    shared = pool + rng.integers(0, max(1, int(hidden.sum() / country.per_shared_address)), len(hidden))
    lease_of, lease_start, lease_stop = _leases(country, machine, start, stop, rng)
    free_at = np.zeros(pool)
    given = np.empty(len(lease_start), dtype=np.int64)
    ends: list[tuple[float, int]] = []
    for n in np.argsort(lease_start, kind="stable").tolist():
        while ends and ends[0][0] <= lease_start[n]:
            heapq.heappop(ends)
        address = int(rng.integers(pool))
        while free_at[address] > lease_start[n]:
            address = int(rng.integers(pool))
        given[n], free_at[address] = address, lease_stop[n]
    # leases lie stretch by stretch (or machine by machine) in order of time: one search finds each check-in's own
    key = machine[at] if country.duty == "sticky" else at
    horizon = country.days * 24.0 + 1
    found = np.searchsorted(lease_of * horizon + lease_start, key * horizon + hour, side="right") - 1
    return np.where(hidden[machine[at]], shared[machine[at]], given[found]), pool


def _leases(
    country: Country,
    machine: NDArray[np.int64],
    start: NDArray[np.float64],
    stop: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (owner, start, stop) of every lease: the owner is a stretch, or the machine where leases are sticky."""
    owner, first, last = np.arange(len(start)), start, stop
    if country.duty == "sticky":
        owner = np.unique(machine)
        first, last = (
            f.reduceat(v, np.flatnonzero(np.diff(machine, prepend=-1)))
            for f, v in ((np.minimum, start), (np.maximum, stop))
        )
    most = int(np.ceil((last - first).max() / country.lease * (1.5 if country.fixed_lease else 3) + 12))
    if country.fixed_lease:
        steps = np.full((len(owner), most), float(country.lease))
        steps[:, 0] *= rng.random(len(owner))
    else:
        steps = rng.exponential(country.lease, (len(owner), most))
    edges = first[:, None] + np.concatenate((np.zeros((len(owner), 1)), steps.cumsum(1)), axis=1)
    edges[:, -1] = np.maximum(edges[:, -1], last)
    there = edges[:, :-1] < last[:, None]
    return (
        np.repeat(owner, there.sum(1)),
        edges[:, :-1][there],
        np.minimum(edges[:, 1:], last[:, None])[there],
    )
