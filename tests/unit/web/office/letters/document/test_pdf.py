"""The printed letter: the measures of Decree 30/2020, an archivable file, nothing typed taken for code."""

import unicodedata
from datetime import date
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.unit.web.office.letters.document.letters import BODY, ISSUER, letter
from tests.unit.web.office.letters.document.paper import Page, fonts, longest_dark_run_mm, pages, picture, structure

from quetsach.web.office.letters.document.letter import (
    MOST_HELP_CHARACTERS,
    Annex,
    DocumentError,
    Issuer,
    Personal,
    Signer,
    Standing,
    Verification,
)
from quetsach.web.office.letters.document.markup import escape
from quetsach.web.office.letters.document.pdf import render, render_many

LEFT, RIGHT = 30, 195
AGENCY_RIGHT = LEFT + 65
POINT = 25.4 / 72


@pytest.fixture(scope="module")
def printed() -> bytes:
    return render(letter())


@pytest.fixture(scope="module")
def first(printed: bytes) -> Page:
    return pages(printed)[0]


def test_the_paper_is_a4_with_the_margins_of_the_decree(first: Page) -> None:
    assert (round(first.width), round(first.height)) == (210, 297)
    body = [word for word in first.words if 20 < word.top < 270]
    assert min(word.left for word in body) >= LEFT - 0.1
    assert max(word.right for word in body) <= RIGHT + 0.1
    assert min(word.top for word in body) >= 20 - 0.2


def test_the_state_stands_right_of_the_agency_at_one_height(first: Page) -> None:
    state, agency = first.phrase("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), first.phrase("ỦY BAN NHÂN DÂN")
    assert state.top == pytest.approx(agency.top, abs=0.2)
    assert agency.right <= AGENCY_RIGHT < state.left
    assert state.right - state.left == pytest.approx(88, abs=1)  # 12 pt bold


def test_the_motto_is_centred_under_the_state_on_a_rule_of_its_length(printed: bytes, first: Page) -> None:
    state, motto = first.phrase("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), first.phrase("Độc lập - Tự do - Hạnh phúc")
    assert motto.left + motto.right == pytest.approx(state.left + state.right, abs=0.3)
    rule = longest_dark_run_mm(picture(printed, 1), AGENCY_RIGHT, motto.top + 4, RIGHT, motto.bottom + 2)
    assert rule == pytest.approx(motto.right - motto.left, abs=0.4)


@pytest.mark.parametrize("agency", ["Sở Thông tin và Truyền thông", "Cục An toàn thông tin", "Sở Y tế"])
def test_the_agency_has_a_rule_of_a_third_to_a_half_of_its_line(agency: str) -> None:
    content = render(letter(issuer=Issuer("", agency, "Hải Phòng", "ABC"), annexes=()))
    page = pages(content)[0]
    words = [word for word in page.words if word.right <= AGENCY_RIGHT and word.top < page.phrase("Số:").top - 1]
    widest = max(word.right for word in words) - min(word.left for word in words)
    under = max(word.bottom for word in words)
    rule = longest_dark_run_mm(picture(content, 1), LEFT, under - 0.5, AGENCY_RIGHT, under + 3)
    assert widest / 3 - 0.3 <= rule <= widest / 2 + 0.3 or len({round(word.top) for word in words}) > 1
    assert 0 < rule <= 65 / 2


def test_number_and_place_stand_on_one_line(first: Page) -> None:
    assert first.phrase("Số: 2049/STTTT-CNTT").bottom == pytest.approx(
        first.phrase("Hải Phòng, ngày 06 tháng 10 năm 2020").bottom, abs=0.3
    )


def test_the_subject_stands_6_points_under_the_number_in_the_column_of_the_agency(first: Page) -> None:
    number, subject = first.phrase("Số: 2049/STTTT-CNTT"), first.phrase("V/v phối hợp triển khai")
    assert subject.right <= AGENCY_RIGHT
    assert 6 * POINT - 0.5 <= subject.top - number.bottom <= 14 * POINT


def test_a_rule_of_dashes_under_the_colon_names_the_addressees(first: Page) -> None:
    to, name = first.phrase("Kính gửi:"), first.phrase("- Các sở, ban, ngành thành phố;")
    assert name.left == pytest.approx(to.right, abs=2)
    assert name.top > to.top


def test_first_lines_are_1_27_cm_in_and_lines_reach_the_right_edge(first: Page) -> None:
    begin = first.phrase("Sở Thông tin và Truyền thông đề nghị")
    assert begin.left == pytest.approx(LEFT + 12.7, abs=0.3)
    on_the_line = [word for word in first.words if abs(word.top - begin.top) < 0.5]
    assert max(word.right for word in on_the_line) == pytest.approx(RIGHT, abs=0.4)


def test_lines_lie_exactly_18_points_apart(first: Page) -> None:
    tops = sorted({round(word.top, 1) for word in first.words if word.top > first.phrase("Sở Thông tin và").top - 0.1})
    assert tops[1] - tops[0] == pytest.approx(18 * POINT, abs=0.15)


def test_the_first_page_has_no_number_and_annexes_count_their_own(printed: bytes) -> None:
    tops = [[word.text for word in page.words if word.bottom < 20] for page in pages(printed)]
    assert tops == [[], [], [], ["2"]]


def test_a_second_page_has_its_number_in_the_middle_of_the_upper_margin() -> None:
    second = pages(render(letter(body=BODY.replace("Trân", "a\n" * 30 + "Trân"), annexes=())))[1]
    number = second.words[0]
    assert (number.text, number.bottom < 20) == ("2", True)
    assert number.left + number.right == pytest.approx(LEFT + RIGHT, abs=0.5)


def test_who_gets_it_and_who_signs_begin_at_one_height(first: Page) -> None:
    assert first.phrase("Nơi nhận:").top == pytest.approx(first.phrase("KT. GIÁM ĐỐC").top, abs=1)
    name, title = first.phrase("Nguyễn Văn Mẫu"), first.phrase("PHÓ GIÁM ĐỐC")
    assert name.top - title.bottom > 30
    assert name.left + name.right == pytest.approx(title.left + title.right, abs=0.3)


def test_the_signature_never_stands_on_a_page_without_text() -> None:
    for lines in range(8, 16):
        last = pages(render(letter(body="Một dòng.\n" * lines + "Trân trọng./.", annexes=())))[-1]
        assert "Nguyễn Văn Mẫu" in last.text
        assert "Trân trọng./." in last.text


def test_a_wide_annex_lies_on_its_side() -> None:
    *_, annex = pages(render(letter(annexes=(Annex("Bảng", "| a | b |", is_landscape=True),))))
    assert (round(annex.width), round(annex.height)) == (297, 210)


def test_the_header_of_a_table_comes_again_on_its_next_page(printed: bytes) -> None:
    assert "STT Nội dung" in pages(printed)[3].text


@pytest.mark.parametrize(
    ("standing", "mark"),
    [(Standing.DRAFT, "DỰ THẢO"), (Standing.REVOKED, "ĐÃ THU HỒI"), (Standing.REPLACED, "ĐÃ THAY THẾ")],
)
def test_what_may_not_be_acted_on_is_marked_on_every_page(standing: Standing, mark: str) -> None:
    content = render(letter(standing=standing))
    assert mark in pages(content)[0].text
    for number in range(1, len(pages(content)) + 1):
        greys = picture(content, number).convert("L").histogram()
        assert sum(greys[228:237]) > 20_000
    plain = picture(render(letter()), 1).convert("L").histogram()
    assert sum(plain[228:237]) < 10_000


def test_only_the_fonts_of_the_package_are_used_and_all_are_embedded(printed: bytes) -> None:
    found = fonts(printed)
    assert {name for name, _ in found} == {
        "LiberationSerif",
        "LiberationSerif-Bold",
        "LiberationSerif-Italic",
        "LiberationSerif-BoldItalic",
    }
    assert all(is_embedded for _, is_embedded in found)


def test_the_file_is_pdf_a_2a_and_ua_1_with_title_author_and_language(printed: bytes) -> None:
    root = PdfFileReader(BytesIO(printed)).root
    told = root["/Metadata"].data.decode()
    assert "<pdfaid:part>2</pdfaid:part>" in told
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in told
    assert "<pdfuaid:part>1</pdfuaid:part>" in told
    assert "2049/STTTT-CNTT: phối hợp triển khai" in told
    assert "Sở Thông tin và Truyền thông" in told
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("vi", True)
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert "/StructTreeRoot" in root


def test_headings_paragraphs_and_tables_are_told_to_screen_readers(printed: bytes) -> None:
    tree = structure(printed)
    assert [kind for kind, text in tree if "Thông báo, tuyên truyền" in text] == ["H1"]
    assert [kind for kind, text in tree if text == "Phụ lục II"] == ["H1"]
    assert [kind for kind, text in tree if "Bước 2. Quét" in text] == ["H2"]
    kinds = {kind for kind, _ in tree}
    assert {"P", "TH", "TD"} <= kinds


def test_the_same_letter_gives_the_same_bytes(printed: bytes) -> None:
    render(letter(subject="khác"))
    assert render(letter()) == printed


def test_each_recipient_gets_a_copy_with_its_own_name_and_address() -> None:
    personal = [
        Personal(Verification(f"https://a.example/{n}", f"AB-{n}"), f"Ủy ban nhân dân xã {n}") for n in range(3)
    ]
    copies = list(render_many(letter(annexes=()), personal))
    for number, copy in enumerate(copies):
        text = pages(copy)[0].text
        assert f"Kính gửi: Ủy ban nhân dân xã {number}" in text
        assert f"a.example/{number} Mã xác minh: AB-{number}" in text


def test_copies_are_made_when_they_are_asked_for() -> None:
    asked: list[int] = []

    def personal() -> object:
        for number in range(3):
            asked.append(number)
            yield Personal(Verification("https://a.example/", "A"), f"Xã {number}")

    copies = render_many(letter(annexes=()), personal())  # type: ignore[arg-type]
    next(copies)
    assert asked == [0]


@pytest.mark.parametrize("sign", ["😀", "漢"])
def test_a_sign_that_the_font_lacks_is_named(sign: str) -> None:
    with pytest.raises(DocumentError, match=sign):
        render(letter(subject=f"chào {sign}"))


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("#$@<>[]{}()*_=~`'\"\\/+-.:;,!%&^|aé1 \u0300"), min_size=1, max_size=40))
@example('#panic("a")')
@example("$x^2$ // /* https://a.example *_` \\u{41}")
@example('#read("/etc/passwd") <signature> @signature')
@example('"}\\"]')
@example(" \u0300")
def test_nothing_that_is_typed_is_code(typed: str) -> None:
    name = unicodedata.normalize("NFC", f"|{typed}|")
    content = render(
        letter(
            subject=name,
            addressees=(name,),
            body=f"a{escape(name)}",
            copies=(name,),
            annexes=(),
            signer=Signer((name,), name, name),
            issuer=Issuer(name, name, name, "ABC", name),
        )
    )
    shown = "".join(word.text for word in pages(content)[0].words)
    squeezed = "".join(name.split())
    assert _ink(shown).count(_ink(squeezed)) >= 5


def test_capitals_with_two_marks_do_not_touch_the_line_above() -> None:
    name = "Ế Ộ Ổ Ử Ặ Ẩ Ễ Ỗ"
    content = render(letter(issuer=Issuer(name, name, "Huế", "ABC"), signer=Signer((name,), name, name), annexes=()))
    page = pages(content)[0]
    lines = sorted({round(word.top, 1) for word in page.words if word.text == "Ế" and word.left < AGENCY_RIGHT})
    assert lines[1] - lines[0] >= 12 * POINT


def test_a_long_subject_and_many_names_stay_on_the_paper() -> None:
    content = render(
        letter(
            subject="tăng cường công tác bảo đảm an toàn thông tin mạng " * 9,
            addressees=tuple(f"Ủy ban nhân dân quận, huyện, thị xã thứ {n} trực thuộc thành phố" for n in range(60)),
            copies=tuple(f"Đơn vị nhận bản sao thứ {n} (để phối hợp)" for n in range(60)),
            issuer=ISSUER,
            day=date(2020, 1, 1),
        )
    )
    for page in pages(content):
        assert all(word.left >= LEFT - 0.2 and word.right <= page.width - 14.8 for word in page.words)
        assert all(word.top > 0 and word.bottom < page.height for word in page.words)


def test_the_foot_of_the_first_page_says_whom_to_ask() -> None:
    told = "Điện thoại: 024 0000 0000 · Trên mạng: quetsach.example.vn/giup-do"
    first, *others = pages(render(letter(help_line=told)))
    assert first.phrase(f"Cần hỗ trợ: {told}").top > 297 - 25
    assert not any("0000 0000" in page.text for page in others)


def test_the_foot_stays_on_the_paper_however_much_it_says() -> None:
    many = "Địa chỉ " * 16
    check = Verification("https://a.example/" + "abcde-" * 18, "W" * 40)
    issuer, told = Issuer("", "Sở A", "Huế", "A", many), "gọi 024 " * (MOST_HELP_CHARACTERS // 8)
    content = render(letter(issuer=issuer, verification=check, help_line=told, annexes=()))
    assert max(word.bottom for word in pages(content)[0].words) < 297 - 3


def _ink(text: str) -> str:
    """Leave what poppler may tell otherwise: marks alone, the blank under such a mark, and capitals."""
    signs = unicodedata.normalize("NFD", text).casefold()
    return "".join(sign for sign in signs if not unicodedata.combining(sign) and not sign.isspace())
