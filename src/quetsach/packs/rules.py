"""The rules of a pack, compiled, what is wrong with them by file and line, and the strings that they look for."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import boreal

from quetsach.core.errors import InputError
from quetsach.core.rule_text import RuleSet, RuleText, Word, WordKind, rules_of, words_of
from quetsach.core.text import Number, Text
from quetsach.packs import PackError

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
            Text("the rules do not compile: {error}", error=what), where=place, hint=Text("mend this line")
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
        what = Text("the author of rule {name} has control or invisible characters", name=odd)
        raise PackError(what, where=where, hint=Text("write it as one plain line: it is shown with each finding"))
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
            what = Text(
                "the condition of rule {name} has more than {most} words in a row",
                name=rule.name,
                most=Number(LONGEST_CHAIN),
            )
            raise PackError(
                what, where=f"{where}:{line_of(source, rule.source)}", hint=Text("divide it by `and` or `or`")
            )
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
