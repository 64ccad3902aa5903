"""How many machines are on line by how fast new addresses come in: the curve of addresses against the window's length.

``U(w) = N (1 - exp(-v w) + v² (I(v) - I(v + l)))`` with ``I(a) = w / a - (1 - exp(-a w)) / a²`` for N machines that are
always on, check in ``v`` times an hour and get a new address ``l`` times an hour. It holds for machines that are never
switched off; beside the session-hours it tells the mean lease.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from quetsach.assess.estimate import Answer, Estimate
from quetsach.assess.refusal import Refusal, RefusalReason

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
        return Refusal(RefusalReason.FEW_ADDRESSES, {"smallest": float(seen.min(initial=0))})

    def residuals(logs: NDArray[np.float64]) -> NDArray[np.float64]:
        machines, rate, changes = np.exp(logs)
        return np.log(expected_addresses(hours, machines, rate, changes)) - np.log(seen)

    start = np.log([seen[0] * 1.3, 1.0, 1 / 24])
    fitted = least_squares(residuals, start, bounds=(np.log([1e-3, 1e-3, 1e-5]), np.log([1e12, 60.0, 10.0])))
    machines, rate, changes = np.exp(fitted.x)
    measured = {
        "per_hour": float(rate),
        "lease_hours": float(1 / changes),
        "misfit": float(np.abs(fitted.fun).max()),
    }
    low, high = (float(machines * (1 + sign * GROWTH_BUDGET)) for sign in (-1, 1))
    return Estimate(float(machines), low, high, measured)
