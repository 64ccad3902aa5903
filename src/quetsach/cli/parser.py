"""The parser of the command line in the language of whoever reads its help and its errors.

Help and errors are written in English in the commands; the catalogues ``help`` and ``errors`` have them in Vietnamese.
They are only read when something of them is shown.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

from quetsach.cli.commands import HelpFormatter
from quetsach.cli.language import LANGUAGES
from quetsach.endpoint.messages import messages

_ENGLISH_ONLY = frozenset({"packs", "center"})
"""Commands of analysts and of the centre's staff, whose help is English."""

_EXAMPLES = "examples:"
_USAGE_ERROR = 2


class Parser(argparse.ArgumentParser):
    """A parser that shows help and errors in ``language``, which ``speak`` sets."""

    language = "en"

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
        if self.language == "en":
            super().error(message)
        from quetsach.endpoint.messages.error import translated  # noqa: PLC0415

        self.print_usage(sys.stderr)
        self.exit(_USAGE_ERROR, f"{self.prog}: lỗi: {translated(message, self.language)}\n")

    def _translate(self) -> None:
        if self.language == "en":
            return
        catalogue = messages("help", self.language)
        self.formatter_class = _VietnameseFormatter
        self.description = _told(self.description, catalogue)
        self.epilog = "\n".join(_told(part, catalogue) or "" for part in (self.epilog or "").split("\n"))
        for group in self._action_groups:
            group.title = _told(group.title, catalogue)
        for action in self._actions:
            action.help = _told(action.help, catalogue)
            for choice in _choices(action):
                choice.help = _told(choice.help, catalogue)


class _VietnameseFormatter(HelpFormatter):
    def add_usage(self, usage, actions, groups, prefix=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        return super().add_usage(usage, actions, groups, "cách dùng: " if prefix is None else prefix)


def speak(parser: argparse.ArgumentParser, language: str) -> None:
    """Let a parser and those of its commands speak a language."""
    if isinstance(parser, Parser):
        parser.language = language
    for action in parser._actions:  # noqa: SLF001  (argparse gives no other way to them)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for below in action.choices.values():
                speak(below, language)


def language_of(words: Sequence[str]) -> str:
    """Return the language of help and errors for a command line, before it is read."""
    if next((word for word in words if not word.startswith("-")), "") in _ENGLISH_ONLY:
        return "en"
    named = os.environ.get("QUETSACH_LANG", "")
    for word, after in zip(words, (*words[1:], ""), strict=False):
        named = after if word == "--lang" else word.removeprefix("--lang=") if word.startswith("--lang=") else named
    return named if named in LANGUAGES else LANGUAGES[0]


def _choices(action: argparse.Action) -> Iterator[argparse.Action]:
    if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
        yield from action._choices_actions  # noqa: SLF001


def _told(text: str | None, catalogue: Mapping[str, str]) -> str | None:
    """Return a text as the catalogue has it; a sentence also when it is there as a clause of the list of commands."""
    if not text or text in catalogue:
        return catalogue[text] if text else text
    clause = text[0].lower() + text[1:-1]
    if text.endswith(".") and clause in catalogue:
        told = catalogue[clause]
        return f"{told[0].upper()}{told[1:]}."
    return text
