"""The other ways to count: events, growth, installations, two sensors; and what is unfit for all of them."""

from datetime import date, timedelta

import numpy as np
import pytest

from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.clock import SensorDays, feed_mode, is_dense
from quetsach.assess.hosts.estimators import (
    WINDOW_HOURS,
    Rate,
    accumulation,
    addresses_per_machine,
    bot_ids,
    chapman,
    clock_difference,
    event_rate,
    expected_addresses,
)

MONDAY = date(2020, 6, 1)


def value(answer: Estimate | NotEstimable) -> float:
    assert isinstance(answer, Estimate)
    return answer.value


def test_events_divided_by_rate_and_hours_are_machines() -> None:
    assert value(event_rate(134_400, Rate(2.0, is_known=True), 672)) == 100


@pytest.mark.parametrize(
    ("events", "rate", "reason"),
    [(0, Rate(1.0, is_known=True), NotEstimableReason.NO_DATA), (10, None, NotEstimableReason.UNKNOWN_RATE)],
)
def test_without_events_or_rate_there_are_no_machines(
    events: int, rate: Rate | None, reason: NotEstimableReason
) -> None:
    answer = event_rate(events, rate, 672)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is reason


def test_the_curve_of_new_addresses_tells_machines_and_leases() -> None:
    seen = expected_addresses(np.array(WINDOW_HOURS, dtype=np.float64), 500, 1.5, 1 / 36)
    answer = accumulation(dict(zip(WINDOW_HOURS, seen.tolist(), strict=True)))
    assert value(answer) == pytest.approx(500, rel=1e-3)
    assert answer.measured["lease_hours"] == pytest.approx(36, rel=0.01)
    assert answer.measured["per_hour"] == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize("seen", [{}, {1: 100.0, 2: 120.0}, dict.fromkeys(WINDOW_HOURS, 3.0)])
def test_a_curve_of_few_addresses_is_refused(seen: dict[int, float]) -> None:
    assert isinstance(accumulation(seen), NotEstimable)


def test_installations_are_counted_where_the_feed_names_them() -> None:
    assert value(bot_ids(120.0, 0.8)) == 120
    assert bot_ids(0.0, 0.0) == NotEstimable(NotEstimableReason.NO_BOT_IDS)


def test_two_sensors_that_see_different_halves_tell_the_whole() -> None:
    answer = chapman(5000, 4000, 2000)
    assert value(answer) == pytest.approx(10_000, rel=0.01)
    assert isinstance(answer, Estimate)
    assert answer.low < 10_000 < answer.high
    assert chapman(0, 10, 0) == NotEstimable(NotEstimableReason.NO_DATA)


def test_addresses_for_each_machine_need_machines() -> None:
    assert addresses_per_machine(1000, Estimate(100, 98, 102)) == 10
    assert addresses_per_machine(1000, NotEstimable(NotEstimableReason.NO_DATA)) is None


def test_one_row_a_day_is_recognised() -> None:
    rows = {MONDAY + timedelta(days=n): 200 for n in range(7)}
    assert feed_mode(SensorDays(rows, single=1400)) is NotEstimableReason.DEDUPLICATED
    assert feed_mode(SensorDays(rows, single=1300)) is None


def test_full_sundays_and_differences_between_are_recognised() -> None:
    rows = {d: 900 if d.weekday() == 6 else 200 for d in (MONDAY + timedelta(days=n) for n in range(28))}
    assert feed_mode(SensorDays(rows, single=100)) is NotEstimableReason.DELTA_MODE


def test_quiet_sundays_are_no_differences() -> None:
    rows = {d: 200 if d.weekday() == 6 else 900 for d in (MONDAY + timedelta(days=n) for n in range(28))}
    assert feed_mode(SensorDays(rows, single=100)) is None


def test_of_a_few_rows_no_mode_is_told() -> None:
    assert feed_mode(SensorDays({MONDAY: 5}, single=5)) is None


def test_a_pool_is_dense_beyond_three_per_cent() -> None:
    assert is_dense(31, 1000)
    assert not is_dense(30, 1000)
    assert not is_dense(30, 0)


def test_clocks_that_agree_have_most_in_common_at_the_same_hours() -> None:
    both = dict.fromkeys(range(-14, 15), 400) | {0: 900}
    assert clock_difference(both) == 0


@pytest.mark.parametrize("hours", [-7, 7, 12])
def test_a_clock_that_is_ahead_shows_in_what_two_sensors_have_in_common(hours: int) -> None:
    both = dict.fromkeys(range(-14, 15), 400) | {hours: 900}
    assert clock_difference(both) == hours


def test_few_pairs_say_nothing_about_a_clock() -> None:
    assert clock_difference(dict.fromkeys(range(-14, 15), 1) | {7: 90}) == 0
