"""How feeds are: days that cannot be theirs make neither a newest day nor gaps."""

import json
import math
from datetime import UTC, date, datetime, timedelta

import pytest

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


def _weeks(count: int, level: float = 1000, *, first: date = date(2020, 3, 2)) -> dict[date, int]:
    """Return days that wander a little, as those of feeds do."""
    return {first + timedelta(days=n): round(level * (1 + 0.03 * math.sin(7.3 * n))) for n in range(7 * count)}


def test_health_tells_cadence_and_days_after_today() -> None:
    daily = _state(_weeks(4) | {date(2021, 1, 1): 3})
    assert (daily.cadence_days, daily.future_days) == (1.0, (date(2021, 1, 1),))
    weekly = _state({date(2020, 3, 2) + timedelta(days=7 * n): 500 for n in range(10)})
    assert weekly.cadence_days == 7.0
    assert _state({date(2020, 6, 1): 5}).cadence_days is None


def test_a_level_that_changes_at_one_stroke_is_a_break_and_a_level_that_stays_is_none() -> None:
    steady = _state(_weeks(8))
    assert (steady.breaks, steady.sends_differences) == ((), False)
    assert steady.level_times == pytest.approx(1, abs=0.02)
    changed = _state(_weeks(4) | _weeks(4, 400, first=date(2020, 3, 30)))
    [found] = changed.breaks
    assert (found.day, round(found.times, 1), found.is_sure) == (date(2020, 3, 30), 0.4, True)
    assert changed.level_times == pytest.approx(0.4, abs=0.01)
    assert json.loads(json.dumps(changed.as_json(), default=str))["breaks"] == [
        {"day": "2020-03-30", "times": round(found.times, 3), "is_sure": True}
    ]


def test_a_feed_that_sends_all_on_sundays_and_differences_else_is_told() -> None:
    days = {day: 5000 if day.weekday() == 6 else count for day, count in _weeks(8).items()}
    assert _state(days).sends_differences is True
    assert _state(dict(list(days.items())[:10])).sends_differences is None
