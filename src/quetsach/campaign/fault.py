"""Says in words what is wrong with the file of a plan, and at which line, to people who do not know TOML."""

import re
from collections.abc import Iterator
from typing import Final

from quetsach.campaign.errors import CampaignError
from quetsach.core.pack import LocalText

_AT = re.compile(r"at line (\d+), column \d+")
_LIKE_A_DAY = re.compile(r"=\s*[\"']?(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})")
_TABLE = re.compile(r"\s*\[\[?\s*([\w-]+(?:\.[\w-]+)*)\s*\]")
_KEY = re.compile(r"\s*([\w-]+(?:\.[\w-]+)*)\s*=")
_STEP = re.compile(r"([\w-]+)(?:\[(\d+)\])?")

_NAMES: Final = {
    "id": LocalText("mã", "identifier"),
    "name": LocalText("tên", "name"),
    "text": LocalText("nội dung", "text"),
    "summary": LocalText("tóm tắt", "summary"),
    "first": LocalText("ngày đầu", "first day"),
    "last": LocalText("ngày cuối", "last day"),
    "on": LocalText("ngày", "day"),
    "stage": LocalText("giai đoạn chính", "stage"),
    "phases": LocalText("giai đoạn", "phase"),
    "parts": LocalText("đợt", "part"),
    "milestones": LocalText("mốc tiến độ", "milestone"),
    "conditions": LocalText("điều kiện", "condition"),
    "needs": LocalText("điều cần có", "what is needed"),
    "least": LocalText("số tối thiểu", "least number"),
    "subject": LocalText("việc cần quyết định", "subject"),
    "targets": LocalText("chỉ tiêu", "target"),
    "measure": LocalText("cách đo", "measure"),
    "change_percent": LocalText("mức thay đổi", "change"),
    "windows": LocalText("kỳ đếm", "window"),
    "published": LocalText("số liệu đã công bố", "published figure"),
    "baseline": LocalText("kỳ làm mốc", "baseline"),
    "previous_year": LocalText("kỳ năm trước", "previous year"),
    "feeds": LocalText("nguồn dữ liệu", "feeds"),
    "vi": LocalText("tiếng Việt", "Vietnamese"),
    "en": LocalText("tiếng Anh", "English"),
}


def unreadable(content: bytes, why: str) -> LocalText:
    """Return what is wrong with a file that is no TOML: its line, and the day in it that is none."""
    found = _AT.search(why)
    lines = content.decode("utf-8", "replace").splitlines()
    if found is None or int(found[1]) > len(lines):
        return LocalText(
            "không đọc được tệp: tệp phải là văn bản TOML, mã UTF-8",
            "the file cannot be read: it must be TOML in UTF-8",
        )
    number, line = int(found[1]), lines[int(found[1]) - 1]
    if wrong := _LIKE_A_DAY.search(line):
        return LocalText(
            f"dòng {number}: ngày {wrong[1]} không đúng; ghi năm-tháng-ngày, ví dụ 2026-11-23",
            f"line {number}: {wrong[1]} is no day; write year-month-day, such as 2026-11-23",
        )
    shown = line.strip()[:80]
    return LocalText(
        f"dòng {number} không đọc được: “{shown}”; chữ phải đặt trong ngoặc kép, mỗi dòng một trường",
        f"line {number} cannot be read: “{shown}”; texts stand in quotes, one field a line",
    )


def told_at(error: CampaignError, content: bytes) -> LocalText:
    """Return an error with its line and place in words instead of the path of a field."""
    if not error.field:
        return error.text
    number = line_of(content, error.field)
    vi, en = (_place(error.field, language) for language in ("vi", "en"))
    if number:
        vi, en = f"dòng {number}, {vi}", f"line {number}, {en}"
    return LocalText(f"{vi}: {error.text.vi}", f"{en}: {error.text.en}")


def line_of(content: bytes, field: str) -> int | None:
    """Return the number of the line that a field stands on, else that of the table it would stand in."""
    wanted = _split(field)
    best, line = 0, None
    for number, at in _places(content.decode("utf-8", "replace")):
        same = 0
        while same < min(len(at), len(wanted)) and at[same] == wanted[same]:
            same += 1
        is_along = same == len(at) or same == len(wanted)
        if is_along and same > best:
            best, line = same, number
    return line


def _places(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each line that opens a table or gives a field, with its path; lists are counted from 1."""
    counts: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    is_inside = False  # of a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        was_inside = is_inside
        is_inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if was_inside:
            continue
        if opened := _TABLE.match(line):
            table = ()
            names = opened[1].split(".")
            for depth, name in enumerate(names, 1):
                key = (*table, name)
                if depth == len(names) and line.lstrip().startswith("[["):
                    counts[key] = counts.get(key, 0) + 1
                table = (*key, str(counts[key])) if key in counts else key
            yield number, table
        elif given := _KEY.match(line):
            yield number, (*table, *given[1].split("."))


def _split(field: str) -> tuple[str, ...]:
    steps = (_STEP.match(step) for step in field.split("."))
    return tuple(part for step in steps if step for part in (step[1], step[2]) if part)


def _place(field: str, language: str) -> str:
    """Write ``phases[2].last`` as “giai đoạn thứ 2, ngày cuối (last)”."""
    words = []
    for step in field.split("."):
        found = _STEP.match(step)
        name, at = (found[1], found[2]) if found else (step, None)
        word = _NAMES[name].in_language(language) if name in _NAMES else f"“{name[:60]}”"
        words.append(f"{word} {'thứ ' if language == 'vi' else ''}{at}" if at else word)
    return ", ".join(words)
