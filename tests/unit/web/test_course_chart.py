"""Charts over true time: windows where they lie, and what was observed against what was expected."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from quetsach.web.design.charts.over_time import Span, SpanChart, draw_spans
from quetsach.web.design.charts.plots import CourseChart, Moment, draw_course

SPANS = SpanChart(
    "Các kỳ",
    "Mô tả",
    "địa chỉ",
    (
        Span(date(2019, 6, 16), date(2019, 7, 15), 12100, "Năm trước", is_baseline=False),
        Span(date(2020, 6, 16), date(2020, 7, 15), 20145, "Mốc <so sánh>", is_baseline=True),
        Span(date(2020, 7, 16), date(2020, 8, 14), 10525, "Sau", is_baseline=False),
    ),
)
COURSE = CourseChart(
    "Thực tế và dự kiến",
    "Mô tả",
    "máy",
    ("Thực tế", "Dự kiến nếu không có chiến dịch"),
    tuple(Moment(n, f"2020-W{n:02d}", 100.0 - n, (100.0, 90.0, 110.0)) for n in range(1, 21)),
    11,
)


def texts(svg: str) -> list[str]:
    return [t for t in ET.fromstring(svg).itertext() if t.strip()]


def lines(svg: str, dashes: str) -> list[str]:
    """The paths of one of the two lines; a path that is broken begins anew."""
    found = re.findall(r'<path d="(M[^"]*)"[^>]*stroke-dasharray="([^"]*)"', svg)
    return [path for path, dash in found if dash == dashes and "L" in path]


@pytest.mark.parametrize(
    "draw",
    [lambda: draw_spans(SPANS, language="vi"), lambda: draw_course(COURSE, language="vi")],
    ids=["spans", "course"],
)
def test_a_chart_names_itself_and_may_stand_in_a_page_without_inline_style(draw: Callable[[], str]) -> None:
    svg = draw()
    root = ET.fromstring(svg)
    names = {e.get("id"): e.text for e in root if e.get("id")}
    title, description = (names[n] or "" for n in root.get("aria-labelledby", "").split())
    assert title in {"Các kỳ", "Thực tế và dự kiến"}
    assert description.startswith("Mô tả")
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href=|url\(", svg)


def test_each_window_is_named_with_its_days_and_its_value() -> None:
    assert "2. 16/06/2020 – 15/07/2020, Mốc <so sánh>: 20.145" in texts(draw_spans(SPANS, language="vi"))
    assert "2. 2020-06-16 – 2020-07-15, Mốc <so sánh>: 20,145" in texts(draw_spans(SPANS, language="en"))


def test_windows_that_touch_in_time_touch_and_a_year_between_two_is_empty() -> None:
    svg = draw_spans(SPANS, language="vi")
    drawn = re.findall(r'd="M([0-9.]+),[0-9.]+h([0-9.]+)v', svg)
    bars = sorted((float(x), float(w)) for x, w in drawn if 20 < float(w) < 100)
    (first, width), (second, _), (third, _) = bars
    assert third - second == pytest.approx(width, rel=0.05)
    assert second - first == pytest.approx(366 / 30 * width, rel=0.05)


def test_both_lines_are_named_in_full_and_differ_by_dashes() -> None:
    svg = draw_course(COURSE, language="vi")
    assert {"Thực tế", "Dự kiến nếu không có chiến dịch"} <= set(texts(svg))
    assert len(lines(svg, "1,0")) == len(lines(svg, "6,4")) == 1


def test_where_nothing_is_expected_there_is_no_line_and_no_band() -> None:
    half = replace(COURSE, moments=tuple(replace(m, expected=None) if m.place > 10 else m for m in COURSE.moments))
    whole, cut = (lines(draw_course(chart, language="vi"), "6,4")[0] for chart in (COURSE, half))
    assert (whole.count("L"), cut.count("L")) == (19, 9)


def test_a_gap_of_periods_is_a_gap_in_the_lines() -> None:
    gap = replace(COURSE, moments=tuple(m for m in COURSE.moments if m.place not in (5, 6, 7)))
    svg = draw_course(gap, language="vi")
    assert len(lines(svg, "1,0")) == len(lines(svg, "6,4")) == 2
