"""Effects by group and time (Callaway and Sant'Anna 2021), complete panels, and what the time before says of them.

Before anybody began, nothing but itself can have moved the gap between the groups. A start is pretended in that time,
in its last periods too. What then looks like an effect beyond chance is a course of its own (a season of another
phase, regions that move together), or an effect that began before its day.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Final

import numpy as np

from quetsach.assess.effect.contrast import Groups, Told, contrast_spread, differs, told
from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Check, Finding
from quetsach.assess.effect.panel import Floats, Ints, Panel
from quetsach.assess.effect.sensitivity import PEAK, PERIODS_FOR, Rival
from quetsach.assess.estimate import Estimate, NotEstimable, Notice
from quetsach.core.text import Text

# Weights of effects by group and time, for units that began at different times (Callaway and Sant'Anna 2021).
#
# ATT(g, t) is the change of those who began in g, from the period before g to t, less the same change of the units that
# have not begun by t. Each mean of such cells is one weighted sum of the outcomes (``contrast``).

type Base = Callable[[int, int], Floats]
"""What is taken away from period t of a group that begins in g: a sum over the periods before g (periods)."""
BEGINS_EARLY: Final = "begins-before-start"
_LEFT_AT_LEAST: Final = 2
"""Earlier periods that the last ones before a start are held against."""


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

    def shares(self, groups: Ints, times: Ints) -> Floats:
        """Return the weights (cells x kinds) of the mean of each group, less that of those who begin after its time."""
        own, others = self.starts == groups[:, None], self.starts > np.maximum(groups, times)[:, None]
        return np.asarray(own / (own @ self.sizes)[:, None] - others / (others @ self.sizes)[:, None])

    def against(self, group: int, time: int, course: Floats) -> Floats:
        """Return the weights of a sum over time (periods) of a group, less that of those who begin after ``time``."""
        return np.asarray(self.shares(np.array([group]), np.array([time])).T * course)

    def mean(self, cells: list[tuple[int, int]], base: Base) -> Floats:
        """Return the weights (kinds x periods) of the mean of ATT(g, t), each counted by how many units it has."""
        groups, times = np.array(cells).T
        courses = np.array([-base(group, time) for group, time in cells])
        courses[np.arange(len(cells)), times] += 1
        counts = (self.starts == groups[:, None]) @ self.sizes
        return np.asarray((self.shares(groups, times) * (counts / counts.sum())[:, None]).T @ courses)


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


@dataclass(frozen=True, slots=True)
class _Pretended:
    """A start pretended ``lead`` periods before the true one, or that leaves a ``part`` of the time before after it."""

    lead: int | None = None
    part: float = 0.0

    @property
    def periods_needed(self) -> int:
        """How long the time before has to be: of a lead just so many periods are compared, and not fewer."""
        return max(PERIODS_FOR_START, (self.lead or 0) + _LEFT_AT_LEAST)

    def weights(self, periods: int, start: int) -> Floats:
        """Return the weights (periods) of the mean of the last periods before a start less that of all earlier ones."""
        count = self.lead or min(round(self.part * start), start - _LEFT_AT_LEAST)
        made = np.zeros(periods)
        made[: start - count] = -1 / (start - count)
        made[start - count : start] = 1 / count
        return made


_PRETENDED: Final = (*(_Pretended(lead=lead) for lead in (1, 2, 4)), *(_Pretended(part=p) for p in (0.25, 0.5, 0.75)))
"""An effect may have begun already in the periods just before the start; a course of its own may turn anywhere."""


@dataclass(frozen=True, slots=True)
class Strayed:
    """How far at most the gap moved between two parts of the time before, and how often chance moves it as much.

    ``lead`` is in how many last periods, where it was in these that it did. ``p_scaled`` is how often chance moves it
    as much in proportion to all it moved before the start: a noisy unit strays far, and begins nothing early.
    """

    reach: float
    p_value: float
    lead: int | None
    p_scaled: float = 0.0

    def rival(self, told: Estimate) -> Rival:
        """Return the account in which the gap moves by itself after the start as far as before, whichever way."""
        return Rival("strayed", Estimate(told.value, told.low - self.reach, told.high + self.reach), self.p_value)

    def notices(self) -> Iterator[Notice]:
        """Say that the gap moved just before the start, if it did."""
        if self.lead is None or max(self.p_value, self.p_scaled) >= HOLDS_AT_LEAST:
            return
        yield Notice(
            BEGINS_EARLY,
            Text(
                "In the last period before the start the gap between the groups moved by more than chance: the effect "
                "may begin before the declared start, or the start was a response to a peak.",
                many="In the last {count} periods before the start the gap between the groups moved by more than "
                "chance: the effect may begin before the declared start, or the start was a response to a peak.",
                count=self.lead,
            ),
        )


def strayed_before(comparison: Comparison, whole: Told) -> Strayed | None:
    """Pretend starts in the time before, in its last periods too, and take the "effect" that stands out most.

    Nothing happened then, so that what is beyond chance is a course that the gap between the groups has of its own, or
    an effect that began before its day. Chance is asked for all pretended starts together. None in too short a time.
    """
    tried: list[tuple[int | None, Floats]] = []
    for pretended in _PRETENDED:
        course = partial(pretended.weights, comparison.panel.shape[1])
        weights = before_starts(comparison, course, at_least=pretended.periods_needed)
        if weights is not None:
            tried.append((pretended.lead, weights))
    if not tried:
        return None
    groups, without = comparison.groups, comparison.panel.outcome - whole.spread.value * comparison.under
    values = np.array([groups.sums(without @ one.T, groups.kind[None])[0] for _, one in tried])
    chance = np.array([groups.sums(without @ one.T, groups.drawn) for _, one in tried])
    found = _standing_out(values, chance, [lead for lead, _ in tried])
    if found is None:
        return None
    strayed, at = found
    by_t = len(tried) * differs(without, groups, tried[at][1])[1]  # Bonferroni: the treated may be noisier
    return replace(strayed, p_value=max(strayed.p_value, min(1.0, by_t)))


def strayed_among(gap: Floats, gaps: Floats, start: int) -> Strayed | None:
    """Do the same of a gap (periods) before its start, held against those of placebos (placebos x periods)."""
    tried = [pretended for pretended in _PRETENDED if start >= pretended.periods_needed]
    if not tried:
        return None
    weights, leads = np.array([one.weights(len(gap), start) for one in tried]), [one.lead for one in tried]
    found = _standing_out(weights @ gap, weights @ gaps.T, leads)
    if found is None:
        return None
    own, noise = (part.std(axis=-1) for part in (gap[:start], gaps[:, :start]))
    scaled = _standing_out(weights @ gap / own, weights @ gaps.T / noise, leads)
    return replace(found[0], p_scaled=scaled[0].p_value if scaled else 1.0)


def _standing_out(values: Floats, chance: Floats, leads: Sequence[int | None]) -> tuple[Strayed, int] | None:
    """Return what stands out most among pretended starts (values, leads; chance: the same x draws), and at which."""
    usual = chance.std(axis=1)
    if not usual.all():
        return None
    largest, most = (np.abs(chance) / usual[:, None]).max(axis=0), np.abs(values) / usual
    at = int(most.argmax())
    by_chance = float((1 + (largest >= most[at]).sum()) / (1 + len(largest)))
    return Strayed(float(np.abs(values).max()), by_chance, leads[at]), at
