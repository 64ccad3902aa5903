"""How a figure on the portal is counted, in both languages."""

from dataclasses import asdict, dataclass
from typing import Any

from quetsach.core.pack import LocalText


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
            "được đếm một lần, theo mã báo cáo. Lượt đếm số lần chạy, không đếm số máy.",
            en="A run is one report that a user of the tool has seen and agreed to send. A report that is sent again "
            "counts once, by its code. Runs are not machines.",
        ),
        LocalText(
            vi="Số máy là số bản cài khác nhau đã gửi báo cáo, theo một mã ngẫu nhiên của bản cài trong mỗi chiến "
            "dịch. Cài lại công cụ thì thành một bản cài mới.",
            en="Machines are the distinct installations that sent a report, by a random code of the installation in "
            "each campaign. Installing the tool anew makes a new installation.",
        ),
        LocalText(
            vi="Người gửi báo cáo tự quyết định gửi, nên các con số này không đại diện cho mọi máy trong nước. Trong "
            "bảng chi tiết, số máy được làm tròn đến hàng chục, dưới 10 thì ghi “dưới 10”; tổng cả nước được ghi đúng.",
            en="People decide by themselves whether to send, so these figures do not stand for all machines of the "
            "country. In a breakdown, machines are rounded to tens, fewer than 10 are shown as “under 10”; national "
            "totals are exact.",
        ),
    ),
)

RETURNS = Definition(
    "unit-returns",
    LocalText(vi="Báo cáo của các đơn vị", en="Returns of the units"),
    (
        LocalText(
            vi="Các đơn vị tự báo cáo theo biểu mẫu của chiến dịch, cấp trên phê duyệt. Chỉ báo cáo đã phê duyệt "
            "được cộng. Đi cùng số liệu luôn có số báo cáo đã phê duyệt trên tổng số phải có; đơn vị chưa báo cáo "
            "không bị coi là 0.",
            en="Units report on the campaign's form, and the unit above approves. Only approved returns are added up. "
            "Beside the totals always stands how many of the expected returns are approved; a unit that has not "
            "reported is not taken for zero.",
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
