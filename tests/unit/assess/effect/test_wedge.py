from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from tests.unit.assess.effect.panels import panel_of, wedge_panel

from quetsach.assess.effect import Counted, Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.contrast import DRAWS
from quetsach.assess.effect.lot import lot_of
from quetsach.assess.effect.method_texts import basis_text
from quetsach.assess.effect.panel import parse_period, periods_of
from quetsach.assess.effect.sensitivity import sensitivity
from quetsach.assess.effect.wedge_effects import WedgeEffects, drawn_together, exposure_times
from quetsach.assess.estimate import AssessError, NotEstimable, NotEstimableReason

STARTS = [4 + 3 * (unit // 5) for unit in range(20)]
WEDGE = Design(Method.WEDGE, Scale.LEVEL)


def _panel(effect: np.ndarray, *, seed: int = 1, deviation: float = 1.0) -> Panel:
    generator = np.random.default_rng(seed)
    outcome = 50 + 5 * generator.standard_normal((20, 1)) + 3 * generator.standard_normal(26).cumsum()
    outcome = outcome + deviation * generator.standard_normal((20, 26))
    since = np.arange(26) - np.array(STARTS)[:, None]
    return panel_of(outcome + np.where(since >= 0, effect[np.clip(since, 0, len(effect) - 1)], 0), STARTS)


def _found(panel: Panel, design: Design = WEDGE) -> Finding:
    answer = analyse(panel, design)
    assert isinstance(answer, Finding)
    return answer


def test_an_effect_that_builds_up_is_found_whole() -> None:
    found = _found(_panel(np.linspace(-1, -10, 7), deviation=0.01))
    assert found.spread.value == pytest.approx(-10, abs=0.1)


def test_the_average_is_over_the_times_that_are_told() -> None:
    found = _found(_panel(np.linspace(-1, -10, 7), deviation=0.01))
    parts = {part.id: part.estimate.value for part in found.parts}
    assert parts["time-averaged"] == pytest.approx(-(38.5 + 20) / 9, abs=0.1)  # of 0 to 8 periods since the start
    assert parts["since-0"] == pytest.approx(-1, abs=0.1)
    assert [name for name in parts if name.startswith("since")] == [f"since-{time}" for time in range(9)]


def test_one_coefficient_would_report_too_little() -> None:
    found = _found(_panel(np.linspace(-1, -10, 7), deviation=0.01), Design(Method.WEDGE, Scale.LEVEL, dummies=0))
    assert found.spread.value > -8


def test_when_nobody_waits_any_more_nothing_is_told() -> None:
    """The last step begins in period 13: whatever happens from then on says nothing of the effect."""
    panel = _panel(np.linspace(-1, -10, 7))
    found, changed = _found(panel), panel.outcome.copy()
    changed[:10, 13:] -= 40
    again = _found(panel.with_outcome(changed))
    assert again.effect == found.effect
    assert again.parts == found.parts
    assert (found.effect.measured["since_first"], found.effect.measured["since_last"]) == (7, 9)
    assert found.effect.measured["since_observed"] == 22
    told = {notice.code: notice.text for notice in found.notices}
    assert "thứ 10" in told["later-times-not-told"].vi
    assert "period 10 " in told["later-times-not-told"].en
    assert "từ kỳ thứ 7 đến kỳ thứ 9" in basis_text(panel, found).vi
    assert "from the 7th to the 9th period since the start" in basis_text(panel, found).en


def test_with_units_that_never_begin_all_times_are_told() -> None:
    panel = _panel(np.array([0.0]))
    some = replace(panel, starts=np.where(np.arange(20) % 5 == 0, 26, panel.starts))
    found = _found(some)
    assert found.effect.measured["since_last"] == found.effect.measured["since_observed"] == 22
    assert "later-times-not-told" not in {notice.code for notice in found.notices}


def test_an_effect_that_wears_off_is_not_called_lasting() -> None:
    fading = _found(_panel(-10 * np.exp(-np.arange(22) / 4), deviation=0.5))
    assert "effect-wears-off" in {notice.code for notice in fading.notices}
    for effect in (np.array([-10.0]), np.linspace(-1, -10, 7)):
        lasting = _found(_panel(effect, deviation=0.5))
        assert "effect-wears-off" not in {notice.code for notice in lasting.notices}


@pytest.mark.parametrize("effect", [np.array([-10.0]), np.array([-10.0] * 8 + [-6.0])])
def test_a_target_is_judged_by_98_per_cent_and_that_is_said(effect: np.ndarray) -> None:
    """A 95 % interval would say "achieved" in 2.5 of 100 just above the truth, with nothing to spare."""
    found = _found(_panel(effect))
    strict, own = found.strict, found.effect
    assert strict is not None
    assert strict.high >= own.value + 1.18 * (own.high - own.value)
    assert strict.low <= own.value + 1.18 * (own.low - own.value)
    [judged] = [text for text in sensitivity(found) if "judged by" in text.en]
    assert "98" in judged.en
    assert "98" in judged.vi
    assert "periods before the start" not in judged.en
    assert ("later half" in judged.en) is ("latest" in {part.id for part in found.parts})


def test_the_bands_of_all_times_are_wider_than_one_interval() -> None:
    found = _found(_panel(np.array([-10.0])))
    parts = {part.id: part.estimate for part in found.parts}
    assert all(part.low < -10 < part.high for part in parts.values())
    assert parts["since-3"].high - parts["since-3"].low > found.effect.high - found.effect.low


def test_gaps_do_not_disturb() -> None:
    panel = _panel(np.array([-10.0]), deviation=0.01)
    panel.outcome[3, 5] = panel.outcome[7, 12] = panel.outcome[1, 6] = np.nan
    found = _found(panel)
    assert found.spread.value == pytest.approx(-10, abs=0.1)
    assert [check.id for check in found.checks] == ["trends-before", "permutation"]


def test_more_gaps_than_a_tenth_are_refused() -> None:
    panel = _panel(np.array([-10.0]))
    panel.outcome[::3, ::3] = np.nan
    refused = analyse(panel, WEDGE)
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.UNBALANCED


def test_an_order_drawn_by_chance_rarely_gives_as_much() -> None:
    _, check = _found(_panel(np.array([-10.0]))).checks
    assert check.id == "permutation"
    assert check.value == pytest.approx(1 / 1000)


def test_by_size_large_units_count_for_more() -> None:
    panel = _panel(np.array([-10.0]), deviation=0.01)
    outcome, size = panel.outcome.copy(), np.where(np.arange(20) % 5 == 0, 10.0, 1.0)[:, None]
    outcome[panel.is_under_treatment] += np.broadcast_to(5 * (size > 1), outcome.shape)[panel.is_under_treatment]
    outcome += 1000 * size
    for counted, effect in ((Counted.UNITS, -9.0), (Counted.SIZE, -10 + 5 * 10 / 14)):
        found = _found(panel.with_outcome(outcome), Design(Method.WEDGE, Scale.LEVEL, counted=counted))
        assert found.spread.value == pytest.approx(effect, abs=0.1)
        assert found.counted is counted


def _two_steps(sizes: tuple[int, int], *, seed: int = 3) -> Panel:
    starts = [6] * sizes[0] + [7] * sizes[1]
    return panel_of(np.random.default_rng(seed).standard_normal((sum(sizes), 8)), starts)


@pytest.mark.parametrize("sizes", [(1, 23), (12, 12), (23, 1)])
def test_the_interval_holds_what_is_not_unusual_among_other_draws(sizes: tuple[int, int]) -> None:
    """One effect alone, of one period: the interval is that of a test of each effect, made by hand."""
    panel = _two_steps(sizes)
    found = _found(panel)
    change = panel.outcome[:, 6] - panel.outcome[:, :6].mean(axis=1)
    first = panel.starts == 6
    generator = np.random.default_rng(1)
    others = [np.arange(24) == unit for unit in range(24)] if min(sizes) == 1 else []
    drawn = others or [generator.permutation(first) for _ in range(4000)]
    if sizes[0] == 23:
        drawn = [~one for one in drawn]

    def share(effect: float) -> float:
        left = change - effect * first
        own = abs(left[first].mean() - left[~first].mean())
        return float(np.mean([abs(left[one].mean() - left[~one].mean()) >= own - 1e-9 for one in drawn]))

    step = 0.15 * (found.effect.high - found.effect.low)
    for end, outwards in ((found.effect.low, -step), (found.effect.high, step)):
        assert share(end + outwards) <= 0.05
        assert share(end - outwards) > 0.05


def test_a_first_step_of_one_unit_has_the_noise_of_one_unit() -> None:
    few, many = (_found(_two_steps(sizes)).effect for sizes in ((1, 23), (12, 12)))
    assert few.high - few.low > 2 * (many.high - many.low)


def _regions(count: int, *, shared: float = 3.0, seed: int = 1) -> Panel:
    """Regions of four units, each of which begins when it likes and errs together."""
    generator = np.random.default_rng(seed)
    starts = np.repeat(4 + 3 * np.arange(count), 4)
    errors = np.repeat(generator.standard_normal((count, 26)), 4, axis=0)
    outcome = shared * errors + generator.standard_normal((4 * count, 26))
    return panel_of(outcome, starts.tolist())


def test_regions_that_begin_together_are_drawn_together() -> None:
    panel = _regions(6)
    named = replace(panel, regions=tuple(f"r{unit // 4}" for unit in range(24)))
    unnamed, told = _found(panel).effect, _found(named).effect
    alone = _found(_regions(6, shared=0.0)).effect
    assert told.value == pytest.approx(unnamed.value)
    assert told.measured["drawn"] == 6
    assert told.measured["draws"] == 719
    for effect in (unnamed, told):
        assert effect.high - effect.low > 2 * (alone.high - alone.low)


def test_few_groups_that_move_together_are_refused() -> None:
    for panel in (_regions(3), _regions(3, seed=2)):
        refused = analyse(panel, WEDGE)
        assert isinstance(refused, NotEstimable)
        assert refused.reason is NotEstimableReason.MOVE_TOGETHER
    assert isinstance(analyse(_regions(3, shared=0.0), WEDGE), Finding)


def test_fewer_than_fifteen_other_draws_are_refused() -> None:
    panel = replace(_regions(3), regions=tuple(f"r{unit // 4}" for unit in range(12)))
    refused = analyse(panel, WEDGE)
    assert isinstance(refused, NotEstimable)
    assert refused.reason is NotEstimableReason.TOO_FEW_CONTROLS
    assert refused.measured["draws"] == 5


def test_without_effect_the_permutation_says_so() -> None:
    values = [_found(_panel(np.array([0.0]), seed=seed)).checks[1].value for seed in range(20)]
    assert 0.2 < np.mean(values) < 0.8


def test_days_are_told_apart_by_weeks() -> None:

    days = [str(day) for day in np.datetime64("2026-01-05") + np.arange(20).astype("timedelta64[D]")]
    periods = periods_of(parse_period(days[0])[0], ((parse_period(day)[1], day) for day in days))
    times = exposure_times(np.array([3, 20]), periods)
    assert times[0].tolist() == [-1] * 3 + [0] * 7 + [1] * 7 + [2] * 3
    assert set(times[1]) == {-1}


@pytest.mark.parametrize(
    ("starts", "reason"),
    [
        ([4] * 20, NotEstimableReason.NOT_STAGGERED),
        ([4, 7] * 5, NotEstimableReason.TOO_FEW_UNITS),
    ],
)
def test_it_refuses_outside_its_domain(starts: list[int], reason: NotEstimableReason) -> None:
    outcome = np.random.default_rng(1).standard_normal((len(starts), 26))
    answer = analyse(panel_of(outcome, starts), WEDGE)
    assert isinstance(answer, NotEstimable)
    assert answer.reason is reason


def test_it_refuses_a_panel_that_cannot_tell_effect_from_time() -> None:
    """Where all but the first period are treated, a coefficient for each time since the start is too many."""
    outcome = np.random.default_rng(1).standard_normal((14, 3))
    answer = analyse(panel_of(outcome, [1, 2] * 7), Design(Method.WEDGE, Scale.LEVEL, dummies=6))
    assert isinstance(answer, Finding | NotEstimable)
    if isinstance(answer, NotEstimable):
        assert answer.reason is NotEstimableReason.NOT_IDENTIFIED


def test_small_counts_and_zeros_tell_the_effect_with_a_half_added() -> None:
    generator = np.random.default_rng(1)
    since = np.arange(26) - np.array(STARTS)[:, None]
    panels = [panel_of(generator.poisson(np.where(since >= 0, 3.0, 6.0)), STARTS) for _ in range(25)]
    assert all((panel.outcome == 0).any() for panel in panels)
    found = [_found(panel, Design(Method.WEDGE, Scale.COUNT)).spread.value for panel in panels]
    assert np.mean(found) == pytest.approx(np.log(0.5), abs=0.08)


def test_logarithms_of_zeros_and_counts_under_zero_are_refused() -> None:
    panel = _panel(np.zeros(1))
    for scale, least in ((Scale.LOG, 0.0), (Scale.COUNT, -1.0)):
        outcome = panel.outcome.copy()
        outcome[3, 5] = least
        refused = analyse(panel.with_outcome(outcome), Design(Method.WEDGE, scale))
        assert isinstance(refused, NotEstimable)
        assert refused.reason is NotEstimableReason.NOT_POSITIVE


STRATA = [[f"u{5 * step + block}" for step in range(4)] for block in range(5)]
"""Blocks of four units, one of which begins in each step."""


def test_an_order_drawn_within_strata_is_drawn_again_within_them() -> None:
    panel = _panel(np.array([-10.0])).drawn_within(STRATA)
    wedge = WedgeEffects.of(panel, 6, np.random.default_rng(1))
    assert len(wedge.lot.drawn) == DRAWS
    for stratum in STRATA:
        rows = [panel.units.index(unit) for unit in stratum]
        assert (np.sort(wedge.lot.drawn[:, rows], axis=1) == [0, 1, 2, 3]).all()
    assert len(np.unique(wedge.lot.drawn, axis=0)) > DRAWS - 5


def test_few_ways_within_strata_are_all_drawn() -> None:
    kind = np.array([0, 1, 0, 1, 1, 0])
    lot = lot_of(kind, np.ones(6), np.random.default_rng(1), strata=tuple("aabbcc"))
    assert sorted(map(tuple, lot.drawn.tolist())) == sorted(
        made for made in product(*[(0, 1)] * 6) if [made[0] + made[1], made[2] + made[3], made[4] + made[5]] == [1] * 3
        and made != tuple(kind.tolist())
    )  # fmt: skip


def test_what_differs_between_strata_does_not_widen_an_interval_that_keeps_to_them() -> None:
    """Larger units fall by themselves: within a block they fall alike."""
    panel = _panel(np.array([-10.0]))
    drift = np.array([unit % 5 for unit in range(20)])[:, None] * np.arange(26) / 4
    panel = panel.with_outcome(panel.outcome + drift)
    free, within = _found(panel), _found(panel.drawn_within(STRATA))
    assert within.effect.value == pytest.approx(free.effect.value)
    assert within.effect.low < -10 < within.effect.high
    assert within.effect.high - within.effect.low < 0.6 * (free.effect.high - free.effect.low)
    assert "within each stratum (strata: 5)" in basis_text(panel.drawn_within(STRATA), within).en
    assert "strata" not in basis_text(panel, free).en


def test_units_that_begin_and_were_not_drawn_are_refused() -> None:
    with pytest.raises(AssessError, match="was drawn without it"):
        _panel(np.array([-10.0])).drawn_within(STRATA[1:])


def test_regions_keep_to_their_strata_and_never_lie_in_two() -> None:
    panel = replace(_panel(np.array([-10.0])), regions=tuple(f"r{unit // 5}" for unit in range(20)))
    with pytest.raises(AssessError, match="several strata"):
        panel.drawn_within(STRATA)
    pairs = replace(panel, regions=tuple(f"r{unit}" for unit in range(20))).drawn_within(STRATA)
    drawn = drawn_together(pairs, np.unique(pairs.regions, return_inverse=True)[1])
    assert dict(zip(drawn.units, drawn.strata, strict=True)) == {
        str(sorted(pairs.regions).index(f"r{unit}")): pairs.strata[unit] for unit in range(20)
    }
    assert drawn_together(pairs, pairs.starts).strata == ()


def test_the_error_by_t_of_whole_regions_is_of_the_same_effect() -> None:
    panel = wedge_panel(0.3, units=30)
    pairs = replace(panel, regions=tuple(f"r{unit // 2}" for unit in range(30)))
    found = analyse(pairs, Design(Method.WEDGE))
    assert isinstance(found, Finding)
    assert found.spread.value == pytest.approx(found.effect.value)
