import numpy as np
import pytest
from tests.unit.assess.trial.trials import trial

from quetsach.assess.trial.registration import Expected, power_of_trial, score_difference


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
