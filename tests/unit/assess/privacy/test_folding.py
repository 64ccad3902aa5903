"""Rows that are put together: in one window, published again, beside windows that overlap, and side by side."""

from collections.abc import Mapping
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quetsach.assess.estimate import SMALLEST_CELL, NotEstimable, NotEstimableReason
from quetsach.assess.privacy import Shown, bare_rows, folded_beside, folded_rows
from quetsach.core.period import Period

FIRST = date(2026, 1, 1)
VALUES = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 400).map(lambda n: n / 10), max_size=8)


def window(first: int, last: int) -> Period:
    return Period(FIRST + timedelta(days=first), FIRST + timedelta(days=last))


def shown(values: Mapping[str, float], *earlier: Shown, over: Period | None = None) -> Shown:
    found = folded_rows(values, window=over or window(0, 29), earlier=earlier)
    assert isinstance(found, Shown)
    return found


@given(VALUES)
def test_what_is_put_together_is_never_one_and_never_few(values: dict[str, float]) -> None:
    folded = shown(values).kept_back
    assert {row for row, value in values.items() if value < SMALLEST_CELL} <= folded
    if folded and len(folded) < len(values):
        assert len(folded) > 1
        assert sum(values[row] for row in folded) >= SMALLEST_CELL


def test_what_was_kept_back_of_a_window_stays_kept_back() -> None:
    """With the choice made anew, ``b`` stood alone once it was corrected, and the old sum told what it was before."""
    first = shown({"a": 500.0, "b": 8.0, "c": 25.0})
    assert first.kept_back == {"b", "c"}
    again = shown({"a": 500.0, "b": 12.0, "c": 25.0}, first)
    assert again.kept_back == {"b", "c"}
    assert again.small == {"b"}


def test_a_row_that_was_printed_cannot_be_hidden_any_more() -> None:
    """Who knows that ``a`` and ``c`` stayed as they were subtracts them, whatever is put together."""
    first = shown({"a": 500.0, "b": 12.0, "c": 25.0})
    refused = folded_rows({"a": 500.0, "b": 4.0, "c": 25.0}, window=first.window, earlier=[first])
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.CELLS_RECOVERED


def test_a_new_small_row_is_concealed_among_figures_that_changed() -> None:
    first = shown({"a": 500.0, "b": 20.0, "c": 25.0})
    assert shown({"a": 510.0, "b": 20.0, "c": 26.0, "d": 0.1}, first).kept_back == {"c", "d"}
    unchanged = folded_rows({"a": 500.0, "b": 20.0, "c": 25.0, "d": 0.1}, window=first.window, earlier=[first])
    assert isinstance(unchanged, NotEstimable)


def test_a_row_that_later_windows_would_give_back_stays_kept_back_in_them() -> None:
    """January is made of two halves: printed in the whole and in the second, ``b`` of the first would be told."""
    half = shown({"a": 50.0, "b": 8.0, "c": 12.0}, over=window(0, 14))
    assert half.kept_back == {"b", "c"}
    whole = shown({"a": 50.0, "b": 14.0, "c": 13.0}, half, over=window(0, 29))
    assert whole.kept_back == {"b", "c"}
    second = shown({"a": 50.0, "b": 20.0, "c": 14.0}, half, whole, over=window(15, 29))
    assert second.kept_back == set()
    assert bare_rows([half, whole, second]) == set()


def test_a_window_inside_one_that_was_printed_is_refused_where_nothing_conceals_a_row() -> None:
    whole = shown({"a": 50.0, "b": 14.0, "c": 13.0})
    refused = folded_rows({"a": 50.0, "b": 8.0, "c": 12.0}, window=window(0, 14), earlier=[whole])
    assert isinstance(refused, NotEstimable)


def test_a_window_that_is_small_as_a_whole_is_told_by_its_total() -> None:
    few = shown({"a": 3.0, "b": 1.0})
    assert few.kept_back == {"a", "b"}
    assert bare_rows([few, shown({"a": 30.0, "b": 40.0}, few, over=window(1, 30))]) == set()


@given(VALUES, VALUES)
def test_side_by_side_no_row_stands_alone_that_either_window_keeps_back(
    was: dict[str, float], now: dict[str, float]
) -> None:
    kept_back = shown(was).kept_back | shown(now, over=window(60, 89)).kept_back
    folded = folded_beside((was, now), kept_back)
    assert kept_back <= folded
    rows = was.keys() | now.keys()
    assert all(row in was and row in now for row in rows - folded)
    if folded and folded != rows:
        assert all(sum(window.get(row, 0.0) for row in folded) >= SMALLEST_CELL for window in (was, now))
