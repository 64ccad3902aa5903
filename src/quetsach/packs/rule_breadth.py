"""Which rules are too broad: they match honest files, or know the family by nothing that honest files lack."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import boreal

from quetsach.core.rule_text import RuleSet, RuleText, WordKind, rules_of
from quetsach.packs.rules import SAFE_LENGTH, RuleString, strings_of

COMMON_SHARE = 0.02
"""A word in so many honest files says nothing about a family."""

_PROBE = "word_"
_NAMED_FILES = 3
_TIMEOUT_SECONDS = 2
_SEARCH_SECONDS = 120.0
"""So long slow rules are told from others; what is not told apart by then counts as slow."""
_FEWEST_FILES = 100
"""In fewer files, a share means nothing."""

type RuleKey = tuple[str, str]
"""Family and name of a rule."""

type Honest = Iterable[tuple[str, bytes]]
"""Name and content of honest files."""


@dataclass(frozen=True, slots=True)
class Broad:
    """A rule that is too broad, and why; ``is_slow`` when it took so long that this cannot be said."""

    family: str
    rule: str
    what: str
    hint: str
    is_slow: bool = False


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
    matched, slow, shares = _looked_at(sets, tuple(strings), words, honest, common)
    return (*_matching(matched), *_slow(slow), *_weak(sets, strings, shares))


def _is_private(rule: RuleText) -> bool:
    return "private" in rule.source.partition("{")[0].split()


def _looked_at(
    sets: Mapping[str, RuleSet], rules: Sequence[RuleKey], words: list[str], honest: Honest, common: bytes
) -> tuple[dict[RuleKey, list[str]], dict[RuleKey, str], dict[str, float]]:
    """Return rule -> honest files that it matches, rule -> one on which it is slow, word -> the share that have it.

    Of a word that is known to be common it is 1.
    """
    trial = _Trial(sets, rules)
    probes = boreal.compile(source="\n".join(_probe(number, word) for number, word in enumerate(words)))
    matched: dict[RuleKey, list[str]] = {}
    counts: Counter[int] = Counter()
    files = 0
    for name, content in honest:
        files += 1
        for rule in trial.matching(name, content):
            matched.setdefault(rule, []).append(name)
        counts.update(map(_number, _matches(probes, content)))
    shares = {word: counts[n] / files if files >= _FEWEST_FILES else 0.0 for n, word in enumerate(words)}
    known = {words[_number(match)] for match in _matches(probes, common)}
    return matched, trial.slow, shares | dict.fromkeys(known, 1.0)


@dataclass(slots=True)
class _Trial:
    """Rules that are run on honest files, all at once; a slow one, which would keep the others from it, is left out."""

    sets: Mapping[str, RuleSet]
    rules: Sequence[RuleKey]
    slow: dict[RuleKey, str] = field(default_factory=dict)
    """Rule -> name of the honest file on which it was slow."""
    _whole: boreal.Scanner | None = None

    def matching(self, name: str, content: bytes) -> list[RuleKey]:
        """Return the rules that match a file."""
        if self._whole is None:
            self._whole = self._compiled(self.rules)
        try:
            found = self._whole.match(data=content, timeout=_TIMEOUT_SECONDS)
        except boreal.TimeoutError:
            found, slow = self._halved(self.rules, content, time.monotonic() + _SEARCH_SECONDS)
            self.slow |= dict.fromkeys(slow, name)
            self.rules = [rule for rule in self.rules if rule not in self.slow]
            self._whole = None
        except boreal.Error:
            return []
        return list(dict.fromkeys((match.namespace, match.rule) for match in found))

    def _halved(
        self, rules: Sequence[RuleKey], content: bytes, until: float
    ) -> tuple[list[boreal.Match], list[RuleKey]]:
        """Return what matches and which rules are slow, found by halves."""
        if time.monotonic() > until:
            return [], list(rules)
        try:
            return self._compiled(rules).match(data=content, timeout=_TIMEOUT_SECONDS), []
        except boreal.TimeoutError:
            if len(rules) == 1:
                return [], list(rules)
        except boreal.Error:
            return [], []
        middle = len(rules) // 2
        halves = [self._halved(half, content, until) for half in (rules[:middle], rules[middle:])]
        return [match for found, _ in halves for match in found], [rule for _, slow in halves for rule in slow]

    def _compiled(self, rules: Sequence[RuleKey]) -> boreal.Scanner:
        names: dict[str, set[str]] = {}
        for family, rule in rules:
            names.setdefault(family, set()).add(rule)
        sources = {f: self.sets[f].text(self.sets[f].needed(frozenset(wanted))) for f, wanted in names.items()}
        return boreal.compile(sources=sources, includes=False) if sources else boreal.compile(source="")


def _number(match: boreal.Match) -> int:
    return int(match.rule.removeprefix(_PROBE))


def _probe(number: int, declared: str) -> str:
    return f"rule {_PROBE}{number} {{ strings: $a = {declared} condition: $a }}"


def _matches(scanner: boreal.Scanner, content: bytes) -> list[boreal.Match]:
    try:
        return scanner.match(data=content, timeout=_TIMEOUT_SECONDS)
    except boreal.Error:  # too slow a rule is named by its cost
        return []


def _matching(matched: Mapping[RuleKey, list[str]]) -> Iterator[Broad]:
    for (family, rule), names in sorted(matched.items()):
        named = ", ".join(names[:_NAMED_FILES]) + (" …" if len(names) > _NAMED_FILES else "")
        what = f"it matches honest files ({len(names)}): {named}"
        yield Broad(family, rule, what, "demand what only this family has")


def _slow(slow: Mapping[RuleKey, str]) -> Iterator[Broad]:
    for (family, rule), name in sorted(slow.items()):
        what = f"it takes longer than {_TIMEOUT_SECONDS} s on an honest file: {name}"
        yield Broad(family, rule, what, "let the condition ask for the header and the size first", is_slow=True)


def _weak(
    sets: Mapping[str, RuleSet], strings: Mapping[RuleKey, tuple[RuleString, ...]], shares: Mapping[str, float]
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
