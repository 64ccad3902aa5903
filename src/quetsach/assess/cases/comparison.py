"""The log-rank test: do groups become clean at the same rate?"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from quetsach.assess.cases.episode import Codes, Floats
from quetsach.assess.cases.spell import Spells
from quetsach.assess.cases.survival import number_at_risk
from quetsach.assess.refusal import Refusal, RefusalReason


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


def log_rank(spells: Spells, group: Codes, strata: Codes | None = None) -> LogRank | Refusal:
    """Compare groups, inside strata and then added up over these.

    Args:
        spells: times at risk.
        group: codes 0, 1, … of what is compared, one a spell.
        strata: codes of what the comparison is made inside of, such as providers.
    """
    groups = int(group.max()) + 1 if len(group) else 0
    if groups < 2 or not spells.event.any():
        return Refusal(RefusalReason.NOTHING_TO_COMPARE, {"groups": float(groups), "spells": float(len(spells))})
    observed, expected, covariance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    within = strata if strata is not None else np.zeros(len(spells), dtype=np.int64)
    for stratum in np.unique(within):
        chosen = within == stratum
        _add_stratum(spells.where(chosen), group[chosen], observed, expected, covariance)
    difference = (observed - expected)[1:]
    inner = covariance[1:, 1:]
    freedom = int(np.linalg.matrix_rank(inner))
    if not freedom:
        return Refusal(RefusalReason.NOTHING_TO_COMPARE, {"groups": float(groups), "spells": float(len(spells))})
    statistic = float(difference @ np.linalg.pinv(inner) @ difference)
    told = (tuple(float(n) for n in observed), tuple(float(n) for n in expected))
    return LogRank(statistic, freedom, float(chi2.sf(statistic, freedom)), *told)


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
