from dataclasses import replace
from datetime import date, timedelta

import pytest

from quetsach.assess import (
    AssessError,
    Basis,
    ReportHealth,
    WindowCount,
    change_against,
    judge_baseline,
    newest_with_data,
    percent_change,
)
from quetsach.core.period import Period
from quetsach.core.text import LocalText

NAME = LocalText("Kỳ", "Window")


def _count(
    first: date, addresses: int, *, days: int = 30, with_data: int = 30, feeds: tuple[str, ...] = ("f/r",)
) -> WindowCount:
    period = Period(first, first + timedelta(days=days - 1))
    return WindowCount("w", NAME, addresses, Basis(period, feeds, with_data, date(2021, 2, 28)))


BASELINE = _count(date(2020, 6, 16), 20145)


@pytest.mark.parametrize(
    ("addresses", "percent"), [(10525, -47.8), (10047, -50.1), (9175, -54.5), (20145, 0.0), (40290, 100.0)]
)
def test_the_change_is_in_percent_to_one_decimal(addresses: int, percent: float) -> None:
    assert percent_change(addresses, 20145) == percent


@pytest.mark.parametrize(("addresses", "percent"), [(1_052_479, -47.8), (1_004_706, -50.1), (917_492, -54.5)])
def test_the_published_figures_give_the_published_changes(addresses: int, percent: float) -> None:
    assert percent_change(addresses, 2_014_512) == percent


@pytest.mark.parametrize("days", [29, 31])
def test_unequal_windows_are_refused(days: int) -> None:
    with pytest.raises(AssessError, match="unequal windows"):
        change_against(_count(date(2020, 11, 1), 10525, days=days, with_data=days), BASELINE)


def test_a_window_without_data_has_no_change() -> None:
    found = change_against(_count(date(2020, 11, 1), 0, with_data=0, feeds=()), BASELINE)
    assert found.change is None
    assert [n.code for n in found.notices] == ["no-data"]


def test_missing_days_are_said_with_the_change() -> None:
    found = change_against(_count(date(2020, 11, 1), 9000, with_data=28), BASELINE)
    assert found.change is not None
    assert [n.code for n in found.notices] == ["days-missing"]
    assert found.notices[0].text.en.startswith("2 of the 30 days")


def test_another_feed_set_is_said_with_the_change() -> None:
    found = change_against(_count(date(2020, 11, 1), 9000, feeds=("other/r",)), BASELINE)
    assert [n.code for n in found.notices] == ["feed-set-differs"]


def test_an_empty_baseline_is_refused() -> None:
    with pytest.raises(AssessError, match="no sightings"):
        change_against(_count(date(2020, 11, 1), 1), _count(date(2020, 6, 16), 0, with_data=0))


def test_a_baseline_above_the_year_before_is_said_with_the_change_against_that_year() -> None:
    (notice,) = judge_baseline(BASELINE, _count(date(2019, 6, 16), 12100), _count(date(2021, 1, 30), 9175))
    assert (notice.code, notice.percent) == ("baseline-above-previous-year", 66)
    assert "66 %" in notice.text.en
    assert "fell by 24.2 %" in notice.text.en
    assert "giảm 24,2%" in notice.text.vi


def test_a_baseline_like_the_year_before_needs_no_words() -> None:
    assert judge_baseline(BASELINE, _count(date(2019, 6, 16), 19000), None) == ()


def test_without_data_of_the_year_before_nothing_is_said_of_it() -> None:
    assert judge_baseline(BASELINE, _count(date(2019, 6, 16), 0, with_data=0), None) == ()


def test_a_baseline_with_missing_days_is_said() -> None:
    (notice,) = judge_baseline(_count(date(2020, 6, 16), 20000, with_data=29), None, None)
    assert notice.code == "days-missing"


def test_the_newest_window_is_the_last_with_data() -> None:
    first, empty = _count(date(2020, 11, 1), 1), _count(date(2021, 1, 30), 0, with_data=0, feeds=())
    assert newest_with_data([change_against(empty, BASELINE), change_against(first, BASELINE)]) is first


def _with(*reports: ReportHealth) -> WindowCount:
    count = _count(date(2020, 11, 1), 9000)
    return replace(count, basis=replace(count.basis, health=reports))


def test_what_makes_a_report_doubtful_is_said_with_the_change() -> None:
    doubtful = _with(
        ReportHealth("f/few", 29, 100, 5),
        ReportHealth("f/level", 30, 100, 0, ((date(2020, 11, 9), 0.62),)),
        ReportHealth("f/set-aside", 30, 100, 6),
        ReportHealth("f/weekly", 30, 0, 0, (), sends_differences=True),
    )
    told = {notice.code: notice.text.en for notice in change_against(doubtful, BASELINE).notices}
    window = "1 November 2020 to 30 November 2020"
    assert told == {
        "feed-days-missing": f"f/few has data on only 29 of the 30 days of {window}; a change can come from the feed "
        "and not from infections.",
        "feed-level-break": "On 9 November 2020 (UTC) the level of f/level changed at one stroke, to 0.62 times what "
        "it was; instruments do that, cleaning does not.",
        "feed-records-set-aside": f"6.0 % of the records of f/set-aside in {window} were set aside as unreadable; the "
        "true figure may be higher.",
        "feed-sends-differences": "f/weekly seems to send whole lists on Sundays and differences on other days; its "
        "figures of a day are no count of that day.",
    }


def test_a_healthy_report_needs_no_words() -> None:
    assert change_against(_with(ReportHealth("f/r", 30, 100, 5, (), sends_differences=False)), BASELINE).notices == ()


def test_gaps_and_breaks_are_counted_and_unknown_where_nothing_was_kept() -> None:
    first, second = (date(2020, 11, 9), 0.62), (date(2020, 11, 20), 1.5)
    basis = _with(ReportHealth("f/a", 29, 1, 0, (first, second)), ReportHealth("f/b", 30, 1, 0)).basis
    assert (basis.reports_with_gaps, basis.level_breaks) == (1, 2)
    assert (BASELINE.basis.reports_with_gaps, BASELINE.basis.level_breaks) == (None, None)
