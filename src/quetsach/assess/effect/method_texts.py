"""What each method of effect is called and what it takes for granted, for reports and for the method note."""

from collections.abc import Mapping
from typing import Final

from quetsach.assess.effect.finding import Counted, Finding, Method, Scale
from quetsach.assess.effect.panel import Panel
from quetsach.assess.effect.wedge_texts import longest_times
from quetsach.core.pack import LocalText

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
