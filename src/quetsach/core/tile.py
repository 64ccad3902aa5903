"""Tile maps: every province one equal square, laid out so that the country is recognised. They claim no border."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.core.country import Place, Places
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.table import in_place, read_rows, required
from quetsach.core.text import LocalText, Text

TILE_COLUMNS = ("valid_from", "code", "column", "row", "islands_vi", "islands_en")
_LARGEST = 99


@dataclass(frozen=True, slots=True)
class Tile:
    """The square of a province, counted from the north-west corner; ``islands`` names an archipelago that it has."""

    place: Place
    column: int
    row: int
    islands: LocalText | None = None

    @property
    def id(self) -> str:
        """The province's key in rankings: code and first day."""
        return f"{self.place.code}@{self.place.valid_from}"


@dataclass(frozen=True, slots=True)
class _Square:
    code: str
    column: int
    row: int
    islands: LocalText | None
    where: str


@dataclass(frozen=True, slots=True)
class TileLayouts:
    """The layouts of a country through time, by their first days."""

    squares: Mapping[date, tuple[_Square, ...]]

    def on(self, day: date, places: Places) -> tuple[Tile, ...]:
        """Return the squares of a day; none before the first layout.

        Raises:
            InputError: a square is of a province that there was not on that day.
        """
        first = max((first for first in self.squares if first <= day), default=None)
        return () if first is None else tuple(_tile(square, places, day) for square in self.squares[first])


def read_tiles(content: bytes, *, where: str) -> TileLayouts:
    """Read ``tiles.csv``.

    Raises:
        InputError: the table is damaged, or two squares of a layout lie on one another.
    """
    found: dict[date, list[_Square]] = {}
    for at, row in read_rows(content, TILE_COLUMNS, where=where):
        layout = found.setdefault(in_place(parse_day, row["valid_from"], where=at), [])
        square = _square(row, at)
        if any((other.column, other.row) == (square.column, square.row) for other in layout):
            raise InputError(
                Text("two squares lie at column {column}, row {row}", column=square.column, row=square.row), where=at
            )
        layout.append(square)
    return TileLayouts({first: tuple(layout) for first, layout in found.items()})


def _square(row: Mapping[str, str], where: str) -> _Square:
    islands = LocalText(row["islands_vi"], row["islands_en"]) if row["islands_vi"] else None
    column, line = (_number(row[name], where) for name in ("column", "row"))
    return _Square(required(row, "code", where=where), column, line, islands, where)


def _number(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _LARGEST):
        raise InputError(
            Text("not a number from 0 to {most}: {text}", most=_LARGEST, text=repr(text[:20])), where=where
        )
    return int(text)


def _tile(square: _Square, places: Places, day: date) -> Tile:
    place = places.on(square.code, day)
    if place is None:
        raise InputError(Text("there is no province {code} on {day}", code=square.code, day=day), where=square.where)
    return Tile(place, square.column, square.row, square.islands)
