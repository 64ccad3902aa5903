"""Which rules are too broad: they match honest files, or know the family by nothing that honest files lack."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import boreal

from quetsach.core.rule_text import RuleSet, RuleText, WordKind, rules_of
from quetsach.packs.rule_strings import SAFE_LENGTH, RuleString, strings_of

COMMON_SHARE = 0.02
"""A word in so many honest files says nothing about a family."""

_PROBE = "word_"
_NAMED_FILES = 3
_TIMEOUT_SECONDS = 2
_FEWEST_FILES = 100
"""In fewer files, a share means nothing."""

type Honest = Iterable[tuple[str, bytes]]
"""Name and content of honest files."""


@dataclass(frozen=True, slots=True)
class Broad:
    """A rule that is too broad, and why."""

    family: str
    rule: str
    what: str
    hint: str


def too_broad(rules: Mapping[str, str], honest: Honest, *, common: bytes = b"") -> tuple[Broad, ...]:
    """Return the rules that are too broad.

    Args:
        rules: family -> source; all compile.
        honest: is gone through once.
        common: words that honest programs have, however few of these there are in ``honest``.
    """
    sets = {family: rules_of(source) for family, source in rules.items()}
    strings = {
        (family, rule.name): strings_of(rule_set.needed(frozenset({rule.name})))
        for family, rule_set in sets.items()
        for rule in rule_set.rules
        if not _is_private(rule)
    }
    words = sorted({s.declared for of_rule in strings.values() for s in of_rule if s.kind is WordKind.TEXT})
    matched, shares = _looked_at(rules, words, honest, common)
    return (*_matching(matched), *_weak(sets, strings, shares))


def _is_private(rule: RuleText) -> bool:
    return "private" in rule.source.partition("{")[0].split()


def _looked_at(
    rules: Mapping[str, str], words: list[str], honest: Honest, common: bytes
) -> tuple[dict[tuple[str, str], list[str]], dict[str, float]]:
    """Return family and rule -> honest files that it matches, and word -> the share of honest files that have it.

    Of a word that is known to be common it is 1.
    """
    whole = boreal.compile(sources=dict(rules), includes=False) if rules else boreal.compile(source="")
    probes = boreal.compile(source="\n".join(_probe(number, word) for number, word in enumerate(words)))
    matched: dict[tuple[str, str], list[str]] = {}
    counts: Counter[int] = Counter()
    files = 0
    for name, content in honest:
        files += 1
        for match in _matches(whole, content):
            matched.setdefault((match.namespace, match.rule), []).append(name)
        counts.update(map(_number, _matches(probes, content)))
    shares = {word: counts[n] / files if files >= _FEWEST_FILES else 0.0 for n, word in enumerate(words)}
    known = {words[_number(match)] for match in _matches(probes, common)}
    return matched, shares | dict.fromkeys(known, 1.0)


def _number(match: boreal.Match) -> int:
    return int(match.rule.removeprefix(_PROBE))


def _probe(number: int, declared: str) -> str:
    return f"rule {_PROBE}{number} {{ strings: $a = {declared} condition: $a }}"


def _matches(scanner: boreal.Scanner, content: bytes) -> list[boreal.Match]:
    try:
        return scanner.match(data=content, timeout=_TIMEOUT_SECONDS)
    except boreal.Error:  # too slow a rule is named by its cost
        return []


def _matching(matched: Mapping[tuple[str, str], list[str]]) -> Iterator[Broad]:
    for (family, rule), names in sorted(matched.items()):
        named = ", ".join(names[:_NAMED_FILES]) + (" …" if len(names) > _NAMED_FILES else "")
        what = f"it matches honest files ({len(names)}): {named}"
        yield Broad(family, rule, what, "demand what only this family has")


def _weak(
    sets: Mapping[str, RuleSet], strings: Mapping[tuple[str, str], tuple[RuleString, ...]], shares: Mapping[str, float]
) -> Iterator[Broad]:
    """Yield rules with strings of which none is sure; one that asks a module, as for a hash, may be sure by that."""
    for (family, rule), of_rule in sorted(strings.items()):
        sure = [s for s in of_rule if s.fixed_bytes >= SAFE_LENGTH and shares.get(s.declared, 0.0) <= COMMON_SHARE]
        if sure or not of_rule or sets[family].imports:
            continue
        longest = max(of_rule, key=lambda s: s.fixed_bytes)
        if longest.fixed_bytes < SAFE_LENGTH:
            what = f"none of its strings has {SAFE_LENGTH} fixed bytes in a row; the longest, {longest.name}, has "
            what += str(longest.fixed_bytes)
        else:
            share = shares[longest.declared]
            where = f"in {share:.0%} of honest files" if share < 1 else "a word of many honest programs"
            what = f"all its strings are short or common; {longest.name} is {where}"
        yield Broad(family, rule, what, "add a string that only this family has")
