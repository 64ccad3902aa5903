from dataclasses import replace

import numpy as np
import pytest
from bench.validation.effect import weeks
from tests.unit.assess.effect.panels import panel_of

from quetsach.assess.effect import Design, Method, Scale, analyse
from quetsach.assess.effect.finding import Finding
from quetsach.assess.effect.panel import Step, periods_of
from quetsach.assess.effect.power_simulation import Noise, Plan, _detectable, noise_of, power_of, stated_noise
from quetsach.assess.effect.registration import NoiseSource, Power, read_power
from quetsach.assess.estimate import AssessError, NotEstimable, NotEstimableReason

UNITS = tuple(f"u{n}" for n in range(24))
STARTS = np.array([6 + 3 * (n % 6) for n in range(24)])


def _plan(noise: Noise, *, target: float = 0.5, design: Design | None = None, starts: np.ndarray = STARTS) -> Plan:
    return Plan(UNITS, starts, weeks(), design or Design(Method.WEDGE, Scale.COUNT), target, noise)


def _power(noise: float, *, target: float = 0.5) -> Power:
    found = power_of(_plan(stated_noise(24, percent=noise, correlation=0.5), target=target), draws=60)
    assert not isinstance(found, NotEstimable)
    return found[0]


def _memory(units: int, periods: int, *, memory: float, deviation: float, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    moves = np.empty((units, periods))
    moves[:, 0] = generator.standard_normal(units)
    for period in range(1, periods):
        moves[:, period] = memory * moves[:, period - 1] + np.sqrt(1 - memory**2) * generator.standard_normal(units)
    return np.asarray(deviation * moves)


def test_noisier_units_find_less() -> None:
    calm, noisy = _power(5), _power(150)
    assert calm.power >= 0.8  # the checks that a verdict waits for fail for nothing in about one sound panel of ten
    assert not calm.is_weak
    assert noisy.power < 0.6
    assert noisy.is_weak
    assert (calm.detectable[80] or 1) < 0.1 < (noisy.detectable[80] or 1)
    assert (calm.detectable[80] or 0) < (calm.detectable[90] or 1)


def test_a_plan_finds_what_it_calls_detectable_and_not_half_of_it() -> None:
    least = _power(30).detectable[80]
    assert least is not None
    assert _power(30, target=least).power == pytest.approx(0.8, abs=0.13)
    assert _power(30, target=least / 2).power < 0.55


def test_achieved_takes_more_than_the_target() -> None:
    power = Power(0.5, 0.9, {80: 0.2, 90: 0.3}, 0.1, 0.5, NoiseSource.STATED, 60)
    assert power.achieved_from == pytest.approx(0.6)
    assert replace(power, detectable={80: None, 90: None}).achieved_from is None


@pytest.mark.parametrize("memory", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("periods", [12, 26])
def test_noise_and_its_memory_are_found_again_in_short_panels(memory: float, periods: int) -> None:
    path = np.random.default_rng(3).standard_normal(periods)
    found = []
    for seed in range(60):
        moves = _memory(24, periods, memory=memory, deviation=0.1, seed=seed)
        noise = noise_of(panel_of(np.exp(8 + path + moves), [periods] * 24), UNITS)
        assert isinstance(noise, Noise)
        found.append((noise.typical, noise.correlation))
    assert np.median([deviation for deviation, _ in found]) == pytest.approx(0.1, rel=0.06)
    assert np.mean([correlation for _, correlation in found]) == pytest.approx(memory, abs=0.025)


def test_units_that_are_alike_are_not_told_apart_by_chance() -> None:
    """With a memory of 0.7, 16 periods show each unit as noisy as few independent ones would."""
    alike = _memory(60, 16, memory=0.7, deviation=0.1, seed=1)
    unlike = alike * np.exp(0.7 * np.random.default_rng(2).standard_normal((60, 1)))
    units = tuple(f"u{n}" for n in range(60))
    spreads = []
    for moves in (alike, unlike):
        noise = noise_of(panel_of(np.exp(8 + moves), [16] * 60), units)
        assert isinstance(noise, Noise)
        spreads.append(noise.deviation.std() / noise.deviation.mean())
        kept = (noise.deviation**2).mean() / (moves**2).mean()
        assert kept == pytest.approx(1, abs=0.25)
    assert spreads[0] < 0.15
    assert spreads[1] > 0.4


def test_only_the_time_before_the_first_start_tells_the_noise() -> None:
    outcome = np.exp(8 + _memory(24, 26, memory=0.3, deviation=0.05, seed=1))
    outcome[:, 12:] *= np.random.default_rng(2).uniform(0.1, 1, (24, 14))
    noise = noise_of(panel_of(outcome, [12] * 12 + [26] * 12), UNITS)
    assert isinstance(noise, Noise)
    assert noise.typical == pytest.approx(0.05, rel=0.15)


def test_what_counting_so_few_explains_grows_as_there_are_fewer() -> None:
    noise = Noise(NoiseSource.PANEL, np.array([0.3, 0.3]), 0.0, np.array([20.0, 1e6]))
    assert noise.after(0.5) == pytest.approx([np.sqrt(0.09 + 0.05), 0.3], rel=1e-4)


def test_a_panel_that_lacks_a_unit_or_is_too_short_tells_no_noise() -> None:
    outcome = np.exp(_memory(24, 26, memory=0.3, deviation=0.05, seed=1))
    with pytest.raises(AssessError, match="no unit"):
        noise_of(panel_of(outcome[:20], [26] * 20), UNITS)
    short = noise_of(panel_of(outcome, [7] * 24), UNITS)
    assert isinstance(short, NotEstimable)
    assert short.reason is NotEstimableReason.TOO_SHORT


def test_what_cannot_tell_the_noise_of_units_says_why() -> None:
    """Eight complete periods of two units are the fewest; a period in which a unit has no figure is left out."""
    outcome = np.exp(3 + _memory(2, 9, memory=0.0, deviation=0.1, seed=1))
    gap, below, zero = outcome.copy(), outcome.copy(), outcome.copy()
    gap[1, 4], below[1, 4], zero[1, 4] = np.nan, -0.1, 0.0
    assert isinstance(noise_of(panel_of(gap, [9] * 2), UNITS[:2]), Noise)
    assert isinstance(noise_of(panel_of(zero, [9] * 2), UNITS[:2]), Noise)
    short = noise_of(panel_of(gap[:, :8], [8] * 2), UNITS[:2])
    assert isinstance(short, NotEstimable)
    assert short.measured == {"periods_before": 7, "needed": 8}
    for panel, units, reason in (
        (below, 2, NotEstimableReason.NOT_POSITIVE),
        (outcome, 1, NotEstimableReason.TOO_FEW_UNITS),
        (np.tile(outcome[:1], (2, 1)), 2, NotEstimableReason.NO_SPREAD),
    ):
        refused = noise_of(panel_of(panel, [9] * 2), UNITS[:units])
        assert isinstance(refused, NotEstimable)
        assert refused.reason is reason


def test_a_size_is_the_mean_figure_of_each_unit_before_the_start() -> None:
    outcome = np.exp(5 + _memory(3, 12, memory=0.0, deviation=0.1, seed=1))
    noise = noise_of(panel_of(outcome, [10, 12, 12]), UNITS[:3])
    assert isinstance(noise, Noise)
    assert noise.size == pytest.approx(outcome[:, :10].mean(axis=1))
    assert noise.source is NoiseSource.PANEL


@pytest.mark.parametrize(("size", "deviation", "after"), [(0.2, 2.0, 5.0), (4.0, 0.5, 0.5), (100.0, 0.1, 0.02)])
def test_counting_explains_no_more_than_a_machine_or_all_the_noise(size: float, deviation: float, after: float) -> None:
    """By hand, of half as many: d² + 1 / size in its square; what is added is 1 at most, and d² at most."""
    noise = Noise(NoiseSource.PANEL, np.array([deviation]), 0.0, np.array([size]))
    assert noise.after(0.5) ** 2 == pytest.approx([after])


def test_stated_noise_is_that_of_every_unit_up_to_its_ends() -> None:
    noise = stated_noise(3, percent=200, correlation=-0.98)
    assert (noise.deviation.tolist(), noise.correlation, noise.typical) == ([2.0] * 3, -0.98, 2.0)
    assert noise.after(0.9).tolist() == [2.0] * 3  # of a size that nobody knows counting adds nothing
    for percent, correlation in ((200.1, 0.0), (10.0, 0.981), (10.0, -0.981)):
        with pytest.raises(AssessError):
            stated_noise(3, percent=percent, correlation=correlation)


def test_a_drawn_panel_has_the_effect_the_ramp_and_the_noise_that_a_plan_states() -> None:
    """Without noise to speak of the effect is there by quarters; with it, steps are as large and as alike as stated."""
    starts = np.array([4, 10])
    plan = Plan(
        UNITS[:2],
        starts,
        periods_of(Step.NUMBER, ((year, str(year)) for year in range(10))),
        Design(Method.CITS, Scale.LOG, ramp=4),
        0.5,
        replace(stated_noise(2, percent=1, correlation=0.0), deviation=np.full(2, 1e-9), size=np.array([8.0, 0.1])),
    )
    panel = plan.drawn(np.random.default_rng(1))
    steps = [0.5 ** (quarter / 4) for quarter in (1, 2, 3, 4, 4, 4)]
    assert panel.outcome[0] == pytest.approx([8.0] * 4 + [8 * step for step in steps], rel=1e-3)
    assert panel.outcome[1] == pytest.approx([0.5] * 10, rel=1e-3)  # less than half a machine is taken for half of one
    at_once = replace(plan, design=Design(Method.CITS, Scale.LOG)).drawn(np.random.default_rng(1))
    assert at_once.outcome[0] == pytest.approx([8.0] * 4 + [4.0] * 6, rel=1e-3)
    loud = replace(plan, noise=stated_noise(2, percent=20, correlation=0.8), starts=np.array([4_000] * 2))
    many = replace(loud, periods=periods_of(Step.NUMBER, ((year, str(year)) for year in range(4_000))))
    moves = np.log(many.drawn(np.random.default_rng(1)).outcome)
    assert moves.mean() == pytest.approx(np.log(1e6), abs=0.05)
    assert moves.std(axis=1) == pytest.approx([0.2, 0.2], rel=0.1)
    left = moves - moves.mean(axis=1, keepdims=True)
    assert (left[:, 1:] * left[:, :-1]).mean() / (left**2).mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("percent", "least"), [(80, 4.0), (81, 5.0), (90, 5.0), (1, 1.0), (20, 1.0), (21, 2.0)])
def test_detectable_is_what_so_many_draws_would_find(percent: int, least: float) -> None:
    """Of five draws that need effects of 1 to 5 on logarithms."""
    assert _detectable(np.array([3.0, 1, 5, 2, 4]), percent) == pytest.approx(1 - np.exp(-least))
    assert _detectable(np.full(5, -3.0), percent) == 0
    assert _detectable(np.full(5, np.inf), percent) is None


@pytest.mark.parametrize(("percent", "correlation"), [(0, 0.5), (-1, 0.5), (300, 0.5), (10, 1.0), (float("nan"), 0)])
def test_noise_that_cannot_be_is_refused(percent: float, correlation: float) -> None:
    with pytest.raises(AssessError, match="noise"):
        stated_noise(3, percent=percent, correlation=correlation)


def test_a_plan_that_can_never_give_a_verdict_has_no_power_and_says_why() -> None:
    starts, design = np.array([14] + [26] * 23), Design(Method.DID, Scale.LOG)  # one unit alone
    found = power_of(_plan(stated_noise(24, percent=5, correlation=0.5), design=design, starts=starts), draws=20)
    assert not isinstance(found, NotEstimable)
    power, always = found
    assert power.power == 0
    assert power.detectable == {80: None, 90: None}
    assert power.always == tuple(notice.code for notice in always) != ()


def test_a_plan_that_gives_no_number_is_refused_at_once() -> None:
    found = power_of(_plan(stated_noise(24, percent=5, correlation=0.5), starts=np.full(24, 6)), draws=10_000)
    assert isinstance(found, NotEstimable)


@pytest.mark.parametrize(
    "design", [Design(Method.WEDGE, Scale.LOG), Design(Method.CITS, Scale.LOG, ramp=4), Design(Method.SDID, Scale.LOG)]
)
def test_an_effect_moves_the_interval_on_logarithms_and_nothing_else(design: Design) -> None:
    """What the smallest effects are told from."""
    starts = STARTS if design.method is Method.WEDGE else np.array([14] + [26] * 23)
    plan = _plan(stated_noise(24, percent=10, correlation=0.5), design=design, starts=starts)
    ends = []
    for target in (0.2, 0.6):
        answer = analyse(replace(plan, target=target).drawn(np.random.default_rng(7)), design)
        assert isinstance(answer, Finding)
        judged = answer.judged
        assert judged is not None
        ends.append([np.log1p(-end) - np.log1p(-target) for end in (judged.low, judged.high)])
    assert ends[0] == pytest.approx(ends[1], abs=1e-6)


def test_covariates_whose_figures_nobody_knows_yet_are_left_out() -> None:
    starts = np.array([14] + [26] * 23)
    made = []
    for covariates in ((), ("income",)):
        design = Design(Method.SDID, Scale.LOG, covariates=covariates)
        found = power_of(_plan(stated_noise(24, percent=5, correlation=0.5), design=design, starts=starts), draws=10)
        assert not isinstance(found, NotEstimable)
        made.append(found)
    assert made[0] == made[1]


def test_what_is_signed_is_read_again() -> None:
    power = _power(80)
    assert read_power(power.content()) == power
