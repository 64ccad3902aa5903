from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.data_rights import (
    DataLaw,
    DataRight,
    deadlines,
    months_after,
    report_by,
    working_day_after,
)
from quetsach.core.text import LocalText

LAW = DataLaw(LocalText("Luật", "Law"), 2, 10, 15, 20, 15, 72, 6)
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
RIGHTS = st.sampled_from(list(DataRight))


def at_weekends(day: date) -> bool:
    return day.weekday() in (5, 6)


@pytest.mark.parametrize(
    ("received", "answered"),
    [
        (date(2026, 11, 30), date(2026, 12, 2)),  # Monday
        (date(2026, 12, 3), date(2026, 12, 7)),  # Thursday: Friday and Monday
        (date(2026, 12, 4), date(2026, 12, 8)),
        (date(2026, 12, 5), date(2026, 12, 8)),  # Saturday
    ],
)
def test_the_first_answer_is_due_on_the_second_working_day(received: date, answered: date) -> None:
    assert deadlines(LAW, DataRight.SEE, received, is_day_off=at_weekends).first_answer == answered


def test_holidays_are_no_working_days() -> None:
    tet = {date(2026, 2, 16) + timedelta(days=n) for n in range(5)}
    found = deadlines(LAW, DataRight.SEE, date(2026, 2, 13), is_day_off=lambda day: at_weekends(day) or day in tet)
    assert found.first_answer == date(2026, 2, 24)


def test_what_is_asked_for_has_its_own_limit() -> None:
    received = date(2026, 12, 1)

    def days(right: DataRight, **more: bool) -> int:
        return (deadlines(LAW, right, received, is_day_off=at_weekends, **more).carried_out - received).days

    assert [days(right) for right in DataRight] == [10, 10, 10, 15, 10]
    assert days(DataRight.STOP, has_processors=True) == 20
    assert days(DataRight.DELETE, has_processors=True) == 10
    assert days(DataRight.STOP, is_extended=True, has_processors=True) == 35


@given(received=DAYS, right=RIGHTS, off=st.sets(st.integers(0, 6), max_size=6), has_processors=st.booleans())
def test_deadlines_lie_ahead_on_days_that_offices_are_open(
    received: date, right: DataRight, off: set[int], has_processors: bool
) -> None:
    found = deadlines(LAW, right, received, is_day_off=lambda day: day.weekday() in off, has_processors=has_processors)
    assert received < found.first_answer
    assert found.first_answer.weekday() not in off
    between = [received + timedelta(days=n + 1) for n in range((found.first_answer - received).days)]
    assert sum(day.weekday() not in off for day in between) == LAW.answer_working_days
    later = deadlines(LAW, right, received, is_day_off=at_weekends, has_processors=has_processors, is_extended=True)
    assert later.carried_out == found.carried_out + timedelta(days=LAW.extension_days)


@given(received=DAYS, right=RIGHTS, shorter=st.integers(1, 15))
def test_a_shorter_limit_is_never_later(received: date, right: DataRight, shorter: int) -> None:
    strict = replace(LAW, days=min(shorter, LAW.days), stop_days=shorter, answer_working_days=1)
    first, second = (deadlines(law, right, received, is_day_off=at_weekends) for law in (strict, LAW))
    assert first.carried_out <= second.carried_out
    assert first.first_answer <= second.first_answer


def test_offices_that_never_open_are_refused() -> None:
    with pytest.raises(ValueError, match="no working day"):
        working_day_after(date(2026, 1, 1), 1, is_day_off=lambda _day: True)


@pytest.mark.parametrize(
    ("day", "months", "reached"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
        (date(2026, 6, 30), 12, date(2027, 6, 30)),
    ],
)
def test_months_end_on_their_last_day(day: date, months: int, reached: date) -> None:
    assert months_after(day, months) == reached


@given(day=DAYS, months=st.integers(1, 60))
def test_months_are_counted_by_the_calendar(day: date, months: int) -> None:
    reached = months_after(day, months)
    assert (reached.year - day.year) * 12 + reached.month - day.month == months
    assert reached.day == day.day or (reached.day < day.day and (reached + timedelta(days=1)).day == 1)


def test_a_breach_is_reported_within_hours_of_being_known() -> None:
    known = datetime(2026, 12, 4, 22, 30, tzinfo=UTC)
    assert report_by(LAW, known) == datetime(2026, 12, 7, 22, 30, tzinfo=UTC)
