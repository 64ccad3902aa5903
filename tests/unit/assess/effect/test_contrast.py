"""Intervals from draws: where a draw crosses the true starts, and where rounding alone would say that it does."""

import numpy as np
import pytest

from quetsach.assess.effect.contrast import inverted

CHANCE = np.array([0.5, -0.2, 0.1])


def test_ends_of_an_interval_are_where_draws_cross_the_true_starts() -> None:
    """By hand: with an effect of 1 a unit, and none in the draws, a draw is as large from value - it to value + it."""
    assert inverted(2.0, 1.0, CHANCE, np.zeros(3), 1) == (pytest.approx(1.5), pytest.approx(2.5))
    assert inverted(2.0, 1.0, CHANCE, np.zeros(3), 2) == (pytest.approx(1.8), pytest.approx(2.2))


@pytest.mark.parametrize("left_over", [0.0, 1e-16, -1e-16, 3e-13])
def test_a_draw_of_the_same_unit_of_effect_crosses_nowhere_whatever_rounding_leaves(left_over: float) -> None:
    """It once gave e to 500,000,000,000 on one kind of processor, and nothing on another."""
    of_one = np.array([1.0 + left_over, 0.0, 0.0])
    assert inverted(2.0, 1.0, CHANCE, of_one, 1) == (-np.inf, np.inf)
    assert inverted(2.0, 1.0, CHANCE, of_one, 2) == (pytest.approx(1.8), pytest.approx(2.2))
