"""How much the strings of a rule say: a rule that rests on three bytes matches everyone's files."""

import re
from collections.abc import Iterator

from quetsach.core.rule_text import RuleText, Word, WordKind, words_of

LEAST_BYTES = 6
"""So many sure bytes the longest string of a rule must have; ``uint32(0) == …`` beside it does not count."""

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|.)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]")
_VAGUE = re.compile(r"\\[wWsSdDbB]|[.^$]|\{\d*,?\d*\}")
_OPTIONAL = re.compile(r"(?:\\x[0-9a-fA-F]{2}|\\.|.)[*?]|\{0,?\d*\}", re.DOTALL)
_GROUPS = re.compile(r"[()|+]")
_HEX_ASIDE = re.compile(r"\([^()]*\)|\[[^\]]*\]|//[^\n]*|/\*.*?\*/|~[0-9a-f?]{2}", re.DOTALL | re.IGNORECASE)


def longest_string(rule: RuleText) -> int | None:
    """Return how many sure bytes the longest string of a rule has; ``None`` when it has no strings."""
    lengths = [_sure_bytes(word) for word in _values(rule)]
    return max(lengths) if lengths else None


def _values(rule: RuleText) -> Iterator[Word]:
    """Yield the values of the strings; those of meta are not among them."""
    in_strings = False
    before = ""
    for word in words_of(rule.head):
        if word.kind is WordKind.NAME and word.text == "strings":
            in_strings = True
        elif in_strings and before == "=" and word.kind in {WordKind.TEXT, WordKind.HEX, WordKind.EXPRESSION}:
            yield word
        before = word.text


def _sure_bytes(word: Word) -> int:
    if word.kind is WordKind.TEXT:
        return len(_ESCAPE.sub("x", word.text[1:-1]).encode())
    if word.kind is WordKind.HEX:
        text = _HEX_ASIDE.sub(" ", word.text.strip("{}"))
        pairs = re.sub(r"\s+", "", text)
        return sum("?" not in pairs[place : place + 2] for place in range(0, len(pairs) - 1, 2))
    pattern = word.text[1 : word.text.rindex("/")]
    if "|" in pattern:  # the shorter side of a choice is what counts, and which is which is not worked out
        pattern = min(pattern.split("|"), key=len)
    pattern = _CLASS.sub(".", pattern)
    pattern = _VAGUE.sub("", _OPTIONAL.sub("", pattern))
    return len(_GROUPS.sub("", _ESCAPE.sub("x", pattern)))
