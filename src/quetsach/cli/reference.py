"""Pages of ``docs/reference`` that the code itself knows best.

``python -m quetsach.cli.reference FOLDER`` writes them.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from quetsach.assess.definitions import DEFINITIONS, NO_VERDICT
from quetsach.cli.main import build_parser


def walk(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser and every command below it, in the order of the help."""
    yield parser
    for action in parser._actions:  # noqa: SLF001  (argparse has no public way to list its commands)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield from walk(command)


def render_commands() -> str:
    """Return the page of all commands, from their own help."""
    parts = ["# Commands\n\nMade from the command's own help by `make reference`; a test keeps it true.\n"]
    for parser in walk(build_parser()):
        depth = parser.prog.count(" ")
        parts.append(f"{'#' * (depth + 2)} {parser.prog}\n\n```text\n{parser.format_help().strip()}\n```\n")
    return "\n".join(parts)


def render_definitions() -> str:
    """Return the page of what each published number means, from the texts that stand beside the numbers."""
    head = (
        "# Definitions of figures\n\nThe portal, the command and the open data use these very texts. Made by "
        "`make reference`; a test keeps it true.\n"
    )
    sections = [
        f"## {definition.name.en}\n\n`{definition.id}`, unit: {definition.unit.en}\n\n{definition.text.en}\n\n"
        f"*{definition.name.vi}* ({definition.unit.vi}): {definition.text.vi}\n"
        for definition in DEFINITIONS.values()
    ]
    return "\n".join((head, *sections, f"## No verdict\n\n{NO_VERDICT.en}\n\n{NO_VERDICT.vi}\n"))


PAGES: Mapping[str, Callable[[], str]] = {"commands.md": render_commands, "definitions.md": render_definitions}


if __name__ == "__main__":
    for name, render in PAGES.items():
        Path(sys.argv[1], name).write_text(render(), encoding="utf-8")
