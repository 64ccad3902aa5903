"""Kaplan and Meier's curve, with late entries."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from quetsach.assess.cases.episode import Codes, Floats
from quetsach.assess.cases.spell import Spells
from quetsach.assess.estimate import CONFIDENCE, Answer, Estimate
from quetsach.assess.refusal import Refusal, RefusalReason


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
        spread = norm.ppf((1 + CONFIDENCE) / 2) * np.sqrt(self.log_variance[inner]) / log  # negative
        low[inner], high[inner] = np.exp(log * np.exp(-spread)), np.exp(log * np.exp(spread))
        return low, high

    def at(self, days: float) -> Answer:
        """Return the share still infected after some days, with its log-log interval."""
        if days > self.longest:
            return Refusal(RefusalReason.NOT_WATCHED_FOR_LONG_ENOUGH, {"days": days, **self.measured})
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
            return Refusal(RefusalReason.MEDIAN_NOT_REACHED, self.measured)
        ends = [float(self.days[below.argmax()]) if (below := bound <= 0.5).any() else np.inf for bound in (low, high)]
        return Estimate(float(self.days[(self.share <= 0.5).argmax()]), ends[0], ends[1], self.measured)


def survival_curve(spells: Spells) -> Curve | Refusal:
    """Return the product-limit estimate; at risk at a time are those that entered before it and have not left before.

    Returns:
        A curve; a refusal without events, or where late entries leave nobody at risk in the middle, after which the
        curve would be zero whatever came later.
    """
    if not spells.event.any():
        return Refusal(RefusalReason.NO_DATA, {"spells": float(len(spells))})
    days, events = np.unique(spells.exit[spells.event], return_counts=True)
    at_risk = number_at_risk(spells, days)
    longest = float(spells.exit.max())
    if (at_risk == events)[:-1].any():
        emptied = float(days[(at_risk == events).argmax()])
        return Refusal(RefusalReason.NOBODY_AT_RISK, {"days": emptied, "spells": float(len(spells))})
    with np.errstate(divide="ignore"):
        share = np.cumprod(1 - events / at_risk)
        log_variance = np.cumsum(events / (at_risk * (at_risk - events)))
    return Curve(days, share, log_variance, at_risk, events, longest)


def number_at_risk(spells: Spells, days: Floats) -> Codes:
    """Return how many were at risk just before each of some days."""
    entered = np.searchsorted(np.sort(spells.entry), days, side="left")
    left = np.searchsorted(np.sort(spells.exit), days, side="left")
    return np.asarray(entered - left, dtype=np.int64)
