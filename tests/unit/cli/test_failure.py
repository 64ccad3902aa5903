"""What went wrong is told in the language of whoever reads it."""

import pickle

import pytest

from quetsach.cli.failure import complain
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import SystemText, Text

ERROR = InputError(
    Text("there is no scenario {name}", name="'x'"), where="x.toml", hint=Text("known: {names}", names="a, b")
)


def test_an_error_that_carries_texts_is_english_in_logs_and_in_json() -> None:
    assert str(ERROR) == "x.toml: there is no scenario 'x'"
    assert (ERROR.what, ERROR.hint) == ("there is no scenario 'x'", "known: a, b")
    assert ERROR.explain() == "x.toml: there is no scenario 'x'\nhint: known: a, b"


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("vi", "quetsach: x.toml: không có kịch bản 'x'\ngợi ý: hiện có: a, b\n"),
        ("en", "quetsach: x.toml: there is no scenario 'x'\nhint: known: a, b\n"),
    ],
)
def test_an_error_that_carries_texts_is_told_in_the_language(
    language: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    complain(ERROR, language)
    assert capsys.readouterr().err == told


def test_a_hint_may_be_a_text_where_what_happened_comes_from_the_system(capsys: pytest.CaptureFixture[str]) -> None:
    what = Text("cannot be read: {reason}", reason=SystemText("Permission denied"))
    complain(QuetsachError(what, hint=Text("known: {names}", names="a")), "vi")
    assert capsys.readouterr().err == "quetsach: không đọc được: không có quyền truy cập\ngợi ý: hiện có: a\n"


def test_a_sentence_can_hold_an_error() -> None:
    held = Text("the database cannot be used: {error}", error=ERROR)
    assert held.in_language("vi") == "không dùng được cơ sở dữ liệu: x.toml: không có kịch bản 'x'"


def test_an_error_comes_whole_out_of_another_process() -> None:
    other = pickle.loads(pickle.dumps(ERROR))
    assert (other.where, other.text.vi, other.advice.vi) == ("x.toml", "không có kịch bản 'x'", "hiện có: a, b")
