"""League tables of anything that was estimated with a standard error: names, estimates, errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy

from quetsach.assess.estimate import CONFIDENCE, AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.grades.grade import FEWEST, Floats, GradedRow, Method, graded, normal_draws, rank_sets
from quetsach.assess.rows import read_rows
from quetsach.core.text import Text

# Reads a table of names from CSV: ``name,estimate,se``, anyone's data.

COLUMNS: Final = ("name", "estimate", "se")
MAX_NAMES: Final = 4000
"""Every pair of names is compared in every draw."""
_LARGEST: Final = 1e12


@dataclass(frozen=True, slots=True)
class Estimates:
    """Names, what was estimated of each, and the standard errors."""

    names: tuple[str, ...]
    estimates: Floats
    errors: Floats


def read_estimates(content: bytes, *, where: str) -> Estimates:
    """Read a table.

    Args:
        content: CSV with the columns ``COLUMNS``, in UTF-8.
        where: the file's name, for errors.

    Raises:
        AssessError: it is no such table, a name is there twice, or a standard error is not positive.
    """
    found: dict[str, tuple[float, float]] = {}
    for line in read_rows(content, COLUMNS, where=where):
        name, estimate, error = line.text("name"), line.number("estimate"), line.number("se")
        if error <= 0:
            raise AssessError(
                Text("se is not positive"), where=line.where, hint=Text("the standard error of the estimate")
            )
        if name in found:
            raise AssessError(Text("{name} is there twice", name=repr(name)), where=line.where)
        if len(found) == MAX_NAMES:
            raise AssessError(Text("more than {number} names", number=MAX_NAMES), where=line.where)
        found[name] = (estimate, error)
    if not found:
        raise AssessError(Text("there are no names"), where=where)
    values = np.array(list(found.values()))
    if np.abs(values).max() > _LARGEST or values[:, 1].min() * _LARGEST < np.abs(values).max():
        hint = Text("choose another unit")
        raise AssessError(
            Text("the figures are too large or their errors too small to be compared"), where=where, hint=hint
        )
    return Estimates(tuple(found), values[:, 0], values[:, 1])


_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class RankedName:
    """One name as given, its rank as it stands, its rank sets (confidence sets), and its grade (empirical Bayes)."""

    name: str
    estimate: float
    error: float
    rank: int
    marginal: tuple[int, int]
    simultaneous: tuple[int, int]
    graded: GradedRow

    def as_json(self) -> dict[str, object]:
        """Return the row for machines."""
        return {
            "name": self.name,
            "estimate": self.estimate,
            "se": self.error,
            "rank": self.rank,
            "marginal": {"low": self.marginal[0], "high": self.marginal[1]},
            "simultaneous": {"low": self.simultaneous[0], "high": self.simultaneous[1]},
            "grade": self.graded.grade.value,
            "posterior": self.graded.as_json(),
        }


@dataclass(frozen=True, slots=True)
class LeagueTable:
    """All names in the order of their estimates; true values are taken to be normal, ``spread`` around ``mean``."""

    method: Method
    confidence: float
    low_is_good: bool
    mean: float
    spread: float
    rows: tuple[RankedName, ...]

    def as_json(self) -> dict[str, object]:
        """Return the table for machines."""
        return {
            "method": self.method.value,
            "confidence": self.confidence,
            "first_is": "lowest" if self.low_is_good else "highest",
            "mean": self.mean,
            "spread": self.spread,
            "rows": [row.as_json() for row in self.rows],
        }


def ranked(
    table: Estimates,
    *,
    low_is_good: bool = False,
    method: Method = Method.BOOTSTRAP,
    confidence: float = CONFIDENCE,
    progress: Callable[[int], None] = lambda _names: None,
) -> LeagueTable | NotEstimable:
    """Rank and grade names.

    Args:
        table: names with estimates and standard errors.
        low_is_good: whether rank 1 is the lowest value.
        method: of the rank sets.
        confidence: of the rank sets.
        progress: told how many more names are done, each of them twice.

    Returns:
        The table; a refusal with fewer than ``FEWEST`` names.
    """
    if len(table.names) < FEWEST:
        return NotEstimable(NotEstimableReason.FEW_TO_RANK, {"names": float(len(table.names)), "needed": float(FEWEST)})
    estimates, errors = table.estimates, table.errors
    towards = -estimates if low_is_good else estimates
    marginal, simultaneous = (
        rank_sets(
            towards,
            errors,
            is_simultaneous=together,
            method=method,
            confidence=confidence,
            progress=progress,
        )
        for together in (False, True)
    )
    mean, spread = _common(estimates, errors)
    grades = _posterior(estimates, errors, mean, spread, low_is_good=low_is_good)
    ranks = 1 + (towards > towards[:, None]).sum(axis=1)
    rows = [
        RankedName(
            table.names[n],
            float(estimates[n]),
            float(errors[n]),
            int(ranks[n]),
            (int(marginal.low[n]), int(marginal.high[n])),
            (int(simultaneous.low[n]), int(simultaneous.high[n])),
            grades[n],
        )
        for n in np.argsort(-towards, kind="stable")
    ]
    return LeagueTable(method, confidence, low_is_good, mean, spread, tuple(rows))


def _common(estimates: Floats, errors: Floats) -> tuple[float, float]:
    """Return mean and spread of the true values by restricted maximum likelihood."""

    def mean_of(variance: float) -> tuple[float, Floats]:
        weight = 1 / (errors**2 + variance)
        return float((weight * estimates).sum() / weight.sum()), weight

    def surprise(variance: float) -> float:
        mean, weight = mean_of(variance)
        return float(np.log(weight.sum()) - np.log(weight).sum() + (weight * (estimates - mean) ** 2).sum())

    most = float(np.var(estimates)) * 4
    found = scipy.optimize.minimize_scalar(
        surprise, bounds=(0, most), method="bounded", options={"xatol": most * 1e-10}
    )
    variance = float(found.x) if surprise(float(found.x)) < surprise(0.0) else 0.0
    return mean_of(variance)[0], variance**0.5


def _posterior(
    estimates: Floats, errors: Floats, mean: float, spread: float, *, low_is_good: bool
) -> tuple[GradedRow, ...]:
    kept = spread**2 / (spread**2 + errors**2)
    middle, width = mean + kept * (estimates - mean), spread * np.sqrt(1 - kept)
    width = np.maximum(width, errors * _LEAST)  # without any spread the order is open, not that of the file
    half = scipy.special.ndtri((1 + CONFIDENCE) / 2) * width
    shrunk = [Estimate(float(m), float(m - h), float(m + h)) for m, h in zip(middle, half, strict=True)]
    drawn = middle + width * normal_draws(len(middle))
    return graded(drawn, shrunk, low_is_good=low_is_good)
