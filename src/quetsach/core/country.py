"""The country that a campaign is for, and the places of its administrative tree, each true only for a time."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

from quetsach.core import data_rights
from quetsach.core.data_rights import DataLaw
from quetsach.core.errors import InputError
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import LocalText, Text

# The country that a campaign is for: what of it the code must know and no code may hold.
#
# The facts lie in ``data/countries/CODE/country.toml``; who opens it hands the bytes over and the result on.

TABLES = ("campaigns", "events", "forms", "isps", "network", "places", "unit-names", "units")
"""The folders of tables that a country has of its own."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKEND = frozenset({5, 6})
"""Saturday and Sunday, Monday being 0: what stands where nobody knows of which country it is."""
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CODE = re.compile(r"[A-Z]{2}")
_OFFSET = re.compile(r"([+-])(\d{2}):([0-5]\d)", re.ASCII)
_MOST_HOURS = 14
_MOST_DIGITS = 30
_EXAMPLES = ("email", "exchange_code", "phone")
UNIT_KINDS = ("centre", "province", "district", "commune", "ministry", "agency", "enterprise")
"""What a unit can be; whose codes have so many digits is named by kind."""
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "": (
        *("code", "languages", "rest_days", "demonstration", "name", "capital", "zone", "territory", "letterhead"),
        *("units", "tables", "personal_data"),
    ),
    "zone": ("name", "utc_offset", *DATA_LANGUAGES, "short"),
    "territory": ("agency", "powers", "signer", "kinds"),
    "letterhead": ("state", "motto"),
    "units": ("digits", "exchange_code", "examples"),
    "units.digits": UNIT_KINDS,
    "units.examples": _EXAMPLES,
    "tables": TABLES,
    "personal_data": ("laws", *data_rights.LIMITS),
}
"""The fields of each table; all others hold a text in each language of data."""


@dataclass(frozen=True, slots=True)
class Territory:
    """How the authority of a territory signs its letters, and what its name is without its kind.

    ``agency`` has the places ``{unit}`` and ``{unit_inside}``, the name as it stands inside of a sentence.
    ``kinds`` are by language the beginnings or ends of names that say what a place is.
    """

    agency: LocalText
    powers: LocalText
    signer: LocalText
    kinds: Mapping[str, tuple[str, ...]]

    def agency_of(self, unit: str, language: str) -> str:
        """Return what the authority of a territory is called."""
        inside = unit[:1].lower() + unit[1:]
        return self.agency.in_language(language).replace("{unit_inside}", inside).replace("{unit}", unit)

    def place_of(self, unit: str, language: str) -> str:
        """Return the bare name of a territory, as a letter names the place where it is written."""
        for kind in self.kinds.get(language, ()):
            if unit.startswith(kind) and kind.endswith(" "):
                return unit.removeprefix(kind)
            if unit.endswith(kind) and kind.startswith(" "):
                return unit.removesuffix(kind)
        return unit


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What stands above every official letter: the state, and under it the motto."""

    state: LocalText
    motto: LocalText


@dataclass(frozen=True, slots=True)
class UnitCodes:
    """How the units of a country's tree are written in tables.

    Attributes:
        digits: of the official code, by kind of unit; of other kinds it has letters and digits as they come.
        exchange: what the code of an agency in the exchange of documents looks like.
        examples: such a code (``exchange_code``), an address (``email``) and a number (``phone``) of an office.
    """

    digits: Mapping[str, int]
    exchange: re.Pattern[str]
    examples: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Offices:
    """When a country's offices are open: by what time, and on which days of the week they are not (Monday is 0)."""

    zone: tzinfo
    rest_days: frozenset[int]


@dataclass(frozen=True, slots=True)
class Country:
    """What is one country's and no other's.

    Attributes:
        code: of ISO 3166: whatever is national is of it, in counts, coverage and simulations.
        name: what it is called.
        zone: the time of its offices, under the name that the time zone database has for it.
        rest_days: days of the week on which its offices are closed, Monday being 0.
        time_name: what that time is called behind a time of day.
        short_time_name: the same in one word or two.
        languages: of its pages, the first is that of pages without a prefix.
        capital: where offices write from that are of no territory.
        territory: how authorities of territories sign.
        letterhead: what stands above its official letters.
        unit_codes: how the units of its tree are written.
        demonstration: the campaign that its demonstration plays; empty if it has none.
        tables: by the names of ``TABLES``, where its tables lie, seen from the folder of ``country.toml``.
        data_law: what its law gives people about data on themselves; ``None`` where the file does not say.
    """

    code: str
    name: LocalText
    zone: tzinfo
    rest_days: frozenset[int]
    time_name: LocalText
    short_time_name: str
    languages: tuple[str, ...]
    capital: LocalText
    territory: Territory
    letterhead: Letterhead
    unit_codes: UnitCodes
    demonstration: str
    tables: Mapping[str, str]
    data_law: DataLaw | None = None

    @property
    def offices(self) -> Offices:
        """When its offices are open."""
        return Offices(self.zone, self.rest_days)

    def moment_text(self, moment: datetime, pattern: str, language: str) -> str:
        """Return a moment in the country's time by a pattern of ``strftime``, with what that time is called."""
        return f"{moment.astimezone(self.zone):{pattern}} ({self.time_name.in_language(language)})"


def read_country(content: bytes, *, file: str, zone_named: Callable[[str], tzinfo]) -> Country:
    """Read ``country.toml``.

    Args:
        content: its bytes.
        file: its name, for errors.
        zone_named: returns a zone of the time zone database; asked only for zones whose offset changes.

    Raises:
        InputError: it is no such file; the error names the first field that is wrong.
    """
    country, faults = examine_country(content, file=file, zone_named=zone_named)
    if faults:
        raise faults[0]
    return country


def examine_country(
    content: bytes, *, file: str, zone_named: Callable[[str], tzinfo]
) -> tuple[Country, Sequence[InputError]]:
    """Read ``country.toml`` as ``read_country`` does, and return with it everything that is wrong with its fields.

    Raises:
        InputError: not TOML in UTF-8.
    """
    top = _Table.parse(content, file)
    zone, territory, letterhead = top.table("zone"), top.table("territory"), top.table("letterhead")
    kinds, tables = territory.table("kinds"), top.table("tables")
    country = Country(
        code=top.matching("code", _CODE, Text("must be two capital letters, as in ISO 3166")),
        name=top.local_text("name"),
        zone=_zone(zone, zone_named),
        rest_days=_rest_days(top),
        time_name=zone.own_text(),
        short_time_name=zone.text("short"),
        languages=_languages(top),
        capital=top.local_text("capital"),
        territory=Territory(
            territory.local_text("agency"),
            territory.local_text("powers"),
            territory.local_text("signer"),
            {name: kinds.texts(name) for name in DATA_LANGUAGES},
        ),
        letterhead=Letterhead(letterhead.local_text("state"), letterhead.local_text("motto")),
        unit_codes=_unit_codes(top.table("units")),
        demonstration=top.text("demonstration", or_empty=True),
        tables={name: tables.text(name) for name in TABLES},
        data_law=_data_law(top.table("personal_data")) if "personal_data" in top.values else None,
    )
    top.refuse_unknown()
    return country, top.faults


def _languages(top: "_Table") -> tuple[str, ...]:
    def fits(found: Sequence[str]) -> bool:
        return 0 < len(found) == len(set(found)) and all(map(_LANGUAGE.fullmatch, found))

    return top.texts("languages", fits, Text("must be one or more languages, as in vi, en or fr, each once"))


def _rest_days(top: "_Table") -> frozenset[int]:
    def fits(found: Sequence[str]) -> bool:
        return 0 < len(found) == len(set(found)) and set(found) < set(WEEKDAYS)

    told = Text("must be one or more of {known}, each once and not all", known=", ".join(WEEKDAYS))
    return frozenset(map(WEEKDAYS.index, top.texts("rest_days", fits, told)))


def _unit_codes(table: "_Table") -> UnitCodes:
    digits, examples = table.table("digits"), table.table("examples")
    exchange = re.compile("")
    try:
        exchange = re.compile(table.text("exchange_code"))
    except (re.PatternError, OverflowError, RecursionError):
        table.refuse("exchange_code", Text("must be a regular expression"))
    found = {name: digits.number(name, most=_MOST_DIGITS) for name in UNIT_KINDS if name in digits.values}
    return UnitCodes(found, exchange, {name: examples.text(name) for name in _EXAMPLES})


def _data_law(table: "_Table") -> DataLaw:
    limits = {name: table.number(name, most=data_rights.MOST) for name in data_rights.LIMITS}
    return DataLaw(table.local_text("laws"), **limits)


def _zone(table: "_Table", zone_named: Callable[[str], tzinfo]) -> tzinfo:
    name, offset = table.text("name"), table.text("utc_offset", or_empty=True)
    if offset:
        match = _OFFSET.fullmatch(offset)
        if match is None or int(match[2]) > _MOST_HOURS:
            table.refuse("utc_offset", Text("must be hours and minutes, as in +01:00"))
            return UTC
        apart = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(apart if match[1] == "+" else -apart, name)
    try:
        return zone_named(name) if name else UTC
    except (LookupError, ValueError, OSError):
        table.refuse("name", Text("is no zone of the time zone database of this machine"))
        return UTC


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file, whose fields are checked as they are read; what is wrong is kept, and no value given."""

    values: Mapping[str, Any]
    file: str
    path: str = ""
    faults: list[InputError] = field(default_factory=list)

    @classmethod
    def parse(cls, content: bytes, file: str) -> "_Table":
        try:
            return cls(tomllib.loads(content.decode("utf-8")), file)
        except (ValueError, RecursionError) as error:
            raise InputError(Text("not TOML in UTF-8: {error}", error=str(error)[:200]), where=file) from error

    def refuse(self, name: str, what: Text) -> None:
        told = Text("{field} {what}", field=f"{self.path}{name}", what=what)
        self.faults.append(InputError(told, where=self.file, hint="docs/how-to/another-country.md"))

    def refuse_unknown(self) -> None:
        """Refuse fields that have no meaning: one that is misspelt would be left out without a word."""
        known = _FIELDS.get(self.path.removesuffix("."), DATA_LANGUAGES)
        for name, value in self.values.items():
            if name not in known:
                self.refuse(name, Text("is no field; here are known: {names}", names=", ".join(known)))
            elif isinstance(value, dict):
                _Table(value, self.file, f"{self.path}{name}.", self.faults).refuse_unknown()

    def table(self, name: str) -> "_Table":
        value = self.values.get(name)
        if not isinstance(value, dict):
            self.refuse(name, Text("must be a table"))
            return _Table({}, self.file)  # each of its fields would be told, too
        return _Table(value, self.file, f"{self.path}{name}.", self.faults)

    def text(self, name: str, *, or_empty: bool = False) -> str:
        value = self.values.get(name, "" if or_empty else None)
        if isinstance(value, str) and (value.strip() or or_empty):
            return value
        self.refuse(name, Text("must be a text"))
        return ""

    def texts(
        self,
        name: str,
        fits: Callable[[Sequence[str]], bool] = lambda _: True,
        told: Text = Text("must be a list of texts"),  # noqa: B008  (frozen)
    ) -> tuple[str, ...]:
        value = self.values.get(name)
        if isinstance(value, list) and all(isinstance(one, str) and one for one in value) and fits(value):
            return tuple(value)
        self.refuse(name, told)
        return ()

    def number(self, name: str, *, most: int) -> int:
        value = self.values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self.refuse(name, Text("must be a number from 1 to {most}", most=most))
        return 1

    def matching(self, name: str, pattern: re.Pattern[str], told: Text) -> str:
        value = self.text(name)
        if value and not pattern.fullmatch(value):
            self.refuse(name, told)
        return value

    def local_text(self, name: str) -> LocalText:
        return self.table(name).own_text()

    def own_text(self) -> LocalText:
        return LocalText(*(self.text(language) for language in DATA_LANGUAGES))


# Places of the administrative tree, each true only for a time.
#
# Seven province codes of Viet Nam were given a new meaning on 2025-07-01, so a bare code names nothing: the key is
# (code, valid_from).

UNKNOWN_PLACE = "unknown"
"""The code of a place that no source names. Never invented, always counted."""


@dataclass(frozen=True, slots=True)
class Place:
    """One province or city, valid from ``valid_from`` to ``valid_to`` (last day; ``None`` while it lasts).

    A place that only became of another kind is the same one: same code, name and land, so that its figures go on.
    ``kind`` is that of its first day; ``renewed`` says on which day it became what else.
    """

    code: str
    valid_from: date
    valid_to: date | None
    kind: str
    name_vi: str
    name_en: str
    successor: str = ""
    renewed: tuple[tuple[date, str], ...] = ()

    @property
    def name(self) -> LocalText:
        """What it is called."""
        return LocalText(self.name_vi, self.name_en)

    def kind_on(self, day: date) -> str:
        """Return what it was on a day: ``province`` or ``city``."""
        return next((kind for since, kind in reversed(self.renewed) if since <= day), self.kind)

    def is_valid_on(self, day: date) -> bool:
        """Whether the place existed on that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Places:
    """All places of a country through time, found by (code, day)."""

    by_code: Mapping[str, tuple[Place, ...]]

    @classmethod
    def of(cls, places: Iterable[Place]) -> "Places":
        """Index places; two places of one code must not overlap in time.

        Raises:
            InputError: two places with the same code are valid on the same day.
        """
        by_code: dict[str, list[Place]] = {}
        for place in sorted(places, key=lambda p: (p.code, p.valid_from)):
            former = by_code.setdefault(place.code, [])
            if former and (former[-1].valid_to is None or former[-1].valid_to >= place.valid_from):
                raise InputError(
                    Text("place code {code} means two places on {day}", code=place.code, day=place.valid_from)
                )
            former.append(place)
        return cls({code: tuple(found) for code, found in by_code.items()})

    def on(self, code: str, day: date) -> Place | None:
        """Return the place that ``code`` meant on ``day``, or ``None``."""
        return next((p for p in self.by_code.get(code, ()) if p.is_valid_on(day)), None)

    def all_on(self, day: date) -> tuple[Place, ...]:
        """Return every place of that day, ordered by code."""
        return tuple(p for code in sorted(self.by_code) if (p := self.on(code, day)) is not None)
