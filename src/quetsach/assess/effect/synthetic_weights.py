"""Shares of controls, and of periods before a start, that stand for a unit that was treated.

Covariates are taken out of all series first, and a misfit that is left before the start is corrected by how, among the
controls, what came before goes with what came after (Abadie and L'Hour 2021; Ben-Michael, Feller and Rothstein 2021).
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import scipy

from quetsach.assess.effect.finding import Method
from quetsach.assess.effect.panel import Block, Floats

# Weights that are shares: not negative, adding up to one, and closest to what they imitate.


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
    found, _ = scipy.optimize.nnls(stacked, wanted, maxiter=30 * count)
    return np.asarray(found / found.sum(), dtype=np.float64)


_TINY: Final = 1e-6
_PENALTIES: Final = np.logspace(-2, 4, 13)
"""Of the regression that corrects a misfit, in mean squared singular values; the one that predicts best is taken."""

type Estimator = Callable[[Floats, Floats], tuple[float, Floats]]
"""Treated mean (periods) and controls (units x periods) to the effect and the weights of the controls."""


def by_mixture(block: Block) -> Estimator:
    """Return the estimator of synthetic control: the mean gap to a mixture after the start."""
    ridge = (_TINY * noise_of(block)) ** 2 * block.start

    def estimate(target: Floats, controls: Floats) -> tuple[float, Floats]:
        weights = simplex_weights(controls[:, : block.start].T, target[: block.start], ridge=ridge, is_centred=False)
        return float((target - weights @ controls)[block.start :].mean()), weights

    return estimate


def by_difference(block: Block) -> Estimator:
    """Return the estimator of synthetic difference in differences: weighted controls, and weighted periods before."""
    after = block.treated.shape[1] - block.start
    ridge = np.sqrt(len(block.treated) * after) * noise_of(block) ** 2 * block.start

    def estimate(target: Floats, controls: Floats) -> tuple[float, Floats]:
        units = simplex_weights(controls[:, : block.start].T, target[: block.start], ridge=ridge, is_centred=True)
        return float((target - units @ controls) @ period_weights(block, controls)), units

    return estimate


def period_weights(block: Block, controls: Floats) -> Floats:
    """Return by what a series is summed (periods): its mean after, less its weighted mean before."""
    after = block.treated.shape[1] - block.start
    small = (_TINY * noise_of(block)) ** 2 * len(controls)
    before, wanted = controls[:, : block.start], controls[:, block.start :].mean(axis=1)
    return np.concatenate([-simplex_weights(before, wanted, ridge=small, is_centred=True), np.full(after, 1 / after)])


def noise_of(block: Block) -> float:
    """The standard deviation of the steps of the controls before the start."""
    return float(np.diff(block.controls[:, : block.start], axis=1).std(ddof=1))


ESTIMATORS: Final[Mapping[Method, Callable[[Block], Estimator]]] = {
    Method.SC: by_mixture,
    Method.SDID: by_difference,
}


def without_covariates(target: Floats, own: Floats, controls: Floats, others: Floats) -> tuple[Floats, Floats]:
    """Return the series of a unit (periods) and of controls (units x periods) less what their covariates explain.

    In each period by a regression among the controls alone, so that a unit has no say in what it is held against.

    Args:
        target: the unit.
        own: its covariates (k), which may be none.
        controls: what it is held against.
        others: their covariates (units x k).
    """
    differs = (others != others[0]).any(axis=0)  # a deviation that rounding left is none
    if not differs.any():
        return target, controls
    own, others = own[differs], others[:, differs]
    middle, size = others.mean(axis=0), others.std(axis=0)
    usual = (others - middle) / size
    by_covariate = np.linalg.pinv(usual) @ (controls - controls.mean(axis=0))
    apart = (own - middle) / size
    return target - apart @ by_covariate, controls - usual @ by_covariate


def corrected(target: Floats, controls: Floats, start: int, weights: Floats) -> float:
    """Return the mean gap after the start, less what the misfit before it would have led to.

    By a ridge regression among the controls of their mean after on all periods before; its penalty is the one by which
    each control is predicted best from the others (leave-one-out, in closed form).
    """
    before, after = controls[:, :start], controls[:, start:].mean(axis=1)
    left, sizes, right = np.linalg.svd(before - before.mean(axis=0), full_matrices=False)
    middle = after.mean()
    of_after = left.T @ (after - middle)
    penalties = (_PENALTIES * float((sizes**2).mean()))[:, None]
    kept = sizes**2 / (sizes**2 + penalties)  # penalties x directions
    errors = after - middle - (kept * of_after) @ left.T
    missed = ((errors / (1 - 1 / len(after) - kept @ (left**2).T)) ** 2).mean(axis=1)
    best = penalties[int(np.nanargmin(missed))] if np.isfinite(missed).any() else np.inf
    slopes = right.T @ (sizes / (sizes**2 + best) * of_after)
    gap = target - weights @ controls
    return float(gap[start:].mean() - gap[:start] @ slopes)
