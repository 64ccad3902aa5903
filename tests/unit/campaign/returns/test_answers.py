from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.returns.answers import Answers, examine
from quetsach.campaign.returns.form import Form, read_form
from quetsach.installation import bundled

FORM: Form = read_form((bundled("data") / "forms" / "unit-return-1.toml").read_bytes(), file="unit-return-1.toml")

GOOD = {
    "contact": "Nguyễn Thị Hòa, chuyên viên, 0225 3822 000",
    "staff-informed": "85",
    "machines-in-scope": "60",
    "machines-by-os.windows-10": "50",
    "machines-by-os.windows-7": "10",
    "machines-scanned": "55",
    "scan-turns": "70",
    "machines-infected": "12",
    "machines-cleaned": "9",
    "machines-reinstalled": "2",
    "machines-unresolved": "1",
}


def read(**changes: str) -> Answers:
    return examine(
        FORM, {**GOOD, **{name.replace("__", ".").replace("_", "-"): text for name, text in changes.items()}}
    )


def faults(answers: Answers) -> list[tuple[str, bool]]:
    return [(fault.field, fault.is_note) for fault in answers.faults]


def test_a_good_return_has_no_fault() -> None:
    answers = read()
    assert answers.faults == ()
    assert answers.figures["machines-scanned"] == 55
    assert answers.figures["machines-by-os.windows-7"] == 10


def test_zero_is_a_figure() -> None:
    answers = read(machines_infected="0", machines_cleaned="0", machines_reinstalled="0", machines_unresolved="0")
    assert answers.faults == ()
    assert answers.figures["machines-infected"] == 0
    assert answers.missing == {}


def test_a_missing_figure_needs_a_reason() -> None:
    assert faults(read(machines_scanned="")) == [("machines-scanned", False)]


def test_a_missing_figure_with_its_reason_is_not_zero() -> None:
    answers = read(machines_scanned="", machines_scanned__missing="Chưa có công cụ")
    assert answers.faults == ()
    assert "machines-scanned" not in answers.figures
    assert answers.missing == {"machines-scanned": "Chưa có công cụ"}


def test_a_figure_and_a_reason_together_are_refused() -> None:
    assert faults(read(machines_scanned__missing="không rõ")) == [("machines-scanned.missing", False)]


@pytest.mark.parametrize(
    ("typed", "number"),
    [("1.234", 1234), ("1,234", 1234), ("1 234 567", 1_234_567), (" 007 ", 7), ("12345678", 12345678)],
)
def test_thousands_may_be_separated(typed: str, number: int) -> None:
    assert read(staff_informed=typed).figures["staff-informed"] == number


@pytest.mark.parametrize(
    "typed", ["-1", "1.5", "1.23", "1,2345", "mười", "1e3", "=1+1", "0x10", "999999999", "1.000,000"]
)
def test_what_is_no_whole_number_is_refused_and_kept_as_typed(typed: str) -> None:
    answers = read(staff_informed=typed)
    assert faults(answers) == [("staff-informed", False)]
    assert answers.cells["staff-informed"] == typed
    assert "staff-informed" not in answers.figures


@pytest.mark.parametrize("typed", ["06/10/2020", "6/10/2020", "2020-10-06"])
def test_a_day_is_read_as_people_write_it(typed: str) -> None:
    assert read(letter_received_on=typed).days["letter-received-on"] == date(2020, 10, 6)


@pytest.mark.parametrize("typed", ["31/02/2020", "10-06", "hôm qua", "2020-13-01"])
def test_what_is_no_day_is_refused(typed: str) -> None:
    assert faults(read(letter_received_on=typed)) == [("letter-received-on", False)]


def test_a_letter_is_not_forwarded_before_it_is_received() -> None:
    answers = read(letter_received_on="06/10/2020", letter_forwarded_on="05/10/2020")
    assert faults(answers) == [("letter-received-on", False)]


def test_more_machines_scanned_than_in_scope_is_refused() -> None:
    assert faults(read(machines_scanned="61")) == [("machines-scanned", False)]


def test_more_machines_infected_than_scanned_is_refused() -> None:
    assert ("machines-infected", False) in faults(read(machines_infected="56"))


def test_more_scan_turns_than_machines_is_no_fault() -> None:
    assert read(scan_turns="4000").faults == ()


def test_rows_by_system_must_add_up() -> None:
    assert faults(read(machines_by_os__linux="1")) == [("machines-by-os", False)]


def test_what_was_done_with_infected_machines_must_add_up() -> None:
    assert faults(read(machines_unresolved="5")) == [("machines-infected", False)]


def test_a_reason_excuses_the_difference() -> None:
    assert read(machines_unresolved="5", difference_reason="Bốn máy đã thanh lý").faults == ()


def test_a_family_counts_no_more_than_the_machines_infected() -> None:
    answers = read(families__1__name="Conficker", families__1__count="13")
    assert faults(answers) == [("families", False)]


def test_families_may_overlap() -> None:
    answers = read(
        families__1__name="Conficker", families__1__count="12", families__2__name="Sality", families__2__count="9"
    )
    assert answers.faults == ()
    assert answers.figures["families.conficker"] == 12


def test_a_family_twice_is_refused() -> None:
    answers = read(
        families__1__name="Conficker", families__1__count="1", families__2__name="conficker", families__2__count="1"
    )
    assert faults(answers) == [("families.2.name", False)]


@pytest.mark.parametrize("part", ["name", "count"])
def test_half_a_line_of_a_family_is_refused(part: str) -> None:
    answers = examine(FORM, {**GOOD, f"families.1.{part}": "3"})
    assert len(answers.errors) == 1


@pytest.mark.parametrize(
    "text",
    [
        "liên hệ hoa@haiphong.gov.vn",
        "gọi 0912 345 678",
        "gọi +84912345678",
        "gọi 0225.3822.000",
        "máy 203.0.113.7 bị nhiễm",
        "từ 2405:4800:1:2::77",
    ],
)
def test_private_data_in_free_text_is_pointed_at(text: str) -> None:
    answers = read(difficulties=text)
    assert faults(answers) == [("difficulties", True)]
    assert answers.errors == ()


@pytest.mark.parametrize(
    "text", ["Máy cũ, chạy Windows 7", "12 máy, 30.000 đồng, ngày 06/10/2020", "lúc 10:30:15", "bản 1.2.3.4.5"]
)
def test_plain_text_is_not_suspected(text: str) -> None:
    assert read(difficulties=text).faults == ()


def test_the_contact_is_private_and_may_hold_a_telephone_number() -> None:
    assert read(contact="Hòa, 0912 345 678").faults == ()


def test_a_figure_to_date_that_fell_is_pointed_at() -> None:
    answers = examine(FORM, GOOD, former={"machines-scanned": 56, "scan-turns": 900})
    assert faults(answers) == [("machines-scanned", True)]


def test_a_text_that_is_too_long_is_refused() -> None:
    answers = read(tools="x" * 301)
    assert faults(answers) == [("tools", False)]


def test_what_cannot_be_seen_is_dropped_and_marks_are_composed() -> None:
    assert read(tools="a\u200bb\x00c\u202e e\u0301").texts["tools"] == "abc é"


@given(st.dictionaries(st.sampled_from(FORM.fields()), st.text(max_size=40), max_size=20))
def test_reading_never_fails_and_reading_again_changes_nothing(typed: dict[str, str]) -> None:
    once = examine(FORM, typed)
    again = examine(FORM, once.cells)
    assert again.cells == once.cells
    assert again.figures == once.figures
    assert {f.field for f in again.errors} == {f.field for f in once.errors}


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=8))
def test_cells_that_the_form_does_not_have_are_left_aside(typed: dict[str, str]) -> None:
    assert set(examine(FORM, typed).cells) <= set(FORM.fields())
