"""Known events and holidays beside a comparison of windows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.assess.events import SIMILAR_DAYS, Calendar, EventKind, Holiday, KnownEvent, read_events, read_holidays
from quetsach.centre.tables import load_calendar, load_families
from quetsach.core.errors import InputError
from quetsach.core.period import Period
from quetsach.core.text import LocalText

CALENDAR = load_calendar()
JUNE, JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER = (
    Period(date(2026, month, 1), date(2026, month, 1) + timedelta(days=29)) for month in range(6, 12)
)


def _codes(calendar: Calendar, before: Period, after: Period) -> list[str]:
    return [notice.code for notice in calendar.notices(before, after)]


def test_the_taking_over_of_sality_is_a_change_of_the_instrument_between_august_and_september() -> None:
    sality = CALENDAR.of_families({"sality"})
    notice, holidays = sality.notices(AUGUST, SEPTEMBER)
    assert (notice.code, holidays.code) == ("known-instrument", "holidays-differ")
    assert "31/08/2026" in notice.text.vi
    assert "2026-08-31" in notice.text.en
    assert "Nguồn: CrowdStrike" in notice.text.vi


def test_an_event_before_both_windows_or_after_them_or_of_another_family_says_nothing() -> None:
    sality = CALENDAR.of_families({"sality"})
    assert _codes(sality, OCTOBER, NOVEMBER) == []
    assert _codes(sality, JUNE, JULY) == []
    assert _codes(CALENDAR.of_families({"conficker"}), AUGUST, OCTOBER) == []


def test_a_take_down_does_not_say_that_a_machine_is_clean() -> None:
    [notice] = CALENDAR.of_families({"socgholish"}).notices(JUNE, JULY)
    assert notice.code == "known-take-down"
    assert "no machine was cleaned" in notice.text.en


def test_a_window_with_tet_is_not_like_one_without() -> None:
    before, tet = Period(date(2020, 12, 31), date(2021, 1, 29)), Period(date(2021, 1, 30), date(2021, 2, 28))
    [notice] = CALENDAR.of_families(()).notices(before, tet)
    assert notice.code == "holidays-differ"
    assert "6 ngày nghỉ lễ, nhiều hơn kỳ được so sánh: Tết Nguyên đán." in notice.text.vi
    assert "6 holidays, more than the window it is compared with: Lunar New Year." in notice.text.en
    assert "30/01/2021 – 28/02/2021" in notice.text.vi


def test_a_window_has_a_holiday_from_more_days_off_than_make_no_difference() -> None:
    tet, none = Period(date(2021, 1, 30), date(2021, 2, 28)), Period(date(2026, 7, 1), date(2026, 7, 28))
    assert [CALENDAR.has_holiday(window) for window in (tet, none)] == [True, False]
    on_the_edge = Period(tet.first, tet.first)
    while CALENDAR.days_off(on_the_edge) < SIMILAR_DAYS:
        on_the_edge = Period(tet.first, on_the_edge.last + timedelta(days=1))
    assert CALENDAR.has_holiday(on_the_edge) is False


def test_a_day_off_more_or_less_says_nothing() -> None:
    assert _codes(CALENDAR.of_families(()), AUGUST, OCTOBER) == []


def test_a_holiday_has_a_name_that_can_stand_in_brackets() -> None:
    names = {name for holiday in CALENDAR.holidays for name in (holiday.name.vi, holiday.name.en)}
    assert {name for name in names if "(" in name} == set()


def test_tet_is_on_its_days_through_the_years() -> None:
    tet = {h.period.first + timedelta(days=2) for h in CALENDAR.holidays if h.name.vi == "Tết Nguyên đán"}
    known = "2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06"
    assert {str(day) for day in tet} == {*known.split(), "2028-01-26", "2029-02-13", "2030-02-02"}


def test_every_family_of_an_event_is_one_of_the_table() -> None:
    families = load_families().families
    assert {family for event in CALENDAR.events for family in event.families} <= families.keys()


def test_changes_of_the_instrument_in_a_span_of_days() -> None:
    found = CALENDAR.instrument_changes(since=date(2026, 8, 1), until=date(2026, 9, 30))
    assert [notice.code for notice in found] == ["known-instrument"]
    assert CALENDAR.instrument_changes(since=date(2026, 9, 1), until=date(2026, 9, 30)) == ()


@pytest.mark.parametrize(
    ("window", "count"), [(AUGUST, 0), (SEPTEMBER, 1), (Period(date(2027, 2, 27), date(2027, 3, 28)), 1)]
)
def test_a_change_of_the_instrument_stands_beside_counts_for_half_a_year(window: Period, count: int) -> None:
    assert len(CALENDAR.of_families({"sality"}).beside(window)) == count
    assert not CALENDAR.of_families({"sality"}).beside(Period(date(2027, 3, 1), date(2027, 3, 30)))


def test_the_same_holiday_of_another_year_is_found_where_the_moon_puts_it() -> None:
    tet_2026 = Period(date(2026, 2, 2), date(2026, 3, 1))
    before, after = (CALENDAR.same_holiday(tet_2026, later=later) for later in (False, True))
    assert before is not None
    assert after is not None
    assert tet_2026.first - before.first == date(2026, 2, 17) - date(2025, 1, 29)
    assert after.first - tet_2026.first == date(2027, 2, 6) - date(2026, 2, 17)
    assert before.days == after.days == tet_2026.days
    assert CALENDAR.days_off(before) == CALENDAR.days_off(tet_2026) == 6


def test_a_window_without_a_holiday_has_no_other_year() -> None:
    assert CALENDAR.same_holiday(Period(date(2026, 7, 1), date(2026, 7, 28)), later=False) is None
    assert Calendar().same_holiday(AUGUST, later=True) is None
    tet = Holiday(Period(date(2026, 2, 15), date(2026, 2, 20)), LocalText("Tết", "Tet"))
    assert Calendar(holidays=(tet,)).same_holiday(Period(date(2026, 2, 1), date(2026, 2, 28)), later=True) is None


def test_marks_of_a_time_axis_are_events_and_holidays_in_order() -> None:
    span = Period(date(2026, 8, 1), date(2026, 9, 30))
    marks = CALENDAR.of_families({"sality"}).marks(span)
    assert [day for day, _ in marks] == [date(2026, 8, 31), date(2026, 9, 1)]
    assert marks[1][1].vi.startswith("Nghỉ lễ: ")


DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))


@given(DAYS, DAYS, DAYS)
def test_which_window_is_named_first_does_not_matter(one: date, other: date, day: date) -> None:
    event = KnownEvent("x", EventKind.TAKE_DOWN, Period(day, day), ("x",), LocalText("a", "b"), "s")
    calendar = Calendar((event,), (Holiday(Period(day, day + timedelta(days=5)), LocalText("a", "b")),))
    windows = [Period(first, first + timedelta(days=9)) for first in (one, other)]
    assert calendar.between(*windows) == calendar.between(*reversed(windows))
    assert {n.text for n in calendar.notices(*windows)} == {n.text for n in calendar.notices(*reversed(windows))}


HEAD = "id,kind,first,last,families,text_vi,text_en,source\n"


@pytest.mark.parametrize(
    "row",
    [
        "a,party,2020-01-01,2020-01-01,x,v,e,s",
        "a,take-down,soon,2020-01-01,x,v,e,s",
        "a,take-down,2020-01-02,2020-01-01,x,v,e,s",
        "a,take-down,2020-01-01,2020-01-01,x,v,e,",
    ],
)
def test_a_damaged_row_is_refused_with_its_line(row: str) -> None:
    with pytest.raises(InputError) as refused:
        read_events((HEAD + row + "\n").encode(), where="e.csv")
    assert refused.value.where == "e.csv:2"


def test_a_damaged_holiday_is_refused_with_its_line() -> None:
    with pytest.raises(InputError) as refused:
        read_holidays(b"first,last,name_vi,name_en\n2020-01-02,2020-01-01,a,b\n", where="h.csv")
    assert refused.value.where == "h.csv:2"
