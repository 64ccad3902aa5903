"""Regular expressions of strangers, read as the names that they stand for: none is ever run.

Only what can be written out is understood: letters, alternatives, groups, classes of single characters, ``?`` and
``{m,n}``, and ``.*`` at one end. Everything else is refused, and so is what costs more than
``MOST_WRITTEN`` characters to write out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from quetsach.core.errors import InputError
from quetsach.core.text import Text

MOST_CHARACTERS = 4000
MOST_SPELLINGS = 4096
MOST_DEPTH = 12
MOST_WRITTEN = 200_000
"""Characters that may be written out on the way to the spellings of one expression."""
_SPECIAL = frozenset("^$*+?{}|.()[]")
_DIGITS = frozenset("0123456789")
_ANY = ".*"


@dataclass(frozen=True, slots=True)
class SpellingPattern:
    """What an expression stands for: whole spellings, or what they begin or end with (``form``)."""

    form: str
    """``whole``, ``prefix`` or ``suffix``."""
    texts: frozenset[str]


def read_pattern(expression: str) -> SpellingPattern:
    """Return what an expression stands for when it is searched for in a name.

    Raises:
        InputError: it is too long, stands for too many spellings, or says more than is understood.
    """
    if len(expression) > MOST_CHARACTERS:
        raise InputError(Text("the expression is longer than {most} characters", most=MOST_CHARACTERS))
    is_from_start, is_to_end = expression.startswith("^"), _ends_with(expression, "$")
    inner = expression[is_from_start : len(expression) - is_to_end]
    if is_from_start and inner.startswith(_ANY):
        is_from_start = False
    if is_to_end and _ends_with(inner, _ANY):
        is_to_end = False
    inner = inner.removeprefix(_ANY)
    inner = inner[: -len(_ANY)] if _ends_with(inner, _ANY) else inner
    if not (is_from_start or is_to_end):
        raise InputError(Text("the expression is bound to neither the beginning nor the end of a name"))
    form = "whole" if is_from_start and is_to_end else "prefix" if is_from_start else "suffix"
    return SpellingPattern(form, _Reader(inner).whole())


def _ends_with(text: str, end: str) -> bool:
    """Whether a text ends so, unescaped."""
    before = text.removesuffix(end)
    return before != text and (len(before) - len(before.rstrip("\\"))) % 2 == 0


class _Reader:
    """Reads one expression from left to right and writes out what it stands for."""

    def __init__(self, expression: str) -> None:
        self._rest = expression
        self._at = 0
        self._left = MOST_WRITTEN

    def whole(self) -> frozenset[str]:
        found = self._sequence(depth=0)
        if self._peek():  # alternatives outside a group are each bound to one end only
            raise self._refused()
        return found

    def _peek(self) -> str:
        return self._rest[self._at : self._at + 1]

    def _take(self) -> str:
        taken = self._peek()
        if not taken:
            raise self._refused()
        self._at += 1
        return taken

    def _refused(self) -> InputError:
        return InputError(Text("character {number} of the expression is not understood", number=self._at + 1))

    def _sequence(self, depth: int) -> frozenset[str]:
        found = frozenset({""})
        while self._peek() not in ("", "|", ")"):
            found = self._joined(found, self._repeated(self._atom(depth)))
        return found

    def _atom(self, depth: int) -> frozenset[str]:
        if self._peek() == "(":
            return self._group(depth + 1)
        if self._peek() == "[":
            return self._class()
        if self._peek() == "\\":
            return self._escaped()
        if self._peek() in _SPECIAL:
            raise self._refused()
        return frozenset({self._take()})

    def _group(self, depth: int) -> frozenset[str]:
        if depth > MOST_DEPTH:
            raise self._refused()
        self._take()
        if self._rest.startswith("?:", self._at):
            self._at += 2
        found = self._sequence(depth)
        while self._peek() == "|":
            self._take()
            found = _bounded(found | self._sequence(depth))
        if self._take() != ")":
            raise self._refused()
        return found

    def _class(self) -> frozenset[str]:
        self._take()
        found: set[str] = set()
        if self._peek() in ("^", "]"):
            raise self._refused()
        while self._peek() != "]":
            if self._peek() == "\\":
                found |= self._escaped()
                if self._begins_range():
                    raise self._refused()
                continue
            first = last = self._take()
            if first == "[":
                raise self._refused()
            if self._begins_range():
                if self._rest.startswith("-\\", self._at):
                    raise self._refused()
                self._take()
                last = self._take()
            if ord(last) < ord(first) or ord(last) - ord(first) >= MOST_SPELLINGS:
                raise self._refused()
            found.update(map(chr, range(ord(first), ord(last) + 1)))
        self._take()
        return _bounded(found)

    def _begins_range(self) -> bool:
        """Whether a hyphen follows that stands between two characters of a class."""
        return self._peek() == "-" and self._rest[self._at + 1 : self._at + 2] not in ("]", "")

    def _escaped(self) -> frozenset[str]:
        self._take()
        escaped = self._take()
        if escaped == "d":
            return _DIGITS
        if escaped.isalnum():
            self._at -= 1
            raise self._refused()
        return frozenset({escaped})

    def _repeated(self, atom: frozenset[str]) -> frozenset[str]:
        if self._peek() == "?":
            self._take()
            return _bounded(atom | {""})
        if self._peek() != "{":
            return atom
        end = self._rest.find("}", self._at)
        least, comma, most = self._rest[self._at + 1 : end].partition(",") if end > 0 else ("", "", "")
        most = most if comma else least
        is_bounded = all(0 < len(n) <= 2 and n.isascii() and n.isdigit() for n in (least, most))
        if not is_bounded or int(least) > int(most):
            raise self._refused()
        self._at = end + 1
        found, grown = set[str](), frozenset({""})
        for times in range(int(most) + 1):
            if times >= int(least):
                found |= grown
            grown = self._joined(grown, atom) if times < int(most) else grown
        return _bounded(found)

    def _joined(self, first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
        """Return each of the first with each of the second behind it, as long as both can be paid for."""
        self._left -= len(second) * sum(map(len, first)) + len(first) * sum(map(len, second))
        if self._left < 0 or len(first) * len(second) > MOST_SPELLINGS:
            raise _too_many()
        return frozenset(a + b for a in first for b in second)


def _bounded(found: Iterable[str]) -> frozenset[str]:
    found = frozenset(found)
    if len(found) > MOST_SPELLINGS:
        raise _too_many()
    return found


def _too_many() -> InputError:
    return InputError(Text("the expression stands for more than {most} spellings", most=MOST_SPELLINGS))
