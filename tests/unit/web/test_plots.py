"""Maps of squares, dot plots and panels of steps: what they say without colour and without script."""

import re
from xml.etree import ElementTree as ET

import pytest

from quetsach.web.design.charts.plots import Dot, DotPlot, Step, StepPanels, draw_dots, draw_steps
from quetsach.web.design.charts.tile_map import Shade, Square, TileMap, draw_tile_map

MAP = TileMap(
    "Thay đổi",
    "Mô tả",
    [
        Square(0, 0, ("Hà Nội",), "−54%", Shade.STRONG),
        Square(1, 0, ("Thừa", "Thiên Huế"), "+12%", Shade.WARM),
        Square(2, 1, ("Hoàng Sa",), "", Shade.EMPTY),
    ],
    [(Shade.STRONG, "giảm từ 50% trở lên"), (Shade.WARM, "tăng")],
    "So với mốc",
    (0, 1.2),
)
DOTS = DotPlot(
    "Trước và sau",
    "Mô tả",
    "địa chỉ",
    ("Mốc", "Cuối"),
    [("Mirai", (Dot(2000.0, 1800.0, 2200.0), Dot(900.0))), ("it's", (Dot(500.0), None))],
    level=700,
)
STEPS = StepPanels(
    "Còn nhiễm",
    "Mô tả",
    "ngày",
    "%",
    [(name, [Step(day, 100.0 - day, 95.0 - day, 100.0) for day in range(30)]) for name in ("Mirai", "Necurs")],
)
DRAWN = {
    "map": draw_tile_map(MAP, language="vi"),
    "dots": draw_dots(DOTS, language="vi"),
    "steps": draw_steps(STEPS, language="vi"),
}


def texts(svg: str) -> list[str]:
    return [t for t in ET.fromstring(svg).itertext() if t.strip()]


@pytest.mark.parametrize("kind", DRAWN)
def test_a_plot_names_and_describes_itself_and_needs_no_script(kind: str) -> None:
    root = ET.fromstring(DRAWN[kind])
    names = {e.get("id"): e.text for e in root if e.get("id")}
    assert [names[n] for n in root.get("aria-labelledby", "").split()][1] == "Mô tả"
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href=|url\(http", DRAWN[kind])


def test_a_square_has_its_name_and_figure_and_the_legend_says_what_shades_mean() -> None:
    said = texts(DRAWN["map"])
    assert {"Hà Nội", "−54%", "Thừa", "Thiên Huế", "Hoàng Sa", "giảm từ 50% trở lên", "tăng"} <= set(said)


def test_what_rose_has_a_stronger_edge_than_what_fell() -> None:
    edges = dict(re.findall(r'fill="(#\w+)" stroke="#2f4a66" stroke-width="([\d.]+)"', DRAWN["map"]))
    assert float(edges[Shade.WARM.value]) > float(edges[Shade.STRONG.value])


def test_rows_keep_their_names_and_the_axis_starts_at_zero() -> None:
    said = texts(DRAWN["dots"])
    assert {"Mirai", "it’s", "Mốc", "Cuối", "0"} <= set(said)


def test_before_and_after_differ_in_shape() -> None:
    shapes = {fill: path for path, fill in re.findall(r' d="([^"]+)" fill="(#8fa3b8|#2f4a66)"', DRAWN["dots"])}
    assert "A" in shapes["#8fa3b8"]  # round
    assert "A" not in shapes["#2f4a66"]


def test_each_group_has_a_panel_under_its_name() -> None:
    assert {"Mirai", "Necurs", "50"} <= set(texts(DRAWN["steps"]))
