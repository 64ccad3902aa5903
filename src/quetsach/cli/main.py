"""The command ``quetsach``: reads the command line, runs one command, turns errors into a line and an exit code."""

import argparse
import importlib.util
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from quetsach import __version__
from quetsach.cli.commands import HelpFormatter
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.language import chosen_language
from quetsach.cli.output import complain
from quetsach.cli.parser import Parser, language_of, speak
from quetsach.core.errors import QuetsachError

COMMANDS = (
    *("scan", "clean", "undo", "quarantine", "update", "report", "gui", "self_test"),
    *("rescue", "packs", "center"),
)
"""Modules of ``quetsach.cli``, in the order of the help. Each has ``register(subcommands)``.

Those that are asked for are imported to build the parser, so each imports what is heavy inside the function that runs.
What people download is without the last three, which are for analysts and centres.
"""


def build_parser(commands: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the whole command, or of some; the reference in ``docs/`` is generated from it."""
    parser = Parser(
        prog="quetsach",
        description="Quét Sạch: scan and sweep clean. Finds malware, removes it, and can put back what it removed.",
        epilog="examples:\n  quetsach scan --quick\n  quetsach clean --dry-run /home\n  quetsach undo --last\n"
        "\nexit codes: 0 nothing found, 1 usage, 2 not complete or not root, 3 packs invalid or expired, 10 found, "
        "11 cleaned, 12 cleaned and restart needed, 13 partly cleaned, 14 failed, 20 stopped by the mass brake",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"quetsach {__version__}")
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in commands:
        is_elsewhere = name == "center" and sys.platform == "win32"  # the centre runs on Linux
        module = f"quetsach.cli.{name}"
        if not is_elsewhere and importlib.util.find_spec(module) is not None:
            importlib.import_module(module).register(subcommands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names need not be text: show them, and keep JSON valid
            encoding = "utf-8" if sys.platform == "win32" else None  # code page 1258 lacks half of the letters
            stream.reconfigure(encoding=encoding, errors="backslashreplace")
    words = sys.argv[1:] if argv is None else argv
    parser = build_parser(_asked_for(words))
    speak(parser, language_of(words))
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:  # argparse says 2 for a usage error, which here means "not elevated"
        return ExitCode.USAGE if stop.code else ExitCode.NOTHING_FOUND
    try:
        if hasattr(arguments, "center_command"):
            from quetsach.cli.center.entry import enter  # noqa: PLC0415

            enter(arguments)
        _check_state(arguments)
        code = int(arguments.run(arguments))
        sys.stdout.flush()
    except QuetsachError as error:
        complain(error, _language(arguments))
        return int(getattr(error, "exit_code", ExitCode.USAGE))
    except KeyboardInterrupt:
        print(file=sys.stderr)
        complain(QuetsachError("stopped"), _language(arguments))
        return ExitCode.USAGE
    except BrokenPipeError:
        _drop_output()
        return ExitCode.USAGE
    except OSError as error:
        complain(QuetsachError(error.strerror or str(error), where=_where(error)), _language(arguments))
        _drop_output()
        return ExitCode.USAGE
    return code


def _asked_for(words: Sequence[str]) -> Sequence[str]:
    """Return the commands that a line can be about, by its first word; all of them where that is help or unknown.

    Each module is a file to find and to read: for a version, or to open a window, most of them would be for nothing.
    """
    first = words[0] if words else ""
    if first == "--version":
        return ()
    return (first,) if first in COMMANDS else COMMANDS


def _check_state(arguments: argparse.Namespace) -> None:
    """Refuse a file where the folder of the tool's state is asked for, whatever the command would read in it first.

    Raises:
        StateError: it is none.
    """
    state = getattr(arguments, "state", None)
    if isinstance(state, Path) and state.exists() and not state.is_dir():
        from quetsach.endpoint.errors import StateError  # noqa: PLC0415

        raise StateError("the state folder is a file", where=str(state), hint="name a folder with --state DIR")


def _where(error: OSError) -> str:
    """Return the file of an error, as far as the system names one: writing to a full disk does not."""
    from quetsach.endpoint.artefact import printable  # noqa: PLC0415

    return printable(os.fsencode(error.filename)) if isinstance(error.filename, str | bytes) else ""


def _language(arguments: argparse.Namespace) -> str:
    """Return the language of errors; commands that speak to no owner of a machine speak English."""
    return chosen_language(arguments) if hasattr(arguments, "lang") else "en"


def _drop_output() -> None:
    """Leave what is still to be written: the interpreter would try once more at its end, and fail loudly."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
