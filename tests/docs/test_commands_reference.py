"""The reference of commands is what the commands themselves say."""

from pathlib import Path

from quetsach.cli.main import build_parser
from quetsach.cli.reference import render, walk

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_the_help_of_today() -> None:
    assert (DOCS / "reference" / "commands.md").read_text() == render(), "run `make reference`"


def test_every_command_has_examples_in_its_help() -> None:
    leaves = [p for p in walk(build_parser()) if not any("COMMAND" in str(a.metavar) for a in p._actions)]
    assert len(leaves) > 10
    assert [p.prog for p in leaves if "examples:" not in (p.epilog or "")] == []
