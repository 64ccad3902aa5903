"""Events of MISP: the addresses among their attributes, with what the event, its objects and tags say of them.

Source: MISP core format (draft-dulaunoy-misp-core-format), sections on events, attributes, objects, tags, galaxies and
sightings.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from quetsach.core.text import Text
from quetsach.feeds.layout import FeedError

type Json = dict[str, Any]
type Record = Json | tuple[()] | None

_ADDRESS_TYPES = ("ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain|ip")
_MACHINE_TAG = re.compile(r'([^=]{1,100})="([^"]{0,200})"')
_IN_EVENTS = frozenset(("Attribute", "Object", "info"))
_OF_ATTRIBUTE = ("Tag", "Galaxy", "Sighting", "type", "value", "deleted", "timestamp")
_OF_SIGHTING = ("uuid", "source", "date_sighting", "Organisation")
_SEEN, _FALSE_POSITIVE, _EXPIRATION = "0", "1", "2"
"""Types of sightings."""
_OF_OBJECT = ("first_seen", "last_seen")
_SIBLINGS = {
    "src-port": "port",
    "dst-port": "destination_port",
    "ip-dst": "destination",
    "hostname-dst": "destination_hostname",
    "layer4-protocol": "transport",
    "protocol": "transport",
}
"""What attributes of an object say of the address beside them, by their relation to the object."""


def resolve_events(document: Any) -> Iterator[tuple[object, Record]]:
    """Yield each attribute with the record that it is, or with ``None`` if it is of no address.

    What is no object is ``()``.

    A record has the attribute's ``type`` as ``kind``, its address as ``source``, times, ``tags`` by their name (the
    event's and its own; values of one name joined by ``; ``), and a ``state``: ``current``, ``deleted``, or
    ``false-positive`` and ``expired`` by what sightings say. A sighting of it is a record like it, of its own time.

    Raises:
        FeedError: there is no event in it.
    """
    events = _events(document)
    yield from ((document, ()) for event in events if event is None)
    for event in events:
        if event is None:
            continue
        tags = _tags(event)
        about = {"event": {name: event[name] for name in ("uuid", "date") if isinstance(event.get(name), str)}}
        about["event"]["info"] = str(event.get("info", ""))[:200]
        for name, items in event.items():  # in the order in which they lie there
            if name == "Attribute":
                yield from _records(event, {}, about, tags)
            elif name == "Object":
                objects = _items(event, name)
                yield from ((items, ()) for one in objects if not isinstance(one, dict))
                for one in objects:
                    if isinstance(one, dict):
                        yield from _records(one, _beside(one), about, tags)


def _records(holder: Json, beside: Json, about: Json, tags: dict[str, str]) -> Iterator[tuple[object, Record]]:
    """Yield the attributes of an event or an object; what is none before the others, by its list's place."""
    attributes = _items(holder, "Attribute")
    yield from ((attributes, ()) for one in attributes if not isinstance(one, dict))
    is_gone = _is_deleted(holder)
    for one in attributes:
        if not isinstance(one, dict):
            continue
        record = _record(one, beside, about, tags, is_gone=is_gone)
        if "Sighting" not in one:
            yield one, record
            continue
        sighted = list(_sighted(one, record))
        yield one, record
        yield from sighted


def _sighted(attribute: Json, record: Json | None) -> Iterator[tuple[object, Record]]:
    """Yield the sightings of an attribute, and say in its record what they take back.

    A false positive takes back all of it, whoever says so and whenever; an expiration what was seen from then on.
    """
    sightings = _items(attribute, "Sighting")
    yield from ((sightings, ()) for one in sightings if not isinstance(one, dict))
    told = [one for one in sightings if isinstance(one, dict)]
    kinds = [str(one.get("type", _SEEN)) for one in told]
    if record is None:
        yield from ((one, None) for one in told)
        return
    ends = [_moment(one) for one, kind in zip(told, kinds, strict=True) if kind == _EXPIRATION]
    limit = min((end or 0 for end in ends), default=None)  # of one without a time nobody knows since when
    for one, kind in zip(told, kinds, strict=True):
        if kind != _SEEN:
            yield one, None
            continue
        sighting = {name: one[name] for name in _OF_SIGHTING if name in one}
        state = _state(record["state"], kinds, _moment(one), limit)
        seen = {"first_seen": None, "last_seen": _time(one.get("date_sighting")), "edited": "", "state": state}
        yield one, {**record, **seen, "sighting": sighting}
    record["state"] = _state(record["state"], kinds, _seconds(record["last_seen"] or record["first_seen"]), limit)


def _state(state: str, kinds: list[str], moment: int | None, limit: int | None) -> str:
    if state != "current":
        return state
    if _FALSE_POSITIVE in kinds:
        return "false-positive"
    return "expired" if limit is not None and (moment is None or moment >= limit) else state


def _is_deleted(one: Json) -> bool:
    return one.get("deleted") in (True, 1, "1")


def _events(document: Any) -> list[Json | None]:
    """Return the events of a file: one, a list of them, or an answer of MISP's interface; ``None`` for what is none."""
    if isinstance(document, dict) and "response" in document:
        document = document["response"]
    given = document if isinstance(document, list) else [document]
    found = [one.get("Event", one) if isinstance(one, dict) else one for one in given]
    events = [one if isinstance(one, dict) and not _IN_EVENTS.isdisjoint(one) else None for one in found]
    if given and not any(events):
        raise FeedError(Text("the document has no event of MISP"), hint=Text("is this a file of another feed?"))
    return events


def _record(attribute: Json, beside: Json, about: Json, tags: dict[str, str], *, is_gone: bool) -> Json | None:
    """Return an attribute of an address as a record, nothing of another; ``is_gone`` where its object was deleted."""
    kind = attribute.get("type")
    if kind not in _ADDRESS_TYPES:
        return None
    record = {name: value for name, value in attribute.items() if name not in _OF_ATTRIBUTE}
    first, bar, second = str(attribute.get("value", "")).partition("|")
    if kind == "domain|ip":
        told = {"source": second, "hostname": first}
    else:
        told = {"source": first} | ({"port": second} if bar else {})
    if kind.startswith("ip-src"):
        told = beside | told
    own = _tags(attribute)
    seen = {name: attribute.get(name) or beside.get(name) for name in _OF_OBJECT}
    return {
        **record,
        **about,
        **{name: value for name, value in told.items() if name not in _OF_OBJECT},
        **seen,
        "kind": kind,
        "state": "deleted" if is_gone or _is_deleted(attribute) else "current",
        "edited": _time(attribute.get("timestamp")),
        "tags": {**tags, **own},
    }


def _beside(one: Json) -> Json:
    """Return what an object says of the address in it, where one attribute alone says it."""
    told: dict[str, set[str]] = {}
    for attribute in _items(one, "Attribute"):
        if isinstance(attribute, dict) and not attribute.get("deleted"):
            name = _SIBLINGS.get(str(attribute.get("object_relation")))
            if name is not None:
                told.setdefault(name, set()).add(str(attribute.get("value", "")))
    return {name: values.pop() for name, values in told.items() if len(values) == 1} | {
        name: one[name] for name in _OF_OBJECT if one.get(name)
    }


def _tags(one: Json) -> dict[str, str]:
    """Return tags by their name, and what they say; of galaxies too, which are told as tags."""
    names = [tag.get("name") for tag in _items(one, "Tag") if isinstance(tag, dict)]
    for galaxy in _items(one, "Galaxy"):
        if isinstance(galaxy, dict):
            clusters = _items(galaxy, "GalaxyCluster")
            names += [cluster.get("tag_name") for cluster in clusters if isinstance(cluster, dict)]
    told: dict[str, dict[str, None]] = {}
    for name in names:
        if isinstance(name, str):
            found = _MACHINE_TAG.fullmatch(name)
            told.setdefault(found[1] if found else name[:200], {})[found[2] if found else "yes"] = None
    return {name: "; ".join(values) for name, values in told.items()}


def _items(one: Json, name: str) -> list[Any]:
    found = one.get(name)
    return found if isinstance(found, list) else []


def _moment(sighting: Json) -> int | None:
    """Return when a sighting was, in seconds since 1970."""
    try:
        return int(sighting.get("date_sighting"))  # type: ignore[arg-type]  # what it cannot be is caught
    except (TypeError, ValueError):
        return None


def _seconds(written: Any) -> int | None:
    """Return seconds since 1970 of a time with its zone, which is how attributes say it."""
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


def _time(timestamp: Any) -> str:
    """Return seconds since 1970 as a time, empty if they are none."""
    try:
        return datetime.fromtimestamp(int(timestamp), UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
