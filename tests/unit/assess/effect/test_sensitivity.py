"""How much would have to be wrong, what another outcome shows, and what an effect is said to be of."""

import math
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.assess.effect.panels import grounds_of, noisy, panel_of
from tests.unit.assess.effect.test_verdict import codes

from quetsach.assess.effect import Counted, Design, Finding, Method, Panel, Scale, analyse
from quetsach.assess.effect.clumps import LOSS_UNSEEN
from quetsach.assess.effect.finding import as_reduction, observed_change
from quetsach.assess.effect.method_texts import basis_text
from quetsach.assess.effect.sensitivity import e_value, require_same_design, sensitivity, with_negative_control
from quetsach.assess.estimate import AssessError, Estimate, NotEstimable, NotEstimableReason

DID = Design(Method.DID)


def panel(reduction: float, *, treated: int = 10, seed: int = 3, drift: float = 0.0) -> Panel:
    """Logarithms of 30 units over 20 years, the treated reduced from the 12th on, and drifting from the first."""
    outcome = np.exp(noisy(30, 20, seed=seed, deviation=0.1) / 50)
    outcome[:treated, 12:] *= 1 - reduction
    outcome[:treated] *= np.exp(-drift * np.arange(20))
    return panel_of(outcome, [12] * treated + [20] * (30 - treated))


def found(panel: Panel, design: Design = DID) -> Finding:
    answer = analyse(panel, design)
    assert isinstance(answer, Finding)
    return answer


def test_the_e_value_is_that_of_the_end_of_the_interval_nearest_to_none() -> None:
    halved = found(panel(0.5))
    assert halved.reduction
    ratio = 1 / (1 - halved.reduction.low)
    assert e_value(halved) == pytest.approx(ratio + math.sqrt(ratio * (ratio - 1)))
    assert e_value(found(panel(0.0))) is None
    ends = [replace(halved, effect=replace(halved.effect, high=high)) for high in (0.0, -1e-9)]
    assert [e_value(one) is None for one in ends] == [True, False]


@pytest.mark.parametrize(
    ("high", "after", "scale", "reduction"),
    [
        (-0.5, 0.2, Scale.LEVEL, (1 / 1.2, 0.5 / 0.7, 2 / 2.2)),
        (0.5, 0.5, Scale.LEVEL, None),
        (0.5, 0.6, Scale.LEVEL, (1 / 1.6, -0.5 / 0.1, 2 / 2.6)),
        (700.0, 1.0, Scale.LOG, (1 - math.exp(-1), -math.expm1(700), 1 - math.exp(-2))),
        (700.1, 1.0, Scale.LOG, None),
    ],
)
def test_an_effect_is_a_reduction_of_what_would_have_been(
    high: float, after: float, scale: Scale, reduction: tuple[float, float, float] | None
) -> None:
    found = as_reduction(Estimate(-1.0, -2.0, high), scale, after)
    assert (found and (found.value, found.low, found.high)) == (reduction and pytest.approx(reduction))


@pytest.mark.parametrize(
    ("after", "before", "scale", "change"),
    [
        (1.0, 0.5, Scale.LEVEL, 1.0),
        (1.0, 0.0, Scale.LEVEL, None),
        (1.0, -1.0, Scale.LEVEL, None),
        (math.log(3), math.log(4), Scale.LOG, -0.25),
    ],
)
def test_what_was_observed_is_a_share_of_a_mean_above_zero(
    after: float, before: float, scale: Scale, change: float | None
) -> None:
    assert observed_change(after, before, scale) == (None if change is None else pytest.approx(change))


def test_a_drift_as_large_as_it_says_leaves_no_effect() -> None:
    halved = found(panel(0.5))
    needed = halved.effect.measured["drift_to_overturn"]
    drifting = panel(0.5).outcome.copy()
    drifting[:10] *= np.exp(needed * np.arange(20))
    left = found(panel(0.5).with_outcome(drifting))
    assert left.spread.value == pytest.approx(halved.spread.value - halved.effect.high, abs=1e-6)


def test_an_effect_that_is_told_says_what_would_overturn_it_in_both_languages() -> None:
    texts = list(sensitivity(found(panel(0.5))))
    assert len(texts) == 6
    assert all(text.vi and text.en and text.vi != text.en for text in texts)
    [left] = sensitivity(found(panel(0.0, seed=4)))
    assert "12 periods before the start do not exclude" in left.en


def test_it_says_which_lost_feeds_would_not_be_found_and_what_they_would_do() -> None:
    halved = found(panel(0.5))
    loss = halved.effect.measured[LOSS_UNSEEN]
    texts = [text.en for text in sensitivity(halved)]
    [told] = [text for text in texts if "is not found" in text]
    assert f"less than about {-100 * math.expm1(-loss):.1f} %" in told
    moved = 100 * math.exp(halved.effect.value) * math.expm1(0.3 * loss)
    assert f"Just under that in 30 % of them would make the effect look larger by {moved:.1f} points" in told
    assert sum("all treated units lose at once" in text for text in texts) == 1
    alone = [text.en for text in sensitivity(found(panel(0.5, treated=1)))]
    assert sum("the only one that is treated" in text for text in alone) == 1
    assert not [text for text in alone if "is not found" in text]
    assert not [text for text in (one.en for one in sensitivity(found(panel(0.0)))) if "feed" in text]


def test_with_several_starts_it_says_what_a_regression_would_have_compared() -> None:
    starts = [6] * 8 + [12] * 8 + [20] * 8
    texts = list(sensitivity(found(panel_of(np.exp(noisy(24, 20) / 50), starts))))
    assert any("comparisons with units already treated" in text.en for text in texts)


def test_a_trend_of_before_widens_the_interval_to_hold_what_it_would_have_come_to() -> None:
    drifted = found(panel(0.0, drift=0.05))
    assert drifted.effect.low < drifted.spread.interval().low
    assert drifted.effect.low <= 0 <= drifted.effect.high
    assert "line" in {part.id for part in drifted.parts}


def test_a_negative_control_that_moves_too_widens_the_effect_and_takes_the_verdict_away() -> None:
    alike, still = panel(0.3, seed=5), panel(0.0, seed=5)
    answer, other = analyse(panel(0.5), DID), analyse(alike, DID)
    moved = with_negative_control(answer, other)
    assert isinstance(moved, Finding)
    assert isinstance(other, Finding)
    assert moved.effect.high >= found(panel(0.5)).effect.value - other.spread.value
    made = grounds_of(panel(0.5), DID, target=0.1, answer=moved)
    assert "check-failed-negative-control" in codes(made)
    held = with_negative_control(answer, analyse(still, DID))
    assert "check-failed-negative-control" not in codes(grounds_of(panel(0.5), DID, target=0.1, answer=held))


def test_a_negative_control_without_a_number_is_said_to_have_checked_nothing() -> None:
    answer = with_negative_control(analyse(panel(0.5), DID), NotEstimable(NotEstimableReason.NO_SPREAD))
    assert isinstance(answer, Finding)
    assert "negative-control-refused" in {notice.code for notice in answer.notices}


def test_a_negative_control_of_other_units_is_refused() -> None:
    require_same_design(panel(0.5), panel(0.0, seed=9))
    with pytest.raises(AssessError, match="other units"):
        require_same_design(panel(0.5), panel(0.5, treated=9))


@pytest.mark.parametrize(("method", "treated"), [(Method.DID, 10), (Method.CITS, 1), (Method.SC, 1)])
def test_an_effect_says_what_it_is_of(method: Method, treated: int) -> None:
    made = panel(0.5, treated=treated)
    text = basis_text(made, found(made, Design(method)), "machines")
    assert "machines on line" in text.en
    assert "natural logarithms" in text.en
    assert "Starts: 1982" in text.en
    assert ("of the average unit" in text.en) is (treated > 1)
    assert ("không phải là con số của cả nước" in text.vi) is (treated > 1)


def test_units_that_count_by_size_give_the_effect_of_all_together() -> None:
    """A unit ten times as large that fell by 80 %, among others that fell by 20 %."""
    base = np.exp(noisy(30, 20, deviation=0.01) / 50)
    base[0] *= 10
    base[:10, 12:] *= np.where(np.arange(10) == 0, 0.2, 0.8)[:, None]
    made = panel_of(base, [12] * 10 + [20] * 20)
    sizes = base[:10, :12].mean(axis=1)
    for method in (Method.DID, Method.CITS, Method.SDID):
        alike, by_size = (found(made, Design(method, counted=counted)) for counted in Counted)
        assert alike.spread.value == pytest.approx(0.1 * np.log(0.2) + 0.9 * np.log(0.8), abs=0.05)
        expected = np.average(np.log(np.where(np.arange(10) == 0, 0.2, 0.8)), weights=sizes)
        assert by_size.spread.value == pytest.approx(expected, abs=0.05)
        assert "of all treated units together" in basis_text(made, by_size).en


def test_counts_are_compared_by_logarithms_unless_levels_are_asked_for() -> None:
    assert found(panel(0.5)).scale is Scale.LOG
    levels = found(panel(0.5), Design(Method.DID, Scale.LEVEL))
    assert "levels-of-unequal-units" in {notice.code for notice in levels.notices}
    below = panel(0.5)
    assert found(below.with_outcome(below.outcome - 5)).scale is Scale.LEVEL


def test_what_reaches_the_controls_would_make_the_true_effect_larger() -> None:
    halved = found(panel(0.5))
    [text] = [text for text in sensitivity(halved) if "a fifth of the effect" in text.en]
    assert halved.effect.value / 0.8 == pytest.approx(math.log(1 - 0.579), abs=0.01)
    assert "57.9 %" in text.en
    assert "57,9%" in text.vi
