"""How feeds are: days that cannot be theirs make neither a newest day nor gaps."""

from datetime import UTC, date, datetime

from quetsach.centre.feed_states import FeedState, feed_states
from quetsach.lake.delivery import Delivery


def _delivery(days: dict[date, int]) -> Delivery:
    count = sum(days.values())
    return Delivery(
        sha256="0" * 64,
        feed="plain",
        report="x",
        file="x.csv",
        size_bytes=1,
        ingested_at=datetime(2020, 6, 20, tzinfo=UTC),
        records=count,
        accepted=count,
        duplicates=0,
        quarantined=0,
        repaired=0,
        blank=0,
        days=days,
    )


def _state(days: dict[date, int]) -> FeedState:
    (state,) = feed_states([_delivery(days)], today=date(2020, 6, 20))
    return state


def test_the_health_of_a_feed_knows_no_impossible_days() -> None:
    """A row of next year and one of 2001 make neither a newest day nor years of gaps."""
    days = {date(2020, 6, n): 1000 for n in (16, 17, 19)} | {date(2021, 11, 30): 1, date(2001, 1, 1): 1}
    state = _state(days)
    assert (state.first_day, state.newest_day) == (date(2020, 6, 16), date(2020, 6, 19))
    assert state.days_without_data == (date(2020, 6, 18),)
    assert state.wrong_days == (date(2001, 1, 1), date(2021, 11, 30))


def test_a_feed_that_really_began_early_keeps_its_gaps() -> None:
    days = {date(2020, 1, 1): 900, date(2020, 6, 1): 1000}
    state = _state(days)
    assert (state.first_day, len(state.days_without_data), state.wrong_days) == (date(2020, 1, 1), 151, ())


def test_the_age_of_a_feed_is_counted_from_its_last_true_day() -> None:
    state = _state({date(2020, 6, 17): 10, date(2030, 1, 1): 1})
    assert state.age_days(date(2020, 6, 20)) == 3
    assert _state({date(2030, 1, 1): 1}).age_days(date(2020, 6, 20)) is None
