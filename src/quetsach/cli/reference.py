"""The page ``docs/reference/commands.md``, made from the parser itself: ``python -m quetsach.cli.reference``."""

import argparse
import sys
from collections.abc import Iterator

from quetsach.cli.main import build_parser


def walk(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser and every command below it, in the order of the help."""
    yield parser
    for action in parser._actions:  # noqa: SLF001  (argparse has no public way to list its commands)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for command in action.choices.values():
                yield from walk(command)


def render() -> str:
    """Return the page in Markdown."""
    parts = ["# Commands\n\nMade from the command's own help by `make reference`; a test keeps it true.\n"]
    for parser in walk(build_parser()):
        depth = parser.prog.count(" ")
        parts.append(f"{'#' * (depth + 2)} {parser.prog}\n\n```text\n{parser.format_help().strip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(render())
