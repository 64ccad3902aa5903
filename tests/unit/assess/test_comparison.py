"""One value against four baselines."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.api import OLS, add_constant

from quetsach.assess.comparison import Against, Compared, Point, compare, project
from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason

AT = date(2020, 12, 1)


def months(count: int, *, yearly: float = 0.0, level: float = 1000.0) -> list[Point]:
    days = [AT - timedelta(days=30 * n + 60) for n in range(count, 0, -1)]
    return [Point(day, level * math.exp(yearly * (day - AT).days / 365.25)) for day in days]


def compared(**changed: object) -> dict[Against, Compared]:
    known = {"declared": 2000.0, "previous_year": 1200.0, "months": [1500.0] * 12, "before": months(12)}
    return {c.against: c for c in compare(1000.0, at=AT, **(known | changed))}  # type: ignore[arg-type]


def change(of: Compared) -> float:
    assert isinstance(of.change, Estimate)
    return of.change.value


def test_the_same_value_gives_another_change_against_each_baseline() -> None:
    found = compared()
    assert change(found[Against.DECLARED]) == pytest.approx(-50)
    assert change(found[Against.PREVIOUS_YEAR]) == pytest.approx(-100 / 6)
    assert change(found[Against.TWELVE_MONTHS]) == pytest.approx(-100 / 3)
    assert change(found[Against.PROJECTION]) == pytest.approx(0, abs=1e-9)


def test_a_baseline_that_is_not_known_is_refused_and_not_guessed() -> None:
    found = compared(declared=None, previous_year=0.0, months=[1500.0] * 11 + [None], before=months(5))
    reasons = {against: of.change.reason for against, of in found.items() if isinstance(of.change, NotEstimable)}
    assert reasons == {
        Against.DECLARED: NotEstimableReason.NO_DATA,
        Against.PREVIOUS_YEAR: NotEstimableReason.NO_DATA,
        Against.TWELVE_MONTHS: NotEstimableReason.MONTHS_MISSING,
        Against.PROJECTION: NotEstimableReason.SHORT_TREND,
    }
    assert all(of.name.vi and of.name.en for of in found.values())


@given(st.floats(-1.5, 1.5), st.integers(6, 40), st.floats(1, 1e7))
def test_a_constant_trend_is_carried_on(yearly: float, count: int, level: float) -> None:
    found = project(months(count, yearly=yearly, level=level), at=AT)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(level, rel=1e-6)
    assert found.measured["percent_per_year"] == pytest.approx(100 * math.expm1(yearly), rel=1e-6, abs=1e-6)


def test_the_interval_of_a_noisy_trend_widens_with_the_distance() -> None:
    noisy = [Point(p.day, p.value * (1.1 if n % 2 else 0.9)) for n, p in enumerate(months(12))]
    near, far = project(noisy, at=AT), project(noisy, at=AT + timedelta(days=700))
    assert isinstance(near, Estimate)
    assert isinstance(far, Estimate)
    design = add_constant(np.array([float(p.day.toordinal() - AT.toordinal()) for p in noisy]))
    fitted = OLS(np.log([p.value for p in noisy]), design).fit()
    low, high = fitted.get_prediction(np.array([[1.0, 0.0]])).conf_int(obs=True, alpha=0.05)[0]
    assert (near.low, near.high) == pytest.approx((math.exp(low), math.exp(high)), rel=1e-6)
    assert near.value == pytest.approx(math.exp(fitted.params[0]), rel=1e-6)
    assert far.high / far.low > near.high / near.low
