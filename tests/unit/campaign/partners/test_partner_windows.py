from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.partners.declaration import Window, days_of, window_of


@pytest.mark.parametrize(
    ("text", "kind", "first", "last"),
    [
        ("2020-10-06", Window.DAY, date(2020, 10, 6), date(2020, 10, 6)),
        ("2020-W41", Window.WEEK, date(2020, 10, 5), date(2020, 10, 11)),
        ("2020-W53", Window.WEEK, date(2020, 12, 28), date(2021, 1, 3)),
        ("2020-02", Window.MONTH, date(2020, 2, 1), date(2020, 2, 29)),
        ("2020-12", Window.MONTH, date(2020, 12, 1), date(2020, 12, 31)),
    ],
)
def test_a_window_is_a_day_a_week_or_a_month(text: str, kind: Window, first: date, last: date) -> None:
    found = window_of(text)
    assert found is not None
    assert (found[0], found[1].first, found[1].last) == (kind, first, last)


@pytest.mark.parametrize(
    "text", ["", "2020", "20201006", "2020-W54", "2021-W53", "2020-13", "2020-10-06T00", "９999-01"]
)
def test_anything_else_is_none(text: str) -> None:
    assert window_of(text) is None


@given(st.text(max_size=12) | st.from_regex(r"[0-9]{4}-(W?[0-9]{2}|[0-9]{2}-[0-9]{2})", fullmatch=True))
def test_no_text_is_an_error(text: str) -> None:
    if found := window_of(text):
        assert days_of(found[0], found[1].first) == found[1]
