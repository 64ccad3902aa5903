"""The letter as DOCX: the same words and measures, in the XML that word processors read."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml.ns import qn
from docx.shared import Cm, Mm, Pt
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.web.office.letters.document.letters import letter

from quetsach.web.office.letters.document.letter import Annex, Language, Signer, Standing
from quetsach.web.office.letters.document.markup import escape
from quetsach.web.office.letters.document.word import render_docx

CENTRE = WD_ALIGN_PARAGRAPH.CENTER


@pytest.fixture(scope="module")
def made() -> bytes:
    return render_docx(letter())


@pytest.fixture(scope="module")
def document(made: bytes) -> Any:
    return Document(BytesIO(made))


def paragraph_of(place: Any, text: str) -> Any:
    return next(paragraph for paragraph in place.paragraphs if text in paragraph.text)


def test_paper_and_margins_are_those_of_the_decree(document: Any) -> None:
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin.mm) for margin in margins] == [20, 25, 30, 15]


def test_everything_is_in_times_new_roman_and_vietnamese(document: Any) -> None:
    style = document.styles["Normal"]
    assert style.font.name == "Times New Roman"
    assert style.element.rPr.find(qn("w:lang")).get(qn("w:val")) == "vi-VN"


def test_the_head_has_the_agency_left_and_the_state_right(document: Any) -> None:
    agency, state = document.tables[0].rows[0].cells
    assert round(agency.width.mm) == 65
    assert [paragraph.text for paragraph in agency.paragraphs][:2] == [
        "ỦY BAN NHÂN DÂN\nTHÀNH PHỐ HẢI PHÒNG",
        "SỞ THÔNG TIN VÀ\nTRUYỀN THÔNG",
    ]
    assert state.text.startswith("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc")
    title = paragraph_of(state, "CỘNG HÒA")
    assert (title.alignment, title.runs[0].font.size, title.runs[0].bold) == (CENTRE, Pt(12), True)
    motto = paragraph_of(state, "Độc lập")
    assert (motto.runs[0].font.size, motto.runs[0].bold) == (Pt(13), True)


def test_rules_are_as_long_as_the_decree_says(document: Any) -> None:
    for cell, within, expected in zip(document.tables[0].rows[0].cells, (61, 96), (26, 57), strict=True):
        rule = cell.paragraphs[-1]
        assert rule._p.pPr.find(qn("w:pBdr")).find(qn("w:top")) is not None
        indents = rule.paragraph_format.left_indent.mm + rule.paragraph_format.right_indent.mm
        assert within - indents == pytest.approx(expected, abs=2)


def test_number_subject_and_day_stand_under_the_head(document: Any) -> None:
    number, dated = document.tables[0].rows[1].cells
    assert number.text.startswith("Số: 2049/STTTT-CNTT\nV/v phối hợp")
    assert (dated.paragraphs[0].text, dated.paragraphs[0].runs[0].italic) == (
        "Hải Phòng, ngày 06 tháng 10 năm 2020",
        True,
    )


def test_the_text_is_justified_on_lines_of_18_points(document: Any) -> None:
    paragraph = paragraph_of(document, "đề nghị các cơ quan")
    form = paragraph.paragraph_format
    assert paragraph.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY
    assert (form.line_spacing_rule, form.line_spacing, form.space_after) == (WD_LINE_SPACING.EXACTLY, Pt(18), Pt(6))
    assert form.first_line_indent == pytest.approx(Cm(1.27), abs=700)
    assert [run.text for run in paragraph.runs if run.bold] == ["các nội dung"]


def test_the_close_has_copies_and_the_signer(document: Any) -> None:
    copies, signer = document.tables[1].rows[0].cells
    assert copies.text.split("\n") == [
        "Nơi nhận:",
        "- Như trên;",
        "- Cục An toàn thông tin (để báo cáo);",
        "- Lưu: VT, CNTT (05).",
    ]
    assert signer.text.split("\n") == ["KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Nguyễn Văn Mẫu"]
    assert [copies.paragraphs[line].runs[0].font.size for line in (0, 1)] == [Pt(12), Pt(11)]
    assert signer.paragraphs[-1].paragraph_format.space_before > Mm(30)


def test_pages_are_numbered_from_the_second_and_annexes_by_themselves(document: Any) -> None:
    assert len(document.sections) == 3
    for section in document.sections:
        assert section.different_first_page_header_footer
        assert "PAGE" in section.header._element.xml
        assert "PAGE" not in section.first_page_header._element.xml
    for section in document.sections[1:]:
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"


def test_the_table_of_an_annex_repeats_its_header(document: Any) -> None:
    table = document.tables[-1]
    assert len(table.rows) == 61
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_a_wide_annex_lies_on_its_side() -> None:
    section = Document(BytesIO(render_docx(letter(annexes=(Annex("Bảng", "a", is_landscape=True),))))).sections[1]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)


def test_the_first_page_has_the_code_and_the_address_to_check_it(document: Any) -> None:
    foot = document.sections[0].first_page_footer
    (table,) = foot.tables
    left, right = table.rows[0].cells
    assert left._tc.xpath(".//pic:pic")
    assert "quetsach.example.vn/xac-minh/QS-7KQM2-F9DXG" in right.text


def test_the_foot_of_the_first_page_says_whom_to_ask() -> None:
    made = Document(BytesIO(render_docx(letter(help_line="Điện thoại: 024 0000 0000"))))
    (table,) = made.sections[0].first_page_footer.tables
    assert "Cần hỗ trợ: Điện thoại: 024 0000 0000" in table.rows[0].cells[1].text


def test_a_draft_says_so_at_the_head_and_on_further_pages() -> None:
    document = Document(BytesIO(render_docx(letter(standing=Standing.DRAFT, number=None, day=None))))
    assert "DỰ THẢO" in document.tables[0].rows[1].cells[1].text
    assert "DỰ THẢO" in document.sections[0].header.paragraphs[0].text


def test_a_letter_in_english_is_marked_as_english() -> None:
    document = Document(BytesIO(render_docx(letter(language=Language.ENGLISH))))
    assert document.styles["Normal"].element.rPr.find(qn("w:lang")).get(qn("w:val")) == "en-GB"


def test_the_same_letter_gives_the_same_bytes(made: bytes) -> None:
    assert render_docx(letter()) == made
    with zipfile.ZipFile(BytesIO(made)) as parts:
        assert {info.date_time for info in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_title_and_author_are_those_of_the_letter(document: Any) -> None:
    properties = document.core_properties
    assert properties.title.startswith("2049/STTTT-CNTT: phối hợp")
    assert (properties.author, properties.created.year) == ("Sở Thông tin và Truyền thông", 2020)


@settings(max_examples=25, deadline=None)
@given(st.text(st.sampled_from("<>&\"'/;]{}%#|aé "), min_size=1, max_size=30))
@example("]]><w:p/><!--")
@example("{{ 7 * 7 }}{% raise %}")
def test_nothing_that_is_typed_is_xml_or_a_template(typed: str) -> None:
    name = f"|{typed}|"
    made = render_docx(
        letter(body=f"a{escape(name)}", addressees=(name,), signer=Signer((), "Giám đốc", name), annexes=())
    )
    document = Document(BytesIO(made))
    assert f"a{name}" in [paragraph.text for paragraph in document.paragraphs]
    assert document.tables[1].rows[0].cells[1].text.split("\n")[-1] == name
