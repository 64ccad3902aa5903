"""How far information may be handed on: the Traffic Light Protocol, and how formats say it.

Sources: FIRST, TLP 2.0, 2022; OASIS, STIX 2.1, section 7.2.1.4 (markings of TLP 1.0) and STIX common objects (2.0).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any


class Tlp(StrEnum):
    """Traffic Light Protocol 2.0, from the widest to the narrowest."""

    CLEAR = "clear"
    GREEN = "green"
    AMBER = "amber"
    AMBER_STRICT = "amber+strict"
    RED = "red"


LEVELS = tuple(Tlp)
UNMARKED = -1
STRICTNESS: Mapping[str, int] = {level: n for n, level in enumerate(LEVELS)} | {"white": 0}

STIX_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
STIX_MARKINGS: Mapping[Tlp, str] = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_KNOWN: Mapping[str, Tlp] = {identifier: level for level, identifier in STIX_MARKINGS.items()} | {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}


class StixMarkings:
    """The markings of a bundle: how far each of its objects may be handed on."""

    def __init__(self, objects: Iterable[Mapping[str, Any]]) -> None:
        self._levels: dict[str, Tlp | None] = dict(_KNOWN)
        """``None`` of a marking that speaks of something else, such as who owns the text."""
        for one in objects:
            if one.get("type") == "marking-definition" and isinstance(identifier := one.get("id"), str):
                self._levels.setdefault(identifier, _defined(one))

        self._ranks: dict[int, int] = {}

    def rank(self, one: Mapping[str, Any]) -> int:
        """Return which of ``LEVELS`` an object of the bundle has, the narrowest of all its parts; else ``UNMARKED``.

        A marking whose definition is not there may forbid anything: it is taken for the narrowest.
        """
        rank = self._ranks.get(id(one))
        if rank is None:  # looked at once: many records may be made from it
            found = (self._levels.get(marking, Tlp.RED) for marking in _markings(one))
            rank = max((STRICTNESS[level] for level in found if level), default=UNMARKED)
            self._ranks[id(one)] = rank
        return rank


def _defined(one: Mapping[str, Any]) -> Tlp | None:
    """Return the level that a marking defines, the narrowest if it is one of TLP that is not known."""
    extensions, definition = one.get("extensions"), one.get("definition")
    newer = extensions.get(STIX_EXTENSION) if isinstance(extensions, dict) else None
    if isinstance(newer, dict):
        level = newer.get("tlp_2_0")
    elif one.get("definition_type") == "tlp":
        level = definition.get("tlp") if isinstance(definition, dict) else None
    else:
        return None
    known = STRICTNESS.get(level.lower()) if isinstance(level, str) else None
    return Tlp.RED if known is None else LEVELS[known]


def _markings(one: Mapping[str, Any]) -> Iterable[str]:
    whole, granular = one.get("object_marking_refs"), one.get("granular_markings")
    yield from (marking for marking in whole if isinstance(marking, str)) if isinstance(whole, list) else ()
    for part in granular if isinstance(granular, list) else ():
        if isinstance(part, dict) and isinstance(marking := part.get("marking_ref"), str):
            yield marking
