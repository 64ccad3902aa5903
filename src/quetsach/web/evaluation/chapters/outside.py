"""What others published: the series with what it cannot tell, the campaign's own counters, and rankings."""

from quetsach.campaign import Provenance
from quetsach.campaign.published import Activity, Counted, Placing, PublishedFigure
from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.document import Block, Cell, Chapter, Column, Form, Gap, Points, Table

_COUNTED = {
    Counted.MONTH: LocalText("một tháng", "a month"),
    Counted.QUARTER: LocalText("một quý", "a quarter"),
    Counted.YEAR: LocalText("một năm", "a year"),
    Counted.UNKNOWN: LocalText("không công bố", "not published"),
}
_PROVENANCE = {
    Provenance.STATED: LocalText("công bố", "stated"),
    Provenance.DERIVED: LocalText("suy ra", "derived"),
}
_NOTHING = LocalText("Không có số liệu nào của nơi khác được ghi nhận.", "No figures of others are on record.")
_SOURCE = Column("source", LocalText("Nguồn", "Source"))
_NOTE = Column("note", LocalText("Ghi chú", "Note"))
_FIGURES = (
    Column("first", LocalText("Từ ngày", "First day"), Form.DAY),
    Column("last", LocalText("Đến ngày", "Last day"), Form.DAY),
    Column("counted", LocalText("Kỳ đếm", "Counted over")),
    Column("addresses", LocalText("Địa chỉ", "Addresses"), Form.NUMBER),
    Column("provenance", LocalText("Cách có số", "How it is known")),
    _SOURCE,
    _NOTE,
)
_ACTIVITY = (
    Column("on", LocalText("Ngày", "Day"), Form.DAY),
    Column("reached", LocalText("Lượt tiếp cận", "Reached"), Form.NUMBER),
    Column("scans", LocalText("Lượt quét", "Scans"), Form.NUMBER),
    Column("infected", LocalText("Máy có mã độc", "Found infected"), Form.NUMBER),
    _SOURCE,
    _NOTE,
)
_PLACINGS = (
    Column("by", LocalText("Bên công bố", "By")),
    Column("year", LocalText("Năm", "Year")),
    Column("measure", LocalText("Nội dung", "Measure")),
    Column("place", LocalText("Thứ hạng", "Place"), Form.NUMBER),
    Column("percent", LocalText("Tỷ lệ", "Share"), Form.PERCENT, 1),
    _SOURCE,
    _NOTE,
)


def published(inputs: Inputs) -> Chapter:
    """Return the chapter of the published series."""
    title = LocalText(
        "Số liệu đã công bố và những gì số liệu này không cho biết", "What was published, and cannot tell"
    )
    record = inputs.published
    if not record.figures:
        return Chapter("published", title, (Gap(title, _NOTHING),))
    figures = tuple(
        (f.period.first, f.period.last, _COUNTED[f.counted], f.addresses, _PROVENANCE[f.provenance], *_told(f))
        for f in record.figures
    )
    blocks: list[Block] = (
        [Points(LocalText("Những số liệu này không cho biết", "What these figures cannot tell"), tuple(record.limits))]
        if record.limits
        else []
    )
    blocks.append(Table("published", LocalText("Chuỗi số liệu", "The series"), _FIGURES, figures))
    if record.activity:
        rows = tuple((a.on, a.reached, a.scans, a.infected, *_told(a)) for a in record.activity)
        note = LocalText(
            "Lượt, không phải số người hay số máy khác nhau.", "Turns, and not distinct people or machines."
        )
        counters = LocalText("Bộ đếm của chiến dịch", "The campaign's own counters")
        blocks.append(Table("activity", counters, _ACTIVITY, rows, note))
    return Chapter("published", title, tuple(blocks))


def _told(one: PublishedFigure | Activity | Placing) -> tuple[Cell, Cell]:
    """Return the cells of where something is from and what is to be known of it."""
    return (one.source or None, one.note)


def placings(inputs: Inputs) -> Chapter:
    """Return the register of rankings by others."""
    title = LocalText("Thứ hạng trong báo cáo của các hãng", "Rankings by others")
    rows = tuple((p.by, str(p.year), p.measure, p.place, p.percent, *_told(p)) for p in inputs.published.placings)
    note = LocalText(
        "Thứ hạng phụ thuộc cách đếm và khách hàng của từng hãng; không phải là kết quả của chiến dịch.",
        "A place depends on what is counted and on whose customers; it is no result of the campaign.",
    )
    if not rows:
        return Chapter("placings", title, (Gap(title, _NOTHING),))
    return Chapter("placings", title, (Table("placings", title, _PLACINGS, rows, note),))
