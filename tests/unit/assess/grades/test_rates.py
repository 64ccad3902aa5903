from collections.abc import Mapping

import numpy as np
import pytest

from quetsach.assess.estimate import NotEstimable, NotEstimableReason
from quetsach.assess.grades import Grade, Rates, graded_rates, own_change, shrunk_rates


def rates(counts: list[float], subscribers: list[float], weeks: int = 2) -> Rates:
    weekly = np.tile(np.array(counts), (weeks, 1))
    answer = graded_rates(weekly, np.array(subscribers))
    assert not isinstance(answer, NotEstimable)
    return answer


def test_a_small_provider_is_drawn_to_what_all_have_in_common() -> None:
    answer = rates([0, 2000, 3000, 900, 2600, 1500], [0.3, 1000, 1000, 500, 1000, 500])
    small, large = answer.rows[0].shrunk, answer.rows[1].shrunk
    assert 1 < small.value < 3
    assert large.value == pytest.approx(2, rel=0.02)
    assert small.high - small.low > 10 * (large.high - large.low)


def test_the_worst_is_graded_and_a_small_one_is_not() -> None:
    answer = rates([3, 2000, 3000, 900, 2600, 20_000], [0.3, 1000, 1000, 500, 1000, 500])
    assert answer.rows[5].grade is Grade.WORSE
    assert answer.rows[5].rank == (6, 6) or answer.rows[5].rank == (5, 6)
    assert answer.rows[1].grade is Grade.BETTER


def test_weeks_that_vary_more_than_chance_widen_the_intervals() -> None:
    rng = np.random.default_rng(2)
    subscribers = np.full(8, 100.0)
    calm = rng.poisson(500, (8, 8)).astype(float)
    wild = calm * np.exp(0.3 * rng.standard_normal((8, 8)))
    quiet = graded_rates(calm, subscribers)
    loud = graded_rates(wild, subscribers)
    assert not isinstance(quiet, NotEstimable)
    assert not isinstance(loud, NotEstimable)
    assert quiet.excess < 0.002
    assert loud.excess == pytest.approx(0.09, rel=0.5)


def test_joint_intervals_contain_their_own() -> None:
    answer = rates([10, 20, 30, 25, 15, 8], [1.0] * 6)
    for row in answer.rows:
        assert row.rank_of_all[0] <= row.rank[0] <= row.rank[1] <= row.rank_of_all[1]


def test_own_change_is_against_oneself() -> None:
    before, after = rates([1000, 2000, 400, 900, 10], [100.0] * 5), rates([500, 2000, 400, 900, 10], [100.0] * 5)
    changes = own_change(before, after, rng=np.random.default_rng(1))
    assert changes[0].change.value == pytest.approx(-0.5, abs=0.03)
    assert changes[0].change.high < 0
    assert changes[0].fell > 0.999
    assert changes[1].change.low < 0 < changes[1].change.high


def test_four_providers_are_not_ranked() -> None:
    refused = graded_rates(np.ones((2, 4)), np.ones(4))
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.FEW_TO_RANK


def test_a_small_unit_is_drawn_to_what_all_have_and_one_without_machines_is_not_at_zero() -> None:
    subscribers = dict.fromkeys("abcdefg", 100_000.0) | {"tiny": 1000.0, "none": 1000.0}
    found = shrunk_rates(dict.fromkeys("abcdefg", 200.0) | {"a": 220.0, "tiny": 10.0}, subscribers)
    assert isinstance(found, Mapping)
    assert found["a"].value == pytest.approx(2.2, rel=0.1)
    assert 2 < found["tiny"].value < 10
    assert 0 < found["none"].low < found["none"].value < 2.1


def test_rates_of_fewer_than_five_are_refused() -> None:
    assert isinstance(shrunk_rates({"a": 5.0}, {"a": 1000.0}), NotEstimable)
