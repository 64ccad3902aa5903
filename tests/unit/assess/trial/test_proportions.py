import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from quetsach.assess.trial.registration import (
    detectable_difference,
    power_of_difference,
    score_difference,
    size_per_arm,
)


@pytest.mark.parametrize(("successes", "others"), [((56, 70), (48, 80)), ((5, 20), (19, 20)), ((300, 950), (10, 50))])
def test_the_interval_is_newcombe_s(successes: tuple[int, int], others: tuple[int, int]) -> None:
    ends = score_difference(*(np.array(float(n)) for n in (*successes, *others)))
    expected = confint_proportions_2indep(*successes, *others, method="newcomb", compare="diff")
    assert ends == pytest.approx(expected, abs=1e-9)


def test_the_published_example_is_met() -> None:
    """Newcombe 1998, method 10: 56/70 against 48/80."""
    low, high = score_difference(*(np.array(float(n)) for n in (56, 70, 48, 80)))
    assert (float(low), float(high)) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_none_and_all_have_an_interval() -> None:
    low, high = score_difference(*(np.array([float(n)]) for n in (30, 30, 0, 30)))
    assert 0.7 < low[0] < high[0] <= 1
    low, high = score_difference(*(np.array([float(n)]) for n in (0, 30, 0, 30)))
    assert -0.2 < low[0] < 0 < high[0] < 0.2


@pytest.mark.parametrize(
    ("control", "treated", "size"),
    [(0.74, 0.92, 87), (0.58, 0.92, 29), (0.45, 0.62, 176), (0.13, 0.32, 97), (0.74, 0.79, 1506)],
)
def test_sizes_for_90_per_cent_are_those_that_were_published(control: float, treated: float, size: int) -> None:
    assert size_per_arm(control, treated, power=0.9) == size
    assert power_of_difference(control, treated - control, sizes=(size, size)) == pytest.approx(0.9, abs=0.005)


def test_the_smallest_difference_has_the_power_that_it_was_asked_for() -> None:
    found = detectable_difference(0.74, power=0.8, sizes=(87, 87))
    assert found is not None
    assert power_of_difference(0.74, found, sizes=(87, 87)) == pytest.approx(0.8)
    assert detectable_difference(0.97, power=0.9, sizes=(10, 10)) is None


def test_days_that_are_alike_find_less_than_as_many_customers() -> None:
    customers = power_of_difference(0.5, 0.1, sizes=(400, 400))
    assert power_of_difference(0.5, 0.1, sizes=(400, 400), degrees=38, design=1 + 19 * 0.1) < customers - 0.2
