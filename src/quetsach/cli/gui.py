"""``quetsach gui``: the window, for people who use no terminal."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.commands import add_command
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import add_language, chosen_language
from quetsach.cli.locations import default_state
from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.cli.commands import Subcommands
    from quetsach.cli.desktop import Desktop


class NoScreenError(QuetsachError):
    """There is nothing to show a window on."""


def register(subcommands: "Subcommands") -> None:
    """Add ``gui``."""
    parser = add_command(
        subcommands,
        "gui",
        summary="open the window: one button scans, and nothing is changed before it is agreed to",
        examples="quetsach gui\nquetsach gui --lang en\nsudo quetsach gui\nquetsach gui --root /mnt/disk",
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="look at the system whose disk is mounted here")
    parser.add_argument(
        "--pack", type=Path, action="append", metavar="PATH", help="use this pack or shelf instead of the installed"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the tool keeps its state")
    add_language(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    def desktop() -> "Desktop":
        from quetsach.cli.desktop import desktop_of  # noqa: PLC0415

        return desktop_of(arguments, arguments.state or default_state())

    language = chosen_language(arguments)
    if sys.platform == "win32":
        from quetsach.endpoint.window import native  # noqa: PLC0415

        native.run(desktop, language)
        return ExitCode.NOTHING_FOUND
    try:
        from tkinter import TclError  # noqa: PLC0415

        from quetsach.endpoint.window import tk  # noqa: PLC0415
    except ModuleNotFoundError as error:
        hint = "install tkinter (Debian: apt install python3-tk), or use the terminal: quetsach scan"
        raise NoScreenError("this Python cannot show windows", hint=hint) from error
    try:
        tk.run(desktop, language)
    except TclError as error:
        raise NoScreenError("there is no screen to show a window on", hint="use the terminal: quetsach scan") from error
    return ExitCode.NOTHING_FOUND
