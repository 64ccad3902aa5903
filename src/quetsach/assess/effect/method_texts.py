"""What each method of effect is called and what it takes for granted, for reports and for the method note."""

from collections.abc import Iterator, Mapping
from typing import Final

from quetsach.assess.effect.finding import Counted, Finding, Method, Scale
from quetsach.assess.effect.panel import Panel, Periods
from quetsach.assess.effect.wedge_effects import Exposure
from quetsach.assess.estimate import Notice
from quetsach.core.pack import LocalText

# What is said of a stepped wedge.

AVERAGED: Final = LocalText("Trung bình theo thời gian kể từ khi bắt đầu", "Averaged over the time since the start")
LATEST: Final = "latest"
"""Identifier of the effect in the later half of the longest times."""
LATE: Final = LocalText(
    "Riêng nửa sau của khoảng thời gian ấy (tác động có thể đang giảm dần)",
    "In the later half of these times alone (the effect may be wearing off)",
)
WEARS_OFF: Final = Notice(
    "effect-wears-off",
    LocalText(
        "Tác động giảm dần theo thời gian kể từ khi bắt đầu, nên không phải là tác động lâu dài: con số trên chỉ đúng "
        "cho khoảng thời gian đã nêu, về sau còn lại bao nhiêu thì số liệu này không cho biết.",
        "The effect wears off as time passes since the start, so it is no lasting one: the figure holds for the times "
        "named, and what is left of it later these data do not tell.",
    ),
)


def time_name(periods: Periods, first: int, last: int) -> LocalText:
    """Name the times since the start from ``first`` to ``last`` (0 is that of the start)."""
    vi, en = ("Tuần", "Week") if periods.first_weekday is not None else ("Kỳ", "Period")
    if first == last:
        return LocalText(f"{vi} thứ {first + 1} kể từ khi bắt đầu", f"{en} {first + 1} since the start")
    return LocalText(
        f"{vi} thứ {first + 1} đến thứ {last + 1} kể từ khi bắt đầu", f"{en}s {first + 1} to {last + 1} since the start"
    )


def longest_times(periods: Periods, measured: Mapping[str, float]) -> LocalText:
    """Say which times since the start an effect is of (``since_first`` and ``since_last``, 1 is that of the start)."""
    vi, en = ("tuần", "week") if periods.first_weekday is not None else ("kỳ", "period")
    first, last = (int(measured[name]) for name in ("since_first", "since_last"))
    span = LocalText(
        f"ở {vi} thứ {last}" if first == last else f"từ {vi} thứ {first} đến {vi} thứ {last}",
        f"in the {_nth(last)} {en}" if first == last else f"from the {_nth(first)} to the {_nth(last)} {en}",
    )
    return LocalText(
        f"{span.vi} kể từ khi bắt đầu, là lúc muộn nhất mà vẫn còn đơn vị chưa bắt đầu để so sánh",
        f"{span.en} since the start, the longest at which others still waited",
    )


def _nth(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def notices(panel: Panel, exposure: Exposure, last: int, *, is_fading: bool) -> Iterator[Notice]:
    """Yield what to know beside the effect: that it wears off, and from when on nothing can be told."""
    if is_fading:
        yield WEARS_OFF
    if exposure.observed > last:
        vi, en = ("tuần", "week") if panel.periods.first_weekday is not None else ("kỳ", "period")
        text = LocalText(
            f"Từ {vi} thứ {last + 2} kể từ khi bắt đầu trở đi, không còn đơn vị nào chưa bắt đầu để so sánh cùng lúc. "
            "Số liệu của những kỳ ấy không được dùng, và tác động khi đó không ước lượng được.",
            f"From {en} {last + 2} since the start on, nobody is left who has not begun, to compare with at the same "
            "time. The figures of those periods are not used, and the effect then cannot be told.",
        )
        yield Notice("later-times-not-told", text)


BLOCKS_NOT_RECORDED: Final = Notice(
    "blocks-not-recorded",
    LocalText(
        "Thứ tự triển khai được rút thăm trong từng nhóm đơn vị có quy mô gần nhau, nhưng bản ghi không nêu mỗi nhóm "
        "gồm những đơn vị nào. Vì vậy, khi rút thăm lại, mọi đơn vị được hoán đổi tự do cho nhau; khoảng tin cậy "
        "thường rộng hơn mức cần thiết.",
        "The order was drawn within blocks of units of alike size, and the record does not say which units a block "
        "had. So all units are exchanged freely when it is drawn again, and the interval is usually wider than it has "
        "to be.",
    ),
)


def lead_text(width: int) -> LocalText:
    """Say what is looked for in the last periods before each start."""
    return LocalText(
        f"Trong {width} kỳ ngay trước khi bắt đầu, các đơn vị có khác những đơn vị còn lại không (trị số p; nhỏ hơn "
        "0,05 là có: thứ tự triển khai khi đó không ngẫu nhiên, hoặc tác động đến sớm)",
        f"Do units differ from the others in the {width} periods just before their start (p value; under 0.05 they do: "
        "the order was not random then, or the effect came early)",
    )


def permutation_text(draws: int) -> LocalText:
    """Say what drawing again tells."""
    return LocalText(
        f"Rút thăm lại thứ tự triển khai ({draws} lần): nếu chiến dịch không có tác động gì thì bao nhiêu phần số lần "
        "rút cho tác động lớn bằng hoặc hơn",
        f"The roll-out order drawn again ({draws} draws): share with an effect as large or larger, if the campaign did "
        "nothing",
    )


METHOD_NAMES: Mapping[Method, LocalText] = {
    Method.DID: LocalText("Sai biệt kép", "Difference in differences"),
    Method.SC: LocalText("Đối chứng tổng hợp", "Synthetic control"),
    Method.SDID: LocalText("Sai biệt kép tổng hợp", "Synthetic difference in differences"),
    Method.CITS: LocalText("Chuỗi thời gian gián đoạn có đối chứng", "Comparative interrupted time series"),
    Method.WEDGE: LocalText("Triển khai bậc thang ngẫu nhiên", "Stepped wedge"),
}
ASSUMPTIONS: Mapping[Method, LocalText] = {
    Method.DID: LocalText(
        "Giả định: không có chiến dịch thì hai nhóm đã thay đổi như nhau. Khoảng tin cậy lấy từ phép hoán vị: "
        "giao thời điểm bắt đầu cho các đơn vị khác.",
        "Assumes that without the campaign both groups would have changed alike. The interval comes from permutation: "
        "the starts are given to other units.",
    ),
    Method.SC: LocalText(
        "Giả định: tổ hợp đơn vị đối chứng đi sát đơn vị được can thiệp trước đó thì sau đó cũng vậy. Khoảng tin cậy "
        "lấy từ các phép thử giả dược trên đơn vị đối chứng.",
        "Assumes that the controls which together ran like the treated before would have gone on so. The interval "
        "comes from placebos on the controls.",
    ),
    Method.SDID: LocalText(
        "Giả định: các đơn vị đối chứng có trọng số đi song song với đơn vị được can thiệp. Khoảng tin cậy lấy từ các"
        " phép thử giả dược trên đơn vị đối chứng.",
        "Assumes that the weighted controls would have run parallel to the treated. The interval comes from placebos "
        "on the controls.",
    ),
    Method.CITS: LocalText(
        "Giả định: chênh lệch với nhóm đối chứng đã tiếp tục theo xu hướng cũ, và tác động tăng dần đúng như đã nêu. "
        "Khoảng tin cậy lấy từ các phép thử giả dược trên đơn vị đối chứng.",
        "Assumes that the gap to the controls would have kept its trend, and that the effect builds up as stated. The "
        "interval comes from placebos on the controls.",
    ),
    Method.WEDGE: LocalText(
        "Giả định: thứ tự bắt đầu do rút thăm, và đơn vị chưa bắt đầu thì chưa chịu tác động. Khoảng tin cậy có được "
        "bằng cách rút thăm lại thứ tự ấy nhiều lần.",
        "Assumes that the order was drawn by lot, and that units which have not begun are not touched yet. The "
        "interval comes from drawing that order again.",
    ),
}
SCALE_NAMES: Mapping[Scale, LocalText] = {
    Scale.LEVEL: LocalText("số liệu gốc", "the figures themselves"),
    Scale.LOG: LocalText("lôgarit tự nhiên", "natural logarithms"),
    Scale.COUNT: LocalText("lôgarit tự nhiên của số đếm cộng một nửa", "natural logarithms of counts and a half"),
}
OUTCOME_NAMES: Mapping[str, LocalText] = {
    "machines": LocalText("máy trực tuyến", "machines on line"),
    "addresses": LocalText("địa chỉ trung bình mỗi ngày", "mean daily addresses"),
}
"""What the figures of a panel that the centre counts are."""
_ESTIMANDS: Mapping[Method, LocalText] = {
    Method.DID: LocalText("trong mọi kỳ sau khi bắt đầu", "in all periods after the start"),
    Method.SC: LocalText("trong mọi kỳ sau khi bắt đầu", "in all periods after the start"),
    Method.SDID: LocalText("trong mọi kỳ sau khi bắt đầu", "in all periods after the start"),
    Method.CITS: LocalText("khi tác động đã đạt đủ", "once the effect is whole"),
}
_STARTS_TOLD: Final = 6


def basis_rows(panel: Panel, found: Finding, outcome: str = "") -> tuple[tuple[LocalText, LocalText], ...]:
    """Return what an effect is of, each fact with its name: figures, scale, units, periods, starts, weights, estimand.

    Args:
        panel: what was analysed.
        found: what was found in it.
        outcome: what its figures count, where the centre counted them itself.
    """
    treated, labels = int(panel.treated.sum()), panel.periods.labels
    starts = [labels[start] for start in panel.cohorts]
    told = ", ".join(starts[:_STARTS_TOLD]) + (", …" if len(starts) > _STARTS_TOLD else "")
    return (
        (LocalText("Số liệu", "Figures"), OUTCOME_NAMES.get(outcome, _AS_HANDED_OVER)),
        (LocalText("Thang so sánh", "Compared on"), SCALE_NAMES[found.scale]),
        (LocalText("Đơn vị được can thiệp", "Treated units"), _same(str(treated))),
        (LocalText("Đơn vị không được can thiệp", "Never treated"), _same(str(len(panel.units) - treated))),
        (
            LocalText("Kỳ", "Periods"),
            LocalText(
                f"{len(labels)}, từ {labels[0]} đến {labels[-1]}", f"{len(labels)}, from {labels[0]} to {labels[-1]}"
            ),
        ),
        (LocalText("Bắt đầu", "Starts"), _same(told)),
        *_strata_row(panel, found),
        (LocalText("Trọng số", "Weights"), _weights(found, treated)),
        (LocalText("Đại lượng ước lượng", "Estimated"), _estimand(panel, found, treated)),
    )


def basis_text(panel: Panel, found: Finding, outcome: str = "") -> LocalText:
    """Say the same in one paragraph; the arguments are those of ``basis_rows``."""
    rows = basis_rows(panel, found, outcome)
    return LocalText(
        " ".join(f"{name.vi}: {value.vi}." for name, value in rows),
        " ".join(f"{name.en}: {value.en}." for name, value in rows),
    )


def _strata_row(panel: Panel, found: Finding) -> Iterator[tuple[LocalText, LocalText]]:
    """Yield what the order was drawn within, where drawing it again kept to that."""
    if panel.strata and found.method is Method.WEDGE:
        strata = len({stratum for stratum in panel.strata if stratum})
        yield (
            LocalText("Rút thăm", "Drawn"),
            LocalText(
                f"riêng trong từng nhóm, {strata} nhóm; rút lại cũng trong từng nhóm ấy",
                f"within {strata} strata, and drawn again within the same",
            ),
        )


_AS_HANDED_OVER = LocalText("như trong bảng được đưa vào", "as in the panel that was handed over")


def _same(text: str) -> LocalText:
    return LocalText(text, text)


def _weights(found: Finding, treated: int) -> LocalText:
    """Say how much each unit counts: treated ones in the mean, and controls where the method weighs them."""
    controls = (
        LocalText("; đối chứng theo trọng số nêu kèm", "; controls by the weights beside")
        if found.weights
        else LocalText("", "")
    )
    own = (
        LocalText("chỉ một đơn vị được can thiệp", "a single treated unit")
        if treated == 1
        else LocalText("theo mức trung bình của từng đơn vị trước khi bắt đầu", "by each unit's mean before the start")
        if found.counted is Counted.SIZE
        else LocalText("mỗi đơn vị tính như nhau", "every unit counts the same")
    )
    return LocalText(own.vi + controls.vi, own.en + controls.en)


def _estimand(panel: Panel, found: Finding, treated: int) -> LocalText:
    after = _ESTIMANDS.get(found.method) or longest_times(panel.periods, found.effect.measured)
    one = panel.units[int(panel.treated.argmax())]
    whose = (
        LocalText(f"của đơn vị {one}", f"of the unit {one}")
        if treated == 1
        else LocalText("của mọi đơn vị được can thiệp gộp lại", "of all treated units together")
        if found.counted is Counted.SIZE
        else LocalText(
            "của đơn vị trung bình (không phải là con số của cả nước)", "of the average unit (no national figure)"
        )
    )
    return LocalText(f"tác động {after.vi}, {whose.vi}", f"the effect {after.en}, {whose.en}")
