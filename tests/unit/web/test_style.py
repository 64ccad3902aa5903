"""The stylesheet keeps its promises: small, readable in both palettes, room for Vietnamese marks."""

import gzip
import re
from pathlib import Path

import pytest

from quetsach.web import design

FOLDER = Path(design.__file__).parent / "static" / "design"
CSS = (FOLDER / "style.css").read_text("utf-8")


def palettes() -> dict[str, dict[str, str]]:
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w+)", block))
        for block in re.findall(r":root \{(.*?)\n +\}", CSS, re.DOTALL)[:2]
    )
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    channels = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        ("ink", "paper", 7),
        ("ink", "sheet", 7),
        ("quiet", "paper", 4.5),
        ("quiet", "sheet", 4.5),
        ("link", "paper", 4.5),
        ("link", "sheet", 4.5),
        ("on-brand", "brand", 4.5),
        ("on-brand", "brand-deep", 4.5),
        ("attention", "attention-paper", 4.5),
        ("ink", "attention-paper", 7),
        ("good", "paper", 4.5),
        ("brand", "paper", 3),
        ("bar-strong", "paper", 3),
    ],
)
def test_colours_can_be_read(palette: str, ink: str, paper: str, least: float) -> None:
    colours = palettes()[palette]
    assert contrast(colours[ink], colours[paper]) >= least


def test_dark_has_a_palette_of_its_own() -> None:
    both = palettes()
    assert both["dark"]["paper"] != both["light"]["paper"]
    assert luminance(both["dark"]["paper"]) < 0.05


def test_the_stylesheet_is_small() -> None:
    assert len(gzip.compress(CSS.encode(), 9)) <= 12_000


def test_fonts_are_small_and_carry_their_licence() -> None:
    assert sum(p.stat().st_size for p in FOLDER.rglob("*.woff2")) <= 55_000
    assert "SIL Open Font License" in (FOLDER / "fonts" / "LICENSE-noto-sans.txt").read_text("utf-8")


def test_lines_leave_room_for_vietnamese_marks() -> None:
    heights = [float(h) for h in re.findall(r"line-height: ([\d.]+)|/(1\.\d+) ", CSS) for h in h if h]
    assert heights
    assert min(heights) >= 1.3
    assert re.search(r"h1, h2, h3 \{ line-height: 1\.45", CSS)


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert all(url.startswith("fonts/") for url in re.findall(r'url\("([^"]+)"', CSS))
    assert "@import" not in CSS
