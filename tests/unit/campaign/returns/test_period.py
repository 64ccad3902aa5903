from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import PeriodError
from quetsach.campaign.returns.period import (
    Deadline,
    ReportingPeriod,
    moved,
    span_text,
    week_of,
    weeks,
)
from quetsach.core.period import day_of, midnight_after
from quetsach.core.text import LocalText
from quetsach.installation import bundled_country

WEEK = week_of(date(2020, 10, 5))
VIET_NAM = bundled_country().zone
DEADLINE = Deadline.of(WEEK, due_days=3, lock_days=10, zone=VIET_NAM)
MIDNIGHT = datetime(2020, 10, 14, 17, 0, tzinfo=UTC)  # 15 October, 00:00 in Viet Nam
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def test_a_week_runs_from_monday_to_sunday() -> None:
    assert (WEEK.first, WEEK.last) == (date(2020, 10, 5), date(2020, 10, 11))


def test_the_due_day_is_counted_from_the_last_day_of_the_period() -> None:
    assert (DEADLINE.due, DEADLINE.lock) == (date(2020, 10, 14), date(2020, 10, 21))


def test_report_on_time_boundary_is_midnight_local() -> None:
    assert DEADLINE.is_on_time(MIDNIGHT - timedelta(microseconds=1))
    assert not DEADLINE.is_on_time(MIDNIGHT)
    assert not DEADLINE.is_overdue(MIDNIGHT - timedelta(microseconds=1))
    assert DEADLINE.is_overdue(MIDNIGHT)


def test_entry_closes_at_midnight_after_the_last_day_of_entry() -> None:
    closing = datetime(2020, 10, 21, 17, 0, tzinfo=UTC)
    assert not DEADLINE.is_locked(closing - timedelta(microseconds=1))
    assert DEADLINE.is_locked(closing)


def test_entry_never_closes_before_the_return_is_due() -> None:
    assert Deadline.of(WEEK, due_days=5, lock_days=2, zone=VIET_NAM).lock == date(2020, 10, 16)


def test_an_extension_moves_both_days_and_takes_none_away() -> None:
    assert DEADLINE.extended(date(2020, 10, 30)) == Deadline(date(2020, 10, 30), date(2020, 10, 30), VIET_NAM)
    assert DEADLINE.extended(date(2020, 10, 17)) == Deadline(date(2020, 10, 17), date(2020, 10, 21), VIET_NAM)
    assert DEADLINE.extended(date(2020, 10, 1)) == DEADLINE


def test_who_is_asked_after_the_period_has_as_many_days_from_the_asking() -> None:
    asked = Deadline.of(WEEK, due_days=3, lock_days=10, zone=VIET_NAM, asked_on=date(2020, 11, 1))
    assert asked == Deadline(date(2020, 11, 4), date(2020, 11, 11), VIET_NAM)
    assert Deadline.of(WEEK, due_days=3, lock_days=10, zone=VIET_NAM, asked_on=WEEK.first) == DEADLINE


def test_people_read_a_week_by_number_and_days_and_a_phase_by_name() -> None:
    week = week_of(date(2026, 11, 16))
    assert week.title == LocalText("Tuần 47/2026 (16/11–22/11/2026)", "Week 47/2026 (16–22 November 2026)")
    phase = ReportingPeriod("during", date(2020, 9, 17), date(2020, 12, 15), LocalText("Trong chiến dịch", "During"))
    assert phase.title == LocalText("Trong chiến dịch (17/09–15/12/2020)", "During (17 September – 15 December 2020)")
    assert phase.short.vi == "Trong chiến dịch"


@pytest.mark.parametrize(
    ("first", "last", "vi", "en"),
    [
        (date(2020, 12, 28), date(2021, 1, 3), "28/12/2020–03/01/2021", "28 December 2020 – 3 January 2021"),
        (date(2020, 9, 28), date(2020, 10, 4), "28/09–04/10/2020", "28 September – 4 October 2020"),
        (date(2020, 9, 28), date(2020, 9, 28), "28/09/2020", "28 September 2020"),
    ],
)
def test_spans_of_days_are_unambiguous_in_both_languages(first: date, last: date, vi: str, en: str) -> None:
    assert (span_text(first, last, "vi"), span_text(first, last, "en")) == (vi, en)


def test_days_late_are_counted_in_viet_nam() -> None:
    assert DEADLINE.days_late(MIDNIGHT - timedelta(seconds=1)) == 0
    assert DEADLINE.days_late(MIDNIGHT) == 1


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(PeriodError):
        ReportingPeriod("x", date(2020, 2, 1), date(2020, 1, 1))


def test_a_span_of_many_years_is_refused() -> None:
    with pytest.raises(PeriodError):
        weeks(date(2000, 1, 1), date(2030, 1, 1))


@given(DAYS)
def test_every_day_lies_in_its_week_and_the_key_names_it(day: date) -> None:
    week = week_of(day)
    assert week.first <= day <= week.last
    assert week.key == f"{day:%G-W%V}"


@given(DAYS, st.integers(0, 300))
def test_weeks_follow_each_other_without_gap_or_overlap(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    found = weeks(first, last)
    assert found[0].first <= first
    assert found[-1].last >= last
    assert all(a.last + timedelta(days=1) == b.first for a, b in pairwise(found))


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_is_before_the_midnight_that_ends_its_day(moment: datetime) -> None:
    day = day_of(moment, VIET_NAM)
    assert midnight_after(day - timedelta(days=1), VIET_NAM) <= moment < midnight_after(day, VIET_NAM)


def test_periods_that_the_plan_moved_or_added_are_named_and_those_that_it_dropped_are_not() -> None:
    before, during, dropped = (ReportingPeriod(key, date(2020, 9, 1), date(2020, 9, 9)) for key in ("a", "b", "z"))
    later, new = (
        ReportingPeriod("b", date(2020, 9, 2), date(2020, 9, 9)),
        ReportingPeriod("c", *[date(2020, 10, 1)] * 2),
    )
    assert moved([before, during, dropped], [before, later, new]) == (later, new)


def test_what_was_given_up_gets_no_later() -> None:
    years_after = MIDNIGHT + timedelta(days=2222)
    assert DEADLINE.days_late(years_after) == (DEADLINE.lock - DEADLINE.due).days
    assert DEADLINE.extended(DEADLINE.lock).days_late(years_after) == 0
