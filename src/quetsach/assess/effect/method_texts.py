"""What each method of effect is called and what it takes for granted, for reports and for the method note."""

from collections.abc import Mapping

from quetsach.assess.effect.finding import Method
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
        "Giả định: không có chiến dịch thì hai nhóm đã thay đổi như nhau. Khoảng tin cậy lấy từ khác biệt giữa các "
        "đơn vị.",
        "Assumes that without the campaign both groups would have changed alike. The interval comes from how units "
        "differ.",
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
