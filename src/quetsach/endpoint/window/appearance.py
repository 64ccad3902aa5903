"""The colours of the window, by day and by night, and the broom stroke, which is also its progress bar."""

from collections.abc import Iterator
from dataclasses import dataclass

# The colours of the window: those of the portal, by day and by night.


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``. What a thing is stands in words and shape; colour comes third."""

    paper: str
    """Behind everything."""
    sheet: str
    """Behind lists and texts that scroll."""
    ink: str
    quiet: str
    """Ink of what is said beside the matter."""
    line: str
    brand: str
    """The stroke, and the one thing to do now."""
    brand_deep: str
    on_brand: str
    link: str
    """Links, and what has the focus."""
    good: str
    attention: str
    attention_paper: str


LIGHT = Palette(
    paper="#ffffff",
    sheet="#f6f7f8",
    ink="#1b1f24",
    quiet="#535b65",
    line="#d5dae0",
    brand="#da251d",
    brand_deep="#b41c15",
    on_brand="#ffffff",
    link="#0b5394",
    good="#0b6b3a",
    attention="#8a4b00",
    attention_paper="#fff4e0",
)

DARK = Palette(
    paper="#14181c",
    sheet="#1c2126",
    ink="#e9ecef",
    quiet="#adb5be",
    line="#3b444d",
    brand="#ff6f66",
    brand_deep="#ff948d",
    on_brand="#14181c",
    link="#8fc7ff",
    good="#7ed9a5",
    attention="#ffd08a",
    attention_paper="#2d2413",
)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, from 1 to 21.

    Source: WCAG 2.2, definitions of contrast ratio and relative luminance.
    """
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# The broom stroke under the wordmark, which is also the shape of the progress bar.

WIDTH, HEIGHT = 527, 22
"""Of the drawing, as the portal has it (``web/design``)."""

_CURVES = (
    ((2, 17), (110, 8), (300, 3), (452, 4)),
    ((466, 20), (320, 16), (150, 16), (2, 17)),
)
_TIP = ((452, 4), (526, 1), (486, 8), (520, 10), (480, 14), (512, 19), (466, 20))
_PIECES = 24

type Point = tuple[float, float]


def outline(width: float, height: float, share: float = 1.0) -> list[Point]:
    """Return the corners of the stroke in a box of some width and height, cut off after a share of its length.

    Empty when nothing of it is left.
    """
    limit = max(0.0, min(1.0, share)) * WIDTH
    whole = [*_curve(*_CURVES[0]), *_TIP[1:-1], *_curve(*_CURVES[1])]
    return [(x * width / WIDTH, y * height / HEIGHT) for x, y in _cut(whole, limit)] if limit > _CURVES[0][0][0] else []


def sweep(width: float, height: float, turn: float, part: float = 0.3) -> list[Point]:
    """Return a part of the stroke that travels along it, for work of which nobody knows how much there is.

    ``turn`` from 0 to 1 is one way from the left to the right.
    """
    begin = (turn % 1.0) * (1 + part) - part
    inner = _cut([(width - x, y) for x, y in reversed(outline(width, height, begin + part))], width - begin * width)
    return [(width - x, y) for x, y in inner]


def _curve(start: Point, first: Point, second: Point, end: Point) -> Iterator[Point]:
    """Yield points of a cubic Bézier curve."""
    for number in range(_PIECES + 1):
        t = number / _PIECES
        s = 1 - t
        weights = s**3, 3 * s * s * t, 3 * s * t * t, t**3
        points = start, first, second, end
        yield (
            sum(weight * point[0] for weight, point in zip(weights, points, strict=True)),
            sum(weight * point[1] for weight, point in zip(weights, points, strict=True)),
        )


def _cut(points: list[Point], limit: float) -> list[Point]:
    """Return what of a polygon lies left of a vertical line.

    Source: Sutherland and Hodgman, Reentrant polygon clipping, Communications of the ACM 17 (1974).
    """
    kept: list[Point] = []
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        if x0 <= limit:
            kept.append((x0, y0))
        if (x0 <= limit) != (x1 <= limit):
            kept.append((limit, y0 + (y1 - y0) * (limit - x0) / (x1 - x0)))
    return kept
