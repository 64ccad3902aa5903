"""What the gap between the groups did before the start by itself widens the interval, and tells an early effect."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.assess.effect.panels import grounds_of, panel_of
from tests.unit.assess.effect.test_clumps import PERIODS, START, found_in, quiet
from tests.unit.assess.effect.test_verdict import codes

from quetsach.assess.effect import Design, Finding, Method, analyse
from quetsach.assess.effect.group_time import BEGINS_EARLY, strayed_among
from quetsach.assess.estimate import NotEstimable

STARTS = [START] * 20 + [PERIODS] * 20


ONE = [START] + [PERIODS] * 24


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


@pytest.mark.parametrize("before", [4, 5])
def test_just_so_many_periods_are_told_as_were_compared(before: int) -> None:
    """Of so short a time before the start no four last periods can be held against earlier ones."""
    series = early(2)[:, START - before :]
    found = found_in(panel_of(np.exp(series), [before] * 20 + [series.shape[1]] * 20))
    [text] = [notice.text.en for notice in found.notices if notice.code == BEGINS_EARLY]
    assert "In the last 2 periods before" in text
    gaps = 0.01 * np.random.default_rng(1).standard_normal((30, 9))
    for size in range(1, 5):
        strayed = strayed_among(gaps[0] + (np.arange(9) >= before - size), gaps[1:], before)
        assert strayed
        assert strayed.lead in (1, 2, None)


def test_groups_with_too_short_a_time_before_are_not_among_those_that_are_told() -> None:
    """A group that began in the fifth period had no four last ones: what is told is of the group that had."""
    series = quiet(40)
    series[10:20, START - 4 :] += np.log(0.7)
    starts = [4] * 10 + [START] * 10 + [PERIODS] * 20
    [text] = [n.text.en for n in found_in(panel_of(np.exp(series), starts)).notices if n.code == BEGINS_EARLY]
    assert "In the last 4 periods before" in text


def is_called_early(series: np.ndarray, method: Method) -> bool:
    """Whether that stands in the way of a verdict on a panel with one treated unit."""
    panel = replace(panel_of(np.exp(series), ONE), sha256="a" * 64)
    design = Design(method, ramp=1 if method is Method.CITS else None)
    return BEGINS_EARLY in codes(grounds_of(panel, design, target=0.2))


@pytest.mark.parametrize("method", [Method.SDID, Method.CITS])
def test_one_unit_whose_effect_begins_early_gives_no_verdict_and_a_noisy_one_begins_nothing(method: Method) -> None:
    series = quiet(25)
    series[0, START - 2 :] += np.log(0.7)
    assert is_called_early(series, method)
    seen = 0
    for seed in range(8):
        series = quiet(25, seed=seed)
        series[0] = series.mean(axis=0) + 3 * (series[0] - series.mean(axis=0))
        seen += is_called_early(series, method)
    assert seen <= 2


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


@pytest.mark.parametrize("method", [Method.SC, Method.SDID, Method.CITS])
def test_regions_that_are_named_are_compared_by_every_method(method: Method) -> None:
    """Of 20 controls in ten regions there are ten to compare with: too few to let one play the treated."""
    series = np.exp(quiet(22))
    panel = panel_of(series, [START] * 2 + [PERIODS] * 20)
    answer = analyse(replace(panel, regions=tuple(f"r{unit // 2:02}" for unit in range(22))), Design(method, ramp=1))
    if method is not Method.CITS:
        assert isinstance(answer, NotEstimable)
        assert answer.measured["units_control"] == 10
        return
    means = panel_of(np.exp(np.log(series).reshape(11, 2, -1).mean(axis=1)), [START] + [PERIODS] * 10)
    by_hand = found_in(means, method)
    assert isinstance(answer, Finding)
    assert answer.effect.low == pytest.approx(by_hand.effect.low)
