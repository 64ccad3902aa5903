"""Region names as feeds write them, and the province that they meant on a day."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from quetsach.core.country import UNKNOWN_PLACE, Place, Places
from quetsach.core.errors import InputError
from quetsach.core.table import read_rows, required

SPELLING_COLUMNS = ("spelling", "name_en")
_KIND_WORDS = frozenset({"tinh", "tp", "city", "province"})


class Province(NamedTuple):
    """A province code and how it was found.

    ``source`` is ``feed`` where the feed's region is a province of that day, ``feed-former`` where it is one that had
    by then gone whole into another, and empty where no source names a province.
    """

    code: str
    source: str


NO_PROVINCE = Province(UNKNOWN_PLACE, "")


def region_key(name: str) -> str:
    """Fold a region name: marks, case, spaces, punctuation and the words for its kind do not matter."""
    plain = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    if words[:2] == ["thanh", "pho"]:
        words = words[2:]
    return "".join(word for word in words if word not in _KIND_WORDS)


@dataclass(frozen=True, slots=True)
class RegionNames:
    """Folded names to the places that bore them."""

    places: Places
    by_key: Mapping[str, tuple[Place, ...]]

    @classmethod
    def of(cls, places: Places, spellings: Iterable[tuple[str, str]] = ()) -> "RegionNames":
        """Index names and the further spellings, given as (spelling, English name).

        Raises:
            InputError: a spelling belongs to no place.
        """
        by_key: dict[str, list[Place]] = {}
        for place in (p for found in places.by_code.values() for p in found):
            for key in {region_key(place.name_vi), region_key(place.name_en)}:
                by_key.setdefault(key, []).append(place)
        further: dict[str, list[Place]] = {}
        for spelling, name in spellings:
            if region_key(name) not in by_key:
                raise InputError(f"the spelling {spelling!r} is of no known place: {name!r}")
            further.setdefault(region_key(spelling), []).extend(by_key[region_key(name)])
        keys = {key: (*by_key.get(key, ()), *further.get(key, ())) for key in by_key.keys() | further.keys()}
        return cls(places, keys)

    def province(self, region: str, day: date) -> Province:
        """Return the province that a region name meant on ``day``."""
        named = self.by_key.get(region_key(region), ())
        for place in named:
            if place.is_valid_on(day):
                return Province(place.code, "feed")
        for place in named:
            if place.valid_to is not None and place.valid_to < day and self.places.on(place.successor, day):
                return Province(place.successor, "feed-former")
        return NO_PROVINCE


def read_spellings(content: bytes, *, where: str) -> tuple[tuple[str, str], ...]:
    """Read ``spellings.csv`` into (spelling, English name).

    Raises:
        InputError: the table is damaged.
    """
    return tuple(
        (required(row, "spelling", where=at), required(row, "name_en", where=at))
        for at, row in read_rows(content, SPELLING_COLUMNS, where=where)
    )
