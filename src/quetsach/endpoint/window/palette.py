"""The colours of the window: those of the portal, by day and by night."""

from dataclasses import dataclass


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
