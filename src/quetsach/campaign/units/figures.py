"""Figures by unit as a table, such as those of an old campaign that are to be compared on the tree of today."""

from dataclasses import dataclass

from quetsach.campaign.units.cells import CellFault, Sheet, readers
from quetsach.campaign.units.errors import UnitsError
from quetsach.campaign.units.table import KEY_FORM, KEY_HINT
from quetsach.core.pack import LocalText

FIGURE_COLUMNS = ("unit", "figure")
MOST = 10**15
_HEADER = LocalText("tiêu đề phải là unit,figure", "the header must be unit,figure")
_WHOLE = (
    LocalText("không phải số nguyên không âm", "is not a whole number of at least 0"),
    LocalText("chỉ ghi chữ số", "write digits alone"),
)
_TWICE = (
    LocalText("có hai dòng cho một đơn vị", "the unit stands in the table twice"),
    LocalText("giữ một dòng", "keep one row"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Whole numbers by unit, and every fault of a cell."""

    by_unit: dict[str, int]
    faults: tuple[CellFault, ...]


def read_figures(sheet: Sheet) -> Figures:
    """Read the table ``unit,figure``.

    Raises:
        UnitsError: another header.
    """
    if set(sheet.header) != set(FIGURE_COLUMNS) or len(sheet.header) != len(FIGURE_COLUMNS):
        raise UnitsError(_HEADER, where=sheet.name)
    found: dict[str, int] = {}
    faults: list[CellFault] = []
    for row in readers(sheet, FIGURE_COLUMNS, faults):
        key, cell = row.matching("unit", KEY_FORM, hint=KEY_HINT), row.text("figure", most=20)
        if cell and not (cell.isascii() and cell.isdecimal() and int(cell) <= MOST):
            row.fault("figure", *_WHOLE)
        if key in found:
            row.fault("unit", *_TWICE)
        if row.is_sound:
            found[key] = int(cell)
    return Figures(found, tuple(faults))
