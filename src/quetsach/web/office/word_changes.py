"""The words in which two texts differ, for people to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

_LONGEST = 3000
"""Above this many words a changed passage is shown as a whole: comparing takes the square of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed (``same``), went (``old``) or came (``new``)."""

    kind: Literal["same", "old", "new"]
    text: str


def word_changes(old: str, new: str) -> list[Piece]:
    """Return both texts as one run of pieces: those that are the same or old make ``old``, same or new make ``new``."""
    pieces: list[Piece] = []
    for piece in _changes(old.splitlines(keepends=True), new.splitlines(keepends=True), is_of_lines=True):
        if pieces and pieces[-1].kind == piece.kind:
            pieces[-1] = Piece(piece.kind, pieces[-1].text + piece.text)
        else:
            pieces.append(piece)
    return pieces


def _changes(old: list[str], new: list[str], *, is_of_lines: bool = False) -> Iterator[Piece]:
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before, after = "".join(old[i:j]), "".join(new[k:m])
        if tag == "equal":
            yield Piece("same", before)
        elif tag == "replace" and is_of_lines and len(before.split()) + len(after.split()) <= _LONGEST:
            yield from _changes(_words(before), _words(after))
        else:
            if before:
                yield Piece("old", before)
            if after:
                yield Piece("new", after)


def _words(text: str) -> list[str]:
    """Split a text into words, each with the blanks behind it."""
    found: list[str] = []
    for character in text:
        if found and (character.isspace() or not found[-1][-1].isspace()):
            found[-1] += character
        else:
            found.append(character)
    return found
