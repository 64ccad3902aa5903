"""The table of commands is whole, and finding a command in it imports none of the others."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from tests.unit.cli.test_light_start import loaded

import quetsach.cli
from quetsach.cli.table import COMMANDS, below

MODULES = {command.module for command in COMMANDS if command.entry}


def test_every_command_is_named_once_and_stands_in_a_group_of_the_table() -> None:
    words = [command.words for command in COMMANDS]
    assert len(words) == len(set(words))
    groups = {command.words for command in COMMANDS if not command.entry}
    assert {word.rpartition(" ")[0] for word in words} == groups | {""}


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.entry], ids=lambda command: command.words)
def test_what_the_table_names_is_there(command) -> None:
    assert callable(getattr(import_module(command.module), command.function))


def test_no_module_with_a_command_is_left_out_of_the_table() -> None:
    source = Path(quetsach.cli.__file__).parents[1]
    written = {
        ".".join(("quetsach", *path.relative_to(source).with_suffix("").parts))
        for path in (source / "cli").rglob("*.py")
        if re.search(r"^def register\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert written == {command.module for command in COMMANDS if command.entry and command.function == "register"}


def test_a_group_alone_has_examples_in_the_table() -> None:
    assert [c.words for c in COMMANDS if bool(c.examples) == bool(c.entry)] == []
    assert len(below("center assess")) == 16


@pytest.mark.parametrize(
    "words", [("--help",), ("packs", "--help"), ("center", "--help"), ("center", "assess", "--help")]
)
def test_help_of_a_group_imports_no_command(words: tuple[str, ...]) -> None:
    assert loaded(*words) & MODULES == set()


@pytest.mark.parametrize("words", [("update",), ("packs", "keys"), ("center", "feeds"), ("center", "assess", "ranks")])
def test_a_command_is_imported_without_the_others_of_its_group(words: tuple[str, ...]) -> None:
    own = next(command.module for command in COMMANDS if command.words == " ".join(words))
    assert own in loaded(*words, "--help") & MODULES
    asked = {command.module for command in below(" ".join(words[:-1])) if command.entry}
    assert loaded(*words, "--help") & asked == {own}
