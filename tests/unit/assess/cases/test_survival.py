"""The curve and the tests of survival against lifelines, an independent implementation."""

import warnings

import numpy as np
import pytest

from quetsach.assess.cases import Spells, log_rank, survival_curve
from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what lifelines itself imports
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test
    from lifelines.utils import median_survival_times


def spells(number: int, seed: int = 1, *, late: bool = False, rounded: bool = False) -> Spells:
    rng = np.random.default_rng(seed)
    ends, censored = rng.exponential(20, number), rng.exponential(40, number)
    if rounded:
        ends, censored = np.ceil(ends), np.ceil(censored)
    entry = np.where(rng.random(number) < 0.5, rng.random(number) * 8, 0.0) if late else np.zeros(number)
    return Spells.of(entry, np.minimum(ends, censored), ends <= censored)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("rounded", [False, True])
def test_the_curve_is_that_of_lifelines(*, late: bool, rounded: bool) -> None:
    ours = spells(3000, late=late, rounded=rounded)
    curve = survival_curve(ours)
    assert not isinstance(curve, NotEstimable)
    theirs = KaplanMeierFitter().fit(ours.exit, ours.event, entry=ours.entry if late else None)
    assert np.abs(curve.share - theirs.predict(curve.days).to_numpy()).max() < 1e-9
    expected = theirs.confidence_interval_survival_function_.loc[curve.days].to_numpy()
    assert np.abs(np.column_stack(curve.bounds()) - expected)[curve.share > 0].max() < 1e-9


def test_the_median_has_the_interval_of_lifelines() -> None:
    ours = spells(200)
    curve = survival_curve(ours)
    assert not isinstance(curve, NotEstimable)
    median = curve.median()
    assert isinstance(median, Estimate)
    theirs = KaplanMeierFitter().fit(ours.exit, ours.event)
    limits = median_survival_times(theirs.confidence_interval_).to_numpy()[0]
    assert (median.value, median.low, median.high) == pytest.approx((theirs.median_survival_time_, *limits))


def test_an_upper_end_that_was_not_reached_is_infinite() -> None:
    few = Spells.of(np.zeros(6), np.arange(1.0, 7), np.array([True, True, True, False, False, False]))
    curve = survival_curve(few)
    assert not isinstance(curve, NotEstimable)
    median = curve.median()
    assert isinstance(median, Estimate)
    assert median.high == np.inf


def test_fewer_than_half_clean_have_no_median() -> None:
    curve = survival_curve(Spells.of(np.zeros(4), np.arange(1.0, 5), np.array([True, False, False, False])))
    assert not isinstance(curve, NotEstimable)
    refused = curve.median()
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.MEDIAN_NOT_REACHED


def test_nothing_is_said_of_times_that_nobody_was_watched_for() -> None:
    curve = survival_curve(spells(50))
    assert not isinstance(curve, NotEstimable)
    refused = curve.at(10_000)
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.NOT_WATCHED_FOR_LONG_ENOUGH


def test_before_the_first_event_everybody_is_infected() -> None:
    curve = survival_curve(Spells.of(np.zeros(2), np.array([5.0, 6.0]), np.array([True, True])))
    assert not isinstance(curve, NotEstimable)
    assert curve.at(4) == Estimate(1.0, 1.0, 1.0, curve.measured)


def test_a_curve_that_is_empty_in_the_middle_is_refused() -> None:
    gap = Spells.of(np.array([0.0, 5.0, 5.0]), np.array([3.0, 8.0, 9.0]), np.ones(3, dtype=bool))
    refused = survival_curve(gap)
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.NOBODY_AT_RISK
    assert refused.measured["days"] == 3


def test_who_enters_at_a_time_is_not_at_risk_at_that_time() -> None:
    curve = survival_curve(Spells.of(np.array([0.0, 0.0, 3.0]), np.array([3.0, 8.0, 9.0]), np.ones(3, dtype=bool)))
    assert not isinstance(curve, NotEstimable)
    assert list(curve.at_risk) == [2, 2, 1]


@pytest.mark.parametrize("rounded", [False, True])
def test_the_log_rank_test_is_that_of_lifelines(*, rounded: bool) -> None:
    ours = spells(900, rounded=rounded)
    group = np.arange(len(ours)) % 3
    tested = log_rank(ours, group)
    assert not isinstance(tested, NotEstimable)
    theirs = multivariate_logrank_test(ours.exit, group, ours.event)
    assert tested.statistic == pytest.approx(theirs.test_statistic, abs=1e-6)
    assert tested.probability == pytest.approx(theirs.p_value, abs=1e-6)
    assert sum(tested.observed) == pytest.approx(sum(tested.expected))
    told = {"chi_squared": tested.statistic, "freedom": 2, "probability": tested.probability}
    assert tested.as_json() == told


def test_groups_that_differ_only_between_strata_do_not_differ_inside_them() -> None:
    rng = np.random.default_rng(4)
    stratum = rng.integers(0, 2, 4000)
    group = (rng.random(4000) < np.where(stratum == 1, 0.9, 0.1)).astype(np.int64)
    ends = rng.exponential(np.where(stratum == 1, 60.0, 10.0))
    ours = Spells.of(np.zeros(4000), ends, np.ones(4000, dtype=bool))
    mixed, inside = log_rank(ours, group), log_rank(ours, group, stratum)
    assert not isinstance(mixed, NotEstimable)
    assert not isinstance(inside, NotEstimable)
    assert mixed.probability < 1e-9
    assert inside.probability > 0.01


def test_one_group_is_nothing_to_compare() -> None:
    refused = log_rank(spells(10), np.zeros(10, dtype=np.int64))
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.NOTHING_TO_COMPARE
