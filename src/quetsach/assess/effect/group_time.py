"""Effects by group and time (Callaway and Sant'Anna 2021), complete panels, and what the time before says of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from quetsach.assess.effect.contrast import Groups, Told, contrast_spread, differs, told
from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Check, Finding
from quetsach.assess.effect.panel import Floats, Ints, Panel
from quetsach.assess.effect.sensitivity import PEAK, PERIODS_FOR, Rival
from quetsach.assess.not_estimable import NotEstimable
from quetsach.core.text import Text

# Weights of effects by group and time, for units that began at different times (Callaway and Sant'Anna 2021).
#
# ATT(g, t) is the change of those who began in g, from the period before g to t, less the same change of the units that
# have not begun by t. Each mean of such cells is one weighted sum of the outcomes (``contrast``).

type Base = Callable[[int, int], Floats]
"""What is taken away from period t of a group that begins in g: a sum over the periods before g (periods)."""


@dataclass(frozen=True, slots=True)
class Starts:
    """When the kinds of units begin (kinds), how much each counts (its units), and how many periods there are."""

    starts: Ints
    sizes: Floats
    periods: int

    def cells(self) -> list[tuple[int, int]]:
        """Return the groups and periods under treatment for which some unit has not begun."""
        return [
            (int(start), time)
            for start in self.starts[self.starts < self.periods]
            for time in range(int(start), self.periods)
            if (self.starts > time).any()
        ]

    def leads(self) -> list[tuple[int, int]]:
        """Return the groups and periods before their last one before the start."""
        treated = self.starts[self.starts < self.periods]
        return [(int(g), time) for g in treated if (self.starts > g).any() for time in range(int(g) - 1)]

    def shares(self, group: int, time: int) -> Floats:
        """Return the weights (kinds) of the mean of a group, less that of those who begin after ``time``."""
        own, others = self.starts == group, self.starts > max(group, time)
        return np.asarray(own / self.sizes[own].sum() - others / self.sizes[others].sum())

    def against(self, group: int, time: int, course: Floats) -> Floats:
        """Return the weights of a sum over time (periods) of a group, less that of those who begin after ``time``."""
        return np.asarray(self.shares(group, time)[:, None] * course)

    def mean(self, cells: list[tuple[int, int]], base: Base) -> Floats:
        """Return the weights (kinds x periods) of the mean of ATT(g, t), each counted by how many units it has."""
        size = {int(start): float(count) for start, count in zip(self.starts, self.sizes, strict=True)}
        total = sum(size[group] for group, _ in cells)
        courses = np.array([-base(group, time) for group, time in cells])
        courses[np.arange(len(cells)), [time for _, time in cells]] += 1
        shares = np.array([size[group] / total * self.shares(group, time) for group, time in cells])
        return np.asarray(shares.T @ courses)


def last_before(periods: int) -> Base:
    """Take away the last period before the start."""
    return lambda group, _: np.eye(periods)[group - 1]


def mean_before(periods: int, *, left_out: int = 0) -> Base:
    """Take away the mean of all periods before the start, but for the last ``left_out``."""
    return lambda group, _: (np.arange(periods) < group - left_out) / (group - left_out)


def course_before(positions: Ints, degree: int) -> Base:
    """Take away what the line (degree 1) or curve through all periods before the start would have reached."""
    time = positions.astype(np.float64) / max(1, int(positions[-1]))

    @cache
    def fitted(group: int) -> tuple[Floats, Floats]:
        columns = (time - time[group - 1])[:, None] ** np.arange(degree + 1)
        return columns, np.linalg.pinv(columns[:group])

    def base(group: int, at: int) -> Floats:
        columns, inverse = fitted(group)
        made = np.zeros(len(time))
        made[:group] = columns[at] @ inverse
        return made

    return base


# A complete panel with who begins together in it: what every contrast of difference in differences is made of.


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

    def told(self, weights: Floats) -> Told | NotEstimable:
        """Return what a contrast says."""
        return told(self.panel.outcome, self.under, self.groups, weights)


# What the time before the start says of a difference in differences: drift, trend, curve, and a start at a peak.
#
# Another account of what would have been widens the interval where it differs from the usual one by more than chance.

PERIODS_FOR_START: Final = 4
"""Before a start, from which its time before tells a slope, or a start pretended in it."""
_NO_DRIFT: Final = 1e-9


def with_drift(found: Finding, comparison: Comparison, cells: list[tuple[int, int]]) -> Finding:
    """Measure how fast the treated drifted before, at most, and how fast they would have to for no effect to be left.

    Per period, in units of the outcome or of its logarithm.
    """
    panel, starts, slopes = comparison.panel, comparison.starts, _slopes(comparison)
    if slopes is None:
        return found
    before = contrast_spread(panel.outcome, comparison.groups, slopes)
    if isinstance(before, NotEstimable):
        return found
    seen = before.interval()
    drifting, kind = panel.treated[:, None] * panel.periods.positions.astype(np.float64), comparison.groups.kind
    lag, unit = (
        abs(float((panel.weight[:, None] * w[kind] * drifting).sum()))
        for w in (starts.mean(cells, comparison.base), slopes)
    )  # what a drift of 1 a period adds to the effect, and to the slope before
    if min(lag, unit) < _NO_DRIFT:
        return found  # nobody is never treated: all would drift alike
    nearest = min(abs(found.effect.low), abs(found.effect.high)) * (not found.effect.low <= 0 <= found.effect.high)
    drift = {"drift_not_excluded": max(abs(seen.low), abs(seen.high)) / unit, "drift_to_overturn": nearest / lag}
    return replace(found, effect=replace(found.effect, measured={**found.effect.measured, **drift}))


def rivals_of(comparison: Comparison, cells: list[tuple[int, int]], whole: Told) -> list[Rival]:
    """Say what would have been in other ways, and how often chance alone makes them differ as much."""
    starts, made = comparison.starts, []
    periods, positions = comparison.panel.shape[1], comparison.panel.periods.positions
    bases = (
        ("line", PERIODS_FOR["line"], course_before(positions, 1)),
        ("bent", PERIODS_FOR["bent"], course_before(positions, 2)),
        ("peak-left-out", 2 * PEAK, mean_before(periods, left_out=PEAK)),
        ("mean-before", 2, mean_before(periods)),
    )
    for name, least, base in bases:
        if name == "mean-before" and comparison.is_common:
            continue
        usable = [(group, time) for group, time in cells if group >= least]
        if not usable:
            continue
        other = comparison.told(starts.mean(usable, base))
        apart = starts.mean(usable, base) - starts.mean(usable, comparison.base)
        if not isinstance(other, NotEstimable):
            without = comparison.panel.outcome - whole.spread.value * comparison.under
            agrees = max(differs(without, comparison.groups, apart))  # as the interval: the wider of both
            made.append(Rival(name, other.interval, agrees, may_hold=name in ("line", "bent")))
    return made


def before_starts(
    comparison: Comparison, course: Callable[[int], Floats], *, at_least: int = PERIODS_FOR_START
) -> Floats | None:
    """Return the weights (kinds x periods) of the mean over groups of a sum over the time before each (periods).

    None where no group has time enough before its start (``at_least`` so many periods), and others that begin later.
    """
    starts = comparison.starts
    groups = [int(group) for group in starts.starts if at_least <= group < starts.periods]
    size = {group: float(starts.sizes[starts.starts == group][0]) for group in groups if (starts.starts > group).any()}
    if not size:
        return None
    parts = [count / sum(size.values()) * starts.against(group, group, course(group)) for group, count in size.items()]
    return np.asarray(sum(parts))


def _slopes(comparison: Comparison) -> Floats | None:
    """Return the weights (kinds x periods) of the mean slope before the start, of the treated less the others."""
    time = comparison.panel.periods.positions.astype(np.float64)

    def slope(group: int) -> Floats:
        part = time[:group] - time[:group].mean()
        made = np.zeros(len(time))
        made[:group] = part / (part @ part)
        return made

    return before_starts(comparison, slope)


def trends_before(comparison: Comparison) -> tuple[Check, ...]:
    """Compare the slopes before the start: groups that drifted apart already would have gone on to."""
    if (slopes := _slopes(comparison)) is None:
        return ()
    _, p_value = differs(comparison.panel.outcome, comparison.groups, slopes)
    text = Text(
        "Did the groups drift apart before the start already (p value; under 0.05 they did, and the assumption of this "
        "method does not hold)"
    )
    return (Check("trends-before", text, p_value, least=HOLDS_AT_LEAST),)
