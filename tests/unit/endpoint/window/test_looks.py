"""The stroke and the colours of the window are those of the portal."""

import re
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.window.appearance import DARK, HEIGHT, LIGHT, WIDTH, Palette, contrast, outline, sweep

DESIGN = resources.files("quetsach.web.design")


def area(points: list[tuple[float, float]]) -> float:
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def test_the_progress_is_the_stroke_of_the_wordmark() -> None:
    drawn = DESIGN.joinpath("templates/design/stroke.html").read_text()
    path = re.search(r'd="([^"]*)"', drawn)
    assert path is not None
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in drawn
    numbers = [float(number) for number in re.findall(r"-?\d+", path[1])]
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    ours = outline(WIDTH, HEIGHT)
    on_curve = [corners[0], *corners[3:9], corners[9], corners[12]] if len(corners) > 12 else corners
    for corner in on_curve:
        assert min((x - corner[0]) ** 2 + (y - corner[1]) ** 2 for x, y in ours) < 0.01, corner


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_done_is_more_of_the_stroke(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert area(outline(400, 20, less)) <= area(outline(400, 20, more)) + 1e-6
    assert all(x <= more * 400 + 1e-6 for x, _ in outline(400, 20, more))


def test_nothing_done_is_nothing_drawn_and_all_is_whole() -> None:
    assert outline(400, 20, 0) == []
    assert outline(400, 20, -1) == []
    assert area(outline(400, 20, 2)) == pytest.approx(area(outline(400, 20)))


@given(st.floats(0, 3))
def test_a_travelling_part_stays_in_its_box(turn: float) -> None:
    assert all(-1e-6 <= x <= 400 + 1e-6 and -1e-6 <= y <= 20 + 1e-6 for x, y in sweep(400, 20, turn))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_text_can_be_read(palette: Palette) -> None:
    for ink in (palette.ink, palette.quiet, palette.link, palette.good, palette.attention):
        assert contrast(ink, palette.paper) >= 4.5
        assert contrast(ink, palette.sheet) >= 4.5
    for button in (palette.brand, palette.brand_deep):
        assert contrast(palette.on_brand, button) >= 4.5
    assert contrast(palette.brand, palette.line) >= 2.5  # the shape of the stroke says it too, and the words beside it


def test_the_colours_are_those_of_the_portal() -> None:
    style = DESIGN.joinpath("static/design/style.css").read_text()
    by_day, by_night = style.split("prefers-color-scheme: dark", 1)
    for palette, part in ((LIGHT, by_day), (DARK, by_night)):
        for name in Palette.__slots__:
            found = re.search(rf"--{name.replace('_', '-')}: (#[0-9a-f]+)", part)
            assert found is not None, name
            whole = found[1] if len(found[1]) == 7 else "#" + "".join(2 * letter for letter in found[1][1:])
            assert getattr(palette, name) == whole
