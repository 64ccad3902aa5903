"""The flow of units through a registered roll-out (CONSORT): how each step began, and how many were analysed."""

from collections.abc import Iterator

from quetsach.assess.effect.fidelity import Flow, Kept, StepFlow
from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.document import Block, Boxes, Cell, Column, Form, Paragraph, Table

_TITLE = LocalText("Từ thứ tự đã rút đến phân tích", "From the order drawn to the analysis")
_KEPT = {
    Kept.AS_PLANNED: LocalText("Đúng ngày", "As planned"),
    Kept.EARLY: LocalText("Sớm", "Early"),
    Kept.LATE: LocalText("Muộn", "Late"),
    Kept.NEVER: LocalText("Không bắt đầu", "Never"),
    Kept.NOT_NOTED: LocalText("Không rõ", "Not noted"),
}
_COLUMNS = (
    Column("step", LocalText("Đợt", "Step"), Form.NUMBER),
    Column("first", LocalText("Ngày đã rút", "Day drawn"), Form.DAY),
    Column("units", LocalText("Đơn vị", "Units"), Form.NUMBER),
    *(Column(kind.value.replace("-", "_"), name, Form.NUMBER) for kind, name in _KEPT.items()),
    Column("analysed", LocalText("Được phân tích", "Analysed"), Form.NUMBER),
    Column("lost", LocalText("Thiếu số liệu", "Without figures"), Form.NUMBER),
)
_NOTE = LocalText(
    "Đúng ngày: bắt đầu trong vòng một tuần kể từ ngày đã rút. Được phân tích: có số liệu cả trước và sau ngày đó. Mọi "
    "đơn vị được tính theo ngày đã rút, dù thực tế bắt đầu khi nào.",
    "As planned: began within a week of the day drawn. Analysed: there are figures before and after that day. All "
    "units count by the day that was drawn, whenever they began.",
)
_NOT_RECORDED = LocalText(
    "Không có ghi chép nào về ngày các đơn vị thực sự bắt đầu.", "Nothing was recorded of when units really began."
)


def flow(found: Flow | None) -> Iterator[Block]:
    """Yield the drawing, its table and what reached units too early; nothing without a registered roll-out."""
    if found is None:
        return
    yield Boxes("flow", _TITLE, _NOTE, _top(found))
    yield Table(
        "flow", _TITLE, _COLUMNS, tuple(_row(number, step) for number, step in enumerate(found.steps, 1)), _NOTE
    )
    if found.fidelity is None:
        yield Paragraph(_NOT_RECORDED)
    elif found.fidelity.spilled:
        yield Paragraph(_spilled(found.fidelity.spilled))


def _top(found: Flow) -> LocalText:
    return LocalText(
        f"{number_text(found.drawn, 'vi')} đơn vị được rút vào {len(found.steps)} đợt",
        f"{number_text(found.drawn, 'en')} units drawn into {len(found.steps)} steps",
    )


def _row(number: int, step: StepFlow) -> tuple[Cell, ...]:
    kept = (None if step.kept is None else step.kept[kind] for kind in _KEPT)
    return (number, step.first, step.units, *kept, step.analysed, step.lost)


def _spilled(units: int) -> LocalText:
    return LocalText(
        f"{units} đơn vị đã được chiến dịch đến trước ngày của mình, nên không còn là đối chứng đúng nghĩa: tác động "
        "tính ra nhỏ hơn thực tế.",
        f"{units} units were reached before their day, so that they are no true controls any more: the estimate is "
        "smaller than the effect.",
    )
