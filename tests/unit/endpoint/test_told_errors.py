"""Errors are told in the reader's language."""

import ast
import builtins
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.core.errors import QuetsachError
from quetsach.core.text import SystemText, Text
from quetsach.endpoint.messages.formatting import format_error, format_note
from quetsach.endpoint.messages.retold import retold

SOURCES = Path(__file__).parents[3] / "src" / "quetsach"
SAYING = (
    *("assess", "campaign", "centre", "cli", "core", "endpoint", "feeds", "lake", "network", "packs", "rescue"),
    *("simulate", "web"),
)
"""Packages whose errors people read: all of them."""
ALIKE = re.compile(r"--[a-z-]+( [A-Z0-9a-z.]+)?|quetsach .*|docs/.*|[a-z_]+(=.*)?|[0-9 ]*|7: 7")
"""Commands and options, which are the same in every language; what others say."""
INNER = (
    *("endpoint/collect/", "endpoint/engine/", "endpoint/scanner/archive/", "endpoint/host/authenticode.py"),
    *("endpoint/host/rpm", "endpoint/host/packages.py", "endpoint/host/hive.py", "packs/importer/clamav.py"),
    *("packs/importer/stix.py", "core/memory_variant.py"),
)
"""Where errors come from that are counted by their reason and not read."""
BELOW = ("core/period.py",)
"""On which texts themselves stand; ``endpoint.messages.retold`` knows what it says."""
FOR_PROGRAMS = ("web/api/", "web/office/partners/api.py")
"""What answers programs, in English by design: they go by its ``code``."""
BY_CODE = ("CaseError",)
"""Errors whose words nobody reads: a page has its own for each ``code`` (``web.office.helpdesk.wording``)."""
OF_OTHERS = ("tuf.", "argparse.", "forms.", "ValidationError")
"""Errors of libraries, which have their own way to be told."""


def _written(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in values)
    return ""


def _spelled_out(node: ast.expr, within: ast.AST) -> Iterator[str]:
    """Yield what an argument says that is no text, also where a name stands for it or it is one of two."""
    match node:
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from _spelled_out(one, within)
            yield from _spelled_out(other, within)
        case ast.Subscript(value=whole):
            yield from _spelled_out(whole, within)
        case ast.Name(id=name):
            for given in ast.walk(within):
                if isinstance(given, ast.Assign) and [ast.unparse(target) for target in given.targets] == [name]:
                    yield _written(given.value)
        case _:
            yield _written(node)


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for package in SAYING:
        for source in sorted((SOURCES / package).rglob("*.py")):
            place = source.relative_to(SOURCES).as_posix()
            if not place.startswith((*INNER, *BELOW, *FOR_PROGRAMS)):
                yield place, ast.parse(source.read_text())


def _calls() -> Iterator[tuple[str, ast.Call, ast.AST]]:
    """Yield each call that makes an error, with the function that it stands in."""
    for place, tree in _trees():
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error") and node.args:
                    yield place, node, function


def test_what_goes_wrong_is_a_text() -> None:
    """Who raises an error says it as a ``Text``, so that every language can have it."""
    builtin = {name for name in dir(builtins) if name.endswith("Error")}
    found = {
        (place, written)
        for place, call, function in _calls()
        if ast.unparse(call.func) not in builtin | {*BY_CODE} and not ast.unparse(call.func).startswith(OF_OTHERS)
        for part in (call.args[0], *(keyword.value for keyword in call.keywords if keyword.arg == "hint"))
        for written in _spelled_out(part, function)
        if written and not ALIKE.fullmatch(written)
    }
    assert found == set()


def test_what_is_wrong_with_a_field_is_a_text() -> None:
    """``section.error("field", what)`` and its like make an error, too."""
    calls = [
        (place, node)
        for place, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".error") and len(node.args) > 1
    ]
    assert len(calls) > 50
    assert [(place, written) for place, call in calls if (written := _written(call.args[1]))] == []


def test_what_is_said_in_the_place_of_the_system_is_told_in_vietnamese() -> None:
    found = [
        _written(call.args[1])
        for _, call, _ in _calls()
        if ast.unparse(call.args[0]).startswith("errno.") and len(call.args) > 1
    ]
    assert len(found) > 20
    assert [said for said in found if said and retold(said, "vi") == said] == []


def test_the_word_for_a_hint_and_what_the_system_says_are_vietnamese_too() -> None:
    reason = SystemText("No space left on device")
    error = QuetsachError(
        Text("the session journal cannot be written: {reason}", reason=reason),
        where="/var/lib/quetsach",
        hint=Text("wait until it has ended"),
    )
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
    assert format_note("C: D: the process does not end; hint: start the machine again", "vi") == (
        "C: D: không dừng được tiến trình; gợi ý: hãy khởi động lại máy"
    )
    kept = "2 of 3 were changed since, so the newer ones were kept"
    assert format_note(kept, "vi") == "2 trong 3 mục đã đổi sau đó nên bản mới được giữ nguyên"
    assert format_note("the process has ended", "vi") == "tiến trình đã kết thúc"
    assert format_note("/home/an/ảnh.jpg.quetsach-restored", "vi") == "/home/an/ảnh.jpg.quetsach-restored"


def test_an_error_of_the_system_is_told_with_its_file() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/mnt/đĩa")
    assert retold(str(full), "vi") == "'/mnt/đĩa': ổ đĩa đã đầy"


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
    error = QuetsachError(Text("the server cannot be reached or breaks off"), hint=reason)
    assert format_error(error, "vi") == f"máy chủ không trả lời hoặc ngắt giữa chừng\ngợi ý: {told}"
