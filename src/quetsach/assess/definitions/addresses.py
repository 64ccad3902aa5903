"""What numbers of addresses mean."""

from quetsach.assess.definitions.definition import PERCENT, Definition
from quetsach.core.pack import LocalText

_ADDRESSES = LocalText("địa chỉ", "addresses")

MEAN_DAILY = Definition(
    "mean-daily-addresses",
    LocalText("Địa chỉ trung bình mỗi ngày", "Mean daily addresses"),
    _ADDRESSES,
    1,
    LocalText(
        "Số địa chỉ IP khác nhau ghi nhận được trong một ngày (giờ UTC), lấy trung bình trên những ngày có dữ liệu. "
        "Ngày không có dữ liệu không được coi là 0. Một địa chỉ IP không phải là một máy tính.",
        "Distinct IP addresses seen in one day (UTC), averaged over the days that have data. A day without data is not "
        "counted as zero. An IP address is not a computer.",
    ),
)
WINDOW = Definition(
    "window-addresses",
    LocalText("Địa chỉ trong cả kỳ", "Addresses in the whole window"),
    _ADDRESSES,
    0,
    LocalText(
        "Số địa chỉ IP khác nhau ghi nhận được ít nhất một lần trong cả kỳ. Con số này tăng lên "
        "khi nhà mạng đổi địa chỉ của thuê bao, nên chỉ được nêu để nối tiếp cách công bố của năm 2020 và không dùng "
        "để kết luận.",
        "Distinct IP addresses seen at least once in the whole window. It grows when providers "
        "renumber their customers, so it is shown for continuity with 2020 and gives no verdict.",
    ),
)
PER_THOUSAND = Definition(
    "addresses-per-thousand-announced",
    LocalText("Trên 1.000 địa chỉ", "Per 1,000 addresses"),
    LocalText("‰", "‰"),
    3,
    LocalText(
        "Số địa chỉ IPv4 trung bình mỗi ngày, tính trên 1.000 địa chỉ IPv4 mà nhà mạng quảng bá trên Internet theo "
        "bảng địa chỉ đã nêu. Địa chỉ IPv6 không tính vào tỷ lệ này.",
        "Mean daily IPv4 addresses for each 1,000 IPv4 addresses that the provider announces by the stated address "
        "table. IPv6 addresses are left out of this rate.",
    ),
)
SHARE = Definition(
    "share",
    LocalText("Tỷ trọng", "Share"),
    PERCENT,
    1,
    LocalText(
        "Phần của dòng này trong số địa chỉ trung bình mỗi ngày của cả nước. Một địa chỉ có nhiều họ mã độc được tính "
        "ở từng họ, nên tổng theo họ có thể vượt 100%.",
        "This row's part of the whole country's mean daily addresses. An address with several families counts in "
        "each, so that the families together can exceed 100 %.",
    ),
)
CHANGE = Definition(
    "change-against-baseline",
    LocalText("Thay đổi so với mốc", "Change against baseline"),
    PERCENT,
    1,
    LocalText(
        "Số địa chỉ trong kỳ, của mọi họ mã độc, so với số của kỳ làm mốc đã được chốt; hai kỳ phải dài bằng nhau. "
        "Con số này không cho biết thay đổi có phải do chiến dịch hay không.",
        "Addresses in the window, of all families, against those of the frozen baseline window of the same length. It "
        "does not say whether the campaign caused the change.",
    ),
)

NO_VERDICT = LocalText(
    "Số địa chỉ trong cả kỳ chỉ được nêu để nối tiếp cách công bố của năm 2020; không dùng để kết luận chỉ tiêu đạt "
    "hay không đạt.",
    "Addresses in the whole window are shown for continuity with 2020; they give no verdict on whether a target was "
    "met.",
)
