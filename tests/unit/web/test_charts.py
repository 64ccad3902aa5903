import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from quetsach.core.period import Period
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


WINDOWS = [Period(date(2020, month, 1), date(2020, month, 28)) for month in (1, 2, 4)]
COLUMNS = tuple(Column((str(w.first),), 100.0, n == 0, w) for n, w in enumerate(WINDOWS))


def marked(*days: date) -> str:
    marks = tuple(Mark(day, f"Sự kiện {day:%j}") for day in days)
    return draw_columns(ColumnChart("Kỳ", "Mô tả.", "địa chỉ", COLUMNS, None, marks), language="vi")


def test_an_event_stands_on_its_column_or_between_two_and_is_told_below_and_to_who_does_not_see() -> None:
    drawn = marked(date(2020, 1, 14), date(2020, 3, 10))
    lines = [float(x) for x in re.findall(r'<line transform="translate\(([\d.]+),0\)"[^>]*stroke="#8a4b00"', drawn)]
    assert lines[0] == pytest.approx(760 / 6, abs=6)
    assert lines[1] == pytest.approx(760 * 2 / 3, abs=1)
    assert {"1", "1. 14/01/2020: Sự kiện 014", "2. 10/03/2020: Sự kiện 070"} <= set(texts(drawn))
    described = next(e.text for e in ET.fromstring(drawn) if e.get("id") == "chart-description")
    assert described == "Mô tả. 1. 14/01/2020: Sự kiện 014. 2. 10/03/2020: Sự kiện 070."


def test_an_event_outside_all_columns_is_not_marked() -> None:
    drawn = marked(date(2019, 12, 31), date(2020, 5, 1))
    assert "Sự kiện" not in drawn


def test_columns_of_no_days_have_no_marks() -> None:
    marks = (Mark(date(2020, 6, 20), "Sự kiện"),)
    chart = ColumnChart(CHART.title, CHART.description, CHART.unit, CHART.columns, None, marks)
    assert "Sự kiện" not in draw_columns(chart, language="vi")


def test_long_words_of_an_event_take_several_lines() -> None:
    marks = (Mark(date(2020, 1, 14), "một sự kiện rất dài " * 10),)
    drawn = draw_columns(ColumnChart("Kỳ", "Mô tả.", "địa chỉ", COLUMNS, None, marks), language="vi")
    assert max(len(t) for t in texts(drawn) if "sự kiện" in t and "Mô tả" not in t) <= 104
