"""What the gap between the groups did before the start by itself widens the interval, and tells an early effect."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.assess.effect.panels import grounds_of, panel_of
from tests.unit.assess.effect.test_clumps import PERIODS, START, found_in, quiet
from tests.unit.assess.effect.test_verdict import codes

from quetsach.assess.effect import Design, Method
from quetsach.assess.effect.before_start import BEGINS_EARLY

STARTS = [START] * 20 + [PERIODS] * 20


def early(periods: int, *, seed: int = 1) -> np.ndarray:
    """An effect of 30 % on the first 20 of 40 units that begins before the start."""
    series = quiet(40, seed=seed)
    series[:20, START - periods :] += np.log(0.7)
    return np.exp(series)


@pytest.mark.parametrize("periods", [1, 2, 4])
def test_an_effect_that_begins_before_its_start_is_in_the_interval_and_gives_no_verdict(periods: int) -> None:
    panel = replace(panel_of(early(periods), STARTS), sha256="a" * 64)
    found = found_in(panel)
    assert found.effect.low <= np.log(0.7) <= found.effect.high
    [text] = [notice.text for notice in found.notices if notice.code == BEGINS_EARLY]
    assert ("In the last period before" if periods == 1 else f"In the last {periods} periods before") in text.en
    assert BEGINS_EARLY in codes(grounds_of(panel, Design(Method.DID), target=0.2))


def test_an_effect_on_its_day_is_not_called_early() -> None:
    seen = sum(
        BEGINS_EARLY in {notice.code for notice in found_in(panel_of(early(0, seed=seed), STARTS)).notices}
        for seed in range(40)
    )
    assert seen <= 4


@pytest.mark.parametrize("phase", range(0, 26, 5))
@pytest.mark.parametrize("method", [Method.DID, Method.SDID])
def test_a_season_that_the_treated_have_at_another_time_is_in_the_interval(method: Method, phase: int) -> None:
    own = np.where(np.arange(40) < 20, 0.8, 0.0)[:, None]
    series = quiet(40) + 0.15 * np.sin(2 * np.pi * (np.arange(PERIODS) + phase) / 26 + own)
    starts = STARTS
    if method is Method.SDID:
        series, starts = series[19:], [START] + [PERIODS] * 20
    found = found_in(panel_of(np.exp(series), starts), method)
    assert found.effect.low <= 0 <= found.effect.high


def test_regions_that_are_named_are_what_is_compared() -> None:
    """Five units of a region move together: as 40 units they look like four times the evidence."""
    generator = np.random.default_rng(4)
    walks = 0.05 * generator.standard_normal((8, PERIODS)).cumsum(axis=1)
    panel = panel_of(np.exp(quiet(40) + np.repeat(walks, 5, axis=0)), STARTS)
    named = replace(panel, regions=tuple(f"r{unit // 5}" for unit in range(40)))
    plain, by_region = found_in(panel), found_in(named)
    assert by_region.spread.value == pytest.approx(plain.spread.value)
    assert by_region.spread.error > 1.5 * plain.spread.error
    assert by_region.effect.measured["units_control"] == 4
    few = replace(named, sha256="a" * 64)
    assert "few-units-apart" in codes(grounds_of(few, Design(Method.DID), target=0.2))
