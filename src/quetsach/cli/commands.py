"""What every command module shares with the parser."""

import argparse
import shlex
import subprocess
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    type Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  (argparse names it no other way)

SYSTEMS = ("linux", "macos", "windows")
SYSTEM_HELP = "take what is at --root as a disk of this system, where the tool cannot see it by itself"

_COLUMNS = 80
"""The narrowest terminal that people commonly have; lines of examples may be longer, to be copied whole."""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of examples and is as wide on every terminal, so that the reference can quote it."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=_COLUMNS)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap sentences; a line that is set in is an example."""
        lines = text.splitlines()
        return "\n".join(indent + (line if line.startswith(" ") else textwrap.fill(line, width)) for line in lines)


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


def command_text(words: Sequence[str]) -> str:
    """Return a command as a person can paste it into the shell of this system: POSIX, or cmd."""
    from quetsach.endpoint.host.live import SYSTEM  # noqa: PLC0415

    return subprocess.list2cmdline(words) if SYSTEM == "windows" else shlex.join(words)
