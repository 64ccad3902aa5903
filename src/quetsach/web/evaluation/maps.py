"""Maps of a report: which shade a province has, and what the legend says of it."""

from dataclasses import replace

from quetsach.core.text import LocalText
from quetsach.web.design.tile_map import Shade, Square, TileMap, draw_tile_map
from quetsach.web.evaluation.document import Column, Form, Map, Table

_SHORT = 8


def draw_map(plot: Map, table: Table, language: str) -> str:
    """Return a map as one ``<svg>`` element; empty where there is no layout, or no province has a figure."""
    column = table.column(plot.value)
    figures = {
        str(id_): _figure(float(value), column, language)
        for id_, value in zip(table.cells("id"), table.cells(plot.value), strict=True)
        if isinstance(value, int | float)
    }
    if not any(tile.id in figures for tile in plot.tiles):
        return ""
    looks = {meaning: shade for shade, meaning in plot.shades}
    shades = {
        str(id_): looks.get(meaning, Shade.EMPTY)
        for id_, meaning in zip(table.cells("id"), table.cells(plot.side), strict=True)
        if isinstance(meaning, LocalText)
    }
    none = column.text(None, language)
    squares = [
        Square(
            tile.column,
            tile.row,
            _islands(tile.islands, tile.place.name_vi, tile.place.name_en, language)
            if tile.islands
            else _lines(tile.place.name_vi if language == "vi" else tile.place.name_en),
            "" if tile.islands else figures.get(tile.id, none),
            Shade.EMPTY if tile.islands else shades.get(tile.id, Shade.EMPTY),
        )
        for tile in plot.tiles
    ]
    top = min((tile.row for tile in plot.tiles if tile.islands), default=0)
    legend = [(shade, text.in_language(language)) for shade, text in plot.shades]
    title, description = plot.title.in_language(language), plot.description.in_language(language)
    return draw_tile_map(
        TileMap(title, description, squares, legend, column.title.in_language(language), (0, top)),
        language=language,
    )


def _figure(value: float, column: Column, language: str) -> str:
    """Write a figure so that it fits a square: changes without decimals."""
    return (
        replace(column, decimals=0).text(value, language)
        if column.form is Form.CHANGE
        else column.text(value, language)
    )


def _islands(islands: LocalText, vi: str, en: str, language: str) -> tuple[str, ...]:
    return (*_lines(islands.in_language(language)), f"({vi if language == 'vi' else en})")


def _lines(name: str) -> tuple[str, ...]:
    """Break a name in two lines of about the same length where it is too wide for a square."""
    words = name.replace("-", "- ").split()
    if len(name) <= _SHORT or len(words) == 1:
        return (name,)
    at = min(range(1, len(words)), key=lambda n: max(len(" ".join(words[:n])), len(" ".join(words[n:]))))
    return (" ".join(words[:at]), " ".join(words[at:]))
