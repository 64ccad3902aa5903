"""Bundles of STIX 2.1: who was observed doing what, and by which malware, out of objects that refer to each other.

Source: OASIS, STIX 2.1, sections 4.7 (indicator), 4.14 (observed data), 5 (relationships, sightings), 6 (observables).

Nothing is followed further than from an indicator to the malware that it indicates, so objects that refer to each other
in a circle are objects like others.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from quetsach.core.text import Text
from quetsach.feeds.layout import FeedError

type Json = dict[str, Any]

_TRANSPORTS = ("tcp", "udp", "icmp", "icmp6", "sctp")
_OBSERVED = ("id", "first_observed", "last_observed", "number_observed", "confidence", "labels", "created_by_ref")
_REFERENCES = {"src_ref": "source", "dst_ref": "destination"}
_RECORDS = ("observed-data", "indicator", "sighting")
_COMPARISON = r"ipv[46]-addr:value\s*=\s*'([^'\\]*)'"
_ANY_OF = rf"\[\s*{_COMPARISON}(?:\s+OR\s+{_COMPARISON})*\s*\]"
_ADDRESSES = re.compile(rf"\s*{_ANY_OF}(?:\s+OR\s+{_ANY_OF})*\s*".replace(r"([^", r"(?:[^"))
_ADDRESS = re.compile(_COMPARISON)
_LONGEST_PATTERN = 1 << 16


def resolve_bundle(document: Any) -> Iterator[tuple[object, Json | tuple[()] | None]]:
    """Yield each object of a bundle with each record that it is, or with ``None`` if it only says more of others.

    What is no object is ``()``.

    A record has a ``kind``: ``traffic``, ``address`` (observed, but not doing what) or ``other`` of observed data,
    ``indicator`` or ``pattern`` (of no address alone) of indicators, ``sighting`` of one whose data is not there. Its
    ``state`` is ``current``, ``revoked``, ``superseded`` by a later version, or ``version`` where it is not of 2.1.

    Raises:
        FeedError: it is no bundle of STIX 2.1.
    """
    objects = document.get("objects", []) if isinstance(document, dict) and document.get("type") == "bundle" else None
    if not isinstance(objects, list):
        raise FeedError(Text("the document is no bundle of STIX"), hint=_OTHER)
    if (version := document.get("spec_version", "2.1")) != "2.1":
        raise FeedError(
            Text("the bundle is of STIX {version}; 2.1 is read", version=repr(version)[:20]),
            hint=Text("have it exported as STIX 2.1"),
        )
    bundle = _Bundle(objects)
    for one in objects:
        if not isinstance(one, dict):
            yield objects, ()  # the reader sets it aside; before all that lies behind where the list begins
    for one in objects:
        if not isinstance(one, dict):
            continue
        if one.get("type") in _RECORDS:
            yield from ((one, record) for record in bundle.records_of(one))
        else:
            yield one, None


class _Bundle:
    """What the objects of a bundle say of each other."""

    def __init__(self, objects: list[Any]) -> None:
        self._versions: dict[str, Json] = {}
        self._digests: dict[int, bytes] = {}
        for one in objects:
            if isinstance(one, dict) and isinstance(identifier := one.get("id"), str):
                self._keep(identifier, one)
        current = [one for one in self._versions.values() if self._state(one) == "current"]
        self._names = {_text(one, "id"): _text(one, "name") for one in current if one.get("type") == "malware"}
        self._indicated: dict[str, set[str]] = defaultdict(set)
        self._seen_as: dict[str, set[str]] = defaultdict(set)
        """Of observed data what it was seen as: malware and indicators, whose names are many and looked up later."""
        for one in current:
            if one.get("type") == "relationship":
                self._relate(one)
            elif one.get("type") == "sighting" and one.get("count") != 0:  # none: it was looked for and not seen
                for reference in _references(one, "observed_data_refs"):
                    self._seen_as[reference].add(_text(one, "sighting_of_ref"))

    def _keep(self, identifier: str, one: Json) -> None:
        """Keep the latest version of an object; of two of one time always the same, in whatever order they come."""
        known = self._versions.setdefault(identifier, one)
        age, known_age = _age(one), _age(known)
        if age > known_age or (age == known_age and known is not one and self._digest(one) > self._digest(known)):
            self._versions[identifier] = one

    def _state(self, one: Json) -> str:
        if one.get("spec_version", "2.1") != "2.1":
            return "version"
        latest = self._versions.get(_text(one, "id"), one)
        if latest is not one and self._digest(latest) != self._digest(one):
            return "superseded"
        return "revoked" if one.get("revoked") is True else "current"

    def _relate(self, one: Json) -> None:
        ends = _text(one, "source_ref"), _text(one, "target_ref")
        for source, target in (ends, ends[::-1]):
            name = self._names.get(target)
            if name is None:
                continue
            if source.startswith("observed-data--"):
                self._seen_as[source].add(target)
            elif source.startswith("indicator--") and one.get("relationship_type") == "indicates":
                self._indicated[source].add(name)

    def _names_of(self, reference: str) -> set[str]:
        """Return the malware that observed data was seen as; an indicator that was taken back says nothing."""
        found = set[str]()
        for sign in self._seen_as.get(reference, ()):
            if sign in self._names:
                found.add(self._names[sign])
            elif sign not in self._versions or self._state(self._versions[sign]) == "current":
                found |= self._indicated.get(sign, set())
        return found

    def _digest(self, one: Json) -> bytes:
        """Return what an object is told from another of its name by; made once, for it may be large."""
        if id(one) not in self._digests:
            self._digests[id(one)] = hashlib.sha256(_written(one)).digest()
        return self._digests[id(one)]

    def records_of(self, one: Json) -> Iterator[Json | None]:
        """Yield the records of observed data, an indicator or a sighting."""
        base: Json = {"state": self._state(one), "id": _text(one, "id")}
        if one["type"] == "sighting":
            if any(reference in self._versions for reference in _references(one, "observed_data_refs")):
                yield None
            else:
                yield base | {"kind": "sighting", "last_observed": one.get("last_seen")}
            return
        if one["type"] == "indicator":
            names = self._indicated.get(_text(one, "id")) or {""}
            facts = [{"valid_from": one.get("valid_from")} | fact for fact in _indicated_addresses(one)]
        else:
            names = self._names_of(_text(one, "id")) or {""}
            base |= {name: one[name] for name in _OBSERVED if name in one}
            facts = list(self._observed(one))
        for fact in facts:
            for name in sorted(names):
                yield fact | base | {"malware": name}

    def _observed(self, one: Json) -> Iterator[Json]:
        """Yield what was observed: traffic with its source, else addresses."""
        inner = one.get("objects")
        known: Mapping[str, Any] = inner if isinstance(inner, dict) else self._versions
        references = list(inner) if isinstance(inner, dict) else list(dict.fromkeys(_references(one, "object_refs")))
        kinds = [(reference, _kind(reference, known)) for reference in references]
        traffic = [reference for reference, kind in kinds if kind == "network-traffic"]
        for reference in traffic:
            yield _traffic(known.get(reference), known)
        if traffic:
            return
        addresses = [reference for reference, kind in kinds if kind in {"ipv4-addr", "ipv6-addr"}]
        for reference in addresses:
            yield {"kind": "address", "source": _value(reference, known)}
        if not addresses:
            yield {"kind": "other"}


def _traffic(one: Any, known: Mapping[str, Any]) -> Json:
    if not isinstance(one, dict):
        return {"kind": "traffic"}
    fact = {name: value for name, value in one.items() if name not in {"type", "id", "spec_version", *_REFERENCES}}
    fact |= {name: _value(one.get(reference), known) for reference, name in _REFERENCES.items()}
    protocols = one.get("protocols")
    named = [name for name in protocols if name in _TRANSPORTS] if isinstance(protocols, list) else []
    return fact | {"kind": "traffic", "transport": named[0] if named else ""}


def _indicated_addresses(one: Json) -> Iterator[Json]:
    """Yield the addresses that are a sign by themselves."""
    pattern = _text(one, "pattern")
    is_read = one.get("pattern_type", "stix") == "stix" and len(pattern) <= _LONGEST_PATTERN
    if not is_read or not _ADDRESSES.fullmatch(pattern):
        yield {"kind": "pattern", "pattern": pattern[:400]}
        return
    for address in dict.fromkeys(_ADDRESS.findall(pattern)):
        yield {"kind": "indicator", "source": address}


def _kind(reference: str, known: Mapping[str, Any]) -> str:
    one = known.get(reference)
    return _text(one, "type") if isinstance(one, dict) else reference.partition("--")[0]


def _value(reference: Any, known: Mapping[str, Any]) -> str:
    """Return the value of an observable, empty if it is not there."""
    one = known.get(reference) if isinstance(reference, str) else None
    return _text(one, "value") if isinstance(one, dict) else ""


def _references(one: Json, name: str) -> list[str]:
    found = one.get(name)
    return [reference for reference in found if isinstance(reference, str)] if isinstance(found, list) else []


def _text(one: Json, name: str) -> str:
    value = one.get(name)
    return value if isinstance(value, str) else ""


def _age(one: Json) -> str:
    return _text(one, "modified").removesuffix("Z")  # so a fraction is later than none


def _written(one: Json) -> bytes:
    try:
        return orjson.dumps(one, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # nested too deeply
        return b""


_OTHER = Text("is this a file of another feed?")
