"""Attributes of MISP events, one event or many, as its JSON export writes them.

Source: MISP core format (draft-dulaunoy-misp-core-format). What an event does not mean for detection (``to_ids``) is
context and left out.
"""

import re
from collections.abc import Iterator
from typing import Any

from quetsach.core.indicator_list import ListKind
from quetsach.packs.importer.indicator import Found, Listed, Reason, Refused, items, shown, table, text
from quetsach.packs.importer.plain import address_entry, domain_entry, hash_entry, name_entry, url_entry
from quetsach.packs.importer.yara_text import read_rules

_HASHES = {"md5": 32, "sha1": 40, "sha256": 64}
_ENTRIES = {
    "ip-src": (ListKind.ADDRESSES, address_entry),
    "ip-dst": (ListKind.ADDRESSES, address_entry),
    "domain": (ListKind.DOMAINS, domain_entry),
    "hostname": (ListKind.DOMAINS, domain_entry),
    "url": (ListKind.URLS, url_entry),
    "uri": (ListKind.URLS, url_entry),
    "filename": (ListKind.NAMES, name_entry),
}
_PORTS = frozenset({"ip-src|port", "ip-dst|port", "hostname|port"})
_MOST_EVENTS = 10_000
_LOOSE = ("Attribute", "Object")


def events_of(value: Any) -> list[dict[str, Any]]:
    """Return the events of an export; none when the value is none.

    The answer of a search for attributes or objects has no events: what it has is taken as those of one.
    """
    given = table(value).get("response", value)
    entries = [table(entry) for entry in (given if isinstance(given, list) else [given])]
    found = [table(entry.get("Event")) for entry in entries if "Event" in entry]
    loose = {name: [one for entry in entries for one in _one_or_many(entry.get(name))] for name in _LOOSE}
    return [event for event in (*found, loose) if any(event.values())][:_MOST_EVENTS]


def _one_or_many(value: Any) -> list[Any]:
    return [value] if isinstance(value, dict) and value else items(value)


def read_events(events: list[dict[str, Any]], file: str) -> Iterator[Found]:
    """Yield the indicators of events."""
    for event in events:
        label = text(event.get("info"))
        for attribute in map(table, items(event.get("Attribute"))):
            yield from _of_attribute(attribute, file, label)
        for entry in map(table, items(event.get("Object"))):
            yield from _of_object(entry, file, label)


def _of_object(entry: dict[str, Any], file: str, label: str) -> Iterator[Found]:
    """Yield the indicators of an object. Of a file's hashes the strongest is taken, with its size."""
    if entry.get("deleted") is True:
        return
    attributes = [table(attribute) for attribute in items(entry.get("Attribute"))]
    usable = [a for a in attributes if _refusal(a, "") is None]
    hashes = [a for a in usable if text(a.get("type")) in _HASHES and _digest(a)]
    best = max(hashes, key=lambda a: len(text(a.get("value")))) if hashes else None
    sizes = [text(a.get("value")) for a in attributes if a.get("type") == "size-in-bytes"]
    size = sizes[0] if len(sizes) == 1 and re.fullmatch(r"\d{1,10}", sizes[0]) else "*"
    for attribute in attributes:
        if attribute is best:
            entry_text = hash_entry(_digest(attribute), size if size == "*" else str(int(size)))
            yield Listed(ListKind.HASHES, entry_text, label, _where(attribute, file))
        elif attribute not in hashes and attribute.get("type") != "size-in-bytes":
            yield from _of_attribute(attribute, file, label)


def _of_attribute(attribute: dict[str, Any], file: str, label: str) -> Iterator[Found]:
    where = _where(attribute, file)
    kind, value = text(attribute.get("type")), text(attribute.get("value"))
    label = text(attribute.get("comment")) or label or text(table(attribute.get("Event")).get("info"))
    if refused := _refusal(attribute, where):
        yield refused
    elif kind == "yara":
        yield from read_rules(value, where)
    elif kind in _HASHES or kind.removeprefix("filename|") in _HASHES:
        digest = value.rpartition("|")[2]
        right = len(digest) == _HASHES[kind.removeprefix("filename|")]
        yield _listed(ListKind.HASHES, hash_entry(digest) if right else "", label, where, value)
    elif kind == "domain|ip":
        domain, _, address = value.partition("|")
        yield _listed(ListKind.DOMAINS, domain_entry(domain), label, where, value)
        yield _listed(ListKind.ADDRESSES, address_entry(address), label, where, value)
    else:
        kind, value = (kind.partition("|")[0], value.partition("|")[0]) if kind in _PORTS else (kind, value)
        if kind not in _ENTRIES:
            yield Refused(Reason.NOT_MAPPABLE, where, f"an attribute of the type {shown(kind)}")
        else:
            list_kind, entry_of = _ENTRIES[kind]
            yield _listed(list_kind, entry_of(value), label, where, value)


def _refusal(attribute: dict[str, Any], where: str) -> Refused | None:
    if attribute.get("deleted") is True:
        return Refused(Reason.NO_LONGER_VALID, where, shown(text(attribute.get("value"))))
    if attribute.get("to_ids") is not True and attribute.get("to_ids") != "1":
        return Refused(Reason.NOT_FOR_DETECTION, where, shown(text(attribute.get("value"))))
    return None


def _digest(attribute: dict[str, Any]) -> str:
    value = text(attribute.get("value"))
    return value if hash_entry(value) and len(value) == _HASHES[text(attribute.get("type"))] else ""


def _listed(kind: ListKind, entry: str, label: str, where: str, value: str) -> Listed | Refused:
    return Listed(kind, entry, label, where) if entry else Refused(Reason.MALFORMED, where, shown(value))


def _where(attribute: dict[str, Any], file: str) -> str:
    return f"{file}: attribute {shown(text(attribute.get('uuid')) or str(attribute.get('id', '')))}"
