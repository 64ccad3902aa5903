"""Weights that are shares: not negative, adding up to one, and closest to what they imitate."""

import numpy as np
from scipy.optimize import nnls

from quetsach.assess.effect.panel import Floats


def simplex_weights(columns: Floats, target: Floats, *, ridge: float, is_centred: bool) -> Floats:
    """Return the weights w on the columns that minimise ``|columns w - target|^2 + ridge |w|^2``.

    As the weights add up to one, ``columns w - target = gap w``. Non-negative least squares of
    ``|gap u|^2 + (sum(u) - 1)^2`` has its optimum at a multiple of w, so the answer is exact, without a penalty to
    choose or a step to stop at.

    Args:
        columns: what is combined (rows x weights).
        target: what is imitated (rows).
        ridge: keeps weights spread, in squared units of the outcome; more than 0 makes the answer unique.
        is_centred: whether a constant difference from the target is free (an intercept).
    """
    gap = columns - target[:, None]
    if is_centred:
        gap = gap - gap.mean(axis=0)
    count = columns.shape[1]
    size = float(np.sqrt((gap**2).sum(axis=0).mean() + ridge))
    if not size:
        return np.full(count, 1 / count)
    stacked = np.vstack([gap / size, np.sqrt(ridge) / size * np.eye(count), np.ones(count)])
    wanted = np.zeros(len(stacked))
    wanted[-1] = 1
    found, _ = nnls(stacked, wanted, maxiter=30 * count)
    return np.asarray(found / found.sum(), dtype=np.float64)
