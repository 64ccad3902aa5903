"""Indicators of STIX 2.1 bundles and their patterns, as far as one comparison alone is a sign."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from quetsach.core.indicator_list import ListKind
from quetsach.packs.importer.indicator import Found, Listed, Reason, Refused, items, shown, table, text
from quetsach.packs.importer.plain import address_entry, domain_entry, hash_entry, name_entry, url_entry
from quetsach.packs.importer.yara_text import read_rules

# Patterns of STIX: which comparisons of which objects they make, as far as one comparison alone is a sign.
#
# Source: OASIS, STIX 2.1, section 9. Read are comparisons joined by ``AND`` and ``OR``; what asks for several
# observations, for times or for the opposite (``NOT``) is refused.

_LONGEST = 64 * 1024
_MOST_ALTERNATIVES = 2_000
_DEEPEST = 20
_TOKEN = re.compile(
    r"""(?x)\s*(?:
    (?P<path>[A-Za-z][\w-]*:(?:[\w-]+|\.|'(?:[^'\\]|\\.)*'|"[^"]*"|\[(?:\d+|\*)\])+)
    |(?P<value>[tbh]?'(?:[^'\\]|\\.)*'|-?\d+(?:\.\d+)?)
    |(?P<word>[A-Za-z]+)
    |(?P<sign>!=|<=|>=|[=<>\[\](),])
    )"""
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class PatternError(Exception):
    """A pattern asks for what cannot be looked for here; the text says for what."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``path`` of an object, such as ``file:name``, compared by ``operator`` with one of the values."""

    path: str
    operator: str
    values: tuple[str, ...]


type Alternative = tuple[Comparison, ...]
"""Comparisons that must all hold of one observation."""


def parse_pattern(text: str) -> tuple[Alternative, ...]:
    """Return the alternatives of a pattern.

    Raises:
        PatternError: it asks for more than alternatives of comparisons, or is none.
    """
    if len(text) > _LONGEST:
        raise PatternError("a pattern of more than 65,536 characters")
    reader = _Reader(text)
    found = _either(reader, _observation, 0)
    if reader.kind:
        raise PatternError(f"{reader.text[:40]} in the pattern")
    return found


class _Reader:
    """The words of a pattern; ``kind`` and ``text`` are those of the present one, empty at the end."""

    def __init__(self, source: str) -> None:
        self._words = list(_words(source))
        self._next = 0
        self.kind = self.text = ""
        self.advance()

    def advance(self) -> str:
        """Go on to the next word; return the one that was present."""
        before = self.text
        if self._next < len(self._words):
            self.kind, self.text = self._words[self._next]
            self._next += 1
        else:
            self.kind = self.text = ""
        return before

    def take(self, text: str) -> None:
        if self.text != text:
            raise PatternError(f"{self.text[:40] or 'an end'} where {text} should be")
        self.advance()


def _words(source: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if found is None:
            raise PatternError(f"{source[at : at + 20]!r} in the pattern")
        kind = found.lastgroup or ""
        word = found[kind]
        yield kind, word.upper() if kind == "word" else word
        at = found.end()


type _Part = Callable[[_Reader, int], tuple[Alternative, ...]]


def _either(reader: _Reader, part: _Part, depth: int) -> tuple[Alternative, ...]:
    """Return what ``a OR b OR c`` says; a part is an observation, or comparisons within one."""
    if depth > _DEEPEST:
        raise PatternError("nested too deeply")
    found = list(part(reader, depth))
    while reader.text == "OR":
        reader.advance()
        found += part(reader, depth)
        if len(found) > _MOST_ALTERNATIVES:
            raise PatternError("more than 2,000 alternatives")
    return tuple(found)


def _observation(reader: _Reader, depth: int) -> tuple[Alternative, ...]:
    closing = {"[": "]", "(": ")"}.get(reader.text)
    if closing is None:
        raise PatternError(f"{reader.text[:40] or 'an end'} where [ should be")
    is_nested = reader.advance() == "("
    found = _either(reader, _observation if is_nested else _all_of, depth + 1)
    reader.take(closing)
    if reader.kind == "word" and reader.text != "OR":
        raise PatternError(f"{reader.text} between observations")
    return found


def _all_of(reader: _Reader, depth: int) -> tuple[Alternative, ...]:
    """Return what ``a AND b AND c`` says."""
    found = _comparison(reader, depth)
    while reader.text == "AND":
        reader.advance()
        other = _comparison(reader, depth)
        if len(found) * len(other) > _MOST_ALTERNATIVES:
            raise PatternError("more than 2,000 alternatives")
        found = tuple((*one, *two) for one in found for two in other)
    return found


def _comparison(reader: _Reader, depth: int) -> tuple[Alternative, ...]:
    if reader.text == "(":
        reader.advance()
        found = _either(reader, _all_of, depth + 1)
        reader.take(")")
        return found
    if reader.kind != "path":
        raise PatternError(f"{reader.text[:40] or 'an end'} in a comparison")
    path, operator = reader.advance(), reader.advance()
    if operator == "IN":
        return ((Comparison(path, "IN", _values(reader)),),)
    if operator not in {"=", "ISSUBSET"}:
        raise PatternError(f"the comparison {path} {operator[:20]}")
    return ((Comparison(path, operator, (_value(reader),)),),)


def _values(reader: _Reader) -> tuple[str, ...]:
    reader.take("(")
    values = [_value(reader)]
    while reader.text == ",":
        reader.advance()
        values.append(_value(reader))
    reader.take(")")
    return tuple(values)


def _value(reader: _Reader) -> str:
    if reader.kind != "value" or reader.text[0] in "tbh":
        raise PatternError(f"the value {reader.text[:40] or 'is missing'}")
    text = reader.advance()
    return _ESCAPE.sub(r"\1", text[1:-1]) if text.startswith("'") else text


# Indicators of STIX 2.1 bundles. What was observed without an indicator that says so is no sign, and passed over.
#
# Source: OASIS, STIX 2.1, sections 4.7 and 9.

_HASH = re.compile(r"file:hashes\.['\"]?(MD5|SHA-?1|SHA-?256)['\"]?", re.IGNORECASE)
_LENGTHS = {"MD5": 32, "SHA1": 40, "SHA256": 64}
_LISTS = {
    "ipv4-addr:value": (ListKind.ADDRESSES, address_entry),
    "ipv6-addr:value": (ListKind.ADDRESSES, address_entry),
    "domain-name:value": (ListKind.DOMAINS, domain_entry),
    "url:value": (ListKind.URLS, url_entry),
    "file:name": (ListKind.NAMES, name_entry),
}
_ENDS = ("network-traffic:dst_ref.value", "network-traffic:src_ref.value")


def is_bundle(value: Any) -> bool:
    """Return whether a value is a bundle of STIX."""
    return table(value).get("type") == "bundle"


def read_bundle(value: Any, file: str, now: datetime) -> Iterator[Found]:
    """Yield the indicators of a bundle that are valid at a time."""
    for number, entry in enumerate(items(table(value).get("objects")), 1):
        indicator = table(entry)
        if indicator.get("type") != "indicator":
            continue
        where = f"{file}: object {number} ({shown(text(indicator.get('id')))})"
        label = text(indicator.get("name"))
        pattern, kind = text(indicator.get("pattern")), text(indicator.get("pattern_type")) or "stix"
        if indicator.get("revoked") is True or _is_over(text(indicator.get("valid_until")), now):
            yield Refused(Reason.NO_LONGER_VALID, where, shown(label or pattern))
        elif kind == "yara":
            yield from read_rules(pattern, where)
        elif kind != "stix":
            yield Refused(Reason.NOT_MAPPABLE, where, f"a pattern of the kind {shown(kind)}")
        else:
            yield from _of_pattern(pattern, where, label)


def _is_over(until: str, now: datetime) -> bool:
    try:
        return datetime.fromisoformat(until) <= now
    except (ValueError, TypeError):  # none, or one without a time zone
        return False


def _of_pattern(pattern: str, where: str, label: str) -> Iterator[Found]:
    try:
        alternatives = parse_pattern(pattern)
    except PatternError as error:
        yield Refused(Reason.NOT_MAPPABLE, where, shown(str(error)))
        return
    for alternative in alternatives:
        if len(alternative) == 1:
            yield from _of_comparison(alternative[0], where, label)
        else:
            yield _of_file(alternative, where, label)


def _of_comparison(comparison: Comparison, where: str, label: str) -> Iterator[Listed | Refused]:
    for value in comparison.values:
        kind, entry = _entry(comparison.path, value)
        if comparison.operator == "ISSUBSET" and kind is not ListKind.ADDRESSES:
            kind = None
        if kind is None:
            yield Refused(Reason.NOT_MAPPABLE, where, shown(comparison.path))
        elif not entry:
            yield Refused(Reason.MALFORMED, where, shown(value))
        else:
            yield Listed(kind, entry, label, where)


def _entry(path: str, value: str) -> tuple[ListKind | None, str]:
    """Return for which list a value is, and how it is written there; ``None`` when there is no such list."""
    if found := _HASH.fullmatch(path):
        right = len(value) == _LENGTHS[found[1].upper().replace("-", "")]
        return ListKind.HASHES, hash_entry(value) if right else ""
    if path in _ENDS:
        address = address_entry(value)
        return (ListKind.ADDRESSES, address) if address else (ListKind.DOMAINS, domain_entry(value))
    if path in _LISTS:
        kind, entry_of = _LISTS[path]
        return kind, entry_of(value)
    return None, ""


def _of_file(alternative: Alternative, where: str, label: str) -> Listed | Refused:
    """Return the strongest hash of a file of which several things are said; its size is part of the entry."""
    known = {one.path: one for one in alternative}
    paths = known.keys()
    hashes = [
        one
        for one in alternative
        if _HASH.fullmatch(one.path) and one.operator == "=" and _entry(one.path, *one.values)[1]
    ]
    others = {path for path in paths if not _HASH.fullmatch(path)}
    if not hashes or not others <= {"file:size", "file:name"} or len(known) < len(alternative):
        return Refused(Reason.NOT_MAPPABLE, where, shown(" AND ".join(sorted(paths))))
    best = max(hashes, key=lambda one: len(one.values[0]))
    size = known.get("file:size")
    if size is not None and not (size.operator == "=" and re.fullmatch(r"\d{1,10}", size.values[0])):
        return Refused(Reason.NOT_MAPPABLE, where, "file:size")
    return Listed(ListKind.HASHES, hash_entry(best.values[0], str(int(size.values[0])) if size else "*"), label, where)
