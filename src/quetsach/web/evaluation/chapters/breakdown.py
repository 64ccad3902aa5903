"""Where it changed: families, providers and provinces, before and after, in mean daily addresses."""

from quetsach.core.pack import LocalText
from quetsach.web.evaluation.document import Block, Cell, Column, Form, Paragraph, Section, Table
from quetsach.web.evaluation.inputs import Change, Inputs

_TITLE = LocalText("Theo họ mã độc, nhà mạng, tỉnh, thành phố", "By family, provider and province")
_SUBJECTS = {
    "families": LocalText("Họ mã độc", "Family"),
    "providers": LocalText("Nhà mạng", "Provider"),
    "provinces": LocalText("Tỉnh, thành phố", "Province"),
}
_TITLES = {
    "families": LocalText("Theo họ mã độc", "By family"),
    "providers": LocalText("Theo nhà mạng", "By provider"),
    "provinces": LocalText("Theo tỉnh, thành phố", "By province"),
}
_SECTORS = LocalText(
    "Theo lĩnh vực: các nguồn dữ liệu hiện có không cho biết địa chỉ thuộc lĩnh vực nào, nên không có bảng.",
    "By sector: the feeds at hand do not say to which sector an address belongs, so there is no table.",
)
_CAUSES = LocalText(
    "Thay đổi của một dòng có thể do nguồn dữ liệu hoặc cách nhà mạng cấp địa chỉ thay đổi. Không dùng bảng này để xếp "
    "hạng.",
    "A row can change because a feed or the way a provider gives out addresses changed. This table is no ranking.",
)
_EMPTY = LocalText("Không có dữ liệu của cả hai kỳ.", "There are no data of both windows.")


def breakdown(inputs: Inputs) -> Section:
    """Return the chapter; a dimension without data is told."""
    blocks: list[Block] = []
    for name, rows in (
        ("families", inputs.families),
        ("providers", inputs.providers),
        ("provinces", inputs.provinces),
    ):
        blocks.append(_table(name, rows) if rows else Paragraph(_EMPTY))
    return Section("breakdown", _TITLE, (*blocks, Paragraph(_CAUSES), Paragraph(_SECTORS)))


def _table(name: str, changes: tuple[Change, ...]) -> Table:
    columns = (
        Column("id", LocalText("Mã", "Code")),
        Column("name", _SUBJECTS[name]),
        Column("before", LocalText("Kỳ làm mốc", "Baseline"), Form.NUMBER, 1, "mean-daily-addresses"),
        Column("after", LocalText("Kỳ cuối", "Last window"), Form.NUMBER, 1, "mean-daily-addresses"),
        Column("change", LocalText("Thay đổi", "Change"), Form.CHANGE, 1),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple((c.id, c.name, c.before, c.after, c.percent) for c in changes)
    note = LocalText(
        "Địa chỉ trung bình mỗi ngày. Dòng dưới 10 được gộp chung.",
        "Mean daily addresses. Rows of fewer than 10 are put together.",
    )
    return Table(name, _TITLES[name], columns, rows, note)
