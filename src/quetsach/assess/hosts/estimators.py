"""Ways to count machines: by new addresses, by events, by session hours, and what is counted without a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import scipy
from numpy.typing import NDArray

from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.schedule import STEP_HOURS, GapLadder, Schedule

# How many machines are on line by how fast new addresses come in: the curve of addresses against the window's length.
#
# ``U(w) = N (1 - exp(-v w) + v² (I(v) - I(v + l)))`` with ``I(a) = w / a - (1 - exp(-a w)) / a²`` for N machines that
# are always on, check in ``v`` times an hour and get a new address ``l`` times an hour. It holds for machines that are
# never switched off; beside the session-hours it tells the mean lease.

WINDOW_HOURS = (1, 2, 3, 4, 6, 8, 12, 24, 48)
"""The windows that a day's mask of hours gives exactly, and two days."""

FEWEST = 20
"""Addresses of an hour below which the curve is chance."""

GROWTH_BUDGET = 0.08
"""What the estimate may be off by, as a share, where machines are always on and check in at random (``bench/``)."""


def expected_addresses(hours: NDArray[np.float64], machines: float, rate: float, changes: float) -> NDArray[np.float64]:
    """Return the addresses that windows of these lengths have; ``rate`` and ``changes`` an hour."""

    def covered(a: float) -> NDArray[np.float64]:
        return hours / a + np.expm1(-a * hours) / a**2

    return machines * (-np.expm1(-rate * hours) + rate**2 * (covered(rate) - covered(rate + changes)))


def accumulation(addresses: Mapping[int, float]) -> Answer:
    """Fit the curve.

    Args:
        addresses: mean distinct addresses of windows by their length in hours, of ``WINDOW_HOURS``.
    """
    hours = np.array(sorted(addresses), dtype=np.float64)
    seen = np.array([addresses[int(w)] for w in hours])
    if len(hours) < 4 or seen.min(initial=np.inf) < FEWEST:
        return NotEstimable(NotEstimableReason.FEW_ADDRESSES, {"smallest": float(seen.min(initial=0))})

    def residuals(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        machines, rate, changes = np.exp(logs)
        return np.log(expected_addresses(hours, machines, rate, changes)) - np.log(seen)

    start = np.log([seen[0] * 1.3, 1.0, 1 / 24])
    fitted = scipy.optimize.least_squares(
        residuals, start, bounds=(np.log([1e-3, 1e-3, 1e-5]), np.log([1e12, 60.0, 10.0]))
    )
    machines, rate, changes = np.exp(fitted.x)
    measured = {
        "per_hour": float(rate),
        "lease_hours": float(1 / changes),
        "misfit": float(np.abs(fitted.fun).max()),
    }
    low, high = (float(machines * (1 + sign * GROWTH_BUDGET)) for sign in (-1, 1))
    return Estimate(float(machines), low, high, measured)


# How many infected machines are on line: session-hours with renewal edges (REC).
#
# Sightings of one family at one address are cut into sessions wherever the gap is too long for the family's schedule. A
# session is longer than from its first to its last sighting by what is missing at both edges: twice the mean residual
# life of a renewal process, whatever its schedule. The hours of all sessions, divided by the hours of the clock, are
# the mean number of machines on line, whichever addresses they had. Derivation, bias and domain:
# ``docs/explanation/counting-machines.md``.

LARGEST_Q, LARGEST_LACKING = 0.25, 0.17
"""Sessions for each check-in, and what is added for gaps inside short sessions; with more of either the check-ins are
too rare for the leases, and there is no estimate."""

LARGEST_Q_REGULAR, REGULAR = 0.45, 0.2
"""The same where the gaps are spread so little: short sessions have gaps like long ones, and hardly any are lacking."""

BUDGET, WIDE_BUDGET = 0.08, 0.11
"""What the estimate may be off by, as a share: where ``q`` is below ``VALID_Q``, and else. An assumption that stands on
regimes drawn at random (``bench/validate.py regimes``), not a confidence interval."""

VALID_Q = 0.1

DAILY = 2.85
"""What sessions of a working day lack, as times ``q²``: adding up over how many check-ins at random fall into a day
gives 3.1 for days of one length and 2.8 for days that differ by a quarter, for ``q`` from 0.15 to 0.3."""


def session_hours(
    ladder: GapLadder, events: float, schedule: Schedule | None, uptime_hours: float, *, q: float | None = None
) -> Answer:
    """Estimate the mean number of machines on line.

    Args:
        ladder: gaps of the group, on the uptime clock.
        events: sightings of the group.
        schedule: of the family at this sensor, from the gaps of the whole country.
        uptime_hours: hours of the period in which the sensor was alive.
        q: sessions for each check-in, where the group is too small to say.
    """
    if not events or uptime_hours <= 0:
        return NotEstimable(NotEstimableReason.NO_DATA)
    if schedule is None:
        return NotEstimable(NotEstimableReason.RARE_CHECK_INS, {"events": events, "q": 1.0})
    inside, hours, _ = ladder.up_to(schedule.gap_step)
    sessions = max(0.0, events - inside)
    check_ins = events - schedule.repeated(ladder)
    if q is None:
        q = min(1.0, sessions / check_ins) if check_ins > 0 else 1.0
    measured = {
        "q": q,
        "interval_hours": schedule.interval_hours,
        "gap_hours": float(STEP_HOURS[schedule.gap_step]),
        "edge_hours": schedule.edge_hours,
        "spread": schedule.spread,
        "events": float(events),
        "sessions": sessions,
        "uptime_hours": uptime_hours,
        "session_hours": hours + sessions * schedule.edge_hours,
    }
    # What gaps inside short sessions lack: leases end at any time, the sessions of a working day have a length.
    largest = LARGEST_Q_REGULAR if schedule.spread <= REGULAR else LARGEST_Q
    lacking = schedule.spread * (DAILY if schedule.has_nights else 1.0) * q**2 if q < largest else 1.0
    if lacking >= LARGEST_LACKING:
        return NotEstimable(NotEstimableReason.RARE_CHECK_INS, measured)
    value = measured["session_hours"] / (uptime_hours * (1 - lacking))
    budget = BUDGET if q < VALID_Q else WIDE_BUDGET
    return Estimate(value, value * (1 - budget), value * (1 + budget), measured)


# How many machines are on line by the events themselves: exact under any leases and any NAT, if the rate is known.

READ_BUDGET = 0.15
"""What the estimate may be off by, as a share, where the rate was read off the data (``bench/validate.py``)."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Check-ins of one machine in an hour on line; ``is_known`` from the malware's analysis, else read off the data."""

    per_hour: float
    is_known: bool


def event_rate(events: float, rate: Rate | None, uptime_hours: float) -> Answer:
    """Estimate the mean number of machines on line.

    Args:
        events: sightings that nobody has de-duplicated.
        rate: of the family; ``None`` where nothing says it.
        uptime_hours: hours of the period in which the sensor was alive.
    """
    if not events or uptime_hours <= 0:
        return NotEstimable(NotEstimableReason.NO_DATA)
    if rate is None or rate.per_hour <= 0:
        return NotEstimable(NotEstimableReason.UNKNOWN_RATE, {"events": events})
    value = events / (rate.per_hour * uptime_hours)
    measured = {"per_hour": rate.per_hour, "is_known": float(rate.is_known), "events": events}
    budget = BUDGET if rate.is_known else READ_BUDGET
    return Estimate(value, value * (1 - budget), value * (1 + budget), measured)


# What is counted without a model: addresses of days and of a window, installations, and two sensors.

CLOCK_HOURS = 14
"""By how many hours clocks of two time zones can differ."""

_PAIRS, _TIMES = 100, 1.5


def addresses_per_machine(window_addresses: float, machines: Answer) -> float | None:
    """Return how many addresses of the window stand for one machine on line, or ``None`` where machines are unknown."""
    return window_addresses / machines.value if isinstance(machines, Estimate) and machines.value else None


def bot_ids(daily_ids: float, share_named: float) -> Answer:
    """Return the mean number of installations seen in a day.

    Cloned installations count once and reinstalled ones twice.

    Args:
        daily_ids: mean distinct identifiers of a day.
        share_named: share of the sightings that carry one.
    """
    if not share_named:
        return NotEstimable(NotEstimableReason.NO_BOT_IDS)
    return Estimate(daily_ids, daily_ids, daily_ids / share_named, {"share_named": share_named})


def chapman(first: int, second: int, both: int) -> Answer:
    """Estimate what two sensors would see together with all that neither sees: a lower bound.

    It corrects for coverage and not for changing addresses, so it is to be applied to (address, hour) pairs; sensors
    that favour the same machines make it too low (Chapman 1951).

    Args:
        first: pairs that the first sensor saw.
        second: pairs that the second saw.
        both: pairs that both saw.
    """
    if not first or not second:
        return NotEstimable(NotEstimableReason.NO_DATA)
    value = (first + 1) * (second + 1) / (both + 1) - 1
    variance = (first + 1) * (second + 1) * (first - both) * (second - both) / ((both + 1) ** 2 * (both + 2))
    return Estimate(value, max(first + second - both, value - 1.96 * sqrt(variance)), value + 1.96 * sqrt(variance))


def clock_difference(both: Mapping[int, int]) -> int:
    """Return by how many hours the second of two sensors is ahead of the first; 0 unless that is plain.

    Of two clocks that agree the same hours have most pairs in common: the sensors see the same check-ins, or machines
    that keep the same hours.

    Args:
        both: (address, hour) pairs of one day that both saw, by hours that the second is taken to be ahead.
    """
    # a shift loses the hours that it moves out of the day
    of_day = {hours: pairs * 24 / (24 - abs(hours)) for hours, pairs in both.items()}
    hours = max(of_day, key=lambda hours: of_day[hours])
    return hours if both[hours] >= _PAIRS and of_day[hours] > _TIMES * of_day[0] else 0
