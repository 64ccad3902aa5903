"""The command line: its parser in the language of whoever reads it, and the codes that a command ends with."""

import argparse
import os
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from functools import partial
from typing import Any, NoReturn

from quetsach.core.language import OWN_LANGUAGE
from quetsach.core.text import Text, told
from quetsach.endpoint.messages import LANGUAGES

# The language of what a command says, to owners of machines and to operators alike: Vietnamese first.


def add_language(parser: "Parser") -> None:
    """Add ``--lang`` to a command, or to each one below it."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    for command in (command for action in below for command in action.choices.values()):
        add_language(command)
    if not below:
        parser.add_argument(
            "--lang", choices=LANGUAGES, help="language of the output (default: $QUETSACH_LANG, else Vietnamese)"
        )


def chosen_language(arguments: argparse.Namespace) -> str:
    """Return the language that a command line or the environment names, else the first one."""
    named = str(getattr(arguments, "lang", None) or os.environ.get("QUETSACH_LANG", ""))
    return named if named in LANGUAGES else LANGUAGES[0]


# The parser of the command line in the language of whoever reads its help and its errors.
#
# Help is written in English in the commands, and gettext says it in another language when it is shown; what argparse
# finds wrong with a command line is among the errors of the tool.

SYSTEMS = ("linux", "macos", "windows")
SYSTEM_HELP = "take what is at --root as a disk of this system, where the tool cannot see it by itself"

_COLUMNS = 80
"""The narrowest terminal that people commonly have; lines of examples may be longer, to be copied whole."""
_USAGE_ERROR = 2

type Subcommands = argparse._SubParsersAction[Parser]  # noqa: SLF001  (argparse names it no other way)


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the line breaks of examples and is as wide on every terminal, so that the reference can quote it."""

    def __init__(self, prog: str, language: str = OWN_LANGUAGE) -> None:
        super().__init__(prog, max_help_position=28, width=_COLUMNS)
        self._language = language

    def add_usage(self, usage, actions, groups, prefix=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        """Add the usage, in the language of the reader."""
        told_prefix = Text("usage: ").in_language(self._language) if prefix is None else prefix
        return super().add_usage(usage, actions, groups, told_prefix)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap sentences; a line that is set in is an example."""
        lines = text.splitlines()
        return "\n".join(indent + (line if line.startswith(" ") else textwrap.fill(line, width)) for line in lines)


class Parser(argparse.ArgumentParser):
    """A parser that shows help and errors in ``language``, which ``speak`` sets, and is filled when it is asked for."""

    language = OWN_LANGUAGE
    _filling: "Callable[[Parser], None] | None" = None

    def fill_with(self, filling: "Callable[[Parser], None]") -> None:
        """Let a function add the arguments once the parser is used, and not before."""
        self._filling = filling

    def fill(self) -> None:
        """Add the arguments, if that was not done before."""
        filling, self._filling = self._filling, None
        if filling is not None:
            filling(self)
            speak(self, self.language)

    def show_examples(self, examples: str) -> None:
        """Show lines of examples under the options."""
        self.epilog = examples_text(examples)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the words after the name of the command; its module is imported now."""
        self.fill()
        return super().parse_known_args(args, namespace)

    def format_help(self) -> str:
        """Return the help, in the language of the parser."""
        self._translate()
        return super().format_help()

    def format_usage(self) -> str:
        """Return the usage, in the language of the parser."""
        self._translate()
        return super().format_usage()

    def error(self, message: str) -> NoReturn:
        """End with the usage and what is wrong with the command line."""
        from quetsach.cli.usage import usage_text  # noqa: PLC0415  (only a mistake needs it)

        self.print_usage(sys.stderr)
        said = Text("{program}: error: {message}", program=self.prog, message=usage_text(message, self.language))
        self.exit(_USAGE_ERROR, f"{said.in_language(self.language)}\n")

    def _translate(self) -> None:
        self.formatter_class = partial(HelpFormatter, language=self.language)
        self.description = _told(self.description, self.language)
        self.epilog = "\n".join(_told(part, self.language) or "" for part in (self.epilog or "").split("\n"))
        for group in self._action_groups:
            group.title = _told(group.title, self.language)
        for action in self._actions:
            action.help = _told(action.help, self.language)
            for choice in _choices(action):
                choice.help = _told(choice.help, self.language)


def add_command(subcommands: Subcommands, name: str, *, summary: str, examples: str) -> Parser:
    """Add one command below another of its module; the caller adds arguments and ``set_defaults(run=...)``.

    Args:
        subcommands: what ``add_subparsers`` returned.
        name: the word typed.
        summary: one line for the list; its first letter is raised for the command's own help.
        examples: lines to show under the options, without indentation.
    """
    return subcommands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=examples_text(examples),
        formatter_class=HelpFormatter,
    )


def examples_text(examples: str) -> str:
    """Return the lines of examples as the help shows them under the options."""
    return "examples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines())


def command_text(words: Sequence[str]) -> str:
    """Return a command as a person can paste it into the shell of this system: POSIX, or cmd."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def speak(parser: argparse.ArgumentParser, language: str) -> None:
    """Let a parser and those of its commands speak a language, the places of their command lines too."""
    if isinstance(parser, Parser):
        parser.language = language
    for action in parser._actions:  # noqa: SLF001  (argparse gives no other way to them)
        if isinstance(action.metavar, str):
            action.metavar = told(action.metavar, language)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for below in action.choices.values():
                speak(below, language)


def language_of(words: Sequence[str]) -> str:
    """Return the language of help and errors for a command line, before it is read."""
    named = os.environ.get("QUETSACH_LANG", "")
    for word, after in zip(words, (*words[1:], ""), strict=False):
        named = after if word == "--lang" else word.removeprefix("--lang=") if word.startswith("--lang=") else named
    return named if named in LANGUAGES else LANGUAGES[0]


def _choices(action: argparse.Action) -> Iterator[argparse.Action]:
    if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
        yield from action._choices_actions  # noqa: SLF001


def _told(text: str | None, language: str) -> str | None:
    """Return a text as the catalogue has it; a sentence also when it is there as a clause of the list of commands."""
    if not text or (said := told(text, language)) != text or not text.endswith("."):
        return said if text else text
    clause = text[0].lower() + text[1:-1]
    said = told(clause, language)
    return text if said == clause else f"{said[0].upper()}{said[1:]}."


# Exit codes of the command (after Microsoft's malicious software removal tool).


class ExitCode(IntEnum):
    """What a script can rely on. 0 also means success of commands that do not scan."""

    NOTHING_FOUND = 0
    USAGE = 1
    NOT_CONCLUSIVE = 2
    """Nothing was found, and not everything could be looked at.

    For ``clean`` also: rights are missing to begin, or it was ended before it changed anything.
    """
    PACKS_INVALID = 3
    FOUND = 10
    CLEANED = 11
    CLEANED_RESTART = 12
    PARTLY_CLEANED = 13
    FAILED = 14
    MASS_BRAKE = 20

    NOT_ELEVATED = NOT_CONCLUSIVE
