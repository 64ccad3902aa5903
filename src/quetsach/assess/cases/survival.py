"""How long cases last: Kaplan and Meier's curve and what is published of it, the log-rank test, the hazard ratio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy

from quetsach.assess.cases.episode import Codes, Episodes, Flags, Floats, Spells, returns_of
from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate, NotEstimable, NotEstimableReason

# Kaplan and Meier's curve, with late entries.


@dataclass(frozen=True, slots=True)
class Curve:
    """The share still infected after each time at which something ended.

    ``days``: the times of events, in order; ``share``, ``at_risk`` and ``events`` one for each; ``log_variance`` is
    Greenwood's sum, the variance of log share; ``longest`` is the longest time observed.
    """

    days: Floats
    share: Floats
    log_variance: Floats
    at_risk: Codes
    events: Codes
    longest: float

    @property
    def measured(self) -> Mapping[str, float]:
        """What the curve rests on."""
        return {"events": float(self.events.sum()), "longest_days": self.longest}

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the lower and upper ends of the log-log intervals of ``CONFIDENCE`` at each time."""
        inner = (self.share > 0) & (self.share < 1)
        low, high = self.share.copy(), self.share.copy()
        log = np.log(self.share[inner])
        spread = scipy.special.ndtri((1 + CONFIDENCE) / 2) * np.sqrt(self.log_variance[inner]) / log  # negative
        low[inner], high[inner] = np.exp(log * np.exp(-spread)), np.exp(log * np.exp(spread))
        return low, high

    def at(self, days: float) -> Answer:
        """Return the share still infected after some days, with its log-log interval."""
        if days > self.longest:
            return NotEstimable(NotEstimableReason.NOT_WATCHED_FOR_LONG_ENOUGH, {"days": days, **self.measured})
        share, low, high = (float(part[0]) for part in self.sampled(np.array([days])))
        return Estimate(share, low, high, self.measured)

    def sampled(self, days: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the share still infected after each of some days, and the ends of its interval."""
        last = np.searchsorted(self.days, days, side="right")
        share, low, high = (np.concatenate(([1.0], part))[last] for part in (self.share, *self.bounds()))
        return share, low, high

    def median(self) -> Answer:
        """Return the days after which half are clean; an end of the interval that was not reached is infinite."""
        low, high = self.bounds()
        if not (self.share <= 0.5).any():
            return NotEstimable(NotEstimableReason.MEDIAN_NOT_REACHED, self.measured)
        ends = [float(self.days[below.argmax()]) if (below := bound <= 0.5).any() else np.inf for bound in (low, high)]
        return Estimate(float(self.days[(self.share <= 0.5).argmax()]), ends[0], ends[1], self.measured)


def survival_curve(spells: Spells) -> Curve | NotEstimable:
    """Return the product-limit estimate; at risk at a time are those that entered before it and have not left before.

    Returns:
        A curve; a refusal without events, or where late entries leave nobody at risk in the middle, after which the
        curve would be zero whatever came later.
    """
    if not spells.event.any():
        return NotEstimable(NotEstimableReason.NO_DATA, {"spells": float(len(spells))})
    days, events = np.unique(spells.exit[spells.event], return_counts=True)
    at_risk = number_at_risk(spells, days)
    longest = float(spells.exit.max())
    if (at_risk == events)[:-1].any():
        emptied = float(days[(at_risk == events).argmax()])
        return NotEstimable(NotEstimableReason.NOBODY_AT_RISK, {"days": emptied, "spells": float(len(spells))})
    with np.errstate(divide="ignore"):
        share = np.cumprod(1 - events / at_risk)
        log_variance = np.cumsum(events / (at_risk * (at_risk - events)))
    return Curve(days, share, log_variance, at_risk, events, longest)


def number_at_risk(spells: Spells, days: Floats) -> Codes:
    """Return how many were at risk just before each of some days."""
    entered = np.searchsorted(np.sort(spells.entry), days, side="left")
    left = np.searchsorted(np.sort(spells.exit), days, side="left")
    return np.asarray(entered - left, dtype=np.int64)


# What is published of cases: half clean after how long, how many still infected after two weeks and a month.

FEWEST_EVENTS: Final = 50
"""Clean-ups that a group must have for its figures to be published (metric M7)."""
STILL_INFECTED_DAYS: Final = (14, 30)
RETURN_DAYS: Final = (30, 90, 150)


@dataclass(frozen=True, slots=True)
class TimeToClean:
    """Metric M7 of one group: median days, and the share still infected after each of ``STILL_INFECTED_DAYS``.

    ``curve`` is what both are read off.
    """

    spells: int
    events: int
    curve: Curve
    median: Answer
    still_infected: dict[int, Answer]

    def as_json(self) -> dict[str, object]:
        """Return the figures for machines."""
        return {
            "spells": self.spells,
            "events": self.events,
            "median_days": self.median.as_json(),
            "still_infected": {str(days): answer.as_json() for days, answer in self.still_infected.items()},
        }


def time_to_clean(spells: Spells) -> TimeToClean | NotEstimable:
    """Return the figures of a group, refused under ``FEWEST_EVENTS`` clean-ups."""
    events = int(spells.event.sum())
    if events < FEWEST_EVENTS:
        return NotEstimable(NotEstimableReason.FEW_EVENTS, {"events": float(events), "needed": float(FEWEST_EVENTS)})
    curve = survival_curve(spells)
    if isinstance(curve, NotEstimable):
        return curve
    still_infected = {days: curve.at(days) for days in STILL_INFECTED_DAYS}
    return TimeToClean(len(spells), events, curve, curve.median(), still_infected)


def reinfection(episodes: Episodes) -> dict[int, Answer]:
    """Return the share that was infected again 30, 90 and 150 days after the end of the first episode."""
    spells = returns_of(episodes)
    return {days: returned(spells, days) for days in RETURN_DAYS}


def returned(spells: Spells, days: int) -> Answer:
    """Return the share of the cleaned (spells from being clean to being infected again) that is back within days."""
    cleaned = float(len(spells))
    if cleaned < FEWEST_EVENTS:
        return NotEstimable(NotEstimableReason.FEW_EVENTS, {"events": cleaned, "needed": float(FEWEST_EVENTS)})
    if not spells.event.any():
        return _none_returned(spells, days)
    curve = survival_curve(spells)
    return curve if isinstance(curve, NotEstimable) else _complement(curve.at(days))


def _complement(share: Answer) -> Answer:
    if isinstance(share, NotEstimable):
        return share
    return Estimate(1 - share.value, 1 - share.high, 1 - share.low, share.measured)


def _none_returned(spells: Spells, days: int) -> Answer:
    """Return zero, with the upper end that none among those watched for so long allows (one-sided, exact)."""
    watched = int((spells.exit >= days).sum())
    if not watched:
        longest = float(spells.exit.max(initial=0.0))
        return NotEstimable(
            NotEstimableReason.NOT_WATCHED_FOR_LONG_ENOUGH, {"days": float(days), "longest_days": longest}
        )
    return Estimate(0.0, 0.0, 1 - 0.025 ** (1 / watched), {"watched": float(watched)})


# The log-rank test: do groups become clean at the same rate?


@dataclass(frozen=True, slots=True)
class LogRank:
    """``statistic`` is chi-squared with ``freedom`` degrees of freedom if the groups are alike.

    ``observed`` and ``expected``: events of each group, those expected if it were like the others.
    """

    statistic: float
    freedom: int
    probability: float
    observed: tuple[float, ...]
    expected: tuple[float, ...]

    def as_json(self) -> dict[str, object]:
        """Return the test for machines."""
        return {"chi_squared": self.statistic, "freedom": self.freedom, "probability": self.probability}


def log_rank(spells: Spells, group: Codes, strata: Codes | None = None) -> LogRank | NotEstimable:
    """Compare groups, inside strata and then added up over these.

    Args:
        spells: times at risk.
        group: codes 0, 1, … of what is compared, one a spell.
        strata: codes of what the comparison is made inside of, such as providers.
    """
    groups = int(group.max()) + 1 if len(group) else 0
    if groups < 2 or not spells.event.any():
        return NotEstimable(
            NotEstimableReason.NOTHING_TO_COMPARE, {"groups": float(groups), "spells": float(len(spells))}
        )
    observed, expected, covariance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    within = strata if strata is not None else np.zeros(len(spells), dtype=np.int64)
    for stratum in np.unique(within):
        chosen = within == stratum
        _add_stratum(spells.where(chosen), group[chosen], observed, expected, covariance)
    difference = (observed - expected)[1:]
    inner = covariance[1:, 1:]
    freedom = int(np.linalg.matrix_rank(inner))
    if not freedom:
        return NotEstimable(
            NotEstimableReason.NOTHING_TO_COMPARE, {"groups": float(groups), "spells": float(len(spells))}
        )
    statistic = float(difference @ np.linalg.pinv(inner) @ difference)
    told = (tuple(float(n) for n in observed), tuple(float(n) for n in expected))
    return LogRank(statistic, freedom, float(scipy.special.chdtrc(freedom, statistic)), *told)


def _add_stratum(spells: Spells, group: Codes, observed: Floats, expected: Floats, covariance: Floats) -> None:
    days, events = np.unique(spells.exit[spells.event], return_counts=True)
    counted = [group == number for number in range(len(observed))]
    at_risk = np.stack([number_at_risk(spells.where(own), days) for own in counted])
    total = at_risk.sum(axis=0)
    share = at_risk / total
    observed += [int(spells.event[own].sum()) for own in counted]
    expected += share @ events
    drawn = events * np.where(total > 1, (total - events) / np.maximum(total - 1, 1), 0.0)
    covariance += np.diag(share @ drawn) - (share * drawn) @ share.T


# How much faster a treated subject becomes clean: grouped piecewise-exponential model with effects of providers.

CUTS_DAYS: Final = (0.0, 1.0, 2.0, 4.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 150.0)
"""Between these the hazard is taken as constant; the last piece is open."""
FEWEST_PROVIDERS: Final = 10
"""With fewer the bootstrap over providers is too narrow."""
_ROUNDS, _CLOSE = 2000, 1e-11


@dataclass(frozen=True, slots=True)
class _Cells:
    """Events and days at risk by treatment (0, 1), piece of time and provider."""

    events: Floats
    days: Floats


def hazard_ratio(
    spells: Spells,
    treated: Flags,
    provider: Codes,
    *,
    rng: np.random.Generator,
    repetitions: int = 400,
    cuts: Sequence[float] = CUTS_DAYS,
) -> Answer:
    """Return the hazard of becoming clean of the treated against the others, inside providers.

    Spells are cut and added up; the cells are Poisson counts with their days at risk as exposure
    (Holford 1980, Laird and Olivier 1981). A million subjects cost one pass over each piece of time; the fit and its
    bootstrap see only the cells.

    Args:
        spells: times at risk.
        treated: one a spell.
        provider: codes 0, 1, … one a spell.
        rng: draws the providers of the bootstrap.
        repetitions: of the bootstrap.
        cuts: where the hazard may change, from 0 on; with one at every event it is Cox's model.

    Returns:
        The ratio, its interval from a bootstrap of its logarithm over whole providers; a refusal where treated and
        others are not found together in ``FEWEST_PROVIDERS`` providers.
    """
    cells = _cells(spells, treated, provider, cuts)
    both = np.flatnonzero((cells.days.sum(axis=1) > 0).all(axis=0))
    measured = {"events": float(cells.events.sum()), "providers": float(len(both))}
    if len(both) < FEWEST_PROVIDERS:
        return NotEstimable(NotEstimableReason.FEW_PROVIDERS, measured)
    known = np.flatnonzero(cells.days.sum(axis=(0, 1)))
    cells = _Cells(cells.events[:, :, known], cells.days[:, :, known])
    drawn = rng.multinomial(len(known), np.full(len(known), 1 / len(known)), size=repetitions)
    ratio, *again = _ratios(cells, np.vstack([np.ones(len(known)), drawn]))
    if not 0 < ratio < np.inf:
        return NotEstimable(NotEstimableReason.NOTHING_TO_COMPARE, measured)
    # Few providers: their spread is divided by one less, and the normal quantile is that of Student.
    drawn_logs = np.log([draw for draw in again if 0 < draw < np.inf])
    error = float(drawn_logs.std() * np.sqrt(len(both) / (len(both) - 1)))
    half = error * scipy.special.stdtrit(len(both) - 1, (1 + CONFIDENCE) / 2)
    log = float(np.log(ratio))
    found = {**measured, "log_ratio": log, "standard_error": error}
    return Estimate(float(ratio), float(np.exp(log - half)), float(np.exp(log + half)), found)


def _cells(spells: Spells, treated: Flags, provider: Codes, cuts: Sequence[float] = CUTS_DAYS) -> _Cells:
    providers = int(provider.max()) + 1
    place = treated * providers + provider
    events, days = np.zeros((2, 2, len(cuts), providers))
    for piece, (low, high) in enumerate(zip(cuts, (*cuts[1:], np.inf), strict=True)):
        exposure = np.clip(np.minimum(spells.exit, high) - np.maximum(spells.entry, low), 0, None)
        ends = spells.event & (spells.exit > low) & (spells.exit <= high)
        days[:, piece] = np.bincount(place, weights=exposure, minlength=2 * providers).reshape(2, providers)
        events[:, piece] = np.bincount(place[ends], minlength=2 * providers).reshape(2, providers)
    return _Cells(events, days)


def _ratios(cells: _Cells, weight: Floats) -> Floats:
    """Fit hazard = ratio^treated x piece x provider by maximum likelihood, once for each row of weights of providers.

    Each factor in turn is what is observed over what the two others expect (iterative proportional fitting), which
    climbs to the maximum; a factor without events is zero and takes its cells out.
    """
    events, days = cells.events, cells.days
    of_provider = events.sum(axis=(0, 1))
    of_piece = np.einsum("tkp,bp->bk", events, weight)
    of_treated = np.einsum("kp,bp->b", events[1], weight)
    provider = np.ones_like(weight)
    piece, ratio = np.ones_like(of_piece), np.ones(len(weight))
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_ROUNDS):
            before = ratio
            exposure = [np.einsum("kp,bk->bp", side, piece) for side in days]
            provider = np.nan_to_num(of_provider / (exposure[0] + ratio[:, None] * exposure[1]))
            exposure = [np.einsum("kp,bp->bk", side, provider * weight) for side in days]
            piece = np.nan_to_num(of_piece / (exposure[0] + ratio[:, None] * exposure[1]))
            ratio = of_treated / np.einsum("bk,bk->b", piece, exposure[1])
            if np.nanmax(np.abs(ratio / before - 1)) < _CLOSE:
                break
    return ratio
