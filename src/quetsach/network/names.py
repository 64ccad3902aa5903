"""Names of internet providers, each for several AS numbers, and of provinces as feeds write them, on a day."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from quetsach.core.country import UNKNOWN_PLACE, Place, Places
from quetsach.core.errors import InputError
from quetsach.core.table import optional_day, read_rows, required

UNKNOWN_ISP = "unknown"
"""The provider of an address outside every announced range."""

ISP_COLUMNS = ("id", "name_vi", "name_en", "asn", "valid_from", "valid_to")
SPELLING_COLUMNS = ("spelling", "name_en")
_KIND_WORDS = frozenset({"tinh", "tp", "city", "province"})


@dataclass(frozen=True, slots=True)
class Isp:
    """One AS of a provider, from ``valid_from`` to ``valid_to`` (UTC days, both included; ``None`` is no limit)."""

    id: str
    name_vi: str
    name_en: str
    asn: int
    valid_from: date | None = None
    valid_to: date | None = None

    def is_valid_on(self, day: date) -> bool:
        """Whether the AS was the provider's on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: "Isp") -> bool:
        """Whether both are valid on some day."""
        return (self.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
            self.valid_to or date.max
        )


@dataclass(frozen=True, slots=True)
class Isps:
    """The provider table, found by (AS number, day)."""

    by_asn: Mapping[int, tuple[Isp, ...]]
    by_id: Mapping[str, Isp]

    @classmethod
    def of(cls, rows: Iterable[Isp]) -> "Isps":
        """Index the table.

        Raises:
            InputError: an AS belongs to two providers on one day.
        """
        by_asn: dict[int, list[Isp]] = {}
        by_id: dict[str, Isp] = {}
        for row in rows:
            for other in by_asn.setdefault(row.asn, []):
                if row.overlaps(other):
                    raise InputError(f"AS{row.asn} belongs to {other.id} and {row.id} at one time")
            by_asn[row.asn].append(row)
            by_id.setdefault(row.id, row)
        return cls({asn: tuple(found) for asn, found in by_asn.items()}, by_id)

    def on(self, asn: int, day: date) -> str:
        """Return the identifier of the provider: of the table, else ``AS<number>``."""
        return next((isp.id for isp in self.by_asn.get(asn, ()) if isp.is_valid_on(day)), f"AS{asn}")


def read_isps(content: bytes, *, where: str) -> Isps:
    """Read ``isps.csv``.

    Raises:
        InputError: the table is damaged.
    """
    return Isps.of(
        Isp(
            required(row, "id", where=at),
            required(row, "name_vi", where=at),
            required(row, "name_en", where=at),
            _asn(row["asn"], at),
            optional_day(row, "valid_from", where=at),
            optional_day(row, "valid_to", where=at),
        )
        for at, row in read_rows(content, ISP_COLUMNS, where=where)
    )


def _asn(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise InputError(f"not an AS number: {text[:20]!r}", where=where)
    return int(text)


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
