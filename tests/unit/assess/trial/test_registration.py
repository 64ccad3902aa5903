from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.unit.assess.effect.test_registration import KEY, PUBLIC, verify
from tests.unit.assess.trial.trials import trial

from quetsach.assess.estimate import AssessError
from quetsach.assess.trial.registration import (
    Expected,
    Outcome,
    is_trial,
    power_of_trial,
    read_trial,
    score_difference,
    seal_trial,
)

STAYED: dict[str, Any] = {"outcome": Outcome.STAYED_CLEAN, "again_days": 30}


@pytest.mark.parametrize("lost", [0.0, 0.05])
def test_achieved_is_said_with_a_chance_of_80_per_cent_from_where_the_plan_says(lost: float) -> None:
    """By the extremes: every lost customer with the measure failed, every other one succeeded."""
    lot, target, control = trial(1200).lot, 0.05, 0.4
    least = power_of_trial(lot, Expected(control, lost), target).achieved_from
    assert least is not None
    generator, followed = np.random.default_rng(4), round(600 * (1 - lost))
    treated = generator.binomial(followed, control + least, 4000).astype(float)
    others = generator.binomial(followed, control, 4000) + 600.0 - followed
    low, _ = score_difference(treated, np.full(4000, 600.0), others, np.full(4000, 600.0))
    assert (low >= target).mean() == pytest.approx(0.8, abs=0.05)


def test_achieved_is_out_of_reach_where_more_would_be_needed_than_there_is() -> None:
    assert power_of_trial(trial(200).lot, Expected(0.8, 0.2), 0.1).achieved_from is None


def test_a_lot_with_fewer_customers_finds_less() -> None:
    small, large = (power_of_trial(trial(size).lot, Expected(0.5), 0.1) for size in (100, 1000))
    assert small.power < 0.3 < large.power
    assert small.is_weak
    assert small.per_arm == large.per_arm


def test_a_plan_promises_what_its_interval_reaches_with_all_lost_at_their_worst() -> None:
    """Of 80 % followed, a true difference d shows 0.8 d - 0.2: on target it is when that is target and reach."""
    lot, expected = trial(2000).lot, Expected(0.3, 0.2)
    found = power_of_trial(lot, expected, 0.05)
    reach = found.detectable[80]
    assert reach is not None
    assert found.achieved_from is not None
    assert 0.8 * found.achieved_from - 0.2 == pytest.approx(0.05 + reach)


def test_days_of_customers_who_are_alike_are_counted_as_days() -> None:
    """It takes 87 single customers a side (published); ten a day, alike by a fifth, count 2.8 times less."""
    found = power_of_trial(trial(days=28).lot, Expected(0.74, lost=0.0, a_day=10, alike=0.2), 0.18)
    assert found.per_arm[90] == 25  # 87 * 2.8 / 10 = 24.36
    assert power_of_trial(trial(days=28).lot, Expected(0.74, lost=0.0, a_day=10), 0.18).per_arm[90] == 9


@pytest.mark.parametrize("percent", [80, 90])
def test_what_is_detectable_is_told_from_none_as_often_as_it_says(percent: int) -> None:
    customers = power_of_trial(trial(1000).lot, Expected(0.3, 0.2), 0.1).detectable[percent]
    days = power_of_trial(trial(days=28).lot, Expected(0.3, 0.2, a_day=50, alike=0.1), 0.1).detectable[percent]
    assert customers
    assert days
    for found, of, times, quantile in (
        (customers, 400, 1.0, stats.norm.ppf(0.975)),
        (days, 14 * 40, 1 + 39 * 0.1, stats.t.ppf(0.975, 26)),
    ):
        shares = 0.3, 0.3 + found
        error = np.sqrt(times * sum(share * (1 - share) / of for share in shares))
        assert stats.norm.cdf(found / error - quantile) == pytest.approx(percent / 100, abs=1e-6)


@pytest.mark.parametrize("target", [0.0, 1.0, 0.5])
def test_a_target_that_cannot_be_is_refused(target: float) -> None:
    with pytest.raises(AssessError):
        power_of_trial(trial().lot, Expected(0.5), target)


@pytest.mark.parametrize(
    "expected",
    [
        {"control": 0.0},
        {"control": 1.0},
        {"lost": -0.1},
        {"lost": 1.0},
        {"a_day": 0.9},
        {"alike": -0.1},
        {"alike": 1.0},
    ],
)
def test_what_cannot_be_expected_is_refused(expected: dict[str, float]) -> None:
    Expected(0.5, lost=0.0, a_day=1, alike=0.0)
    with pytest.raises(AssessError, match="cannot be"):
        Expected(**{"control": 0.5, **expected})


@pytest.mark.parametrize("settings", [{"within_days": 1}, {"within_days": 365}, {**STAYED, "again_days": 365}, STAYED])
def test_a_registration_is_read_as_it_was_signed(settings: dict[str, Any]) -> None:
    planned = replace(trial(), expected=Expected(0.4, 0.05, 12, 0.01), **settings)
    content = seal_trial(planned, public_key=PUBLIC, sign=KEY.sign)
    assert read_trial(content, where="x", verify=verify) == (planned, PUBLIC)
    assert is_trial(content)


@pytest.mark.parametrize(
    "settings",
    [
        {"target": 0.0},
        {"target": 1.0},
        {"within_days": 0},
        {"within_days": 366},
        {**STAYED, "again_days": 366},
        {"again_days": -1},
        {"again_days": 30},
        {"outcome": Outcome.STAYED_CLEAN},
        {"source": ""},
        {"source": "VN\nPT"},
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(AssessError):
        replace(trial(), **settings)


def test_nothing_is_signed_on_the_first_day() -> None:
    with pytest.raises(AssessError, match="only before"):
        seal_trial(replace(trial(), registered_at=datetime(2027, 5, 3, tzinfo=UTC)), public_key=PUBLIC, sign=KEY.sign)


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"registration": {"kind": "effect"}}', b"[" * 100_000])
def test_what_is_no_trial_is_told_apart(content: bytes) -> None:
    assert is_trial(content) is False
    with pytest.raises(AssessError, match="not a registration"):
        read_trial(content, where="x", verify=verify)
