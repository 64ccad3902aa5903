"""Indicators of STIX 2.1 bundles. What was observed without an indicator that says so is no sign, and passed over.

Source: OASIS, STIX 2.1, sections 4.7 and 9.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from quetsach.core.indicator_list import ListKind
from quetsach.packs.importer.documents import items, table, text
from quetsach.packs.importer.found import Found, Listed, Reason, Refused, shown
from quetsach.packs.importer.plain import address_entry, domain_entry, hash_entry, name_entry, url_entry
from quetsach.packs.importer.stix_pattern import Alternative, Comparison, PatternError, parse_pattern
from quetsach.packs.importer.yara_text import read_rules

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
