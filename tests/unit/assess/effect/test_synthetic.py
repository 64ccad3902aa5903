from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize
from tests.unit.assess.effect.panels import noisy, panel_of

from quetsach.assess.effect import Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.panel import Block, block_of
from quetsach.assess.effect.placebos import Played, _fit, fit_check, placebo_checks, placebo_groups, play
from quetsach.assess.effect.synthetic import _jackknife, synthetic_difference
from quetsach.assess.effect.synthetic_weights import (
    by_difference,
    by_mixture,
    corrected,
    noise_of,
    simplex_weights,
    without_covariates,
)
from quetsach.assess.estimate import AssessError, NotEstimable, NotEstimableReason


def _found(panel: object, method: Method) -> Finding:
    answer = analyse(panel, Design(method, Scale.LEVEL))
    assert isinstance(answer, Finding)
    return answer


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(2, 12), st.booleans())
@settings(max_examples=40, deadline=None)
def test_weights_are_shares_and_no_other_shares_come_closer(seed: int, count: int, rows: int, is_centred: bool) -> None:
    generator = np.random.default_rng(seed)
    columns, target, ridge = generator.standard_normal((rows, count)), generator.standard_normal(rows), 0.1

    def loss(weights: np.ndarray) -> float:
        gap = columns @ weights - target
        return float(((gap - gap.mean() * is_centred) ** 2).sum() + ridge * (weights**2).sum())

    found = simplex_weights(columns, target, ridge=ridge, is_centred=is_centred)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    other = minimize(
        loss,
        np.full(count, 1 / count),
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert loss(found) <= loss(other.x) * (1 + 1e-6) + 1e-9


def test_a_unit_that_is_a_mixture_of_controls_is_found_as_such() -> None:
    generator = np.random.default_rng(3)
    outcome = 50 + generator.standard_normal((17, 30)).cumsum(axis=1)
    outcome[0] = 0.7 * outcome[3] + 0.3 * outcome[8]
    outcome[0, 20:] -= 4
    found = _found(panel_of(outcome, [20] + [30] * 16), Method.SC)
    assert found.spread.value == pytest.approx(-4, abs=1e-3)
    assert found.weights == pytest.approx({"u3": 0.7, "u8": 0.3}, abs=1e-3)


def test_a_constant_difference_does_not_disturb_synthetic_did() -> None:
    outcome = noisy(21, 30, deviation=0.3)
    outcome[0] += 1_000
    outcome[0, 20:] -= 4
    found = _found(panel_of(outcome, [20] + [30] * 20), Method.SDID)
    assert found.spread.value == pytest.approx(-4, abs=0.5)


@pytest.mark.parametrize(("above", "is_told"), [(3, True), (1_000, False)])
def test_a_treated_unit_that_no_mixture_reaches_is_noticed_or_refused(above: float, *, is_told: bool) -> None:
    outcome = noisy(21, 30, deviation=0.3)
    outcome[0] = outcome[1:].max(axis=0) + above
    answer = analyse(panel_of(outcome, [20] + [30] * 20), Design(Method.SC, Scale.LEVEL))
    if is_told:
        assert isinstance(answer, Finding)
        assert "poor-fit-before" in {notice.code for notice in answer.notices}
    else:
        assert isinstance(answer, NotEstimable)
        assert answer.reason is NotEstimableReason.NO_MIXTURE


def test_placebos_of_one_treated_unit_are_all_made_so_the_seed_changes_nothing() -> None:
    panel = panel_of(noisy(21, 30), [20] + [30] * 20)
    answers = [analyse(panel, Design(Method.SDID, seed=seed)) for seed in (1, 2)]
    assert answers[0] == answers[1]


def test_several_treated_units_have_placebos_of_their_number() -> None:
    outcome = noisy(24, 30)
    outcome[:4, 20:] -= 10
    found = _found(panel_of(outcome, [20] * 4 + [30] * 20), Method.SDID)
    assert found.effect.low < -10 < found.effect.high
    assert found.effect.measured["placebos"] == 200
    assert found.effect.measured["smallest_p"] == pytest.approx(1 / 201)
    assert {check.draws for check in found.checks} == {200}


def test_the_share_of_placebos_counts_the_treated_unit_itself() -> None:
    outcome = noisy(21, 30)
    outcome[0, 20:] -= 30
    found = _found(panel_of(outcome, [20] + [30] * 20), Method.SC)
    assert (found.effect.measured["placebos"], found.effect.measured["smallest_p"]) == (20, pytest.approx(1 / 21))
    assert found.confidence == 0.95
    few = _found(panel_of(outcome[:16], [20] + [30] * 15), Method.SC)
    assert few.confidence == pytest.approx(1 - 1 / 16)
    assert {check.id: check.value for check in found.checks if check.least is None} == pytest.approx(
        {"placebo-effect": 1 / 21, "placebo-ratio": 1 / 21}
    )


@pytest.mark.parametrize("method", [Method.SC, Method.SDID])
@pytest.mark.parametrize(
    ("starts", "reason"),
    [
        ([20] + [30] * 14, NotEstimableReason.TOO_FEW_CONTROLS),
        ([20, 22] + [30] * 8, NotEstimableReason.STAGGERED),
        ([2] + [30] * 20, NotEstimableReason.TOO_SHORT),
    ],
)
def test_they_refuse_outside_their_domain(method: Method, starts: list[int], reason: NotEstimableReason) -> None:
    answer = analyse(panel_of(noisy(len(starts), 30), starts), Design(method))
    assert isinstance(answer, NotEstimable)
    assert answer.reason is reason


def test_synthetic_control_refuses_fewer_than_two_controls_for_each_treated() -> None:
    answer = analyse(panel_of(noisy(25, 30), [20] * 10 + [30] * 15), Design(Method.SC))
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.TOO_FEW_CONTROLS
    assert answer.measured["needed"] == 20


def test_synthetic_did_then_has_the_jackknife() -> None:
    outcome = noisy(25, 30)
    outcome[:10, 20:] -= 10
    found = _found(panel_of(outcome, [20] * 10 + [30] * 15), Method.SDID)
    assert found.spread.value == pytest.approx(-10, abs=4 * found.spread.error)
    assert found.spread.degrees == 4.5  # half as many as the smaller side has units, less one
    assert found.checks == ()


@pytest.mark.parametrize("more", [{"covariates": np.arange(25.0)[:, None]}, {"weights": np.arange(1.0, 26.0)}])
def test_the_jackknife_is_of_plain_means_alone(more: dict[str, np.ndarray]) -> None:
    panel = replace(panel_of(noisy(25, 30), [20] * 10 + [30] * 15), **more)
    answer = synthetic_difference(panel, Scale.LEVEL, np.random.default_rng(1))
    assert isinstance(answer, NotEstimable)
    assert (answer.reason, answer.measured["needed"]) == (NotEstimableReason.TOO_FEW_CONTROLS, 20)


@pytest.mark.parametrize("method", [Method.SC, Method.SDID, Method.CITS])
def test_they_refuse_a_panel_with_gaps(method: Method) -> None:
    outcome = noisy(12, 30)
    outcome[5, 5] = np.nan
    answer = analyse(panel_of(outcome, [20] + [30] * 11), Design(method))
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.UNBALANCED
    assert answer.measured == {"cells_missing": 1}


def _with_covariate(slope: float, *, seed: int) -> Panel:
    """Units whose course after the start hangs on a trait of theirs, by which the treated lies far off."""
    generator = np.random.default_rng(seed)
    trait = np.append(2.0, generator.standard_normal(24))
    levels = np.append(0.0, generator.standard_normal(24))
    outcome = 50 + levels[:, None] + 0.3 * generator.standard_normal((25, 20))
    outcome[:, 12:] += slope * trait[:, None]
    return replace(panel_of(outcome, [12] + [20] * 24), covariates=trait[:, None])


@pytest.mark.parametrize("method", [Method.SC, Method.SDID])
def test_what_a_covariate_explains_is_no_effect(method: Method) -> None:
    blind, seeing, held = [], [], 0
    for seed in range(8):
        panel = _with_covariate(-2.0, seed=seed)
        without = analyse(replace(panel, covariates=None), Design(method, Scale.LEVEL))
        found = analyse(panel, Design(method, Scale.LEVEL, covariates=("trait",)))
        assert isinstance(without, Finding)
        assert isinstance(found, Finding)
        blind.append(without.effect.value)
        seeing.append(found.effect.value)
        held += found.effect.low <= 0 <= found.effect.high
    assert np.mean(blind) < -3
    assert abs(np.mean(seeing)) < 0.3
    assert held >= 7


def test_a_covariate_of_no_meaning_hardly_changes_an_effect() -> None:
    panel = _with_covariate(0.0, seed=3)
    plain = _found(replace(panel, covariates=None), Method.SDID)
    found = analyse(panel, Design(Method.SDID, Scale.LEVEL, covariates=("trait",)))
    assert isinstance(found, Finding)
    assert found.effect.value == pytest.approx(plain.effect.value, abs=0.3)


def test_each_covariate_needs_its_controls() -> None:
    panel = _with_covariate(0.0, seed=3)
    many = replace(panel, covariates=np.random.default_rng(1).standard_normal((25, 5)))
    answer = analyse(many, Design(Method.SC, Scale.LEVEL, covariates=tuple("abcde")))
    assert isinstance(answer, NotEstimable)
    assert answer.measured["needed"] == 25


def test_a_method_that_takes_no_covariates_says_so() -> None:
    with pytest.raises(AssessError, match="no covariates"):
        Design(Method.DID, covariates=("trait",))


def test_a_misfit_that_told_what_would_come_is_corrected() -> None:
    """Units that grow apart by their level: a treated one above all others grows most, without any campaign."""
    plain, less = [], []
    for seed in range(10):
        generator = np.random.default_rng(seed)
        level = np.append(2.2, 0.8 * generator.standard_normal(24))
        outcome = 50 + level[:, None] + 0.2 * generator.standard_normal((25, 20))
        outcome[:, 12:] += level[:, None]
        found = analyse(panel_of(outcome, [12] + [20] * 24), Design(Method.SC, Scale.LEVEL))
        if isinstance(found, Finding):
            plain.append(found.effect.value)
            [part] = [part for part in found.parts if part.id == "bias-corrected"]
            less.append(part.estimate.value)
    assert len(plain) >= 3
    assert abs(np.mean(less)) < abs(np.mean(plain)) / 3


@given(st.integers(0, 1_000))
@settings(max_examples=10, deadline=None)
def test_a_correction_is_nothing_where_nothing_is_misfitted(seed: int) -> None:
    generator = np.random.default_rng(seed)
    controls = generator.standard_normal((16, 12))
    weights = generator.dirichlet(np.ones(16))
    target = weights @ controls
    target[8:] += 2
    assert corrected(target, controls, 8, weights) == pytest.approx(2)


@pytest.mark.parametrize("method", [Method.SC, Method.SDID])
def test_groups_that_share_their_controls_tell_an_interval_by_t(method: Method) -> None:
    """Of 16 controls the spread is hardly known, however many groups of four are drawn from them."""
    outcome = noisy(20, 30)
    panel = panel_of(outcome, [20] * 4 + [30] * 16)
    block = block_of(panel)
    assert not isinstance(block, NotEstimable)
    played = play(method, block, placebo_groups(block, np.random.default_rng(1)))
    known = replace(played, stretch=1.0)
    reach, narrow = (one.interval(200).high - one.effect for one in (played, known))
    assert reach == pytest.approx(narrow * 2.1314 / 1.96, rel=1e-3)
    single = block_of(panel_of(outcome[3:], [20] + [30] * 16))
    assert not isinstance(single, NotEstimable)
    assert play(method, single, placebo_groups(single, np.random.default_rng(1))).stretch == 1  # units share nobody


def played(effect: float, *, fit: float = 1.0, badly: bool = False, is_level_free: bool = False) -> Played:
    """One unit against 39 placebos with effects of 0.1, -0.2, 0.3 ... and 3.9, which may be fitted ten times worse."""
    effects, none = np.arange(1, 40) / 10 * np.resize([1, -1], 39), np.zeros((39, 4))
    fits = np.where((effects == 3.9) & badly, 10.0, 1.0)
    ratios = np.arange(1, 40) / 10
    alike = none[:, 0]
    return Played(
        effect, alike, fit, 3.75, effects, ratios, fits, is_level_free, none[0], none, none[0], none, effect, alike
    )


@pytest.mark.parametrize(
    ("unit", "reach"),
    [
        (played(-1.0), 3.8),  # the second of 40 from the largest on
        (played(-1.0, fit=2.0), 7.6),
        (played(-1.0, fit=0.5), 3.8),  # no better than the usual misfit
        (played(-1.0, badly=True), 3.7),
        (played(-1.0, badly=True, is_level_free=True), 3.8),
        (replace(played(-1.0), stretch=1.5), 5.7),
    ],
)
def test_an_interval_holds_what_is_no_larger_than_all_but_one_in_twenty_placebos(unit: Played, reach: float) -> None:
    found = unit.interval(39)
    assert (found.value, found.low, found.high) == pytest.approx((-1.0, -1.0 - reach, -1.0 + reach))
    scaled = unit.effects / unit.fits
    by_t = stats.t.ppf(0.975, 38) * max(unit.fit, 1.0) * np.sqrt((scaled**2).mean())
    cautious = unit.cautious_interval(39)
    assert (cautious.low, cautious.high) == pytest.approx((-1.0 - max(reach, by_t), -1.0 + max(reach, by_t)))


def test_groups_that_are_few_are_drawn_several_times_and_told_once() -> None:
    """Of 19 groups the largest ends the interval; drawn twice, the largest two are of that group."""
    assert played(0.0).interval(19).high == pytest.approx(3.8)
    assert replace(played(0.0), effects=np.arange(1, 20) / 10, fits=np.ones(19)).interval(19).high == pytest.approx(1.9)


@pytest.mark.parametrize(
    ("unit", "p_value"),
    [
        (played(3.8), 3 / 40),
        (played(-3.75), 3 / 40),
        (played(4.0), 1 / 40),
        (played(3.8, fit=2.0), 22 / 40),  # from 1.9 on: 21
        (played(3.8, badly=True), 2 / 40),
        (played(3.8, badly=True, is_level_free=True), 3 / 40),
    ],
)
def test_a_p_value_is_the_share_of_effects_as_large_the_treated_counted_in(unit: Played, p_value: float) -> None:
    assert unit.p_value == pytest.approx(p_value)


def test_checks_are_shares_of_placebos() -> None:
    by_effect, by_ratio = placebo_checks(played(3.8))
    assert (by_effect.value, by_ratio.value) == pytest.approx((3 / 40, 3 / 40))
    for fit, share in ((1.0, 40 / 40), (1.1, 2 / 40), (10.0, 2 / 40), (10.1, 1 / 40)):
        check = fit_check(played(0.0, fit=fit, badly=True))
        assert (check.value, check.least) == (pytest.approx(share), pytest.approx(0.1))


def test_a_fit_is_the_root_mean_square_before_and_how_many_times_that_there_is_after() -> None:
    gap = np.array([1.0, 3.0, 5.0, 7.0])
    assert _fit(gap, 2, is_centred=False) == pytest.approx((np.sqrt(5), np.sqrt(37 / 5)))
    assert _fit(gap, 2, is_centred=True) == pytest.approx((1, np.sqrt(17)))
    assert _fit(np.array([0.0, 0.0, 1.0]), 2, is_centred=False) == (0, np.inf)


@given(st.integers(0, 1_000), st.integers(2, 6), st.integers(2, 9))
@settings(max_examples=20, deadline=None)
def test_the_jackknife_leaves_out_one_unit_at_a_time_and_keeps_the_weights(
    seed: int, treated: int, others: int
) -> None:
    """Algorithm 3 of the paper."""
    generator = np.random.default_rng(seed)
    own, controls, weights = generator.normal(size=treated), generator.normal(size=others), np.ones(others)
    weights = generator.dirichlet(weights)
    values = [np.delete(own, at).mean() - weights @ controls for at in range(treated)]
    values += [own.mean() - np.average(np.delete(controls, at), weights=np.delete(weights, at)) for at in range(others)]
    count = treated + others
    whole = own.mean() - weights @ controls
    error = np.sqrt((count - 1) / count * sum((value - whole) ** 2 for value in values))
    assert _jackknife(own, controls, weights) == pytest.approx(error)
    assert _jackknife(own[:1], controls, weights) == 0
    assert _jackknife(own, controls, np.eye(others)[0]) == 0


@pytest.mark.parametrize("method", [Method.SC, Method.SDID])
def test_other_accounts_of_the_gap_are_what_they_say(method: Method) -> None:
    """A line and a curve through the gap to the mean of the controls, and a start pretended at two thirds."""
    outcome = noisy(21, 30, seed=6, deviation=0.5)
    outcome[0] = outcome[1:4].mean(axis=0) + 0.2 * np.random.default_rng(1).standard_normal(30)
    found = _found(panel_of(outcome, [20] + [30] * 20), method)
    parts = {part.id: part.estimate for part in found.parts}
    gap, time = outcome[0] - outcome[1:].mean(axis=0), np.arange(30)
    for name, degree in (("line", 1), ("bent", 2)):
        course = np.polyval(np.polyfit(time[:20], gap[:20], degree), time)
        assert parts[name].value == pytest.approx((gap - course)[20:].mean())
    early = _found(panel_of(outcome[:, :20], [13] + [20] * 20), method).spread.value
    assert parts["in-time"].value == pytest.approx(found.spread.value - early)
    left_out = []
    for unit, share in found.weights.items():
        if share > 0.01:
            kept = [0, *(n for n in range(1, 21) if f"u{n}" != unit)]
            left_out.append(_found(panel_of(outcome[kept], [20] + [30] * 19), method).spread.value)
    if len(left_out) == 20:  # of a mixture of all there is no other to be left out from
        assert "leave-one-out" not in parts
        return
    assert len(left_out) > 1
    assert parts["leave-one-out"].low == pytest.approx(min(left_out), abs=1e-3)
    assert parts["leave-one-out"].high == pytest.approx(max(left_out), abs=1e-3)


def test_three_periods_before_are_enough_and_more_than_500_controls_are_refused() -> None:
    assert _found(panel_of(noisy(16, 6), [3] + [6] * 15), Method.SDID).effect.measured["periods_before"] == 3
    answer = analyse(panel_of(noisy(502, 6), [4] + [6] * 501), Design(Method.SC, Scale.LEVEL))
    assert isinstance(answer, NotEstimable)
    assert (answer.reason, answer.measured["most"]) == (NotEstimableReason.TOO_MANY_CONTROLS, 500)


def _block(outcome: np.ndarray, start: int, *, treated: int = 1) -> Block:
    periods = outcome.shape[1]
    block = block_of(panel_of(outcome, [start] * treated + [periods] * (len(outcome) - treated)))
    assert not isinstance(block, NotEstimable)
    return block


def test_weights_of_synthetic_did_do_not_see_a_level_that_is_always_there_or_always_after() -> None:
    """A treated unit far above its controls, and a shock after the start that all have, change neither answer."""
    block = _block(noisy(14, 12, seed=4), 8)
    value, weights = by_difference(block)(block.target, block.controls)
    shock = np.where(np.arange(12) >= 8, 30.0, 0.0)
    for target, controls in (
        (block.target + 500, block.controls),
        (block.target + shock, block.controls + shock),
    ):
        other, others = by_difference(block)(target, controls)
        assert other == pytest.approx(value, abs=1e-6)
        assert others == pytest.approx(weights, abs=1e-6)
    assert np.sort(weights)[-2] > 0.01  # there is something that could have changed


def test_a_level_is_part_of_what_synthetic_control_imitates() -> None:
    block = _block(noisy(14, 12, seed=4), 8)
    _, weights = by_mixture(block)(block.target, block.controls)
    _, higher = by_mixture(block)(block.target + 3, block.controls)
    assert weights @ block.controls[:, :8].mean(axis=1) < higher @ block.controls[:, :8].mean(axis=1)


@pytest.mark.parametrize(("treated", "share"), [(1, 22.1333 / 40.2667), (4, 40.2667 / 76.5333)])
def test_weights_are_spread_by_the_noise_and_by_how_many_cells_are_treated(treated: int, share: float) -> None:
    """By hand: two controls, of which the first is the treated one's own course.

    The steps before are 2, -2, 2, 0, 0, 0: a variance of 34/15. With r times 4 periods before, r the root of the
    treated cells (1 and 4 units in 4 periods) times that variance, the weight of the first is (4 + 4r) / (4 + 8r).
    """
    up, flat = [0.0, 2, 0, 2, 5, 5, 5, 5], [0.0] * 8
    block = _block(np.array([up] * treated + [up, flat]), 4, treated=treated)
    assert noise_of(block) ** 2 == pytest.approx(34 / 15)
    _, weights = by_difference(block)(block.target, block.controls)
    assert weights == pytest.approx([share, 1 - share], abs=1e-5)


def test_what_a_covariate_explains_is_taken_out_of_each_period_by_hand() -> None:
    """Controls that are 10 + 2 x in one period and 5 - x in the next; a unit of x = 6 that is 1 above that line."""
    trait = np.array([[1.0], [2], [3], [4]])
    controls = np.hstack([10 + 2 * trait, 5 - trait])
    target, left = without_covariates(np.array([23.0, 0.0]), np.array([6.0]), controls, trait)
    assert left == pytest.approx(np.tile([15.0, 2.5], (4, 1)))  # all at the mean of the controls
    assert target == pytest.approx([16.0, 3.5])


def test_a_covariate_in_which_controls_do_not_differ_explains_nothing() -> None:
    """The deviation of 24 times 0.1 is 1e-17 and not 0: a unit of 1 once lay sixteen orders of magnitude off."""
    generator = np.random.default_rng(1)
    controls, trait = generator.standard_normal((24, 6)), generator.standard_normal((24, 1))
    own, others = np.array([0.5, 1.0]), np.hstack([trait, np.full((24, 1), 0.1)])
    both = without_covariates(controls[0], own, controls, others)
    alone = without_covariates(controls[0], own[:1], controls, trait)
    for found, expected in zip(both, alone, strict=True):
        assert found == pytest.approx(expected)
    for found, expected in zip(
        without_covariates(controls[0], own[1:], controls, others[:, 1:]), (controls[0], controls), strict=True
    ):
        assert (found == expected).all()


def test_a_correction_is_by_the_penalty_that_predicts_each_control_best_from_the_others() -> None:
    """Against fits that leave each control out in turn, with a free level, for every penalty."""
    generator = np.random.default_rng(2)
    controls = generator.standard_normal((12, 8))
    controls[:, 5:] += 1.5 * controls[:, :2].sum(axis=1, keepdims=True) + generator.standard_normal((12, 3))
    target, weights = generator.standard_normal(8) + 1, np.full(12, 1 / 12)
    before, after = controls[:, :5], controls[:, 5:].mean(axis=1)
    unit = float((np.linalg.svd(before - before.mean(axis=0), compute_uv=False) ** 2).mean())

    def slopes(rows: np.ndarray, penalty: float) -> np.ndarray:
        x = before[rows] - before[rows].mean(axis=0)
        return np.asarray(np.linalg.solve(x.T @ x + penalty * np.eye(5), x.T @ (after[rows] - after[rows].mean())))

    def missed(penalty: float) -> float:
        errors = []
        for one in range(12):
            rows = np.delete(np.arange(12), one)
            guess = after[rows].mean() + (before[one] - before[rows].mean(axis=0)) @ slopes(rows, penalty)
            errors.append((after[one] - guess) ** 2)
        return float(np.mean(errors))

    best = min((unit * 10 ** (power / 2) for power in range(-4, 9)), key=missed)
    assert unit * 0.01 < best < unit * 10_000
    gap = target - weights @ controls
    expected = gap[5:].mean() - gap[:5] @ slopes(np.arange(12), best)
    assert corrected(target, controls, 5, weights) == pytest.approx(expected)


def test_columns_that_all_are_what_is_imitated_share_alike() -> None:
    assert simplex_weights(np.ones((3, 4)), np.ones(3), ridge=0.0, is_centred=False).tolist() == [0.25] * 4
