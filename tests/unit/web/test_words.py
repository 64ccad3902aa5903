from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils.translation import override

from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.design import words


@pytest.mark.parametrize(
    ("write", "value", "vietnamese", "english"),
    [
        (words.figure, 2_014_512, "2.014.512", "2,014,512"),
        (words.figure, None, "–", "–"),
        (words.decimal, 1234.56, "1.234,6", "1,234.6"),
        (words.percent, 22.4, "22,4%", "22.4\xa0%"),
        (words.change, -47.8, "−47,8%", "−47.8\xa0%"),
        (words.change, 66.5, "+66,5%", "+66.5\xa0%"),
        (words.change, None, "–", "–"),
        (words.rate, 0.156, "0,16", "0.16"),
        (words.size, 999, "999\xa0B", "999\xa0B"),
        (words.size, 1_500_000, "1,5\xa0MB", "1.5\xa0MB"),
        (words.day, date(2020, 6, 16), "16/06/2020", "16\xa0June\xa02020"),
        (words.day, datetime(2020, 6, 16, 18, tzinfo=UTC), "17/06/2020", "17\xa0June\xa02020"),
        (words.short_day, date(2020, 6, 16), "16/06/2020", "16 Jun 2020"),
        (
            words.moment,
            datetime(2020, 6, 16, 18, 5, tzinfo=UTC),
            "01:05 ngày 17/06/2020",
            "01:05, 17\xa0June\xa02020 (Viet\xa0Nam)",
        ),
        (words.here, LocalText("sạch", "clean"), "sạch", "clean"),
    ],
)
def test_values_are_written_in_the_language_of_the_page(write, value, vietnamese: str, english: str) -> None:
    with override("vi"):
        assert write(value) == vietnamese
    with override("en"):
        assert write(value) == english


@pytest.mark.parametrize(
    ("write", "value", "vietnamese", "english"),
    [
        (
            words.marked_day,
            date(2020, 6, 16),
            '<time datetime="2020-06-16">16/06/2020</time>',
            '<time datetime="2020-06-16">16\xa0June\xa02020</time>',
        ),
        (words.marked_day, None, "–", "–"),
        (
            words.marked_day,
            datetime(2020, 6, 16, 18, tzinfo=UTC),
            '<time datetime="2020-06-17">17/06/2020</time>',
            '<time datetime="2020-06-17">17\xa0June\xa02020</time>',
        ),
        (
            words.marked_short_day,
            date(2020, 6, 16),
            '<time datetime="2020-06-16">16/06/2020</time>',
            '<time datetime="2020-06-16">16 Jun 2020</time>',
        ),
        (
            words.marked_moment,
            datetime(2020, 6, 16, 18, 5, tzinfo=UTC),
            '<time datetime="2020-06-17T01:05:00+07:00">01:05 ngày 17/06/2020</time>',
            '<time datetime="2020-06-17T01:05:00+07:00">01:05, 17\xa0June\xa02020 (Viet\xa0Nam)</time>',
        ),
        (
            words.exact_moment,
            datetime(2020, 6, 16, 18, 5, 9, tzinfo=UTC),
            '<time datetime="2020-06-17T01:05:09+07:00">01:05:09 ngày 17/06/2020</time>',
            '<time datetime="2020-06-17T01:05:09+07:00">01:05:09, 17\xa0June\xa02020 (Viet\xa0Nam)</time>',
        ),
    ],
)
def test_days_and_times_of_a_page_are_readable_by_programs(write, value, vietnamese: str, english: str) -> None:
    with override("vi"):
        assert write(value) == vietnamese
    with override("en"):
        assert write(value) == english


def test_a_bar_is_as_long_as_its_share() -> None:
    assert 'width="25.0"' in words.bar(25, 100)
    assert 'width="100.0"' in words.bar(300, 100)
    assert 'width="0.0"' in words.bar(3, 0)


@pytest.mark.parametrize(
    ("day", "vi", "en"),
    [
        (date(2027, 2, 6), " (ngày nghỉ: Tết Nguyên đán)", " (holiday: Lunar New Year)"),
        (date(2026, 11, 28), " (thứ Bảy)", " (Saturday)"),
        (date(2026, 11, 29), " (Chủ nhật)", " (Sunday)"),
        (date(2026, 11, 30), "", ""),
        (None, "", ""),
    ],
)
def test_a_day_by_which_something_is_due_says_that_offices_are_closed(day: date | None, vi: str, en: str) -> None:
    for language, text in (("vi", vi), ("en", en)):
        with override(language):
            assert words.day_off(day) == text


def test_offices_of_another_country_are_closed_on_its_own_days() -> None:
    country = replace(settings.COUNTRY, rest_days=frozenset({4, 5}))
    with override("vi"), override_settings(COUNTRY=country):
        assert words.day_off(date(2026, 11, 27)) == " (thứ Sáu)"
        assert words.day_off(date(2026, 11, 29)) == ""
        assert words.days_off()["weekend"] == {5: " (thứ Sáu)", 6: " (thứ Bảy)"}


def test_vietnamese_says_that_it_is_on_an_english_page() -> None:
    with override("vi"):
        assert words.as_written("Đề nghị <báo cáo>") == "Đề nghị <báo cáo>"
    with override("en"):
        assert words.as_written("Đề nghị <báo cáo>") == '<span lang="vi">Đề nghị &lt;báo cáo&gt;</span>'
        assert words.as_written("report") == "report"
        assert words.as_written("") == ""


def test_the_name_of_a_window_says_that_it_has_holidays() -> None:
    tet, june = Period(date(2026, 2, 2), date(2026, 3, 1)), Period(date(2026, 6, 1), date(2026, 6, 28))
    with override("vi"):
        assert words.window_name("Kỳ cuối", tet) == "Kỳ cuối (có nghỉ lễ)"
        assert words.window_name("Kỳ cuối", june) == "Kỳ cuối"
    with override("en"):
        assert words.window_name("Last", tet) == "Last (with holidays)"


@pytest.mark.parametrize(
    ("value", "largest", "width"),
    [(0, 10, "0.0"), (0, 0, "0.0"), (1, 1000, "0.5"), (5, 10, "50.0"), (12, 10, "100.0")],
)
def test_a_bar_shows_little_and_nothing_apart(value: float, largest: float, width: str) -> None:
    assert f'<rect width="{width}" ' in words.bar(value, largest)
