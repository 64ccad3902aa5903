"""Where it changed: families, providers, provinces and sectors, before and after, in addresses and in machines."""

from quetsach.assess.refusal import Refusal
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.chapters.words import HIGH, LOW, refused, why_not
from quetsach.web.evaluation.document import (
    Block,
    Cell,
    Column,
    Dots,
    Form,
    Map,
    Paragraph,
    Section,
    Series,
    Shading,
    Table,
    answer_cells,
)
from quetsach.web.evaluation.inputs import Change, Dimension, Inputs, MachineChange

_TITLE = LocalText("Theo họ mã độc, nhà mạng, tỉnh, thành phố, lĩnh vực", "By family, provider, province and sector")
_SUBJECTS = {
    Dimension.FAMILY: LocalText("Họ mã độc", "Family"),
    Dimension.PROVIDER: LocalText("Nhà mạng", "Provider"),
    Dimension.PROVINCE: LocalText("Tỉnh, thành phố", "Province"),
    Dimension.SECTOR: LocalText("Lĩnh vực", "Sector"),
}
_TITLES = {
    Dimension.FAMILY: LocalText("Theo họ mã độc", "By family"),
    Dimension.PROVIDER: LocalText("Theo nhà mạng", "By provider"),
    Dimension.PROVINCE: LocalText("Theo tỉnh, thành phố", "By province"),
    Dimension.SECTOR: LocalText("Theo lĩnh vực", "By sector"),
}
_MACHINES = {
    Dimension.FAMILY: LocalText("Số máy trực tuyến theo họ mã độc", "Machines on line by family"),
    Dimension.PROVIDER: LocalText("Số máy trực tuyến theo nhà mạng", "Machines on line by provider"),
}
_BASELINE = LocalText("Kỳ làm mốc", "Baseline")
_LAST = LocalText("Kỳ cuối", "Last window")
_ADDRESSES = LocalText("địa chỉ trung bình mỗi ngày", "mean daily addresses")
_NO_SECTORS = LocalText(
    "Theo lĩnh vực: các nguồn dữ liệu hiện có không cho biết địa chỉ thuộc lĩnh vực nào, nên không có bảng.",
    "By sector: the feeds at hand do not say to which sector an address belongs, so there is no table.",
)
_CAUSES = LocalText(
    "Thay đổi của một dòng có thể do nguồn dữ liệu hoặc cách nhà mạng cấp địa chỉ thay đổi. Không dùng bảng này để xếp "
    "hạng.",
    "A row can change because a feed or the way a provider gives out addresses changed. This table is no ranking.",
)
_EMPTY = LocalText("Không có dữ liệu của cả hai kỳ.", "There are no data of both windows.")
_SQUARES = LocalText(
    "Mỗi ô vuông là một tỉnh, thành phố; vị trí các ô được sắp xếp gần đúng, ô không thể hiện diện tích hay địa giới. "
    "Con số trong ô là mức thay đổi của địa chỉ trung bình mỗi ngày.",
    "Each square is a province; squares lie about where the provinces do and show neither area nor borders. The figure "
    "is the change of mean daily addresses.",
)
_RATE_TITLE = LocalText("Tỷ suất theo tỉnh, thành phố, kỳ cuối", "Rate by province in the last window")
_RATE_SQUARES = LocalText(
    "Con số trong ô là số máy nhiễm trực tuyến trên 1.000 thuê bao, đã co về mức chung của các tỉnh, thành phố.",
    "The figure is machines on line for each 1,000 subscribers, drawn to what all provinces have in common.",
)
_RATES = (
    Column("id", LocalText("Mã", "Code"), Form.CODE),
    Column("name", LocalText("Tỉnh, thành phố", "Province")),
    Column("subscribers", LocalText("Thuê bao", "Subscribers"), Form.NUMBER),
    Column("machines", LocalText("Máy nhiễm", "Machines"), Form.NUMBER, 1, "machines-online"),
    Column(
        "rate",
        LocalText("Trên 1.000 thuê bao", "Per 1,000 subscribers"),
        Form.NUMBER,
        2,
        "machines-per-thousand-subscribers",
    ),
    Column("low", LOW, Form.NUMBER, 2),
    Column("high", HIGH, Form.NUMBER, 2),
    Column("why_not", LocalText("Vì sao không có", "Why there is none")),
)
_DOTS = LocalText(
    "Mỗi dòng có hai điểm: kỳ làm mốc và kỳ cuối. Trục bắt đầu từ 0.",
    "Each row has two dots: the baseline and the last window. The axis starts at zero.",
)
_INTERVALS = LocalText(
    "Vạch ngang qua mỗi điểm là sai số đã công bố của cách ước lượng.",
    "The line through a dot is the declared error of the estimate.",
)


def breakdown(inputs: Inputs) -> Section:
    """Return the chapter; a dimension without data is told."""
    if not inputs.changes:
        return Section("breakdown", _TITLE, (Paragraph(_EMPTY), Paragraph(_NO_SECTORS)))
    blocks: list[Block] = []
    for dimension, rows in inputs.changes.items():
        if isinstance(rows, Refusal):
            blocks.append(refused(_TITLES[dimension], rows))
            continue
        blocks += [*_plots(dimension, inputs), _table(dimension, rows)]
        if dimension is Dimension.PROVINCE:
            blocks += _province_rates(inputs)
        if machines := inputs.machine_changes.get(dimension):
            blocks += _machines(dimension, machines)
    blocks.append(Paragraph(_CAUSES))
    if Dimension.SECTOR not in inputs.changes:
        blocks.append(Paragraph(_NO_SECTORS))
    return Section("breakdown", _TITLE, tuple(blocks))


def _plots(dimension: Dimension, inputs: Inputs) -> list[Block]:
    name = _TITLES[dimension]
    if dimension is Dimension.PROVINCE:
        title = LocalText("Thay đổi theo tỉnh, thành phố", "Change by province")
        return [Map(dimension.value, "change", title, _SQUARES, Shading.CHANGE, inputs.tiles)]
    title = LocalText(f"{name.vi}: trước và sau", f"{name.en}: before and after")
    series = (Series(_BASELINE, "before"), Series(_LAST, "after"))
    return [Dots(dimension.value, "name", series, title, _DOTS, _ADDRESSES)]


def _table(dimension: Dimension, changes: tuple[Change, ...]) -> Table:
    columns = (
        Column("id", LocalText("Mã", "Code"), Form.CODE),
        Column("name", _SUBJECTS[dimension]),
        Column("before", _BASELINE, Form.NUMBER, 1, "mean-daily-addresses"),
        Column("after", _LAST, Form.NUMBER, 1, "mean-daily-addresses"),
        Column("change", LocalText("Thay đổi", "Change"), Form.CHANGE, 1),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple((c.id, c.name, c.before, c.after, c.percent) for c in changes)
    note = LocalText(
        "Địa chỉ trung bình mỗi ngày. Dòng dưới 10 được gộp chung.",
        "Mean daily addresses. Rows of fewer than 10 are put together.",
    )
    return Table(dimension.value, _TITLES[dimension], columns, rows, note)


def _province_rates(inputs: Inputs) -> list[Block]:
    """Return the map of rates with its table; nothing where nobody handed subscribers of provinces over."""
    found = inputs.province_rates
    if isinstance(found, Refusal):
        return [refused(_RATE_TITLE, found)]
    if not found:
        return []
    rows = tuple(
        (
            p.id,
            p.name,
            p.subscribers,
            answer_cells(p.machines)[0],
            *(answer_cells(p.rate) if p.rate else (None, None, None)),
            why_not(p.machines),
        )
        for p in found
    )
    table = Table("province-rates", _RATE_TITLE, _RATES, rows)
    return [Map(table.id, "rate", _RATE_TITLE, _RATE_SQUARES, Shading.LEVEL, inputs.tiles), table]


def _machines(dimension: Dimension, changes: tuple[MachineChange, ...]) -> list[Block]:
    title, table = _MACHINES[dimension], f"machines-{dimension.value}"
    columns = (
        Column("id", LocalText("Mã", "Code"), Form.CODE),
        Column("name", _SUBJECTS[dimension]),
        *_measured("before", _BASELINE),
        *_measured("after", _LAST),
        Column("why_not", LocalText("Vì sao không có", "Why there is none")),
    )
    rows = tuple(
        (c.id, c.name, *answer_cells(c.before), *answer_cells(c.after), why_not(c.before) or why_not(c.after))
        for c in changes
    )
    if all(cell is None for row in rows for cell in row[2:8]):
        return []
    series = (
        Series(_BASELINE, "before", "before_low", "before_high"),
        Series(_LAST, "after", "after_low", "after_high"),
    )
    described = LocalText(f"{_DOTS.vi} {_INTERVALS.vi}", f"{_DOTS.en} {_INTERVALS.en}")
    unit = LocalText("máy trực tuyến", "machines on line")
    return [Dots(table, "name", series, title, described, unit), Table(table, title, columns, rows)]


def _measured(name: str, title: LocalText) -> tuple[Column, Column, Column]:
    return (
        Column(name, title, Form.NUMBER, 0, "machines-online"),
        Column(f"{name}_low", LOW, Form.NUMBER),
        Column(f"{name}_high", HIGH, Form.NUMBER),
    )
