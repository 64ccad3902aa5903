"""When another account of what would have been widens an interval, and what a verdict is held against."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.assess.effect.panels import grounds_of, noisy, panel_of
from tests.unit.assess.effect.test_verdict import codes

from quetsach.assess.effect import Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.contrast import groups_of
from quetsach.assess.effect.finding import Spread
from quetsach.assess.effect.group_time import Comparison, rivals_of
from quetsach.assess.effect.sensitivity import AGREES_AT_MOST, STRICTER, Rival, not_excluded, widened
from quetsach.assess.estimate import AssessError, Estimate, NotEstimable

USUAL = Finding(Method.DID, Scale.LOG, Spread(0.0, 0.5, 30), Estimate(0.0, -1.0, 1.0), 1.0, None)


def rival(agrees: float, *, name: str = "line", value: float = -2.0, may_hold: bool = False) -> Rival:
    return Rival(name, Estimate(value, value - 3, value + 3), agrees, may_hold)


@pytest.mark.parametrize(("others", "is_wider"), [(0, True), (1, True), (2, False)])
def test_the_more_accounts_there_are_the_more_each_must_differ(others: int, *, is_wider: bool) -> None:
    found = widened(USUAL, [rival(0.2), *[rival(1.0, name="bent")] * others])
    assert (found.effect.low < -1) is is_wider


def test_an_account_that_says_less_widens_below_alone() -> None:
    found = widened(USUAL, [rival(0.01)])
    assert (found.effect.low, found.effect.high) == (-5, 1)


def test_what_the_time_before_does_not_exclude_is_judged_by_98_per_cent() -> None:
    found = widened(USUAL, [rival(1.0, may_hold=True)])
    assert (found.effect.low, found.effect.high) == (-1, 1)
    assert found.strict is not None
    assert found.strict.low == pytest.approx(-2 - 3 * STRICTER)
    assert found.strict.high == pytest.approx(-2 + 3 * STRICTER)
    assert pytest.approx(2.3263 / 1.96, abs=1e-3) == STRICTER


def bent(before: int) -> Panel:
    """Ten of thirty units that bend away from the middle of the time before on, so that it hardly shows."""
    series = noisy(30, before + 8, seed=3, deviation=0.1) / 50
    series[:10] -= 0.4 * (np.maximum(np.arange(before + 8) - before / 2, 0) / (before + 8)) ** 2
    return replace(panel_of(np.exp(series), [before] * 10 + [before + 8] * 20), sha256="a" * 64)


@pytest.mark.parametrize("method", [Method.DID, Method.SC, Method.SDID])
def test_a_time_before_too_short_to_know_a_curve_says_so_and_gives_no_verdict(method: Method) -> None:
    for before, is_told in ((4, False), (8, True)):
        panel, design = bent(before), Design(method)
        found = analyse(panel, design)
        assert isinstance(found, Finding)
        assert ("course-not-told" not in {notice.code for notice in found.notices}) is is_told
        assert ("course-not-told" not in codes(grounds_of(panel, design, target=0.01))) is is_told


def test_the_range_that_is_judged_stands_beside_the_interval_with_the_length_of_the_time_before() -> None:
    found = analyse(bent(8), Design(Method.DID))
    assert isinstance(found, Finding)
    said = not_excluded(found)
    assert said is not None
    assert said.vi.startswith("8 kỳ trước khi bắt đầu")
    assert found.judged
    for text, sign in ((said.vi, ","), (said.en, ".")):
        assert f"{100 * found.judged.high:.1f}".replace(".", sign) in text


def test_the_noise_of_the_treated_alone_is_no_other_account() -> None:
    """One treated unit, three times as noisy: its interval is wider for that already, and must not be so twice."""
    differing = 0
    for seed in range(60):
        series = np.random.default_rng(seed).standard_normal((25, 28))
        series[0] *= 3
        panel = panel_of(series, [16] + [28] * 24)
        groups = groups_of(panel, np.random.default_rng(1))
        assert not isinstance(groups, NotEstimable)
        comparison = Comparison(panel, groups)
        cells = comparison.starts.cells()
        whole = comparison.told(comparison.starts.mean(cells, comparison.base))
        assert not isinstance(whole, NotEstimable)
        [line] = [one for one in rivals_of(comparison, cells, whole) if one.name == "line"]
        differing += line.agrees < AGREES_AT_MOST
    assert differing <= 60 * (AGREES_AT_MOST + 0.15)


def test_a_longer_time_before_excludes_more() -> None:
    widths = []
    for before in (6, 12, 24):
        found = analyse(panel_of(noisy(30, before + 6), [before] * 10 + [before + 6] * 20), Design(Method.DID))
        assert isinstance(found, Finding)
        assert found.strict
        widths.append(found.strict.high - found.strict.low)
    assert widths[0] > 2 * widths[1] > 2 * widths[2]


def test_what_is_stated_to_reach_the_controls_widens_the_interval_away_from_none() -> None:
    panel = bent(8)
    plain, stated = (analyse(panel, Design(Method.DID, spill_over=share)) for share in (0.0, 0.2))
    assert isinstance(plain, Finding)
    assert isinstance(stated, Finding)
    assert stated.effect.value == plain.effect.value
    assert stated.effect.low == pytest.approx(plain.effect.low / 0.8)
    assert stated.effect.high == max(plain.effect.high, plain.effect.high / 0.8)
    assert stated.strict
    assert plain.strict
    assert stated.strict.low == pytest.approx(plain.strict.low / 0.8)
    assert "spill-over" in {notice.code for notice in stated.notices}
    assert "spill-over" not in {notice.code for notice in plain.notices}


def test_on_levels_where_nothing_would_have_been_left_the_range_is_told_in_the_figures() -> None:
    outcome = noisy(30, 20, seed=3)
    found = analyse(panel_of(outcome - outcome.mean(), [12] * 10 + [20] * 20), Design(Method.DID))
    assert isinstance(found, Finding)
    assert found.judged is None
    said = not_excluded(found)
    assert said is not None
    assert "tác động nằm trong khoảng từ" in said.vi
    assert "%" not in said.vi


@pytest.mark.parametrize(("registered", "used", "departs"), [(0.2, 0.1, True), (0.2, 0.2, False), (0.0, 0.2, False)])
def test_less_spill_over_than_registered_departs_and_more_does_not(
    registered: float, used: float, *, departs: bool
) -> None:
    planned, made = Design(Method.DID, spill_over=registered), Design(Method.DID, spill_over=used)
    grounds = replace(grounds_of(bent(8), planned, target=0.01), design=made)
    assert ("departs-in-spill-over" in {notice.code for notice in grounds.departures()}) is departs


def test_a_panel_that_was_read_without_its_covariates_is_no_panel_of_the_analysis() -> None:
    with pytest.raises(AssessError, match="does not have the covariates"):
        analyse(bent(8), Design(Method.SC, covariates=("people",)))
