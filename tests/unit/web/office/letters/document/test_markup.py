"""The markup of a letter's body."""

import time
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.web.office.letters.document.letter import DocumentError
from quetsach.web.office.letters.document.markup import Paragraph, Run, Table, escape, parse, plain

LINES = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1).filter(
    lambda text: text.strip() == text
)


def test_every_line_is_a_paragraph() -> None:
    assert parse("một\n\nhai\r\nba") == tuple(Paragraph((Run(text),)) for text in ("một", "hai", "ba"))


def test_stars_make_bold_italic_and_both() -> None:
    (paragraph,) = parse("a **b** *c* ***d***")
    assert paragraph == Paragraph(
        (Run("a "), Run("b", bold=True), Run(" "), Run("c", italic=True), Run(" "), Run("d", bold=True, italic=True))
    )


def test_a_line_after_a_number_sign_is_a_heading() -> None:
    assert parse("# 1. Mục đích") == (Paragraph((Run("1. Mục đích"),), is_heading=True),)


def test_lines_between_bars_are_one_table() -> None:
    (table,) = parse("| A | B |\n| 1 | **2** |")
    assert table == Table(
        ((Run("A"),), (Run("B"),)), (((Run("1"),), (Run("2", bold=True),)),), (4, 4), ("right", "right")
    )


@pytest.mark.parametrize("dashes", ["| --- | --- | --- |", "|---|---|---|", "| --- | :-- | --: |", "|:--|:--|--:|"])
def test_a_row_of_dashes_as_other_programs_want_it_is_not_printed(dashes: str) -> None:
    (table,) = parse(f"| STT | Nội dung | Số |\n{dashes}\n| 1 | Máy | 12.345 |")
    assert isinstance(table, Table)
    assert [[plain(cell) for cell in row] for row in table.rows] == [["1", "Máy", "12.345"]]
    assert table.aligns == (("left" if dashes.startswith("|:") else "center"), "left", "right")


def test_a_row_of_dashes_elsewhere_is_a_row() -> None:
    (table,) = parse("| A | B |\n| 1 | 2 |\n| --- | --- |")
    assert isinstance(table, Table)
    assert len(table.rows) == 2


@pytest.mark.parametrize(
    ("header", "cells", "align"),
    [
        ("STT", ["1", "2"], "center"),
        ("TT", ["1", "a"], "center"),
        ("Số máy", ["12.345", "7", ""], "right"),
        ("Tỷ lệ", ["10,5%", "\u2013"], "right"),
        ("Thay đổi", ["\u221254,5 %", "+3"], "right"),
        ("Số hiệu", ["12/CV", "7"], "left"),
        ("Ghi chú", ["", ""], "left"),
        ("Nội dung", ["Máy", "7"], "left"),
    ],
)
def test_figures_stand_right_and_the_numbers_of_rows_in_the_middle(header: str, cells: list[str], align: str) -> None:
    (table,) = parse(f"| {header} |\n" + "\n".join(f"| {cell} |" for cell in cells))
    assert isinstance(table, Table)
    assert table.aligns == (align,)


def test_a_bar_with_a_backslash_stays_in_its_cell() -> None:
    (table,) = parse(r"| a \| b | c |")
    assert isinstance(table, Table)
    assert [plain(cell) for cell in table.header] == ["a | b", "c"]


def test_a_long_column_is_wider_than_a_short_one() -> None:
    (table,) = parse("| STT | Nội dung |\n| 1 | Số máy tính đã được quét trong tuần |")
    assert isinstance(table, Table)
    assert table.weights[0] < table.weights[1]


@pytest.mark.parametrize(
    ("body", "where", "what"),
    [
        ("một\n**hai", "text of the letter, line 2", "** is opened and not closed"),
        ("***a**", "text of the letter, line 1", "* is opened and not closed"),
        ("| a | b |\n\n| c |", "text of the letter, line 3", "1 cells where the first row has 2"),
        ("| a | b", "text of the letter, line 1", "a row of a table ends with |"),
        (r"| a \|", "text of the letter, line 1", "a row of a table ends with |"),
        ("|" + "a|" * 13, "text of the letter, line 1", "a table has at most 12 columns"),
    ],
)
def test_damaged_markup_is_told_with_its_line(body: str, where: str, what: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(body)
    assert (caught.value.where, caught.value.what) == (where, what)


@given(LINES)
def test_an_escaped_name_is_printed_as_it_is(name: str) -> None:
    (paragraph,) = parse(f"Gửi: {escape(name)}")
    assert isinstance(paragraph, Paragraph)
    assert plain(paragraph.runs) == unicodedata.normalize("NFC", f"Gửi: {name}")


@given(st.text(st.sampled_from("ab*|\\# \n"), max_size=60))
def test_any_text_is_read_or_refused(body: str) -> None:
    try:
        blocks = parse(body)
    except DocumentError:
        return
    for block in blocks:
        if isinstance(block, Table):
            assert all(len(row) == len(block.header) == len(block.weights) for row in block.rows)


def test_a_line_made_to_take_long_takes_no_time() -> None:
    began = time.process_time()
    for body in ("|" + "a" * 99_000, "|" + "\\" * 99_000, "*a" * 49_000, "|" * 99_000):
        with suppress(DocumentError):
            parse(body)
    assert time.process_time() - began < 5
