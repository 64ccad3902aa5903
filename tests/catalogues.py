"""What may be wrong with what a catalogue says, whatever its language."""

import io
import re
import unicodedata
from collections.abc import Iterator
from gettext import c2py
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

WHOLE = "vi"
"""The language that says everything; another says what it can, and falls back where it says nothing yet."""
_ADDRESS = re.compile(r"(?:(?:[a-z0-9-]+|<\w+:\w+>)/)+")

type Key = tuple[str, str | tuple[str, ...]]
"""Context and sentence, with the sentence for many where there is one."""


def read(path: Path) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()), locale=path.parts[-3])


def entries(path: Path) -> dict[Key, Message]:
    return {(message.context or "", message.id): message for message in read(path) if message.id}


def told(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def faults(path: Path, places: re.Pattern[str]) -> Iterator[str]:
    """Yield each sentence that is said in an uncertain way, half, not composed, or with other places than its own.

    A form that is said of one and of nothing above it may leave out the number where English does.
    """
    form_of, is_whole = c2py(read(path).plural_expr), path.parts[-3] == WHOLE
    for (context, sentence), message in entries(path).items():
        one, *many = (sentence,) if isinstance(sentence, str) else sentence
        if message.fuzzy or (not all(told(message)) and (is_whole or any(told(message)))):
            yield one
        for form, text in enumerate(told(message)):
            if not text:
                continue
            wanted, found = [sorted(set(places.findall(part))) for part in (" ".join((one, *many)), text)]
            if many and form == form_of(1) and form not in {form_of(number) for number in range(2, 200)}:
                wanted = [place for place in wanted if place in found or place in places.findall(one)]
            is_own = context.startswith("form: ")  # what it is made of is the language's own
            if not unicodedata.is_normalized("NFC", text) or (wanted != found and not is_own):
                yield one
            if _ADDRESS.fullmatch(one) and not _ADDRESS.fullmatch(text):
                yield one


def said_in_two_ways(paths: list[Path]) -> dict[tuple[str, Key], set[tuple[str, ...]]]:
    """Return what catalogues of one language say differently: they are read as one, so only one way is ever seen."""
    found: dict[tuple[str, Key], set[tuple[str, ...]]] = {}
    for path in paths:
        for key, message in entries(path).items():
            if all(told(message)):
                found.setdefault((path.parts[-3], key), set()).add(told(message))
    return {key: ways for key, ways in found.items() if len(ways) > 1}
