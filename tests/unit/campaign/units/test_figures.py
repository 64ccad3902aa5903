import pytest

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import read_csv
from quetsach.campaign.units.table import read_figures


def _read(*lines: str):
    return read_figures(read_csv("\n".join(("unit,figure", *lines)).encode(), name="x.csv"))


def test_figures_are_read_by_unit() -> None:
    assert _read("31-2020,12", "30-2020,0").by_unit == {"31-2020": 12, "30-2020": 0}


@pytest.mark.parametrize("cell", ["-1", "1.5", "1e3", "mười", "", "١٢", "9" * 20, "1 000"])
def test_what_is_no_whole_number_is_told(cell: str) -> None:
    found = _read(f"31-2020,{cell}")
    assert [(fault.row, fault.column) for fault in found.faults] == [(2, "figure")]
    assert found.by_unit == {}


def test_a_unit_that_stands_twice_is_told() -> None:
    assert [fault.column for fault in _read("31-2020,1", "31-2020,2").faults] == ["unit"]


def test_another_header_is_refused() -> None:
    with pytest.raises(UnitsError, match="unit,figure"):
        read_figures(read_csv(b"a,b\n", name="x.csv"))
