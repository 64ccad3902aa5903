"""Units of one group that fall into clumps, as where some lost a feed: the interval holds the effect by each."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.assess.effect.panels import grounds_of, panel_of

from quetsach.assess.effect import Design, Finding, Method, Panel, analyse
from quetsach.assess.effect.clumps import FELL_APART, Changes, clumps_of, noise_of_changes
from quetsach.assess.effect.verdict import NotGiven, Word, judge

PERIODS, START = 28, 16


def quiet(units: int, *, seed: int = 1) -> np.ndarray:
    """Logarithms of units that share a path, with little noise."""
    generator = np.random.default_rng(seed)
    path = generator.standard_normal(PERIODS).cumsum() / 20
    return 6 + path + 0.05 * generator.standard_normal((units, PERIODS))


def panel_with(treated: int, controls: int, lost: list[int], *, later: int = 0, seed: int = 1) -> Panel:
    """A panel without any effect, in which some units lose a feed after the start."""
    series = quiet(treated + controls, seed=seed)
    series[lost, START + later :] -= 0.4
    return replace(panel_of(np.exp(series), [START] * treated + [PERIODS] * controls), sha256="a" * 64)


def found_in(panel: Panel, method: Method = Method.DID) -> Finding:
    answer = analyse(panel, Design(method, ramp=1 if method is Method.CITS else None))
    assert isinstance(answer, Finding)
    return answer


def noticed(found: Finding) -> str:
    return next((notice.text.en for notice in found.notices if notice.code == FELL_APART), "")


@pytest.mark.parametrize("later", [0, 1, 6])
@pytest.mark.parametrize("lost", [[0], list(range(8)), list(range(13)), [25, 30, 31, 32, 33, 38]])
def test_a_feed_that_a_part_of_one_group_loses_is_in_the_interval_and_named(lost: list[int], later: int) -> None:
    found = found_in(panel_with(20, 20, lost, later=later))
    assert found.effect.low <= 0 <= found.effect.high
    assert found.strict
    assert found.strict.low <= found.effect.low < found.effect.high <= found.strict.high
    apart = lost if len(lost) <= 10 else list(range(13, 20))
    assert f"Apart from the majority: {len(apart)} (u{apart[0]}" in noticed(found)


def test_no_target_is_achieved_by_a_feed_that_most_of_the_treated_lost() -> None:
    for seed in range(6):
        panel = panel_with(20, 20, list(range(14)), later=1, seed=seed)
        judged = judge(grounds_of(panel, Design(Method.DID), target=0.05))
        assert isinstance(judged, NotGiven) or judged.word is not Word.ACHIEVED


@pytest.mark.parametrize("method", [Method.SC, Method.SDID, Method.CITS])
def test_several_treated_units_of_which_some_lose_a_feed(method: Method) -> None:
    found = found_in(panel_with(8, 24, [0, 1, 2]), method)
    assert "Apart from the majority: 3 (u0, u1, u2)" in noticed(found)
    assert found.effect.low <= 0 <= found.effect.high


def test_a_feed_that_some_units_of_a_wedge_lose_as_they_begin() -> None:
    """The order that is drawn says nothing of it: it comes with each start, as the effect does."""
    starts = [5 + 3 * (unit // 6) for unit in range(36)]
    series = quiet(36)
    for unit in (0, 1, 6, 7, 8, 12, 13):
        series[unit, starts[unit] :] -= 0.4
    found = found_in(panel_of(np.exp(series), starts), Method.WEDGE)
    assert "Apart from the majority: 7 (u0, u1, u6, u7, u8, …)" in noticed(found)
    assert found.strict
    assert found.strict.low <= found.effect.low <= 0 <= found.effect.high <= found.strict.high


@pytest.mark.parametrize("size", [1, 2, 6])
def test_a_sound_wedge_does_not_fall_apart(size: int) -> None:
    starts = [5 + 3 * step for step in range(6) for _ in range(size)] + [5] * (12 - min(12, 6 * size))
    seen = sum(
        bool(noticed(found_in(panel_of(np.exp(quiet(len(starts), seed=seed)), starts), Method.WEDGE)))
        for seed in range(20)
    )
    assert seen <= 3


def test_regions_that_stand_apart_are_named() -> None:
    panel = panel_with(20, 20, [0, 1, 2, 3])
    named = replace(panel, regions=tuple(f"vùng {unit // 2}" for unit in range(40)))
    assert "Apart from the majority: 2 (vùng 0, vùng 1)" in noticed(found_in(named))


def test_groups_that_begin_one_after_the_other_are_looked_at_together() -> None:
    starts = [10] * 6 + [13] * 6 + [16] * 6 + [PERIODS] * 10
    series = quiet(28)
    for unit in (0, 1, 6, 7, 8, 12, 13):
        series[unit, starts[unit] :] -= 0.4
    found = found_in(panel_of(np.exp(series), starts))
    assert found.effect.low <= 0 <= found.effect.high
    assert noticed(found)


def test_effects_that_differ_from_unit_to_unit_are_no_fault() -> None:
    seen = 0
    for seed in range(40):
        series = quiet(40, seed=seed)
        series[:20, START:] -= 0.36 * (1 + 0.5 * np.random.default_rng(seed).standard_normal((20, 1)))
        seen += bool(noticed(found_in(panel_of(np.exp(series), [START] * 20 + [PERIODS] * 20))))
    assert seen <= 4


def test_units_of_unlike_noise_are_no_clumps() -> None:
    """Many quiet units and few noisy ones: what those change by is their noise."""
    seen = 0
    for seed in range(40):
        series = 6 + np.random.default_rng(seed).standard_normal((40, PERIODS)) * np.where(
            np.arange(40) % 4 == 0, 0.4, 0.04
        ).reshape(-1, 1)
        seen += bool(noticed(found_in(panel_of(np.exp(series), [START] * 20 + [PERIODS] * 20))))
    assert seen <= 4


def test_three_clumps_are_all_found_and_moves_are_from_the_mean_of_the_group() -> None:
    generator = np.random.default_rng(1)
    sizes = np.repeat([0.0, -0.5, -1.0], 8) + 0.01 * generator.standard_normal(24)
    changes = Changes(sizes, np.full(24, 0.01), np.full(24, 1 / 24), np.arange(100, 124))
    [found] = clumps_of([changes], 0.05, generator)
    assert sorted(len(part) for part in found.units) == [8, 8, 8]
    assert sorted(found.moves) == pytest.approx([-0.5, 0.0, 0.5], abs=0.01)
    assert len(found.standing_apart) == 16


@pytest.mark.parametrize(("apart", "falls"), [(1.0, True), (0.02, False)])
def test_few_units_fall_apart_wherever_noise_does_not_explain_it(apart: float, *, falls: bool) -> None:
    sizes = np.array([0.0, 0.001, -apart])
    changes = Changes(sizes, np.full(3, 0.01), np.full(3, 1 / 3), np.arange(3))
    found = list(clumps_of([changes], 0.05, np.random.default_rng(1)))
    assert [one.standing_apart.tolist() for one in found] == ([[2]] if falls else [])


def test_the_noise_of_a_change_is_that_of_a_mean_with_memory() -> None:
    """Of independent noise by the sum of squares; of noise that lasts more."""
    generator = np.random.default_rng(1)
    weights = np.tile(np.where(np.arange(28) >= 16, 1 / 12, -1 / 16), (400, 1))
    series = generator.standard_normal((400, 28))
    plain = noise_of_changes(series[:, :16], weights)
    assert plain is not None
    assert np.sqrt((plain**2).mean()) == pytest.approx(np.sqrt(1 / 12 + 1 / 16), rel=0.05)
    lasting = np.cumsum(series, axis=1)
    more = noise_of_changes(lasting[:, :16], weights)
    assert more is not None
    assert (more**2).mean() > 2 * (plain**2).mean()
    assert noise_of_changes(series[:, :3], weights) is None
