"""Bundles of STIX 2.1: who was observed doing what, and by which malware, out of objects that refer to each other.

Source: OASIS, STIX 2.1, sections 4.7 (indicator), 4.14 (observed data), 5 (relationships, sightings), 6 (observables).

Nothing is followed further than from an indicator to the malware that it indicates, so objects that refer to each other
in a circle are objects like others.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from quetsach.core.text import Text
from quetsach.feeds.layout import FeedError
from quetsach.feeds.tlp import LEVELS, UNMARKED, StixMarkings

type Json = dict[str, Any]

_SEEN_AS = ("sighting-of", "indicates")
"""Relations from observed data to malware that say what was seen. ``related-to`` says nothing of how, ``based-on`` what
an indicator was made from, be it in a laboratory, and ``communicates-with`` where a malware calls."""
_NO_FACTS = ("type", "id", "spec_version", "src_ref", "dst_ref")
_TRANSPORTS = ("tcp", "udp", "icmp", "icmp6", "sctp")
_OBSERVED = ("id", "first_observed", "last_observed", "number_observed", "confidence", "labels", "created_by_ref")
_OF_INDICATOR = ("id", "valid_from", "valid_until", "confidence", "labels", "created_by_ref")
_RECORDS = ("observed-data", "indicator", "sighting")
_TOLD = ("malware", "relationship", "sighting")
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
    ``state`` is ``current``, ``revoked``, ``superseded`` by a later version, or ``version`` where it is not of 2.1. It
    has a ``tlp`` where what it is made from is marked, the narrowest of all.

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
    others = sum(not isinstance(one, dict) for one in objects)
    for _ in range(others):
        yield objects, ()  # the reader sets it aside; before all that lies behind where the list begins
    if others:
        objects = [one for one in objects if isinstance(one, dict)]
    bundle = _Bundle(objects)
    for one in objects:
        if one.get("type") in _RECORDS:
            for record in bundle.records_of(one):
                yield one, record
        else:
            yield one, None


class _Bundle:
    """What the objects of a bundle say of each other."""

    def __init__(self, objects: list[Json]) -> None:
        self._versions: dict[str, Json] = {}
        self._digests: dict[int, bytes] = {}
        self._markings = StixMarkings(objects) if any(map(_is_marked, objects)) else None
        self._told_by: dict[str, int] = {}
        """How narrow what says of observed data what it was seen as is, by its rank."""
        self._several = set[str]()
        """Names that more than one object has."""
        keep = self._versions.setdefault
        for one in objects:
            identifier = one.get("id")
            if type(identifier) is str and (known := keep(identifier, one)) is not one:
                self._several.add(identifier)
                self._keep(identifier, one, known)
        self._names: dict[str, str] = {}
        self._indicated: dict[str, set[str]] = defaultdict(set)
        self._seen_as: dict[str, set[str]] = defaultdict(set)
        """Of observed data what it was seen as: malware and indicators, whose names are many and looked up later."""
        told = [one for one in self._versions.values() if one.get("type") in _TOLD and self._state(one) == "current"]
        for one in told:
            if one["type"] == "malware":
                self._names[one["id"]] = _text(one, "name")
        for one in told:
            if one["type"] == "relationship":
                self._relate(one)
            elif one["type"] == "sighting" and one.get("count") != 0:  # none: it was looked for and not seen
                sign = _text(one, "sighting_of_ref")
                rank = self._rank(one, (sign,))
                for reference in _references(one, "observed_data_refs"):
                    self._seen_as[reference].add(sign)
                    if rank > self._told_by.get(reference, UNMARKED):
                        self._told_by[reference] = rank

    def _keep(self, identifier: str, one: Json, known: Json) -> None:
        """Keep the latest version of an object; of two of one time always the same, in whatever order they come."""
        age, known_age = _age(one), _age(known)
        if age > known_age or (age == known_age and self._digest(one) > self._digest(known)):
            self._versions[identifier] = one

    def _state(self, one: Json) -> str:
        if one.get("spec_version", "2.1") != "2.1":
            return "version"
        if (identifier := _text(one, "id")) in self._several:
            latest = self._versions[identifier]
            if latest is not one and self._digest(latest) != self._digest(one):
                return "superseded"
        return "revoked" if one.get("revoked") is True else "current"

    def _relate(self, one: Json) -> None:
        source, target = _text(one, "source_ref"), _text(one, "target_ref")
        relation = one.get("relationship_type")
        if target not in self._names:
            return
        if source.startswith("observed-data--") and relation in _SEEN_AS:
            self._seen_as[source].add(target)
        elif source.startswith("indicator--") and relation == "indicates":
            self._indicated[source].add(self._names[target])

    def _names_of(self, observed: Json) -> list[str]:
        """Return the malware that data was seen as, none as one empty name.

        An indicator that was taken back says nothing, nor one of another time than that of what was observed.
        """
        found = set[str]()
        for sign in self._seen_as.get(_text(observed, "id"), ()):
            if sign in self._names:
                found.add(self._names[sign])
            elif self._says(sign, observed):
                found |= self._indicated.get(sign, set())
        return sorted(found) if found else [""]

    def _says(self, sign: str, observed: Json) -> bool:
        indicator = self._versions.get(sign)
        if indicator is None:
            return True
        moment = _moment(observed.get("last_observed") or observed.get("first_observed"))
        begins, ends = _moment(indicator.get("valid_from")), _moment(indicator.get("valid_until"))
        return (
            self._state(indicator) == "current"
            and (indicator.get("valid_from") is None or (moment and begins and begins <= moment) is True)
            and (indicator.get("valid_until") is None or (moment and ends and moment < ends) is True)
        )

    def _digest(self, one: Json) -> bytes:
        """Return what an object is told from another of its name by; made once, for it may be large."""
        if id(one) not in self._digests:
            self._digests[id(one)] = hashlib.sha256(_written(one)).digest()
        return self._digests[id(one)]

    def records_of(self, one: Json) -> Iterator[Json | None]:
        """Yield the records of observed data, an indicator or a sighting."""
        kind = one["type"]
        if kind == "sighting" and any(seen in self._versions for seen in _references(one, "observed_data_refs")):
            yield None
            return
        base: Json = {"state": self._state(one), "id": _text(one, "id")} | self._marked(one)
        if kind == "sighting":
            yield base | {"kind": "sighting", "last_observed": one.get("last_seen")}
            return
        facts: Iterable[Json]
        if kind == "indicator":
            names = sorted(self._indicated.get(_text(one, "id")) or {""})
            base |= {name: one[name] for name in _OF_INDICATOR if name in one}
            facts = _indicated_addresses(one)
        else:
            names = self._names_of(one)
            base |= {name: one[name] for name in _OBSERVED if name in one}
            facts = self._observed(one)
        for fact in facts:
            fact.update(base)
            for name in names[1:]:
                yield {**fact, "malware": name}
            fact["malware"] = names[0]
            yield fact

    def _marked(self, one: Json) -> Json:
        """Return how far a record may be handed on, by the markings of all that it is made from."""
        if self._markings is None:
            return {}
        rank = self._rank(one, (*_references(one, "object_refs"), _text(one, "sighting_of_ref")))
        rank = max(rank, self._told_by.get(_text(one, "id"), UNMARKED))
        return {} if rank == UNMARKED else {"tlp": LEVELS[rank]}

    def _rank(self, one: Json, named: Iterable[str]) -> int:
        """Return how narrow an object is marked, or what it names, by rank."""
        if self._markings is None:
            return UNMARKED
        rank = self._markings.rank(one)
        for name in named:
            if (known := self._versions.get(name)) is not None:
                rank = max(rank, self._markings.rank(known))
        return rank

    def _observed(self, one: Json) -> Iterator[Json]:
        """Yield what was observed: traffic with its source, else addresses."""
        inner = one.get("objects")
        known: Mapping[str, Any] = inner if isinstance(inner, dict) else self._versions
        references = inner if isinstance(inner, dict) else dict.fromkeys(_references(one, "object_refs"))
        addresses, is_traffic = [], False
        for reference in references:
            kind = _kind(reference, known)
            if kind == "network-traffic":
                is_traffic = True
                yield _traffic(known.get(reference), known)
            elif kind in {"ipv4-addr", "ipv6-addr"}:
                addresses.append(reference)
        if is_traffic:
            return
        for reference in addresses:
            yield {"kind": "address", "source": _value(reference, known)}
        if not addresses:
            yield {"kind": "other"}


def _traffic(one: Any, known: Mapping[str, Any]) -> Json:
    if not isinstance(one, dict):
        return {"kind": "traffic"}
    fact = one.copy()
    for name in _NO_FACTS:
        fact.pop(name, None)
    fact["source"], fact["destination"] = _value(one.get("src_ref"), known), _value(one.get("dst_ref"), known)
    protocols = one.get("protocols")
    named = [name for name in protocols if name in _TRANSPORTS] if isinstance(protocols, list) else ()
    fact["kind"], fact["transport"] = "traffic", named[0] if named else ""
    return fact


def _indicated_addresses(one: Json) -> Iterator[Json]:
    """Yield the addresses that are a sign by themselves."""
    pattern = _text(one, "pattern")
    is_read = one.get("pattern_type", "stix") == "stix" and len(pattern) <= _LONGEST_PATTERN
    if not is_read or not _ADDRESSES.fullmatch(pattern):
        yield {"kind": "pattern", "pattern": pattern[:400]}
        return
    for address in dict.fromkeys(_ADDRESS.findall(pattern)):
        yield {"kind": "indicator", "source": address}


def _is_marked(one: Json) -> bool:
    return "object_marking_refs" in one or "granular_markings" in one


def _kind(reference: str, known: Mapping[str, Any]) -> str:
    one = known.get(reference)
    return _text(one, "type") if isinstance(one, dict) else reference.partition("--")[0]


def _value(reference: Any, known: Mapping[str, Any]) -> str:
    """Return the value of an observable, empty if it is not there."""
    one = known.get(reference) if type(reference) is str else None
    value = one.get("value") if type(one) is dict else None
    return value if type(value) is str else ""


def _references(one: Json, name: str) -> list[str]:
    found = one.get(name)
    return [reference for reference in found if isinstance(reference, str)] if isinstance(found, list) else []


def _text(one: Json, name: str) -> str:
    value = one.get(name)
    return value if isinstance(value, str) else ""


def _moment(value: Any) -> datetime | None:
    """Return a time of STIX, which says its zone; ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _age(one: Json) -> str:
    return _text(one, "modified").removesuffix("Z")  # so a fraction is later than none


def _written(one: Json) -> bytes:
    try:
        return orjson.dumps(one, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # nested too deeply
        return b""


_OTHER = Text("is this a file of another feed?")
