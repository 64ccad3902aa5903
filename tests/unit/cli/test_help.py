"""Help and errors of the command line are in the reader's language, Vietnamese first."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import quetsach.cli
from quetsach.cli.main import build_parser, main
from quetsach.cli.parser import ExitCode, language_of
from quetsach.cli.reference import walk
from quetsach.core.text import told

CATALOGUE = Path(quetsach.cli.__file__).parent / "locale/vi/LC_MESSAGES/messages.po"


def help_texts(top: argparse.ArgumentParser) -> Iterator[str]:
    """Yield what the help of the command says, and of all below it."""
    yield from filter(None, (top.description, "examples:", *(top.epilog or "").split("\n")))
    for parser in walk(top):
        yield from (group.title for group in parser._action_groups if group.title)
        for action in parser._actions:
            chosen = action._choices_actions if isinstance(action, argparse._SubParsersAction) else ()
            yield from (one.help for one in (action, *chosen) if one.help)


def test_every_text_of_every_command_is_in_vietnamese() -> None:
    shown = {*help_texts(build_parser())}
    assert len(shown) > 400
    assert [text for text in shown if not text.startswith("  ") and told(text, "vi") == text] == []


def places(top: argparse.ArgumentParser) -> Iterator[str]:
    """Yield how each argument that takes a value is called in the help."""
    for parser in walk(top):
        for action in parser._actions:
            if action.nargs != 0 and (action.metavar is not None or action.choices is None):
                yield action.metavar if isinstance(action.metavar, str) else f"{parser.prog}: {action.dest}"


def test_every_place_of_a_command_line_is_named_in_vietnamese() -> None:
    with CATALOGUE.open("rb") as file:
        known = {message.id for message in read_po(file)}
    named = {*places(build_parser())}
    assert len(named) > 50
    assert named - known == set()


def test_a_place_has_its_vietnamese_name_in_help_and_its_english_one_in_english(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for language, name in (("vi", "--state THƯ-MỤC"), ("en", "--state DIR")):
        assert main(["scan", "--help", "--lang", language]) == 0
        assert name in capsys.readouterr().out


@pytest.mark.parametrize(("language", "told"), [("vi", "cách dùng: quetsach"), ("en", "usage: quetsach")])
@pytest.mark.parametrize("words", [[], ["clean"], ["quarantine", "restore"], ["center", "ingest"], ["packs", "check"]])
def test_help_is_in_the_language_of_the_reader(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, told: str, words: list[str]
) -> None:
    monkeypatch.setenv("QUETSACH_LANG", language)
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(told)
    assert ("ví dụ:" in shown, "examples:" in shown) == (language == "vi", language == "en")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["scna"], "LỆNH: không có lựa chọn 'scna'"),
        ([], "còn thiếu: LỆNH"),
        (["scan", "--jobs", "x"], "--jobs: cần một số từ 1 đến 64"),
        (["scan", "--time-limit", "x"], "--time-limit: cần một số phút"),
        (["clean", "--yes", "--dry-run"], "--dry-run: không dùng cùng với --yes"),
        (["clean", "--item", "x"], "--item: 'x' không phải là số nguyên"),
        (["scan", "--report"], "--report: cần thêm một giá trị"),
        (["scan", "--what"], "không hiểu: --what"),
        (["scan", "--r", "x"], "--r có thể là nhiều tùy chọn"),
        (["quarantine", "purge", "--older-than", "x"], "--older-than: cần một số ngày từ 0 đến 36500"),
    ],
)
def test_what_is_wrong_with_a_command_line_is_told_in_vietnamese(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(words) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert f"lỗi: {told}" in said.replace("argument ", "")
    assert said.startswith("cách dùng: ")


@pytest.mark.parametrize(
    ("words", "language"),
    [
        (["scan"], "vi"),
        (["scan", "--lang", "en"], "en"),
        (["--lang=en", "scan"], "en"),
        (["scan", "--lang"], "vi"),
        (["scan", "--lang", "xx"], "vi"),
        (["center", "up"], "vi"),
        (["center", "up", "--lang", "en"], "en"),
        (["packs", "check", "--lang=en"], "en"),
    ],
)
def test_the_language_is_known_before_the_line_is_read(words: list[str], language: str) -> None:
    assert language_of(words) == language
