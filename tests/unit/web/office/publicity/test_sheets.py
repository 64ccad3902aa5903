"""Sheets: every letter is there, nothing runs over, print colours are print colours, and typed text stays text."""

import io
import json
import re
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from quetsach.campaign.errors import PublicityError
from quetsach.campaign.kit_texts import Facts
from quetsach.core.help_line import HelpLine, read_help_line
from quetsach.core.text import LocalText
from quetsach.web.office.publicity.contents import (
    MAX_NAME_LENGTH,
    announcements,
    archive_file,
    archive_names,
    as_script,
    as_text,
    kit_archive,
    message_blocks,
    press_release,
    sheet_values,
)
from quetsach.web.office.publicity.sheets.typesetter import SHEETS, Sheet, qr_png, qr_svg, qr_values, typeset

NOW = datetime(2020, 10, 6, 3, tzinfo=UTC)
NAMES = [
    "Sở Thông tin và Truyền thông tỉnh Bà Rịa - Vũng Tàu",
    "Xã Ia O",
    "ỦY BAN NHÂN DÂN THỊ TRẤN NÔNG TRƯỜNG VIỆT TRUNG, HUYỆN BỐ TRẠCH, TỈNH QUẢNG BÌNH",
    ("Ủy ban nhân dân " * 20)[:MAX_NAME_LENGTH].strip(),
]
INJECTIONS = [
    "#panic()",
    '"); #read("/etc/passwd") //',
    "$ x $ *bold* _it_ `raw` <label> @ref",
    '#import "@preview/x:1": *',
    "\\u{41} ]] )) }} [[ {{",
    '{"title": 1}',
]
PRINTED = [sheet for sheet in SHEETS if sheet.medium == "print"]


def facts(unit: str = NAMES[0], campaign: str = "Chiến dịch rà soát và bóc gỡ mã độc trên toàn quốc năm 2020") -> Facts:
    name = LocalText(unit, unit)
    days = (date(2020, 9, 17), date(2020, 12, 15))
    return Facts(LocalText(campaign, campaign), *days, name, "77-2020", "https://quetsach.example.vn", "QS-7K3M9-F2DXH")


LONGEST = read_help_line(
    phone="+84 24 0000 0000 0, +84 24 0000 0001 0, +84 24 0000 0002 0, +84 24 0000 0003 0",
    zalo="https://zalo.me/" + "q" * 30,
    hours="mon-tue 07:00-08:00 09:30-10:30 11:30-12:30; wed-thu 07:00-08:00 09:30-10:30; fri-sat 07:30-22:30",
)


FONTS = (b"\x00\x01\x00\x00", b"OTTO")
"""How a font begins: its bytes are no operators, although they may look like some."""


def streams(pdf: bytes) -> list[bytes]:
    found = []
    for part in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(part[1]))
        except zlib.error:
            continue
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("line", [read_help_line(phone="024 0000 0000"), LONGEST], ids=["short", "longest"])
def test_posters_and_leaflets_say_whom_to_call_and_hold_the_longest_line(line: HelpLine, language: str) -> None:
    told = replace(facts(NAMES[2]), help_line=LocalText(line.sentence("vi"), line.sentence("en")))
    values = sheet_values(told, language)
    assert values["help_line"] == line.sentence(language)
    silent = sheet_values(facts(NAMES[2]), language)
    for sheet in SHEETS:
        has_room = sheet.template in {"poster", "leaflet"}
        assert (typeset(sheet, values, made_at=NOW) != typeset(sheet, silent, made_at=NOW)) == has_room
    assert line.sentence("en") in as_text(message_blocks(told, "en"), told, "en")


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:12])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_sheet_holds_every_name_on_its_pages(name: str, language: str) -> None:
    values = sheet_values(facts(name), language)
    for sheet in SHEETS:
        typeset(sheet, values, made_at=NOW)


@pytest.mark.parametrize("sheet", PRINTED, ids=lambda sheet: sheet.file.en)
def test_what_is_printed_has_only_the_four_colours_of_printing(sheet: Sheet) -> None:
    content = streams(typeset(sheet, sheet_values(facts(), "vi"), made_at=NOW))
    drawing = b"\n".join(part for part in content if not part.startswith(FONTS))
    operators = set(re.findall(rb"(?<=\s)(rg|RG|k|K|g|G|cs|CS|sc|SC|scn|SCN)(?=\s)", drawing))
    assert operators == {b"k", b"K"}


def test_fonts_are_carried_along() -> None:
    pdf = typeset(PRINTED[0], sheet_values(facts(), "vi"), made_at=NOW)
    everything = pdf + b"\n".join(streams(pdf))
    assert b"BeVietnamPro-Bold" in everything
    assert everything.count(b"/FontFile2") == 3


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.file.en)
def test_pictures_have_the_size_that_their_place_wants(sheet: Sheet) -> None:
    if sheet.medium == "screen":
        content = typeset(sheet, sheet_values(facts(), "vi"), made_at=NOW)
        assert Image.open(io.BytesIO(content)).size == (sheet.width, sheet.height)


@pytest.mark.parametrize("typed", INJECTIONS)
def test_nothing_that_is_typed_becomes_a_command(typed: str) -> None:
    values = sheet_values(facts(typed, typed), "vi")
    for sheet in SHEETS:
        typeset(sheet, values, made_at=NOW)


@settings(max_examples=15, deadline=None)
@given(st.text(alphabet="#$*_`<>@[](){}\"\\/=-+~.:;,'%&|^!?ăâđêôơưỆỘ a1", min_size=1, max_size=80))
def test_no_mixture_of_signs_breaks_a_sheet(typed: str) -> None:
    values = json.loads(json.dumps(sheet_values(facts(typed), "vi")))
    typeset(SHEETS[-1], values, made_at=NOW)


def test_the_same_facts_give_the_same_archive() -> None:
    assert kit_archive(facts(), made_at=NOW) == kit_archive(facts(), made_at=NOW)


def test_a_kit_has_everything_in_both_languages() -> None:
    archive = kit_archive(facts(), made_at=NOW)
    names = archive_names(archive)
    assert {sheet.file.vi for sheet in SHEETS} <= {name.removeprefix("vi/") for name in names}
    assert {sheet.file.en for sheet in SHEETS} <= {name.removeprefix("en/") for name in names}
    assert {"vi/noi-dung.txt", "vi/phat-thanh.txt", "en/press-release.html", "vi/ma-qr.svg"} <= set(names)


def test_every_text_of_a_kit_carries_the_code_and_where_to_check_it() -> None:
    archive = kit_archive(facts(), made_at=NOW)
    texts = [name for name in archive_names(archive) if name.endswith((".txt", ".html"))]
    assert len(texts) == 10
    for name in texts:
        text = archive_file(archive, name).decode()
        assert "QS-7K3M9-F2DXH" in text
        assert "quetsach.example.vn/xac-minh" in text


def test_what_a_unit_is_called_cannot_become_markup_on_a_page() -> None:
    archive = kit_archive(facts('<script>alert("x")</script>'), made_at=NOW)
    assert b"<script" not in archive_file(archive, "vi/noi-dung.html")


@pytest.mark.parametrize("name", ["", "  ", "x" * (MAX_NAME_LENGTH + 1)])
def test_a_name_that_no_sheet_could_hold_is_refused(name: str) -> None:
    with pytest.raises(PublicityError):
        kit_archive(facts(name), made_at=NOW)


def test_a_file_that_is_not_in_the_kit_is_refused() -> None:
    with pytest.raises(PublicityError):
        archive_file(kit_archive(facts(), made_at=NOW), "../../etc/passwd")


def test_codes_lead_to_the_unit_in_the_language_of_the_sheet() -> None:
    assert sheet_values(facts(), "en")["qr"] == qr_values("https://quetsach.example.vn/en/t/77-2020")


def test_the_runs_of_a_code_are_its_dark_squares() -> None:
    values = qr_values("https://quetsach.example.vn/t/77-2020")
    dark = {(x + n, y) for x, y, length in values["runs"] for n in range(length)}
    picture = Image.open(io.BytesIO(qr_png("https://quetsach.example.vn/t/77-2020"))).convert("1")
    scale = picture.width // (values["size"] + 8)
    places = [(x, y) for x in range(values["size"]) for y in range(values["size"])]
    seen = {(x, y) for x, y in places if not picture.getpixel(((x + 4) * scale + 1, (y + 4) * scale + 1))}
    assert dark == seen


def test_a_code_alone_is_black_on_white() -> None:
    svg = qr_svg("https://quetsach.example.vn/t/77-2020").decode()
    assert svg.startswith("<svg")
    assert "#fff" in svg


@pytest.mark.parametrize("language", ["vi", "en"])
def test_leaflet_and_press_release_name_the_help_desk_and_its_address(language: str) -> None:
    address = "quetsach.example.vn/giup-do"
    assert any(address in entry["text"] for entry in sheet_values(facts(), language)["questions"])
    assert any(address in paragraph for paragraph in press_release(facts(), language).paragraphs)


def test_every_announcement_says_where_help_is_asked_for() -> None:
    scripts = announcements(facts())
    assert [script.limit_seconds for script in scripts] == [60, 120]
    assert all("mục Nhờ hỗ trợ trên trang ấy" in script.written for script in scripts)
    assert "âm tiết" in as_script(facts())
