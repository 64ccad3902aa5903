"""How many machines: three measures of the same change, which agree or say that the instrument changed."""

from quetsach.assess.estimate import Answer
from quetsach.assess.refusal import Refusal
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.chapters.words import why_not
from quetsach.web.evaluation.document import (
    Block,
    Cell,
    Column,
    Form,
    Paragraph,
    Section,
    Statement,
    Table,
    Tone,
)
from quetsach.web.evaluation.inputs import Inputs

_TITLE = LocalText("Số máy", "Machines")
_NONE = LocalText(
    "Không có hai kỳ có dữ liệu để so sánh số máy.", "There are no two windows with data to compare machines in."
)
_WHAT = LocalText(
    "Một địa chỉ không phải là một máy. Số máy trực tuyến được ước lượng từ khoảng thời gian mỗi địa chỉ có mặt; chỉ "
    "tính trên những nguồn dữ liệu và họ mã độc có trong cả hai kỳ theo cùng một cách.",
    "An address is not a machine. Machines on line are estimated from how long each address was there, over those "
    "feeds and families alone that both windows have in the same way.",
)
_COLUMNS = (
    Column("measure", LocalText("Cách đo", "Measure")),
    Column("before", LocalText("Kỳ làm mốc", "Baseline"), Form.NUMBER),
    Column("after", LocalText("Kỳ cuối", "Last window"), Form.NUMBER),
    Column("reduction", LocalText("Mức giảm", "Reduction"), Form.PERCENT, 1, "observed-reduction"),
    Column("why_not", LocalText("Vì sao không có", "Why there is none")),
)


def machines(inputs: Inputs) -> Section:
    """Return the chapter."""
    found = inputs.machines
    if found is None:
        return Section("machines", _TITLE, (Paragraph(_NONE),))
    rows = (
        _row(LocalText("Máy trực tuyến", "Machines on line"), found.machines),
        _row(LocalText("Máy tính từ lượt ghi nhận", "Machines from events"), found.by_events),
        _row(LocalText("Địa chỉ mỗi ngày", "Daily addresses"), found.by_addresses),
    )
    blocks: list[Block] = [Paragraph(_WHAT), *_measures(rows)]
    tone = Tone.REFUSED if found.blocks else Tone.CAUTION
    blocks += [Statement(tone, LocalText("Lưu ý", "Caution"), notice.text) for notice in found.notices]
    return Section("machines", _TITLE, tuple(blocks))


def _measures(rows: tuple[tuple[Cell, ...], ...]) -> list[Block]:
    """Return the table; where one reason stands in the way of every measure, that reason alone."""
    reasons = {row[-1] for row in rows}
    if len(reasons) == 1 and isinstance(reason := next(iter(reasons)), LocalText):
        return [Statement(Tone.REFUSED, _TITLE, reason)]
    return [Table("machines", _TITLE, _COLUMNS, rows)]


def _row(name: LocalText, answer: Answer) -> tuple[Cell, ...]:
    if isinstance(answer, Refusal):
        return (name, None, None, None, why_not(answer))
    return (name, answer.measured.get("before"), answer.measured.get("after"), answer.value, None)
