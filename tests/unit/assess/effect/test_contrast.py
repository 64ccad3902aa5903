"""Intervals from draws: where a draw crosses the true starts, and where rounding alone would say that it does."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from tests.unit.assess.effect.panels import noisy, panel_of

from quetsach.assess.effect import contrast
from quetsach.assess.effect.contrast import (
    Groups,
    Told,
    contrast_spread,
    differs,
    groups_of,
    inverted,
    noise_ratios,
    other_draws,
    rank_of,
    told,
)
from quetsach.assess.effect.finding import Spread
from quetsach.assess.estimate import NotEstimable, NotEstimableReason

CHANCE = np.array([0.5, -0.2, 0.1])


def test_ends_of_an_interval_are_where_draws_cross_the_true_starts() -> None:
    """By hand: with an effect of 1 a unit, and none in the draws, a draw is as large from value - it to value + it."""
    assert inverted(2.0, 1.0, CHANCE, np.zeros(3), 1) == (pytest.approx(1.5), pytest.approx(2.5))
    assert inverted(2.0, 1.0, CHANCE, np.zeros(3), 2) == (pytest.approx(1.8), pytest.approx(2.2))


@pytest.mark.parametrize(("of_one", "ends"), [(0.5, (5 / 3, 3)), (-0.5, (1, 5)), (0.0, (1.5, 2.5))])
def test_a_draw_that_has_some_of_the_effect_crosses_where_both_are_as_large(
    of_one: float, ends: tuple[float, float]
) -> None:
    """By hand: 2 - e against 0.5 - e / 2 is as large for e of 5/3 and 3."""
    assert inverted(2.0, 1.0, np.array([0.5]), np.array([of_one]), 1) == (
        pytest.approx(ends[0]),
        pytest.approx(ends[1]),
    )


@pytest.mark.parametrize("left_over", [0.0, 1e-16, -1e-16, 3e-13])
def test_a_draw_of_the_same_unit_of_effect_crosses_nowhere_whatever_rounding_leaves(left_over: float) -> None:
    """It once gave e to 500,000,000,000 on one kind of processor, and nothing on another."""
    of_one = np.array([1.0 + left_over, 0.0, 0.0])
    assert inverted(2.0, 1.0, CHANCE, of_one, 1) == (-np.inf, np.inf)
    assert inverted(2.0, 1.0, CHANCE, of_one, 2) == (pytest.approx(1.8), pytest.approx(2.2))


def _groups(
    kind: list[int], drawn: list[list[int]], weights: list[float], *, blocks: list[int] | None = None
) -> Groups:
    count = len(kind)
    strata = None if blocks is None else np.array(blocks)
    return Groups(
        np.array([3, 9]), np.array(kind), np.array(drawn), np.ones(count), np.array(weights, dtype=float), 4.0, strata
    )


PAIRS = np.array([[1.0, 10], [2, 20], [3, 30], [4, 40]])
"""What each of four units gives as one of the first kind, and as one of the second."""


def test_a_kind_counts_as_much_as_in_truth_whoever_is_of_it() -> None:
    """By hand: of weights 1, 2, 3, 2 the kinds count 3 and 5; the first two units have a mean of 5/3, the last 34."""
    groups = _groups([0, 0, 1, 1], [[1, 1, 0, 0]], [1, 2, 3, 2])
    assert groups.sums(PAIRS, groups.kind[None]) == pytest.approx([3 * 5 / 3 + 5 * 34])
    assert groups.sums(PAIRS, groups.drawn) == pytest.approx([3 * (3 * 3 + 2 * 4) / 5 + 5 * (10 + 2 * 20) / 3])


@pytest.mark.parametrize("at_once", [1, 5, 8, 1000])
def test_units_that_count_alike_are_added_up_however_many_draws_at_once(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contrast, "_AT_ONCE", at_once)
    kinds = [[0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 0, 0]]
    for weight in (1.0, 3.0):
        groups = _groups([0, 0, 1, 1], kinds, [weight] * 4)
        assert groups.sums(PAIRS, groups.drawn).tolist() == [73 * weight, 64 * weight, 37 * weight]


def test_few_rows_have_every_other_draw_once_and_many_have_random_ones() -> None:
    generator = np.random.default_rng(1)
    kind = np.array([0, 1, 1, 2, 2])
    drawn = other_draws(kind, generator, cells_at_most=1000)
    assert sorted(map(tuple, drawn.tolist())) == sorted(set(permutations(kind.tolist())) - {tuple(kind.tolist())})
    within = other_draws(np.array([0, 1, 0, 1, 1]), generator, strata=["a", "a", "b", "b", "b"], cells_at_most=1000)
    assert sorted(map(tuple, within.tolist())) == [(0, 1, 1, 0, 1), (0, 1, 1, 1, 0)] + [
        (1, 0, *rest) for rest in ((0, 1, 1), (1, 0, 1), (1, 1, 0))
    ]
    many = np.arange(30) % 2
    for cells, draws in ((10**9, 999), (30 * 400, 400), (30, 199)):
        random = other_draws(many, generator, cells_at_most=cells)
        assert random.shape == (draws, 30)
        assert (random.sum(axis=1) == 15).all()
        assert len(np.unique(random, axis=0)) > 0.99 * draws


@pytest.mark.parametrize(
    ("draws", "rank", "confidence"), [(999, 50, 0.95), (19, 1, 0.95), (39, 2, 0.95), (15, 1, 15 / 16)]
)
def test_an_interval_ends_at_the_draw_that_leaves_one_in_twenty_the_true_one_counted_in(
    draws: int, rank: int, confidence: float
) -> None:
    assert rank_of(draws) == (rank, pytest.approx(confidence))


def test_a_unit_is_noisier_where_fewer_than_a_quarter_of_the_others_are_as_noisy() -> None:
    """Of seven others: (1 + 1) / 8 is a quarter, (1 + 0) / 8 is less; their root mean square is 2."""
    others = np.array([1.0, 1, 1, 1, 1, 1, np.sqrt(22)])
    assert noise_ratios(np.array([4.0, 5.0, 0.5]), others) == pytest.approx([1, 2.5, 1])
    assert noise_ratios(np.array([4.0, 5.0]), np.zeros(7)).tolist() == [1, 1]


@pytest.mark.parametrize(("controls", "is_told"), [(15, True), (14, False)])
def test_fifteen_other_draws_are_enough(controls: int, *, is_told: bool) -> None:
    found = groups_of(panel_of(noisy(1 + controls, 9), [5] + [9] * controls), np.random.default_rng(1))
    assert isinstance(found, Groups) is is_told
    if isinstance(found, NotEstimable):
        assert found.reason is NotEstimableReason.TOO_FEW_CONTROLS
        assert found.measured == {"units_control": 14, "draws": 14, "needed_draws": 15}


@pytest.mark.parametrize(("start", "treated", "is_told"), [(4, 1, True), (3, 1, False), (3, 2, True)])
def test_a_single_unit_needs_four_periods_to_tell_its_noise(start: int, treated: int, *, is_told: bool) -> None:
    panel = panel_of(noisy(treated + 16, 9), [start] * treated + [9] * 16)
    found = groups_of(panel, np.random.default_rng(1))
    assert isinstance(found, Groups) is is_told
    if isinstance(found, Groups):
        assert found.noise_degrees == {4: 2, 3: 1}[start]
        assert start == 4 or (found.noisier == 1).all()
    elif isinstance(found, NotEstimable):
        assert found.reason is NotEstimableReason.TOO_SHORT
        assert found.measured == {"periods_before": 3, "needed": 4}


def test_a_unit_that_swings_three_times_as_much_as_controls_before_the_start_is_so_much_noisier() -> None:
    """Controls swing by 1 about slopes of their own; neither a slope nor what all share is noise."""
    swing = np.array([1.0, -1, -1, 1, 1, -1, -1, 1])  # has no slope
    time, shared = np.arange(8.0), np.array([0.0, 4, 1, 7, 3, 2, 9, 5])
    rows = [3 * swing + 5 * time, *(sign * swing + slope * time for slope in range(9) for sign in (1, -1))]
    outcome = np.column_stack([np.array(rows) + shared, np.zeros((19, 2))])
    groups = groups_of(panel_of(outcome, [8] + [10] * 18), np.random.default_rng(1))
    assert isinstance(groups, Groups)
    assert groups.noisier == pytest.approx([3] + [1] * 18)
    assert groups.noise_degrees == 6


def test_two_groups_are_told_by_the_spread_within_each_and_by_every_other_draw() -> None:
    """By hand: means of 6 and 2, variances of 4 and 1; Welch's error is the root of 4/2 + 1/2.

    In blocks the differences of both pairs are 4 less and 4 more than the root of a half.
    """
    outcome = np.array([[6 - np.sqrt(2)], [6 + np.sqrt(2)], [2 - np.sqrt(0.5)], [2 + np.sqrt(0.5)]])
    weights = np.array([[1.0], [-1.0]]) / 2
    kind, drawn = [0, 0, 1, 1], [[1, 1, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 1, 0]]
    groups = _groups(kind, drawn, [1] * 4)
    spread = contrast_spread(outcome, groups, weights)
    assert isinstance(spread, Spread)
    assert (spread.value, spread.error) == pytest.approx((4, np.sqrt(2.5)))
    assert spread.degrees == pytest.approx(2.5**2 / (2**2 + 0.5**2))
    assert differs(outcome, groups, weights) == pytest.approx((2 / 6, spread.p_value))  # turned round it is as large
    in_blocks = contrast_spread(outcome, _groups(kind, drawn, [1] * 4, blocks=[0, 1, 0, 1]), weights)
    assert isinstance(in_blocks, Spread)
    assert (in_blocks.value, in_blocks.error, in_blocks.degrees) == pytest.approx((4, np.sqrt(0.5), 1))


def test_a_single_unit_has_the_spread_of_the_others_as_often_as_it_is_noisier() -> None:
    """By hand: of 1, 3 and 5 the variance is 4, their mean has 4/3; one unit as noisy adds 4, twice as noisy 16."""
    outcome, weights = np.array([[9.0], [1], [3], [5]]), np.array([[1.0], [-1 / 3]])
    for times, variance, degrees in ((1.0, 4.0, 2.0), (2.0, 16.0, 1.5)):
        groups = replace(
            _groups([0, 1, 1, 1], [[1, 0, 1, 1]], [1] * 4), noisier=np.array([times, 1, 1, 1]), noise_degrees=1.5
        )
        spread = contrast_spread(outcome, groups, weights)
        assert isinstance(spread, Spread)
        assert (spread.value, spread.error) == pytest.approx((6, np.sqrt(variance + 4 / 3)))
        by_hand = (variance + 4 / 3) ** 2 / (variance**2 / degrees + (4 / 3) ** 2 / 2)
        assert spread.degrees == pytest.approx(min(2, by_hand))  # no more than four units less two means


def test_what_no_effect_touches_is_held_against_what_other_draws_give() -> None:
    """By hand: 1.5 less 6.5; the other way round, 2.5 less 5.5, and 5 less 3."""
    outcome = np.array([[1.0], [2], [4], [9]])
    groups = _groups([0, 0, 1, 1], [[1, 1, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0]], [1] * 4)
    found = told(outcome, None, groups, np.array([[1.0], [-1.0]]) / 2)
    assert isinstance(found, Told)
    assert found.by_chance == pytest.approx([5, -3, 2])
    assert (found.spread.value, found.p_value, found.confidence) == pytest.approx((-5, 2 / 4, 0.75))


def test_what_does_not_spread_says_nothing_by_chance() -> None:
    same = np.array([[5.0], [5], [2], [2]])
    groups = _groups([0, 0, 1, 1], [[1, 1, 0, 0]], [1] * 4)
    assert differs(same, groups, np.array([[1.0], [-1.0]])) == (1, 1)
    refused = told(same, None, groups, np.array([[1.0], [-1.0]]))
    assert isinstance(refused, NotEstimable)
    assert (refused.reason, refused.measured) == (NotEstimableReason.NO_SPREAD, {"effect": 6})


def test_what_chance_gives_is_told_without_the_effect_that_was_found() -> None:
    """By hand: one unit of 9 against 1, 3 and 5 has an effect of 6; without it, it is 3 like the mean of the others."""
    groups = _groups([0, 1, 1, 1], [[1, 0, 1, 1], [1, 1, 0, 1], [1, 1, 1, 0]], [1] * 4)
    outcome, under = np.array([[9.0], [1], [3], [5]]), np.array([[1.0], [0], [0], [0]])
    found = told(outcome, under, groups, np.array([[1.0], [-1 / 3]]))
    assert isinstance(found, Told)
    assert found.spread.value == pytest.approx(6)
    assert found.by_chance == pytest.approx([1 - 11 / 3, 0, 5 - 7 / 3])
    assert (found.p_value, found.confidence) == (0.25, 0.75)
