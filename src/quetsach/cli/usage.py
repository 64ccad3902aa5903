"""What is wrong with a command line, in the language of the reader: argparse says it in English, types as texts."""

import argparse
import re
import sys
from functools import cache

from quetsach.core.text import LocalText, Text, told
from quetsach.endpoint.messages.retold import form_of

_ANSWERS = (
    Text("argument {name}: {problem}"),
    Text("invalid choice: {value}, maybe you meant {near}? (choose from {choices})"),
    Text("the following arguments are required: {names}"),
    Text("one of the arguments {names} is required"),
    Text("unrecognized arguments: {words}"),
    Text("invalid choice: {value} (choose from {choices})"),
    Text("invalid int value: {value}"),
    Text("invalid float value: {value}"),
    Text("not allowed with argument {other}"),
    Text("expected one argument"),
    Text("expected at least one argument"),
    Text("ignored explicit argument {value}"),
    Text("ambiguous option: {option} could match {options}"),
)
"""What argparse says; a more particular sentence stands before one that is the same in part."""


def usage_text(message: str, language: str) -> str:
    """Return what argparse says, in a language.

    Where the type of an argument refused it with a text (``ArgumentTypeError(Text(…))``), the text is told: argparse
    raises its own error while it handles that one.
    """
    raised = sys.exception()
    behind = raised.__context__ if isinstance(raised, argparse.ArgumentError) else None
    refusal = behind.args[0] if isinstance(behind, argparse.ArgumentTypeError) and behind.args else None
    return _retold(message, language, refusal if isinstance(refusal, LocalText) else None)


def _retold(sentence: str, language: str, refusal: LocalText | None = None) -> str:
    if refusal is not None and sentence == str(refusal):
        return refusal.in_language(language)
    if (known := told(sentence, language)) != sentence:
        return known
    for pattern, text in _forms():
        if found := pattern.fullmatch(sentence):
            values = {name: _retold(value, language, refusal) for name, value in found.groupdict().items()}
            return text.with_values(**values).in_language(language)
    return sentence


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Text], ...]:
    return tuple((form_of(text), text) for text in _ANSWERS if "{" in text.sentence)
