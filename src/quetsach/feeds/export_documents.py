"""Sightings handed on as documents of STIX 2.1 and MISP: what ``stix`` and ``misp`` resolve, put together again.

Sources: OASIS, STIX 2.1, sections 2.9 (identifiers of observables), 3.2 (common properties), 4.11 (malware), 4.14
(observed data), 5.2 (sightings), 6.4, 6.12 (addresses, traffic); TLP 2.0 as STIX, OASIS common objects, 2022; MISP core
format (draft-dulaunoy-misp-core-format); MISP's template of objects ``network-connection``.

An identifier follows from what it names: who hands the same sighting on twice says the same twice.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from quetsach.core.family import UNKNOWN_FAMILY
from quetsach.feeds.export import Composed, Facts
from quetsach.feeds.export_forms import Sender
from quetsach.feeds.tlp import STIX_EXTENSION, STIX_MARKINGS, Tlp

type Json = dict[str, Any]

_OWN = UUID("5f0e7a34-9c0f-4b0e-8f53-3d8a1c6f7a21")
"""The space of the identifiers that this build makes."""
_OBSERVABLES = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""That of observables (STIX 2.1, section 2.9)."""
_MARKED = "2022-10-01T00:00:00.000Z"
_NAMED = "2026-01-01T00:00:00.000Z"
"""When the space began: malware and organisations have no time of their own, and an identifier has one creation."""
_LEVELS = tuple(Tlp)
_STIX_FACTS = (
    *("observed_at", "address", "port", "transport", "malware", "destination_address", "destination_port"),
    *("destination_hostname", "event_id", "feed", "report", "sighting_id"),
)


def stix_bundle(facts: Facts, sender: Sender) -> bytes:
    """Return a bundle: each sighting as observed traffic of the malware that it is a sighting of."""
    bundle = _Bundle(sender)
    for row, level in zip(_rows(facts, _STIX_FACTS), facts.levels.tolist(), strict=True):
        bundle.add(row, level)
    identifier = uuid5(_OWN, "bundle\n" + "\n".join(bundle.objects))
    return orjson.dumps({"type": "bundle", "id": f"bundle--{identifier}", "objects": list(bundle.objects.values())})


class _Bundle:
    """The objects of a bundle by their identifier, each once."""

    def __init__(self, sender: Sender) -> None:
        self.objects: dict[str, Json] = {}
        self._levels: dict[str, int] = {}
        self._identity = f"identity--{uuid5(_OWN, f'identity\n{sender.name}')}"
        self._keep(
            self._identity,
            {"created": _NAMED, "modified": _NAMED, "name": sender.name, "identity_class": "organization"}
            | {"contact_information": sender.mail},
        )

    def add(self, row: Mapping[str, str], level: int) -> None:
        """Add what a sighting says."""
        moment = row["observed_at"].replace("+00:00", "Z")
        made = _to_milliseconds(moment)
        source = self._address(row["address"], level)
        observed = [self._traffic(row, source, moment, level), source]
        if name := row["destination_hostname"]:
            observed.append(self._observable("domain-name", {"value": name}, {}, level))
        own = {"created": made, "modified": made, "created_by_ref": self._identity}
        about = {"first_observed": moment, "last_observed": moment, "number_observed": 1, "object_refs": observed}
        feed = f"{row['feed']}/{row['report']}"
        about["external_references"] = [
            {"source_name": feed} | ({"external_id": row["event_id"]} if row["event_id"] else {"description": feed})
        ]
        data = f"observed-data--{uuid5(_OWN, f'observed-data\n{row["sighting_id"]}')}"
        self._keep(data, own | about, level)
        seen = {"first_seen": moment, "last_seen": moment, "count": 1, "observed_data_refs": [data]}
        seen["sighting_of_ref"] = self._malware(row["malware"])
        self._keep(f"sighting--{uuid5(_OWN, f'sighting\n{row["sighting_id"]}')}", own | seen, level)

    def _malware(self, name: str) -> str:
        identifier = f"malware--{uuid5(_OWN, f'malware\n{name}')}"
        if identifier not in self.objects:
            is_named = name != UNKNOWN_FAMILY
            self._keep(identifier, {"created": _NAMED, "modified": _NAMED, "name": name, "is_family": is_named})
        return identifier

    def _address(self, address: str, level: int) -> str:
        return self._observable("ipv6-addr" if ":" in address else "ipv4-addr", {"value": address}, {}, level)

    def _traffic(self, row: Mapping[str, str], source: str, moment: str, level: int) -> str:
        version = "ipv6" if ":" in row["address"] else "ipv4"
        named: Json = {"start": moment, "src_ref": source}
        if row["destination_address"]:
            named["dst_ref"] = self._address(row["destination_address"], level)
        ports = {"src_port": row["port"], "dst_port": row["destination_port"]}
        named |= {name: int(text) for name, text in ports.items() if text}
        named["protocols"] = [version, row["transport"]] if row["transport"] else [version]
        return self._observable("network-traffic", named, {}, level)

    def _observable(self, kind: str, named: Json, more: Json, level: int) -> str:
        """Keep an observable under the identifier that follows from what names it."""
        written = orjson.dumps(named, option=orjson.OPT_SORT_KEYS).decode()
        identifier = f"{kind}--{uuid5(_OBSERVABLES, written)}"
        if level > self._levels.get(identifier, -1):
            self._keep(identifier, named | more, level)
        return identifier

    def _keep(self, identifier: str, content: Json, level: int | None = None) -> None:
        marks: Json = {}
        if level is not None:
            self._levels[identifier] = level
            marks = {"object_marking_refs": [self._marking(level)]}
        head = {"type": identifier.partition("--")[0], "spec_version": "2.1", "id": identifier}
        self.objects[identifier] = head | content | marks

    def _marking(self, level: int) -> str:
        mark = _LEVELS[level]
        identifier = STIX_MARKINGS[mark]
        if identifier not in self.objects:
            extension = {"extension_type": "property-extension", "tlp_2_0": str(mark)}
            told = {"name": f"TLP:{mark.upper()}", "extensions": {STIX_EXTENSION: extension}}
            self._keep(identifier, {"created": _MARKED} | told)
        return identifier


def _to_milliseconds(moment: str) -> str:
    """Return a time with exactly three digits behind the second, as creations have them."""
    whole, _, rest = moment.removesuffix("Z").partition(".")
    return f"{whole}.{rest[:3].ljust(3, '0')}Z"


_MISP_FACTS = (*_STIX_FACTS, "uuid")
_TEMPLATE = {
    "name": "network-connection",
    "meta-category": "network",
    "template_uuid": "af16764b-f8e5-4603-9de1-de34d272f80b",
    "template_version": "4",
}
_INFECTED = 'rsit:malicious-code="infected-system"'
_OF_OBJECT = (
    ("ip-src", "address", "ip-src"),
    ("src-port", "port", "port"),
    ("ip-dst", "destination_address", "ip-dst"),
    ("dst-port", "destination_port", "port"),
    ("hostname-dst", "destination_hostname", "hostname"),
    ("layer4-protocol", "transport", "text"),
)
"""The attributes of an object: its relation, the fact, its type."""
_ONE_ORGANISATION, _AS_ITS_EVENT, _LOW, _COMPLETE = "0", "5", "3", "2"
_CATEGORIES = {"text": "Other"}


def misp_event(facts: Facts, sender: Sender) -> bytes:
    """Return an event: each sighting as a connection, the source of which is tagged with what it was seen with."""
    rows, levels = _rows(facts, _MISP_FACTS), facts.levels.tolist()
    days = sorted(row["observed_at"][:10] for row in rows) or [_NAMED[:10]]
    source = {"name": sender.name, "uuid": str(uuid5(_OWN, f"identity\n{sender.name}"))}
    strictest = max(levels, default=0)
    event = {
        "uuid": str(uuid5(_OWN, "event\n" + "\n".join(row["sighting_id"] for row in rows))),
        "info": f"Machines with malware, {days[0]} to {days[-1]}",
        "date": days[-1],
        "timestamp": _seconds(max((row["observed_at"] for row in rows), default=_NAMED)),
        "published": False,
        "analysis": _COMPLETE,
        "threat_level_id": _LOW,
        "distribution": _ONE_ORGANISATION,
        "Orgc": source,
        "Tag": [{"name": f"tlp:{_LEVELS[strictest]}"}, {"name": _INFECTED}],
        "Attribute": [],
        "Object": [_connection(row, level) for row, level in zip(rows, levels, strict=True)],
    }
    return orjson.dumps({"Event": event})


def _connection(row: Mapping[str, str], level: int) -> Json:
    seen, edited = row["observed_at"], _seconds(row["observed_at"])
    feed = f"{row['feed']}/{row['report']}" + (f", {row['event_id']}" if row["event_id"] else "")
    times = {"first_seen": seen, "last_seen": seen, "timestamp": edited, "distribution": _AS_ITS_EVENT}
    attributes = []
    for relation, fact, kind in _OF_OBJECT:
        if not row[fact]:
            continue
        one = {
            "uuid": str(uuid5(_OWN, f"{relation}\n{row['sighting_id']}")),
            "type": kind,
            "category": _CATEGORIES.get(kind, "Network activity"),
            "object_relation": relation,
            "value": row[fact],
            "to_ids": False,
            "disable_correlation": relation not in ("ip-src", "ip-dst", "hostname-dst"),
        } | times
        if relation == "ip-src":
            malware = [{"name": f'misp-galaxy:botnet="{row["malware"]}"'}] if row["malware"] else []
            one |= {"comment": feed, "Tag": [*malware, {"name": f"tlp:{_LEVELS[level]}"}]}
        attributes.append(one)
    identifier = str(uuid5(_OWN, f"object\n{row['sighting_id']}"))
    return {"uuid": identifier, **_TEMPLATE, **times, "Attribute": attributes}


def _seconds(moment: str) -> str:
    """Return the seconds since 1970 of a time as ISO 8601 has it."""
    return str(int(datetime.fromisoformat(moment).timestamp()))


def _rows(facts: Facts, names: tuple[str, ...]) -> list[dict[str, str]]:
    columns = [facts.texts(name) for name in names]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


COMPOSED: Mapping[str, Composed] = {"stix": stix_bundle, "misp": misp_event}
"""What makes documents, by the name of the form."""
