import io
import zipfile

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from tests.unit.web.office.returns.conftest import GOOD

from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.state import Scope
from quetsach.web.office.returns.sheet import read_sheet, write_sheet
from quetsach.web.office.units.spreadsheet import sheet_title

UNIT = "11296-2020"


def changed(content: bytes, **cells: object) -> bytes:
    """Fill in cells as a person does: ``changed(content, C12=5)``."""
    book = load_workbook(io.BytesIO(content))
    for place, value in cells.items():
        book.active[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def place_of(content: bytes, code: str, column: str = "C") -> str:
    rows = load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    return f"{column}{next(n for n, row in enumerate(rows, 1) if row[0] == code)}"


@pytest.fixture
def template(units, period) -> bytes:
    return write_sheet(period, units[UNIT], {}, Scope.OWN)


def test_the_template_names_form_period_and_unit(template: bytes) -> None:
    rows = list(load_workbook(io.BytesIO(template)).active.iter_rows(values_only=True, max_row=5))
    assert [row[2] for row in rows[1:4]] == ["unit-return-1", "2020-W41", UNIT]


def test_only_answers_can_be_changed(template: bytes) -> None:
    sheet = load_workbook(io.BytesIO(template)).active
    assert sheet.protection.sheet
    assert not sheet[place_of(template, "machines-scanned")].protection.locked
    assert sheet[place_of(template, "machines-scanned", "A")].protection.locked


def test_what_was_written_comes_back(units, period) -> None:
    cells = {**GOOD, "difficulties": "=1+1 không phải công thức", "machines-by-os.windows-10": "60"}
    del cells["machines-scanned"]
    cells["machines-scanned.missing"] = "Chưa có công cụ"
    read = read_sheet(write_sheet(period, units[UNIT], cells, Scope.SUBTREE), period, units[UNIT])
    assert (read.cells, read.scope) == (cells, Scope.SUBTREE)


def test_numbers_that_were_typed_as_numbers_are_read(units, period, template: bytes) -> None:
    place = place_of(template, "machines-scanned")
    read = read_sheet(changed(template, **{place: 55}), period, units[UNIT])
    assert read.cells == {"machines-scanned": "55"}
    assert read.places["machines-scanned"] == place


def test_a_formula_is_refused_with_its_cell(units, period, template: bytes) -> None:
    place = place_of(template, "machines-scanned")
    with pytest.raises(ReturnError, match="formula") as caught:
        read_sheet(changed(template, **{place: "=SUM(C1:C4)"}), period, units[UNIT])
    assert caught.value.where == f"Cell {place}"


@pytest.mark.parametrize(
    ("place", "value"), [("C2", "unit-return-2"), ("C3", "2020-W42"), ("C4", "11299-2020"), ("C4", None)]
)
def test_a_file_of_another_return_is_refused(units, period, template: bytes, place: str, value: str | None) -> None:
    with pytest.raises(ReturnError, match="another"):
        read_sheet(changed(template, **{place: value}), period, units[UNIT])


def test_a_line_twice_is_refused(units, period, template: bytes) -> None:
    with pytest.raises(ReturnError, match="belong"):
        read_sheet(changed(template, A200="machines-scanned", C200=3), period, units[UNIT])


def test_a_line_of_no_form_is_refused(units, period, template: bytes) -> None:
    with pytest.raises(ReturnError, match="belong"):
        read_sheet(changed(template, A200="salary", C200=3), period, units[UNIT])


@pytest.mark.parametrize(("language", "word"), [("vi", "gồm cả cấp dưới"), ("en", "with all units below")])
def test_whose_machines_are_counted_is_said_in_words_chosen_from_a_list(
    units, period, language: str, word: str
) -> None:
    with translation.override(language):
        content = write_sheet(period, units[UNIT], {}, Scope.SUBTREE)
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet["C5"].value == word
    [choices] = sheet.data_validations.dataValidation
    assert ("C5" in choices.sqref, word in choices.formula1) == (True, True)
    assert read_sheet(content, period, units[UNIT]).scope is Scope.SUBTREE


@pytest.mark.parametrize(
    ("written", "scope"),
    [("own", Scope.OWN), ("Riêng đơn vị", Scope.OWN), ("SUBTREE", Scope.SUBTREE), ("this unit alone", Scope.OWN)],
)
def test_the_scope_is_read_in_either_language_and_as_sheets_had_it_before(
    units, period, template: bytes, written: str, scope: Scope
) -> None:
    assert read_sheet(changed(template, C5=written), period, units[UNIT]).scope is scope


def test_another_scope_is_refused(units, period, template: bytes) -> None:
    with pytest.raises(ReturnError, match=r"this unit alone.*with all units below|riêng đơn vị.*gồm cả cấp dưới"):
        read_sheet(changed(template, C5="all"), period, units[UNIT])


def test_a_bomb_is_refused_before_it_is_unpacked(units, period) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (80 << 20))
    with pytest.raises(ReturnError):
        read_sheet(out.getvalue(), period, units[UNIT])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=200))
def test_what_is_no_spreadsheet_is_refused(units, period, content: bytes) -> None:
    with pytest.raises(ReturnError):
        read_sheet(content, period, units[UNIT])


def test_whatever_a_translator_writes_is_a_name_that_a_sheet_can_have() -> None:
    assert sheet_title("[Return]: of/a *unit*? ") == "Return   of a  unit"
    assert len(sheet_title("bản báo cáo " * 9)) <= 31
