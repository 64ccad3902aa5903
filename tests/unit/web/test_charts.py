import os
import re
import subprocess
import sys
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from quetsach.web.design.charts.over_time import (
    CurveChart,
    Level,
    Mark,
    Span,
    SpanChart,
    draw_curve,
    draw_spans,
    draw_spans_for_screens,
)

BASE = Span(date(2020, 6, 16), date(2020, 7, 15), 20145, "Mốc <so sánh>", is_baseline=True)
LAST = Span(date(2020, 11, 1), date(2020, 11, 30), 10525, "it's", is_baseline=False)
CHART = SpanChart("Địa chỉ <được> ghi nhận", "Mô tả.", "địa chỉ", (BASE, LAST))


@pytest.fixture(scope="module")
def svg() -> str:
    return draw_spans(CHART, language="vi")


def texts(svg: str) -> list[str]:
    return [t for t in ET.fromstring(svg).itertext() if t.strip()]


def test_a_chart_names_and_describes_itself(svg: str) -> None:
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    names = {e.get("id"): e.text for e in root if e.get("id")}
    title, description = (names[n] or "" for n in root.get("aria-labelledby", "").split())
    assert title == CHART.title
    assert description.startswith(CHART.description)
    assert "Mốc <so sánh>: 20.145" in description


def test_a_chart_may_stand_in_a_page_without_script_or_inline_style(svg: str) -> None:
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href=|url\(", svg)


def test_the_axis_starts_at_zero(svg: str) -> None:
    assert "0" in texts(svg)


def test_figures_use_the_separators_of_the_language(svg: str) -> None:
    assert "1. 16/06/2020 – 15/07/2020, Mốc <so sánh>: 20.145" in texts(svg)
    assert "2. 2020-11-01 – 2020-11-30, it's: 10,525" in texts(draw_spans(CHART, language="en"))


def bars(svg: str) -> list[tuple[float, float]]:
    """Return the left end and the width of every bar, in pixels."""
    found = re.findall(r'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*" fill="#\w+" stroke="#2f4a66"', svg)
    return [(float(left), float(width)) for left, width in found]


def test_windows_lie_where_they_lie_in_time(svg: str) -> None:
    (first, width), (second, other) = bars(svg)
    day = width / 30
    assert other == pytest.approx(30 * day, rel=0.01)
    assert second - first == pytest.approx((LAST.first - BASE.first).days * day, rel=0.01)


@pytest.mark.parametrize("zone", ["America/Lima", "Asia/Ho_Chi_Minh", "Pacific/Auckland"])
def test_a_chart_of_days_is_the_same_whatever_the_zone_of_the_machine(zone: str) -> None:
    code = (
        "from tests.unit.web.test_charts import *; import sys; sys.stdout.reconfigure(encoding='utf-8');"
        "print(draw_spans(CHART, language='vi') + draw_curve(CURVE, language='vi'))"
    )
    drawn = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"TZ": zone}, capture_output=True, text=True, check=True
    )
    assert drawn.stdout.strip() == draw_spans(CHART, language="vi") + draw_curve(CURVE, language="vi")


def test_the_baseline_differs_in_more_than_its_words(svg: str) -> None:
    fills = re.findall(r'<path d="[^"]+" fill="(#\w+)" stroke="#2f4a66"', svg)
    assert fills == ["#2f4a66", "#8fa3b8"]


def test_the_same_chart_is_drawn_alike() -> None:
    assert draw_spans(CHART, language="vi") == draw_spans(CHART, language="vi")


CURVE = CurveChart(
    "Từng ngày",
    "Mô tả.",
    "địa chỉ",
    [(date(2020, 6, 1) + timedelta(days=n), 100.0 + n) for n in range(60)],
    [Mark(date(2020, 6, 10), "Chuẩn bị"), Mark(date(2020, 7, 25), "Bóc gỡ")],
)


def test_words_of_a_mark_stand_below_the_plot_under_its_number() -> None:
    said = texts(draw_curve(CURVE, language="vi"))
    assert "1. 10/06/2020: Chuẩn bị" in said
    assert {"1", "2"} <= set(said)
    assert "2. 2020-07-25: Bóc gỡ" in texts(draw_curve(CURVE, language="en"))


SPANS = tuple(Span(date(2020, m, 1), date(2020, m, 28), 100.0, f"Kỳ {m}", m == 1) for m in (1, 2, 4))


def marked(*days: date) -> str:
    marks = tuple(Mark(day, f"Sự kiện {day:%j}") for day in days)
    return draw_spans(SpanChart("Kỳ", "Mô tả.", "địa chỉ", SPANS, marks), language="vi")


def test_an_event_stands_on_its_day_and_is_told_below_and_to_who_does_not_see() -> None:
    drawn = marked(date(2020, 1, 15), date(2020, 3, 10))
    lines = [float(x) for x in re.findall(r'<line transform="translate\(([\d.]+),0\)"[^>]*stroke="#8a4b00"', drawn)]
    (left, width), *_ = bars(drawn)
    day = width / 28
    assert lines == [pytest.approx(left + 14 * day, abs=1), pytest.approx(left + (31 + 29 + 9) * day, abs=1)]
    assert {"a", "b", "a. 15/01/2020: Sự kiện 015", "b. 10/03/2020: Sự kiện 070"} <= set(texts(drawn))
    described = next(e.text for e in ET.fromstring(drawn) if e.get("id") == "chart-description")
    assert described is not None
    assert described.endswith("a. 15/01/2020: Sự kiện 015. b. 10/03/2020: Sự kiện 070.")


def test_an_event_before_the_first_window_or_after_the_last_is_not_marked() -> None:
    drawn = marked(date(2019, 12, 31), date(2020, 5, 1))
    assert "Sự kiện" not in drawn


def test_long_words_of_an_event_take_several_lines() -> None:
    marks = (Mark(date(2020, 1, 14), "một sự kiện rất dài " * 10),)
    drawn = draw_spans(SpanChart("Kỳ", "Mô tả.", "địa chỉ", SPANS, marks), language="vi")
    assert max(len(t) for t in texts(drawn) if "sự kiện" in t and "Mô tả" not in t) <= 104


def test_events_of_days_are_told_to_who_does_not_see_the_curve() -> None:
    described = next(
        e.text for e in ET.fromstring(draw_curve(CURVE, language="vi")) if e.get("id") == "chart-description"
    )
    assert described == "Mô tả. 1. 10/06/2020: Chuẩn bị. 2. 25/07/2020: Bóc gỡ."


def test_a_phone_has_a_form_of_its_own_that_fits_its_screen() -> None:
    wide, narrow = (ET.fromstring(f"{part}</svg>") for part in _forms())
    assert (wide.get("class"), narrow.get("class")) == ("is-wide", "is-narrow")
    assert float((narrow.get("viewBox") or "").split()[2]) <= 328  # 360 px less the margins: letters keep their size
    told = " ".join(t.strip() for t in narrow.itertext())
    assert "1. 16/06/2020 – 15/07/2020, Mốc <so" in told
    assert all(any(words in text for text in narrow.itertext()) for words in ("20.145", "10.525"))


def test_two_forms_on_a_page_share_no_name() -> None:
    names = re.findall(r'id="([^"]+)"', "".join(_forms()))
    assert len(names) == len(set(names)) == 4


def _forms() -> list[str]:
    return draw_spans_for_screens(CHART, language="vi").split("</svg>")[:2]


def test_a_level_is_a_line_across_above_which_every_value_is_seen() -> None:
    levels = (Level(10072.5, "Một nửa mốc"), Level(40000, "Gấp đôi"))
    drawn = draw_spans(SpanChart("x", "y", "z", (BASE, LAST), levels=levels), language="vi")
    assert "I. Một nửa mốc: 10.072" in texts(drawn)
    assert "II. Gấp đôi: 40.000" in texts(drawn)
    assert "II. Gấp đôi: 40.000." in next(t for t in texts(drawn) if t.startswith("y "))
    assert drawn.count('stroke="#8a4b00"') == 2
    assert bars(drawn)
