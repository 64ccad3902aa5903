"""What would have been, period by period: agrees with the effect, holds the truth, and stops where nothing tells it."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.assess.effect.panels import noisy, panel_of, wedge_panel

from quetsach.assess.effect import Design, Finding, Method, Scale, analyse
from quetsach.assess.effect.panel import Panel
from quetsach.assess.estimate import Estimate

START, PERIODS = 14, 24
ONE_START = (Method.DID, Method.SC, Method.SDID, Method.CITS)


def found_in(panel: Panel, method: Method, scale: Scale = Scale.LEVEL) -> Finding:
    answer = analyse(panel, Design(method, scale))
    assert isinstance(answer, Finding)
    return answer


def one_start(fall: float, *, treated: int = 1, seed: int = 1) -> tuple[Panel, np.ndarray]:
    """A panel in which the first units fall at the start, and their mean if they had not."""
    outcome = noisy(30, PERIODS, seed=seed)
    without = outcome[:treated].mean(axis=0)
    outcome[:treated, START:] -= fall
    return panel_of(outcome, [START] * treated + [PERIODS] * (30 - treated)), without


@pytest.mark.parametrize("method", [Method.DID, Method.SC, Method.SDID])
@pytest.mark.parametrize("treated", [1, 6])
def test_what_lies_between_the_two_lines_after_the_start_is_the_effect(method: Method, treated: int) -> None:
    panel, _ = one_start(10, treated=treated)
    found = found_in(panel, method)
    gaps = [p.observed - p.expected.value for p in found.points if p.observed is not None and p.expected is not None]
    assert len(gaps) == PERIODS
    assert np.mean(gaps[START:]) == pytest.approx(found.effect.value)


@pytest.mark.parametrize("method", ONE_START)
def test_the_band_holds_what_would_have_been(method: Method) -> None:
    held = []
    for seed in range(12):
        panel, without = one_start(10, seed=seed)
        expected = [point.expected for point in found_in(panel, method).points]
        held += [e.low <= true <= e.high for e, true in zip(expected, without, strict=True) if e is not None]
    assert len(held) == 12 * PERIODS
    assert np.mean(held) > 0.93


def test_an_interval_that_was_widened_widens_the_band() -> None:
    panel, _ = one_start(10)
    found = found_in(panel, Method.DID)
    effect = found.effect
    wide = replace(found, effect=replace(effect, low=effect.value - 4 * (effect.value - effect.low)))
    for narrow, other in zip(found.points, wide.points, strict=True):
        assert narrow.expected is not None
        assert other.expected is not None
        assert other.expected.high - other.expected.value > 2 * (narrow.expected.high - narrow.expected.value)
        assert other.expected.low == pytest.approx(narrow.expected.low)


@pytest.mark.parametrize("scale", [Scale.LOG, Scale.COUNT])
def test_what_was_observed_of_one_unit_is_its_own_figures(scale: Scale) -> None:
    panel, _ = one_start(10)
    points = list(found_in(panel, Method.DID, scale).points)
    assert [point.observed for point in points] == pytest.approx(list(panel.outcome[0]))
    assert [point.period for point in points] == list(panel.periods.labels)


def test_a_wedge_is_compared_only_while_some_have_begun_and_others_have_not() -> None:
    panel = wedge_panel(0.5)
    points = list(found_in(panel, Method.WEDGE, Scale.LOG).points)
    told = [n for n, point in enumerate(points) if point.expected is not None]
    assert told == list(range(panel.cohorts[0], panel.cohorts[-1]))
    last = points[told[-1]]
    assert isinstance(last.expected, Estimate)
    assert last.observed is not None
    assert last.observed < last.expected.low  # four in five units fell by half


def test_starts_one_after_the_other_are_compared_until_nobody_waits() -> None:
    outcome = noisy(40, 20)
    starts = [8] * 8 + [12] * 8 + [16] * 24
    for unit, start in enumerate(starts):
        outcome[unit, start:] -= 10
    points = list(found_in(panel_of(outcome, starts), Method.DID).points)
    assert [point.expected is not None for point in points] == [True] * 16 + [False] * 4


def test_gaps_in_the_panel_leave_no_course() -> None:
    outcome = noisy(30, 12)
    outcome[3, 2] = np.nan
    found = found_in(panel_of(outcome, [7] * 10 + [12] * 20), Method.DID)
    assert list(found.points) == []
    assert found.as_json()["course"] == []
