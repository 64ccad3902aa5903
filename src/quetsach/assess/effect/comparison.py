"""A complete panel with who begins together in it: what every contrast of difference in differences is made of."""

from dataclasses import dataclass

import numpy as np

from quetsach.assess.effect.contrast import Groups, Told, told
from quetsach.assess.effect.group_time import Base, Starts, last_before, mean_before
from quetsach.assess.effect.panel import Floats, Panel
from quetsach.assess.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Comparison:
    """A complete panel, and who begins together in it."""

    panel: Panel
    groups: Groups

    @property
    def starts(self) -> Starts:
        """When the kinds of units begin."""
        return Starts(self.groups.starts, self.groups.sizes, self.panel.shape[1])

    @property
    def is_common(self) -> bool:
        """Whether all treated units begin together."""
        return len(self.panel.cohorts) == 1

    @property
    def base(self) -> Base:
        """What is taken away from each period: the mean before a common start, else the last period before each."""
        return mean_before(self.panel.shape[1]) if self.is_common else last_before(self.panel.shape[1])

    @property
    def under(self) -> Floats:
        """1 in cells under treatment (units x periods)."""
        return self.panel.is_under_treatment.astype(np.float64)

    def told(self, weights: Floats) -> Told | Refusal:
        """Return what a contrast says."""
        return told(self.panel.outcome, self.under, self.groups, weights)
