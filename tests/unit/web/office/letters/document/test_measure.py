"""Names of agencies break where a typist would break them, and no word of a table breaks at all."""

from dataclasses import replace

import pytest
from tests.unit.web.office.letters.document.letters import letter
from tests.unit.web.office.letters.document.paper import pages

from quetsach.web.office.letters.document.markup import Table, parse, plain
from quetsach.web.office.letters.document.pdf import render
from quetsach.web.office.letters.document.typesetter import TABLE_POINTS, TEXT_MM, even_lines, fitted, width_mm


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("ỦY BAN NHÂN DÂN THÀNH PHỐ HẢI PHÒNG", ("ỦY BAN NHÂN DÂN", "THÀNH PHỐ HẢI PHÒNG")),
        ("SỞ THÔNG TIN VÀ TRUYỀN THÔNG", ("SỞ THÔNG TIN VÀ", "TRUYỀN THÔNG")),
        ("CỤC AN TOÀN THÔNG TIN", ("CỤC AN TOÀN THÔNG TIN",)),
        ("", ()),
    ],
)
def test_a_name_is_set_in_few_lines_of_one_length(name: str, lines: tuple[str, ...]) -> None:
    assert even_lines(name, 12, within_mm=60, bold=True) == lines


NARROW = (
    "| STT | Nội dung | Đơn vị | Số liệu | Tổng | Nghiêng |\n"
    "| 1 | Số máy tính đã quét trong toàn thành phố, cả máy xách tay của các cơ quan | máy | 12.345 | 1.120.345 | x |"
)


def test_each_column_holds_its_longest_word() -> None:
    (table,) = fitted(parse(NARROW), whole_mm=TEXT_MM)
    assert isinstance(table, Table)
    assert sum(table.weights) == pytest.approx(TEXT_MM, abs=0.1)
    for column, width in enumerate(table.weights):
        for word in plain(table.header[column]).split():
            assert width > width_mm(word, TABLE_POINTS, bold=True) + 3.8
        for word in plain(table.rows[0][column]).split():
            assert width > width_mm(word, TABLE_POINTS) + 3.8


def test_more_columns_than_the_page_holds_still_share_the_page() -> None:
    long = "x" * 60
    (table,) = fitted(parse(f"| {long} | {long} | {long} |\n| 1 | 2 | 3 |"), whole_mm=TEXT_MM)
    assert isinstance(table, Table)
    assert sum(table.weights) == pytest.approx(TEXT_MM, abs=0.1)


def test_on_paper_figures_end_under_each_other_and_row_numbers_stand_in_the_middle() -> None:
    body = "| STT | Nội dung | Số liệu |\n|---|---|---|\n| 1 | Máy quét | 1.012.345 |\n| 99 | Máy nhiễm | 777 |"
    (page,) = pages(render(replace(letter(annexes=()), body=body)))
    long, short = page.phrase("1.012.345"), page.phrase("777")
    assert long.right == pytest.approx(short.right, abs=0.3)
    stt, ten = page.phrase("STT"), page.phrase("99")
    assert (stt.left + stt.right) / 2 == pytest.approx((ten.left + ten.right) / 2, abs=0.5)
    assert "---" not in page.text
