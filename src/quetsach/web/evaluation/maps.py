"""Maps of a report: which shade a province has, and what the legend says of it."""

from collections.abc import Sequence

from quetsach.core.number import number_text
from quetsach.core.pack import LocalText
from quetsach.web.design.tile_map import Shade, Square, TileMap, draw_tile_map
from quetsach.web.evaluation.document import Map, Shading, Table

_EMPTY = (Shade.EMPTY, LocalText("không nêu riêng vì số nhỏ", "not shown: too small"))
_UNKNOWN = (Shade.EMPTY, LocalText("số nhỏ, hoặc không ước lượng được", "too small, or not estimated"))
_CHANGES = (
    (Shade.STRONG, LocalText("giảm từ 50% trở lên", "fell by 50 % or more")),
    (Shade.MIDDLE, LocalText("giảm từ 25% đến dưới 50%", "fell by 25 to 50 %")),
    (Shade.LIGHT, LocalText("giảm dưới 25%", "fell by less than 25 %")),
    (Shade.WARM, LocalText("không giảm", "did not fall")),
    _EMPTY,
)
_FALLS = (-50.0, -25.0, 0.0)
_LEVELS = (Shade.LIGHT, Shade.MIDDLE, Shade.STRONG)
_SHORT = 8


def draw_map(plot: Map, table: Table, language: str) -> str:
    """Return a map as one ``<svg>`` element; empty where there is no layout, or no province has a figure."""
    column = table.column(plot.value)
    decimals = column.decimals if plot.shading is Shading.LEVEL else 0
    values = {  # as they are read, so that a figure and its shade say the same
        str(id_): round(float(value), decimals)
        for id_, value in zip(table.cells("id"), table.cells(plot.value), strict=True)
        if isinstance(value, int | float)
    }
    shown = [values[tile.id] for tile in plot.tiles if tile.id in values]
    if not shown:
        return ""
    bounds = _FALLS if plot.shading is Shading.CHANGE else _thirds(shown, decimals)
    squares = [
        Square(
            tile.column,
            tile.row,
            _islands(tile.islands, tile.place.name_vi, tile.place.name_en, language)
            if tile.islands
            else _lines(tile.place.name_vi if language == "vi" else tile.place.name_en),
            "" if tile.islands else _figure(values.get(tile.id), plot, table, language),
            Shade.EMPTY if tile.islands else _shade(values.get(tile.id), bounds, plot.shading),
        )
        for tile in plot.tiles
    ]
    top = min((tile.row for tile in plot.tiles if tile.islands), default=0)
    legend = [(shade, text.in_language(language)) for shade, text in _legend(bounds, plot.shading, decimals)]
    title, description = plot.title.in_language(language), plot.description.in_language(language)
    return draw_tile_map(
        TileMap(title, description, squares, legend, column.title.in_language(language), (0, top)),
        language=language,
    )


def _figure(value: float | None, plot: Map, table: Table, language: str) -> str:
    if plot.shading is Shading.LEVEL or value is None:
        return table.column(plot.value).text(value, language)
    return number_text(value, language, signed=True) + ("%" if language == "vi" else "\u00a0%")


def _shade(value: float | None, bounds: Sequence[float], shading: Shading) -> Shade:
    if value is None:
        return Shade.EMPTY
    if shading is Shading.LEVEL:
        return _LEVELS[sum(value >= bound for bound in bounds)]
    strong, middle, none = bounds
    if value >= none:
        return Shade.WARM
    return Shade.STRONG if value <= strong else Shade.MIDDLE if value <= middle else Shade.LIGHT


def _legend(bounds: Sequence[float], shading: Shading, decimals: int) -> Sequence[tuple[Shade, LocalText]]:
    if shading is Shading.CHANGE:
        return _CHANGES
    low, high = ({language: number_text(b, language, decimals=decimals) for language in ("vi", "en")} for b in bounds)
    return (
        (Shade.STRONG, LocalText(f"từ {high['vi']} trở lên", f"{high['en']} or more")),
        (Shade.MIDDLE, LocalText(f"từ {low['vi']} đến dưới {high['vi']}", f"{low['en']} to {high['en']}")),
        (Shade.LIGHT, LocalText(f"dưới {low['vi']}", f"less than {low['en']}")),
        _UNKNOWN,
    )


def _thirds(values: Sequence[float], decimals: int) -> tuple[float, float]:
    """Return two round bounds that leave about a third of the values under, between and over them."""
    ordered = sorted(values)
    low, high = (round(float(f"{ordered[len(ordered) * n // 3]:.2g}"), decimals) for n in (1, 2))
    return low, max(high, low + 10.0**-decimals)


def _islands(islands: LocalText, vi: str, en: str, language: str) -> tuple[str, ...]:
    return (*_lines(islands.in_language(language)), f"({vi if language == 'vi' else en})")


def _lines(name: str) -> tuple[str, ...]:
    """Break a name in two lines of about the same length where it is too wide for a square."""
    words = name.replace("-", "- ").split()
    if len(name) <= _SHORT or len(words) == 1:
        return (name,)
    at = min(range(1, len(words)), key=lambda n: max(len(" ".join(words[:n])), len(" ".join(words[n:]))))
    return (" ".join(words[:at]), " ".join(words[at:]))
