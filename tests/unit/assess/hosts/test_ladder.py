import numpy as np
import pytest

from quetsach.assess.hosts.schedule import STEP_HOURS, STEPS, GapLadder, step_of


def test_a_step_ends_where_it_says_to_the_millisecond() -> None:
    ends = np.concatenate((STEP_HOURS, STEP_HOURS + 1 / 3_600_000))
    assert step_of(ends).tolist() == [*range(STEPS), *range(1, STEPS + 1)]


def test_steps_reach_from_a_minute_to_four_days() -> None:
    assert (STEP_HOURS[0], STEP_HOURS[-1]) == (pytest.approx(1 / 60), 96)


def test_gaps_are_counted_and_summed_and_long_ones_left_out() -> None:
    ladder = GapLadder.of(np.array([0.0, 1.0, 1.0, 2.0, 97.0]))
    assert ladder.up_to(STEPS - 1) == (4, 4.0, 6.0)
    assert ladder.up_to(0) == (1, 0.0, 0.0)


def test_ladders_of_two_parts_add_up_to_that_of_the_whole() -> None:
    gaps = np.random.default_rng(1).exponential(2, 500)
    both, whole = GapLadder.of(gaps[:200]) + GapLadder.of(gaps[200:]), GapLadder.of(gaps)
    for name in ("count", "hours", "squares"):
        assert getattr(both, name) == pytest.approx(getattr(whole, name))
