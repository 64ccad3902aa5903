"""Days on which a family's addresses change at one stroke."""

from datetime import date, timedelta

import numpy as np
import pytest

from quetsach.assess.hosts.breaks import DaySeen, _overnight, _step, _without_single_days, find_breaks, search

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


@pytest.mark.parametrize("left", [0.2, 0.5, 0.8])
def test_a_fall_that_takes_six_days_is_no_break_between_two(left: float) -> None:
    fall = np.interp(np.arange(56), [25, 31], [1.0, left])
    assert find_breaks(series(fall * weekdays(56))) == ()


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


def test_a_step_is_what_lies_between_two_slopes_half_a_day_before_its_day() -> None:
    """Days rise by 1, fall by 3 at once, and then rise by 2; by hand: of days 0 to 3 and 4 to 9."""
    logs = np.array([0.0, 1, 2, 3, 1, 3, 5, 7, 9, 11])
    found = _step(logs, 4, 10)
    assert found is not None
    assert found[0] == pytest.approx(0 - 3.5)  # half a day on each side: from 3.5 to 0
    near, unknown = _step(logs, 4, 3), logs.copy()
    assert near is not None
    assert near[0] == pytest.approx(-3.5)
    assert near[1] > found[1]  # fewer days tell less
    unknown[[0, 5]] = np.nan
    assert _step(unknown, 4, 10)[0] == pytest.approx(-3.5)  # type: ignore[index]
    unknown[1] = np.nan
    assert _step(unknown, 4, 10) is None  # two days before are too few
    assert _step(logs, 8, 10) is None
    assert _step(logs, 7, 10) is not None


def test_the_error_of_a_step_is_that_of_two_fitted_lines() -> None:
    """By hand: of n days a line, half a day beyond them, has 1/n + (n/2)² / (n (n² - 1) / 12) in its square."""
    found = _step(np.zeros(8), 3, 10)
    assert found is not None
    assert found[1] ** 2 == pytest.approx((1 / 3 + 2.25 / 2) + (1 / 5 + 6.25 / 10))


def test_a_level_that_falls_is_seen_though_as_many_as_usual_stay_overnight() -> None:
    """Nearly all addresses stay, so that their share hardly wanders: the level alone tells, and is sure."""
    days, wander = {}, np.exp(0.03 * np.random.default_rng(5).standard_normal(56))
    for n in range(56):
        addresses = round((20_000 if n < 28 else 10_000) * wander[n])
        days[FIRST + timedelta(days=n)] = DaySeen(addresses, round(addresses * 0.999))
    [found] = find_breaks(days)
    assert (found.day, found.is_sure) == (FIRST + timedelta(days=28), True)
    assert found.times == pytest.approx(0.5, abs=0.05)
    assert found.known_seen == pytest.approx(1, abs=1e-3)


def test_who_stayed_overnight_tells_a_loss_by_the_day_before_and_a_gain_by_the_day_itself() -> None:
    """By hand: half of the addresses are seen again, of day 23 a quarter; of those of day 40 a quarter were there."""
    addresses, again = np.full(56, 1000.0), np.full(56, 500.0)
    again[23] = 250.0
    addresses[40:] = 2000.0
    again[40:] = 1000.0
    signs = np.zeros(56)
    signs[[24, 40]] = -1, 1
    found, errors = _overnight(signs, np.log(addresses), np.log(again))
    assert found[24] == pytest.approx(np.log(0.5))
    assert found[40] == pytest.approx(np.log(2))
    assert (found[signs == 0] == 0).all()
    assert np.isinf(errors[signs == 0]).all()
    assert errors[24] == pytest.approx(np.sqrt(1 / 1000))  # what a half of 1000 wanders by chance


def test_a_day_is_the_median_of_itself_and_its_neighbours_where_all_are_known() -> None:
    found = _without_single_days(np.array([1.0, 9, 2, 3, np.nan, 4, 8, 5]))
    assert np.array_equal(found, [1, 2, 3, 3, np.nan, 4, 5, 5], equal_nan=True)


@pytest.mark.parametrize(("days", "is_told"), [(14, True), (13, False)])
def test_two_weeks_of_days_with_addresses_are_the_fewest(days: int, *, is_told: bool) -> None:
    known = {FIRST + timedelta(days=2 * n): DaySeen(1000) for n in range(days)}
    nobody = {FIRST + timedelta(days=2 * n + 1): DaySeen(0) for n in range(days)}
    assert (search(known | nobody) is not None) is is_told


def test_where_no_two_days_follow_each_other_any_break_could_have_gone_unseen() -> None:
    found = search({FIRST + timedelta(days=2 * n): DaySeen(1000) for n in range(14)})
    assert found is not None
    assert (found.breaks, found.smallest) == ((), 1)


def test_days_that_are_all_alike_hide_no_break_but_a_next_to_invisible_one() -> None:
    """By hand: noise is a thousandth at least; a step of 10 days on each side has its error, of which 7 go unseen."""
    found = search({FIRST + timedelta(days=n): DaySeen(1000) for n in range(56)})
    assert found is not None
    error = 1e-3 * np.sqrt(2 * (1 / 10 + 25 / 82.5))
    assert found.smallest == pytest.approx(1 - np.exp(-7 * error))
