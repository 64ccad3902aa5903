"""Days on which a family's addresses change at one stroke."""

from datetime import date, timedelta

import numpy as np
import pytest

from quetsach.assess.hosts.breaks import DaySeen, find_breaks, search

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


@pytest.mark.parametrize(
    ("before", "after", "is_sure"), [(110, 90, True), (109, 90, False), (5128, 4872, True), (5100, 4900, False)]
)
def test_a_break_is_sure_from_a_hundred_addresses_a_day_and_a_twentieth(
    before: int, after: int, *, is_sure: bool
) -> None:
    """log(5128 / 4872) is 0.0512, log(5100 / 4900) is 0.0400."""
    days = {FIRST + timedelta(days=n): DaySeen(before if n < 28 else after) for n in range(56)}
    [found] = find_breaks(days)
    assert (found.day, found.is_sure) == (FIRST + timedelta(days=28), is_sure)
    assert found.times == pytest.approx(after / before)


@pytest.mark.parametrize("gap", [9, 10])
def test_of_two_breaks_within_ten_days_the_plainer_is_told(gap: int) -> None:
    level = np.where(np.arange(56) < 25, 1000, np.where(np.arange(56) < 25 + gap, 500, 100))
    days = {FIRST + timedelta(days=n): DaySeen(int(level[n])) for n in range(56)}
    found = [(one.day - FIRST).days for one in find_breaks(days)]
    assert 25 + gap in found
    assert (25 in found) is (gap >= 10)


def test_the_reach_is_unknown_where_fewer_than_a_week_of_other_days_tells_what_is_usual() -> None:
    days = {FIRST + timedelta(days=n): DaySeen(1000 if n < 20 else 500) for n in range(40)}
    for told, known in ((6, None), (7, 0.4)):
        tell = {FIRST + timedelta(days=n): 500 for n in range(told)} | {FIRST + timedelta(days=19): 200}
        [found] = find_breaks({day: DaySeen(of.addresses, tell.get(day, 0)) for day, of in days.items()})
        assert found.known_seen == (known if known is None else pytest.approx(known))


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


def leases(machines: "np.typing.NDArray[np.float64]", *, stay: float, seed: int) -> dict[date, DaySeen]:
    """Count addresses of machines of which a share keeps its own overnight; the others have two on the day."""
    rng = np.random.default_rng(seed)
    days, on = len(machines), rng.random((int(machines.max()), len(machines)))
    is_there = np.arange(int(machines.max()))[:, None] < machines[None, :]
    keeps = (on < stay) & is_there
    again = np.append((keeps[:, :-1] & is_there[:, 1:]).sum(0), 0)
    counts = (is_there & keeps).sum(0) + 2 * (is_there & ~keeps).sum(0)
    return {FIRST + timedelta(days=n): DaySeen(int(counts[n]), int(again[n])) for n in range(days)}


@pytest.mark.parametrize("seed", range(8))
def test_a_tenth_that_is_lost_between_two_days_is_seen(seed: int) -> None:
    """Once half of such losses went unseen, of up to 8.7 points: addresses that stay overnight tell them."""
    days = leases(np.where(np.arange(56) < 28, 600.0, 540.0), stay=0.4, seed=seed)
    assert [abs((found.day - FIRST).days - 28) <= 1 for found in find_breaks(days)] == [True]


def test_machines_that_are_cleaned_within_four_weeks_are_seldom_a_sure_break() -> None:
    """One in twenty of such campaigns is held back; of those with nothing at all, none."""
    cleaned, none = np.interp(np.arange(56), [14, 42], [600.0, 300.0]), np.full(56, 600.0)
    held = [
        sum(any(b.is_sure for b in find_breaks(leases(level, stay=0.4, seed=seed))) for seed in range(40))
        for level in (cleaned, none)
    ]
    assert held[0] <= 4
    assert held[1] == 0


def test_one_day_alone_is_no_level() -> None:
    level = np.full(56, 1000.0)
    level[30] = 400.0
    assert find_breaks(series(level)) == ()


def test_how_small_a_break_may_be_to_be_seen_depends_on_how_much_days_differ() -> None:
    quiet, loud = (search(series(np.full(56, level))) for level in (100_000.0, 200.0))
    assert quiet is not None
    assert loud is not None
    assert quiet.smallest < 0.03 < 0.1 < loud.smallest
    assert search(series(np.full(13, 1000.0))) is None
