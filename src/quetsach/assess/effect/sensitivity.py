"""How much would have to be wrong for an effect to be none: what is said beside the number, in words.

Nobody can show that the treated would have gone on like the others. What can be said is how large the difference would
have to be (after Rambachan and Roth 2023 for a drift, VanderWeele and Ding 2017 for an unknown cause), and what another
outcome shows that the campaign cannot have changed (a negative control).
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

import scipy

from quetsach.assess.effect.clumps import LOSS_UNSEEN
from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Answer, Check, Finding, Method, Part, as_reduction
from quetsach.assess.effect.method_texts import LATEST
from quetsach.assess.effect.panel import Panel
from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, Notice
from quetsach.core.text import NO_TEXT, Joined, LocalText, Number, Text

# A finding that another account of what would have been does not agree with is printed wider.

OFTEN: Final = 0.5
"""How often, at most, all accounts together may widen a panel in which each of them agrees but for chance.

Of two accounts each agrees where a quarter of the differences by chance are as large, of four where an eighth are. Not
0.05 each: tests of trends before a start overlook most trends that matter (Roth 2022). Not more: what the time before
does not exclude is told beside the interval (``strict``), and a verdict must hold by it.
"""
AGREES_AT_MOST: Final = 0.25
STRICTER: Final = NormalDist().inv_cdf(0.99) / NormalDist().inv_cdf(0.975)
"""Times as wide as a 95 % interval is one of 98 %.

Where such an account is the true one, and no other is wider, its own interval is all that keeps a verdict from being
wrong: at 95 % that would be in 2.5 of 100, with nothing to spare.
"""
PERIODS_FOR: Final[Mapping[str, int]] = {"line": 4, "bent": 6}
"""Periods before the start from which a line, or a curve, can be told from noise at all."""
LOST_IN: Final = 0.3
"""Share of the treated for which the answer says what a loss that is not found would do."""
PEAK: Final = 2
"""Periods just before a start that may be the peak that it was a response to."""


@dataclass(frozen=True, slots=True)
class Rival:
    """The effect by another account of what would have been, and how often chance makes the two differ as much.

    Of one that ``may_hold`` the time before the start says too little to exclude it: a verdict must hold by it as well.
    One that ``is_told`` is printed in any case.
    """

    name: str
    interval: Estimate
    agrees: float
    may_hold: bool = False
    is_told: bool = False


NAMES: Final = {
    "line": Text("If the gap had kept its trend of before"),
    "mean-before": Text("Against the mean of all periods before the start, not the last alone"),
    "bent": Text("If the gap was on a curve already before the start"),
    "peak-left-out": Text("Without the periods just before the start, which may be a peak"),
    "bias-corrected": Text("Less what the misfit before the start would have led to"),
    "in-time": Text("Less the effect of a start pretended earlier"),
    "strayed": Text("If the gap between the groups moves by itself after the start as far as it did before"),
    "negative-control": Text("Less the effect that the negative control shows"),
}


def widened(found: Finding, rivals: Iterable[Rival]) -> Finding:
    """Return a finding whose interval reaches as far as those of all accounts that differ from it by more than chance.

    On the side on which they differ: of an account that says less nothing follows for more. One that has the same value
    widens both.
    """
    rivals = tuple(rivals)
    agrees_from = min(AGREES_AT_MOST, OFTEN / max(1, len(rivals)))
    wide, strict = found.effect, found.strict or found.effect
    parts = []
    for rival in rivals:
        differs = rival.agrees < agrees_from
        if differs:
            wide, strict = _towards(wide, rival.interval), _towards(strict, rival.interval)
        if rival.may_hold:
            strict = around(strict, stretched(rival.interval))
        if differs or rival.may_hold or rival.is_told:
            parts.append(Part(rival.name, NAMES[rival.name], rival.interval))
    return replace(found, effect=wide, strict=None if strict == wide else strict, parts=(*found.parts, *parts))


def stretched(one: Estimate) -> Estimate:
    """Return a 95 % interval as one of 98 %."""
    below, above = one.value - one.low, one.high - one.value
    return replace(one, low=one.value - STRICTER * below, high=one.value + STRICTER * above)


def confidence_stretched(confidence: float) -> float:
    """Return how sure an interval of so much confidence is once it is stretched."""
    return float(2 * scipy.special.ndtr(STRICTER * scipy.special.ndtri((1 + confidence) / 2)) - 1)


def _towards(one: Estimate, other: Estimate) -> Estimate:
    return replace(
        one,
        low=min(one.low, other.low) if other.value <= one.value else one.low,
        high=max(one.high, other.high) if other.value >= one.value else one.high,
    )


def around(one: Estimate, other: Estimate) -> Estimate:
    """Return an interval that holds another as well."""
    return replace(one, low=min(one.low, other.low), high=max(one.high, other.high))


def sensitivity(found: Finding) -> Iterator[LocalText]:
    """Say what the time before does not exclude, and how large a drift or unknown cause would overturn an effect.

    And of several starts, what a regression with one coefficient would have compared.
    """
    if told := not_excluded(found):
        yield told
    if (forbidden := found.effect.measured.get("regression_forbidden")) is not None:
        yield Text(
            "A regression with one coefficient would take {share} % of its weight from comparisons with "
            "units already treated; none of these is used here.",
            share=Number(100 * forbidden),
        )
    if found.effect.low <= 0 <= found.effect.high:
        return
    if (reached := as_reduction(_seen_through(found.effect), found.scale, found.after_mean)) and reached.value > 0:
        told = _percent(reached.value)
        yield Text(
            "If a fifth of the effect reaches the controls (the same television, a neighbouring province, "
            "the same provider), the true reduction is about {told}, more than is seen.",
            told=told,
        )
    yield from _of_feeds(found)
    measured = found.effect.measured
    if "drift_to_overturn" in measured:
        needed, seen = (_drift(measured[f"drift_{name}"], found) for name in ("to_overturn", "not_excluded"))
        yield Text(
            "If the treated had drifted away from the others by {needed} a period after the start without "
            "any campaign, there would be no effect to tell. The time before does not exclude up to {seen} a "
            "period.",
            needed=needed,
            seen=seen,
        )
    if (factor := e_value(found)) is not None:
        yield Text(
            "For an unknown cause to explain all of it, that cause would have to be {told} times as common "
            "among the treated, and lower the figure {told} times by itself (by the end of the interval "
            "nearest to none).",
            told=Number(factor, decimals=1),
        )


def _of_feeds(found: Finding) -> Iterator[LocalText]:
    """Say which lost feeds would not be found in the panel, where the figure fell."""
    if found.effect.value >= 0:
        return
    yield Text(
        "A feed that all treated units lose at once, or the only one that is treated, looks just like an effect, and "
        "no figure of the panel tells the two apart: compare what the sensors reached before the start and after it."
    )
    gap = found.effect.measured.get(LOSS_UNSEEN)
    if gap is None:
        return
    value, moved = found.effect.value, LOST_IN * gap
    loss = _drift(gap, found)
    reach = _points(math.exp(value + moved) - math.exp(value)) if found.scale.is_log else _plain(moved)
    yield Text(
        "Where only some of the treated lose a feed, a loss of less than about {loss} is not found. Just under that in "
        "{share} % of them would make the effect look larger by {reach} than it is.",
        loss=loss,
        share=Number(100 * LOST_IN),
        reach=reach,
    )


def not_excluded(found: Finding) -> LocalText | None:
    """Say by which range a target is judged, and why it is wider than the interval; None where it is not."""
    reached = range_judged(found)
    if reached is None:
        return None
    if found.method is Method.WEDGE:
        return _of_wedge(found, reached)
    what = Text("the reduction") if found.judged else Text("the effect")
    before = found.effect.measured.get("periods_before", 0.0)
    return Text(
        "{before} periods before the start do not exclude that the gap between the groups was on a trend "
        "or a curve of its own. With that, {what} is anything {reached}; a target is judged by this "
        "range.",
        before=Number(before),
        what=what,
        reached=reached,
    )


def _of_wedge(found: Finding, reached: LocalText) -> LocalText:
    """Say that an order drawn by lot leaves chance alone, and whether the effect may be wearing off."""
    is_late = any(part.id == LATEST for part in found.parts)
    late = (
        Text(" and by the later half of the times named alone too, because the effect may be wearing off")
        if is_late
        else NO_TEXT
    )
    sure = _sure(found)
    return Text(
        "So that a wrong verdict is rare, a target is judged by the interval of {sure} %{late}: {reached}.",
        sure=sure,
        late=late,
        reached=reached,
    )


def _sure(found: Finding) -> int:
    """Return the confidence of the range that a wedge is judged by, in per cent: less where draws are few."""
    return int(100 * confidence_stretched(found.confidence) + 1e-6)


def range_judged(found: Finding) -> LocalText | None:
    """Return the range of the reduction (else of the effect) by which a target is judged; None if it is the interval.

    In words, from where to where.
    """
    if found.strict is None:
        return None
    judged, tell = (found.judged, _percent) if found.judged else (found.strict, _plain)
    low, high = tell(judged.low), tell(judged.high)
    return Text("from {low} to {high}", low=low, high=high)


def judged_name(found: Finding) -> LocalText:
    """Name the range that ``range_judged`` returns, in a table."""
    if found.method is Method.WEDGE:
        sure = _sure(found)
        return Text("Range by which a target is judged ({sure} %)", sure=sure)
    return Text("With any trend or curve that is not excluded")


def e_value(found: Finding) -> float | None:
    """Return the E-value of the end of the interval nearest to no effect; None without a fall."""
    reduction = found.reduction
    if reduction is None or not 0 < reduction.low < 1:
        return None
    ratio = 1 / (1 - reduction.low)
    return ratio + math.sqrt(ratio * (ratio - 1))


def _drift(size: float, found: Finding) -> LocalText:
    return _percent(-math.expm1(-size)) if found.scale.is_log else _plain(size)


def _plain(size: float) -> LocalText:
    return Joined((Number(size, decimals=2),))


def _points(share: float) -> LocalText:
    return Text("{points} points", points=Number(100 * share, decimals=1))


def _percent(share: float) -> LocalText:
    return Text("{share} %", share=Number(100 * share, decimals=1))


def with_spill_over(found: Finding, share: float) -> Finding:
    """Return a finding whose interval also holds the effect if up to a share of it reaches those it is held against.

    On a logarithmic scale, and on levels, what is then seen is the effect less that share of it (Butts 2021). The
    estimate stays: nobody has seen the share.

    Args:
        found: what was found as if nothing reached them.
        share: at most, from 0 to less than 1.
    """
    if not share:
        return found
    notice = Notice(
        "spill-over",
        Text(
            "The interval also holds the effect if up to {share} % of it reaches the controls: then it is "
            "larger than what is seen. That share was stated by whoever analysed, and these data cannot "
            "check it.",
            share=Number(100 * share),
        ),
    )
    strict = None if found.strict is None else _reaching(found.strict, share)
    return replace(found, effect=_reaching(found.effect, share), strict=strict).telling(notice)


def _seen_through(one: Estimate) -> Estimate:
    """Return the effect of which a fifth reaches the controls, where this is what is seen."""
    return Estimate(one.value / 0.8, one.low / 0.8, one.high / 0.8)


def _reaching(one: Estimate, share: float) -> Estimate:
    measured = {**one.measured, "spill_over": share}
    return replace(
        one, low=min(one.low, one.low / (1 - share)), high=max(one.high, one.high / (1 - share)), measured=measured
    )


def with_negative_control(found: Answer, negative: Answer) -> Answer:
    """Return a finding that was held against an outcome which the campaign cannot have changed.

    What seems to be an effect there is an error that the finding may have as well: it widens the interval, and where it
    is told from chance no verdict is given.
    """
    if isinstance(found, NotEstimable):
        return found
    if isinstance(negative, NotEstimable):
        return found.telling(_NOT_COMPARED)
    check = Check("negative-control", _TEXT, negative.p_value, least=HOLDS_AT_LEAST)
    own, other = found.effect, negative.effect
    value = own.value - other.value
    below = math.hypot(own.value - own.low, other.high - other.value)
    above = math.hypot(own.high - own.value, other.value - other.low)
    moved = Estimate(value, value - below, value + above)
    checked = replace(found, checks=(*found.checks, check))
    return widened(checked, [Rival("negative-control", moved, negative.p_value)])


def require_same_design(panel: Panel, negative: Panel) -> None:
    """Hold the units, periods and starts of a negative control against those of the panel.

    Raises:
        AssessError: they differ.
    """
    begun, other = (dict(zip(one.units, one.starts.tolist(), strict=True)) for one in (panel, negative))
    if begun != other or panel.periods.labels != negative.periods.labels:
        raise AssessError(
            Text("the negative control has other units, periods or starts than the panel"),
            hint=Text("the same lines with another outcome: a botnet that the campaign did not aim at"),
        )


_TEXT = Text(
    "Negative control (an outcome that the campaign cannot have changed): how often chance alone gives an effect as "
    "large there (p value; under 0.05 something else is changing the figures)"
)
_NOT_COMPARED = Notice(
    "negative-control-refused",
    Text("The negative control gave no number, so nothing was checked by it."),
)
