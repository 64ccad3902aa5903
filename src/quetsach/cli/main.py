"""The command ``quetsach``: reads the command line, runs one command, turns errors into a line and an exit code."""

import argparse
import importlib
import importlib.util
import io
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from quetsach import __version__
from quetsach.cli.parser import (
    ExitCode,
    HelpFormatter,
    Parser,
    add_command,
    add_language,
    chosen_language,
    language_of,
    speak,
)
from quetsach.cli.table import COMMANDS, Command
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint import StateError


def build_parser(commands: Sequence[Command] = COMMANDS) -> Parser:
    """Return the parser of the whole command, or of some; the reference in ``docs/`` is generated from it.

    The module of a command is imported when its parser is used.
    """
    parser = Parser(
        prog="quetsach",
        description="Quét Sạch: scan and sweep clean. Finds malware, removes it, and can put back what it removed.",
        epilog="examples:\n  quetsach scan --quick\n  quetsach clean --dry-run /home\n  quetsach undo --last\n"
        "\nexit codes: 0 nothing found, 1 usage, 2 not complete or not root, 3 packs invalid or expired, 10 found, "
        "11 cleaned, 12 cleaned and restart needed, 13 partly cleaned, 14 failed, 20 stopped by the mass brake",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"quetsach {__version__}")
    _add_below("", parser, commands)
    return parser


def _add_below(words: str, parser: Parser, commands: Sequence[Command]) -> None:
    """Add the commands of a group, each with its line of the table and empty until it is asked for."""
    kind = "question" if words == "center assess" else "command"
    added = parser.add_subparsers(title=f"{kind}s", metavar=kind.upper(), required=True)
    for command in commands:
        above, _, name = command.words.rpartition(" ")
        if above == words and (above or _is_here(command)):
            below = add_command(added, name, summary=command.summary, examples=command.examples)
            below.fill_with(partial(_fill, command, commands))


def _fill(command: Command, commands: Sequence[Command], parser: Parser) -> None:
    """Add the arguments of a command, or the commands of a group."""
    if not command.entry:
        _add_below(command.words, parser, commands)
        return
    getattr(importlib.import_module(command.module), command.function)(parser)
    add_language(parser)
    parser.set_defaults(command=command.words)


def _is_here(command: Command) -> bool:
    """Whether this copy of the tool has a command: what people download is without those of analysts and centres."""
    if command.words == "center" and sys.platform == "win32":  # the centre runs on Linux
        return False
    return importlib.util.find_spec(command.module or f"quetsach.cli.{command.words}") is not None


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names need not be text: show them, and keep JSON valid
            encoding = "utf-8" if sys.platform == "win32" else None  # code page 1258 lacks half of the letters
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    parser = build_parser()
    speak(parser, language_of(words))
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:  # argparse says 2 for a usage error, which here means "not elevated"
        return ExitCode.USAGE if stop.code else ExitCode.NOTHING_FOUND
    try:
        if arguments.command.startswith("center "):
            importlib.import_module("quetsach.cli.center.entry").enter(arguments)
        _check_state(arguments)
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except QuetsachError as error:
        _complain(error, chosen_language(arguments))
        return int(getattr(error, "exit_code", ExitCode.USAGE))
    except KeyboardInterrupt:
        print(file=sys.stderr)
        _complain(QuetsachError(Text("stopped")), chosen_language(arguments))
        return ExitCode.USAGE
    except BrokenPipeError:
        _drop_output()
        return ExitCode.USAGE
    except OSError as error:
        _complain(error, chosen_language(arguments))
        _drop_output()
        return ExitCode.USAGE
    return code


def _complain(error: QuetsachError | OSError, language: str) -> None:
    """Say what went wrong, and what to do next."""
    failure = importlib.import_module("quetsach.cli.failure")
    failure.complain(failure.system_error(error) if isinstance(error, OSError) else error, language)


def _check_state(arguments: argparse.Namespace) -> None:
    """Refuse a file where the folder of the tool's state is asked for, whatever the command would read in it first.

    Raises:
        StateError: it is none.
    """
    state = getattr(arguments, "state", None)
    if isinstance(state, Path) and state.exists() and not state.is_dir():
        raise StateError(
            Text("the state folder is a file"), where=str(state), hint=Text("name a folder with --state DIR")
        )


def _drop_output() -> None:
    """Leave what is still to be written: the interpreter would try once more at its end, and fail loudly."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
