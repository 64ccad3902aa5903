"""What every command module shares with the parser."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    type Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  (argparse names it no other way)


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of examples and is as wide on every terminal, so that the reference can quote it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=100)


def add_command(subcommands: "Subcommands", name: str, *, summary: str, examples: str) -> argparse.ArgumentParser:
    """Add one command with the layout that all share; the caller adds arguments and ``set_defaults(run=...)``.

    Args:
        subcommands: what ``add_subparsers`` returned.
        name: the word typed.
        summary: one line for the list; its first letter is raised for the command's own help.
        examples: lines to show under the options, without indentation.
    """
    indented = "\n".join(f"  {line}" for line in examples.strip().splitlines())
    return subcommands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{indented}",
        formatter_class=HelpFormatter,
    )
