"""Every command line that README and documentation show is one that the parser accepts."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from quetsach.cli.main import build_parser

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
