"""Files of YARA rules, taken apart; what cannot be read does not keep the rest of a file from being taken over."""

import re
from collections.abc import Iterator

from quetsach.core.errors import InputError
from quetsach.core.rule_text import RuleSet, WordKind, rules_of
from quetsach.packs.importer.indicator import Found, FoundRule, Reason, Refused, shown
from quetsach.packs.rules import LONGEST_CHAIN, longest_chain

MOST_RULES = 20_000

_INCLUDE = re.compile(r'(?m)^[ \t]*include[ \t]+"([^"\n]*)"[ \t]*;?[ \t]*$')
_START = re.compile(r"(?m)^[ \t]*(?:(?:private|global)[ \t]+){0,3}rule[ \t]+[A-Za-z_]\w*")
_IMPORT = re.compile(r'(?m)^[ \t]*import[ \t]+"([a-z_0-9]{1,40})"')
_LARGEST_RULE = 256 * 1024
_MOST_MODULES = 50


def read_rules(text: str, file: str) -> Iterator[Found]:
    """Yield the rules of a file. A file with a global rule gives none: that one holds for all others in it."""
    for found in _INCLUDE.finditer(text):
        yield Refused(Reason.OTHER_FILE, f"{file}: {_line(text, found.start())}", f"include {shown(found[1])}")
    text = _INCLUDE.sub("", text)
    rules: list[FoundRule] = []
    for found_one in _rules(text, file):
        if isinstance(found_one, Refused):
            yield found_one
        else:
            rules.append(found_one)
    is_global = any(found_one.rule.is_global for found_one in rules)
    for found_one in rules:
        if is_global:
            yield Refused(Reason.GLOBAL_RULE, found_one.where, found_one.rule.name)
        else:
            yield found_one


def _rules(text: str, file: str) -> Iterator[FoundRule | Refused]:
    try:
        whole = rules_of(text)
    except InputError:
        yield from _rules_one_by_one(text, file)
    else:
        yield from _found(whole, text, file, 1)


def _rules_one_by_one(text: str, file: str) -> Iterator[FoundRule | Refused]:
    """Yield the rules of a text that cannot be read as a whole."""
    starts = [found.start() for found in _START.finditer(text)]
    if len(starts) > MOST_RULES:
        yield Refused(Reason.LIMIT, file, f"{len(starts) - MOST_RULES:,} rules more than an import takes")
        text, starts = text[: starts[MOST_RULES]], starts[:MOST_RULES]
    modules = sorted({found[1] for found in _IMPORT.finditer(text)})[:_MOST_MODULES]
    imports = "\n".join(f'import "{module}"' for module in modules)
    if not starts:
        yield Refused(Reason.MALFORMED, f"{file}: line 1", f"no rule can be read: {shown(text.strip())}")
        return
    line, before = 1, 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line += text.count("\n", before, start)
        before = start
        part = text[start : min(end, start + _LARGEST_RULE)]
        try:
            yield from _found(rules_of(f"{imports}\n{part}"), part, file, line)
        except InputError:
            yield Refused(Reason.MALFORMED, f"{file}: line {line}", shown(part.strip().partition("\n")[0]))


def _found(rules: RuleSet, text: str, file: str, first_line: int) -> Iterator[FoundRule | Refused]:
    line, before = first_line, 0
    for rule in rules.rules:
        start = max(text.find(rule.source, before), before)
        line += text.count("\n", before, start)
        before = start
        where = f"{file}: line {line}"
        if len(rule.source) > _LARGEST_RULE:
            yield Refused(Reason.LIMIT, where, f"{rule.name}: {len(rule.source):,} characters")
        elif longest_chain(rule.condition) > LONGEST_CHAIN:
            yield Refused(
                Reason.LIMIT, where, f"{rule.name}: more than {LONGEST_CHAIN:,} words of a condition in a row"
            )
        elif "\ufffd" in rule.source:
            yield Refused(Reason.MALFORMED, where, f"{rule.name} is not UTF-8")
        else:
            named = {word.text for word in rule.condition if word.kind is WordKind.NAME}
            yield FoundRule(rule, frozenset(rules.imports) & named, where, file)


def _line(text: str, at: int) -> str:
    return f"line {text.count('\n', 0, at) + 1}"
