"""Help and errors of the command line are in the reader's language, Vietnamese first."""

import argparse
from collections.abc import Iterator

import pytest

from quetsach.cli.main import build_parser, main
from quetsach.cli.parser import ExitCode, language_of
from quetsach.cli.reference import walk
from quetsach.endpoint.messages import messages

OWNERS = ("scan", "clean", "undo", "quarantine", "update", "report")
CATALOGUE = messages("help", "vi")


def texts(parser: argparse.ArgumentParser) -> Iterator[str | None]:
    yield from (group.title for group in parser._action_groups)
    for action in parser._actions:
        yield action.help
        if isinstance(action, argparse._SubParsersAction):
            yield from (choice.help for choice in action._choices_actions)


def test_every_text_of_the_owners_commands_is_in_vietnamese() -> None:
    parsers = [p for p in walk(build_parser()) if p.prog == "quetsach" or p.prog.split()[1] in OWNERS]
    assert len(parsers) >= 12
    shown = {text for parser in parsers for text in texts(parser) if text}
    assert shown - CATALOGUE.keys() == set()


def test_the_catalogue_holds_nothing_that_is_not_shown() -> None:
    shown = {text for parser in walk(build_parser()) for text in texts(parser)}
    top = build_parser()
    own = {top.description, "examples:", *(top.epilog or "").split("\n")}
    assert CATALOGUE.keys() - shown - own == set()


@pytest.mark.parametrize(("language", "told"), [("vi", "cách dùng: quetsach"), ("en", "usage: quetsach")])
@pytest.mark.parametrize("words", [[], ["clean"], ["quarantine", "restore"]])
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
        (["scna"], "COMMAND: không có lựa chọn 'scna'"),
        ([], "còn thiếu: COMMAND"),
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
        (["scan", "--lang", "fr"], "vi"),
        (["center", "up"], "en"),
        (["packs", "check", "--lang", "vi"], "en"),
    ],
)
def test_the_language_is_known_before_the_line_is_read(words: list[str], language: str) -> None:
    assert language_of(words) == language
