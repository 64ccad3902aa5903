"""Checks the folder of a country whole, before a centre is made of it: every fault with its file and what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from quetsach import storage
from quetsach.assess.events import read_events, read_holidays
from quetsach.campaign import read_campaign
from quetsach.campaign.record import read_published
from quetsach.campaign.returns.form import read_form
from quetsach.campaign.section import Section
from quetsach.campaign.tool_catalogue import read_tool_list
from quetsach.campaign.units.cells import read_csv
from quetsach.campaign.units.comparison import ExistingUnits, compare
from quetsach.campaign.units.table import read_tables
from quetsach.campaign.units.tree import read_snapshot
from quetsach.campaign.units.unit import Unit, UnitKind
from quetsach.centre.tables import DATED_TABLE, read_former_names
from quetsach.core.country import Country, Places, examine_country
from quetsach.core.errors import QuetsachError
from quetsach.core.language import DATA_LANGUAGES, language_name
from quetsach.core.table import read_places
from quetsach.core.text import LocalText, SystemText, Text
from quetsach.core.tile import read_tiles
from quetsach.network import RegionNames, read_isps, read_provider_lines, read_spellings
from quetsach.network.published import read_lines
from quetsach.simulate import read_scenario

_MOST_FAULTS = 50
"""Of one file."""
_GUIDE = Text("the guide says what belongs there: docs/how-to/another-country.md")
_NO_FOLDER = (
    Text("there is no such folder"),
    Text("make it, empty if there is nothing to put in, or mend {field} in country.toml"),
)
_NO_CENTRE = (
    Text("no unit is of the kind centre"),
    Text("add one row for the unit at the top of the tree, with the kind centre and no parent"),
)


@dataclass(frozen=True, slots=True)
class CheckedCountry:
    """What a folder of a country holds, and everything that is wrong with it.

    Attributes:
        name: what the country is called in English; empty where that cannot be read.
        faults: each with its file, seen from the folder, and line; of one file fifty at most.
        units: how many units could be read.
        places: how many provinces and cities, of all times.
    """

    name: str
    faults: tuple[QuetsachError, ...]
    units: int = 0
    places: int = 0


def check_country(folder: Path) -> CheckedCountry:
    """Read all that a folder of a country holds as a centre reads it; nothing is written."""
    folder = folder.absolute()
    if not folder.is_dir():
        what, _ = _NO_FOLDER
        return CheckedCountry("", (QuetsachError(what, where=str(folder), hint=_GUIDE),))
    faults: list[QuetsachError] = []
    try:
        content = storage.read_input(folder / "country.toml")
        country, wrong = examine_country(content, file="country.toml", zone_named=ZoneInfo)
    except QuetsachError as error:
        return CheckedCountry("", (_placed(error, "country.toml"),))
    faults += wrong
    checked = _Folder(folder, country)
    units = checked.units()
    checked.of_places()
    checked.of_network()
    checked.of_campaigns()
    checked.of_pages()
    return CheckedCountry(country.name.en, (*faults, *checked.faults), len(units), checked.places)


class _Folder:
    """A folder of a country as far as it was checked."""

    def __init__(self, folder: Path, country: Country) -> None:
        self.folder = folder
        self.country = country
        self.places = 0
        self.faults: list[QuetsachError] = []
        self.tables: dict[str, Path] = {}
        for name, path in country.tables.items():
            if not path:
                continue  # told already
            if (folder / path).is_dir():
                self.tables[name] = folder / path
            else:
                what, hint = _NO_FOLDER
                self.refuse(path, what, hint.filled(field=f"tables.{name}"))

    def refuse(self, where: str, what: LocalText, hint: LocalText | str) -> None:
        self.faults.append(QuetsachError(what, where=where, hint=hint))

    def shown(self, path: Path) -> str:
        """Return how a file is called from the folder."""
        return str(path.relative_to(self.folder, walk_up=True))

    def found(self, table: str, pattern: str) -> list[Path]:
        """Return the files of a table; none where its folder is missing, which is told already."""
        return sorted(self.tables[table].glob(pattern)) if table in self.tables else []

    def read[T](self, path: Path, read: Callable[[bytes, str], T]) -> T | None:
        """Read a file, note every fault of its rows, and return what it holds; ``None`` if it has a fault.

        A row with a fault is read as an empty one the next time, so that the faults behind it are found, too.
        """
        where, told = self.shown(path), set[str]()
        try:
            lines = storage.read_input(path).split(b"\n")
        except QuetsachError as error:
            self.faults.append(_placed(error, where))
            return None
        while len(told) < _MOST_FAULTS:
            try:
                content = read(b"\n".join(lines), where)
            except QuetsachError as error:
                row = error.where.removeprefix(f"{where}:")
                if error.where not in told:
                    told.add(error.where)
                    self.faults.append(_placed(error, where))
                    if row.isdecimal() and 1 < int(row) <= len(lines):
                        lines[int(row) - 1] = b""
                        continue
                return None
            return None if told else content
        return None

    def one[T](self, table: str, name: str, read: Callable[..., T], *, needed: bool = False) -> T | None:
        """Read the one file of a table that has this name; where it may be absent, that is no fault."""
        files = self.found(table, name)
        if files:
            return self.read(files[0], lambda content, where: read(content, where=where))
        if needed and table in self.tables:
            self.refuse(self.shown(self.tables[table] / name), Text("is missing"), _GUIDE)
        return None

    def all(self, table: str, pattern: str, read: Callable[..., object]) -> None:
        """Read all files of a table whose names are of a pattern."""
        for path in self.found(table, pattern):
            self.read(path, lambda content, where: read(content, file=where))

    def units(self) -> Mapping[str, Unit]:
        """Check the tree of units, and return those that could be read."""
        self.one("units", "snapshot.toml", read_snapshot)
        self.one("unit-names", "former-names.csv", read_former_names)
        sheets = [
            sheet
            for path in self.found("units", "*.csv")
            if (sheet := self.read(path, lambda content, where: read_csv(content, name=where)))
        ]
        if not sheets:
            if "units" in self.tables and not self.found("units", "*.csv"):
                self.refuse(self.shown(self.tables["units"] / "units.csv"), Text("is missing"), _GUIDE)
            return {}
        try:
            tables = read_tables(sheets, self.country.unit_codes)
            compare(tables, ExistingUnits({}, {}, {}, (), ()))
        except QuetsachError as error:
            self.faults.append(error)
            return {}
        for fault in tables.faults[:_MOST_FAULTS]:
            row = f":{fault.row}" if fault.row else ""
            self.refuse(f"{fault.sheet}{row} {fault.column}".strip(), fault.what, fault.hint)
        if all(unit.kind != UnitKind.CENTRE for unit in tables.units.values()) and not tables.unread:
            self.refuse(self.shown(self.tables["units"] / "units.csv"), *_NO_CENTRE)
        return tables.units

    def of_places(self) -> None:
        """Check provinces, how feeds spell them and where they lie on maps."""
        places = self.one(
            "places", "provinces.csv", lambda content, where: Places.of(read_places(content, where=where)), needed=True
        )
        found = places or Places.of(())
        self.places = sum(map(len, found.by_code.values()))

        def spellings(content: bytes, where: str) -> None:
            RegionNames.of(found, read_spellings(content, where=where))

        def tiles(content: bytes, where: str) -> None:
            layouts = read_tiles(content, where=where)
            for day in layouts.squares:
                layouts.on(day, found)

        if places:  # without them no name is known
            self.one("places", "spellings.csv", spellings)
            self.one("places", "tiles.csv", tiles)

    def of_network(self) -> None:
        """Check which addresses are whose, and what events and holidays there were."""
        self.one("isps", "isps.csv", read_isps, needed=True)
        self.one("isps", "phones.csv", read_provider_lines)
        self.one("events", "events.csv", read_events)
        self.one("events", "holidays.csv", read_holidays)
        dated = [path for path in self.found("network", "*") if DATED_TABLE.fullmatch(path.name)]
        for path in (path for path in dated if path.suffix == ".csv"):
            where = self.shown(path)
            try:
                with path.open("rb") as stream:  # may be large: of such a table the first fault is told
                    read_lines(stream, "csv", where=where)
            except QuetsachError as error:
                self.faults.append(_placed(error, where))
            except OSError as error:
                self.refuse(where, Text("cannot be read: {reason}", reason=SystemText(error.strerror)), _GUIDE)
        if not dated and "network" in self.tables:
            self.refuse(self.shown(self.tables["network"] / "prefixes-YYYY-MM-DD.csv"), Text("is missing"), _GUIDE)

    def of_campaigns(self) -> None:
        """Check campaigns, what was published about them, their replays, and the forms of returns."""
        self.all("campaigns", "*/campaign.toml", read_campaign)
        self.all("campaigns", "*/published.toml", read_published)
        self.all("campaigns", "*/scenario.toml", read_scenario)
        self.all("forms", "*.toml", read_form)
        played = self.country.demonstration
        if played and "campaigns" in self.tables and not self.found("campaigns", f"{played}/campaign.toml"):
            hint = Text("leave demonstration empty, or name a campaign that is there")
            self.refuse("country.toml", Text("demonstration names no campaign of the country"), hint)

    def of_pages(self) -> None:
        """Check that languages are known and the page on the law is there; read who signs letters, and tools."""
        for language in self.country.languages:
            if not language_name(language):
                told = Text("this build does not speak {language}", language=repr(language))
                self.refuse("country.toml", told, "docs/how-to/add-a-language.md")
        prose = self.folder / "templates" / "portal" / "prose"
        languages = dict.fromkeys((*self.country.languages, *DATA_LANGUAGES))
        pages = [path for language in languages if (path := prose / language / "privacy.html").is_file()]
        if not any(path.read_text("utf-8", "replace").strip() for path in pages):
            first = prose / (self.country.languages or DATA_LANGUAGES)[0] / "privacy.html"
            what = Text("the page on the country's law about personal data is missing")
            self.refuse(self.shown(first), what, _GUIDE)
        tools = self.folder / "other-tools.toml"
        if tools.is_file():
            self.read(tools, lambda content, where: read_tool_list(content, where=where))
        issuers = self.folder / "issuers.toml"
        if issuers.is_file():
            self.read(issuers, lambda content, where: Section.parse(content, file=where))


def _placed(error: QuetsachError, file: str) -> QuetsachError:
    """Return an error with its file as it is called from the folder of the country."""
    where = error.where if error.where.startswith(file) else file
    return QuetsachError(error.text or error.what, where=where, hint=error.advice or error.hint or _GUIDE)
