"""Everything that says where an address is, of one version: prefix, AS, provider and province, and their names."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quetsach.core.address import Address
from quetsach.core.country import UNKNOWN_PLACE, Place, Places
from quetsach.core.errors import InputError
from quetsach.core.help_line import is_phone
from quetsach.core.period import parse_day
from quetsach.core.table import in_place, optional_day, read_rows, required
from quetsach.core.text import LocalText, Text
from quetsach.network.holders import Holders
from quetsach.network.ranges import MAPPED_FIRST, MAPPED_LAST, NO_AS, AddressRanges, Keys, Numbers, fixed_keys, key_of

UNKNOWN_ISP = "unknown"
"""The provider of an address outside every announced range."""

ISP_COLUMNS = ("id", "name_vi", "name_en", "asn", "valid_from", "valid_to")
PHONE_COLUMNS = ("isp", "phone", "service_vi", "service_en", "source", "checked_on")
SPELLING_COLUMNS = ("spelling", "name_en")
_KIND_WORDS = frozenset({"tinh", "tp", "city", "province"})
WORLD_TIMES: Final = 10
"""A table that announces more than so many times the IPv4 addresses of the country is of the whole world."""
_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("asn", pa.int64()),  # null where nobody announces the address, or it is not of the country
    pa.field("isp", pa.string(), nullable=False),
    pa.field("province", pa.string(), nullable=False),
    pa.field("province_source", pa.string(), nullable=False),
    pa.field("network_version", pa.string(), nullable=False),
]
ANNOTATIONS = pa.schema(_FIELDS)
"""The columns that ``annotate`` appends."""

_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Isp:
    """One AS of a provider, from ``valid_from`` to ``valid_to`` (UTC days, both included; ``None`` is no limit)."""

    id: str
    name_vi: str
    name_en: str
    asn: int
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def name(self) -> LocalText:
        """What the provider is called."""
        return LocalText(self.name_vi, self.name_en)

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
                    raise InputError(
                        Text("AS{asn} belongs to {id} and {other} at one time", asn=row.asn, id=other.id, other=row.id)
                    )
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
            _provider_id(required(row, "id", where=at), at),
            required(row, "name_vi", where=at),
            required(row, "name_en", where=at),
            _asn(row["asn"], at),
            optional_day(row, "valid_from", where=at),
            optional_day(row, "valid_to", where=at),
        )
        for at, row in read_rows(content, ISP_COLUMNS, where=where)
    )


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A telephone line of a provider for its customers: what for, where the number was read and when that was."""

    isp: str
    phone: str
    service: LocalText
    source: str
    checked_on: date


def read_provider_lines(content: bytes, *, where: str) -> tuple[ProviderLine, ...]:
    """Read ``phones.csv``.

    Raises:
        InputError: the table is damaged.
    """
    return tuple(
        ProviderLine(
            _provider_id(required(row, "isp", where=at), at),
            _phone(row["phone"], at),
            LocalText(required(row, "service_vi", where=at), required(row, "service_en", where=at)),
            required(row, "source", where=at),
            in_place(parse_day, row["checked_on"], where=at),
        )
        for at, row in read_rows(content, PHONE_COLUMNS, where=where)
    )


def _phone(text: str, where: str) -> str:
    if not is_phone(text):
        raise InputError(Text("not a telephone number: {text}", text=repr(text[:40])), where=where)
    return text


def _provider_id(text: str, where: str) -> str:
    if ":" in text:  # as those of holders have it
        raise InputError(Text("an identifier of a provider with a colon: {text}", text=repr(text[:60])), where=where)
    return text


def _asn(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise InputError(Text("not an AS number: {text}", text=repr(text[:20])), where=where)
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
                raise InputError(
                    Text(
                        "the spelling {spelling} is of no known place: {name}", spelling=repr(spelling), name=repr(name)
                    )
                )
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


@dataclass(frozen=True, slots=True)
class Location:
    """Where an address is announced; ``asn`` is ``None`` and ``isp`` ``unknown`` where nobody announces it.

    ``isp`` is the holder (``Holder.id``) where the address is in the range of one.
    """

    address: Address
    first: Address
    last: Address
    asn: int | None
    as_name: str
    isp: str


@dataclass(frozen=True, slots=True, eq=False)
class NetworkTables:
    """The dated tables together; ``version`` is the date of the address ranges and a digest over all of them.

    ``home`` are the ranges of the centre's own country: what its feeds cover and its national counts are about. They
    are ``ranges`` themselves, unless those are of the whole world.
    """

    ranges: AddressRanges
    isps: Isps
    regions: RegionNames
    version: str
    home: AddressRanges
    holders: Holders = field(default_factory=Holders)

    @classmethod
    def of(
        cls,
        ranges: AddressRanges,
        isps: Isps,
        regions: RegionNames,
        *,
        dated: date,
        national: AddressRanges | None = None,
        holders: Holders = Holders(),  # noqa: B008  (it never changes)
    ) -> "NetworkTables":
        """Put tables together and name their version.

        Args:
            ranges: which AS announces what.
            isps: which provider an AS is.
            regions: which province a feed names.
            dated: the day of ``ranges``.
            national: ranges of the country alone, known to be so; they say what is national where ``ranges`` announce
                more than ``WORLD_TIMES`` as many IPv4 addresses, since those are of the whole world then.
            holders: agencies and enterprises that have ranges of their own within those of providers.
        """
        content = hashlib.sha256(ranges.starts.tobytes() + ranges.asns.tobytes())
        content.update(repr((sorted(isps.by_asn.items()), sorted(regions.by_key.items()))).encode())
        home = national if national and _is_world(ranges, national) else ranges
        if home is not ranges:
            content.update(home.starts.tobytes() + (home.asns != NO_AS).tobytes())
        if holders.rows:
            content.update(repr(sorted(map(repr, holders.rows))).encode())
        return cls(ranges, isps, regions, f"{dated}.{content.hexdigest()[:8]}", home, holders)

    def national_asns(self, addresses: Keys) -> Numbers:
        """Return the AS that announces each address; ``NO_AS`` also where the address is not of the country."""
        asns = self.ranges.asns[self.ranges.find(addresses)]
        if self.home is self.ranges:
            return asns
        return np.where(self.home.asns[self.home.find(addresses)] == NO_AS, NO_AS, asns)

    def look_up(self, address: Address, day: date) -> Location:
        """Return where one address was announced on ``day``."""
        first, last, asn = self.ranges.around(address.number)
        held = self.holders.on(day).around(address.number).asn
        isp = UNKNOWN_ISP if asn == NO_AS else self.isps.on(asn, day)
        isp = self.holders.rows[held - 1].id if held else isp
        name = self.ranges.names.get(asn, "")
        return Location(address, Address(first), Address(last), None if asn == NO_AS else asn, name, isp)

    def announced_by_isp(self, day: date) -> dict[str, int]:
        """Return how many IPv4 addresses each provider announces, with the ISP table of ``day``, or a holder has."""
        counts: Counter[str] = Counter()
        if not self.holders.rows:
            for asn, addresses in self.ranges.announced_ipv4().items():
                counts[self.isps.on(asn, day)] += addresses
            return dict(counts)
        for (asn, holder), addresses in self._ipv4_by_holder(day).items():
            counts[self.holders.rows[holder - 1].id if holder else self.isps.on(asn, day)] += addresses
        return dict(counts)

    def _ipv4_by_holder(self, day: date) -> Counter[tuple[int, int]]:
        """Return how many IPv4 addresses are of each AS and holder, with one of the two at least."""
        held = self.holders.on(day)
        bounds = np.array([key_of(MAPPED_FIRST), key_of(MAPPED_LAST)], dtype="S16")
        edges = np.unique(np.concatenate((self.ranges.starts, held.starts, bounds[:1])))
        edges = edges[(edges >= bounds[0]) & (edges <= bounds[1])]
        starts = np.frombuffer(edges.tobytes(), ">u8")[1::2].astype(np.int64) - MAPPED_FIRST
        sizes = np.diff(starts, append=1 << 32).tolist()
        asns, holders = self.ranges.asns[self.ranges.find(edges)], held.asns[held.find(edges)]
        counts: Counter[tuple[int, int]] = Counter()
        for asn, holder, size in zip(asns.tolist(), holders.tolist(), sizes, strict=True):
            if holder or asn != NO_AS:
                counts[asn, holder] += size
        return counts

    def isp_name(self, isp: str, language: str = "vi") -> str:
        """Return the name of a provider or holder for people; an AS outside the table is named as its source does."""
        if holder := self.holders.by_id.get(isp):
            return holder.name.in_language(language)
        if known := self.isps.by_id.get(isp):
            return known.name.in_language(language)
        name = self.ranges.names.get(int(isp[2:]), "") if isp.startswith("AS") and isp[2:].isdigit() else ""
        return f"{name} ({isp})" if name else isp


def _is_world(ranges: AddressRanges, national: AddressRanges) -> bool:
    if ranges is national:
        return False
    whole, own = (sum(table.announced_ipv4().values()) for table in (ranges, national))
    return whole > WORLD_TIMES * own


def annotate(table: pa.Table, tables: NetworkTables) -> pa.Table:
    """Append ``ANNOTATIONS`` to sightings.

    Args:
        table: sightings with ``address`` (16 bytes), ``observed_at`` (microseconds, UTC) and ``claimed_region``.
        tables: the dated tables to look in; a time-limited row applies on the sighting's UTC day.
    """
    days, day_index = days_of(table)
    keys = fixed_keys(table["address"])
    asns = tables.national_asns(keys)
    known, asn_index = np.unique(asns, return_inverse=True)
    numbers = known.tolist()
    isp = _by_day(
        asn_index,
        day_index,
        days,
        lambda at, day: UNKNOWN_ISP if numbers[at] == NO_AS else tables.isps.on(numbers[at], day),
    )
    isp = _held(isp, keys, day_index, days, tables.holders)
    regions, region_index = _regions(table)
    provinces = tables.regions
    province = _by_day(region_index, day_index, days, lambda at, day: provinces.province(regions[at], day).code)
    source = _by_day(region_index, day_index, days, lambda at, day: provinces.province(regions[at], day).source)
    columns = [
        pa.array(asns, pa.int64(), mask=asns == NO_AS),
        isp,
        province,
        source,
        pa.repeat(tables.version, table.num_rows),
    ]
    for name, column in zip(ANNOTATIONS.names, columns, strict=True):
        table = table.append_column(ANNOTATIONS.field(name), column)
    return table


def _held(isp: Any, keys: Keys, day_index: Numbers, days: list[date], holders: Holders) -> Any:
    """Return the providers, and in place of them the holder where an address was in the range of one on its day."""
    if not holders.rows:
        return isp
    stretches = np.array([holders.stretch_of_days(day) for day in days], dtype=np.int64)
    found = np.zeros(len(keys), dtype=np.int64)
    for stretch in np.unique(stretches).tolist():
        day = days[int(np.flatnonzero(stretches == stretch)[0])]
        flat, rows = holders.on(day), np.flatnonzero(stretches[day_index] == stretch)
        found[rows] = flat.asns[flat.find(keys[rows])]
    if not found.any():
        return isp
    names = pa.array(["", *(row.id for row in holders.rows)], pa.string())
    return pc.if_else(pa.array(found > 0), names.take(pa.array(found)), isp)


def days_of(table: pa.Table) -> tuple[list[date], Numbers]:
    """Return the distinct UTC days, and for each row the index of its own."""
    moments = table["observed_at"].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    days, index = np.unique(moments // _MICROSECONDS_A_DAY, return_inverse=True)
    return [date.fromordinal(719_163 + int(day)) for day in days], index  # 719163 is 1970-01-01


def _regions(table: pa.Table) -> tuple[list[str], Numbers]:
    """Return the distinct region names, and for each row the index of its own."""
    column: Any = table["claimed_region"].combine_chunks()
    encoded = pc.fill_null(column, "").dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _by_day(index: Numbers, day_index: Numbers, days: list[date], say: Callable[[int, date], str]) -> Any:
    """Ask ``say`` once for each distinct (value, day) and return the answers row by row."""
    used, places = np.unique(index * len(days) + day_index, return_inverse=True)
    answers = pa.array([say(int(pair) // len(days), days[int(pair) % len(days)]) for pair in used], pa.string())
    return answers.take(pa.array(places))
