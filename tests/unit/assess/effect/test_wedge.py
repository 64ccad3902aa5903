import numpy as np
import pytest
from tests.unit.assess.effect.panels import panel_of

from quetsach.assess.effect import Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.refusal import Refusal, RefusalReason

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


def test_the_average_is_over_the_times_since_the_start() -> None:
    found = _found(_panel(np.linspace(-1, -10, 7), deviation=0.01))
    parts = {part.id: part.estimate.value for part in found.parts}
    assert parts["time-averaged"] == pytest.approx(-5.5, abs=0.1)
    assert parts["since-0"] == pytest.approx(-1, abs=0.1)


def test_one_coefficient_would_report_too_little() -> None:
    found = _found(_panel(np.linspace(-1, -10, 7), deviation=0.01), Design(Method.WEDGE, Scale.LEVEL, dummies=0))
    assert found.spread.value > -8


def test_gaps_do_not_disturb() -> None:
    panel = _panel(np.array([-10.0]), deviation=0.01)
    panel.outcome[3, 5] = panel.outcome[7, 20] = np.nan
    found = _found(panel)
    assert found.spread.value == pytest.approx(-10, abs=0.1)
    assert [check.id for check in found.checks] == ["trends-before"]


def test_an_order_drawn_by_chance_rarely_gives_as_much() -> None:
    _, check = _found(_panel(np.array([-10.0]))).checks
    assert check.id == "permutation"
    assert check.value == pytest.approx(1 / 1000)


def test_without_effect_the_permutation_says_so() -> None:
    values = [_found(_panel(np.array([0.0]), seed=seed)).checks[1].value for seed in range(20)]
    assert 0.2 < np.mean(values) < 0.8


def test_days_are_told_apart_by_weeks() -> None:
    from quetsach.assess.effect.periods import parse_period, periods_of
    from quetsach.assess.effect.wedge import exposure_times

    days = [str(day) for day in np.datetime64("2026-01-05") + np.arange(20).astype("timedelta64[D]")]
    periods = periods_of(parse_period(days[0])[0], ((parse_period(day)[1], day) for day in days))
    times = exposure_times(np.array([3, 20]), periods)
    assert times[0].tolist() == [-1] * 3 + [0] * 7 + [1] * 7 + [2] * 3
    assert set(times[1]) == {-1}


@pytest.mark.parametrize(
    ("starts", "reason"),
    [
        ([4] * 20, RefusalReason.NOT_STAGGERED),
        ([4, 7] * 5, RefusalReason.TOO_FEW_UNITS),
    ],
)
def test_it_refuses_outside_its_domain(starts: list[int], reason: RefusalReason) -> None:
    outcome = np.random.default_rng(1).standard_normal((len(starts), 26))
    answer = analyse(panel_of(outcome, starts), WEDGE)
    assert isinstance(answer, Refusal)
    assert answer.reason is reason


def test_it_refuses_a_panel_that_cannot_tell_effect_from_time() -> None:
    """Where all but the first period are treated, a coefficient for each time since the start is too many."""
    outcome = np.random.default_rng(1).standard_normal((14, 3))
    answer = analyse(panel_of(outcome, [1, 2] * 7), Design(Method.WEDGE, Scale.LEVEL, dummies=6))
    assert isinstance(answer, Finding | Refusal)
    if isinstance(answer, Refusal):
        assert answer.reason is RefusalReason.NOT_IDENTIFIED


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
        assert isinstance(refused, Refusal)
        assert refused.reason is RefusalReason.NOT_POSITIVE
