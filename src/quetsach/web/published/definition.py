"""How a figure on the portal is counted, in both languages."""

from dataclasses import asdict, dataclass
from typing import Any

from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.web.published.report_counts import BOUND_DAYS, BOUND_FACTOR, BOUND_FLOOR, IPV4, LINE_OF_IPV6, SITE_OF_IPV6


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition; ``id`` is its anchor on the page of definitions and its name in open data."""

    id: str
    title: LocalText
    paragraphs: tuple[LocalText, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


TOOL_REPORTS = Definition(
    "tool-reports",
    LocalText(vi="Báo cáo của công cụ", en="Reports of the tool"),
    (
        LocalText(
            vi="Một lượt là một báo cáo mà người dùng công cụ đã xem và đồng ý gửi. Một báo cáo gửi lại nhiều lần chỉ "
            "được đếm một lần, theo mã báo cáo; bản sửa gửi sau thay cho bản trước. Lượt đếm số lần "
            "chạy, không đếm số máy.",
            en="A run is one report that a user of the tool has seen and agreed to send. A report that is sent again "
            "counts once, by its code; a correction takes its place. Runs are not machines.",
        ),
        LocalText(
            vi="Số máy là số bản cài khác nhau đã gửi báo cáo, theo một mã ngẫu nhiên của bản cài trong mỗi chiến "
            "dịch. Cài lại công cụ thì thành một bản cài mới.",
            en="Machines are the distinct installations that sent a report, by a random code of the installation in "
            "each campaign. Installing the tool anew makes a new installation.",
        ),
        LocalText(
            vi="Một máy được tính là báo đã làm sạch khi có báo cáo cho biết việc bóc gỡ đã hoàn thành và mọi thứ tìm "
            "thấy đều đã được gỡ, kể cả khi còn phải khởi động lại. Máy đó không được tính nếu về sau có báo cáo cho "
            "biết mã độc đã được đặt lại do hoàn tác, hoặc lại được tìm thấy vào một ngày sau đó.",
            en="A machine counts as reported as cleaned when a report says that a clean-up was completed and that "
            "everything found was removed, also where a restart is still to come. It does not count if a report says "
            "that malware was put back by undo since, or was found again on a later day.",
        ),
        LocalText(
            vi=f"Ai cũng gửi được báo cáo, kể cả báo cáo không có thật. Vì vậy trong một ngày (giờ UTC), một địa "
            f"chỉ IPv4 chỉ "
            f"được tính {IPV4.counted} báo cáo, một mạng IPv6 /64 được {LINE_OF_IPV6.counted}, một mạng /48 được "
            f"{SITE_OF_IPV6.counted}. Ngày nào có số máy vượt cả {number_text(BOUND_FLOOR, 'vi')} và {BOUND_FACTOR} "
            f"lần trung vị của {BOUND_DAYS} ngày trước đó thì chưa được tính cho đến khi có người xem xét. Báo cáo bị "
            "rút thì không được tính. Đây là số liệu do người gửi tự báo, không phải số chúng tôi đo được, và không "
            "đại diện cho mọi máy trong nước.",
            en="Anyone can send a report, also an invented one. So in a day (UTC) an IPv4 address counts with "
            f"{IPV4.counted} reports, an IPv6 /64 with {LINE_OF_IPV6.counted}, a /48 with {SITE_OF_IPV6.counted}. A "
            f"day on which more machines report than {number_text(BOUND_FLOOR, 'en')} and than {BOUND_FACTOR} times "
            f"the median of the {BOUND_DAYS} days before does not count until somebody has looked at it. Reports that "
            "were withdrawn do not count. These figures are the word of those who sent them, not what we measured, and "
            "do not stand for all machines of the country.",
        ),
        LocalText(
            vi="Chỉ nêu tên họ mã độc mà trung tâm có gói nhận diện: nhiều nhất mười họ, số máy làm tròn đến hàng "
            "chục, không nêu họ có dưới 10 máy. Tổng cả nước được ghi đúng. Số liệu được tính lại khoảng một phút "
            "một lần.",
            en="Only families that the centre has a pack of are named: ten at most, machines to the nearest ten, none "
            "of fewer than 10. National totals are exact. The figures are counted anew about once a minute.",
        ),
    ),
)

RETURNS = Definition(
    "unit-returns",
    LocalText(vi="Báo cáo của các đơn vị", en="Returns of the units"),
    (
        LocalText(
            vi="Các đơn vị tự báo cáo theo biểu mẫu của chiến dịch, cấp trên phê duyệt. Chỉ báo cáo đã phê duyệt "
            "được cộng. Đi cùng số liệu luôn có số đơn vị có mặt trong báo cáo đã phê duyệt trên tổng số đơn vị phải "
            "báo cáo; đơn vị chưa báo cáo không bị coi là 0.",
            en="Units report on the campaign's form, and the unit above approves. Only approved returns are added up. "
            "Beside the totals always stands how many of the units that owe a return are in approved ones; a unit that "
            "has not reported is not taken for zero.",
        ),
        LocalText(
            vi="Số lũy kế, như số máy, là số của kỳ báo cáo mới nhất, vì kỳ này đã gồm các kỳ trước. Số trong kỳ, như "
            "lượt quét, được cộng qua các kỳ. Máy, lượt quét, địa chỉ và thiết bị khác nhau về bản chất nên không "
            "cộng với nhau. Dưới tên mỗi số có ghi cách đếm của số đó. Đơn vị đã được cấp trên tính chung thì không "
            "báo cáo riêng, nên không máy nào được đếm hai lần.",
            en="Figures to date, such as machines, are those of the newest period, which holds the ones before it. "
            "Figures of a period, such as scan turns, are added over the periods. Machines, scan turns, addresses and "
            "devices are different things and are not added to each other. Under the name of each figure stands how "
            "it is counted. A unit whose machines are in the return of the unit above does not report by itself, so "
            "no machine counts twice.",
        ),
        LocalText(
            vi="Tổng cả nước được ghi đúng. Trong bảng theo tỉnh, thành phố và bộ, ngành, số dưới 10 được ẩn, kèm theo "
            "những số khác để không ai tính ra được số đã ẩn. Số liệu được công bố khi có hai người đồng ý và không "
            "đổi theo báo cáo về sau; muốn đổi phải công bố lại.",
            en="National totals are exact. In the table by province and ministry figures under 10 are hidden, and as "
            "many others as keep those from being worked out. Totals are published when two people agree, and do not "
            "change with later returns; they would have to be published anew.",
        ),
    ),
)
