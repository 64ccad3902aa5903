"""How far the gap between the groups moved before anybody began, when nothing but itself can have moved it.

A start is pretended in the time before, in its last periods too. What then looks like an effect beyond chance is a
course of its own (a season of another phase, regions that move together), or an effect that began before its day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from quetsach.assess.effect.contrast import Told, differs
from quetsach.assess.effect.finding import HOLDS_AT_LEAST
from quetsach.assess.effect.group_time import PERIODS_FOR_START, Comparison, before_starts
from quetsach.assess.effect.panel import Floats
from quetsach.assess.effect.sensitivity import Rival
from quetsach.assess.estimate import Estimate, Notice
from quetsach.core.text import Text

BEGINS_EARLY: Final = "begins-before-start"
_LEFT_AT_LEAST: Final = 2
"""Earlier periods that the last ones before a start are held against."""


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
