import numpy as np
import pytest
from tests.unit.assess.effect.panels import noisy, panel_of

from quetsach.assess.effect.did import TwoWayFit, bacon, fit_two_way


@pytest.mark.parametrize("never", [0, 7])
def test_the_comparisons_add_up_to_the_coefficient_of_a_two_way_regression(never: int) -> None:
    starts = [4] * 5 + [7] * 3 + [9] * 6 + [14] * never
    outcome = noisy(len(starts), 14)
    outcome -= np.maximum(np.arange(14) - np.array(starts)[:, None] + 1, 0)
    panel = panel_of(outcome, starts)
    fit = fit_two_way(outcome, panel.is_under_treatment[:, :, None].astype(float))
    assert isinstance(fit, TwoWayFit)
    found = bacon(panel)
    assert sum(one.weight for one in found) == pytest.approx(1)
    assert sum(one.weight * one.estimate for one in found) == pytest.approx(fit.coefficients[0])
    assert 0 < sum(one.weight for one in found if one.is_forbidden) < 1


def test_with_one_start_nothing_is_forbidden() -> None:
    assert not any(one.is_forbidden for one in bacon(panel_of(noisy(12, 8), [4] * 6 + [8] * 6)))
