"""The strings of a rule: how many bytes of each are sure, and how to look for one alone."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quetsach.core.rule_text import RuleText, Word, WordKind, words_of

SAFE_LENGTH = 6
"""A string with fewer fixed bytes in a row is found in honest files by chance."""

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|.)", re.DOTALL)
_FIXED_BYTES = re.compile(r"(?:[0-9a-fA-F]{2}\s*)+")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LITERALS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\x[0-9a-fA-F]{2}|\\.|\{[\d,]*\}|.", re.DOTALL)
_CLASSES = frozenset("wWsSdDbB")
_KINDS = (WordKind.TEXT, WordKind.HEX, WordKind.EXPRESSION)


@dataclass(frozen=True, slots=True)
class RuleString:
    """One string: ``declared`` is its value with its modifiers, as a rule declares it."""

    name: str
    kind: WordKind
    declared: str
    fixed_bytes: int
    """How many bytes in a row it surely has."""


def strings_of(rules: Iterable[RuleText]) -> tuple[RuleString, ...]:
    """Return the strings that some rules declare."""
    return tuple(string for rule in rules for string in _strings(rule.head))


def _strings(head: str) -> Iterator[RuleString]:
    words = list(words_of(head))
    starts = [
        number
        for number, word in enumerate(words[:-2])
        if word.kind is WordKind.STRING and words[number + 1].text == "=" and words[number + 2].kind in _KINDS
    ]
    ends = [*starts[1:], len(words) - 2]  # behind the last one stands "condition:"
    for start, end in zip(starts, ends, strict=False):
        value = words[start + 2]
        declared = head[value.start : words[end - 1].end]
        yield RuleString(words[start].text, value.kind, declared, _fixed_bytes(value))


def _fixed_bytes(value: Word) -> int:
    if value.kind is WordKind.TEXT:
        return len(_ESCAPE.sub("x", value.text[1:-1]))
    if value.kind is WordKind.HEX:
        runs = _FIXED_BYTES.findall(_COMMENT.sub(" ", value.text[1:-1]))
        return max((len("".join(run.split())) // 2 for run in runs), default=0)
    return _longest_literal(value.text[1 : value.text.rindex("/")])


def _longest_literal(expression: str) -> int:
    """Return the longest run of characters that every match has; alternatives are taken apart."""
    longest = run = 0
    for part in _LITERALS.findall(expression):
        if part in ("*", "?") or part.startswith("{"):  # what stands before may be missing
            longest, run = max(longest, run - 1), 0
        elif part == "+" or part[0] == "[" or part in set("()|.^$") or (part[0] == "\\" and part[1] in _CLASSES):
            longest, run = max(longest, run), 0
        else:
            run += 1
    return max(longest, run)
