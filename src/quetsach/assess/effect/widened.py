"""A finding that another account of what would have been does not agree with is printed wider."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from quetsach.assess.effect.finding import Finding, Part
from quetsach.assess.estimate import Estimate
from quetsach.core.pack import LocalText

AGREES_FROM: Final = 0.25
"""Share of differences by chance from which two accounts agree.

Not 0.05: tests of trends before a start overlook most trends that matter (Roth 2022). Where a difference is met by
chance, the price is a wider interval in a quarter of the panels.
"""


@dataclass(frozen=True, slots=True)
class Rival:
    """The effect by another account of what would have been, and how often chance makes the two differ as much.

    Of one that ``may_hold`` the time before the start says too little to exclude it: a verdict must hold by it as well.
    """

    name: str
    interval: Estimate
    agrees: float
    may_hold: bool = False


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
    """Return a finding whose interval holds those of all accounts that differ from it by more than chance."""
    wide, strict = found.effect, found.strict or found.effect
    parts = []
    for rival in rivals:
        differs = rival.agrees < AGREES_FROM
        if differs:
            wide = _around(wide, rival.interval)
        if differs or rival.may_hold:
            strict = _around(strict, rival.interval)
            parts.append(Part(rival.name, NAMES[rival.name], rival.interval))
    return replace(found, effect=wide, strict=None if strict == wide else strict, parts=(*found.parts, *parts))


def _around(one: Estimate, other: Estimate) -> Estimate:
    return replace(one, low=min(one.low, other.low), high=max(one.high, other.high))
