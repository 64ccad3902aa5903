"""The table of commands is whole, and finding a command in it imports none of the others."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from tests.unit.cli.test_light_start import loaded
from tests.waiting import PATIENCE_SECONDS

import quetsach.cli
from quetsach.cli.center.acts import Act
from quetsach.cli.main import build_parser
from quetsach.cli.parser import Parser
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


@pytest.mark.parametrize("words", [("update",), ("packs", "keys")])
def test_a_command_is_imported_without_the_others_of_its_group(words: tuple[str, ...]) -> None:
    own = next(command.module for command in COMMANDS if command.words == " ".join(words))
    assert own in loaded(*words, "--help") & MODULES
    asked = {command.module for command in below(" ".join(words[:-1])) if command.entry}
    assert loaded(*words, "--help") & asked == {own}


def acts_of(parser: argparse.ArgumentParser) -> Iterator[Act]:
    """Yield what the commands below a parser do that is found by name."""
    if isinstance(parser, Parser):
        parser.fill()
    if isinstance(act := parser.get_default("run"), Act):
        yield act
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below_it in dict.fromkeys(action.choices.values()):
                yield from acts_of(below_it)


ACTS = sorted(acts_of(build_parser([c for c in COMMANDS if c.words.startswith("center")])), key=lambda act: act.name)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
def test_what_a_command_of_the_centre_does_is_there(act: Act) -> None:
    assert act.function().__doc__


BEFORE_THE_OFFICE = [f"quetsach.cli.center.{name}" for name in ("preparation", "publication")]
"""What ``center up`` imports for itself before there is a database."""


def test_what_needs_no_office_is_imported_where_django_points_at_no_data() -> None:
    named = {f"quetsach.cli.center.{act.name.partition(':')[0]}" for act in ACTS if not act.is_in_office}
    code = (
        "import sys\nfrom importlib import import_module\nfrom django.conf import settings\n"
        "for name in sys.argv[1:]:\n"
        "    import_module(name)\n"
        "    assert not settings.configured, name"
    )
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    told = subprocess.run(
        [sys.executable, "-c", code, *sorted(named), *BEFORE_THE_OFFICE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert told.stderr == ""


def test_the_time_of_the_call_is_read_only_by_what_works_in_the_office() -> None:
    folder = Path(quetsach.cli.__file__).parent / "center"
    reading = {
        f"{path.stem}:{found}"
        for path in folder.rglob("*.py")
        for function in re.split(r"^(?=def )", path.read_text("utf-8"), flags=re.MULTILINE)
        if "arguments.now" in function
        for found in re.findall(r"^def (\w+)", function)
    }
    assert reading - {act.name for act in ACTS if act.is_in_office} == set()


def test_all_commands_of_the_centre_are_found_by_name() -> None:
    assert len(ACTS) > 70


@pytest.mark.parametrize("words", [("center", "up"), ("center", "feeds", "health"), ("center", "assess", "hosts")])
def test_help_of_a_command_of_the_centre_imports_nothing_that_counts_or_serves(words: tuple[str, ...]) -> None:
    there = loaded(*words, "--help")
    assert {name for name in there if name.startswith(("quetsach.centre", "quetsach.lake", "quetsach.web"))} == set()
