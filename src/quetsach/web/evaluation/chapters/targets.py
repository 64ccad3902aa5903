"""The windows beside the frozen baseline, and the last of them against four baselines."""

from dataclasses import replace

from quetsach.assess import TargetReport, WindowCount
from quetsach.centre.evaluation.inputs import Inputs
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.chapters.words import for_show, joined, why_not
from quetsach.web.evaluation.document import (
    Block,
    Cell,
    Chapter,
    Column,
    Curve,
    Form,
    Gap,
    Paragraph,
    Spans,
    Statement,
    Table,
    Tone,
    answer_cells,
)

_TITLE = LocalText("Chỉ tiêu và bốn mốc so sánh", "Targets and four baselines")
_NO_SIGHTINGS = LocalText(
    "Hệ thống không có lượt ghi nhận nào của kỳ làm mốc. Số do nơi khác công bố được nêu ở phần sau.",
    "No sightings of the baseline window are held. What others published is further below.",
)
_COUNTED = LocalText("Số địa chỉ tự đếm trong các kỳ", "Addresses of the windows, counted here")
_WINDOW_COLUMNS = (
    Column("window", LocalText("Kỳ", "Window")),
    Column("first", LocalText("Từ ngày", "First day"), Form.DAY),
    Column("last", LocalText("Đến ngày", "Last day"), Form.DAY),
    Column("days_with_data", LocalText("Số ngày có dữ liệu", "Days with data"), Form.NUMBER),
    Column("addresses", LocalText("Địa chỉ trong cả kỳ", "Addresses"), Form.NUMBER, 0, "window-addresses"),
    Column("change", LocalText("So với mốc", "Against baseline"), Form.CHANGE, 1, "change-against-baseline"),
    Column("published", LocalText("Số đã công bố", "Published"), Form.NUMBER),
    Column(
        "published_change",
        LocalText("So với mốc, theo số đã công bố", "Against baseline, as published"),
        Form.CHANGE,
        1,
    ),
)
_FOUR_COLUMNS = (
    Column("against", LocalText("Mốc", "Baseline")),
    Column("value", LocalText("Địa chỉ", "Addresses"), Form.NUMBER),
    Column("change", LocalText("Thay đổi", "Change"), Form.CHANGE, 1),
    Column("low", LocalText("Thấp nhất", "Low"), Form.CHANGE, 1),
    Column("high", LocalText("Cao nhất", "High"), Form.CHANGE, 1),
    Column("why_not", LocalText("Vì sao không có", "Why there is none")),
)
_DAILY_COLUMNS = (
    Column("day", LocalText("Ngày (UTC)", "Day (UTC)"), Form.DAY),
    Column("addresses", LocalText("Địa chỉ trong ngày", "Addresses that day"), Form.NUMBER),
)


def targets(inputs: Inputs) -> Chapter:
    """Return the chapter."""
    if inputs.targets is None:
        return Chapter("targets", _TITLE, (Gap(_COUNTED, _NO_SIGHTINGS), *_four(inputs)))
    blocks: list[Block] = [*_windows(inputs, inputs.targets), *_four(inputs), *_daily(inputs)]
    blocks += [Statement(Tone.CAUTION, LocalText("Lưu ý", "Caution"), notice.text) for notice in inputs.targets.notices]
    return Chapter("targets", _TITLE, tuple(blocks))


def _windows(inputs: Inputs, report: TargetReport) -> list[Block]:
    base = report.baseline.published
    rows: list[tuple[Cell, ...]] = [_row(report.baseline, None, base)]
    if report.previous_year:
        rows.insert(0, _row(report.previous_year, None, base))
    rows += [_row(w.count, w.change.value if w.change else None, base) for w in report.windows]
    seal = LocalText(
        "Mốc so sánh đã chốt." if report.seal else "Mốc so sánh là tạm thời, chưa chốt.",
        "The baseline is frozen." if report.seal else "The baseline is provisional.",
    )
    note = joined(_NOT_REAL, seal) if inputs.not_real else seal
    table = Table(
        "windows", LocalText("Các kỳ đếm", "Windows"), _columns(is_real=not inputs.not_real), tuple(rows), note
    )
    spans = Spans(
        "windows",
        "window",
        "first",
        "last",
        "addresses",
        for_show(LocalText("Địa chỉ trong từng kỳ", "Addresses in each window"), is_real=not inputs.not_real),
        LocalText(
            "Số địa chỉ trong cả kỳ chỉ để đối chiếu với năm 2020, không dùng để kết luận về chỉ tiêu.",
            "Addresses in a whole window are for continuity with 2020 and judge no target.",
        ),
        LocalText("địa chỉ", "addresses"),
        mark=report.baseline.name.en,
        begins=inputs.marks,
    )
    return [spans, table]


def _columns(*, is_real: bool) -> tuple[Column, ...]:
    """Return the columns; where the centre's own figures are not real, their titles say so."""
    if is_real:
        return _WINDOW_COLUMNS
    titles = {
        "addresses": LocalText("Địa chỉ minh họa (tự đếm)", "Addresses for show (counted here)"),
        "change": LocalText("So với mốc (minh họa)", "Against baseline (for show)"),
        "published": LocalText("Số thật đã công bố", "Real figure, as published"),
        "published_change": LocalText("So với mốc (số thật)", "Against baseline (real)"),
    }
    return tuple(replace(column, title=titles.get(column.id, column.title)) for column in _WINDOW_COLUMNS)


def _row(count: WindowCount, change: float | None, base: int | None) -> tuple[Cell, ...]:
    window = count.basis.window
    days = count.basis.days_with_data
    addresses = count.addresses if days else None
    published = 100 * (count.published / base - 1) if base and count.published and change is not None else None
    return (count.name, window.first, window.last, days, addresses, change, count.published, published)


_NOT_REAL = LocalText(
    "Số tự đếm ở đây là số minh họa; số thật là số do cơ quan chủ trì công bố.",
    "What was counted here is for show; the real figures are those that the campaign published.",
)


def _four(inputs: Inputs) -> list[Block]:
    if not inputs.compared:
        return []
    rows: list[tuple[Cell, ...]] = []
    for compared in inputs.compared:
        change, low, high = answer_cells(compared.change)
        exact = change is not None and low == high
        rows.append(
            (
                compared.name,
                answer_cells(compared.baseline)[0],
                change,
                None if exact else low,
                None if exact else high,
                why_not(compared.change),
            )
        )
    told = LocalText(
        "Cùng một số cuối kỳ cho kết quả khác nhau tùy mốc được chọn. Không dòng nào cho biết chiến dịch đã gây ra bao "
        "nhiêu phần thay đổi.",
        "The same last figure gives different results with another baseline. No line says how much of the change the "
        "campaign caused.",
    )
    title = for_show(
        LocalText("Kỳ cuối so với bốn mốc", "The last window against four baselines"),
        is_real=not inputs.not_real or inputs.targets is None,  # then these are figures that were published
    )
    return [Table("four-baselines", title, _FOUR_COLUMNS, tuple(rows)), Paragraph(told)]


def _daily(inputs: Inputs) -> list[Block]:
    if not inputs.daily:
        return []
    title = for_show(LocalText("Địa chỉ từng ngày", "Addresses of each day"), is_real=not inputs.not_real)
    table = Table(
        "daily",
        title,
        _DAILY_COLUMNS,
        tuple((d.day, d.addresses) for d in inputs.daily),
        LocalText(
            "Ngày không có trong bảng là ngày không có dữ liệu, không phải là 0.",
            "A day that is not in the table had no data; it is not zero.",
        ),
        is_long=True,
    )
    phases = ((p.period.first, p.name) for p in inputs.campaign.phases)
    curve = Curve(
        "daily",
        "day",
        "addresses",
        title,
        LocalText(
            "Vạch đứng: ngày bắt đầu các giai đoạn, các kỳ nghỉ lễ và các sự kiện làm số đếm thay đổi.",
            "Upright lines: the first days of the phases, of holidays and of events that change counts.",
        ),
        LocalText("địa chỉ", "addresses"),
        tuple(sorted((*phases, *inputs.marks), key=lambda mark: mark[0])),
    )
    return [curve, table]
