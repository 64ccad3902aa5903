"""Rules for the memory of processes, made from rules for files.

In memory there is no file: YARA leaves ``filesize`` undefined there, and ``uint16(0)`` too, so that a rule which bounds
the size or demands a header never matches, without a word. In memory code is also often without its header, or not at
the place it has in the file. So what a condition says of the file as a whole is dropped, and what it says of the
content stays:

- bounds on ``filesize``, and tests of the integer at a fixed place (a header), are dropped;
- ``at`` and ``in`` a fixed place become "anywhere";
- a rule of which nothing is left, or which needs the whole file otherwise (a module such as ``pe``, ``filesize`` inside
  a calculation), has no variant.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from quetsach.core.rule_text import RuleSet, Word, WordKind, named_in

_COMPARISONS = frozenset({"<", ">", "<=", ">=", "==", "!="})
_OF_FILES = frozenset({"filesize", "entrypoint"})
_MODULES_OF_CONTENT = frozenset({"math", "string", "time", "console"})
"""Modules that do not read the file as a whole; ``math`` over ``filesize`` is told by that word."""
_PLACES = frozenset({"at", "in"})
_INTEGER = re.compile(r"u?int(8|16|32)(be)?")
_OPEN, _CLOSE = frozenset({"(", "["}), frozenset({")", "]"})
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class MemoryVariant:
    """The source of the variants, empty when there are none, and why some rules have none: name -> reason."""

    source: str
    left_out: Mapping[str, str]


class _NoVariantError(Exception):
    """The reason why a condition cannot be rewritten."""


@dataclass(frozen=True, slots=True)
class _Test:
    """A test without ``and`` or ``or`` of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class _Joined:
    """Parts of which all (``and``) or any (``or``) must hold."""

    word: str
    parts: "tuple[_Node, ...]"


@dataclass(frozen=True, slots=True)
class _Not:
    part: "_Node"


type _Node = _Test | _Joined | _Not


@dataclass(slots=True)
class _Known:
    """What became of the rules so far."""

    nothing: set[str] = field(default_factory=set)
    """Rules of which nothing is left: they only spoke of the file."""
    left_out: dict[str, str] = field(default_factory=dict)


def memory_variant(rule_set: RuleSet, names: frozenset[str]) -> MemoryVariant:
    """Return the variants of some rules, with those that they name in turn and the global ones."""
    known = _Known()
    variants: list[str] = []
    for rule in rule_set.needed(names):
        try:
            node = _node(rule.condition, known, 0)
        except _NoVariantError as error:
            known.left_out[rule.name] = str(error)
            if rule.is_global:
                return MemoryVariant("", dict.fromkeys(names, f"the global rule {rule.name} has no variant: {error}"))
            continue
        if node is None:
            known.nothing.add(rule.name)
        else:
            variants.append(f"{rule.head}\n        {_text(node)}\n}}")
    left_out = known.left_out | dict.fromkeys(known.nothing, "it says nothing of the content")
    imports = [f'import "{module}"' for module in rule_set.imports]
    return MemoryVariant(
        source="\n".join([*imports, *variants]) if names - left_out.keys() else "",
        left_out={name: why for name, why in left_out.items() if name in names},
    )


def _node(words: Sequence[Word], known: _Known, depth: int) -> _Node | None:
    """Return what is left of a condition; ``None`` when it says nothing of the content."""
    if depth > _DEEPEST:
        raise _NoVariantError("its condition is nested too deeply")
    for joint in ("or", "and"):
        parts = list(_divided(words, joint))
        if len(parts) > 1:
            kept = [node for part in parts if (node := _node(part, known, depth + 1)) is not None]
            if len(kept) > 1:
                return _Joined(joint, tuple(kept))
            return kept[0] if kept else None
    if words and words[0].text == "not":
        part = _node(words[1:], known, depth + 1)
        return None if part is None else _Not(part)
    if len(words) > 2 and words[0].text == "(" and _closing(words) == len(words) - 1:
        return _node(words[1:-1], known, depth + 1)
    return _test(words, known)


def _test(words: Sequence[Word], known: _Known) -> _Test | None:
    """Return a test as it is to be in memory; ``None`` when it is about the file and is dropped."""
    if _is_of_the_file(words):
        return None
    if called := named_in(words, known.nothing | known.left_out.keys()):
        if len(words) == 1 and called <= known.nothing:
            return None
        raise _NoVariantError(f"it names the rule {min(called)}, which has none")
    words = _anywhere(words)
    if calculated := [word.text for word in words if word.text in _OF_FILES]:
        raise _NoVariantError(f"its condition calculates with {calculated[0]}")
    for word, after in pairwise(words):
        if after.text == "." and word.text not in _MODULES_OF_CONTENT and word.kind is WordKind.NAME:
            raise _NoVariantError(f"its condition asks the module {word.text}")
    if _asks_for_a_place(words):
        raise _NoVariantError("its condition asks for a place in the file")
    return _Test(" ".join(word.text for word in words))


def _is_of_the_file(words: Sequence[Word]) -> bool:
    """Return whether a test is about sizes and integers at fixed places only."""
    names = [word.text for word in words if word.kind is WordKind.NAME]
    is_plain = all(word.kind in {WordKind.NAME, WordKind.NUMBER, WordKind.SIGN} for word in words)
    return is_plain and bool(names) and all(name in _OF_FILES or _INTEGER.fullmatch(name) for name in names)


def _anywhere(words: Sequence[Word]) -> Sequence[Word]:
    """Return a test of strings without the fixed place that it ends in; one beside another string stays."""
    outside = [(number, word.text) for number, word, depth in _with_depth(words) if depth == 0]
    if any(text == "for" or text in _COMPARISONS for _, text in outside):
        return words
    start = next((number for number, text in outside if text in _PLACES), len(words))
    return words if any(word.text.startswith("@") for word in words[start:]) else words[:start]


def _asks_for_a_place(words: Sequence[Word]) -> bool:
    offsets = sum(word.text.startswith("@") for word in words)
    if any(_INTEGER.fullmatch(word.text) for word in words):
        return offsets == 0
    if any(after.text in _PLACES and before.kind is not WordKind.NAME for before, after in pairwise(words)):
        return offsets == 0
    return offsets == 1


def _divided(words: Sequence[Word], joint: str) -> Iterator[Sequence[Word]]:
    start = 0
    for number, word, depth in _with_depth(words):
        if depth == 0 and word.text == joint:
            yield words[start:number]
            start = number + 1
    yield words[start:]


def _closing(words: Sequence[Word]) -> int:
    """Return the number of the word that closes the bracket that opens first."""
    return next((n for n, word, depth in _with_depth(words) if depth == 0 and word.text in _CLOSE), -1)


def _with_depth(words: Sequence[Word]) -> Iterator[tuple[int, Word, int]]:
    """Yield number, word and how many brackets are open around it; a bracket itself counts as outside."""
    depth = 0
    for number, word in enumerate(words):
        depth -= word.text in _CLOSE
        yield number, word, depth
        depth += word.text in _OPEN


def _text(node: _Node) -> str:
    match node:
        case _Test(text):
            return text
        case _Not(part):
            return f"not ({_text(part)})"
        case _Joined(joint, parts):
            return "(" + f" {joint} ".join(_text(part) for part in parts) + ")"
