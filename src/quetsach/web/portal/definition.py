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
            vi="Người gửi báo cáo tự quyết định gửi, nên các con số này không đại diện cho mọi máy trong nước. Số máy "
            "dưới 10 trong một bảng chi tiết được thay bằng “dưới 10”; tổng cả nước được ghi đúng.",
            en="People decide by themselves whether to send, so these figures do not stand for all machines of the "
            "country. In a breakdown, fewer than 10 machines are shown as “under 10”; national totals are exact.",
        ),
    ),
)
