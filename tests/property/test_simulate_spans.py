import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.simulate.replay import _shares, _stays


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=20), st.integers(0, 10**6))
def test_shares_add_up_and_stay_near_their_weight(weights: list[float], count: int) -> None:
    shares = _shares(weights, count)
    assert sum(shares) == count
    assert all(abs(s - w / sum(weights) * count) <= 1 + 1e-6 for s, w in zip(shares, weights, strict=True))


@settings(max_examples=40)
@given(st.integers(1, 400), st.integers(1, 40), st.floats(1, 60), st.integers(0, 99))
def test_every_stay_has_a_day_inside_its_span(count: int, days: int, mean_days: float, seed: int) -> None:
    first, last = _stays(count, days, mean_days, np.random.default_rng(seed))
    assert bool(np.all((first >= 0) & (first <= last) & (last < days)))
