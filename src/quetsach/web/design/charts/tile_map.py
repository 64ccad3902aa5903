"""Maps of equal squares, one a province: no border is drawn and no province is larger than another.

The figure stands in its square, and the legend says in words what a shade means, so that nothing hangs on colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from quetsach.core.tile import Tile
from quetsach.web.design import alt
from quetsach.web.design.charts.drawing import drawn

_SIDE = 64
_GAP = 3
_LINE = 14
_SHORT = 8
"""Letters of a name that fit a square side by side."""


class Shade(StrEnum):
    """How a square looks: the value is its fill on white paper."""

    STRONG = "#8fbce0"
    LIGHT = "#dbe9f5"
    WARM = "#f6cf9f"
    EMPTY = "#ffffff"


@dataclass(frozen=True, slots=True)
class Square:
    """One square: where it lies, the lines of its name, its figure as text (empty for none), and its shade."""

    column: int
    row: int
    name: tuple[str, ...]
    figure: str
    shade: Shade


def square_of(tile: Tile, figure: str, shade: Shade, language: str) -> Square:
    """Return the square of a province; an archipelago stands in its own, with the name of its province.

    Args:
        tile: where it lies.
        figure: of the province, as text; empty for none.
        shade: what the figure means.
        language: of the name.
    """
    name = tile.place.name.in_language(language)
    if tile.islands:
        names = (*_lines(tile.islands.in_language(language)), *_lines(f"({name})"))
        return Square(tile.column, tile.row, names, "", Shade.EMPTY)
    return Square(tile.column, tile.row, _lines(name), figure, shade)


def _lines(name: str) -> tuple[str, ...]:
    """Break a name in two lines of about the same length where it is too wide for a square."""
    words = name.replace("-", "- ").split()
    if len(name) <= _SHORT or len(words) == 1:
        return (name,)
    at = min(range(1, len(words)), key=lambda n: max(len(" ".join(words[:n])), len(" ".join(words[n:]))))
    return (" ".join(words[:at]), " ".join(words[at:]))


def _first_line(square: Square) -> float:
    """Return where the name begins, in sides of the square: over its figure, else in the middle."""
    return 0.34 if square.figure else 0.5 - (len(square.name) - 1) * _LINE / 2 / _SIDE


@dataclass(frozen=True, slots=True)
class TileMap:
    """A map; the legend has a line for each shade, and stands where ``legend_at`` says (column and row)."""

    title: str
    description: str
    squares: Sequence[Square]
    legend: Sequence[tuple[Shade, str]]
    legend_title: str
    legend_at: tuple[float, float]


def draw_tile_map(tile_map: TileMap, *, language: str) -> str:
    """Return the map as one ``<svg>`` element that can stand inside a page.

    Args:
        tile_map: what to draw, with a square at least.
        language: ``vi`` or ``en``.
    """
    columns = 1 + max(square.column for square in tile_map.squares)
    rows = 1 + max(square.row for square in tile_map.squares)
    inner = _GAP / _SIDE / 2
    boxes = [_box(s.column + inner, s.row + inner, 1 - 2 * inner, s.shade) for s in tile_map.squares]
    words = [{"x": s.column + 0.5, "y": s.row + _first_line(s), "words": "\n".join(s.name)} for s in tile_map.squares]
    figures = [{"x": s.column + 0.5, "y": s.row + 0.8, "words": s.figure} for s in tile_map.squares if s.figure]
    left, top = tile_map.legend_at
    boxes += [_box(left, top + 0.45 * n, 0.32, shade) for n, (shade, _) in enumerate(tile_map.legend, 1)]
    told = [{"x": left, "y": top + 0.16, "words": tile_map.legend_title}] + [
        {"x": left + 0.42, "y": top + 0.45 * n + 0.16, "words": text} for n, (_, text) in enumerate(tile_map.legend, 1)
    ]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, columns], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[rows, 0], nice=False))

    def texts(values: list[dict[str, object]], **marks: Any) -> "alt.Chart":
        base = alt.Chart(alt.InlineData(values=values)).mark_text(baseline="middle", lineBreak="\n", **marks)
        made: alt.Chart = base.encode(x=x, y=y, text="words:N")
        return made

    squares = (
        alt.Chart(alt.InlineData(values=boxes))
        .mark_rect(stroke="#2f4a66")
        .encode(
            x=x,
            x2="right:Q",
            y=y,
            y2="bottom:Q",
            fill=alt.Fill("shade:N", scale=None),
            strokeWidth=alt.StrokeWidth("edge:Q", scale=None),
        )
    )
    layers = alt.layer(
        squares,
        texts(words, fontSize=11.5, lineHeight=_LINE),
        texts(figures, fontSize=13, fontWeight=700),
        texts(told, fontSize=13, align="left"),
    )
    return drawn(layers, tile_map.title, tile_map.description, language, (columns * _SIDE, rows * _SIDE))


def _box(left: float, top: float, side: float, shade: Shade) -> dict[str, object]:
    """Return a box; what rose has a strong edge, for those who see no colours."""
    box: dict[str, object] = {"x": left, "y": top, "right": left + side, "bottom": top + side}
    return box | {"shade": shade.value, "edge": 2.2 if shade is Shade.WARM else 0.6}
