"""``quetsach gui``: the window, for people who use no terminal."""

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.locations import default_state
from quetsach.cli.parser import ExitCode, Parser, chosen_language
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint.messages.formatting import format_error
from quetsach.endpoint.window.use_cases import UseCases

if TYPE_CHECKING:  # the window is there first, what works in it is loaded after
    from quetsach.cli.desktop import Desktop

_UNTOLD = "QUETSACH_UNTOLD"
"""Set by the program of the window, which says itself that there is none, and why it thinks so, while this is set."""


class NoScreenError(QuetsachError):
    """There is nothing to show a window on."""


def register(parser: Parser) -> None:
    """Add ``gui``."""
    parser.show_examples("quetsach gui\nquetsach gui --lang en\nsudo quetsach gui\nquetsach gui --root /mnt/disk")
    parser.add_argument("--root", type=Path, metavar="DIR", help="look at the system whose disk is mounted here")
    parser.add_argument(
        "--pack", type=Path, action="append", metavar="PATH", help="use this pack or shelf instead of the installed"
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="where the tool keeps its state")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    def desktop() -> "Desktop":
        tool: Desktop = import_module("quetsach.cli.desktop").desktop_of(arguments, arguments.state or default_state())
        return tool

    language = chosen_language(arguments)
    if sys.platform == "win32":
        try:
            from quetsach.endpoint.window import native  # noqa: PLC0415

            native.run(desktop, language)
        except Exception as error:
            from quetsach.endpoint.host.nt.ffi.user import show_error  # noqa: PLC0415  (which only Windows can import)

            tell_failure(error, language, show_error)
            raise
        return ExitCode.NOTHING_FOUND
    show_with_tk(desktop, language)
    return ExitCode.NOTHING_FOUND


def show_with_tk(tool_of: Callable[[], UseCases], language: str, *, fills_screen: bool = False) -> None:
    """Show the window with Tk until it is closed; ``fills_screen`` where there is nothing beside it.

    Raises:
        NoScreenError: this Python or this machine cannot show it.
    """
    try:
        from tkinter import TclError  # noqa: PLC0415

        from quetsach.endpoint.window import tk  # noqa: PLC0415
    except ModuleNotFoundError as error:
        hint = Text("install tkinter (Debian: apt install python3-tk), or use the terminal: quetsach scan")
        raise NoScreenError(Text("this Python cannot show windows"), hint=hint) from error
    try:
        tk.run(tool_of, language, fills_screen=fills_screen)
    except TclError as error:
        raise NoScreenError(
            Text("there is no screen to show a window on"), hint=Text("use the terminal: quetsach scan")
        ) from error


def tell_failure(error: Exception, language: str, show: Callable[[str, str], None]) -> None:
    """Say why there is no window, and what to do: who opened it by its picture sees no console.

    Args:
        error: what went wrong.
        language: ``vi`` or ``en``.
        show: shows a title and a text until a person has seen them.
    """
    cause = format_error(error, language) if isinstance(error, QuetsachError) else f"{type(error).__name__}: {error}"
    show(
        Text("Quét Sạch").in_language(language),
        "\n\n".join(
            (
                Text("The window of Quét Sạch could not open, or had to close.").in_language(language),
                cause,
                Text(
                    "Download and install Quét Sạch again. If that does not help, tell the centre what "
                    "stands above; until then, scan from a command prompt: quetsach scan"
                ).in_language(language),
            )
        ),
    )
    os.environ.pop(_UNTOLD, None)
