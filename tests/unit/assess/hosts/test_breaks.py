"""Days on which a family's addresses change at one stroke."""

from datetime import date, timedelta

import numpy as np
import pytest

from quetsach.assess.hosts.breaks import DaySeen, find_breaks

FIRST = date(2024, 1, 1)


def series(level: "np.typing.NDArray[np.float64]", *, kept: dict[int, float] | None = None) -> dict[date, DaySeen]:
    """Count addresses of a level that are seen again on the next day in half of all cases, times ``kept``."""
    rng = np.random.default_rng(5)
    counts = rng.poisson(level)
    return {
        FIRST + timedelta(days=n): DaySeen(int(c), int(c * 0.5 * (kept or {}).get(n, 1.0)))
        for n, c in enumerate(counts)
    }


def weekdays(days: int) -> "np.typing.NDArray[np.float64]":
    return np.where(np.arange(days) % 7 < 5, 1000.0, 300.0)


@pytest.mark.parametrize("at", [5, 20, 28, 41, 53])
def test_a_level_that_halves_between_two_days_is_a_break_on_its_day(at: int) -> None:
    days = series(np.where(np.arange(56) < at, 1.0, 0.5) * weekdays(56))
    [found] = find_breaks(days)
    assert found.day == FIRST + timedelta(days=at)
    assert found.times == pytest.approx(0.5, abs=0.07)


def test_the_reach_that_a_sensor_kept_is_read_off_addresses_that_are_known() -> None:
    [found] = find_breaks(series(np.where(np.arange(56) < 30, 1000.0, 400.0), kept={29: 0.4}))
    assert found.known_seen == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(("addresses", "is_sure"), [(60, False), (5000, True)])
def test_what_few_addresses_do_by_chance_is_not_sure(addresses: int, *, is_sure: bool) -> None:
    days = {FIRST + timedelta(days=n): DaySeen(round(addresses * (1.0 if n < 28 else 0.8)) + n % 3) for n in range(56)}
    assert [found.is_sure for found in find_breaks(days)] == [is_sure]


def test_a_slope_is_no_break() -> None:
    slope = np.interp(np.arange(56), [14, 42], [1.0, 0.5])
    assert find_breaks(series(slope * weekdays(56))) == ()


def test_what_stays_has_no_break_whatever_its_weekdays() -> None:
    assert find_breaks(series(weekdays(56))) == ()


def test_days_without_data_are_no_break() -> None:
    days = series(weekdays(56))
    assert find_breaks({day: seen for day, seen in days.items() if not 20 <= (day - FIRST).days < 30}) == ()


def test_too_few_days_tell_nothing() -> None:
    assert find_breaks(series(np.where(np.arange(13) < 6, 1000.0, 100.0))) == ()
