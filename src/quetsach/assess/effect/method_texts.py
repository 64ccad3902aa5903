"""What each method of effect is called and what it takes for granted, for reports and for the method note."""

from collections.abc import Mapping
from typing import Final

from quetsach.assess.effect.finding import Counted, Finding, Method, Scale
from quetsach.assess.effect.panel import Panel
from quetsach.core.pack import LocalText

METHOD_NAMES: Mapping[Method, LocalText] = {
    Method.DID: LocalText("Sai biệt kép (did)", "Difference in differences (did)"),
    Method.SC: LocalText("Đối chứng tổng hợp (sc)", "Synthetic control (sc)"),
    Method.SDID: LocalText("Sai biệt kép tổng hợp (sdid)", "Synthetic difference in differences (sdid)"),
    Method.CITS: LocalText(
        "Chuỗi thời gian gián đoạn có đối chứng (cits)", "Comparative interrupted time series (cits)"
    ),
    Method.WEDGE: LocalText("Triển khai bậc thang ngẫu nhiên (wedge)", "Stepped wedge (wedge)"),
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
        "Giả định: thứ tự bắt đầu là ngẫu nhiên và đơn vị chưa bắt đầu chưa chịu tác động. Tác động là tác động lâu "
        "dài; khoảng tin cậy theo đơn vị.",
        "Assumes a random order and that units which have not begun are not touched yet. The effect is that after a "
        "long time; the interval is clustered by unit.",
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
    Method.WEDGE: LocalText("về lâu dài", "after a long time"),
}
_STARTS_TOLD: Final = 6


def basis_text(panel: Panel, found: Finding, outcome: str = "") -> LocalText:
    """Say what an effect is of: units, periods, starts, scale, weights, and what is estimated.

    Args:
        panel: what was analysed.
        found: what was found in it.
        outcome: what its figures count, where the centre counted them itself.
    """
    treated, scale, after = int(panel.treated.sum()), SCALE_NAMES[found.scale], _ESTIMANDS[found.method]
    labels = [panel.periods.labels[start] for start in panel.cohorts]
    starts = ", ".join(labels[:_STARTS_TOLD]) + (", …" if len(labels) > _STARTS_TOLD else "")
    unit = OUTCOME_NAMES.get(outcome, LocalText("như trong cột outcome", "as in the column outcome"))
    one = panel.units[int(panel.treated.argmax())]
    whose = (
        LocalText(f"của đơn vị {one}", f"of the unit {one}")
        if treated == 1
        else LocalText(
            "của mọi đơn vị được can thiệp gộp lại: mỗi đơn vị tính theo mức trung bình trước khi bắt đầu",
            "of all treated units together: each counts by its mean before the start",
        )
        if found.counted is Counted.SIZE
        else LocalText(
            "của đơn vị trung bình: mỗi đơn vị (tỉnh) tính như nhau, nên đây không phải là con số của cả nước",
            "of the average unit: each unit (province) counts the same, so this is no national figure",
        )
    )
    return LocalText(
        f"Số liệu: {unit.vi}; {scale.vi}. Đơn vị được can thiệp: {treated}; đối chứng: {len(panel.units) - treated}. "
        f"Bắt đầu: {starts}. Đại lượng ước lượng: tác động {after.vi}, {whose.vi}.",
        f"Figures: {unit.en}; {scale.en}. Treated units: {treated}; controls: {len(panel.units) - treated}. "
        f"Starts: {starts}. Estimated: the effect {after.en}, {whose.en}.",
    )
