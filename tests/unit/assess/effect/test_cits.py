import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from tests.unit.assess.effect.panels import csv_of, noisy, panel_of

from quetsach.assess.effect import Design, Finding, Method, Scale, analyse, read_panel
from quetsach.assess.effect.cits import _interval
from quetsach.assess.effect.finding import Spread
from quetsach.assess.estimate import NotEstimable, NotEstimableReason


def _found(panel: object, design: Design) -> Finding:
    answer = analyse(panel, design)
    assert isinstance(answer, Finding)
    return answer


def test_the_effect_is_the_coefficient_of_the_ramp() -> None:
    outcome = np.exp(noisy(9, 40, deviation=0.2) / 10)
    found = _found(panel_of(outcome, [25] + [40] * 8), Design(Method.CITS, ramp=5))
    logs, time = np.log(outcome), np.arange(40.0)
    ramp = np.clip((time - 24) / 5, 0, 1)
    fit = sm.OLS(logs[0] - logs[1:].mean(axis=0), np.column_stack([np.ones(40), time, ramp])).fit()
    assert found.scale is Scale.LOG
    assert found.spread.value == pytest.approx(fit.params[2])


def test_its_error_is_that_of_placebos() -> None:
    """The formula of the study: rms of the placebos times sqrt((1 + 1/C) / (1 + 1/(C - 1)))."""
    outcome = noisy(9, 40)
    panel = panel_of(outcome, [25] + [40] * 8)
    found = _found(panel, Design(Method.CITS, Scale.LEVEL))
    placebos = []
    for unit in range(1, 9):
        others = [other for other in range(1, 9) if other != unit]
        turned = panel_of(outcome[[unit, *others]], [25] + [40] * 7)
        placebos.append(_found(turned, Design(Method.CITS, Scale.LEVEL)).spread.value)
    rms = np.sqrt(np.mean(np.square(placebos)))
    assert found.spread.error == pytest.approx(rms * np.sqrt((1 + 1 / 8) / (1 + 1 / 7)))


def test_weekdays_of_a_daily_panel_do_not_disturb() -> None:
    days = [str(day) for day in np.datetime64("2026-01-05") + np.arange(70).astype("timedelta64[D]")]
    generator = np.random.default_rng(1)
    base = np.exp(0.01 * generator.standard_normal((8, 70)))
    base[0] *= np.where(np.arange(70) % 7 >= 5, 0.5, 1)
    base[0, 45:] *= 0.6
    lines = [
        f"u{unit},{day},{base[unit, index]},{int(unit == 0 and index >= 45)}"
        for unit in range(8)
        for index, day in enumerate(days)
    ]
    panel = read_panel(("unit,period,outcome,treated\n" + "\n".join(lines)).encode(), where="x")
    reduction = _found(panel, Design(Method.CITS)).reduction
    assert reduction is not None
    assert reduction.value == pytest.approx(0.4, abs=0.02)


def test_what_a_national_sensor_loses_does_not_count_as_effect() -> None:
    outcome = np.exp(noisy(9, 40, deviation=0.2) / 10)
    lost = outcome.copy()
    lost[:, 28:] *= 0.7
    design = Design(Method.CITS)
    panels = (panel_of(values, [25] + [40] * 8) for values in (outcome, lost))
    first, second = (_found(panel, design).spread for panel in panels)
    assert first.value == pytest.approx(second.value)


@pytest.mark.parametrize(
    ("starts", "periods", "ramp", "reason"),
    [
        ([25] + [40] * 5, 40, 1, NotEstimableReason.TOO_FEW_CONTROLS),
        ([7] + [40] * 8, 40, 1, NotEstimableReason.TOO_SHORT),
        ([25] + [40] * 8, 40, 16, NotEstimableReason.TOO_SHORT),
        ([25, 26] + [40] * 8, 40, 1, NotEstimableReason.STAGGERED),
    ],
)
def test_it_refuses_outside_its_domain(starts: list[int], periods: int, ramp: int, reason: NotEstimableReason) -> None:
    answer = analyse(panel_of(noisy(len(starts), periods), starts), Design(Method.CITS, ramp=ramp))
    assert isinstance(answer, NotEstimable)
    assert answer.reason is reason


def test_where_a_figure_is_zero_a_half_is_added() -> None:
    outcome = noisy(9, 40)
    outcome[3, 3] = 0
    panel = read_panel(csv_of(panel_of(outcome, [25] + [40] * 8)), where="x")
    assert _found(panel, Design(Method.CITS)).scale is Scale.COUNT


def test_a_ramp_that_was_not_stated_is_told_with_what_a_slower_one_would_give() -> None:
    days = [str(day) for day in np.datetime64("2026-01-05") + np.arange(180).astype("timedelta64[D]")]
    generator = np.random.default_rng(1)
    base = np.exp(0.02 * generator.standard_normal((8, 180)))
    base[0] *= np.exp(np.log(0.5) * np.clip((np.arange(180) - 89) / 60, 0, 1))
    lines = [f"u{u},{day},{base[u, n]},{int(u == 0 and n >= 90)}" for u in range(8) for n, day in enumerate(days)]
    panel = read_panel(("unit,period,outcome,treated\n" + "\n".join(lines)).encode(), where="x")
    found = _found(panel, Design(Method.CITS))
    assert [notice.code for notice in found.notices] == ["ramp-not-stated"]
    assert found.parts[0].id == "ramp-60"
    assert found.parts[0].estimate.value == pytest.approx(np.log(0.5), abs=0.03)
    stated = _found(panel, Design(Method.CITS, ramp=60))
    assert stated.notices == ()
    assert "ramp-60" not in {part.id for part in stated.parts}
    assert stated.effect.value == found.parts[0].estimate.value


def _fitted(series: np.ndarray, start: int, *further: np.ndarray) -> np.ndarray:
    """The coefficients of the ramp, whole at once, of each series (units x periods)."""
    time = np.arange(float(series.shape[1]))
    columns = np.column_stack([np.ones_like(time), time, *further, (time >= start).astype(float)])
    return np.array([sm.OLS(one, columns).fit().params[-1] for one in series])


def _p_value(own: float, others: np.ndarray) -> float:
    """How often controls, whose spread is not known, differ as much from their mean: t with as many degrees."""
    error = others.std(ddof=1) * np.sqrt(1 + 1 / len(others))
    return float(2 * stats.t.sf(abs(own - others.mean()) / error, len(others) - 1))


@pytest.mark.parametrize("seed", range(3))
def test_its_checks_are_what_they_say(seed: int) -> None:
    outcome = noisy(13, 40, seed=seed)
    found = _found(panel_of(outcome, [25] + [40] * 12), Design(Method.CITS, Scale.LEVEL, ramp=1))
    checks = {check.id: check for check in found.checks}
    own, *others = _fitted(outcome, 25)
    rest = [np.mean(np.delete(others, at)) for at in range(12)]
    placebos = np.abs(np.array(others) - rest)
    effect = abs(own - np.mean(others))
    assert checks["placebo-effect"].value == pytest.approx((1 + (placebos >= effect).sum()) / 13)
    early, *earlier = _fitted(outcome[:, :25], 12)
    assert checks["trends-before"].value == pytest.approx(_p_value(early, np.array(earlier)))
    left = [one - np.polyval(np.polyfit(np.arange(25), one, 1), np.arange(25)) for one in outcome[:, :25]]
    noise, *noises = [float(np.sqrt((one**2).mean())) for one in left]
    assert checks["noise-before"].value == pytest.approx((1 + sum(other >= noise for other in noises)) / 13)
    assert (checks["noise-before"].draws, checks["placebo-effect"].draws) == (12, 12)
    [bent] = [part.estimate for part in found.parts if part.id == "bent"]
    curved, *curves = _fitted(outcome, 25, np.arange(40.0) ** 2)
    assert bent.value == pytest.approx(curved - np.mean(curves))


@pytest.mark.parametrize(
    ("others", "noisier", "reach"),
    [
        (18, 1.0, 0.2101),  # t with 18 degrees: 2.1009
        (19, 1.0, 3 * 19 / 18),  # the largest of 19 placebos, each against the mean of the rest
        (39, 1.0, 1.5 * 39 / 38),  # the second of 39
        (39, 2.0, 3 * 39 / 38),
    ],
)
def test_an_interval_is_no_narrower_than_placebos_give_it_where_there_are_19(
    others: int, noisier: float, reach: float
) -> None:
    slopes = np.zeros(others)
    slopes[:3] = 3, -1.5, -1.5
    found = _interval(Spread(1.0, 0.1, 18.0), slopes, noisier, {"units": 1.0})
    assert (found.low, found.high) == pytest.approx((1 - reach, 1 + reach), rel=1e-3)
    assert (found.measured["noise_ratio"], found.measured["units"]) == (noisier, 1)


@pytest.mark.parametrize(
    ("controls", "start", "periods", "ramp"), [(6, 25, 40, 1), (8, 8, 40, 1), (8, 25, 28, 1), (8, 25, 40, 15)]
)
def test_it_answers_at_the_edge_of_its_domain(controls: int, start: int, periods: int, ramp: int) -> None:
    panel = panel_of(noisy(1 + controls, periods), [start] + [periods] * controls)
    found = _found(panel, Design(Method.CITS, Scale.LEVEL, ramp=ramp))
    measured = found.effect.measured
    sizes = ("units_treated", "units_control", "periods_before", "periods_after", "ramp")
    assert [measured[name] for name in sizes] == [1, controls, start, periods - start, ramp]


def test_two_periods_after_the_start_are_too_few() -> None:
    answer = analyse(panel_of(noisy(9, 27), [25] + [27] * 8), Design(Method.CITS, Scale.LEVEL, ramp=1))
    assert isinstance(answer, NotEstimable)
    assert answer.reason is NotEstimableReason.TOO_SHORT
