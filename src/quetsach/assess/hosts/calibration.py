"""What ways to count machines by address are off by, learned where installations have names.

In some networks malware names its installations, and machines are known there whatever their addresses do. What a way
by address counts in such a network, divided by the machines known there, is what it is off by; how much that differs
from network to network is what it may be off by in the rest, where nobody has a name. No picture of leases, shared
addresses or schedules is needed: only that the rest is made of networks like those that were learned from. That is
looked at too: sightings and session-hours are off in different ways, so that where they do not meet it is not so.
The idea is that of CARDCount (Böck et al. 2023), which learns the error of counts by provider.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from math import exp, log, sqrt
from operator import add
from typing import Final

import numpy as np
import scipy

from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.agreement import WIDEST, NamedHours
from quetsach.assess.hosts.estimators import session_hours
from quetsach.assess.hosts.measure import Measured, Observed
from quetsach.assess.hosts.schedule import GapLadder, Schedule, crosses_midnight
from quetsach.core.text import LocalText, Number, Text

FEWEST_NETWORKS: Final = 4
"""That are learned from: of fewer nobody knows how much they differ."""

FEWEST_MACHINES: Final = 20
"""That are known in each of these."""

MOST_ONCE: Final = 0.1
"""Share of the days of installations that may have one sighting, which does not tell for how long they were there."""

NAMED: Final = 0.8
"""Share of the sightings of a network that name their installation, from which all its machines are known."""

NAMED_ERROR, ONCE_ERROR = 0.03, 0.75
"""What the machines that are known by name may be off by, and what is added of the share of days with one sighting."""

ASSUMED: Final = Text(
    "Where a figure is not calibrated, what it may be off by is an assumption that stands on simulations and on one "
    "machine behind each address. If every address is shared by several machines alike, there are more, and nothing "
    "in these data shows it."
)
"""What stands beside every number of machines but those that are calibrated."""


class StandsOn(StrEnum):
    """What an interval of machines stands on: machines that are known by name, or what ``ASSUMED`` says."""

    CALIBRATED = "calibrated"
    ASSUMED = "assumed"


_LEARNED: Final = frozenset(
    {
        NotEstimableReason.UNEVEN_RATES,
        NotEstimableReason.BROKEN_SESSIONS,
        NotEstimableReason.WAYS_DISAGREE,
        NotEstimableReason.TOO_WIDE,
    }
)
"""Refusals of counts that are off by nobody knows what: where it is known, they can be given."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkPart:
    """What a watch saw of one network: its gaps, its sightings, and hours of its installations if it names them."""

    network: int | None
    ladder: GapLadder
    events: float
    named: NamedHours | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a way was found to be off by: it counts ``times`` the machines, and ``spread`` (of the logarithm) differs.

    Learned from ``networks`` (AS numbers) with so many ``machines`` that are known.
    """

    networks: tuple[int, ...]
    machines: float
    times: float
    spread: float

    @property
    def text(self) -> LocalText:
        """On how many machines of which networks the interval stands."""
        names = ", ".join(f"AS{number}" for number in self.networks)
        return Text(
            "the interval is calibrated on {machines} machines with bot IDs of {names}",
            machines=Number(self.machines),
            names=names,
        )

    def as_json(self) -> dict[str, object]:
        """Return the calibration for machines."""
        return {
            "networks": list(self.networks),
            "machines": self.machines,
            "counted_for_each": self.times,
            "spread": self.spread,
        }


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Machines of a family by a way that was calibrated."""

    machines: Answer
    by: Calibration


def calibrate(whole: Observed, measured: Measured, parts: Sequence[NetworkPart]) -> Calibrated | None:
    """Return the machines of a family by what was learned where they have names; ``None`` where that is too little.

    Args:
        whole: what was seen of the whole country.
        measured: what was told from it.
        parts: all that was seen, by network.
    """
    schedule = measured.schedule
    is_open = isinstance(measured.machines, Estimate) or measured.machines.reason in _LEARNED
    if schedule is None or not is_open or whole.traces.unsure or schedule.has_bursts:
        return None
    if schedule.has_nights and crosses_midnight(whole.hourly):
        return None  # hours of names have nights in them
    known = [(part, machines) for part in parts if (machines := _known(part, schedule))]
    learned = [(part, machines) for part, machines in known if machines >= FEWEST_MACHINES]
    rest = [part for part in parts if part not in {part for part, _ in known}]
    if len(learned) < FEWEST_NETWORKS or not rest:
        return None
    networks = tuple(sorted(part.network for part, _ in learned if part.network is not None))
    every, together = sum(machines for _, machines in learned), _together(rest)
    unsure = NAMED_ERROR + sum(ONCE_ERROR * _once(part) * machines for part, machines in learned) / every
    found = []
    for way in (_by_sessions, _by_sightings):
        logs = [log(way(part, schedule, whole.uptime_hours) / machines) for part, machines in learned]
        by = Calibration(networks, every, exp(float(np.mean(logs))), float(np.std(logs, ddof=1)))
        counted = way(together, schedule, whole.uptime_hours)
        found.append((_of_all(sum(n for _, n in known), counted, by, _effective(rest), unsure), by))
    return _agreed(found, measured.machines)


def _known(part: NetworkPart, schedule: Schedule) -> float:
    """Return the machines of a network that are known by name; 0 where they are not."""
    named = part.named
    if part.network is None or named is None or named.share_named < NAMED or _once(part) > MOST_ONCE:
        return 0.0
    # A day with one sighting has no hours here, nor has one without any, of which there are fewer.
    return named.on_line(schedule.spread) * (1 + _once(part))


def _once(part: NetworkPart) -> float:
    return part.named.once / part.named.days if part.named and part.named.days else 1.0


def _together(parts: Sequence[NetworkPart]) -> NetworkPart:
    return NetworkPart(None, reduce(add, (part.ladder for part in parts)), sum(part.events for part in parts))


def _effective(parts: Sequence[NetworkPart]) -> float:
    """Return of how many networks of one size the rest is: what they are off by evens out among them."""
    return float(sum(part.events for part in parts) ** 2 / sum(part.events**2 for part in parts))


def _by_sessions(part: NetworkPart, schedule: Schedule, uptime_hours: float) -> float:
    answer = session_hours(part.ladder, part.events, schedule, uptime_hours)
    return answer.value if isinstance(answer, Estimate) else answer.measured["session_hours"] / uptime_hours


def _by_sightings(part: NetworkPart, schedule: Schedule, uptime_hours: float) -> float:
    return part.events / uptime_hours / schedule.per_hour


def _of_all(known: float, counted: float, by: Calibration, effective: float, unsure: float) -> Estimate:
    """Return the machines that are known and those of the rest, by the t distribution over networks."""
    learned = len(by.networks)
    off = (
        float(scipy.special.stdtrit(learned - 1, (1 + CONFIDENCE) / 2)) * by.spread * sqrt(1 / learned + 1 / effective)
    )
    rest, half = counted / by.times, off + unsure
    return Estimate(known + rest, known * (1 - unsure) + rest * exp(-half), known * (1 + unsure) + rest * exp(half))


def _agreed(found: Sequence[tuple[Estimate, Calibration]], machines: Answer) -> Calibrated:
    """Return the narrowest if all meet, with its interval; else why not, and the range of all."""
    ways = [way for way, _ in found]
    best, by = min(found, key=lambda one: one[0].high / one[0].low)
    measured = {**machines.measured, "calibrated_on": by.machines, "calibrated_networks": float(len(by.networks))}
    low, high = min(way.low for way in ways), max(way.high for way in ways)
    if max(way.low for way in ways) > min(way.high for way in ways):
        return Calibrated(NotEstimable(NotEstimableReason.WAYS_DISAGREE, {**measured, "low": low, "high": high}), by)
    if best.high > WIDEST * best.low:
        return Calibrated(
            NotEstimable(NotEstimableReason.TOO_WIDE, {**measured, "low": best.low, "high": best.high}), by
        )
    return Calibrated(Estimate(best.value, best.low, best.high, measured), by)
