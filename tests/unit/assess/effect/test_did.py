from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.unit.assess.effect.panels import noisy, panel_of

from quetsach.assess.effect import Counted, Design, Finding, Method, Scale, analyse
from quetsach.assess.estimate import NotEstimable, NotEstimableReason

DID = Design(Method.DID, Scale.LEVEL)


def _found(panel: object, design: Design = DID) -> Finding:
    answer = analyse(panel, design)
    assert isinstance(answer, Finding)
    return answer


def test_two_groups_and_two_periods_give_the_difference_of_differences() -> None:
    outcome = np.array([[10, 8], [12, 8], [11, 9], [10, 11], [10, 13], [11, 12], [11, 13]])
    found = _found(panel_of(outcome, [1, 1, 1, 2, 2, 2, 2]))
    assert found.spread.value == pytest.approx(-8 / 3 - 7 / 4)


def test_beside_its_interval_stands_that_of_welchs_test_which_is_never_wider() -> None:
    outcome = noisy(30, 12)
    found = _found(panel_of(outcome, [7] * 10 + [12] * 20))
    changes = outcome[:, 7:].mean(axis=1) - outcome[:, :7].mean(axis=1)
    test = stats.ttest_ind(changes[:10], changes[10:], equal_var=False)
    assert found.spread.p_value == pytest.approx(test.pvalue)
    beside = found.spread.interval()
    assert (beside.low, beside.high) == pytest.approx(tuple(test.confidence_interval()))
    assert found.effect.low <= beside.low < beside.high <= found.effect.high


@pytest.mark.parametrize("in_blocks", [True, False])
def test_starts_drawn_in_blocks_are_compared_within_them(*, in_blocks: bool) -> None:
    """Larger units drift by themselves; of each pair of alike size one was drawn to begin."""
    size = np.repeat(np.arange(12.0), 2)
    outcome = noisy(24, 12, deviation=0.1) - 0.1 * size[:, None] * np.arange(12)
    panel = panel_of(outcome, [7, 12] * 12)
    if in_blocks:
        panel = panel.drawn_within([panel.units[at : at + 2] for at in range(0, 24, 2)])
    found = _found(panel)
    changes = outcome[:, 7:].mean(axis=1) - outcome[:, :7].mean(axis=1)
    test = stats.ttest_rel(changes[::2], changes[1::2]) if in_blocks else stats.ttest_ind(changes[::2], changes[1::2])
    assert found.spread.p_value == pytest.approx(test.pvalue)
    assert (found.effect.high - found.effect.low < 0.5) is in_blocks


def test_who_was_in_no_draw_leaves_all_units_to_be_exchanged() -> None:
    panel = panel_of(noisy(24, 12), [7, 12] * 6 + [12] * 12)
    drawn = panel.drawn_within([panel.units[at : at + 2] for at in range(0, 12, 2)])
    assert _found(drawn).effect == _found(panel).effect


def test_one_treated_unit_stands_against_the_spread_of_the_controls() -> None:
    outcome = noisy(25, 12)
    found = _found(panel_of(outcome, [7] + [12] * 24))
    changes = outcome[:, 7:].mean(axis=1) - outcome[:, :7].mean(axis=1)
    assert found.spread.error == pytest.approx(changes[1:].std(ddof=1) * np.sqrt(1 + 1 / 24))
    assert found.spread.degrees == pytest.approx(23)


def test_gaps_are_met_by_regression() -> None:
    outcome = noisy(30, 12, deviation=1e-3)
    outcome[:10, 7:] -= 5
    outcome[3, 2] = outcome[20, 9] = np.nan
    found = _found(panel_of(outcome, [7] * 10 + [12] * 20))
    assert found.spread.value == pytest.approx(-5, abs=1e-2)


def test_groups_that_drifted_apart_before_are_noticed() -> None:
    outcome = noisy(30, 12, deviation=0.1)
    outcome[:10] += np.arange(12)
    found = _found(panel_of(outcome, [7] * 10 + [12] * 20))
    check = found.checks[0]
    assert (check.id, check.holds) == ("trends-before", False)
    assert check.value < 0.001


@pytest.mark.parametrize(("fall", "most"), [(0.0, 1.0), (10.0, 0.001)])
def test_units_drawn_by_chance_rarely_differ_as_much_as_treated_ones(fall: float, most: float) -> None:
    outcome = noisy(30, 12, deviation=0.1, seed=5)
    outcome[:10, 7:] -= fall
    check = _found(panel_of(outcome, [7] * 10 + [12] * 20)).checks[1]
    assert check.id == "permutation"
    assert most / 20 <= check.value <= most


def test_staggered_starts_are_averaged_by_group_and_time() -> None:
    """An effect that grows by 1 a period: one coefficient of a two-way regression would be far from its mean."""
    outcome = noisy(40, 12, deviation=1e-6)
    starts = [4] * 10 + [8] * 10 + [12] * 20
    since = np.arange(12) - np.array(starts)[:, None] + 1
    outcome -= np.maximum(since, 0)
    found = _found(panel_of(outcome, starts))
    assert found.spread.value == pytest.approx(-(sum(range(1, 9)) + sum(range(1, 5))) / 12, abs=1e-4)
    under = since > 0
    before = outcome[:20][~under[:20]].mean()
    assert found.after_mean == pytest.approx(outcome[under].mean())
    assert found.observed == pytest.approx(outcome[under].mean() / before - 1)
    assert [part.estimate.value for part in found.parts if part.id.startswith("since-")] == pytest.approx(
        [-1, -2, -3, -4, -5, -6, -7, -8], abs=1e-4
    )


def test_the_table_of_groups_and_times_has_each_against_those_who_had_not_begun() -> None:
    outcome = noisy(40, 12)
    starts = np.array([4] * 10 + [8] * 10 + [12] * 20)
    found = _found(panel_of(outcome, list(starts)))
    table = {(one.start, one.period): one.value for one in found.group_times}
    assert len(table) == 8 + 4
    change = outcome[:, 6] - outcome[:, 3]
    assert table["1974", "1976"] == pytest.approx(change[:10].mean() - change[10:].mean())
    change = outcome[:, 9] - outcome[:, 3]
    assert table["1974", "1979"] == pytest.approx(change[:10].mean() - change[20:].mean())


def test_bands_by_time_hold_for_all_times_at_once() -> None:
    """In nineteen of twenty panels without effect; intervals of single times would hold in fewer than eight of ten."""
    starts = [4] * 8 + [8] * 8 + [12] * 10
    held = 0
    for seed in range(100, 200):
        found = _found(panel_of(np.random.default_rng(seed).standard_normal((26, 12)) + 50, starts))
        held += all(
            part.estimate.low <= 0 <= part.estimate.high for part in found.parts if part.id[:4] in ("lead", "sinc")
        )
    assert held >= 88


def test_logarithms_give_a_reduction_of_one_less_the_exponential() -> None:
    outcome = np.exp(noisy(30, 12, deviation=0.01) / 50)
    outcome[:10, 7:] *= 0.5
    found = _found(panel_of(outcome, [7] * 10 + [12] * 20), Design(Method.DID, Scale.LOG))
    assert found.reduction is not None
    assert found.reduction.value == pytest.approx(0.5, abs=0.01)
    assert found.reduction.low < found.reduction.value < found.reduction.high


def test_levels_give_a_reduction_of_what_there_would_have_been() -> None:
    outcome = noisy(30, 12, deviation=0.01)
    outcome[:10, 7:] -= 20
    found = _found(panel_of(outcome, [7] * 10 + [12] * 20))
    assert found.reduction is not None
    would_have_been = outcome[:10, 7:].mean() + 20
    assert found.reduction.value == pytest.approx(20 / would_have_been, rel=1e-2)
    assert found.reduction.low < found.reduction.value < found.reduction.high


@pytest.mark.parametrize(
    ("starts", "reason"),
    [
        ([4, 4, 4], NotEstimableReason.NOBODY_TREATED),
        ([0, 4, 4], NotEstimableReason.NO_BEFORE),
        ([2, 2, 2], NotEstimableReason.NO_CONTROLS),
        ([2, 4, 4], NotEstimableReason.TOO_FEW_CONTROLS),
    ],
)
def test_it_refuses_where_nothing_can_be_compared(starts: list[int], reason: NotEstimableReason) -> None:
    answer = analyse(panel_of(noisy(3, 4), starts), DID)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is reason


def test_it_refuses_where_nothing_moves() -> None:
    answer = analyse(panel_of(np.ones((12, 4)), [2] * 6 + [4] * 6), DID)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.NO_SPREAD


def test_it_refuses_the_logarithm_of_zero() -> None:
    answer = analyse(panel_of(np.zeros((12, 4)), [2] * 6 + [4] * 6), Design(Method.DID, Scale.LOG))
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.NOT_POSITIVE


def test_gaps_leave_the_regression_on_units_and_periods_with_errors_by_unit() -> None:
    outcome = noisy(16, 9, deviation=0.5)
    outcome[:6, 5:] -= 2
    outcome[3, 2] = outcome[12, 7] = outcome[9, 0] = np.nan
    found = _found(panel_of(outcome, [5] * 6 + [9] * 10))
    unit, period = np.nonzero(~np.isnan(outcome))
    others = np.column_stack([np.eye(16)[unit], np.eye(9)[period]])
    treated = ((unit < 6) & (period >= 5)).astype(float)
    left = treated - others @ np.linalg.lstsq(others, treated)[0]
    values = outcome[unit, period]
    every = np.column_stack([treated, others])
    fitted = np.linalg.lstsq(every, values)[0]
    errors = values - every @ fitted
    scores = np.bincount(unit, left * errors)
    cells = len(values)
    correction = 16 / 15 * (cells - 1) / (cells - 1 - 9)
    assert found.spread.value == pytest.approx(fitted[0])
    assert found.spread.error == pytest.approx(np.sqrt(correction * (scores**2).sum()) / (left @ left))
    assert found.spread.degrees == 5  # as many as the smaller side has units, less one
    assert found.after_mean == pytest.approx(np.nanmean(outcome[:6, 5:]))
    assert (found.effect.measured["cells_missing"], found.effect.measured["periods_after"]) == (3, 4)


@pytest.mark.parametrize(
    ("starts", "gap", "reason"),
    [
        ([5] * 5 + [9] * 10, (0, 0), NotEstimableReason.UNBALANCED),
        ([5] * 10 + [9] * 5, (0, 0), NotEstimableReason.UNBALANCED),
        ([5] * 8 + [6] * 8, (0, 0), NotEstimableReason.UNBALANCED),
        ([5] * 6 + [9] * 10, (slice(6), slice(5)), NotEstimableReason.NOT_IDENTIFIED),
        ([5] * 6 + [9] * 10, (slice(1), slice(5)), NotEstimableReason.UNBALANCED),
    ],
)
def test_gaps_are_refused_where_too_few_units_are_left_or_starts_differ(
    starts: list[int], gap: tuple[slice, slice], reason: NotEstimableReason
) -> None:
    """A unit without any figure before the start, or after it, is none."""
    outcome = noisy(len(starts), 9)
    outcome[gap] = np.nan
    answer = analyse(panel_of(outcome, starts), DID)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is reason


def test_gaps_are_refused_where_units_count_by_their_size() -> None:
    outcome = noisy(16, 9)
    outcome[3, 2] = np.nan
    answer = analyse(panel_of(outcome, [5] * 6 + [9] * 10), replace(DID, counted=Counted.SIZE))
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.UNBALANCED


def test_times_before_the_start_are_told_against_the_last_one_before_it() -> None:
    outcome = noisy(40, 12)
    starts = np.array([4] * 10 + [8] * 10 + [12] * 20)
    found = _found(panel_of(outcome, list(starts)))
    parts = {part.id: part.estimate.value for part in found.parts}
    assert {name for name in parts if name.startswith("lead-")} == {f"lead-{n}" for n in range(2, 9)}
    gaps = []
    for group in (4, 8):
        change = outcome[:, group - 3] - outcome[:, group - 1]
        gaps.append(change[starts == group].mean() - change[starts > group].mean())
    assert parts["lead-3"] == pytest.approx(np.mean(gaps))
    names = {part.id: part.name.en for part in found.parts}
    assert (names["lead-3"], names["since-0"]) == ("3 periods before the start", "Period 1 since the start")
    sizes = ("units_treated", "units_control", "starts", "periods_before", "periods_after", "cells_missing")
    assert [found.effect.measured[name] for name in sizes] == [20, 20, 2, 4, 8, 0]
