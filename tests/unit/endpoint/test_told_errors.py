"""Errors are told in the reader's language."""

import ast
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.endpoint.test_endpoint_messages import _places

from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint.messages.formatting import catalogue, format_error, format_note, translated

SOURCES = Path(__file__).parents[3] / "src" / "quetsach"
TOLD = (
    *("act", "store", "plan", "report", "host/hive_writer.py", "host/hive_draft.py", "host/offline_registry.py"),
    *("host/nt", "host/offline", "host/posix"),
)
"""Where errors come from that clean, undo and the quarantine show as they are."""
EVALUATED = (
    "assess/baseline.py",
    "assess/grades/provider.py",
    "assess/ranking.py",
    "assess/targets.py",
    "centre/answers.py",
    "centre/evaluation/judging.py",
    "cli/center/evaluate.py",
    "core/table.py",
    "core/tile.py",
    "lake/cases.py",
    "lake/host_windows.py",
    "web/evaluation/page.py",
    "web/evaluation/writing.py",
)
"""Where errors come from that a campaign's evaluation shows as they are."""
DECIDED = ("cli/center/reports.py", "web/office/withdrawals.py")
"""Where errors come from that decisions about reports of the tool show as they are."""
REPLACED = ("packs/upgrade.py", "packs/upgrade.py", "cli/self_test.py")
"""Where errors come from that trying a version of the tool, and putting a newer one in place, show as they are."""
MADE = ("rescue/*.py", "cli/rescue*.py")
"""Where errors come from that whoever makes a rescue stick, and whoever starts from it, is shown."""
FULL = "the session journal cannot be written: No space left on device"


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in values)
    return ""


def _sentences(source: Path) -> Iterator[str]:
    """Yield what the errors say that a file raises, with 7 wherever something is filled in."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error") and node.args:
            yield _text(node.args[ast.unparse(node.args[0]).startswith("errno.")])  # an OSError has its number first
            yield from (_text(keyword.value) for keyword in node.keywords if keyword.arg == "hint")


@pytest.mark.parametrize("place", TOLD)
def test_what_goes_wrong_while_cleaning_and_undoing_is_told_in_vietnamese(place: str) -> None:
    files = [SOURCES / "endpoint" / place] if place.endswith(".py") else (SOURCES / "endpoint" / place).glob("*.py")
    untold = [
        sentence for file in files for sentence in _sentences(file) if sentence == translated(sentence, "vi") != ""
    ]
    assert untold == []


@pytest.mark.parametrize("place", [*EVALUATED, *DECIDED, *REPLACED])
def test_what_goes_wrong_elsewhere_is_told_in_vietnamese(place: str) -> None:
    found = _sentences(SOURCES / place)
    assert [sentence for sentence in found if sentence == translated(sentence, "vi") != ""] == []


@pytest.mark.parametrize("place", MADE)
def test_what_goes_wrong_with_a_rescue_stick_is_told_in_vietnamese(place: str) -> None:
    found = [sentence for file in sorted(SOURCES.glob(place)) for sentence in _sentences(file)]
    assert found
    assert [sentence for sentence in found if sentence == translated(sentence, "vi") != ""] == []


def test_a_translation_fills_the_same_places() -> None:
    assert {key for key, told in catalogue("vi").items() if not _places(told) <= _places(key)} == set()


def test_the_word_for_a_hint_and_what_the_system_says_are_vietnamese_too() -> None:
    error = QuetsachError(FULL, where="/var/lib/quetsach", hint="wait until it has ended")
    assert format_error(error, "vi") == (
        "/var/lib/quetsach: không ghi được nhật ký của phiên: ổ đĩa đã đầy\ngợi ý: hãy chờ lần đó xong"
    )
    assert format_error(error, "en") == error.explain()


def test_the_line_of_a_file_is_named_in_the_language_too() -> None:
    error = QuetsachError(Text("this is not a report"), where="a.csv, line 12")
    assert format_error(error, "vi") == "a.csv, dòng 12: đây không phải báo cáo"
    assert format_error(error, "en") == "a.csv, line 12: this is not a report"


def test_what_the_catalogue_does_not_know_stays_as_it_is() -> None:
    assert format_error(QuetsachError("of tomorrow", where="here", hint="so"), "vi") == "here: of tomorrow\ngợi ý: so"
    assert format_error(QuetsachError("of tomorrow"), "vi") == "of tomorrow"


def test_the_note_of_a_step_is_told_wherever_its_place_ends() -> None:
    assert format_note(f"C: D: {FULL}; hint: wait until it has ended", "vi") == (
        "C: D: không ghi được nhật ký của phiên: ổ đĩa đã đầy; gợi ý: hãy chờ lần đó xong"
    )
    assert format_note("the process has ended", "vi") == "tiến trình đã kết thúc"
    assert format_note("/home/an/ảnh.jpg.quetsach-restored", "vi") == "/home/an/ảnh.jpg.quetsach-restored"


def test_an_error_of_the_system_is_told_with_its_file() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/mnt/đĩa")
    assert translated(str(full), "vi") == "'/mnt/đĩa': ổ đĩa đã đầy"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("[Errno 111] Connection refused", "kết nối bị từ chối"),
        ("[Errno -2] Name or service not known", "không tìm thấy tên máy chủ"),
        ("[Errno 11001] getaddrinfo failed", "không tìm thấy tên máy chủ"),
        ("[WinError 10061] No connection could be made because the target machine refused it", "kết nối bị từ chối"),
        ("timed out", "quá thời gian chờ"),
    ],
)
def test_a_centre_that_does_not_answer_is_told_in_one_language(reason: str, told: str) -> None:
    sentence = f"the server cannot be reached or breaks off: {reason}"
    assert translated(sentence, "vi") == f"máy chủ không trả lời hoặc ngắt giữa chừng: {told}"
