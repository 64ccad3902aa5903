"""A finding that another account of what would have been does not agree with is printed wider."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from scipy import stats

from quetsach.assess.effect.finding import Finding, Part
from quetsach.assess.estimate import Estimate
from quetsach.core.pack import LocalText

OFTEN: Final = 0.5
"""How often, at most, all accounts together may widen a panel in which each of them agrees but for chance.

Of two accounts each agrees where a quarter of the differences by chance are as large, of four where an eighth are. Not
0.05 each: tests of trends before a start overlook most trends that matter (Roth 2022). Not more: what the time before
does not exclude is told beside the interval (``strict``), and a verdict must hold by it.
"""
AGREES_AT_MOST: Final = 0.25
STRICTER: Final = float(stats.norm.ppf(0.99) / stats.norm.ppf(0.975))
"""Times as wide as a 95 % interval is one of 98 %.

Where such an account is the true one, and no other is wider, its own interval is all that keeps a verdict from being
wrong: at 95 % that would be in 2.5 of 100, with nothing to spare.
"""
PERIODS_FOR: Final[Mapping[str, int]] = {"line": 4, "bent": 6}
"""Periods before the start from which a line, or a curve, can be told from noise at all."""
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
    "line": LocalText(
        "Nếu không có chiến dịch mà chênh lệch tiếp tục theo xu hướng cũ",
        "If the gap had kept its trend of before",
    ),
    "mean-before": LocalText(
        "Nếu so với trung bình của mọi kỳ trước khi bắt đầu, thay vì kỳ cuối",
        "Against the mean of all periods before the start, not the last alone",
    ),
    "bent": LocalText(
        "Nếu chênh lệch vốn đã uốn cong trước khi bắt đầu",
        "If the gap was on a curve already before the start",
    ),
    "peak-left-out": LocalText(
        "Nếu bỏ các kỳ ngay trước khi bắt đầu (có thể là đỉnh)",
        "Without the periods just before the start, which may be a peak",
    ),
    "bias-corrected": LocalText(
        "Nếu trừ phần mà độ lệch trước khi bắt đầu đã báo trước",
        "Less what the misfit before the start would have led to",
    ),
    "in-time": LocalText(
        "Trừ đi “tác động” của một thời điểm bắt đầu giả định sớm hơn",
        "Less the effect of a start pretended earlier",
    ),
    "negative-control": LocalText(
        "Trừ đi “tác động” thấy ở đối chứng âm",
        "Less the effect that the negative control shows",
    ),
}


def widened(found: Finding, rivals: Iterable[Rival]) -> Finding:
    """Return a finding whose interval reaches as far as those of all accounts that differ from it by more than chance.

    On the side on which they differ: of an account that says less nothing follows for more.
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
    return float(2 * stats.norm.cdf(STRICTER * stats.norm.ppf((1 + confidence) / 2)) - 1)


def _towards(one: Estimate, other: Estimate) -> Estimate:
    if other.value < one.value:
        return replace(one, low=min(one.low, other.low))
    return replace(one, high=max(one.high, other.high))


def around(one: Estimate, other: Estimate) -> Estimate:
    """Return an interval that holds another as well."""
    return replace(one, low=min(one.low, other.low), high=max(one.high, other.high))
