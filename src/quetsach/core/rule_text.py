"""The text of YARA rules, taken apart into rules and words, so that rules can be chosen and rewritten.

Only as much of the language is read as that needs: the words (texts, expressions, hex strings and comments are left
alone), the parts of a rule, and which rules a condition names. A match engine has compiled the text before.
Source: VirusTotal, "Writing YARA rules".
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from quetsach.core.errors import InputError
from quetsach.core.text import Text

# The file types by which a rule can say which files concern it.


class FileType(StrEnum):
    """What a rule names in its meta ``file_types``; a rule without it concerns every file."""

    ELF = "elf"
    PE = "pe"
    MACHO = "macho"
    SCRIPT = "script"
    """A text that says itself which interpreter runs it."""
    TEXT = "text"
    """Any text, scripts included."""
    DOCUMENT = "document"
    """PDF, RTF, the old Office formats, and what is a zip file inside, as the new ones are."""
    ARCHIVE = "archive"
    LNK = "lnk"
    OTHER = "other"


FILE_TYPES = "file_types"
"""The meta field by which a rule says which files concern it: names of ``FileType`` joined by commas."""


class WordKind(StrEnum):
    """The kinds of words in rules."""

    NAME = "name"
    """A keyword or identifier."""
    STRING = "string"
    """A string's name with its sign, such as ``$a``, ``#a``, ``@a``, ``!a``; a star at the end belongs to it."""
    NUMBER = "number"
    TEXT = "text"
    EXPRESSION = "expression"
    HEX = "hex"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Word:
    """One word: ``text`` as it is written, from ``start`` to ``end`` in the source."""

    kind: WordKind
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RuleText:
    """One rule: ``head`` is its text up to the condition, ``condition`` the words of that."""

    name: str
    head: str
    condition: tuple[Word, ...]
    source: str
    """The whole rule as it is written."""
    is_global: bool = False
    meta: Mapping[str, str] = field(default_factory=dict)

    @property
    def file_types(self) -> frozenset[FileType]:
        """The types of files that concern the rule; empty when all do.

        Raises:
            InputError: a type is not known.
        """
        named = [name.strip() for name in self.meta.get(FILE_TYPES, "").split(",")] if FILE_TYPES in self.meta else []
        for name in named:
            if name not in FileType:
                hint = "one or more of " + ", ".join(FileType)
                raise InputError(
                    Text("rule {name} names the file type {type}", name=self.name, type=repr(name)), hint=hint
                )
        return frozenset(map(FileType, named))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of one source, in its order; ``imports`` are its modules."""

    imports: tuple[str, ...]
    rules: tuple[RuleText, ...]

    def needed(self, wanted: frozenset[str]) -> tuple[RuleText, ...]:
        """Return the rules of these names with the rules that they name in turn, and all global ones."""
        kept: list[RuleText] = []
        wanted = wanted | {rule.name for rule in self.rules if rule.is_global}
        known = frozenset(rule.name for rule in self.rules)
        for rule in reversed(self.rules):  # a rule names only earlier ones
            if rule.name in wanted:
                kept.append(rule)
                wanted |= named_in(rule.condition, known)
        return tuple(reversed(kept))

    def text(self, rules: Sequence[RuleText]) -> str:
        """Return the source of some of the rules."""
        return "\n".join([*(f'import "{module}"' for module in self.imports), *(rule.source for rule in rules)])


def named_in(condition: Sequence[Word], rules: Collection[str]) -> frozenset[str]:
    """Return those of some rules that a condition names, also by a star: ``any of (rule_*)``."""
    nothing = Word(WordKind.SIGN, "", 0, 0)
    called = {
        (word.text, after.text == "*")
        for before, word, after in zip([nothing, *condition], condition, [*condition[1:], nothing], strict=False)
        if word.kind is WordKind.NAME and before.text != "."
    }
    starred = tuple(text for text, star in called if star)
    known = rules if isinstance(rules, AbstractSet) else frozenset(rules)
    named = frozenset(text for text, _ in called if text in known)
    return named | frozenset(rule for rule in known if rule.startswith(starred)) if starred else named


def rules_for(rule_set: RuleSet, types: frozenset[FileType]) -> str:
    """Return the source of the rules that concern files of these types; empty when none does.

    Raises:
        InputError: a rule names an unknown type.
    """
    concerned = frozenset(r.name for r in rule_set.rules if not r.file_types or r.file_types & types)
    rules = rule_set.rules if len(concerned) == len(rule_set.rules) else rule_set.needed(concerned)
    return rule_set.text(rules) if concerned else ""


_WORD = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<text>"(?:[^"\\\n]|\\.)*")
    |(?P<expression>/(?:[^/\\\n]|\\.)+/[a-z]*)
    |(?P<string>(?:[$\#@]|!(?!=))\w*\*?)
    |(?P<number>0x[0-9a-fA-F]+|0o[0-7]+|\d+\.\d+|\d+(?:KB|MB)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>\.\.|==|!=|<=|>=|<<|>>|[^\s\w"])
    """,
    re.VERBOSE | re.DOTALL,
)
_HEX = re.compile(r"\{(?:[^}/]++|//[^\n]*+|(?>/\*.*?\*/))*+\}", re.DOTALL)
_QUOTED = re.compile(r"\\(.)")


_SECTION_OF_STRINGS = re.compile(
    r"""
    strings (?: \s++ | //[^\n]*+ | (?>/\*.*?\*/)
    | "(?:[^"\\\n]++|\\.)*+"
    | = (?: \s++ | //[^\n]*+ | (?>/\*.*?\*/) )*+ (?: \{(?:[^}/]++|//[^\n]*+|(?>/\*.*?\*/))*+\} )?+
    | /(?:[^/\\\n]|\\.)++/[a-z]*+
    | \$\w*+
    | (?!condition\b)\w++
    | [:(),-]
    )*+ (?=condition\b)
    """,
    re.VERBOSE | re.DOTALL,
)
"""The strings of a rule, up to the keyword behind them; what is written otherwise is read word by word."""


def words_of(source: str) -> Iterator[Word]:
    """Yield the words of some rules, without comments.

    Raises:
        InputError: the text is not YARA.
    """
    place, before = 0, ""
    while (word := _word_at(source, place, before)) is not None:
        yield word
        place, before = word.end, word.text


def _word_at(source: str, place: int, before: str) -> Word | None:
    """Return the first word at or behind a place; ``before`` is the one in front of it."""
    while place < len(source):
        is_hex = before == "=" and source[place] == "{"
        found = (_HEX if is_hex else _WORD).match(source, place)
        if found is None:
            raise _unreadable(source, place)
        kind = "hex" if is_hex else found.lastgroup or ""
        if kind != "skip":
            return Word(WordKind(kind), found.group(), found.start(), found.end())
        place = found.end()
    return None


@lru_cache(maxsize=64)
def rules_of(source: str) -> RuleSet:
    """Return the rules of a source that an engine has compiled.

    The same source is read once: whoever loads, checks, sorts and rewrites rules asks for them.

    Raises:
        InputError: the text is not YARA.
    """
    reader = _Reader(source)
    imports: list[str] = []
    rules: list[RuleText] = []
    while reader.has_more:
        if reader.peek() == "import":
            reader.take("import")
            imports.append(reader.take().text.strip('"'))
        else:
            rules.append(_rule(reader))
    return RuleSet(tuple(imports), tuple(rules))


class _Reader:
    """The words of a source, one after the other."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._next = _word_at(source, 0, "")

    @property
    def has_more(self) -> bool:
        return self._next is not None

    def peek(self) -> str:
        return self._next.text if self._next is not None else ""

    def take(self, expected: str = "") -> Word:
        word = self._next
        if word is None:
            raise _unreadable(self.source, len(self.source))
        if expected and word.text != expected:
            raise _unreadable(self.source, word.start)
        self._next = _word_at(self.source, word.end, word.text)
        return word

    def to_condition(self) -> None:
        """Pass over the strings: most of a large source is theirs, and nobody asks for their words here."""
        if self._next is not None and (found := _SECTION_OF_STRINGS.match(self.source, self._next.start)):
            self._next = _word_at(self.source, found.end(), "")
        # A text is one word with its quotes, so this finds the keyword and nothing else.
        self.until("condition")

    def until(self, *ends: str) -> list[Word]:
        """Take the words up to one of these, which stays."""
        taken = []
        while self.peek() not in ends:
            taken.append(self.take())
        return taken


def _rule(reader: _Reader) -> RuleText:
    first = reader.take()
    modifiers = [first]
    while modifiers[-1].text != "rule":
        if modifiers[-1].text not in {"global", "private"}:
            raise _unreadable(reader.source, modifiers[-1].start)
        modifiers.append(reader.take())
    name = reader.take().text
    reader.until("{")  # tags
    reader.take("{")
    meta: dict[str, str] = {}
    if reader.peek() == "meta":
        meta = _meta(reader)
    reader.to_condition()
    reader.take("condition")
    start = reader.take(":").end
    condition = reader.until("}")
    end = reader.take("}").end
    return RuleText(
        name,
        head=reader.source[first.start : start],
        condition=tuple(condition),
        source=reader.source[first.start : end],
        is_global=any(word.text == "global" for word in modifiers),
        meta=meta,
    )


def _meta(reader: _Reader) -> dict[str, str]:
    reader.take("meta")
    reader.take(":")
    meta: dict[str, str] = {}
    while reader.peek() not in {"strings", "condition"}:
        key = reader.take().text
        reader.take("=")
        if reader.peek() == "-":
            reader.take()
        value = reader.take()
        meta[key] = _QUOTED.sub(r"\1", value.text[1:-1]) if value.kind is WordKind.TEXT else value.text
    return meta


def _unreadable(source: str, place: int) -> InputError:
    line = source.count("\n", 0, place) + 1
    return InputError(
        Text("the rules cannot be read at line {line}", line=line), hint=Text("write them as YARA's documentation does")
    )
