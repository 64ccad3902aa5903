"""The rules of a pack, compiled; what is wrong with them is named with file and line."""

import re
from collections.abc import Iterable
from contextlib import suppress

import boreal

from quetsach.core.errors import InputError
from quetsach.core.rule_text import RuleText, Word, rules_of, words_of
from quetsach.packs.errors import PackError

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
        raise PackError(f"the rules do not compile: {what}", where=place, hint="mend this line") from None


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
            raise PackError(error.what, where=f"{where}:{line_of(source, rule.source)}", hint=error.hint) from None
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
        raise PackError(error.what, where=where, hint=error.hint) from None
    for rule in rules:
        if longest_chain(rule.condition) > LONGEST_CHAIN:
            what = f"the condition of rule {rule.name} has more than {LONGEST_CHAIN:,} words in a row"
            raise PackError(what, where=f"{where}:{line_of(source, rule.source)}", hint="divide it by `and` or `or`")
    return rules


def line_of(source: str, part: str) -> int:
    """Return the line, from 1, on which a part of a text begins; 1 if it is not there."""
    return source.count("\n", 0, max(source.find(part), 0)) + 1
