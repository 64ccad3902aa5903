"""The method note: the definitions of what is in the tables, word for word those that the figures carry."""

from quetsach.assess import DEFINITIONS, Basis
from quetsach.centre.evaluation.inputs import Inputs, Registered
from quetsach.core.pack import LocalText
from quetsach.web.evaluation.document import Block, Cell, Chapter, Column, Paragraph, Table

_TITLE = LocalText("Cách tính", "Method")
_COLUMNS = (
    Column("definition", LocalText("Số liệu", "Figure")),
    Column("unit", LocalText("Đơn vị", "Unit")),
    Column("text", LocalText("Định nghĩa", "Definition")),
)
_BASIS_COLUMNS = (
    Column("what", LocalText("Nội dung", "What")),
    Column("value", LocalText("Giá trị", "Value")),
)
_RECOMPUTE = LocalText(
    "Mọi bảng trong báo cáo đều có trong phụ lục dữ liệu (CSV, JSON, Parquet; giấy phép CC BY 4.0). Các tỷ lệ và thay "
    "đổi tính lại được từ các cột số lượng cùng bảng; xếp loại và lựa chọn tính lại được từ các bảng số liệu gốc kèm "
    "theo và các thiết đặt ghi trong cùng phụ lục.",
    "Every table of this report is in the data annex (CSV, JSON, Parquet; licence CC BY 4.0). Shares and changes can "
    "be recomputed from the columns of counts beside them; grades and the choice of botnets from the tables that they "
    "rest on and the settings in the same annex.",
)


def method(inputs: Inputs) -> Chapter:
    """Return the chapter: definitions, basis, and what to recompute from."""
    rows = tuple((d.name, d.unit, d.text) for d in DEFINITIONS.values())
    blocks: list[Block] = [Table("definitions", LocalText("Định nghĩa", "Definitions"), _COLUMNS, rows)]
    if facts := (*_counted_from(inputs.basis), *_seals(inputs)):
        blocks.append(Table("basis", LocalText("Căn cứ", "Basis"), _BASIS_COLUMNS, facts))
    return Chapter("method", _TITLE, (*blocks, Paragraph(_RECOMPUTE)))


def _counted_from(basis: Basis | None) -> tuple[tuple[Cell, ...], ...]:
    if basis is None:
        return ()
    return (
        (LocalText("Nguồn dữ liệu", "Feeds"), ", ".join(basis.feeds)),
        (LocalText("Bảng địa chỉ mạng", "Address tables"), ", ".join(basis.network_versions)),
        (LocalText("Ngày mới nhất có dữ liệu (UTC)", "Newest day with data (UTC)"), basis.as_of),
    )


def _seals(inputs: Inputs) -> tuple[tuple[Cell, ...], ...]:
    """Return the digests by which anyone can tell that baseline and registration are the same as then."""
    registered = inputs.effect.registered if inputs.effect else None
    seals = (
        (LocalText("Mốc so sánh đã chốt (SHA-256)", "Frozen baseline (SHA-256)"), _seal_of(inputs)),
        (LocalText("Bản đăng ký phân tích (SHA-256)", "Registered analysis (SHA-256)"), _digest(registered)),
    )
    return tuple((name, digest) for name, digest in seals if digest)


def _seal_of(inputs: Inputs) -> str:
    return inputs.targets.seal if inputs.targets else ""


def _digest(registered: Registered | None) -> str:
    return registered.digest if registered else ""
