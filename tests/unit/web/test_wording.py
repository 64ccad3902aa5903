"""What no Vietnamese text of the product says: calques, one word for three things, alarm and promises."""

import ast
import io
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

import quetsach
from quetsach.web import catalogue

SOURCE = Path(quetsach.__file__).parent
SHELF = Path(__file__).parents[3] / "packs"
COUNTRIES = SHELF.parent / "data" / "countries"
VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯ]|[ạ-ỹẠ-Ỹ]")

FORBIDDEN = {
    r"thay đổi (?:là |khoảng )?[+−-]\d": "a change is said as “giảm 54,5%”, never with a sign",
    r"(?:\d|%\(\w+\)s|\}) trên (?:tổng số )?(?:\d|%\(\w+\)s|\{)": "of: “25/30 báo cáo”, not “25 trên 30”",
    r"thận trọng": "calque of “with care”: “lưu ý”",
    r"lẽ ra sẽ": "“mức dự kiến nếu không có …”",
    r"máy thu\b": "“hệ thống quan trắc”",
    r"hạt giống|số khởi đầu của": "“giá trị khởi tạo ngẫu nhiên (seed)”",
    r"mức lộ\b": "“mức độ phơi nhiễm”",
    r"còn tranh luận|tranh chấp": "“chưa phân định”",
    r"chạm (?:tới|đến)\b": "calque of “touch”: “tác động đến”",
    r"yên lặng": "calque of “silence” of a machine: “không thấy nữa”",
    r"sự thật\b": "an estimate is beside “thực tế”",
    r"\bbởi (?:\{|%\()": "passive calque",
    r"(?i:khóa) (?:của )?(?:đơn vị|hồ sơ)|mang khóa|khóa hoặc mã": "“mã kèm năm”, “mã bí mật”: a key signs or opens",
    r"(?i:khóa nhập)|(?i:khóa), chỉ": "“ngừng nhận báo cáo”; “mã bí mật, chỉ mình bạn biết”",
    r"Tờ này có thật|Nơi đã nhận, nơi|Việc có thể làm$|Tên ngắn": "named by what the page does",
    r"(?<!cách )đàng hoàng|Bạn xem lại giúp|Nói thật": "too familiar for an office",
    r"(?i:kiểm tra)[^.]{0,60} là thật": "“xác minh công văn này”",
    r"nhận diện chắc chắn": "more than we know: “khớp với dấu hiệu mã độc đã biết”",
    r"(?i:quét|kiểm tra)[^.]{0,30} để (?:biết )?chắc": "a scan makes nothing sure: “để kiểm tra”",
    r"rành kỹ thuật|người phụ trách máy tính|nhờ (?:một )?kỹ thuật viên": (
        "“người am hiểu máy tính”; at work “người phụ trách công nghệ thông tin”"
    ),
    r"anh/chị|quý vị": "the reader is “bạn”; an agency is “quý cơ quan”",
    r"(?i:\bvirus\b)|vi-rút": "“vi rút”",
    r"tích luỹ|luỹ kế": "“lũy”: one spelling",
    r"hồ sơ trợ giúp|yêu cầu hỗ trợ": "“hồ sơ hỗ trợ”",
    r"(?i:mọi (?:thay đổi|thao tác)) (?:đều |vẫn )(?:có thể )?hoàn tác": "an ended process is not started again",
    r"(?i:tuyệt đối an toàn|bảo đảm (?:sạch|an toàn tuyệt đối)|vĩnh viễn|khẩn cấp|nguy hiểm)": "calm words, no promise",
    r"(?i:ngay trong Windows)|Dành cho chương trình$|^không cho biết$": "a sentence of the tables of wording",
}
"""Pattern -> what to say in its place, or why not."""


def _catalogues() -> Iterator[tuple[str, str]]:
    for path in catalogue.sources():
        if path.parts[-3] == "vi":
            for message in read_po(io.BytesIO(path.read_bytes()), locale="vi"):
                for text in message.string if isinstance(message.string, tuple) else (message.string,):
                    yield path.parts[-5], str(text)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)


def _of_toml() -> Iterator[tuple[str, str]]:
    for path in (*SOURCE.rglob("*.toml"), *SHELF.rglob("*.toml")):
        for text in _leaves(tomllib.loads(path.read_text("utf-8"))):
            yield f"{path.parent.name}/{path.name}", text


def _of_code() -> Iterator[tuple[str, str]]:
    """A text with places is joined with ``{}`` for each; docstrings are for those who read code."""
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield path.stem, "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (inside | said):
                yield path.stem, node.value


def _of_pages() -> Iterator[tuple[str, str]]:
    for path in (*SOURCE.rglob("vi/*.html"), *COUNTRIES.rglob("vi/*.html"), *SHELF.rglob("*.vi.md")):
        yield f"{path.parent.name}/{path.name}", re.sub(r"<[^>]+>", "", path.read_text("utf-8"))


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Every Vietnamese text that people read, with where it stands."""
    found = (*_catalogues(), *_of_toml(), *_of_code(), *_of_pages())
    return tuple((place, text) for place, text in found if VIETNAMESE.search(text))


def test_the_texts_of_all_parts_are_read() -> None:
    places = {place for place, _ in texts()}
    assert len(texts()) > 5000
    assert places >= {"letters", "endpoint", "answers/answers.toml", "vi/privacy.html"}
    assert {"sality/guidance.vi.md", "texts/texts.toml", "units"} <= places


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_text_uses_a_form_that_was_given_up(pattern: str) -> None:
    found = [
        (place, text[max(0, m.start() - 40) : m.end() + 40])
        for place, text in texts()
        for m in re.finditer(pattern, text)
    ]
    assert found == [], FORBIDDEN[pattern]


@pytest.mark.parametrize(
    "text",
    [
        "số địa chỉ thay đổi −54,5%",
        "Đã phê duyệt %(approved)s trên %(expected)s báo cáo",
        "Khóa của đơn vị, ví dụ 31-2025",
        "Đã bị thu hồi bởi {}",
        "phần mềm diệt virus",
        "Kiểm tra tài liệu này là thật",
        "Công cụ chỉ gỡ những gì đã nhận diện chắc chắn",
        "hãy nhờ người rành kỹ thuật",
    ],
)
def test_a_form_that_was_given_up_is_seen(text: str) -> None:
    assert any(re.search(pattern, text) for pattern in FORBIDDEN)


def test_no_week_is_shown_in_its_iso_form() -> None:
    """``2026-W47`` is what programs write; people read “Tuần 47/2026 (16/11–22/11/2026)”."""
    shown = {text for _, text in _catalogues() if re.search(r"\d{4}-W\d\d", text)}
    assert shown == {  # what to write into a file, and after an option
        "ghi số nguyên như 1988, hoặc 2020-06-16, 2020-W25, 2020-06, 2020-Q2",
        "hãy nêu kỳ bằng --period, chẳng hạn 2020-W41",
        "ví dụ 2020-W41 (mặc định: kỳ gần nhất đã kết thúc)",
    }


ENGLISH_FORBIDDEN = {
    r"with certainty|to be sure\b": "more than we know",
    r"(?:somebody|someone) technical|technical people": "“someone who knows computers”",
    r"[Ww]hoever looks after the (?:machine|computer)": "“someone who knows computers”; at work “the IT staff”",
}


def _english() -> Iterator[tuple[str, str]]:
    for place, text in _of_toml():
        if not VIETNAMESE.search(text):
            yield place, text
    for path in catalogue.sources():
        if path.name == "messages.po":
            for message in read_po(io.BytesIO(path.read_bytes()), locale="vi"):
                for text in message.id if isinstance(message.id, tuple) else (message.id,):
                    yield path.parts[-5], str(text)
    for path in (*SOURCE.rglob("en/*.html"), *COUNTRIES.rglob("en/*.html"), *SHELF.rglob("*.en.md")):
        yield f"{path.parent.name}/{path.name}", re.sub(r"<[^>]+>", "", path.read_text("utf-8"))


@pytest.mark.parametrize("pattern", ENGLISH_FORBIDDEN)
def test_no_english_text_claims_more_than_we_know_or_names_one_helper_twice(pattern: str) -> None:
    found = [(place, text[:90]) for place, text in _english() if re.search(pattern, text)]
    assert found == [], ENGLISH_FORBIDDEN[pattern]
