"""Loads a centre's country and the reference tables: those of this build, and what an operator imported or placed."""

import hashlib
import os
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from quetsach import storage
from quetsach.assess.events import Calendar, read_events, read_holidays
from quetsach.assess.subscribers import Subscribers, read_subscribers
from quetsach.campaign import Campaign, read_campaign
from quetsach.campaign.record import PublishedRecord, read_published
from quetsach.campaign.units.tree import TreeSnapshot, read_snapshot
from quetsach.core.country import Country, Places
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.family import FamilyNames, Placing
from quetsach.core.family_list import VendorWords
from quetsach.core.period import parse_day
from quetsach.core.table import (
    read_affixes,
    read_families,
    read_places,
    read_placings,
    read_rows,
    read_vendor_words,
    required,
)
from quetsach.core.text import LocalText, SystemText, Text
from quetsach.core.tile import TileLayouts, read_tiles
from quetsach.feeds.layout import Origin
from quetsach.feeds.layout_files import Layouts, bundled_layouts, read_layouts
from quetsach.feeds.report_schema import ReportSchema, read_report_schema
from quetsach.installation import bundled, bundled_country_file, country_in
from quetsach.lake import LakeError, parquet
from quetsach.network import (
    AddressRanges,
    Holders,
    Isps,
    NetworkError,
    NetworkHistory,
    NetworkTables,
    ProviderLine,
    RegionNames,
    read_holders,
    read_isps,
    read_provider_lines,
    read_spellings,
)
from quetsach.network.published import read_lines

if TYPE_CHECKING:
    from quetsach.simulate import Scenario

LAYOUTS = "layouts"
"""The folder of a centre's own layouts, below its data."""

STORE_FILE = "store.toml"
"""Says in which object store a centre's lake is (``centre.store``)."""

DATED_TABLE = re.compile(r"(?:prefixes|ranges)-(\d{4}-\d{2}-\d{2})\.(?:csv|parquet)")
DATED_COUNTRIES = re.compile(r"countries-(\d{4}-\d{2}-\d{2})\.parquet")


def bundled_units(data: Path | None = None) -> list[tuple[str, bytes]]:
    """Return the tables of units of the country: names and contents, in order."""
    return [(path.name, path.read_bytes()) for path in sorted(country_table("units", data).glob("*.csv"))]


def load_country(data: Path | None = None) -> Country:
    """Return the country of the centre in ``data``.

    Raises:
        QuetsachError: its file is damaged.
    """
    return _country(_own_country(data) or bundled_country_file())


def country_folder(data: Path | None = None) -> Path:
    """Return the folder of the country of the centre in ``data``."""
    return (_own_country(data) or bundled_country_file()).parent


def country_table(name: str, data: Path | None = None) -> Path:
    """Return the folder of one of the tables (``core.country.TABLES``) of a centre's country.

    Raises:
        QuetsachError: the country's file is damaged.
    """
    return (country_folder(data) / load_country(data).tables[name]).resolve()


def load_layouts(data: Path) -> Layouts:
    """Return the layouts of this build, what Shadowserver's schema adds, and those of the centre's own folder.

    A layout of the folder stands before one of this build, and that before one of the schema.

    Raises:
        QuetsachError: a file of the folder is damaged.
    """
    schema = load_report_schema(data)
    own = [
        replace(layout, origin=Origin.CENTRE)
        for path in sorted((data / LAYOUTS).glob("*.toml"))
        for layout in read_layouts(storage.read_input(path), where=f"{LAYOUTS}/{path.name}")
    ]
    return bundled_layouts().supplemented(schema.layouts if schema else ()).joined(own)


def report_schema_path(data: Path) -> Path:
    """Return where a centre keeps Shadowserver's schema of its reports."""
    return data / LAYOUTS / "shadowserver-schema.json"


def load_report_schema(data: Path) -> ReportSchema | None:
    """Return Shadowserver's schema as the centre keeps it; ``None`` where it keeps none.

    Raises:
        QuetsachError: it is damaged.
    """
    path = report_schema_path(data)
    return _kept_schema.of(path) if path.exists() else None


def _read_schema(path: Path) -> ReportSchema:
    return read_report_schema(storage.read_input(path), where=f"{LAYOUTS}/{path.name}")


_kept_schema = storage.LastRead(_read_schema)


def load_families(data: Path | None = None) -> FamilyNames:
    """Return the family names of this build, with what analysts placed at the centre in ``data``.

    The version is a digest of the tables, and of what was placed.

    Raises:
        QuetsachError: a table is damaged.
    """
    folder = bundled("data") / "families"
    content, around = (_read(folder / name) for name in ("families.csv", "affixes.csv"))
    names = FamilyNames.of(
        read_families(content, where="families.csv"),
        version=_digest(content + around),
        affixes=read_affixes(around, where="affixes.csv"),
    )
    return names.with_placings(load_placings(data)) if data else names


def load_placings(data: Path) -> tuple[Placing, ...]:
    """Return what analysts placed and took back at the centre in ``data``, in the order in which they did.

    Raises:
        QuetsachError: the table is damaged.
    """
    path = placings_path(data)
    return read_placings(_read(path), where=path.name) if path.exists() else ()


def load_vendor_words() -> VendorWords:
    """Return the words that vendors put around a family's name.

    Raises:
        QuetsachError: the table is damaged.
    """
    file = bundled("data") / "families" / "vendor_words.csv"
    return read_vendor_words(_read(file), where=file.name)


def placings_path(data: Path) -> Path:
    """Return where a centre keeps what its analysts placed."""
    return data / "families" / "placings.csv"


def load_places(data: Path | None = None) -> Places:
    """Return the provinces and cities of the centre's country."""
    path = country_table("places", data) / "provinces.csv"
    return Places.of(read_places(_read(path), where=path.name))


def load_tiles(data: Path | None = None) -> TileLayouts:
    """Return where each province's square lies on the country's maps; nowhere where it has no such table."""
    path = country_table("places", data) / "tiles.csv"
    return read_tiles(_read(path), where=path.name) if _is_there(path) else TileLayouts({})


def load_network_tables(data: Path) -> NetworkTables:
    """Return the newest address tables of a centre.

    Raises:
        QuetsachError: a table is missing or damaged.
    """
    return load_network_history(data).newest


def load_isps(data: Path) -> Isps:
    """Return the providers: of the centre's own table, else of its country's."""
    own = own_table(data, "isps")
    return read_isps(_read(own if own.exists() else country_table("isps", data) / "isps.csv"), where="isps.csv")


def load_provider_lines(data: Path) -> tuple[tuple[str | LocalText, ProviderLine], ...]:
    """Return the telephone lines of providers, each with the provider's name; none where nobody wrote them down.

    Raises:
        QuetsachError: a table is damaged.
    """
    own, theirs = own_table(data, "phones"), country_table("isps", data) / "phones.csv"
    path = own if own.exists() else theirs
    lines = read_provider_lines(_read(path), where=path.name) if _is_there(path) else ()
    known = load_isps(data).by_id
    return tuple((known[line.isp].name if line.isp in known else line.isp, line) for line in lines)


def load_network_history(data: Path) -> NetworkHistory:
    """Return the address tables: what was imported under ``data``, with those of the country for other days.

    A table of countries that is valid on the same day says what is national where the ranges are of the whole world,
    else the ranges of the country do.

    Raises:
        QuetsachError: a table is missing or damaged; one of ranges, once it is needed.
    """
    isps, holders = load_isps(data), load_holders(data)
    path = country_table("places", data) / "spellings.csv"
    spellings = read_spellings(_read(path), where=path.name) if _is_there(path) else ()
    regions = RegionNames.of(load_places(data), spellings)
    stored, countries, code = stored_ranges(data), stored_countries(data), load_country(data).code

    def load(day: date) -> NetworkTables:
        valid = sorted(countries)[max(0, bisect_right(sorted(countries), day) - 1)] if countries else None
        ranges = read_stored(stored[day])
        if valid:
            national = read_stored(countries[valid]).named(code)
        else:  # most often the very same file
            national = ranges if stored[day] == _newest_bundled(data) else bundled_ranges(data)
        return NetworkTables.of(ranges, isps, regions, dated=day, national=national, holders=holders)

    return NetworkHistory(sorted(stored), load)


def own_table(data: Path, name: str) -> Path:
    """Return where a centre keeps a table of its own: ``holders``, ``isps``, ``phones`` or ``subscribers``."""
    return data / "network" / f"{name}.csv"


def load_holders(data: Path) -> Holders:
    """Return which agencies and enterprises have which ranges; none where nobody told the centre.

    Raises:
        QuetsachError: the table is damaged.
    """
    path = own_table(data, "holders")
    return read_holders(_read(path), where=path.name) if path.exists() else Holders()


def load_subscribers(data: Path) -> Subscribers | None:
    """Return the subscribers of providers by quarter; ``None`` where nobody told the centre.

    Raises:
        QuetsachError: the table is damaged.
    """
    path = own_table(data, "subscribers")
    return read_subscribers(_read(path), where=path.name) if path.exists() else None


def bundled_ranges(data: Path | None = None) -> AddressRanges:
    """Return the newest address ranges of the country, whatever was imported: simulations stand on them."""
    newest = _newest_bundled(data)
    if newest is None:
        raise QuetsachError(Text("there is no address table"), hint=Text("quetsach center network import FILE"))
    return read_stored(newest)


def _newest_bundled(data: Path | None) -> Path | None:
    dated = imported_dates(country_table("network", data), "csv")
    return max(dated.items())[1] if dated else None


@cache
def load_calendar(data: Path | None = None) -> Calendar:
    """Return the known events and the holidays of the country; none where it has no such table."""
    events, holidays = (country_table("events", data) / name for name in ("events.csv", "holidays.csv"))
    return Calendar(
        read_events(_read(events), where=events.name) if _is_there(events) else (),
        read_holidays(_read(holidays), where=holidays.name) if _is_there(holidays) else (),
    )


@cache
def load_former_names(data: Path | None = None) -> Mapping[str, str]:
    """Return by key under which other name, without its kind, lists of 2020 to 2024 have a unit of the former tree."""
    path = country_table("unit-names", data) / "former-names.csv"
    return read_former_names(_read(path), where=path.name) if _is_there(path) else {}


def read_former_names(content: bytes, *, where: str) -> Mapping[str, str]:
    """Read ``former-names.csv``.

    Raises:
        InputError: the table is damaged.
    """
    return {
        f"{row['code']}-2020": required(row, "name", where=at)
        for at, row in read_rows(content, ("code", "name"), where=where)
    }


@cache
def load_tree_snapshot(data: Path | None = None) -> TreeSnapshot | None:
    """Return of which day the former tree of the country truly is; ``None`` where it has no former tree."""
    path = country_table("units", data) / "snapshot.toml"
    return read_snapshot(_read(path), where=path.name) if _is_there(path) else None


def load_campaign(identifier: str, data: Path) -> Campaign:
    """Return a campaign: the centre's own under ``data``, else one of its country.

    Raises:
        QuetsachError: there is none of that name, or its file is damaged.
    """
    known = _campaigns(data)
    if identifier not in known:
        hint = Text("known: {names}", names=", ".join(sorted(known)) or "none")
        raise InputError(
            Text("there is no campaign {identifier} with a campaign.toml", identifier=repr(identifier[:60])), hint=hint
        )
    return read_campaign(_read(known[identifier]), file=known[identifier].name)


def campaign_names(data: Path) -> frozenset[str]:
    """Return the identifiers of all campaigns: the centre's own under ``data``, and those of its country."""
    return frozenset(_campaigns(data))


def _campaigns(data: Path) -> Mapping[str, Path]:
    """Return the file of each campaign by its identifier; the centre's own stands for one of its country."""
    folders = (country_table("campaigns", data), data / "campaigns")
    return {path.parent.name: path for folder in folders for path in sorted(folder.glob("*/campaign.toml"))}


def load_published(identifier: str, data: Path | None = None) -> PublishedRecord:
    """Return what others published about a campaign of the country; empty where nothing is on record."""
    path = country_table("campaigns", data) / identifier / "published.toml"
    return read_published(_read(path), file=path.name) if path.exists() else PublishedRecord()


def load_scenario(named: str, data: Path | None = None) -> "Scenario":
    """Return a replay of published totals: of the country or this build by its name, else the file of that path.

    Raises:
        QuetsachError: there is none, or its file is damaged.
    """
    content, file = scenario_content(named, data)
    from quetsach.simulate import read_scenario  # noqa: PLC0415  (half of what a command takes to start)

    return read_scenario(content, file=file)


def scenario_content(named: str, data: Path | None = None) -> tuple[bytes, str]:
    """Return a scenario's bytes and the name of its file: of this build by its name, else the file of that path.

    Raises:
        QuetsachError: there is none.
    """
    if named.endswith(".toml") or "/" in named:
        return storage.read_input(Path(named)), named
    known = {path.parent.name: path for path in sorted(country_table("campaigns", data).glob("*/scenario.toml"))}
    known |= {path.stem: path for path in sorted((bundled("data") / "scenarios").glob("*.toml"))}
    if named not in known:
        raise InputError(
            Text("there is no scenario {name}", name=repr(named[:60])),
            hint=Text("known: {names}", names=", ".join(sorted(known)) or "none"),
        )
    return _read(known[named]), known[named].name


@cache
def _country(file: Path) -> Country:
    return country_in(file, zone_named=ZoneInfo)


def _own_country(data: Path | None) -> Path | None:
    own = data / "country" / "country.toml" if data else None
    return own if own and own.exists() else None


def keep_ranges(data: Path, ranges: AddressRanges, *, dated: date, is_country: bool = False) -> Path:
    """Keep an imported table under the day from which it is valid, and return where.

    Raises:
        InputError: it cannot be written.
    """
    path = data / "network" / f"{'countries' if is_country else 'ranges'}-{dated}.parquet"
    try:
        storage.make_folder(path.parent)
        parquet.write(path, ranges.to_table())
    except OSError as error:
        reason = SystemText(os.strerror(error.errno) if error.errno else error)
        raise InputError(
            Text("the address table cannot be written: {reason}", reason=reason), where=str(path)
        ) from error
    return path


def stored_ranges(data: Path) -> dict[date, Path]:
    """Return the tables of a centre that say which AS announces an address, by the day from which each is valid."""
    return imported_dates(country_table("network", data), "csv") | imported_dates(data / "network")


def stored_countries(data: Path) -> dict[date, Path]:
    """Return the tables of a centre that say of which country an address is, by the day from which each is valid."""
    return imported_dates(data / "network", pattern=DATED_COUNTRIES)


def imported_dates(
    folder: Path, suffix: str = "parquet", *, pattern: re.Pattern[str] = DATED_TABLE
) -> dict[date, Path]:
    """Return the address tables of a folder by their days."""
    return {parse_day(m[1]): p for p in folder.glob(f"*.{suffix}") if (m := pattern.fullmatch(p.name))}


def read_stored(path: Path) -> AddressRanges:
    """Return an address table: imported, or of the country.

    Raises:
        NetworkError: it is damaged.
    """
    if path.suffix == ".csv":
        with path.open("rb") as stream:
            return read_lines(stream, "csv", where=path.name).ranges
    try:
        return AddressRanges.from_table(parquet.read(path))
    except LakeError as error:
        hint = Text("delete the file and import the table again")
        what = Text("the stored address table cannot be read: {reason}", reason=error.text or error.what)
        raise NetworkError(what, where=str(path), hint=hint) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        if not path.is_relative_to(bundled("data")):
            raise InputError(
                Text("cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(path)
            ) from error
        raise QuetsachError(
            Text("a table of this build is missing: {reason}", reason=error), hint=Text("install quetsach again")
        ) from error


def _is_there(path: Path) -> bool:
    """Whether a table that a country may leave out is to be read; one of this build is missed where it is not."""
    return path.exists() or path.is_relative_to(bundled("data"))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]
