"""The words of a letter, in the order and form of Decree 30/2020."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.web.office.letters.document.letters import ISSUER, letter

from quetsach.web.office.letters.document.letter import (
    Annex,
    Change,
    ChangeKind,
    Language,
    Personal,
    Reference,
    Standing,
    Verification,
)
from quetsach.web.office.letters.document.markup import Paragraph, plain
from quetsach.web.office.letters.document.sheet import compose, day_phrase, number_sign, own_copy, personal_copy, roman

EARLIER = Reference("1735/STTTT-CNTT", date(2020, 2, 5), "Sở Thông tin và Truyền thông")


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2020, 10, 6), "ngày 06 tháng 10 năm 2020"),
        (date(2021, 2, 3), "ngày 03 tháng 02 năm 2021"),
        (date(2021, 3, 31), "ngày 31 tháng 3 năm 2021"),
        (date(2021, 1, 10), "ngày 10 tháng 01 năm 2021"),
    ],
)
def test_days_below_ten_and_the_first_two_months_have_a_zero(day: date, said: str) -> None:
    assert day_phrase(day, Language.VIETNAMESE) == said


def test_numbers_below_ten_have_a_zero() -> None:
    assert (number_sign(7, "UBND-VX"), number_sign(12, "UBND-VX")) == ("07/UBND-VX", "12/UBND-VX")


def test_a_draft_leaves_room_for_number_and_day() -> None:
    sheet = compose(letter(number=None, day=None, standing=Standing.DRAFT))
    assert (sheet.number.split(), sheet.mark) == (["Số:", "/STTTT-CNTT"], "DỰ THẢO")
    assert sheet.dated.split() == ["Hải", "Phòng,", "ngày", "tháng", "năm"]


def test_agencies_powers_and_titles_are_in_capitals() -> None:
    sheet = compose(letter())
    assert sheet.superior == "ỦY BAN NHÂN DÂN THÀNH PHỐ HẢI PHÒNG"
    assert sheet.agency == "SỞ THÔNG TIN VÀ TRUYỀN THÔNG"
    assert (sheet.powers, sheet.title, sheet.name) == (("KT. GIÁM ĐỐC",), "PHÓ GIÁM ĐỐC", "Nguyễn Văn Mẫu")


def test_several_addressees_have_dashes_and_end_in_a_full_stop() -> None:
    assert own_copy(letter(addressees=("Sở A;", "Sở B.", "Sở C"))).addressees == ("- Sở A;", "- Sở B;", "- Sở C.")


def test_one_addressee_stands_alone() -> None:
    assert own_copy(letter(addressees=("Sở A",))).addressees == ("Sở A",)


def test_who_gets_a_copy_begins_as_above_and_ends_with_the_file() -> None:
    assert compose(letter()).copies == (
        "- Như trên;",
        "- Cục An toàn thông tin (để báo cáo);",
        "- Lưu: VT, CNTT (05).",
    )


def test_annexes_are_numbered_when_there_are_several() -> None:
    headings = [annex.heading for annex in compose(letter()).annexes]
    assert headings == ["Phụ lục I", "Phụ lục II"]
    (one,) = compose(letter(annexes=(Annex("Mẫu", "a"),))).annexes
    assert one.heading == "Phụ lục"


def test_an_annex_says_which_letter_it_belongs_to() -> None:
    assert compose(letter()).annexes[0].reference == (
        "(Kèm theo Công văn số 2049/STTTT-CNTT ngày 06 tháng 10 năm 2020 của Sở Thông tin và Truyền thông)"
    )


def test_what_a_letter_replaces_is_said_before_its_closing_line() -> None:
    blocks = compose(letter(changes=(Change(ChangeKind.REPLACES, EARLIER),))).blocks
    said = [plain(block.runs) for block in blocks[-2:] if isinstance(block, Paragraph)]
    assert said == [
        "Công văn này thay thế Công văn số 1735/STTTT-CNTT ngày 05 tháng 02 năm 2020 của Sở Thông tin và Truyền thông.",
        "Trân trọng./.",
    ]


def test_a_revoked_letter_says_by_which() -> None:
    sheet = compose(letter(standing=Standing.REVOKED, superseded_by=EARLIER))
    assert sheet.mark == "ĐÃ THU HỒI"
    assert sheet.note.startswith("Đã bị thu hồi theo Công văn số 1735/STTTT-CNTT")


def test_a_personal_copy_names_its_recipient_and_its_own_address() -> None:
    copy = personal_copy(letter(), Personal(Verification("https://a.example/b?c=1", "AB-12"), "Ủy ban nhân dân xã A"))
    assert copy.addressees == ("Ủy ban nhân dân xã A",)
    assert copy.check is not None
    assert (copy.check.url, copy.check.where) == ("https://a.example/b?c=1", "Kiểm tra văn bản tại: a.example/b?c=1")


def test_a_letter_in_english_has_no_vietnamese_of_its_own() -> None:
    sheet = compose(letter(language=Language.ENGLISH, issuer=ISSUER))
    assert (sheet.number, sheet.to) == ("No.: 2049/STTTT-CNTT", "To:")
    assert sheet.dated == "Hải Phòng, 6 October 2020"
    assert sheet.annexes[1].heading == "Annex II"


def test_decomposed_letters_are_put_together() -> None:
    assert compose(letter(subject="Vie\u0323\u0302t")).subject == "V/v Việt"


@given(st.integers(1, 39))
def test_roman_numbers_add_up(number: int) -> None:
    values = {"I": 1, "V": 5, "X": 10}
    signs = [values[sign] for sign in roman(number)]
    pairs = zip(signs, [*signs[1:], 0], strict=True)
    assert sum(-sign if sign < following else sign for sign, following in pairs) == number
