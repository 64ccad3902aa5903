"""How far the gap between the groups moved before anybody began, when nothing but itself can have moved it.

A start is pretended in the time before, in its last periods too. What then looks like an effect beyond chance is a
course of its own (a season of another phase, regions that move together), or an effect that began before its day.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from quetsach.assess.effect.contrast import Told, differs
from quetsach.assess.effect.finding import HOLDS_AT_LEAST
from quetsach.assess.effect.group_time import Comparison, before_starts
from quetsach.assess.effect.panel import Floats
from quetsach.assess.effect.sensitivity import Rival
from quetsach.assess.estimate import Estimate, Notice
from quetsach.core.text import Text

BEGINS_EARLY: Final = "begins-before-start"
_LEADS: Final = (1, 2, 4)
"""Periods just before the start in which an effect may have begun already."""
_PARTS: Final = (0.25, 0.5, 0.75)
"""Of the time before: where a start is pretended."""
_PERIODS_FOR_STARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Strayed:
    """How far at most the gap moved between two parts of the time before, and how often chance moves it as much.

    ``lead`` is in how many last periods, where it was in these that it did.
    """

    reach: float
    p_value: float
    lead: int | None

    def rival(self, told: Estimate) -> Rival:
        """Return the account in which the gap moves by itself after the start as far as before, whichever way."""
        return Rival("strayed", Estimate(told.value, told.low - self.reach, told.high + self.reach), self.p_value)

    def notices(self) -> Iterator[Notice]:
        """Say that the gap moved just before the start, if it did."""
        if self.lead is None or self.p_value >= HOLDS_AT_LEAST:
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
    periods, tried = comparison.panel.shape[1], []
    for pretended in _pretended(periods):
        weights = before_starts(comparison, pretended)
        if weights is not None:
            tried.append(weights)
    if not tried:
        return None
    groups, without = comparison.groups, comparison.panel.outcome - whole.spread.value * comparison.under
    values = np.array([groups.sums(without @ one.T, groups.kind[None])[0] for one in tried])
    chance = np.array([groups.sums(without @ one.T, groups.drawn) for one in tried])
    found = _standing_out(values, chance)
    if found is None:
        return None
    strayed, at = found
    by_t = len(tried) * differs(without, groups, tried[at])[1]  # Bonferroni: the treated may be noisier
    return replace(strayed, p_value=max(strayed.p_value, min(1.0, by_t)))


def strayed_among(gap: Floats, gaps: Floats, start: int) -> Strayed | None:
    """Do the same of a gap (periods) before its start, held against those of placebos (placebos x periods)."""
    if start < _PERIODS_FOR_STARTS:
        return None
    weights = np.array([pretended(start) for pretended in _pretended(len(gap))])
    found = _standing_out(weights @ gap, weights @ gaps.T)
    return found and found[0]


def _standing_out(values: Floats, chance: Floats) -> tuple[Strayed, int] | None:
    """Return what stands out most among pretended starts (values; chance: the same x draws), and at which."""
    usual = chance.std(axis=1)
    if not usual.all():
        return None
    largest, most = (np.abs(chance) / usual[:, None]).max(axis=0), np.abs(values) / usual
    at = int(most.argmax())
    by_chance = float((1 + (largest >= most[at]).sum()) / (1 + len(largest)))
    return Strayed(float(np.abs(values).max()), by_chance, _LEADS[at] if at < len(_LEADS) else None), at


def _pretended(periods: int) -> Iterator[Callable[[int], Floats]]:
    """Yield, for each pretended start, the weights (periods) that a group with a start has: leads, then parts."""
    for lead in _LEADS:
        yield partial(_last, periods, lead=lead)
    for part in _PARTS:
        yield partial(_last, periods, part=part)


def _last(periods: int, start: int, *, lead: int = 0, part: float = 0.0) -> Floats:
    """Return the weights (periods) of the mean of the last periods before a start less that of all earlier ones."""
    count = min(lead or round(part * start), start - 2)
    made = np.zeros(periods)
    made[: start - count] = -1 / (start - count)
    made[start - count : start] = 1 / count
    return made
