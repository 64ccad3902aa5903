"""Regression with effects of units and of periods, errors clustered by unit."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from quetsach.assess.effect.finding import Spread
from quetsach.assess.effect.panel import Floats
from quetsach.assess.not_estimable import NotEstimable, NotEstimableReason

_SWEEPS: Final = 2_000
_ENOUGH: Final = 1e-11


@dataclass(frozen=True, slots=True)
class TwoWayFit:
    """``coefficients`` (k) and their covariance (k x k), CR1, to be read against t with ``degrees`` of freedom.

    For many panels of one design at once, both have leading axes.
    """

    coefficients: Floats
    covariance: Floats
    degrees: float

    def combination(self, weights: Floats) -> Spread | NotEstimable:
        """Return a weighted sum (k weights) of the coefficients."""
        variance = float(weights @ self.covariance @ weights)
        value = float(self.coefficients @ weights)
        if not variance > (1e-12 * abs(value)) ** 2:
            return NotEstimable(NotEstimableReason.NO_SPREAD, {"effect": value})
        return Spread(value, float(np.sqrt(variance)), self.degrees)


def within(values: Floats, has: Floats | None = None) -> Floats:
    """Return values (… x units x periods) less their means by unit and by period.

    ``has`` (units x periods) is 1 where there is a cell; then the means are taken away in turn until nothing changes.
    """
    if has is None or has.all():
        by_unit, by_period = values.mean(axis=-1, keepdims=True), values.mean(axis=-2, keepdims=True)
        return np.asarray(values - by_unit - by_period + values.mean(axis=(-2, -1), keepdims=True))
    left = values * has
    by_unit, by_period = np.maximum(has.sum(axis=1, keepdims=True), 1), np.maximum(has.sum(axis=0), 1)
    size = np.abs(left).max() or 1.0
    for _ in range(_SWEEPS):
        before = left
        left = (left - left.sum(axis=-1, keepdims=True) / by_unit) * has
        left = (left - left.sum(axis=-2, keepdims=True) / by_period) * has
        if np.abs(left - before).max() <= _ENOUGH * size:
            break
    return np.asarray(left)


def fit_two_way(outcome: Floats, regressors: Floats) -> TwoWayFit | NotEstimable:
    """Fit outcomes (… x units x periods) on regressors (units x periods x k), beside effects of units and periods.

    The correction is G/(G-1) * (n-1)/(n-k-T): effects of units lie within clusters and are not counted again.
    """
    missing = np.isnan(outcome)
    has = (~missing).astype(np.float64) if missing.any() else None
    plain = np.where(missing, 0.0, outcome)
    x = np.moveaxis(within(np.moveaxis(regressors, -1, 0), has), 0, -1)
    y = within(plain, has)
    units, periods, count = x.shape
    cells = float((~missing).sum()) / max(1, int(np.prod(outcome.shape[:-2])))
    flat = x.reshape(-1, count)
    if cells <= count + periods + units or np.linalg.matrix_rank(flat, tol=1e-8 * np.sqrt(len(flat))) < count:
        return NotEstimable(
            NotEstimableReason.NOT_IDENTIFIED, {"cells": cells, "unknowns": float(count + periods + units)}
        )
    bread = np.linalg.inv(flat.T @ flat)
    coefficients = np.tensordot(y, x, axes=([-2, -1], [0, 1])) @ bread
    errors = y - np.tensordot(coefficients, x, axes=([-1], [-1]))
    scores = np.einsum("...ut,utk->...uk", errors, x, optimize=True)
    correction = units / (units - 1) * (cells - 1) / (cells - count - periods)
    covariance = correction * (bread @ (np.swapaxes(scores, -1, -2) @ scores) @ bread)
    return TwoWayFit(coefficients, covariance, units - 1.0)
