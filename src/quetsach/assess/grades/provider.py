"""Grades of providers: rates from weekly counts of machines, shrunk toward what all providers have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.grades.grade import DRAWS, FEWEST, Floats, GradedRow, graded, uniform_draws

# Rates per 1,000 subscribers, shrunk toward what all providers have in common (empirical Bayes, Gamma-Poisson).

_TAILS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


@dataclass(frozen=True, slots=True)
class Rates:
    """The posterior of each provider: its rate per 1,000 subscribers is Gamma(``shape``, ``1 / weight``).

    ``excess`` is how much weekly counts vary beyond Poisson's, as a squared share of their mean.
    """

    shape: Floats
    weight: Floats
    excess: float
    rows: tuple[GradedRow, ...]

    def draw(self, rng: np.random.Generator, number: int = DRAWS) -> Floats:
        """Return what the rates may be, a row a draw."""
        return rng.gamma(self.shape, 1 / self.weight, size=(number, len(self.shape)))


@dataclass(frozen=True, slots=True)
class OwnChange:
    """What became of a provider's own rate, as a share: -0.5 is half. ``fell`` is the probability that it fell."""

    change: Estimate
    fell: float


def graded_rates(weekly: Floats, subscribers: Floats) -> Rates | NotEstimable:
    """Shrink and grade the rates of providers; the lowest is the best.

    The count y of a provider is the mean of its weeks. The same hosts are seen week after week, so weeks are no
    independent counts of them; but what the weeks vary beyond Poisson's variance is taken as their own. So the variance
    of y is v y with v = 1 + excess y / weeks: y / v is Poisson with v times fewer subscribers, and rates are
    Gamma(a, b), with a and b by marginal likelihood.

    Args:
        weekly: infected hosts, a row a week, a column a provider.
        subscribers: of each provider, in thousands.

    Returns:
        The rates; a refusal with fewer than ``FEWEST`` providers.
    """
    if len(subscribers) < FEWEST or not weekly.any():
        return NotEstimable(NotEstimableReason.FEW_TO_RANK, {"names": float(len(subscribers)), "needed": float(FEWEST)})
    excess = _excess(weekly)
    mean = weekly.mean(axis=0)
    variance = 1 + excess * mean / len(weekly)
    counts, exposure = mean / variance, subscribers / variance
    shape, weight = _common(counts, exposure)
    posterior = Rates(counts + shape, exposure + weight, excess, ())
    drawn = scipy.special.gammaincinv(posterior.shape, uniform_draws(len(counts))) / posterior.weight
    rows = graded(drawn, _told(posterior), low_is_good=True)
    return Rates(posterior.shape, posterior.weight, excess, rows)


def shrunk_rates(
    machines: Mapping[str, float], subscribers: Mapping[str, float]
) -> Mapping[str, Estimate] | NotEstimable:
    """Return the rate per 1,000 subscribers of each unit that has subscribers, drawn toward what all have in common.

    Args:
        machines: on line, on the average of a window; who is not there had none.
        subscribers: of each unit.

    Returns:
        The rates; a refusal with fewer than ``FEWEST`` units.
    """
    names = sorted(subscribers)
    counts = np.array([machines.get(name, 0.0) for name in names])
    if len(names) < FEWEST or not counts.any():
        return NotEstimable(NotEstimableReason.FEW_TO_RANK, {"names": float(len(names)), "needed": float(FEWEST)})
    exposure = np.array([subscribers[name] for name in names]) / 1000
    shape, weight = _common(counts, exposure)
    return dict(zip(names, _told(Rates(counts + shape, exposure + weight, 0.0, ())), strict=True))


def own_change(before: Rates, after: Rates, *, rng: np.random.Generator) -> tuple[OwnChange, ...]:
    """Return how each provider's own rate changed between two windows of the same providers, in their order."""
    ratio = after.draw(rng) / before.draw(rng) - 1
    middle, low, high = np.quantile(ratio, [0.5, *_TAILS], axis=0)
    fell = (ratio < 0).mean(axis=0)
    return tuple(
        OwnChange(Estimate(float(m), float(lo), float(hi)), float(p))
        for m, lo, hi, p in zip(middle, low, high, fell, strict=True)
    )


def _told(posterior: Rates) -> list[Estimate]:
    """Return the mean of each rate with its interval."""
    ends = [scipy.special.gammaincinv(posterior.shape, tail) / posterior.weight for tail in _TAILS]
    return [
        Estimate(float(mean), float(low), float(high))
        for mean, low, high in zip(posterior.shape / posterior.weight, *ends, strict=True)
    ]


def _excess(weekly: Floats) -> float:
    """Return by how much weekly counts vary around each provider's own trend, beyond Poisson's variance.

    Each provider tells of it with the precision that its size gives; the weights depend on the answer and are iterated.
    """
    weeks = len(weekly)
    if weeks < 3:
        return 0.0
    time = np.column_stack([np.ones(weeks), np.arange(weeks)])
    left = weekly - time @ np.linalg.lstsq(time, weekly, rcond=None)[0]
    mean = weekly.mean(axis=0)
    seen = mean > 0
    found = ((left[:, seen] ** 2).sum(axis=0) / (weeks - 2) - mean[seen]) / mean[seen] ** 2
    excess = 0.0
    for _ in range(20):
        precision = (1 / mean[seen] + excess) ** -2
        excess = max(0.0, float((precision * found).sum() / precision.sum()))
    return excess


def _common(counts: Floats, exposure: Floats) -> tuple[float, float]:
    """Return shape and rate of the Gamma distribution from which the providers' rates come."""
    overall = counts.sum() / exposure.sum()

    def surprise(logs: Floats) -> float:
        shape, weight = np.exp(logs)
        terms = scipy.special.gammaln(counts + shape) - scipy.special.gammaln(shape) + shape * np.log(weight)
        return -float((terms - (counts + shape) * np.log(exposure + weight)).sum())

    start = np.log([1.0, 1 / overall])
    found = scipy.optimize.minimize(
        surprise, start, method="L-BFGS-B", bounds=[(-7, 12), (start[1] - 20, start[1] + 20)]
    )
    shape, weight = np.exp(found.x)
    return float(shape), float(weight)


# Grades of providers from weekly counts of machines and the regulator's subscribers.


type Weeks = Sequence[Mapping[str, Answer]]
"""Of each week, the machines of each provider; who is not there had none."""


@dataclass(frozen=True, slots=True)
class GradedProvider:
    """A provider with its mean weekly machines; ``change`` is against the earlier window, where there is one."""

    isp: str
    subscribers: float
    machines: float
    graded: GradedRow
    change: OwnChange | None

    def as_json(self) -> dict[str, object]:
        """Return the provider for machines."""
        change = {**self.change.change.as_json(), "probability_fell": self.change.fell} if self.change else None
        counts = {"isp": self.isp, "subscribers": self.subscribers, "machines": self.machines}
        return {**counts, "per_thousand": self.graded.as_json(), "own_change": change}


@dataclass(frozen=True, slots=True)
class ProviderGrades:
    """The graded from best to worst; ``refused`` could not be counted, by provider."""

    providers: tuple[GradedProvider, ...]
    refused: Mapping[str, NotEstimable]
    without_subscribers: tuple[str, ...]
    excess: float

    def as_json(self) -> dict[str, object]:
        """Return the grades for machines."""
        return {
            "excess": self.excess,
            "providers": [provider.as_json() for provider in self.providers],
            "refused": {name: refusal.as_json() for name, refusal in self.refused.items()},
            "without_subscribers": list(self.without_subscribers),
        }


def grade_providers(
    subscribers: Mapping[str, float], weeks: Weeks, before: Weeks | None = None, *, rng: np.random.Generator
) -> ProviderGrades | NotEstimable:
    """Grade providers; whoever could not be counted in one week is not graded.

    Args:
        subscribers: of each provider.
        weeks: the window to grade.
        before: an earlier window, for each one's own change.
        rng: draws changes; ranks and grades do not depend on it.
    """
    seen = {name for week in weeks for name in week}
    refused = {
        name: answer
        for week in (*weeks, *(before or ()))
        for name, answer in week.items()
        if isinstance(answer, NotEstimable) and name in subscribers
    }
    names = sorted(subscribers.keys() - refused.keys())
    exposure = np.array([subscribers[name] for name in names]) / 1000
    counts = _counts(weeks, names)
    now = graded_rates(counts, exposure)
    if isinstance(now, NotEstimable):
        return now
    then = graded_rates(_counts(before, names), exposure) if before else None
    changes = own_change(then, now, rng=rng) if isinstance(then, Rates) else [None] * len(names)
    rows = [
        GradedProvider(name, subscribers[name], float(count), row, change)
        for name, count, row, change in zip(names, counts.mean(axis=0), now.rows, changes, strict=True)
    ]
    rows.sort(key=lambda provider: provider.graded.shrunk.value)
    return ProviderGrades(tuple(rows), refused, tuple(sorted(seen - subscribers.keys())), now.excess)


def _counts(weeks: Weeks, names: Sequence[str]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    def count(answer: Answer | None) -> float:
        return answer.value if isinstance(answer, Estimate) else 0.0

    return np.array([[count(week.get(name)) for name in names] for week in weeks]).reshape(len(weeks), len(names))
