"""The rules of a pack, compiled; what is wrong with them is named with file and line."""

import re

import boreal

from quetsach.core.errors import InputError
from quetsach.core.rule_text import rules_of
from quetsach.packs.errors import PackError

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
    scanner = compile_rules(source, where)
    try:
        rules = rules_of(source).rules
    except InputError as error:
        raise PackError(error.what, where=where, hint=error.hint) from None
    for rule in rules:
        try:
            _ = rule.file_types
        except InputError as error:
            raise PackError(error.what, where=f"{where}:{line_of(source, rule.source)}", hint=error.hint) from None
    return frozenset(rule.identifier for rule in scanner if not rule.is_private)


def line_of(source: str, part: str) -> int:
    """Return the line, from 1, on which a part of a text begins; 1 if it is not there."""
    return source.count("\n", 0, max(source.find(part), 0)) + 1
