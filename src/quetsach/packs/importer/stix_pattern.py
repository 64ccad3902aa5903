"""Patterns of STIX: which comparisons of which objects they make, as far as one comparison alone is a sign.

Source: OASIS, STIX 2.1, section 9. Read are comparisons joined by ``AND`` and ``OR``; what asks for several
observations, for times or for the opposite (``NOT``) is refused.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LONGEST = 64 * 1024
_MOST_ALTERNATIVES = 2_000
_DEEPEST = 20
_TOKEN = re.compile(
    r"""(?x)\s*(?:
    (?P<path>[A-Za-z][\w-]*:(?:[\w-]+|\.|'(?:[^'\\]|\\.)*'|"[^"]*"|\[(?:\d+|\*)\])+)
    |(?P<value>[tbh]?'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?)
    |(?P<word>[A-Za-z]+)
    |(?P<sign>!=|<=|>=|[=<>\[\](),])
    )"""
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class PatternError(Exception):
    """A pattern asks for what cannot be looked for here; the text says for what."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``path`` of an object, such as ``file:name``, compared by ``operator`` with one of the values."""

    path: str
    operator: str
    values: tuple[str, ...]


type Alternative = tuple[Comparison, ...]
"""Comparisons that must all hold of one observation."""


def parse_pattern(text: str) -> tuple[Alternative, ...]:
    """Return the alternatives of a pattern.

    Raises:
        PatternError: it asks for more than alternatives of comparisons, or is none.
    """
    if len(text) > _LONGEST:
        raise PatternError("a pattern of more than 65,536 characters")
    reader = _Reader(text)
    found = _either(reader, _observation, 0)
    if reader.kind:
        raise PatternError(f"{reader.text[:40]} in the pattern")
    return found


class _Reader:
    """The words of a pattern; ``kind`` and ``text`` are those of the present one, empty at the end."""

    def __init__(self, source: str) -> None:
        self._words = list(_words(source))
        self._next = 0
        self.kind = self.text = ""
        self.advance()

    def advance(self) -> str:
        """Go on to the next word; return the one that was present."""
        before = self.text
        if self._next < len(self._words):
            self.kind, self.text = self._words[self._next]
            self._next += 1
        else:
            self.kind = self.text = ""
        return before

    def take(self, text: str) -> None:
        if self.text != text:
            raise PatternError(f"{self.text[:40] or 'an end'} where {text} should be")
        self.advance()


def _words(source: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if found is None:
            raise PatternError(f"{source[at : at + 20]!r} in the pattern")
        kind = found.lastgroup or ""
        word = found[kind]
        yield kind, word.upper() if kind == "word" else word
        at = found.end()


type _Part = Callable[[_Reader, int], tuple[Alternative, ...]]


def _either(reader: _Reader, part: _Part, depth: int) -> tuple[Alternative, ...]:
    """Return what ``a OR b OR c`` says; a part is an observation, or comparisons within one."""
    if depth > _DEEPEST:
        raise PatternError("nested too deeply")
    found = list(part(reader, depth))
    while reader.text == "OR":
        reader.advance()
        found += part(reader, depth)
        if len(found) > _MOST_ALTERNATIVES:
            raise PatternError("more than 2,000 alternatives")
    return tuple(found)


def _observation(reader: _Reader, depth: int) -> tuple[Alternative, ...]:
    closing = {"[": "]", "(": ")"}.get(reader.text)
    if closing is None:
        raise PatternError(f"{reader.text[:40] or 'an end'} where [ should be")
    is_nested = reader.advance() == "("
    found = _either(reader, _observation if is_nested else _all_of, depth + 1)
    reader.take(closing)
    if reader.kind == "word" and reader.text != "OR":
        raise PatternError(f"{reader.text} between observations")
    return found


def _all_of(reader: _Reader, depth: int) -> tuple[Alternative, ...]:
    """Return what ``a AND b AND c`` says."""
    found = _comparison(reader, depth)
    while reader.text == "AND":
        reader.advance()
        other = _comparison(reader, depth)
        if len(found) * len(other) > _MOST_ALTERNATIVES:
            raise PatternError("more than 2,000 alternatives")
        found = tuple((*one, *two) for one in found for two in other)
    return found


def _comparison(reader: _Reader, depth: int) -> tuple[Alternative, ...]:
    if reader.text == "(":
        reader.advance()
        found = _either(reader, _all_of, depth + 1)
        reader.take(")")
        return found
    if reader.kind != "path":
        raise PatternError(f"{reader.text[:40] or 'an end'} in a comparison")
    path, operator = reader.advance(), reader.advance()
    if operator == "IN":
        return ((Comparison(path, "IN", _values(reader)),),)
    if operator not in {"=", "ISSUBSET"}:
        raise PatternError(f"the comparison {path} {operator[:20]}")
    return ((Comparison(path, operator, (_value(reader),)),),)


def _values(reader: _Reader) -> tuple[str, ...]:
    reader.take("(")
    values = [_value(reader)]
    while reader.text == ",":
        reader.advance()
        values.append(_value(reader))
    reader.take(")")
    return tuple(values)


def _value(reader: _Reader) -> str:
    if reader.kind != "value" or reader.text[0] in "tbh":
        raise PatternError(f"the value {reader.text[:40] or 'is missing'}")
    text = reader.advance()
    return _ESCAPE.sub(r"\1", text[1:-1]) if text.startswith("'") else text
