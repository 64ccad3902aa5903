from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.core.errors import InputError
from quetsach.core.period import Period, parse_day

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


@given(days, st.integers(0, 400))
def test_text_form_survives_a_round_trip(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    assert Period.parse(str(period)) == period


@given(days, st.integers(0, 60))
def test_a_period_contains_exactly_the_days_it_counts(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    listed = list(period)
    assert len(listed) == period.days
    assert all(day in period for day in listed)
    assert first - timedelta(days=1) not in period


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    for read in (Period.parse, parse_day):
        try:
            read(text)
        except InputError as error:
            assert error.explain()


def test_the_baseline_of_2020_has_thirty_days() -> None:
    assert Period.parse("2020-06-16..2020-07-15").days == 30


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError):
        Period.parse("2020-07-15..2020-06-16")


def test_a_period_is_written_as_people_of_the_language_write_it() -> None:
    period = Period.parse("2020-06-16..2020-07-15")
    assert period.in_language("vi") == "16/06/2020 – 15/07/2020"
    assert period.in_language("en") == "16 June 2020 to 15 July 2020"
