"""What was done: machines cleaned with the tool, letters down the tree, returns up."""

from quetsach.centre.evaluation.inputs import Fleet, Inputs
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.chapters.words import day_text
from quetsach.web.evaluation.document import Cell, Chapter, Column, Form, Gap, Paragraph, Statement, Table, Tone

_NO_REPORTS = LocalText("Chưa có báo cáo nào do công cụ gửi về.", "No report of the tool was sent.")
_VOLUNTEERS = LocalText(
    "Ai cũng gửi được báo cáo, nên đây là số liệu do người gửi tự báo, không phải là mẫu đại diện cho máy tính trong "
    "cả nước. Báo cáo của một mạng được tính đến một mức nhất định trong ngày; báo cáo đã bị rút thì không tính.",
    "Anyone can send a report: this is what people told, and no sample of the country's machines. What one network "
    "sends in a day counts up to a limit; what was withdrawn does not count.",
)
_NO_LETTERS = LocalText("Chưa có công văn nào của chiến dịch được ban hành.", "No letter of the campaign was issued.")
_NO_RETURNS = LocalText("Chưa công bố tổng hợp báo cáo nào.", "No totals of returns were published.")


def tool(inputs: Inputs) -> Chapter:
    """Return the chapter of the tool: machines cleaned for each 1,000 that were scanned."""
    title = LocalText("Công cụ đã làm sạch những gì", "What the tool cleaned")
    found = inputs.tool
    if found is None or not found.installs:
        return Chapter("tool", title, (Gap(title, _NO_REPORTS),))
    per_thousand = 1000 * found.cleaned / found.installs
    rows: tuple[tuple[Cell, ...], ...] = (
        (LocalText("Máy đã quét", "Machines scanned"), found.installs),
        (LocalText("Máy phát hiện có mã độc", "Machines with findings"), found.with_findings),
        (LocalText("Máy báo đã làm sạch", "Machines reported as cleaned"), found.cleaned),
        (
            LocalText("Máy báo đã làm sạch trên 1.000 máy đã quét", "Reported as cleaned for each 1,000 scanned"),
            round(per_thousand, 1),
        ),
    )
    columns = (
        Column("what", LocalText("Số liệu", "Figure")),
        Column("value", LocalText("Giá trị", "Value"), Form.NUMBER, 1),
    )
    families = Table(
        "tool-families",
        LocalText("Theo họ mã độc", "By family"),
        (
            Column("id", LocalText("Mã", "Code"), Form.CODE),
            Column("family", LocalText("Họ mã độc", "Family")),
            Column("installs", LocalText("Số máy", "Machines"), Form.NUMBER),
        ),
        tuple((family, found.names[family], installs) for family, installs in found.families.items()),
        LocalText("Họ mã độc có dưới 10 máy không được nêu.", "Families of fewer than 10 machines are not shown."),
    )
    table = Table("tool", LocalText("Số máy, không phải lượt chạy", "Machines, not runs"), columns, rows)
    shown = (*((families,) if found.families else ()), *((_fleets(found.fleets),) if found.fleets else ()))
    return Chapter("tool", title, (table, *shown, Paragraph(_VOLUNTEERS)))


def _fleets(fleets: tuple[Fleet, ...]) -> Table:
    columns = (
        Column("id", LocalText("Mã", "Code"), Form.CODE),
        Column("name", LocalText("Tỉnh, thành phố hoặc bộ, ngành", "Province or ministry")),
        Column("installs", LocalText("Máy đã quét", "Machines scanned"), Form.NUMBER),
        Column("with_findings", LocalText("Phát hiện có mã độc", "With findings"), Form.NUMBER),
        Column("cleaned", LocalText("Báo đã làm sạch", "Reported as cleaned"), Form.NUMBER),
        Column("per_thousand", LocalText("Sạch trên 1.000 máy quét", "Cleaned per 1,000"), Form.NUMBER, 1),
    )
    rows = tuple(
        (f.id, f.name, f.installs, f.with_findings, f.cleaned, _per_thousand(f.cleaned, f.installs)) for f in fleets
    )
    note = LocalText(
        "Báo cáo có ghi mã đơn vị, cộng theo tỉnh, thành phố hoặc bộ, ngành của đơn vị đó; máy có trong số liệu này "
        "cũng có thể đã nằm trong báo cáo của đơn vị. Số được làm tròn đến hàng chục; số nhỏ, hoặc số làm lộ số nhỏ, "
        "không được nêu.",
        "Reports that carry a unit's code, by the province or ministry of the unit; the same machines can also be in "
        "its return. Rounded to tens; small figures, and those that would tell one, are not shown.",
    )
    return Table("tool-fleets", LocalText("Theo đơn vị", "By units"), columns, rows, note)


def _per_thousand(cleaned: int | None, installs: int | None) -> float | None:
    return None if cleaned is None or not installs else 1000 * cleaned / installs


def letters(inputs: Inputs) -> Chapter:
    """Return the chapter of letters: how many units each went to, how many have read it."""
    title = LocalText("Công văn", "Letters")
    found = inputs.outcome.letters if inputs.outcome else ()
    if not found:
        return Chapter("letters", title, (Gap(title, _NO_LETTERS), *_outside(inputs)))
    columns = (
        Column("number", LocalText("Số, ký hiệu", "Number and sign")),
        Column("issued_on", LocalText("Ngày", "Day"), Form.DAY),
        Column("issuer", LocalText("Cơ quan ban hành", "Issued by")),
        Column("addressed", LocalText("Gửi đến", "Sent to"), Form.NUMBER),
        Column("acknowledged", LocalText("Đã xác nhận", "Acknowledged"), Form.NUMBER),
        Column("share", LocalText("Tỷ lệ", "Share"), Form.PERCENT, 1),
    )
    rows = tuple(
        (
            f.number,
            f.issued_on,
            f.issuer,
            f.addressed,
            f.acknowledged,
            100 * f.acknowledged / f.addressed if f.addressed else None,
        )
        for f in found
    )
    table = Table("letters", title, columns, rows)
    return Chapter("letters", title, (table, *_outside(inputs), *_of_the_tree(inputs)))


def _outside(inputs: Inputs) -> tuple[Paragraph, ...]:
    """Say how many letters of the campaign were issued after it, which are not counted."""
    if not inputs.letters_outside:
        return ()
    count, last = inputs.letters_outside, day_text(inputs.campaign.span.last)
    return (
        Paragraph(
            LocalText(
                f"Không tính {count} công văn ban hành ngoài thời gian của chiến dịch (kết thúc ngày {last.vi}).",
                f"Not counted: {count} issued outside the time of the campaign, which ended on {last.en}.",
            )
        ),
    )


def _of_the_tree(inputs: Inputs) -> tuple[Paragraph, ...]:
    """Return of which day the tree of units truly is, where another day's stands for it."""
    return (Paragraph(inputs.tree_note),) if inputs.tree_note else ()


def returns(inputs: Inputs) -> Chapter:
    """Return the chapter of returns: published totals, and how complete they are."""
    title = LocalText("Báo cáo của các đơn vị", "Returns of the units")
    found = inputs.outcome.returns if inputs.outcome else None
    if found is None:
        return Chapter("returns", title, (Gap(title, _NO_RETURNS),))
    complete = {language: number_text(found.complete_percent, language, decimals=1) for language in ("vi", "en")}
    said = Statement(
        Tone.FACT,
        LocalText(
            f"Báo cáo đã phê duyệt có số liệu của {number_text(found.approved, 'vi')}/"
            f"{number_text(found.expected, 'vi')} đơn vị phải báo cáo ({complete['vi']}%)",
            f"Approved returns hold the figures of {number_text(found.approved, 'en')} of "
            f"{number_text(found.expected, 'en')} units that owe one ({complete['en']} %)",
        ),
        found.note,
    )
    columns = (
        Column("figure", LocalText("Số liệu", "Figure")),
        Column("value", LocalText("Tổng", "Total"), Form.NUMBER),
    )
    rows = tuple((t.name, t.value) for t in found.totals)
    return Chapter("returns", title, (said, Table("returns", title, columns, rows), *_of_the_tree(inputs)))
