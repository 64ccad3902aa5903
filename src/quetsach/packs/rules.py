"""The rules of a pack, compiled, what is wrong with them by file and line, and the strings that they look for."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import boreal

from quetsach.core.errors import InputError
from quetsach.core.rule_text import RuleText, Word, WordKind, rules_of, words_of
from quetsach.core.text import Text
from quetsach.packs.errors import PackError

# The rules of a pack, compiled; what is wrong with them is named with file and line.

LONGEST_CHAIN = 250
"""Words of a condition in a row, between one ``and``, ``or`` or comma and the next.

The engine takes what an operator joins apart by recursion and bounds only brackets, to some 20 levels. 160,000
operators in a row (14,000 on a small stack) end the process, as no ``try`` can prevent, and a machine could not even
update to be rid of the pack.
"""

_JOINS = frozenset({"and", "or", ","})

_AT = re.compile(r"mem:(\d+):(\d+): (?:error: )?")
"""How the engine names a place in a text that it was given."""


def compile_rules(source: str, where: str) -> boreal.Scanner:
    """Return rules compiled.

    Raises:
        PackError: they do not compile.
    """
    try:
        return boreal.compile(source=source, includes=False)
    except boreal.Error as error:
        what = str(error)
        place = f"{where}:{found[1]}" if (found := _AT.match(what)) else where
        what = _AT.sub(r"column \2: ", what, count=1)
        raise PackError(
            Text("the rules do not compile: {error}", error=what), where=place, hint="mend this line"
        ) from None


def rule_names(source: str, where: str) -> frozenset[str]:
    """Return the names of the rules that can be asked for: not the private ones.

    Raises:
        PackError: the rules do not compile, or name a type of file that is not known.
    """
    rules = _shallow_rules(source, where)
    scanner = compile_rules(source, where)
    for rule in rules:
        try:
            _ = rule.file_types
        except InputError as error:
            raise PackError(
                error.text or error.what,
                where=f"{where}:{line_of(source, rule.source)}",
                hint=error.advice or error.hint,
            ) from None
    if odd := with_odd_author(scanner):
        what = f"the author of rule {odd} has control or invisible characters"
        raise PackError(what, where=where, hint="write it as one plain line: it is shown with each finding")
    return frozenset(rule.identifier for rule in scanner if not rule.is_private)


def with_odd_author(scanner: boreal.Scanner) -> str:
    """Return the name of a rule whose author would speak to the terminal on which findings are told; empty if none."""
    authors = ((rule.identifier, rule.meta.get("author")) for rule in scanner)
    texts = ((name, author.decode("utf-8", "replace")) for name, author in authors if isinstance(author, bytes))
    return next((name for name, author in texts if not author.isprintable()), "")


def longest_chain(words: Iterable[Word]) -> int:
    """Return how many words stand in a row at most, between one ``and``, ``or`` or comma and the next."""
    longest = run = 0
    for word in words:
        run = 0 if word.text in _JOINS else run + 1
        longest = max(longest, run)
    return longest


def _shallow_rules(source: str, where: str) -> tuple[RuleText, ...]:
    """Return the rules of a source that an engine may be given."""
    try:
        rules = rules_of(source).rules
    except InputError as error:
        with suppress(InputError):
            if longest_chain(words_of(source)) <= LONGEST_CHAIN:
                compile_rules(source, where)  # names the mistake better
        raise PackError(error.text or error.what, where=where, hint=error.advice or error.hint) from None
    for rule in rules:
        if longest_chain(rule.condition) > LONGEST_CHAIN:
            what = f"the condition of rule {rule.name} has more than {LONGEST_CHAIN:,} words in a row"
            raise PackError(what, where=f"{where}:{line_of(source, rule.source)}", hint="divide it by `and` or `or`")
    return rules


def line_of(source: str, part: str) -> int:
    """Return the line, from 1, on which a part of a text begins; 1 if it is not there."""
    return source.count("\n", 0, max(source.find(part), 0)) + 1


# The strings of a rule: how many bytes of each are sure, and how to look for one alone.

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
