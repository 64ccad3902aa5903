import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from quetsach.web.design.charts import Column, ColumnChart, CurveChart, Mark, draw_columns, draw_curve

CHART = ColumnChart(
    title="Địa chỉ <được> ghi nhận",
    description="Mô tả",
    unit="địa chỉ",
    columns=(
        Column(("16/6/2020", "– 15/7/2020"), 20145, is_baseline=True),
        Column(("it's", 'a "label"'), 10525, is_baseline=False),
    ),
    level=10072.5,
)


@pytest.fixture(scope="module")
def svg() -> str:
    return draw_columns(CHART, language="vi")


def texts(svg: str) -> list[str]:
    return [t for t in ET.fromstring(svg).itertext() if t.strip()]


def test_a_chart_names_and_describes_itself(svg: str) -> None:
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    names = {e.get("id"): e.text for e in root if e.get("id")}
    assert [names[n] for n in root.get("aria-labelledby", "").split()] == [CHART.title, CHART.description]


def test_a_chart_may_stand_in_a_page_without_script_or_inline_style(svg: str) -> None:
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href=|url\(", svg)


def test_the_axis_starts_at_zero(svg: str) -> None:
    assert "0" in texts(svg)


def test_figures_use_the_separators_of_the_language(svg: str) -> None:
    assert "20.145" in texts(svg)
    assert "20,145" in texts(draw_columns(CHART, language="en"))


def test_labels_are_written_as_given(svg: str) -> None:
    assert {"16/6/2020", "– 15/7/2020", "it’s", 'a "label"'} <= set(texts(svg))


def test_the_baseline_differs_and_the_level_is_dashed(svg: str) -> None:
    fills = re.findall(r'<path d="[^"]+" fill="(#\w+)" stroke="#2f4a66"', svg)
    assert fills == ["#2f4a66", "#8fa3b8"]
    assert 'stroke-dasharray="6,4"' in svg


def test_the_same_chart_is_drawn_alike() -> None:
    assert draw_columns(CHART, language="vi") == draw_columns(CHART, language="vi")


CURVE = CurveChart(
    "Từng ngày",
    "Mô tả",
    "địa chỉ",
    [(date(2020, 6, 1) + timedelta(days=n), 100.0 + n) for n in range(60)],
    [Mark(date(2020, 6, 10), "Chuẩn bị"), Mark(date(2020, 7, 25), "Bóc gỡ")],
)


def test_words_of_a_mark_stand_below_the_plot_under_its_number() -> None:
    said = texts(draw_curve(CURVE, language="vi"))
    assert "1. 10/06/2020: Chuẩn bị" in said
    assert {"1", "2"} <= set(said)
    assert "2. 2020-07-25: Bóc gỡ" in texts(draw_curve(CURVE, language="en"))
