"""What the change of a count is worth: intervals that hold the truth, and no row set apart by chance."""

import math

import numpy as np
import pytest
import scipy

from quetsach.assess.comparison import Side, _spread, count_change, sides

DAYS = 30
HOSTS_STAY_DAYS = 20.0


def window_of(mean: float, chance: np.random.Generator) -> list[float]:
    """Daily counts of machines that come at random and stay for weeks, fewer of them seen at week-ends."""
    warm_up = int(6 * HOSTS_STAY_DAYS)
    counts = np.zeros(DAYS)
    for day in range(-warm_up, DAYS):
        for stay in chance.exponential(HOSTS_STAY_DAYS, chance.poisson(mean / HOSTS_STAY_DAYS)):
            counts[max(day, 0) : max(0, int(day + stay + 1))] += 1
    seen = np.where(np.arange(DAYS) % 7 < 5, 1.0, 0.85)
    return [float(n) for n in chance.binomial(counts.astype(int), seen)]


@pytest.mark.parametrize(("mean", "fall"), [(12, 0.0), (40, 0.5), (300, 0.5)])
def test_the_interval_holds_the_true_change(mean: float, fall: float) -> None:
    chance = np.random.default_rng(7)
    held = []
    for _ in range(150):
        change = count_change(window_of(mean, chance), window_of((1 - fall) * mean, chance))
        assert change is not None
        held.append(change.percent.low <= -100 * fall <= change.percent.high)
    assert np.mean(held) >= 0.93


def test_the_value_is_the_plain_change_of_the_means() -> None:
    change = count_change([100.0] * 30, [40.0] * 28)
    assert change is not None
    assert change.percent.value == pytest.approx(-60)
    assert change.percent.low < -60 < change.percent.high


def test_a_mean_is_as_uncertain_as_one_day_and_as_its_weeks_differ() -> None:
    change = count_change([100.0] * 30, [10.0] * 7 + [20.0] * 7 + [15.0] * 6)
    assert change is not None
    assert (change.before, change.after) == (100, 15)
    of_weeks = ((10 - 15) ** 2 + (20 - 15) ** 2) / 2
    assert change.error == pytest.approx(math.hypot(math.sqrt(100) / 100, math.sqrt(15 + of_weeks) / 15))
    a_day = count_change([16.0], [25.0])
    assert a_day is not None
    assert a_day.error == pytest.approx(math.hypot(1 / 4, 1 / 5))


@pytest.mark.parametrize(("times", "kept", "spread"), [(3, 1, 3), (0.5, 1, 1), (3, 250, 3), (3, 251, 1)])
def test_rows_are_as_different_as_the_middle_one_of_five_or_more(times: float, kept: int, spread: float) -> None:
    scores = times * scipy.special.ndtri((np.arange(1001) + 0.5) / 1001)
    assert _spread(scores[::kept]) == pytest.approx(spread, rel=0.01)


def test_where_nothing_was_counted_there_is_no_change() -> None:
    assert count_change([5.0] * 30, [0.0] * 30) is None
    assert count_change([], [3.0]) is None


def rows_of(means: dict[str, tuple[float, float]], seed: int) -> dict[str, tuple[list[float], list[float]]]:
    chance = np.random.default_rng(seed)
    return {id_: (window_of(was, chance), window_of(now, chance)) for id_, (was, now) in means.items()}


def test_rows_that_fell_alike_are_seldom_set_apart() -> None:
    means = {f"p{n}": (20.0 + 5 * n, 10.0 + 2.5 * n) for n in range(10)}
    marked = [
        any(side is not Side.SAME for side in sides(rows_of(means, seed), list(means)).values()) for seed in range(40)
    ]
    assert np.mean(marked) <= 0.05


def test_a_row_that_fell_by_much_more_is_told_and_so_is_one_that_rose() -> None:
    means = {f"p{n}": (60.0, 30.0) for n in range(10)} | {"gone": (60.0, 5.0), "risen": (60.0, 90.0)}
    found = sides(rows_of(means, 3), [*means])
    assert (found["gone"], found["risen"]) == (Side.MORE, Side.LESS)
    assert {found[id_] for id_ in means if id_.startswith("p")} == {Side.SAME}


def test_rows_that_differ_wildly_from_each_other_are_no_yardstick() -> None:
    """Where every second row halved and the others stayed, no single one stands apart from the rest."""
    means = {f"p{n}": (100.0, 50.0 if n % 2 else 100.0) for n in range(10)}
    assert set(sides(rows_of(means, 5), [*means]).values()) == {Side.SAME}


def test_what_is_not_shown_is_part_of_the_rest() -> None:
    rows = rows_of({"shown": (100.0, 50.0), "hidden": (400.0, 400.0)}, 1)
    assert sides(rows, ["shown"]) == {"shown": Side.MORE}
    assert sides({"shown": rows["shown"]}, ["shown"]) == {}
