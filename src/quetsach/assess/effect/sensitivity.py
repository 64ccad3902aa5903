"""How much would have to be wrong for an effect to be none: what is said beside the number, in words.

Nobody can show that the treated would have gone on like the others. What can be said is how large the difference would
have to be (after Rambachan and Roth 2023 for a drift, VanderWeele and Ding 2017 for an unknown cause), and what another
outcome shows that the campaign cannot have changed (a negative control).
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from scipy import stats

from quetsach.assess.effect.finding import HOLDS_AT_LEAST, Answer, Check, Finding, Method, Part, as_reduction
from quetsach.assess.effect.method_texts import LATEST
from quetsach.assess.effect.panel import Panel
from quetsach.assess.estimate import AssessError, Estimate, Notice
from quetsach.assess.not_estimable import NotEstimable
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText

# A finding that another account of what would have been does not agree with is printed wider.

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
    "strayed": LocalText(
        "Nếu sau khi bắt đầu, chênh lệch giữa hai nhóm cũng tự xê dịch nhiều như trước đó",
        "If the gap between the groups moves by itself after the start as far as it did before",
    ),
    "negative-control": LocalText(
        "Trừ đi “tác động” thấy ở đối chứng âm",
        "Less the effect that the negative control shows",
    ),
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
    return float(2 * stats.norm.cdf(STRICTER * stats.norm.ppf((1 + confidence) / 2)) - 1)


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
        vi, en = (number_text(100 * forbidden, language) for language in ("vi", "en"))
        yield LocalText(
            f"Hồi quy với một hệ số chung sẽ lấy {vi}% trọng số từ phép so sánh với những đơn vị đã được can thiệp từ "
            "trước; ở đây không dùng phép so sánh nào như vậy.",
            f"A regression with one coefficient would take {en} % of its weight from comparisons with units already "
            "treated; none of these is used here.",
        )
    if found.effect.low <= 0 <= found.effect.high:
        return
    if (reached := as_reduction(_seen_through(found.effect), found.scale, found.after_mean)) and reached.value > 0:
        told = _percent(reached.value)
        yield LocalText(
            "Nếu một phần năm tác động lan sang nhóm đối chứng (xem cùng kênh truyền hình, ở tỉnh giáp ranh, dùng cùng "
            f"nhà mạng) thì mức giảm thật vào khoảng {told.vi}, lớn hơn mức thấy được.",
            "If a fifth of the effect reaches the controls (the same television, a neighbouring province, the same "
            f"provider), the true reduction is about {told.en}, more than is seen.",
        )
    measured = found.effect.measured
    if "drift_to_overturn" in measured:
        needed, seen = (_drift(measured[f"drift_{name}"], found) for name in ("to_overturn", "not_excluded"))
        yield LocalText(
            f"Nếu sau khi bắt đầu, không có chiến dịch mà các đơn vị được can thiệp vẫn lệch đi so với nhóm đối chứng "
            f"{needed.vi} mỗi kỳ thì không còn kết luận được là có tác động. Số liệu trước khi bắt đầu không loại trừ "
            f"mức lệch đến {seen.vi} mỗi kỳ.",
            f"If the treated had drifted away from the others by {needed.en} a period after the start without any "
            f"campaign, there would be no effect to tell. The time before does not exclude up to {seen.en} a period.",
        )
    if (factor := e_value(found)) is not None:
        told = LocalText(*(number_text(factor, language, decimals=1) for language in ("vi", "en")))
        yield LocalText(
            f"Để toàn bộ mức giảm chỉ do một nguyên nhân khác chưa biết, nguyên nhân ấy phải gặp ở nhóm được can thiệp "
            f"nhiều gấp {told.vi} lần và tự nó làm giảm {told.vi} lần (tính theo cận gần 0 nhất của khoảng tin cậy).",
            f"For an unknown cause to explain all of it, that cause would have to be {told.en} times as common among "
            f"the treated, and lower the figure {told.en} times by itself (by the end of the interval nearest to "
            "none).",
        )


def not_excluded(found: Finding) -> LocalText | None:
    """Say by which range a target is judged, and why it is wider than the interval; None where it is not."""
    reached = range_judged(found)
    if reached is None:
        return None
    if found.method is Method.WEDGE:
        return _of_wedge(found, reached)
    what = LocalText("mức giảm", "the reduction") if found.judged else LocalText("tác động", "the effect")
    before = found.effect.measured.get("periods_before", 0.0)
    vi, en = (number_text(before, language) for language in ("vi", "en"))
    return LocalText(
        f"{vi} kỳ trước khi bắt đầu chưa đủ để loại trừ khả năng chênh lệch giữa hai nhóm vốn đi theo một xu hướng "
        f"hoặc một đường cong riêng. Tính cả khả năng đó thì {what.vi} nằm trong khoảng {reached.vi}; chỉ tiêu được "
        "đánh giá theo khoảng này.",
        f"{en} periods before the start do not exclude that the gap between the groups was on a trend or a curve of "
        f"its own. With that, {what.en} is anything {reached.en}; a target is judged by this range.",
    )


def _of_wedge(found: Finding, reached: LocalText) -> LocalText:
    """Say that an order drawn by lot leaves chance alone, and whether the effect may be wearing off."""
    is_late = any(part.id == LATEST for part in found.parts)
    vi, en = (
        (
            ", tính cả trường hợp chỉ xét nửa sau của khoảng thời gian nêu trên vì tác động có thể đang giảm dần",
            " and by the later half of the times named alone too, because the effect may be wearing off",
        )
        if is_late
        else ("", "")
    )
    sure = _sure(found)
    return LocalText(
        f"Để hiếm khi kết luận nhầm, chỉ tiêu được đánh giá theo khoảng tin cậy {sure}%{vi}: {reached.vi}.",
        f"So that a wrong verdict is rare, a target is judged by the interval of {sure} %{en}: {reached.en}.",
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
    return LocalText(f"từ {low.vi} đến {high.vi}", f"from {low.en} to {high.en}")


def judged_name(found: Finding) -> LocalText:
    """Name the range that ``range_judged`` returns, in a table."""
    if found.method is Method.WEDGE:
        sure = _sure(found)
        return LocalText(f"Khoảng dùng để đánh giá chỉ tiêu ({sure}%)", f"Range by which a target is judged ({sure} %)")
    return LocalText(
        "Nếu kể cả xu hướng hoặc đường cong chưa loại trừ được", "With any trend or curve that is not excluded"
    )


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
    return LocalText(*(number_text(size, language, decimals=2) for language in ("vi", "en")))


def _percent(share: float) -> LocalText:
    vi, en = (number_text(100 * share, language, decimals=1) for language in ("vi", "en"))
    return LocalText(f"{vi}%", f"{en} %")


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
    vi, en = (number_text(100 * share, language) for language in ("vi", "en"))
    notice = Notice(
        "spill-over",
        LocalText(
            f"Khoảng tin cậy tính cả trường hợp tới {vi}% tác động lan sang nhóm đối chứng, khi đó tác động thật lớn "
            "hơn mức thấy được. Tỷ lệ này do người phân tích nêu, số liệu không kiểm tra được.",
            f"The interval also holds the effect if up to {en} % of it reaches the controls: then it is larger than "
            "what is seen. That share was stated by whoever analysed, and these data cannot check it.",
        ),
    )
    strict = None if found.strict is None else _reaching(found.strict, share)
    return replace(found, effect=_reaching(found.effect, share), strict=strict, notices=(*found.notices, notice))


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
        return replace(found, notices=(*found.notices, _NOT_COMPARED))
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
            "the negative control has other units, periods or starts than the panel",
            hint="the same lines with another outcome: a botnet that the campaign did not aim at",
        )


_TEXT = LocalText(
    "Đối chứng âm (số liệu mà chiến dịch không thể làm thay đổi): xác suất để chỉ ngẫu nhiên cũng cho “tác động” lớn "
    "bằng hoặc hơn (trị số p; nhỏ hơn 0,05: có nguyên nhân khác cũng làm thay đổi số liệu)",
    "Negative control (an outcome that the campaign cannot have changed): how often chance alone gives an effect as "
    "large there (p value; under 0.05 something else is changing the figures)",
)
_NOT_COMPARED = Notice(
    "negative-control-refused",
    LocalText(
        "Không phân tích được bảng đối chứng âm, nên chưa kiểm tra được bằng cách này.",
        "The negative control gave no number, so nothing was checked by it.",
    ),
)
