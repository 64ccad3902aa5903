"""Every command line that README and documentation show is one that the parser accepts."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.cli.main import build_parser
from quetsach.cli.reference import walk
from quetsach.core.pack import Pack
from quetsach.packs.load import load_shelf

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = {ROOT / "docs" / "reference" / "commands.md"}


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    """Yield (page:line, words after ``quetsach``) of command lines in code blocks and inline code."""
    for page in PAGES:
        if page in GENERATED:
            continue
        in_block = False
        for number, line in enumerate(page.read_text().splitlines(), start=1):
            where = f"{page.relative_to(ROOT)}:{number}"
            if line.lstrip().startswith("```"):
                in_block = not in_block
            elif in_block:
                if found := re.match(r"\s*(?:\$ |# |sudo )*quetsach (.*)", line):
                    yield where, shlex.split(found[1].partition(" | ")[0], comments=True)
            else:
                for found in re.finditer(r"`quetsach ([^`]*)`", line):
                    yield where, shlex.split(found[1])


def test_the_documentation_shows_commands() -> None:
    assert len(list(shown_commands())) > 20


@pytest.mark.parametrize(("where", "words"), [pytest.param(w, c, id=f"{w} {' '.join(c)}") for w, c in shown_commands()])
def test_a_shown_command_is_accepted(where: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if words[-1] in ("…", "..."):  # names a group of commands: that it exists is enough
        words = [*words[:-1], "--help"]
    try:
        build_parser().parse_args(words)
    except SystemExit as stop:
        assert not stop.code, f"{where}: {capsys.readouterr().err}"


def examples_in_help() -> Iterator[tuple[str, list[str]]]:
    """Yield (command, words after ``quetsach``) of the examples in the help of every command."""
    for parser in walk(build_parser()):
        _, _, examples = (parser.epilog or "").replace("\\\n", " ").partition("examples:\n")
        for line in examples.splitlines():
            if found := re.match(r"\s*quetsach (.*)", re.sub(r" {2,}\(.*\)$", "", line)):
                yield parser.prog, shlex.split(found[1].partition(" | ")[0], comments=True)


@pytest.mark.parametrize(("prog", "words"), [pytest.param(p, w, id=" ".join(w)) for p, w in examples_in_help()])
def test_an_example_in_the_help_is_accepted(prog: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        build_parser().parse_args(words)
    except SystemExit as stop:
        assert not stop.code, f"{prog}: {capsys.readouterr().err}"


def test_what_is_promoted_or_withdrawn_in_an_example_is_on_the_shelf() -> None:
    shelf = {pack.family: pack for pack in load_shelf(ROOT / "packs")}
    named: list[str] = []
    for _, words in (*shown_commands(), *examples_in_help()):
        if words[0] == "packs" and words[1] in ("promote", "withdraw", "unwithdraw"):
            arguments = build_parser().parse_args(words)
            named += arguments.family if words[1] == "promote" else [arguments.what]
    assert len(named) > 5
    assert [name for name in named if not _is_on(name, shelf)] == []


def _is_on(name: str, shelf: dict[str, Pack]) -> bool:
    family, _, part = name.partition("/")
    pack = shelf.get(family)
    return pack is not None and part in {"", *(t.id for t in pack.traits), *(t.rule for t in pack.traits)}


def test_help_fits_a_terminal_of_eighty_columns() -> None:
    wide = [
        line
        for parser in walk(build_parser())
        for line in parser.format_help().partition("examples:")[0].splitlines()
        if len(line) > 80
    ]
    assert wide == []
