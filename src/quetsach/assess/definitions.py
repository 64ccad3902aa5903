"""What each published number means, in both languages. A number without one of these is not published."""

from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.core.pack import LocalText


@dataclass(frozen=True, slots=True)
class Definition:
    """The name, unit and exact meaning of one kind of number, and the decimals that it is given with."""

    id: str
    name: LocalText
    unit: LocalText
    decimals: int
    text: LocalText

    def as_json(self) -> dict[str, object]:
        """Return the definition for machines, texts in both languages."""
        return {
            "name": {"vi": self.name.vi, "en": self.name.en},
            "unit": {"vi": self.unit.vi, "en": self.unit.en},
            "text": {"vi": self.text.vi, "en": self.text.en},
        }


_ADDRESSES = LocalText("địa chỉ", "addresses")
_PERCENT = LocalText("%", "%")

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
    _PERCENT,
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
    _PERCENT,
    1,
    LocalText(
        "Số địa chỉ trong kỳ, của mọi họ mã độc, so với số của kỳ làm mốc đã được chốt; hai kỳ phải dài bằng nhau. "
        "Con số này không cho biết thay đổi có phải do chiến dịch hay không.",
        "Addresses in the window, of all families, against those of the frozen baseline window of the same length. It "
        "does not say whether the campaign caused the change.",
    ),
)
MACHINES_ONLINE = Definition(
    "machines-online",
    LocalText("Máy nhiễm đang trực tuyến", "Infected machines on line"),
    LocalText("máy", "machines"),
    0,
    LocalText(
        "Số máy nhiễm trực tuyến tại một thời điểm, lấy trung bình trong cả kỳ: tổng số giờ của các phiên liên lạc, có "
        "bù phần thiếu ở hai đầu phiên, chia cho số giờ máy thu hoạt động. Máy nhiễm nhiều họ mã độc được tính ở từng "
        "họ; nhiều máy sau một địa chỉ dùng chung được tính là một. Sai số công bố là 2%, hoặc 5% khi máy liên "
        "lạc thưa.",
        "Infected machines on line at one time, on the average of the window: the hours of all sessions, with what is "
        "missing at their edges, divided by the hours in which the sensor was alive. A machine with several families "
        "counts in each; machines behind one shared address count as one. The declared error is 2 %, or 5 % where "
        "check-ins are rare.",
    ),
)
MACHINES_BY_EVENTS = Definition(
    "machines-by-events",
    LocalText("Máy nhiễm theo lượt ghi nhận", "Infected machines by events"),
    LocalText("máy", "machines"),
    0,
    LocalText(
        "Số lượt ghi nhận trong một giờ chia cho số lần một máy nhiễm liên lạc trong một giờ trực tuyến. Đúng với mọi "
        "cách cấp địa chỉ, kể cả địa chỉ dùng chung, nếu biết nhịp liên lạc (sai số công "
        "bố 2%); nếu nhịp được suy ra từ dữ liệu, sai số công bố là 15%.",
        "Sightings an hour divided by how often one machine checks in during an hour on line. It holds under any "
        "leases and shared addresses if that rate is known (declared error 2 %); where it is read off the data, the "
        "declared error is 15 %.",
    ),
)
ADDRESSES_PER_MACHINE = Definition(
    "addresses-per-machine",
    LocalText("Địa chỉ trên một máy", "Addresses per machine"),
    LocalText("lần", "times"),
    1,
    LocalText(
        "Số địa chỉ khác nhau trong cả kỳ chia cho số máy nhiễm đang trực tuyến: vì sao số địa chỉ không phải "
        "là số máy.",
        "Distinct addresses of the whole window divided by infected machines on line: why addresses are not machines.",
    ),
)
DEFINITIONS: Mapping[str, Definition] = {
    d.id: d
    for d in (
        MEAN_DAILY,
        WINDOW,
        PER_THOUSAND,
        SHARE,
        CHANGE,
        MACHINES_ONLINE,
        MACHINES_BY_EVENTS,
        ADDRESSES_PER_MACHINE,
    )
}

NO_VERDICT = LocalText(
    "Số địa chỉ trong cả kỳ chỉ được nêu để nối tiếp cách công bố của năm 2020; không dùng để kết luận chỉ tiêu đạt "
    "hay không đạt.",
    "Addresses in the whole window are shown for continuity with 2020; they give no verdict on whether a target was "
    "met.",
)
